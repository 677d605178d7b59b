/* What went wrong with the items of a batch: all of them are tried, so that all mistakes show at once. Thread: the
 * sequencer's. */
#ifndef JK_SERVICE_RECORDS_ITEMS_H
#define JK_SERVICE_RECORDS_ITEMS_H

#include "base/error.h"

struct jk_item_failures {
    struct jk_error *all, *first;
    size_t count;
    bool alike; /* each has the status and reason of the first */
};

/* `all`: the call's error, which takes the violations. False: out of memory. */
bool jk_item_failures_init(struct jk_item_failures *failures, struct jk_error *all);
/* True: no further item is worth trying, and the whole fails as this one does. */
bool jk_item_ends_all(const struct jk_error *one);
/* Failures other than field violations name their item: `list`[`item`]. */
void jk_item_failed(struct jk_item_failures *failures, const char *list, size_t item, const struct jk_error *one);
/* If all failures are of one kind the whole has that kind: a repeated batch is ALREADY_EXISTS. */
enum jk_status jk_item_failures_sum(struct jk_item_failures *failures);

#endif
