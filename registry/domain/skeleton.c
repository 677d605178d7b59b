/* Skeletons; see skeleton.h. */
#include "domain/skeleton.h"

#include "base/ascii.h"

/* Stored as skeletons themselves, because a lookalike of an affix is cut as well. */
static const char *const affixes[] = {"al", "research", "offlclal", "labs", "hq"};
#define AFFIX_MAX 8 /* the longest of them */

static bool is_ascii(struct jk_span text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.at[i] >= 0x80) return false;
    return true;
}

/* Writes what a byte is replaced by, and returns its length: 0 if it is dropped, at most 2. */
static size_t fold_char(char c, char *out)
{
    switch (c) {
    case '0':
        *out = 'o';
        return 1;
    case '1':
    case 'i':
    case 'I':
        *out = 'l';
        return 1;
    case '5':
        *out = 's';
        return 1;
    case 'm':
    case 'M':
        memcpy(out, "rn", 2);
        return 2;
    case 'w':
    case 'W':
        memcpy(out, "vv", 2);
        return 2;
    default:
        *out = jk_ascii_to_lower(c);
        return jk_ascii_lower(*out) || jk_ascii_digit(*out) ? 1 : 0;
    }
}

static size_t fold_all(struct jk_span name, char out[JK_SKELETON_MAX])
{
    size_t len = 0;
    for (size_t i = 0; i < name.len; i++)
        len += fold_char(name.at[i], out + len);
    return len;
}

static bool is_affix(const char *text, size_t len)
{
    for (size_t i = 0; i < sizeof affixes / sizeof affixes[0]; i++)
        if (jk_span_equal((struct jk_span){text, len}, jk_span_of(affixes[i]))) return true;
    return false;
}

static bool is_separator(char c)
{
    return c == '-' || c == '_' || c == '.' || c == ' ';
}

/* The name without its last affix, if it has one and something remains without it. Separators within the affix are
 * dropped as everywhere: "-a.i" is one, too. */
static bool cut_affix(struct jk_span *name)
{
    char folded[JK_SKELETON_MAX];
    for (size_t at = name->len; at > 0; at--) {
        if (!is_separator(name->at[at - 1])) continue;
        struct jk_span affix = {name->at + at, name->len - at}, rest = {name->at, at - 1};
        size_t len = fold_all(affix, folded);
        if (len > AFFIX_MAX) return false;
        if (!is_affix(folded, len)) continue;
        if (!fold_all(rest, folded)) return false;
        *name = rest;
        return true;
    }
    return false;
}

void jk_skeletons_make(struct jk_span name, struct jk_skeletons *out_skeletons)
{
    out_skeletons->whole_len = out_skeletons->trunk_len = 0;
    if (name.len > JK_LABEL_MAX || !is_ascii(name)) return;
    size_t len = out_skeletons->whole_len = out_skeletons->trunk_len = fold_all(name, out_skeletons->whole);
    memcpy(out_skeletons->trunk, out_skeletons->whole, len);
    while (cut_affix(&name))
        out_skeletons->trunk_len = fold_all(name, out_skeletons->trunk);
}

static bool is_equal(const char *a, size_t a_len, const char *b, size_t b_len)
{
    return a_len > 0 && a_len == b_len && memcmp(a, b, a_len) == 0;
}

bool jk_skeletons_alike(const struct jk_skeletons *a, const struct jk_skeletons *b)
{
    return is_equal(a->whole, a->whole_len, b->whole, b->whole_len) ||
           is_equal(a->trunk, a->trunk_len, b->trunk, b->trunk_len);
}
