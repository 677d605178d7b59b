/* Rendering a compiled template over a view, and escaping. */
#include <stdio.h>

#include "web/mustache_inside.h"

struct rendering {
    const struct jk_mustache *compiled;
    const struct jk_shown *stack[JK_MUSTACHE_DEPTH + 1]; /* the contexts, outermost first */
    size_t depth;
    struct jk_text *out;
};

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

/* One character that has to be written in another way, or a byte that is none. */
static void escape_next(struct jk_text *out, struct jk_span *rest)
{
    uint32_t code;
    struct jk_span before = *rest;
    const char *name = entity(rest->at[0]);
    if (!jk_utf8_next(rest, &code)) {
        jk_text_addf(out, "\\x%02x", (unsigned char)rest->at[0]);
        *rest = (struct jk_span){rest->at + 1, rest->len - 1};
    } else if (name) {
        jk_text_add_str(out, name);
    } else if (jk_utf8_is_control(code) && code != '\n' && code != '\t') {
        jk_text_addf(out, "\\u{%x}", code);
    } else {
        jk_text_add(out, (struct jk_span){before.at, (size_t)(rest->at - before.at)});
    }
}

static bool stands_for_itself(char c)
{
    return (unsigned char)c < 0x7f && (c >= ' ' || c == '\n' || c == '\t') && !entity(c);
}

void jk_mustache_escape(struct jk_text *out, struct jk_span text)
{
    while (text.len > 0) {
        size_t plain = 0;
        while (plain < text.len && stands_for_itself(text.at[plain]))
            plain++;
        jk_text_add(out, (struct jk_span){text.at, plain});
        text = (struct jk_span){text.at + plain, text.len - plain};
        if (text.len > 0) escape_next(out, &text);
    }
}

/* The first part of a dotted name comes from the innermost context that has it, the others from what that is. */
static const struct jk_shown *look_up(const struct rendering *rendering, struct jk_span name)
{
    const struct jk_shown *found = NULL;
    struct jk_span part;
    if (name.len == 1 && name.at[0] == '.') return rendering->stack[rendering->depth - 1];
    (void)jk_span_cut(&name, '.', &part);
    for (size_t i = rendering->depth; i > 0 && !found; i--)
        found = jk_shown_find(rendering->stack[i - 1], part);
    while (found && name.len > 0) {
        (void)jk_span_cut(&name, '.', &part);
        found = jk_shown_find(found, part);
    }
    return found;
}

static bool is_empty(const struct jk_shown *value)
{
    if (!value) return true;
    if (value->kind == JK_SHOWN_TEXT) return value->text.len == 0;
    return value->kind == JK_SHOWN_LIST && !value->first;
}

static void render_steps(struct rendering *rendering, size_t from, size_t to);

static void render_section(struct rendering *rendering, size_t from, size_t to, const struct jk_shown *value)
{
    const struct jk_shown *item = value->kind == JK_SHOWN_LIST ? value->first : value;
    while (item && !rendering->out->failed) {
        rendering->stack[rendering->depth++] = item;
        render_steps(rendering, from, to);
        rendering->depth--;
        item = value->kind == JK_SHOWN_LIST ? item->next : NULL;
    }
}

static void render_steps(struct rendering *rendering, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const struct jk_mustache_step *step = &rendering->compiled->steps[i];
        if (step->kind == JK_MUSTACHE_TEXT) {
            jk_text_add(rendering->out, step->text);
            continue;
        }
        const struct jk_shown *value = look_up(rendering, step->text);
        if (step->kind == JK_MUSTACHE_VARIABLE) {
            if (value && value->kind == JK_SHOWN_TEXT) jk_mustache_escape(rendering->out, value->text);
            continue;
        }
        if (step->kind == JK_MUSTACHE_INVERTED && is_empty(value)) render_steps(rendering, i + 1, step->end);
        if (step->kind == JK_MUSTACHE_SECTION && !is_empty(value)) render_section(rendering, i + 1, step->end, value);
        i = step->end - 1;
    }
}

bool jk_mustache_render(const struct jk_mustache *compiled, const struct jk_shown *view, struct jk_text *out)
{
    struct rendering rendering = {.compiled = compiled, .stack = {view}, .depth = 1, .out = out};
    render_steps(&rendering, 0, compiled->count);
    return !out->failed;
}
