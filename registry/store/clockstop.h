/* A stop of writes that somebody has to end, remembered across restarts in one line of <data directory>/clock.stop: the
 * last good baseline, which is valid until the machine is rebooted (the boot id tells), and the step. Each server has
 * its own, because its own clock may be the wrong one. Thread: the sequencer, and start. */
#ifndef JK_STORE_CLOCKSTOP_H
#define JK_STORE_CLOCKSTOP_H

#include "base/error.h"
#include "store/clockwatch.h"

/* Loads the file into a new watch; does nothing if there is none. A malformed file counts as a large step of unknown
 * size. */
void jk_clockstop_load(const char *path, struct jk_clockwatch *watch);
/* Writes it, synced, replacing any earlier one. */
JK_MUST_USE enum jk_status jk_clockstop_save(const char *path, const struct jk_clockwatch *watch,
                                             struct jk_error *error);
/* Removes it if it exists. */
JK_MUST_USE enum jk_status jk_clockstop_remove(const char *path, struct jk_error *error);

#endif
