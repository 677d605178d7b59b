/* See words.h. */
#include "declare/words.h"

#include "base/ascii.h"
#include "base/text.h"

static bool is_unseen(uint32_t code)
{
    return code == 0x00AD || code == 0x180E || (code >= 0x200B && code <= 0x200F) ||
           (code >= 0x202A && code <= 0x202E) || (code >= 0x2060 && code <= 0x2069) || code == 0xFEFF;
}

static bool is_space(uint32_t code)
{
    return code == ' ' || (code >= '\t' && code <= '\r') || code == 0x0085 || code == 0x00A0 || code == 0x1680 ||
           (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F ||
           code == 0x3000;
}

struct jk_span jk_words_trim(struct jk_span text)
{
    struct jk_span rest = text;
    const char *first = NULL, *end = NULL;
    while (rest.len > 0) {
        uint32_t code;
        const char *at = rest.at;
        bool blank = jk_utf8_next(&rest, &code) && (is_space(code) || is_unseen(code));
        if (rest.at == at) rest = (struct jk_span){at + 1, rest.len - 1}; /* not UTF-8: kept */
        if (blank) continue;
        if (!first) first = at;
        end = rest.at;
    }
    return first ? (struct jk_span){first, (size_t)(end - first)} : (struct jk_span){text.at, 0};
}

struct jk_span jk_words_visible(struct jk_span text, struct jk_arena *arena)
{
    text = jk_words_trim(text);
    char *copy = NULL;
    size_t len = 0;
    for (struct jk_span rest = text; rest.len > 0;) {
        uint32_t code;
        const char *at = rest.at;
        bool unseen = jk_utf8_next(&rest, &code) && is_unseen(code);
        if (rest.at == at) rest = (struct jk_span){at + 1, rest.len - 1};
        if (unseen && !copy) {
            len = (size_t)(at - text.at);
            copy = jk_arena_copy(arena, text.at, text.len);
            if (!copy) return text;
        }
        if (unseen || !copy) continue;
        memcpy(copy + len, at, (size_t)(rest.at - at));
        len += (size_t)(rest.at - at);
    }
    return copy ? (struct jk_span){copy, len} : text;
}

static void pass_marks(struct jk_span *text)
{
    while (text->len > 0 && memchr("-_ ", text->at[0], 3)) {
        text->at++;
        text->len--;
    }
}

bool jk_words_same_key(struct jk_span a, struct jk_span b)
{
    for (;;) {
        pass_marks(&a);
        pass_marks(&b);
        if (a.len == 0 || b.len == 0) return a.len == b.len;
        if (jk_ascii_to_lower(a.at[0]) != jk_ascii_to_lower(b.at[0])) return false;
        a = (struct jk_span){a.at + 1, a.len - 1};
        b = (struct jk_span){b.at + 1, b.len - 1};
    }
}

static bool at_word_edge(struct jk_span text, size_t at, size_t len)
{
    if (at > 0 && jk_ascii_alnum(text.at[at - 1])) return false;
    return at + len == text.len || !jk_ascii_alnum(text.at[at + len]);
}

bool jk_words_hold(struct jk_span text, const char *what, bool own_word)
{
    struct jk_span needle = jk_span_of(what);
    for (size_t i = 0; i + needle.len <= text.len; i++) {
        struct jk_span here = {text.at + i, needle.len};
        if (jk_span_equal_fold(here, needle) && (!own_word || at_word_edge(text, i, needle.len))) return true;
    }
    return false;
}
