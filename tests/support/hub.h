/* A log with the shape of real hubs, as large as wanted: a few bases have most children, lineage is shallow, one
 * publisher for twenty models. The same for the same number. One thread; ends the program when memory runs out. */
#ifndef JK_TESTS_HUB_H
#define JK_TESTS_HUB_H

#include <stdint.h>

#include "base/span.h"

#define JK_HUB_ORIGIN "log.example/bench"

typedef void jk_hub_take_fn(void *context, struct jk_span entry);
/* Gives the entries of a roster, of publishers, and of so many registrations; returns how many entries. */
uint32_t jk_hub_make(uint32_t registrations, jk_hub_take_fn *take, void *context);
/* The same roster with one chain of so many models, each the parent of the next. */
uint32_t jk_hub_make_chain(uint32_t models, jk_hub_take_fn *take, void *context);

#endif
