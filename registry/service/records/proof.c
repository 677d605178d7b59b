/* GetInclusionProof, GetConsistencyProof and GetReceipt: answered from the tree's hashes in memory, on the thread that
 * received the call. A proof for 100,000 entries takes some forty look-ups and ten hashes. */
#include "service/call/convert.h"
#include "service/call/dispatch.h"
#include "service/call/handlers.h"
#include "service/call/services.h"
#include "tlog/receipt.h"

/* ---- what is asked for ---- */

/* The two requests that name an entry have the same oneof. */
struct wanted {
    const int64_t *index; /* NULL: by the hash */
    const char *hash;     /* NULL: by the index; both NULL: neither was given */
};

static enum jk_status find_release_entry(const struct jk_view *view, const char *text, uint64_t *out_index,
                                         struct jk_error *error)
{
    struct jk_digest hash;
    uint32_t release;
    if (!*text) jk_error_field(error, "lineage_hash", "is empty: give 64 lower-case hexadecimal digits");
    jk_from_hex(text, "lineage_hash", &hash, error);
    JK_TRY(jk_error_result(error));
    release = jk_book_find_release(view->book, &hash, view->size);
    if (release == JK_NONE) {
        jk_error_resource(error, "release", text);
        return jk_fail(error, JK_NOT_FOUND, "RELEASE_NOT_FOUND", "No release has the lineage hash %s", text);
    }
    *out_index = jk_book_release(view->book, release)->index;
    return JK_OK;
}

static enum jk_status find_entry(const struct jk_view *view, struct wanted wanted, uint64_t *out_index,
                                 struct jk_error *error)
{
    if (wanted.hash) return find_release_entry(view, wanted.hash, out_index, error);
    if (!wanted.index)
        jk_error_field(error, "log_index", "is missing: give log_index or lineage_hash");
    else if (*wanted.index < 0)
        jk_error_field(error, "log_index", "%lld is below 0", (long long)*wanted.index);
    JK_TRY(jk_error_result(error));
    *out_index = (uint64_t)*wanted.index;
    return JK_OK;
}

/* A requested size, where 0 is the current one. */
static enum jk_status read_size(const struct jk_view *view, const char *field, int64_t asked, uint64_t *out_size,
                                struct jk_error *error)
{
    if (asked < 0) jk_error_field(error, field, "%lld is below 0", (long long)asked);
    JK_TRY(jk_error_result(error));
    if (asked > view->size) {
        jk_error_fact(error, "log_size", "%u", view->size);
        return jk_fail(error, JK_OUT_OF_RANGE, "SIZE_BEYOND_LOG", "%s is %lld, but this server's log has %u entries",
                       field, (long long)asked, view->size);
    }
    *out_size = asked ? (uint64_t)asked : view->size;
    return JK_OK;
}

/* ---- bytes in the reply ---- */

static ProtobufCBinaryData to_bytes(struct jk_arena *arena, const struct jk_digest *digest)
{
    void *copy = jk_arena_copy(arena, digest->bytes, sizeof digest->bytes);
    return (ProtobufCBinaryData){copy ? sizeof digest->bytes : 0, copy};
}

static ProtobufCBinaryData *to_hashes(struct jk_arena *arena, const struct jk_proof *proof, size_t *out_count)
{
    ProtobufCBinaryData *hashes = jk_arena_zalloc(arena, proof->count + 1, sizeof *hashes);
    *out_count = hashes ? proof->count : 0;
    for (size_t i = 0; i < *out_count; i++)
        hashes[i] = to_bytes(arena, &proof->hashes[i]);
    return hashes;
}

static enum jk_status incomplete(struct jk_error *error)
{
    return jk_fail(error, JK_INTERNAL, "TREE_INCOMPLETE", "the tree's hashes in memory do not reach the log's size");
}

/* ---- inclusion ---- */

static enum jk_status prove_inclusion(struct jk_call *call, const struct jk_view *view,
                                      Jokbo__V1__InclusionProof *reply)
{
    const Jokbo__V1__GetInclusionProofRequest *request = (const void *)call->request;
    struct wanted wanted = {
        request->entry_case == JOKBO__V1__GET_INCLUSION_PROOF_REQUEST__ENTRY_LOG_INDEX ? &request->log_index : NULL,
        request->entry_case == JOKBO__V1__GET_INCLUSION_PROOF_REQUEST__ENTRY_LINEAGE_HASH ? request->lineage_hash
                                                                                          : NULL};
    struct jk_digest leaf, root;
    struct jk_proof proof;
    uint64_t index, size = 0;
    JK_TRY(read_size(view, "tree_size", request->tree_size, &size, &call->error));
    JK_TRY(find_entry(view, wanted, &index, &call->error));
    if (index >= size)
        jk_error_field(&call->error, wanted.hash ? "lineage_hash" : "log_index",
                       "entry %llu is not in the tree of %llu entries: give an index below tree_size",
                       (unsigned long long)index, (unsigned long long)size);
    JK_TRY(jk_error_result(&call->error));
    if (!jk_merkle_inclusion(jk_forest_read, view->forest, index, size, &proof) ||
        !jk_merkle_root_at(jk_forest_read, view->forest, size, &root) || !jk_forest_read(view->forest, 0, index, &leaf))
        return incomplete(&call->error);
    reply->log_index = (int64_t)index;
    reply->tree_size = (int64_t)size;
    reply->leaf_hash = to_bytes(&call->arena, &leaf);
    reply->hashes = to_hashes(&call->arena, &proof, &reply->n_hashes);
    reply->root_hash = to_bytes(&call->arena, &root);
    return JK_OK;
}

void jk_get_inclusion_proof(struct jk_call *call)
{
    Jokbo__V1__InclusionProof *reply = JK_MESSAGE(&call->arena, Jokbo__V1__InclusionProof, jokbo__v1__inclusion_proof);
    enum jk_status status = JK_OK;
    struct jk_view view;
    jk_store_view(jk_store_of(call), &view);
    if (reply) status = prove_inclusion(call, &view, reply);
    jk_store_view_end(jk_store_of(call));
    jk_call_answer(call, status, (const ProtobufCMessage *)reply);
}

/* ---- consistency ---- */

static enum jk_status prove_consistency(struct jk_call *call, const struct jk_view *view,
                                        Jokbo__V1__ConsistencyProof *reply)
{
    const Jokbo__V1__GetConsistencyProofRequest *request = (const void *)call->request;
    struct jk_digest first_root, second_root;
    struct jk_proof proof;
    uint64_t second = 0;
    if (request->first_size < 0)
        jk_error_field(&call->error, "first_size", "%lld is below 0", (long long)request->first_size);
    JK_TRY(read_size(view, "second_size", request->second_size, &second, &call->error));
    uint64_t first = (uint64_t)request->first_size;
    if (first > view->size) JK_TRY(read_size(view, "first_size", request->first_size, &first, &call->error));
    if (first > second)
        jk_error_field(&call->error, "first_size", "%llu is above second_size %llu", (unsigned long long)first,
                       (unsigned long long)second);
    JK_TRY(jk_error_result(&call->error));
    if (!jk_merkle_consistency(jk_forest_read, view->forest, first, second, &proof) ||
        !jk_merkle_root_at(jk_forest_read, view->forest, first, &first_root) ||
        !jk_merkle_root_at(jk_forest_read, view->forest, second, &second_root))
        return incomplete(&call->error);
    reply->first_size = (int64_t)first;
    reply->second_size = (int64_t)second;
    reply->hashes = to_hashes(&call->arena, &proof, &reply->n_hashes);
    reply->first_root_hash = to_bytes(&call->arena, &first_root);
    reply->second_root_hash = to_bytes(&call->arena, &second_root);
    return JK_OK;
}

void jk_get_consistency_proof(struct jk_call *call)
{
    Jokbo__V1__ConsistencyProof *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ConsistencyProof, jokbo__v1__consistency_proof);
    enum jk_status status = JK_OK;
    struct jk_view view;
    jk_store_view(jk_store_of(call), &view);
    if (reply) status = prove_consistency(call, &view, reply);
    jk_store_view_end(jk_store_of(call));
    jk_call_answer(call, status, (const ProtobufCMessage *)reply);
}

/* ---- receipts ---- */

static enum jk_status make_receipt(struct jk_call *call, struct jk_text *text, Jokbo__V1__Receipt *reply)
{
    const Jokbo__V1__GetReceiptRequest *request = (const void *)call->request;
    struct jk_store *store = jk_store_of(call);
    uint64_t index;
    struct wanted wanted = {
        request->entry_case == JOKBO__V1__GET_RECEIPT_REQUEST__ENTRY_LOG_INDEX ? &request->log_index : NULL,
        request->entry_case == JOKBO__V1__GET_RECEIPT_REQUEST__ENTRY_LINEAGE_HASH ? request->lineage_hash : NULL};
    struct jk_view view;
    jk_store_view(store, &view);
    enum jk_status status = find_entry(&view, wanted, &index, &call->error);
    jk_store_view_end(store);
    JK_TRY(status);
    if (request->cosigned)
        JK_TRY(jk_store_receipt_cosigned(store, index, text, &call->error));
    else
        JK_TRY(jk_store_receipt(store, index, text, &call->error));
    reply->log_index = (int64_t)index;
    reply->receipt = jk_to_string(&call->arena, jk_text_span(text));
    reply->published_size = (int64_t)jk_store_published_size(store);
    return JK_OK;
}

void jk_get_receipt(struct jk_call *call)
{
    Jokbo__V1__Receipt *reply = JK_MESSAGE(&call->arena, Jokbo__V1__Receipt, jokbo__v1__receipt);
    enum jk_status status = JK_OK;
    struct jk_text text;
    jk_text_init(&text, JK_RECEIPT_MAX);
    if (reply) status = make_receipt(call, &text, reply);
    jk_text_done(&text);
    jk_call_answer(call, status, (const ProtobufCMessage *)reply);
}
