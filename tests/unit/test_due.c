/* closing/due: when a stage closes by itself, and whose hand it takes where it does not. */
#include "closing/due.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CUTOFF INT64_C(1785000000000000)
#define TEN    JK_DUE_QUORUM_US
#define PAUSE  JK_DUE_PAUSE_MS

static const struct row {
    const char *what;
    int64_t past_us; /* the log's clock, past the cut-off */
    int64_t seen_ms; /* how long both clocks have been past it; -1: they are not */
    bool rested, quorum_wanted, quorum, witnessed;
    enum jk_due alone, people;
} rows[] = {
    {"before the cut-off", -1, -1, false, false, false, false, JK_DUE_AHEAD, JK_DUE_AHEAD},
    {"the database's clock alone is past it", 0, -1, false, false, false, false, JK_DUE_AHEAD, JK_DUE_PERSON},
    {"both are, for the first time", 0, 0, false, false, false, false, JK_DUE_PAUSE, JK_DUE_PERSON},
    {"a millisecond too early", 2000000, PAUSE - 1, false, false, false, false, JK_DUE_PAUSE, JK_DUE_PERSON},
    {"twice", 2000000, PAUSE, false, false, false, false, JK_DUE_NOW, JK_DUE_PERSON},
    {"twice, in a rest", 2000000, PAUSE, true, false, false, false, JK_DUE_PERSON, JK_DUE_PERSON},
    {"in a rest, but a witness was past it", 2000000, PAUSE, true, false, false, true, JK_DUE_NOW, JK_DUE_PERSON},
    {"in a rest, but for the pause", 2000000, 0, true, false, false, true, JK_DUE_PAUSE, JK_DUE_PERSON},
    {"witnesses have not said so", 2000000, PAUSE, false, true, false, false, JK_DUE_WITNESSES, JK_DUE_WITNESSES},
    {"one of them is no quorum", 2000000, PAUSE, false, true, false, true, JK_DUE_WITNESSES, JK_DUE_WITNESSES},
    {"a quorum, before the pause is over", 1000000, 1, false, true, true, true, JK_DUE_PAUSE, JK_DUE_PERSON},
    {"a quorum", 2000000, PAUSE, false, true, true, true, JK_DUE_NOW, JK_DUE_PERSON},
    {"a quorum, in a rest", 2000000, PAUSE, true, true, true, true, JK_DUE_NOW, JK_DUE_PERSON},
    {"just not ten minutes", TEN - 1, PAUSE, false, true, false, true, JK_DUE_WITNESSES, JK_DUE_WITNESSES},
    {"ten minutes", TEN, PAUSE, false, true, false, true, JK_DUE_TWO_PEOPLE, JK_DUE_TWO_PEOPLE},
    {"ten minutes, in a rest", TEN, PAUSE, true, true, false, true, JK_DUE_TWO_PEOPLE, JK_DUE_TWO_PEOPLE},
    {"ten minutes, and the pause again", TEN, 0, false, true, false, false, JK_DUE_PAUSE, JK_DUE_TWO_PEOPLE},
    {"a quorum after all", 2 * TEN, PAUSE, false, true, true, true, JK_DUE_NOW, JK_DUE_PERSON},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct jk_due_facts facts = {.cutoff_us = CUTOFF,
                                     .now_us = CUTOFF + row->past_us,
                                     .passed_ms = row->seen_ms < 0 ? 0 : 5000,
                                     .now_ms = 5000 + row->seen_ms,
                                     .rested = row->rested,
                                     .quorum_wanted = row->quorum_wanted,
                                     .quorum = row->quorum,
                                     .witnessed = row->witnessed};
        if (jk_due_look(&facts) != row->alone || jk_due_by_people(&facts) != row->people)
            fail_msg("%s: %d by itself, %d by people", row->what, jk_due_look(&facts), jk_due_by_people(&facts));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
