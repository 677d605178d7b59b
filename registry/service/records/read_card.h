/* ReadCard's places: how many read at once, by account or client address. Reading a card takes a reader thread some
 * milliseconds and up to 64 MiB, for whoever asks: half of it for what is found, half for the JSON of the Hub. */
#ifndef JK_SERVICE_RECORDS_READ_CARD_H
#define JK_SERVICE_RECORDS_READ_CARD_H

#include "service/call/places.h"

/* For a server with that many reader threads. NULL: out of memory. */
struct jk_places *jk_reading_places_new(unsigned readers);

#endif
