/* The steps of a script that only a demo has: the roster as it was known, accounts, invented derivatives, the log's
 * key, yanks, verifications (script.h); and what the server remembers of a play, so that it is not played twice. */
#ifndef JK_DEMO_STEPS_H
#define JK_DEMO_STEPS_H

#include "demo/run.h"

#define JK_DEMO_TOKEN_LABEL "jokbo demo load"

/* A step of the demo's own. */
JK_MUST_USE enum jk_status jk_demo_step(struct jk_demo_play *play, const struct jk_demo_line *line);
/* Reads what the server's account remembers: sets `memory` and `played`. FAILED_PRECONDITION if another play was begun.
 */
JK_MUST_USE enum jk_status jk_demo_remember(struct jk_demo_play *play);
JK_MUST_USE enum jk_status jk_demo_remember_end(struct jk_demo_play *play);
/* Ends the tokens that were made for the script's accounts. */
JK_MUST_USE enum jk_status jk_demo_end_tokens(struct jk_demo_play *play);

#endif
