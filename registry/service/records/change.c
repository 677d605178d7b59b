/* YankRelease, UnyankRelease, RenameModel, TransferModel. */
#include "auth/access.h"
#include "domain/ident.h"
#include "reply/lookup.h"
#include "service/call/authority.h"
#include "service/call/handlers.h"
#include "service/records/naming.h"
#include "service/records/present.h"

static void submit_or_fail(struct jk_call *call, jk_decide_fn *decide)
{
    if (jk_error_result(&call->error) != JK_OK)
        jk_call_fail(call);
    else
        jk_change_submit(call, decide, NULL);
}

static void submit_entry_or_fail(struct jk_call *call, jk_enter_fn *enter, jk_tell_fn *tell)
{
    if (jk_error_result(&call->error) != JK_OK)
        jk_call_fail(call);
    else
        jk_change_submit_entry(call, enter, tell, NULL);
}

static enum jk_status reply_model(struct jk_change *change, struct jk_turn *turn, uint32_t model,
                                  ProtobufCMessage **out_reply)
{
    struct jk_present present = {turn->book, turn->directory, jk_turn_size(turn), &change->call->arena};
    Jokbo__V1__Model *reply = jk_present_model(&present, model);
    if (!reply) return jk_out_of_memory(&change->call->error);
    *out_reply = &reply->base;
    return JK_OK;
}

/* ---- yank and back ---- */

static enum jk_status find_versioned_release(struct jk_turn *turn, const char *text, uint32_t size,
                                             uint32_t *out_release, struct jk_error *error)
{
    struct jk_span name, version;
    uint32_t model;
    jk_split_version(jk_span_of(text), &name, &version);
    JK_TRY(jk_need_model(turn, name, &model, error));
    *out_release = jk_book_find_version(turn->book, model, version, size);
    if (*out_release != JK_NONE) return JK_OK;
    jk_error_resource(error, "jokbo.v1/Release", "");
    return jk_fail(error, JK_NOT_FOUND, "RELEASE_NOT_FOUND", "The model \"%.*s\" has no release \"%.*s\"",
                   JK_SPAN_ARG(name), JK_SPAN_ARG(version));
}

static enum jk_status switch_release(struct jk_change *change, struct jk_turn *turn, const char *name,
                                     const char *reason, bool yank)
{
    struct jk_error *error = &change->call->error;
    struct jk_entry entry = {.kind = yank ? JK_KIND_YANK : JK_KIND_UNYANK};
    uint32_t release;
    JK_TRY(find_versioned_release(turn, name, jk_turn_size(turn), &release, error));
    const struct jk_release *row = jk_book_release(turn->book, release);
    uint32_t publisher = jk_publisher_of(turn, row->model);
    JK_TRY(jk_act_for_model(change, turn, row->model, &entry.actor, error));
    uint32_t yanked = jk_book_yanked_by(turn->book, release, jk_turn_size(turn));
    if (yank && yanked != JK_NONE) {
        jk_error_fact(error, "log_index", "%u", yanked);
        return jk_fail(error, JK_FAILED_PRECONDITION, "ALREADY_YANKED",
                       "The release \"%s\" was already yanked by log entry %u", name, yanked);
    }
    if (!yank && yanked == JK_NONE)
        return jk_fail(error, JK_FAILED_PRECONDITION, "NOT_YANKED", "The release \"%s\" is not yanked", name);
    JK_TRY(jk_spend_quota(change, turn, publisher, &entry.actor, error));
    entry.release = row->hash;
    if (*reason) JK_TRY(jk_turn_text(turn, jk_span_of(reason), &entry.text, error));
    return jk_turn_append(turn, &entry, &change->entry, error);
}

static enum jk_status tell_release(struct jk_change *change, struct jk_turn *turn, const char *name,
                                   ProtobufCMessage **out_reply)
{
    struct jk_present present = {turn->book, turn->directory, change->entry + 1, &change->call->arena};
    uint32_t release;
    JK_TRY(find_versioned_release(turn, name, present.size, &release, &change->call->error));
    Jokbo__V1__Release *reply = jk_present_release(&present, release, true);
    if (!reply) return jk_out_of_memory(&change->call->error);
    if (change->write.dry) {
        reply->yank_index = 0;
        reply->yank_time = NULL;
    }
    *out_reply = &reply->base;
    return JK_OK;
}

static enum jk_status enter_yank(struct jk_change *change, struct jk_turn *turn)
{
    const Jokbo__V1__YankReleaseRequest *request = (const void *)change->call->request;
    return switch_release(change, turn, request->name, request->reason, true);
}

static enum jk_status tell_yank(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    return tell_release(change, turn, ((const Jokbo__V1__YankReleaseRequest *)change->call->request)->name, out_reply);
}

static enum jk_status enter_unyank(struct jk_change *change, struct jk_turn *turn)
{
    const Jokbo__V1__UnyankReleaseRequest *request = (const void *)change->call->request;
    return switch_release(change, turn, request->name, request->reason, false);
}

static enum jk_status tell_unyank(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    return tell_release(change, turn, ((const Jokbo__V1__UnyankReleaseRequest *)change->call->request)->name,
                        out_reply);
}

static void check_release_name(struct jk_call *call, const char *text)
{
    struct jk_span name, version;
    jk_split_version(jk_span_of(text), &name, &version);
    const char *why = name.at ? jk_ident_model_fault(name) : "does not name a release: write publisher/model@version";
    jk_check_field(&call->error, "name", text, why ? why : jk_ident_version_fault(version));
}

void jk_yank_release(struct jk_call *call)
{
    const Jokbo__V1__YankReleaseRequest *request = (const void *)call->request;
    check_release_name(call, request->name);
    jk_check_reason(&call->error, "reason", request->reason, true);
    submit_entry_or_fail(call, enter_yank, tell_yank);
}

void jk_unyank_release(struct jk_call *call)
{
    const Jokbo__V1__UnyankReleaseRequest *request = (const void *)call->request;
    check_release_name(call, request->name);
    jk_check_reason(&call->error, "reason", request->reason, false);
    submit_entry_or_fail(call, enter_unyank, tell_unyank);
}

/* ---- another name ---- */

static enum jk_status decide_rename(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__RenameModelRequest *request = (const void *)change->call->request;
    struct jk_error *error = &change->call->error;
    struct jk_entry entry = {.kind = JK_KIND_RENAME};
    struct jk_span given, part;
    uint32_t model, index;
    JK_TRY(jk_need_model(turn, jk_span_of(request->name), &model, error));
    uint32_t publisher = jk_publisher_of(turn, model);
    JK_TRY(jk_act_for_publisher(change, turn, publisher, &entry.actor, error));
    JK_TRY(jk_check_etag(turn, model, request->etag, error));
    jk_ident_split(jk_span_of(request->new_name), &given, &part);
    if (!jk_span_equal_fold(given, jk_book_publisher(turn->book, publisher)->name)) {
        jk_error_field(error, "new_name",
                       "\"%s\" has another publisher; a rename keeps the publisher, a transfer changes it",
                       request->new_name);
        return jk_error_result(error);
    }
    entry.model = jk_name_of(turn, model);
    entry.to = jk_name_under(change, turn, publisher, jk_span_of(request->new_name));
    JK_TRY(jk_name_check(turn, model, entry.to, error));
    JK_TRY(jk_spend_quota(change, turn, publisher, &entry.actor, error));
    JK_TRY(jk_turn_append(turn, &entry, &index, error));
    return reply_model(change, turn, model, out_reply);
}

void jk_rename_model(struct jk_call *call)
{
    const Jokbo__V1__RenameModelRequest *request = (const void *)call->request;
    jk_check_field(&call->error, "name", request->name, jk_ident_model_fault(jk_span_of(request->name)));
    jk_check_field(&call->error, "new_name", request->new_name, jk_ident_model_fault(jk_span_of(request->new_name)));
    submit_or_fail(call, decide_rename);
}

/* ---- another publisher ---- */

/* A moved model can be given back only by the publisher that received it, so a writer, who may do whatever the owners can
 * undo, gives none away. A writer who is an admin as well does it as that. */
static enum jk_status check_may_give(struct jk_change *change, struct jk_turn *turn, uint32_t publisher,
                                     struct jk_actor *actor, struct jk_error *error)
{
    const struct jk_principal *principal = &change->call->principal;
    struct jk_span name = jk_book_publisher(turn->book, publisher)->name;
    if (actor->type != JK_ACTOR_PUBLISHER) return JK_OK;
    if (jk_directory_membership(turn->directory, name, principal->account) == JK_MEMBER_OWNER) return JK_OK;
    if (principal->roles & JK_ROLE_ADMIN) {
        *actor = (struct jk_actor){.type = JK_ACTOR_ADMIN};
        return JK_OK;
    }
    return jk_fail(
        error, JK_PERMISSION_DENIED, "NOT_AN_OWNER",
        "Only an owner of \"%.*s\" may move its models to another publisher, and this account is a writer; ask "
        "an owner (jokbo publisher members %.*s), or an admin",
        JK_SPAN_ARG(name), JK_SPAN_ARG(name));
}

static enum jk_status decide_transfer(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__TransferModelRequest *request = (const void *)change->call->request;
    struct jk_error *error = &change->call->error;
    struct jk_entry entry = {.kind = JK_KIND_TRANSFER};
    struct jk_actor receiver;
    struct jk_span to_part, part;
    uint32_t model, receiving, index;
    JK_TRY(jk_need_model(turn, jk_span_of(request->name), &model, error));
    uint32_t publisher = jk_publisher_of(turn, model);
    JK_TRY(jk_act_for_publisher(change, turn, publisher, &entry.actor, error));
    JK_TRY(check_may_give(change, turn, publisher, &entry.actor, error));
    JK_TRY(jk_check_etag(turn, model, request->etag, error));
    jk_ident_split(jk_span_of(request->new_name), &to_part, &part);
    JK_TRY(jk_need_publisher(turn, to_part, &receiving, error));
    if (receiving == publisher) {
        jk_error_field(error, "new_name",
                       "\"%s\" has the same publisher; a transfer changes the publisher, a rename keeps it",
                       request->new_name);
        return jk_error_result(error);
    }
    JK_TRY(jk_act_for_publisher(change, turn, receiving, &receiver, error));
    if (receiver.type == JK_ACTOR_ADMIN) entry.actor = receiver;
    entry.model = jk_name_of(turn, model);
    entry.to = jk_name_under(change, turn, receiving, jk_span_of(request->new_name));
    JK_TRY(jk_name_check(turn, model, entry.to, error));
    if (entry.actor.type != JK_ACTOR_ADMIN) JK_TRY(jk_spend_quota(change, turn, publisher, &entry.actor, error));
    JK_TRY(jk_turn_append(turn, &entry, &index, error));
    return reply_model(change, turn, model, out_reply);
}

void jk_transfer_model(struct jk_call *call)
{
    const Jokbo__V1__TransferModelRequest *request = (const void *)call->request;
    jk_check_field(&call->error, "name", request->name, jk_ident_model_fault(jk_span_of(request->name)));
    jk_check_field(&call->error, "new_name", request->new_name, jk_ident_model_fault(jk_span_of(request->new_name)));
    submit_or_fail(call, decide_transfer);
}
