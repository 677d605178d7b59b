/* Playing a demo's script against a demo's server: the clock before each step, each step by the account that the script
 * names. One thread; memory in the run's arena. Every write carries a request id that follows from the script's line,
 * so that a second run, after one that was interrupted, finds what is there (within the seven days that a server keeps
 * replies) and goes on; derivatives are found by their names. An account without roles or tokens remembers, by its
 * label, how many derivatives the play has, and that it came to its end: then nothing is done a second time. */
#ifndef JK_DEMO_PLAY_H
#define JK_DEMO_PLAY_H

#include "demo/run.h"

/* Plays all of it. `out_play` says what was done, in failure as well. */
JK_MUST_USE enum jk_status jk_demo_play(struct jk_cli *cli, const struct jk_demo_script *script, size_t derivatives,
                                        struct jk_demo_play *out_play);

#endif
