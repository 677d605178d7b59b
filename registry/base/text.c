/* The string builder. Its capacity doubles; the first failure sticks until jk_text_clear(). */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_ROOM 64

void jk_text_init(struct jk_text *text, size_t limit)
{
    *text = (struct jk_text){.limit = limit};
}

void jk_text_done(struct jk_text *text)
{
    if (!text) return;
    free(text->bytes);
    jk_text_init(text, text->limit);
}

void jk_text_clear(struct jk_text *text)
{
    text->len = 0;
    text->failed = false;
    if (text->bytes) text->bytes[0] = '\0';
}

/* Makes room for `more` bytes and a NUL, or records the failure. */
static bool reserve(struct jk_text *text, size_t more)
{
    size_t need;
    if (text->failed) return false;
    text->failed =
        __builtin_add_overflow(text->len, more, &need) || need == SIZE_MAX || (text->limit != 0 && need > text->limit);
    if (text->failed) return false;
    if (need < text->room) return true;
    size_t room = text->room ? text->room : FIRST_ROOM;
    while (room <= need)
        room = room > SIZE_MAX / 2 ? need + 1 : room * 2;
    char *bytes = realloc(text->bytes, room);
    text->failed = bytes == NULL;
    if (text->failed) return false;
    text->bytes = bytes;
    text->room = room;
    return true;
}

void jk_text_reserve(struct jk_text *text, size_t more)
{
    (void)reserve(text, more);
}

void jk_text_add(struct jk_text *text, struct jk_span bytes)
{
    if (!reserve(text, bytes.len)) return;
    if (bytes.len > 0) memcpy(text->bytes + text->len, bytes.at, bytes.len);
    text->len += bytes.len;
    text->bytes[text->len] = '\0';
}

void jk_text_add_str(struct jk_text *text, const char *string)
{
    jk_text_add(text, jk_span_of(string));
}

void jk_text_add_char(struct jk_text *text, char c)
{
    jk_text_add(text, (struct jk_span){&c, 1});
}

/* Prints into the free room, and once more if that was too small. */
void jk_text_addf(struct jk_text *text, const char *format, ...)
{
    if (!reserve(text, 0)) return;
    size_t had = text->room - text->len;
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(text->bytes + text->len, had, format, args);
    va_end(args);
    if (len < 0) {
        text->failed = true;
    } else if (reserve(text, (size_t)len)) {
        if ((size_t)len >= had) vsnprintf(text->bytes + text->len, (size_t)len + 1, format, again);
        text->len += (size_t)len;
    }
    va_end(again);
    text->bytes[text->len] = '\0'; /* on failure nothing of it stays */
}

void jk_text_add_u64(struct jk_text *text, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    jk_text_add(text, (struct jk_span){digits + at, sizeof digits - at});
}

struct jk_span jk_text_span(const struct jk_text *text)
{
    return (struct jk_span){text->bytes ? text->bytes : "", text->len};
}

char *jk_text_take(struct jk_text *text)
{
    if (!reserve(text, 0)) return NULL;
    char *bytes = text->bytes;
    bytes[text->len] = '\0';
    jk_text_init(text, text->limit);
    return bytes;
}
