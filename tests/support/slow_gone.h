/* A slow reading of the rule that says what is gone from its hub, to hold standings against. */
#ifndef JK_TESTS_SLOW_GONE_H
#define JK_TESTS_SLOW_GONE_H

#include "book/standing.h"

/* How often each was met. */
struct jk_slow_gone_met {
    uint64_t after_gap;   /* gone, though runs had stopped before */
    uint64_t too_briefly; /* absent, and counted */
    uint64_t restored;
};
extern struct jk_slow_gone_met jk_slow_gone_met;

bool jk_slow_gone(const struct jk_book *book, const struct jk_standing_query *query, const struct jk_spell *spell);

#endif
