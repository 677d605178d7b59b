/* See doubts.h. */
#include "declare/doubts.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

static void keep(struct jk_doubts *doubts, const char *text)
{
    for (size_t i = 0; i < doubts->count; i++)
        if (strcmp(doubts->items[i], text) == 0) return;
    if (doubts->count < JK_DOUBTS_MAX) doubts->items[doubts->count++] = text;
}

void jk_doubts_add(struct jk_doubts *doubts, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct jk_span whole = jk_utf8_cut(jk_span_of(text), sizeof text - 1);
    const char *copy = jk_arena_copy(doubts->arena, whole.at, whole.len);
    if (copy) keep(doubts, copy);
}

void jk_doubts_add_all(struct jk_doubts *doubts, const struct jk_doubts *more)
{
    for (size_t i = 0; i < more->count; i++)
        keep(doubts, more->items[i]);
}

const char *jk_doubts_shown(struct jk_doubts *doubts, struct jk_span value)
{
    char shown[128];
    jk_text_shorten(value, shown, sizeof shown);
    const char *copy = jk_arena_copy(doubts->arena, shown, strlen(shown));
    return copy ? copy : "";
}
