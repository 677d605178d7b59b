/* See due.h. */
#include "closing/due.h"

static enum jk_due without_quorum(const struct jk_due_facts *facts)
{
    return facts->now_us - facts->cutoff_us < JK_DUE_QUORUM_US ? JK_DUE_WITNESSES : JK_DUE_TWO_PEOPLE;
}

enum jk_due jk_due_look(const struct jk_due_facts *facts)
{
    if (facts->passed_ms == 0) return JK_DUE_AHEAD;
    if (facts->now_ms - facts->passed_ms < JK_DUE_PAUSE_MS) return JK_DUE_PAUSE;
    if (facts->quorum_wanted) return facts->quorum ? JK_DUE_NOW : without_quorum(facts);
    return facts->rested && !facts->witnessed ? JK_DUE_PERSON : JK_DUE_NOW;
}

enum jk_due jk_due_by_people(const struct jk_due_facts *facts)
{
    if (facts->now_us < facts->cutoff_us) return JK_DUE_AHEAD;
    if (facts->quorum_wanted && !facts->quorum) return without_quorum(facts);
    return JK_DUE_PERSON;
}
