/* A declared release from the request to its entry, and back into a reply. */
#include "service/records/registration.h"

#include <stdio.h>

#include "base/check.h"
#include "reply/lookup.h"
#include "service/call/handlers.h"
#include "service/records/twin.h"

/* If the grammar of some drafts is wrong: what else is wrong with any of them, as much as an error can hold. */
void jk_registration_note_mistakes(struct jk_call *call, const struct jk_draft *drafts, size_t count, bool further)
{
    struct jk_directory *directory = jk_store_directory(jk_store_of(call));
    struct jk_view view;
    jk_store_view(jk_store_of(call), &view);
    for (size_t i = 0; i < count && call->error.violation_count < JK_ERROR_VIOLATIONS; i++)
        jk_draft_note_mistakes(&drafts[i], further, &view, directory, &call->arena, &call->error);
    jk_store_view_end(jk_store_of(call));
}

/* Reads the draft, or ends the call with everything that is wrong with it. */
struct jk_draft *jk_registration_read(struct jk_call *call, const Jokbo__V1__Derivative *message, const char *field,
                                      bool further)
{
    struct jk_draft *draft = jk_arena_zalloc(&call->arena, 1, sizeof *draft);
    char prefix[32];
    if (!draft)
        (void)jk_out_of_memory(&call->error);
    else if (!message)
        jk_error_field(&call->error, field, "is required");
    else {
        snprintf(prefix, sizeof prefix, "%s.", field);
        jk_draft_read(message, prefix, &call->arena, draft, &call->error);
        if (jk_error_is_set(&call->error)) jk_registration_note_mistakes(call, draft, 1, further);
    }
    if (jk_error_result(&call->error) == JK_OK) return draft;
    jk_call_fail(call);
    return NULL;
}

struct jk_present jk_present_turn(const struct jk_change *change, const struct jk_turn *turn)
{
    return (struct jk_present){turn->book, turn->directory, jk_turn_size(turn), &change->call->arena};
}

/* The identical statement exists already: success for a pipeline, reported with its index. */
enum jk_status jk_registration_exists(struct jk_change *change, struct jk_turn *turn,
                                      const struct jk_resolved *resolved, uint32_t release, struct jk_error *error)
{
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&resolved->hash, hex);
    uint32_t index = jk_book_release(turn->book, release)->index;
    change->entry = index;
    jk_error_fact(error, "log_index", "%u", index);
    jk_error_fact(error, "lineage_hash", "%s", hex);
    jk_error_fact(error, "name", "%.*s", JK_SPAN_ARG(resolved->statement.model));
    return jk_fail(error, JK_ALREADY_EXISTS, "STATEMENT_EXISTS",
                   "This exact statement is already registered, as log entry %u", index);
}

enum jk_status jk_registration_append(struct jk_turn *turn, enum jk_kind kind, const struct jk_actor *actor,
                                      const struct jk_resolved *resolved, uint32_t *out_index, struct jk_error *error)
{
    struct jk_entry entry = {.kind = kind, .actor = *actor, .statement = resolved->text};
    return jk_turn_append(turn, &entry, out_index, error);
}

/* With validate_only nothing has a place in the log: removes what depends on the index. */
static void forget_place(Jokbo__V1__Registration *reply, uint32_t index)
{
    if (reply->model->log_index == index) {
        reply->model->log_index = 0;
        reply->model->etag = (char *)protobuf_c_empty_string;
    }
    reply->release->log_index = reply->release->log_size = reply->model->log_size = 0;
}

/* The release that the draft made, found again from the request. */
static uint32_t find_made(const struct jk_change *change, const struct jk_present *present, uint32_t *out_model)
{
    const struct jk_draft *draft = change->input;
    *out_model = jk_book_find_model(present->book, draft->name, present->size);
    JK_CHECK(*out_model != JK_NONE);
    uint32_t release = jk_book_find_version(present->book, *out_model, draft->version, present->size);
    JK_CHECK(release != JK_NONE);
    return release;
}

char *jk_registration_notice(const struct jk_present *present, uint32_t release)
{
    const struct jk_release *row = jk_book_release(present->book, release);
    char *notice = (char *)(uintptr_t)protobuf_c_empty_string;
    for (uint32_t i = 0; i < row->parent_count && notice; i++) {
        if (!row->parents[i].external) continue;
        const char *one = jk_twin_notice(present->book, row->parents[i].name, present->size, present->arena);
        if (one) notice = jk_arena_printf(present->arena, "%s%s%s", notice, *notice ? ". " : "", one);
    }
    return present->arena->exhausted ? NULL : notice;
}

/* Nobody else makes a publisher on the way: its entry is then the one before the registration's. */
static char *publisher_notice(const struct jk_present *present, uint32_t model)
{
    const struct jk_publisher *publisher =
        jk_book_publisher(present->book, jk_book_model(present->book, model)->publisher);
    if (publisher->basis != JK_BASIS_REGISTRAR || publisher->created + 1 != jk_book_model(present->book, model)->index)
        return (char *)(uintptr_t)protobuf_c_empty_string;
    const char *near = jk_nearest_publishers(present->book, publisher->created, publisher->name, present->arena);
    return jk_arena_printf(present->arena, "The publisher \"%.*s\" is new, and its name is public for ever%s%s",
                           JK_SPAN_ARG(publisher->name), *near ? "; near to it: " : "", near);
}

enum jk_status jk_registration_tell(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    struct jk_present present = {turn->book, turn->directory, change->entry + 1, &change->call->arena};
    uint32_t model, release = find_made(change, &present, &model);
    Jokbo__V1__Registration *reply = JK_MESSAGE(present.arena, Jokbo__V1__Registration, jokbo__v1__registration);
    if (!reply) return jk_out_of_memory(&change->call->error);
    reply->release = jk_present_release(&present, release, !change->statement.at);
    reply->model = jk_present_model_alone(&present, model);
    reply->notice = jk_registration_notice(&present, release);
    /* A further release says nothing of the publisher. */
    if (jk_book_release(present.book, release)->index == jk_book_model(present.book, model)->index)
        reply->publisher_notice = publisher_notice(&present, model);
    if (!reply->release || !reply->model || !reply->notice || !reply->publisher_notice)
        return jk_out_of_memory(&change->call->error);
    /* The exact bytes that were hashed; for a repeated request they are made from the book. */
    if (change->statement.at) reply->release->statement = (char *)(uintptr_t)change->statement.at;
    if (change->write.dry) forget_place(reply, change->entry);
    reply->log_index = jk_change_index(change, change->entry);
    reply->log_size = change->write.dry ? 0 : present.size;
    *out_reply = &reply->base;
    return JK_OK;
}
