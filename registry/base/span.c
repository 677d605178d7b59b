/* Comparing and cutting spans. Pure; a span of length 0 may have a NULL base. */
#include "base/span.h"

#include "base/ascii.h"

/* skipped for len 0, so that no offset is added to NULL */
static struct jk_span skip(struct jk_span text, size_t len)
{
    return len == 0 ? text : (struct jk_span){text.at + len, text.len - len};
}

bool jk_span_equal(struct jk_span a, struct jk_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

int jk_span_compare(struct jk_span a, struct jk_span b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared == 0 ? 0 : memcmp(a.at, b.at, shared);
    if (order != 0) return order < 0 ? -1 : 1;
    return (a.len > b.len) - (a.len < b.len);
}

bool jk_span_starts(struct jk_span text, struct jk_span prefix)
{
    return text.len >= prefix.len && jk_span_equal((struct jk_span){text.at, prefix.len}, prefix);
}

bool jk_span_ends(struct jk_span text, struct jk_span suffix)
{
    return text.len >= suffix.len && jk_span_equal(skip(text, text.len - suffix.len), suffix);
}

/* Most that differ do so in the first or the last byte, and most that do not are the same bytes. */
bool jk_span_equal_fold(struct jk_span a, struct jk_span b)
{
    if (a.len != b.len) return false;
    if (a.len == 0) return true;
    if (jk_ascii_to_lower(a.at[0]) != jk_ascii_to_lower(b.at[0])) return false;
    if (jk_ascii_to_lower(a.at[a.len - 1]) != jk_ascii_to_lower(b.at[b.len - 1])) return false;
    if (memcmp(a.at, b.at, a.len) == 0) return true;
    for (size_t i = 0; i < a.len; i++)
        if (jk_ascii_to_lower(a.at[i]) != jk_ascii_to_lower(b.at[i])) return false;
    return true;
}

bool jk_span_starts_fold(struct jk_span text, struct jk_span prefix)
{
    return text.len >= prefix.len && jk_span_equal_fold((struct jk_span){text.at, prefix.len}, prefix);
}

struct jk_span jk_span_trim(struct jk_span text)
{
    size_t start = 0;
    while (start < text.len && jk_ascii_space(text.at[start]))
        start++;
    text = skip(text, start);
    while (text.len > 0 && jk_ascii_space(text.at[text.len - 1]))
        text.len--;
    return text;
}

bool jk_span_cut(struct jk_span *rest, char mark, struct jk_span *out_head)
{
    const char *found = rest->len == 0 ? NULL : memchr(rest->at, mark, rest->len);
    size_t len = found ? (size_t)(found - rest->at) : rest->len;
    *out_head = (struct jk_span){rest->at, len};
    *rest = skip(*rest, found ? len + 1 : len);
    return found != NULL;
}

bool jk_span_line(struct jk_span *rest, struct jk_span *out_line)
{
    if (rest->len == 0) return false;
    (void)jk_span_cut(rest, '\n', out_line);
    return true;
}

struct jk_span jk_span_after_last(struct jk_span text, char mark)
{
    size_t start = text.len;
    while (start > 0 && text.at[start - 1] != mark)
        start--;
    return skip(text, start);
}

bool jk_span_is_url(struct jk_span text)
{
    return jk_span_starts_fold(text, JK_SPAN("http://")) || jk_span_starts_fold(text, JK_SPAN("https://"));
}

bool jk_span_to_u64(struct jk_span text, uint64_t *out_value)
{
    if (text.len == 0 || (text.len > 1 && text.at[0] == '0')) return false;
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (!jk_ascii_digit(c)) return false;
        if (__builtin_mul_overflow(value, (uint64_t)10, &value)) return false;
        if (__builtin_add_overflow(value, (uint64_t)(c - '0'), &value)) return false;
    }
    *out_value = value;
    return true;
}
