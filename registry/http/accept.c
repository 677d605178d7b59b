/* See accept.h. */
#include "http/accept.h"

#include "base/ascii.h"

/* ---- lists ---- */

/* As jk_span_cut, but past marks within a quoted string, which may have a backslash before a quote. */
static void cut_unquoted(struct jk_span *rest, char mark, struct jk_span *out_head)
{
    bool quoted = false;
    size_t at = 0;
    for (; at < rest->len && (quoted || rest->at[at] != mark); at++) {
        if (quoted && rest->at[at] == '\\')
            at += at + 1 < rest->len;
        else if (rest->at[at] == '"')
            quoted = !quoted;
    }
    *out_head = (struct jk_span){rest->at, at};
    at += at < rest->len;
    *rest = (struct jk_span){rest->at + at, rest->len - at};
}

/* "0.25" and "1.000": at most three digits after the point, and none above 1. */
static bool read_weight(struct jk_span text, int *out_weight)
{
    int weight = 0, scale = 100;
    if (text.len < 1 || text.len > 5 || (text.at[0] != '0' && text.at[0] != '1')) return false;
    if (text.len > 1 && text.at[1] != '.') return false;
    if (text.at[0] == '1') weight = JK_ACCEPT_FULL;
    for (size_t i = 2; i < text.len; i++, scale /= 10) {
        if (!jk_ascii_digit(text.at[i])) return false;
        weight += (text.at[i] - '0') * scale;
    }
    *out_weight = weight;
    return weight <= JK_ACCEPT_FULL;
}

/* False: the weight is malformed. */
static bool read_parameters(struct jk_span parameters, int *out_weight)
{
    struct jk_span one;
    *out_weight = JK_ACCEPT_FULL;
    while (parameters.len > 0) {
        cut_unquoted(&parameters, ';', &one);
        one = jk_span_trim(one);
        if (jk_span_starts_fold(one, JK_SPAN("q=")))
            return read_weight((struct jk_span){one.at + 2, one.len - 2}, out_weight);
    }
    return true;
}

bool jk_accept_next(struct jk_span *rest, struct jk_accepted *out_member)
{
    struct jk_span member, name;
    while (rest->len > 0) {
        cut_unquoted(rest, ',', &member);
        cut_unquoted(&member, ';', &name);
        out_member->name = jk_span_trim(name);
        if (out_member->name.len > 0 && read_parameters(member, &out_member->weight)) return true;
    }
    return false;
}

/* ---- types ---- */

enum fit { UNNAMED, BY_STAR, BY_KIND, BY_NAME };

struct wish {
    enum fit fit;
    int weight;
};

/* "text/csv" by itself, by its kind and a star, or by a star for both. */
static enum fit fit_of(struct jk_span range, struct jk_span type)
{
    const char *slash = memchr(type.at, '/', type.len);
    size_t kind = slash ? (size_t)(slash - type.at) + 1 : 0;
    if (jk_span_equal_fold(range, type)) return BY_NAME;
    if (kind > 0 && range.len == kind + 1 && range.at[kind] == '*' &&
        jk_span_equal_fold((struct jk_span){range.at, kind}, (struct jk_span){type.at, kind}))
        return BY_KIND;
    return jk_span_equal(range, JK_SPAN("*/*")) ? BY_STAR : UNNAMED;
}

/* Of the ranges that fit best; of several, the one that wants it most. */
static struct wish wish_for(struct jk_span header, struct jk_span type)
{
    struct wish wish = {UNNAMED, 0};
    struct jk_accepted member;
    while (jk_accept_next(&header, &member)) {
        enum fit fit = fit_of(member.name, type);
        if (fit == UNNAMED || fit < wish.fit || (fit == wish.fit && member.weight <= wish.weight)) continue;
        wish = (struct wish){fit, member.weight};
    }
    return wish;
}

bool jk_accept_prefers(struct jk_span header, struct jk_span type, struct jk_span other)
{
    struct wish wanted = wish_for(header, type), instead = wish_for(header, other);
    if (wanted.weight != instead.weight) return wanted.weight > instead.weight;
    return wanted.weight > 0 && wanted.fit > instead.fit;
}

/* ---- codings ---- */

static void want_more(int *weight, int more)
{
    if (more > *weight) *weight = more;
}

enum jk_accept_coding jk_accept_coding(struct jk_span header)
{
    int gzip = -1, identity = -1, star = -1; /* -1: not named */
    struct jk_accepted member;
    while (jk_accept_next(&header, &member)) {
        if (jk_span_equal_fold(member.name, JK_SPAN("gzip")) || jk_span_equal_fold(member.name, JK_SPAN("x-gzip")))
            want_more(&gzip, member.weight);
        else if (jk_span_equal_fold(member.name, JK_SPAN("identity")))
            want_more(&identity, member.weight);
        else if (jk_span_equal(member.name, JK_SPAN("*")))
            want_more(&star, member.weight);
    }
    if (gzip < 0) gzip = star;
    if (identity < 0) identity = star; /* still -1: taken, but wanted less than whatever is named */
    if (gzip <= 0 || gzip < identity) return JK_ACCEPT_PLAIN;
    return identity == 0 ? JK_ACCEPT_GZIP_ONLY : JK_ACCEPT_GZIP;
}
