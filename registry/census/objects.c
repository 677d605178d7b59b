/* See objects.h. */
#include "census/objects.h"

#define OPEN   SIZE_MAX       /* it goes on beyond the text */
#define BROKEN (SIZE_MAX - 1) /* a string goes over the end of a line, or brackets close that never opened */

static void pass_over_text(struct jk_span *rest, size_t len, size_t *line)
{
    for (const char *at = rest->at; (at = memchr(at, '\n', len - (size_t)(at - rest->at)));) {
        ++*line;
        if (++at == rest->at + len) break;
    }
    *rest = (struct jk_span){rest->at + len, rest->len - len};
}

/* The position after the string that begins at `at`, a quote. */
static size_t string_end(struct jk_span text, size_t at)
{
    for (size_t i = at + 1; i < text.len; i++) {
        char c = text.at[i];
        if (c == '"') return i + 1;
        if (c == '\n') return BROKEN;
        if (c == '\\' && ++i < text.len && text.at[i] == '\n') return BROKEN;
    }
    return OPEN;
}

/* How long the object is that the text begins with. */
static size_t object_len(struct jk_span text)
{
    size_t depth = 0;
    for (size_t i = 0; i < text.len;) {
        char c = text.at[i];
        if (c == '"') {
            i = string_end(text, i);
            if (i >= BROKEN) return i;
            continue;
        }
        if (c == '{' || c == '[') depth++;
        if ((c == '}' || c == ']') && --depth == 0) return i + 1;
        i++;
    }
    return OPEN;
}

/* White space, commas, the brackets of an array, a byte order mark. */
static size_t space_len(struct jk_span text)
{
    size_t at = jk_span_starts(text, JK_SPAN("\xEF\xBB\xBF")) ? 3 : 0;
    while (at < text.len && text.at[at] != '\0' && strchr(" \t\r\n,[]\x1e", text.at[at]))
        at++;
    return at;
}

enum jk_objects jk_objects_next(struct jk_span *rest, bool whole, size_t *line, struct jk_span *out_object,
                                size_t *out_line)
{
    pass_over_text(rest, space_len(*rest), line);
    *out_line = *line;
    *out_object = *rest;
    if (rest->len == 0) return JK_OBJECTS_END;
    size_t len = rest->at[0] == '{' ? object_len(*rest) : BROKEN;
    if (len == OPEN && !whole) return JK_OBJECTS_MORE;
    bool good = len < BROKEN;
    if (!good) {
        const char *end = memchr(rest->at, '\n', rest->len);
        if (!end && !whole) return JK_OBJECTS_MORE;
        len = end ? (size_t)(end - rest->at) : rest->len;
    }
    out_object->len = len;
    pass_over_text(rest, len, line);
    return good ? JK_OBJECTS_ONE : JK_OBJECTS_BROKEN;
}
