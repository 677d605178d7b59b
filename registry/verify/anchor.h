/* What a checkpoint of a log is checked against in this run: the verifier keys, what is remembered of the log, and the
 * server, unless the run is offline. One thread. */
#ifndef JK_VERIFY_ANCHOR_H
#define JK_VERIFY_ANCHOR_H

#include <jokbo/v1/log.pb-c.h>

#include "cli/console/cli.h"
#include "tlog/trust.h"
#include "verify/evidence.h"
#include "verify/keys.h"
#include "verify/memory.h"

struct jk_anchor {
    struct jk_cli *cli;
    bool offline;
    const char *origin;
    struct jk_keys keys;
    struct jk_memory memory;
    bool remembers;                      /* `memory` is open */
    struct jk_error forgets;             /* why not, where not: what is remembered is damaged, or cannot be read */
    bool key_kept;                       /* the key of first use is kept for the next time */
    struct jk_error keyless;             /* why there is no key, where keys.count is 0 */
    const Jokbo__V1__Checkpoint *newest; /* the server's, once asked; its signature is not checked */
    const char *clash[2]; /* two signed notes that contradict each other: what was remembered, and what came */
};

/* Opens what is remembered of the log, and finds the keys: the given ones, the remembered ones, or the server's. Fails
 * only on invalid user input (USAGE, LOCAL_FILE). */
JK_MUST_USE enum jk_status jk_anchor_open(struct jk_cli *cli, struct jk_span origin, bool offline,
                                          struct jk_anchor *out_anchor);
/* OK if the server keeps that log, by its own word; LOG_OTHER if another. It is asked once in a run. */
JK_MUST_USE enum jk_status jk_anchor_same_log(struct jk_cli *cli, struct jk_span origin, struct jk_error *error);
/* The server's newest checkpoint, asked for once. */
JK_MUST_USE enum jk_status jk_anchor_newest(struct jk_anchor *anchor, struct jk_error *error);
/* What a server says of one log must not be taken for another's: OK only if it shows a checkpoint of this log, signed by
 * one of its keys where any is known. */
JK_MUST_USE enum jk_status jk_anchor_check_server(struct jk_anchor *anchor, struct jk_error *error);
/* If the keys are from first use: remembers the newest that signed this note, and returns it; else NULL. */
const struct jk_verifier *jk_anchor_keep_key(struct jk_anchor *anchor, struct jk_span note);
/* The root of the tree of `old_size`, from the server, with the proof that the checkpoint's tree, whose signature the
 * caller has verified and which is no smaller, has grown from it. Fails with NOT_VERIFIED where the proof does not hold. */
JK_MUST_USE enum jk_status jk_anchor_prove_root(struct jk_anchor *anchor, uint64_t old_size,
                                                const struct jk_checkpoint *checkpoint, struct jk_digest *out_root,
                                                struct jk_error *error);
/* jk_memory_advance with the server as the source of proofs. On LOG_FORKED `clash` is set. */
JK_MUST_USE enum jk_status jk_anchor_advance(struct jk_anchor *anchor, struct jk_span note, enum jk_growth *out_growth,
                                             struct jk_error *error);
/* A line about where the key is from: result "key". */
void jk_anchor_tell_key(const struct jk_anchor *anchor, struct jk_results *results);
/* Checks that the checkpoint is signed by a key that the log itself vouches for, and the policy if it names logs, and
 * cosigned as the policy (cli->witnessed, which is set) requires. */
JK_MUST_USE enum jk_status jk_anchor_check_policy(const struct jk_anchor *anchor, struct jk_span note,
                                                  struct jk_trust_verdict *out_verdict, struct jk_error *error);
/* The server's newest cosigned checkpoint or, if none is cosigned or it does not know of any, its newest. In the arena;
 * its signatures are not checked. */
JK_MUST_USE enum jk_status jk_anchor_cosigned(struct jk_anchor *anchor, struct jk_span *out_note,
                                              struct jk_error *error);
/* jk_anchor_advance, with the outcome as a result `check`. Of failures only a contradiction is one; all stay in `error`. */
void jk_anchor_check_growth(struct jk_anchor *anchor, struct jk_span note, const char *check,
                            struct jk_results *results, struct jk_error *error);

#endif
