/* Connects the store with the threads that ask witnesses: reads the policy file, provides proofs and sizes, passes
 * cosignatures and their times on, and stops writes if a witness is ahead of the database. Thread: main, but for the
 * callbacks. */
#ifndef JK_DAEMON_WITNESSES_H
#define JK_DAEMON_WITNESSES_H

#include "closing/witnessed.h"
#include "store/store.h"
#include "witness/witness.h"

/* The file is a C2SP tlog-policy whose log line is this log. INVALID_ARGUMENT or FAILED_PRECONDITION name file and
 * line. The arena must outlive the pool; jk_fetch_setup must have been called. */
JK_MUST_USE enum jk_status jk_witnesses_start(struct jk_store *store, const char *policy_file, struct jk_arena *arena,
                                              struct jk_witness_pool **out_pool, struct jk_error *error);
/* What closing stages asks of them. */
struct jk_closing_witnesses jk_witnesses_for_closing(struct jk_witness_pool *pool);

#endif
