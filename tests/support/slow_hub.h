/* Slow readings of the rules about hubs, to hold standings against. */
#ifndef JK_TESTS_SLOW_HUB_H
#define JK_TESTS_SLOW_HUB_H

#include "book/standing.h"

/* How often each was met. */
struct jk_slow_met {
    uint64_t after_gap;   /* gone, though runs had stopped before */
    uint64_t too_briefly; /* absent, and counted */
    uint64_t restored;
};
extern struct jk_slow_met jk_slow_met;

/* Whether it is gone from its hub, by the rulings of a size that may be a later one. */
bool jk_slow_gone(const struct jk_book *book, const struct jk_standing_query *query, const struct jk_spell *spell,
                  uint32_t ruled_n);
/* Whether its publisher holds, on its hub, the organisation in which the model's repository lists these weight files. */
bool jk_slow_at_home(const struct jk_book *book, uint32_t model, uint32_t files, uint32_t n);

#endif
