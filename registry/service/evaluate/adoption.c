/* See adoption.h. */
#include "service/evaluate/adoption.h"

#include "book/book_ask.h"

static enum jk_status check_adopt(struct jk_turn *turn, struct jk_span name, uint32_t external, uint32_t model,
                                  const struct jk_adoption *adoption, struct jk_error *error)
{
    if (jk_book_base(turn->book, model, jk_turn_size(turn)))
        return jk_fail(error, JK_FAILED_PRECONDITION, "TARGET_IS_BASE",
                       "\"%.*s\" is a base model: its names on other hubs belong in the roster",
                       JK_SPAN_ARG(jk_name_of(turn, model)));
    if (adoption)
        return jk_fail(error, JK_ALREADY_EXISTS, "ALREADY_ADOPTED", "\"%.*s\" is bound to %.*s since log entry %u",
                       JK_SPAN_ARG(name), JK_SPAN_ARG(jk_name_of(turn, adoption->model)), adoption->from);
    if (external == JK_NONE || !jk_book_descends_from_external(turn->book, model, external, jk_turn_size(turn)))
        return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "CYCLE",
                   "The model itself descends from \"%.*s\"; lineage has no cycles", JK_SPAN_ARG(name));
}

enum jk_status jk_adoption_check(struct jk_turn *turn, struct jk_span name, uint32_t model, bool adopt,
                                 struct jk_error *error)
{
    uint32_t external = jk_book_find_external(turn->book, name, jk_turn_size(turn));
    const struct jk_adoption *adoption =
        external == JK_NONE ? NULL : jk_book_adoption_of(turn->book, external, jk_turn_size(turn));
    if (adopt) return check_adopt(turn, name, external, model, adoption, error);
    if (adoption && adoption->model == model) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "NOT_ADOPTED", "\"%.*s\" has not adopted \"%.*s\"",
                   JK_SPAN_ARG(jk_name_of(turn, model)), JK_SPAN_ARG(name));
}

enum jk_status jk_adoption_append(struct jk_turn *turn, const struct jk_actor *actor, struct jk_span external,
                                  uint32_t model, bool adopt, uint32_t *out_index, struct jk_error *error)
{
    struct jk_entry entry = {.kind = adopt ? JK_KIND_ADOPT : JK_KIND_UNADOPT,
                             .actor = *actor,
                             .external = external,
                             .model = jk_name_of(turn, model)};
    return jk_turn_append(turn, &entry, out_index, error);
}
