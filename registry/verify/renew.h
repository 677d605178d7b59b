/* Renewing a stored receipt: the same entry's proof in a tree whose checkpoint witnesses have cosigned. From the
 * server, or from files: a checkpoint, and the proof that leads to it. Nothing is trusted here; the result is a receipt
 * to be checked like any other. One thread; memory is in the run's arena. */
#ifndef JK_VERIFY_RENEW_H
#define JK_VERIFY_RENEW_H

#include "cli/console/cli.h"
#include "tlog/receipt.h"

/* The server's present receipt of the same entry, for the newest cosigned checkpoint. NOT_COSIGNED: no cosigned
 * checkpoint covers it yet. LOG_OTHER: the server keeps another log. */
JK_MUST_USE enum jk_status jk_renew_ask(struct jk_cli *cli, const struct jk_receipt *old, struct jk_span *out_receipt,
                                        struct jk_error *error);
/* `proof` is a receipt of the same entry, or bare hashes, base64, one per line, from the leaf to the root; empty: the
 * proof in `old`, for a checkpoint of the same size. `checkpoint` is a signed note; empty: the one in `proof`.
 * INVALID_ARGUMENT (RENEWAL) says what is missing or does not match. */
JK_MUST_USE enum jk_status jk_renew_join(const struct jk_receipt *old, struct jk_span checkpoint, struct jk_span proof,
                                         struct jk_arena *arena, struct jk_span *out_receipt, struct jk_error *error);
/* Names on the note's signature lines other than the log's; in the arena, "" for none. */
const char *jk_renew_cosigners(struct jk_span note, struct jk_arena *arena);

#endif
