/* WithdrawBlob: an admin withdraws a blob's bytes, or lifts the withdrawal. The record of it and the deletion of the
 * bytes are one transaction. */
#include "service/records/blob.h"
#include "service/call/dispatch.h"
#include "service/call/handlers.h"
#include "service/records/held.h"
#include "service/call/write.h"

static enum jk_status withdraw(struct jk_turn *turn, const char *reason, struct jk_blob_facts *facts,
                               struct jk_error *error)
{
    if (facts->state == JK_BLOB_WITHDRAWN) return JK_OK;
    JK_TRY(jk_turn_text(turn, jk_span_of(reason), &facts->reason, error));
    facts->state = JK_BLOB_WITHDRAWN;
    facts->withdrawn_us = turn->time_us;
    JK_TRY(jk_held_end(turn, &facts->digest, &facts->reason, error));
    return jk_turn_blob_drop(turn, &facts->digest, error);
}

/* Also deletes what is left of an upload that ended while the digest was being withdrawn. */
static enum jk_status lift(struct jk_turn *turn, struct jk_blob_facts *facts, struct jk_error *error)
{
    if (facts->state == JK_BLOB_STORED)
        return jk_fail(error, JK_FAILED_PRECONDITION, "NOT_WITHDRAWN", "The blob is not withdrawn");
    if (facts->state == JK_BLOB_LIFTED) return JK_OK;
    facts->state = JK_BLOB_LIFTED;
    return jk_turn_blob_drop(turn, &facts->digest, error);
}

static enum jk_status decide_withdraw(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    struct jk_call *call = change->call;
    const Jokbo__V1__WithdrawBlobRequest *request = (const void *)call->request;
    struct jk_error *error = &call->error;
    struct jk_blob_facts facts;
    struct jk_record record;
    if (!jk_directory_blob(turn->directory, change->input, &facts))
        return jk_fail(error, JK_NOT_FOUND, "BLOB_NOT_FOUND", "No blob with the digest %s is stored here",
                       request->sha256);
    enum jk_blob_state before = facts.state;
    JK_TRY(request->lift ? lift(turn, &facts, error) : withdraw(turn, request->reason, &facts, error));
    if (facts.state != before) {
        if (!jk_record_blob(turn->arena, &facts, &record)) return jk_out_of_memory(error);
        JK_TRY(jk_turn_record(turn, &record, error));
    }
    Jokbo__V1__Blob *reply = jk_present_blob(&call->arena, &facts);
    if (!reply) return jk_out_of_memory(error);
    *out_reply = &reply->base;
    return JK_OK;
}

void jk_withdraw_blob(struct jk_call *call)
{
    const Jokbo__V1__WithdrawBlobRequest *request = (const void *)call->request;
    struct jk_digest *digest = jk_arena_zalloc(&call->arena, 1, sizeof *digest);
    enum jk_status status = digest ? JK_OK : jk_out_of_memory(&call->error);
    if (status == JK_OK) {
        jk_from_hex(request->sha256, "sha256", digest, &call->error);
        if (!*request->sha256) jk_error_field(&call->error, "sha256", "is required");
        if (request->lift && *request->reason)
            jk_error_field(&call->error, "reason", "is for a withdrawal, not for lift");
        else if (!request->lift)
            jk_check_reason(&call->error, "reason", request->reason, true);
        status = jk_error_result(&call->error);
    }
    if (status == JK_OK)
        jk_change_submit(call, decide_withdraw, digest);
    else
        jk_call_fail(call);
}
