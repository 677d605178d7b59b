/* Manifests stored here whose weight files are not known, as in a registry older than `held` entries: at each start
 * they are read in the background, and entries are written for them. */
#ifndef JK_SERVICE_RECORDS_HELD_CATCH_UP_H
#define JK_SERVICE_RECORDS_HELD_CATCH_UP_H

#include "service/call/services.h"

struct jk_held_catch_up;

/* Starts a thread, which ends by itself when everything is written. Starts none if there is nothing to do. */
JK_MUST_USE enum jk_status jk_held_catch_up_start(struct jk_store *store, struct jk_held_catch_up **out_catch_up,
                                                  struct jk_error *error);
/* Before the store stops. */
void jk_held_catch_up_stop(struct jk_held_catch_up *catch_up);

#endif
