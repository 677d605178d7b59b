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

/* What a byte is replaced by; empty if it is dropped. */
static struct jk_span fold_char(char c, char *one)
{
    switch (c) {
    case '0':
        return JK_SPAN("o");
    case '1':
    case 'i':
    case 'I':
        return JK_SPAN("l");
    case '5':
        return JK_SPAN("s");
    case 'm':
    case 'M':
        return JK_SPAN("rn");
    case 'w':
    case 'W':
        return JK_SPAN("vv");
    default:
        break;
    }
    jk_ident_fold((struct jk_span){&c, 1}, one);
    bool kept = jk_ascii_lower(*one) || jk_ascii_digit(*one);
    return (struct jk_span){one, kept ? 1 : 0};
}

static size_t fold_all(struct jk_span name, char out[JK_SKELETON_MAX])
{
    size_t len = 0;
    char one;
    for (size_t i = 0; i < name.len; i++) {
        struct jk_span piece = fold_char(name.at[i], &one);
        memcpy(out + len, piece.at, piece.len);
        len += piece.len;
    }
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
        struct jk_span affix = {name->at + at, name->len - at}, rest = {name->at, at - 1};
        size_t len = fold_all(affix, folded);
        if (len > AFFIX_MAX) return false;
        if (!is_separator(name->at[at - 1]) || !is_affix(folded, len)) continue;
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
    out_skeletons->whole_len = fold_all(name, out_skeletons->whole);
    while (cut_affix(&name)) {
    }
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
