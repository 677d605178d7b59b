/* A stop of writes that somebody has to end, remembered over a restart: <data directory>/clock.stop, one line of words.
 * It holds the baseline of before, which is good for as long as the machine runs (its boot id says so), and the step.
 * Each server has its own: it may be its own clock that is wrong. Thread: the sequencer, and start. */
#ifndef JK_STORE_CLOCKSTOP_H
#define JK_STORE_CLOCKSTOP_H

#include "base/error.h"
#include "store/clockwatch.h"

/* Puts what the file says into a new watch; nothing where there is none. A file that cannot be understood is taken for
 * a large step that nothing is known of. */
void jk_clockstop_load(const char *path, struct jk_clockwatch *watch);
/* Writes it, synced, in place of what was there. */
JK_MUST_USE enum jk_status jk_clockstop_save(const char *path, const struct jk_clockwatch *watch,
                                             struct jk_error *error);
/* Removes it, where it is there. */
JK_MUST_USE enum jk_status jk_clockstop_remove(const char *path, struct jk_error *error);

#endif
