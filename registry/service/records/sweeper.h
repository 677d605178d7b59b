/* Removes uploads that no entry names, once they have been here long enough (unnamed.h): at each start, and hourly.
 * Candidates are found without stopping the log; whether each is still unnamed is decided in the sequencer's turn,
 * where the record of its removal and the deletion of its bytes are one transaction. So no entry can say `held` of
 * something that is gone, however many servers register, upload and remove at once, and after a crash a blob is either
 * here or gone completely. Thread: one of its own. Limits: AT_ONCE blobs or BYTES_AT_ONCE in a write, a limited number
 * of them in a run; the rest waits a minute. */
#ifndef JK_SERVICE_RECORDS_SWEEPER_H
#define JK_SERVICE_RECORDS_SWEEPER_H

#include "service/call/services.h"

struct jk_sweeper;

/* keep_us: how long unnamed uploads are kept. */
JK_MUST_USE enum jk_status jk_sweeper_start(struct jk_store *store, int64_t keep_us, struct jk_sweeper **out_sweeper,
                                            struct jk_error *error);
/* Before the store stops. */
void jk_sweeper_stop(struct jk_sweeper *sweeper);

#endif
