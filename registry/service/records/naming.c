/* See naming.h. */
#include "service/records/naming.h"

#include "domain/ident.h"

struct jk_span jk_name_under(struct jk_change *change, const struct jk_turn *turn, uint32_t publisher,
                             struct jk_span name)
{
    struct jk_span given, model;
    jk_ident_split(name, &given, &model);
    struct jk_span spelled = jk_book_publisher(turn->book, publisher)->name;
    char *text = jk_arena_printf(&change->call->arena, "%.*s/%.*s", JK_SPAN_ARG(spelled), JK_SPAN_ARG(model));
    return text ? jk_span_of(text) : name;
}

enum jk_status jk_name_check(const struct jk_turn *turn, uint32_t model, struct jk_span to, struct jk_error *error)
{
    uint32_t taken = jk_book_find_model(turn->book, to, jk_turn_size(turn));
    struct jk_span name = jk_name_of(turn, model);
    if (jk_span_equal(name, to))
        return jk_fail(error, JK_ALREADY_EXISTS, "SAME_NAME", "The model has this name already");
    if (taken == JK_NONE || (taken == model && jk_span_equal_fold(name, to))) return JK_OK;
    return jk_fail(error, JK_ALREADY_EXISTS, "NAME_TAKEN", "The name \"%.*s\" %s; names are never given out again",
                   JK_SPAN_ARG(to),
                   taken == model ? "is an earlier name of this model" : "belongs, or belonged, to another model");
}
