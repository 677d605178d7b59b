/* See lookup.h. */
#include "reply/lookup.h"

#include "base/text.h"

void jk_split_version(struct jk_span text, struct jk_span *out_name, struct jk_span *out_version)
{
    *out_version = text;
    bool cut = jk_span_cut(out_version, '@', out_name);
    if (!cut) *out_version = (struct jk_span){0};
}

#define NEAREST 3

static const char *join_names(const struct jk_span *names, size_t count, struct jk_arena *arena)
{
    const char *text = count ? jk_arena_printf(arena, "%.*s", JK_SPAN_ARG(names[0])) : "";
    for (size_t i = 1; i < count && text; i++)
        text = jk_arena_printf(arena, "%s%s%.*s", text, i + 1 == count ? " or " : ", ", JK_SPAN_ARG(names[i]));
    return text ? text : "";
}

const char *jk_nearest_names(const struct jk_book *book, uint32_t n, struct jk_span name, struct jk_arena *arena)
{
    struct jk_span names[NEAREST];
    return join_names(names, jk_book_nearest(book, name, n, names, NEAREST), arena);
}

const char *jk_nearest_publishers(const struct jk_book *book, uint32_t n, struct jk_span name, struct jk_arena *arena)
{
    struct jk_span names[NEAREST];
    return join_names(names, jk_book_nearest_publishers(book, name, n, names, NEAREST), arena);
}

enum jk_status jk_model_not_found(const struct jk_book *book, uint32_t n, struct jk_span name, struct jk_error *error)
{
    char shown[96];
    const char *near = error->arena ? jk_nearest_names(book, n, name, error->arena) : "";
    jk_text_shorten(name, shown, sizeof shown);
    jk_error_resource(error, "jokbo.v1/Model", shown);
    if (*near) jk_error_fact(error, "nearest", "%s", near);
    return jk_fail(error, JK_NOT_FOUND, "MODEL_NOT_FOUND", "There is no model \"%s\"%s%s", shown,
                   *near ? "; near to it: " : "", near);
}
