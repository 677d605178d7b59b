/* Whether a stage's time has come: what it takes to close by itself, and whose hand it takes where it does not. Pure.
 *
 *   AHEAD --both clocks past the cut-off--> PAUSE --again, 2 s later--> WITNESSES --a quorum past the cut-off--> NOW
 *     ^                                       |                            |  |
 *     |  clocks disagreed, or one went back   |        10 min without it   |  | witnesses have no quorum to give
 *     +---------------------------------------+                            v  v
 *                                                                TWO_PEOPLE  NOW, or PERSON where the cut-off lies in
 *                                                                            a rest and no witness was past it either
 */
#ifndef JK_CLOSING_DUE_H
#define JK_CLOSING_DUE_H

#include <stdbool.h>
#include <stdint.h>

#define JK_DUE_PAUSE_MS  2000               /* monotonic, between the two readings of the clocks */
#define JK_DUE_QUORUM_US INT64_C(600000000) /* past the cut-off, without a quorum: two people may close it */

struct jk_due_facts {
    int64_t cutoff_us;
    int64_t now_us;         /* the log's clock */
    int64_t passed_ms;      /* since when both clocks have been past it without disagreeing; 0: they are not */
    int64_t now_ms;         /* monotonic time of the newest reading */
    bool rested;            /* it is in a period in which nobody saw the log alive */
    bool quorum_wanted;     /* witnesses are configured, with a quorum */
    bool quorum, witnessed; /* a quorum of them, or any one, cosigned with a time past the cut-off */
};

enum jk_due { JK_DUE_AHEAD, JK_DUE_PAUSE, JK_DUE_WITNESSES, JK_DUE_PERSON, JK_DUE_TWO_PEOPLE, JK_DUE_NOW };

/* What closing the stage automatically requires. */
enum jk_due jk_due_look(const struct jk_due_facts *facts);
/* What closing it at an evaluator's request requires: PERSON, TWO_PEOPLE, or what must be waited for: AHEAD, WITNESSES.
 */
enum jk_due jk_due_by_people(const struct jk_due_facts *facts);

#endif
