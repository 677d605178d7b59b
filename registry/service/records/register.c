/* RegisterDerivative: a new model with its first release. */
#include "auth/access.h"
#include "book/lookalike.h"
#include "domain/ident.h"
#include "service/call/handlers.h"
#include "service/records/held.h"
#include "service/records/naming.h"
#include "service/records/registration.h"

/* Registrars create publishers as they go; nobody else does so implicitly. */
enum jk_status jk_register_publisher(struct jk_change *change, struct jk_turn *turn, struct jk_span name,
                                     uint32_t *out_publisher, struct jk_error *error)
{
    uint32_t index;
    bool registrar = change->call->principal.roles & JK_ROLE_REGISTRAR;
    *out_publisher = jk_book_find_publisher(turn->book, name, jk_turn_size(turn));
    if (*out_publisher != JK_NONE) return JK_OK;
    if (!registrar) return jk_need_publisher(turn, name, out_publisher, error);
    JK_TRY(jk_lookalike_check(turn->book, jk_turn_size(turn), name, true, error));
    struct jk_entry entry = {.kind = JK_KIND_PUBLISHER,
                             .actor = {.type = JK_ACTOR_REGISTRAR},
                             .publisher = name,
                             .basis = JK_BASIS_REGISTRAR};
    JK_TRY(jk_turn_append(turn, &entry, &index, error));
    return jk_need_publisher(turn, name, out_publisher, error);
}

static enum jk_status fail_taken(struct jk_change *change, struct jk_turn *turn, struct jk_span name, uint32_t model,
                                 const struct jk_resolved *resolved, struct jk_error *error)
{
    uint32_t release = jk_book_find_release(turn->book, &resolved->hash, jk_turn_size(turn));
    if (release != JK_NONE) return jk_registration_exists(change, turn, resolved, release, error);
    struct jk_span present = jk_name_of(turn, model);
    jk_error_resource(error, "jokbo.v1/Model", "");
    return jk_fail(error, JK_ALREADY_EXISTS, "NAME_TAKEN",
                   "The name \"%.*s\" has belonged to %.*s since log entry %u; publish a further release of it, or "
                   "choose another name",
                   JK_SPAN_ARG(name), JK_SPAN_ARG(present), jk_book_model(turn->book, model)->index);
}

enum jk_status jk_register_one(struct jk_change *change, struct jk_turn *turn, const struct jk_draft *draft,
                               struct jk_resolved *out_resolved, uint32_t *out_index, struct jk_error *error)
{
    struct jk_span publisher_part, model_part;
    uint32_t publisher;
    struct jk_actor actor;
    jk_ident_split(draft->name, &publisher_part, &model_part);
    JK_TRY(jk_register_publisher(change, turn, publisher_part, &publisher, error));
    JK_TRY(jk_act_for_publisher(change, turn, publisher, &actor, error));
    struct jk_span name = jk_name_under(change, turn, publisher, draft->name);
    uint32_t taken = jk_book_find_model(turn->book, name, jk_turn_size(turn));
    JK_TRY(jk_draft_resolve(draft, turn, name, taken, true, &change->call->arena, out_resolved, error));
    if (taken != JK_NONE) return fail_taken(change, turn, name, taken, out_resolved, error);
    JK_TRY(jk_spend_quota(change, turn, publisher, &actor, error));
    return jk_registration_append(turn, JK_KIND_REGISTER, &actor, out_resolved, out_index, error);
}

static enum jk_status enter_register(struct jk_change *change, struct jk_turn *turn)
{
    struct jk_resolved resolved;
    JK_TRY(jk_register_one(change, turn, change->input, &resolved, &change->entry, &change->call->error));
    change->statement = resolved.text;
    return jk_held_note(turn, &resolved.statement.artifact, &change->call->error);
}

void jk_register_derivative(struct jk_call *call)
{
    const Jokbo__V1__RegisterDerivativeRequest *request = (const void *)call->request;
    struct jk_draft *draft = jk_registration_read(call, request->derivative, "derivative", false);
    if (draft) jk_change_submit_entry(call, enter_register, jk_registration_tell, draft);
}
