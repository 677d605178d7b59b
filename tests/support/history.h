/* Random histories: a seed gives a ledger of valid entries that together touch every rule of the fold. Names come
 * from small sets, so that they meet often. What the book refuses (a cycle, a name in use …) is left out. */
#ifndef JK_TESTS_HISTORY_H
#define JK_TESTS_HISTORY_H

#include "support/ledger.h"

struct jk_random {
    uint64_t state;
};
uint32_t jk_random_below(struct jk_random *random, uint32_t bound);

/* Fills an initialised ledger: the roster first, then `steps` attempts. Says how many of each kind were taken. */
void jk_history_make(struct jk_ledger *ledger, uint64_t seed, uint32_t steps, uint32_t out_kinds[JK_KIND_COUNT]);

#endif
