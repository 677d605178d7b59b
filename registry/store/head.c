/* Reading the head row, and signing; see head.h. */
#include "store/head.h"

enum { ORIGIN, KEY, SIZE, TIME, EDGE, CHECKPOINT, RECORD_VERSION }; /* columns in statements.def */

enum jk_status jk_head_parse(const PGresult *result, struct jk_head *out_head, struct jk_error *error)
{
    struct jk_head head;
    int64_t size;

    if (PQntuples(result) == 0) return jk_fail(error, JK_NOT_FOUND, "LOG_EMPTY", "the database has no log yet");
    size = jk_result_i64(result, 0, SIZE);
    head.origin = jk_result_span(result, 0, ORIGIN);
    head.key = jk_result_span(result, 0, KEY);
    head.checkpoint = jk_result_span(result, 0, CHECKPOINT);
    head.size = (uint64_t)size;
    head.time_us = jk_result_i64(result, 0, TIME);
    head.record_version = jk_result_i64(result, 0, RECORD_VERSION);
    if (size < 0 || size >= UINT32_MAX || !jk_edge_load(&head.edge, head.size, jk_result_span(result, 0, EDGE)))
        return jk_fail(error, JK_DATA_LOSS, "HEAD_DAMAGED",
                       "the row of log_head contradicts itself (size %lld): restore the database from a backup",
                       (long long)size);
    *out_head = head;
    return JK_OK;
}

struct jk_span jk_head_edge(const struct jk_edge *edge)
{
    return (struct jk_span){(const char *)edge->nodes[0].bytes, (size_t)edge->count * JK_DIGEST_SIZE};
}

enum jk_status jk_head_sign(const struct jk_signer *const *signers, size_t count, const struct jk_edge *edge,
                            struct jk_text *out_note, struct jk_error *error)
{
    struct jk_checkpoint checkpoint = {
        .origin = jk_span_of(jk_signer_verifier(signers[0])->name), .size = edge->size, .root = jk_edge_root(edge)};

    return jk_checkpoint_sign(signers, count, &checkpoint, out_note, error);
}

enum jk_status jk_checkpoint_sign(const struct jk_signer *const *signers, size_t count,
                                  const struct jk_checkpoint *checkpoint, struct jk_text *out_note,
                                  struct jk_error *error)
{
    struct jk_text body;
    enum jk_status status;

    jk_text_init(&body, JK_NOTE_MAX);
    jk_checkpoint_write(checkpoint, &body);
    status = body.failed ? jk_out_of_memory(error) : jk_note_sign(signers[0], jk_text_span(&body), out_note, error);
    for (size_t i = 1; i < count && status == JK_OK; i++)
        status = jk_note_sign_line(signers[i], jk_text_span(&body), out_note, error);
    jk_text_done(&body);
    return status;
}

enum jk_status jk_head_verify(const struct jk_head *head, const struct jk_verifier *verifiers, size_t count,
                              struct jk_error *error)
{
    struct jk_digest root = jk_edge_root(&head->edge);
    struct jk_checkpoint checkpoint;
    struct jk_error why;
    struct jk_span body = {"", 0};
    bool signed_by_all = count > 0;

    jk_error_init(&why, NULL);
    for (size_t i = 0; i < count && signed_by_all; i++)
        signed_by_all = jk_note_verify(head->checkpoint, &verifiers[i], &body, &why) == JK_OK;
    if (signed_by_all && jk_checkpoint_parse(body, &checkpoint, &why) == JK_OK && checkpoint.size == head->size &&
        jk_digest_equal(&checkpoint.root, &root) && jk_span_equal(checkpoint.origin, head->origin))
        return JK_OK;
    return jk_fail(
        error, JK_DATA_LOSS, "CHECKPOINT_WRONG",
        "the checkpoint in log_head is not that of the log's %llu entries%s%s: restore the database from a backup",
        (unsigned long long)head->size, why.message[0] ? ": " : "", why.message);
}

bool jk_edge_equal(const struct jk_edge *a, const struct jk_edge *b)
{
    return a->size == b->size && a->count == b->count &&
           memcmp(a->nodes, b->nodes, (size_t)a->count * sizeof(a->nodes[0])) == 0;
}
