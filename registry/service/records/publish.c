/* PublishRelease: a further release of an existing model. */
#include "auth/access.h"
#include "book/book_ask.h"
#include "service/call/handlers.h"
#include "service/records/held.h"
#include "service/records/registration.h"

enum jk_status jk_release_inherit(struct jk_change *change, struct jk_turn *turn, uint32_t model,
                                  struct jk_draft *draft, struct jk_error *error)
{
    uint32_t slot = jk_book_standing_release(turn->book, model, jk_turn_size(turn));
    const struct jk_release *last = jk_book_release(turn->book, slot);
    if (draft->relation == JK_RELATION_NONE) draft->relation = last->relation;
    if (draft->parent_count || !last->parent_count) return JK_OK;
    draft->parents = jk_arena_zalloc(&change->call->arena, last->parent_count, sizeof *draft->parents);
    if (!draft->parents) return jk_out_of_memory(error);
    for (draft->parent_count = 0; draft->parent_count < last->parent_count; draft->parent_count++) {
        const struct jk_parent *from = &last->parents[draft->parent_count];
        struct jk_draft_parent *to = &draft->parents[draft->parent_count];
        *to = (struct jk_draft_parent){
            .external = from->external, .inherited = true, .name = from->name, .version = from->revision};
        if (from->external) continue;
        const struct jk_release *parent = jk_book_release(turn->book, from->slot);
        to->name = jk_name_of(turn, parent->model);
        to->version = parent->version;
        to->hash = parent->hash;
    }
    return JK_OK;
}

enum jk_status jk_version_check(const struct jk_turn *turn, uint32_t model, const struct jk_draft *draft,
                                struct jk_error *error)
{
    uint32_t taken = jk_book_find_version(turn->book, model, draft->version, jk_turn_size(turn));
    if (taken == JK_NONE) return JK_OK;
    return jk_fail(
        error, JK_ALREADY_EXISTS, "VERSION_TAKEN",
        "Release \"%.*s\" has existed since log entry %u, and releases never change; publish the next version",
        JK_SPAN_ARG(draft->version), jk_book_release(turn->book, taken)->index);
}

/* A machine's token may not drop anything that the deciding release claims, by publishing one that says less and would
 * decide. */
static enum jk_status check_says_enough(const struct jk_change *change, const struct jk_turn *turn, uint32_t model,
                                        const struct jk_statement *says, struct jk_error *error)
{
    uint32_t slot = jk_book_deciding(turn->book, model, jk_turn_size(turn));
    const struct jk_release *decides = slot == JK_NONE ? NULL : jk_book_release(turn->book, slot);
    if (!decides || !jk_is_machine(&change->call->principal)) return JK_OK;
    bool weights = !jk_digest_is_zero(&decides->weights) && jk_digest_is_zero(&says->weights);
    bool artifact = !jk_digest_is_zero(&decides->artifact) && jk_digest_is_zero(&says->artifact);
    if (!weights && !artifact) return JK_OK;
    return jk_fail(
        error, JK_FAILED_PRECONDITION, "RELEASE_SAYS_LESS",
        "%s: release \"%.*s\", which decides now, gives it and this one does not; give it, with --manifest or "
        "--%s, or publish with a token that has the scope models",
        weights ? "release.weights_sha256" : "release.artifact_sha256", JK_SPAN_ARG(decides->version),
        weights ? "weights-sha256" : "artifact-sha256");
}

static enum jk_status enter_publish(struct jk_change *change, struct jk_turn *turn)
{
    struct jk_draft *draft = change->input;
    struct jk_error *error = &change->call->error;
    struct jk_resolved resolved;
    struct jk_actor actor;
    uint32_t model;
    JK_TRY(jk_need_model(turn, draft->name, &model, error));
    uint32_t publisher = jk_publisher_of(turn, model), n = jk_turn_size(turn);
    JK_TRY(jk_act_for_model(change, turn, model, &actor, error));
    bool base = jk_book_base(turn->book, model, n) != NULL;
    if (base) { /* it has no counted parents: one that used to be a derivative keeps those it had, and gets no others */
        static const char rule[] = "is given, but a base model's release has neither relation nor parents";
        if (draft->parent_count) jk_error_field(error, "release.parents", "%s", rule);
        if (draft->relation != JK_RELATION_NONE) jk_error_field(error, "release.relation", "%s", rule);
        JK_TRY(jk_error_result(error));
    }
    JK_TRY(jk_release_inherit(change, turn, model, draft, error));
    struct jk_span name = jk_name_of(turn, model);
    JK_TRY(jk_draft_resolve(draft, turn, name, model, !base, &change->call->arena, &resolved, error));
    uint32_t same = jk_book_find_release(turn->book, &resolved.hash, n);
    if (same != JK_NONE) return jk_registration_exists(change, turn, &resolved, same, error);
    JK_TRY(jk_version_check(turn, model, draft, error));
    JK_TRY(check_says_enough(change, turn, model, &resolved.statement, error));
    JK_TRY(jk_spend_quota(change, turn, publisher, &actor, error));
    JK_TRY(jk_registration_append(turn, JK_KIND_RELEASE, &actor, &resolved, &change->entry, error));
    change->statement = resolved.text;
    return jk_held_note(turn, &resolved.statement.artifact, error);
}

void jk_publish_release(struct jk_call *call)
{
    const Jokbo__V1__PublishReleaseRequest *request = (const void *)call->request;
    struct jk_draft *draft = jk_registration_read(call, request->release, "release", true);
    if (draft) jk_change_submit_entry(call, enter_publish, jk_registration_tell, draft);
}
