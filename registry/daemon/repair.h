/* The commands that repair a log while no server runs on it: their output, and their progress bar (on a terminal only).
 * Thread: main. */
#ifndef JK_DAEMON_REPAIR_H
#define JK_DAEMON_REPAIR_H

#include "store/store.h"

/* jokbod tiles rebuild */
JK_MUST_USE enum jk_status jk_repair_rebuild(const struct jk_store_options *options, struct jk_error *error);
/* jokbod recover --from */
JK_MUST_USE enum jk_status jk_repair_recover(const struct jk_store_options *options, const char *from,
                                             struct jk_error *error);

#endif
