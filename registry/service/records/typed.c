/* See typed.h. A hundred thousand names are looked at for one text: each is put into lower case once, and then searched. */
#include "service/records/typed.h"

#include <string.h>

#include "base/ascii.h"

static bool is_between(char c)
{
    return c == ' ' || c == '-' || c == '_' || c == '.' || c == '/';
}

bool jk_typed_read(struct jk_span text, struct jk_typed *out_typed)
{
    text = jk_span_trim(text);
    out_typed->len = out_typed->count = 0;
    if (text.len == 0 || text.len > JK_TYPED_MAX) return false;
    for (size_t i = 0; i < text.len; i++)
        out_typed->text[out_typed->len++] = jk_ascii_to_lower(text.at[i]);
    out_typed->text[out_typed->len] = '\0';
    for (size_t at = 0, end; at < text.len; at = end + 1) {
        for (end = at; end < text.len && !is_between(text.at[end]);)
            end++;
        if (end > at) out_typed->words[out_typed->count++] = (struct jk_span){out_typed->text + at, end - at};
    }
    return true;
}

static bool has_words(const struct jk_typed *typed, const char *name, size_t len)
{
    for (size_t i = 0; i < typed->count; i++)
        if (!memmem(name, len, typed->words[i].at, typed->words[i].len)) return false;
    return typed->count > 0;
}

enum jk_typed_rank jk_typed_rank(const struct jk_typed *typed, struct jk_span name)
{
    char lower[JK_TYPED_NAME];
    size_t len = name.len < sizeof lower ? name.len : sizeof lower;
    for (size_t i = 0; i < len; i++)
        lower[i] = jk_ascii_to_lower(name.at[i]);
    const char *found = memmem(lower, len, typed->text, typed->len);
    if (!found) return has_words(typed, lower, len) ? JK_TYPED_WORDS : JK_TYPED_NOT;
    if (found == lower) return JK_TYPED_BEGINS;
    const char *slash = memchr(lower, '/', len);
    size_t rest = slash ? len - (size_t)(slash + 1 - lower) : 0;
    bool begins = rest >= typed->len && memcmp(slash + 1, typed->text, typed->len) == 0;
    return begins ? JK_TYPED_BEGINS : JK_TYPED_CONTAINS;
}
