/* The log's head as stored in its row, and the checkpoint signed over it. Pure but for the signature; any thread. */
#ifndef JK_STORE_HEAD_H
#define JK_STORE_HEAD_H

#include "base/text.h"
#include "store/conn.h"
#include "tlog/merkle.h"
#include "tlog/note.h"

struct jk_head {
    struct jk_span origin, key, checkpoint; /* point into the result */
    uint64_t size;
    int64_t time_us; /* of the last entry */
    int64_t record_version;
    struct jk_edge edge;
};

/* From a result of HEAD_READ or HEAD_LOCK. NOT_FOUND (LOG_EMPTY) if there is no row; DATA_LOSS if the row contradicts
 * itself. */
JK_MUST_USE enum jk_status jk_head_parse(const PGresult *result, struct jk_head *out_head, struct jk_error *error);
/* The edge, decoded. */
struct jk_span jk_head_edge(const struct jk_edge *edge);
/* The note for the edge, signed by each of them, appended to `out_note`. */
JK_MUST_USE enum jk_status jk_checkpoint_sign(const struct jk_signer *const *signers, size_t count,
                                              const struct jk_checkpoint *checkpoint, struct jk_text *out_note,
                                              struct jk_error *error);
JK_MUST_USE enum jk_status jk_head_sign(const struct jk_signer *const *signers, size_t count,
                                        const struct jk_edge *edge, struct jk_text *out_note, struct jk_error *error);
/* Checks that the head's checkpoint is signed by each of them and agrees with the edge. DATA_LOSS otherwise. */
JK_MUST_USE enum jk_status jk_head_verify(const struct jk_head *head, const struct jk_verifier *verifiers, size_t count,
                                          struct jk_error *error);
bool jk_edge_equal(const struct jk_edge *a, const struct jk_edge *b);

#endif
