/* Removes uploads that no entry names, once they have been here for so long (unnamed.h): at each start, and hourly.
 * Blobs are found beside the log's life; whether each still is unnamed is decided in the sequencer's turn, where the
 * record that says that it is gone and the end of its bytes are one transaction. So no entry comes to say `held` of
 * what is gone, however many servers register, upload and remove at once, and a crash leaves it here or gone, whole.
 * Thread: one of its own. Limits: AT_ONCE blobs or BYTES_AT_ONCE in a write, a run's worth of them; more wait a minute.
 */
#ifndef JK_SERVICE_RECORDS_SWEEPER_H
#define JK_SERVICE_RECORDS_SWEEPER_H

#include "service/call/services.h"

struct jk_sweeper;

/* keep_us: how long what nobody names stays. */
JK_MUST_USE enum jk_status jk_sweeper_start(struct jk_store *store, int64_t keep_us, struct jk_sweeper **out_sweeper,
                                            struct jk_error *error);
/* Before the store stops. */
void jk_sweeper_stop(struct jk_sweeper *sweeper);

#endif
