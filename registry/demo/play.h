/* Plays a demo's script on a demo server: sets the clock before each step, and performs each step with the account that
 * the script names. One thread; memory is in the run's arena. Every write carries a request id derived from the
 * script's line, so a second run, after an interrupted one, recognises what is already written (within the seven days
 * that a server keeps replies) and continues; derivatives are recognised by their names. The label of an account
 * without roles or tokens records how many derivatives the play has and whether it has finished, so that nothing is
 * done twice. */
#ifndef JK_DEMO_PLAY_H
#define JK_DEMO_PLAY_H

#include "demo/run.h"

/* Plays all of it. `out_play` says what was done, in failure as well. */
JK_MUST_USE enum jk_status jk_demo_play(struct jk_cli *cli, const struct jk_demo_script *script, size_t derivatives,
                                        struct jk_demo_play *out_play);

#endif
