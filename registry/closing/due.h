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

#define JK_DUE_PAUSE_MS  2000               /* monotonic, between the two looks at the clocks */
#define JK_DUE_QUORUM_US INT64_C(600000000) /* past the cut-off, without a quorum: two people may close it */

struct jk_due_facts {
    int64_t cutoff_us;
    int64_t now_us;         /* the log's clock */
    int64_t passed_ms;      /* since when both clocks have been seen past it, and none strayed; 0: they are not */
    int64_t now_ms;         /* monotonic, of the newest look */
    bool rested;            /* it lies in a time in which nobody saw the log alive */
    bool quorum_wanted;     /* witnesses are configured, and a quorum of them */
    bool quorum, witnessed; /* a quorum of them, or one, cosigned with a time past the cut-off */
};

enum jk_due { JK_DUE_AHEAD, JK_DUE_PAUSE, JK_DUE_WITNESSES, JK_DUE_PERSON, JK_DUE_TWO_PEOPLE, JK_DUE_NOW };

/* By itself. */
enum jk_due jk_due_look(const struct jk_due_facts *facts);
/* By evaluators, who are asked for it: PERSON, TWO_PEOPLE, or what there is to wait for: AHEAD, WITNESSES. */
enum jk_due jk_due_by_people(const struct jk_due_facts *facts);

#endif
