/* jokbod key rotate, key retire: the commands for rotating the signing key. They print what to do next. Thread: main,
 * with a store that serves nobody. */
#ifndef JK_DAEMON_KEYS_H
#define JK_DAEMON_KEYS_H

#include "daemon/config.h"
#include "store/store.h"

/* The next key's file: if it is absent, it is made and *out_made set; otherwise its key is entered in the log. */
JK_MUST_USE enum jk_status jk_key_prepare(const struct jk_config *config, bool *out_made, struct jk_error *error);
/* Writes the entry and waits for it. */
JK_MUST_USE enum jk_status jk_key_change(struct jk_store *store, bool rotate, struct jk_error *error);

#endif
