/* See path.h. There are fewer than a hundred rules, so they are all tried. */
#include "web/path.h"

#include "base/text.h"

/* The path's segments; 0: it is no path, or has more than any rule. */
static size_t split(struct jk_span path, struct jk_span out_segments[JK_HTTP_SEGMENTS])
{
    size_t count = 0;
    bool more = path.len > 0 && path.at[0] == '/';
    path = (struct jk_span){path.at + 1, path.len - (path.len > 0)};
    while (more) {
        if (count == JK_HTTP_SEGMENTS) return 0;
        more = jk_span_cut(&path, '/', &out_segments[count]);
        if (out_segments[count++].len == 0) return 0;
    }
    return count;
}

/* The last segment without the rule's verb; false if it does not end so. */
static bool cut_verb(struct jk_span *last, struct jk_span verb)
{
    if (verb.len == 0) return true;
    if (last->len < verb.len + 2 || !jk_span_ends(*last, verb) || last->at[last->len - verb.len - 1] != ':')
        return false;
    last->len -= verb.len + 1;
    return true;
}

/* How well a rule fits: 0, not at all; else more with each literal, a verb among them. */
static size_t fit(const struct jk_http_rule *rule, const struct jk_span *segments, size_t count)
{
    size_t literals = rule->verb.len > 0;
    struct jk_span last = segments[count - 1];
    if (rule->segment_count != count || !cut_verb(&last, rule->verb)) return 0;
    for (size_t i = 0; i < count; i++) {
        if (rule->segments[i].len == 0) continue;
        if (!jk_span_equal(rule->segments[i], i + 1 == count ? last : segments[i])) return 0;
        literals++;
    }
    return literals + 1;
}

bool jk_path_match(const struct jk_http_rules *rules, struct jk_span path, struct jk_path_match *out_match)
{
    size_t count = split(path, out_match->segments), best = 0;
    for (size_t i = 0; count > 0 && i < rules->count; i++) {
        size_t found = fit(&rules->rules[i], out_match->segments, count);
        if (found <= best) continue;
        best = found;
        out_match->rule = &rules->rules[i];
    }
    return best > 0 && cut_verb(&out_match->segments[count - 1], out_match->rule->verb);
}

bool jk_path_value(const struct jk_path_match *match, size_t variable, struct jk_arena *arena,
                   struct jk_span *out_value)
{
    const struct jk_http_variable *wanted = &match->rule->variables[variable];
    struct jk_text text;
    bool good = true;
    jk_text_init(&text, 0);
    for (size_t i = 0; good && i < wanted->count; i++) {
        if (i > 0) jk_text_add_char(&text, '/');
        good = jk_percent_decode(&text, match->segments[wanted->first + i]);
    }
    char *copy = good && !text.failed ? jk_arena_copy(arena, text.bytes, text.len) : NULL;
    *out_value = (struct jk_span){copy, text.len};
    jk_text_done(&text);
    return copy != NULL;
}
