/* ReadCard's places: how many read at once, by account or client address. Reading a card takes a reader thread some
 * milliseconds and up to 32 MiB, for whoever asks. */
#ifndef JK_SERVICE_RECORDS_READ_CARD_H
#define JK_SERVICE_RECORDS_READ_CARD_H

#include "service/call/places.h"

/* NULL: out of memory. */
struct jk_places *jk_reading_places_new(void);

#endif
