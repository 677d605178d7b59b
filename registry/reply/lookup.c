/* See lookup.h. */
#include "reply/lookup.h"

#include "base/text.h"

void jk_split_version(struct jk_span text, struct jk_span *out_name, struct jk_span *out_version)
{
    *out_version = text;
    bool cut = jk_span_cut(out_version, '@', out_name);
    if (!cut) *out_version = (struct jk_span){0};
}

const char *jk_nearest_names(const struct jk_book *book, uint32_t n, struct jk_span name, struct jk_arena *arena)
{
    struct jk_span names[3];
    size_t count = jk_book_nearest(book, name, n, names, 3);
    const char *text = count ? jk_arena_printf(arena, "%.*s", JK_SPAN_ARG(names[0])) : "";
    for (size_t i = 1; i < count && text; i++)
        text = jk_arena_printf(arena, "%s%s%.*s", text, i + 1 == count ? " or " : ", ", JK_SPAN_ARG(names[i]));
    return text ? text : "";
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
