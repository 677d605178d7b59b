/* ReadCard's places: how many read at once, by account or client address. Reading a card takes a reader thread some
 * milliseconds and up to 32 MiB, for whoever asks. Thread-safe. */
#ifndef JK_SERVICE_RECORDS_READ_CARD_H
#define JK_SERVICE_RECORDS_READ_CARD_H

struct jk_readings;

/* NULL: out of memory. */
struct jk_readings *jk_readings_new(void);
void jk_readings_free(struct jk_readings *readings); /* accepts NULL; nobody reads any more */

#endif
