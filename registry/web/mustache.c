/* Compiling: a template becomes a row of steps, in which a section knows where it ends. Rendering is in render.c. */
#include "web/mustache_inside.h"

#include <stdlib.h>

#include "base/array.h"

struct parse {
    struct jk_mustache *made;
    jk_mustache_partial_fn *partial;
    void *context;
    struct jk_error *error;
    uint32_t open[JK_MUSTACHE_DEPTH]; /* steps of sections that have not ended */
    size_t depth;
    unsigned partials; /* taken so far */
};

/* A template or partial being read. */
struct source {
    const char *name;
    struct jk_span text;
    size_t at;         /* what is before it has been read */
    size_t base;       /* sections that were open when it began, and that it may not close */
    unsigned partials; /* how many partials it is in */
};

/* A tag, and the text around it that belongs to it if it stands alone on its line. */
struct tag {
    char kind; /* # ^ / ! > or, for a variable, 0 */
    struct jk_span name;
    size_t begin, end; /* in the source */
};

static enum jk_status wrong(struct parse *parse, const struct source *source, size_t at, const char *rule)
{
    size_t line = 1;
    for (size_t i = 0; i < at; i++)
        line += source->text.at[i] == '\n';
    return jk_fail(parse->error, JK_INTERNAL, "BAD_SITE", "template %s, line %zu: %s", source->name, line, rule);
}

static enum jk_status emit(struct parse *parse, enum jk_mustache_kind kind, struct jk_span text)
{
    struct jk_mustache *made = parse->made;
    if (kind == JK_MUSTACHE_TEXT && text.len == 0) return JK_OK;
    if (!JK_ARRAY_GROW(made->steps, made->count, made->room)) return jk_out_of_memory(parse->error);
    const char *copy = jk_arena_copy(&made->arena, text.at, text.len);
    if (!copy)
        return jk_fail(parse->error, JK_INTERNAL, "BAD_SITE", "a template with its partials has more than %u bytes",
                       JK_MUSTACHE_BYTES_MAX);
    made->steps[made->count++] = (struct jk_mustache_step){kind, {copy, text.len}, 0};
    return JK_OK;
}

static bool is_name(struct jk_span name, bool path)
{
    if (name.len == 1 && name.at[0] == '.') return !path;
    if (name.len == 0 || name.len > JK_MUSTACHE_NAME_MAX || name.at[0] == '.' || name.at[name.len - 1] == '.')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        if (!word && (c != '.' || name.at[i - 1] == '.')) return false;
    }
    return true;
}

/* The next tag from source->at on; *out_found false at the end. */
static enum jk_status next_tag(struct parse *parse, const struct source *source, struct tag *out_tag, bool *out_found)
{
    const char *from = source->text.at + source->at;
    size_t left = source->text.len - source->at;
    const char *begin = memmem(from, left, "{{", 2);
    *out_found = begin != NULL;
    if (!begin) return JK_OK;
    out_tag->begin = (size_t)(begin - source->text.at);
    const char *end = memmem(begin, left - (size_t)(begin - from), "}}", 2);
    if (!end) return wrong(parse, source, out_tag->begin, "a tag does not end");
    out_tag->end = (size_t)(end - source->text.at) + 2;
    struct jk_span inside = jk_span_trim((struct jk_span){begin + 2, (size_t)(end - begin) - 2});
    out_tag->kind = inside.len > 0 && strchr("#^/!>", inside.at[0]) ? inside.at[0] : 0;
    if (out_tag->kind) inside = jk_span_trim((struct jk_span){inside.at + 1, inside.len - 1});
    out_tag->name = inside;
    if (out_tag->kind != '!' && !is_name(inside, out_tag->kind == '>'))
        return wrong(
            parse, source, out_tag->begin,
            "a tag is {{name}}, {{#name}}, {{^name}}, {{/name}}, {{>name}} or {{! a comment}}; a name has small "
            "letters, digits, - and _, with single dots between");
    return JK_OK;
}

/* Widens a tag that stands alone on its line to all of the line; *out_indent is what was before it. */
static void take_line(const struct source *source, struct tag *tag, struct jk_span *out_indent)
{
    const char *text = source->text.at;
    size_t begin = tag->begin, end = tag->end;
    *out_indent = JK_SPAN("");
    if (tag->kind == 0) return;
    while (begin > source->at && (text[begin - 1] == ' ' || text[begin - 1] == '\t'))
        begin--;
    if (begin > 0 && text[begin - 1] != '\n') return;
    while (end < source->text.len && (text[end] == ' ' || text[end] == '\t'))
        end++;
    if (end + 1 < source->text.len && text[end] == '\r' && text[end + 1] == '\n') end++;
    if (end < source->text.len && text[end] != '\n') return;
    *out_indent = (struct jk_span){text + begin, tag->begin - begin};
    tag->begin = begin;
    tag->end = end < source->text.len ? end + 1 : end;
}

static enum jk_status read_source(struct parse *parse, struct source *source);

static enum jk_status add_partial(struct parse *parse, const struct source *source, const struct tag *tag,
                                  struct jk_span indent)
{
    struct jk_span text, rest, line;
    if (!parse->partial || !parse->partial(parse->context, tag->name, &text))
        return wrong(parse, source, tag->begin, "there is no partial of this name");
    if (source->partials == JK_MUSTACHE_DEPTH)
        return wrong(parse, source, tag->begin, "partials are nested too deeply");
    if (parse->partials++ == JK_MUSTACHE_PARTIALS_MAX) return wrong(parse, source, tag->begin, "too many partials");
    struct jk_text indented;
    jk_text_init(&indented, JK_MUSTACHE_BYTES_MAX);
    for (rest = text; indent.len > 0 && jk_span_line(&rest, &line);) {
        jk_text_add(&indented, line.len > 0 ? indent : JK_SPAN(""));
        jk_text_add(&indented, line);
        if (rest.len > 0 || jk_span_ends(text, JK_SPAN("\n"))) jk_text_add_char(&indented, '\n');
    }
    char name[JK_MUSTACHE_NAME_MAX + 1];
    memcpy(name, tag->name.at, tag->name.len);
    name[tag->name.len] = 0;
    struct source inner = {.name = name, .text = indent.len > 0 ? jk_text_span(&indented) : text, .base = parse->depth};
    inner.partials = source->partials + 1;
    enum jk_status status = indented.failed ? jk_out_of_memory(parse->error) : read_source(parse, &inner);
    jk_text_done(&indented);
    return status;
}

static enum jk_status end_section(struct parse *parse, const struct source *source, const struct tag *tag)
{
    struct jk_mustache *made = parse->made;
    if (parse->depth == source->base) return wrong(parse, source, tag->begin, "this ends a section that has not begun");
    struct jk_mustache_step *section = &made->steps[parse->open[parse->depth - 1]];
    if (!jk_span_equal(section->text, tag->name))
        return wrong(parse, source, tag->begin, "this ends another section than the one that began last");
    section->end = (uint32_t)made->count;
    parse->depth--;
    return JK_OK;
}

static enum jk_status add_tag(struct parse *parse, const struct source *source, const struct tag *tag,
                              struct jk_span indent)
{
    switch (tag->kind) {
    case '!':
        return JK_OK;
    case '>':
        return add_partial(parse, source, tag, indent);
    case '/':
        return end_section(parse, source, tag);
    case 0:
        return emit(parse, JK_MUSTACHE_VARIABLE, tag->name);
    default:
        if (parse->depth == JK_MUSTACHE_DEPTH)
            return wrong(parse, source, tag->begin, "sections are nested too deeply");
        parse->open[parse->depth++] = (uint32_t)parse->made->count;
        return emit(parse, tag->kind == '#' ? JK_MUSTACHE_SECTION : JK_MUSTACHE_INVERTED, tag->name);
    }
}

static enum jk_status read_source(struct parse *parse, struct source *source)
{
    enum jk_status status;
    for (;;) {
        struct tag tag = {0};
        struct jk_span indent;
        bool found;
        status = next_tag(parse, source, &tag, &found);
        if (status != JK_OK || !found) break;
        take_line(source, &tag, &indent);
        struct jk_span before = {source->text.at + source->at, tag.begin - source->at};
        status = emit(parse, JK_MUSTACHE_TEXT, before);
        if (status == JK_OK) status = add_tag(parse, source, &tag, indent);
        if (status != JK_OK) break;
        source->at = tag.end;
    }
    if (status != JK_OK) return status;
    if (parse->depth > source->base) return wrong(parse, source, source->text.len, "a section does not end");
    return emit(parse, JK_MUSTACHE_TEXT, (struct jk_span){source->text.at + source->at, source->text.len - source->at});
}

enum jk_status jk_mustache_compile(const char *name, struct jk_span source, jk_mustache_partial_fn *partial,
                                   void *context, struct jk_mustache **out_template, struct jk_error *error)
{
    struct jk_mustache *made = calloc(1, sizeof *made);
    if (!made) return jk_out_of_memory(error);
    jk_arena_init(&made->arena, JK_MUSTACHE_BYTES_MAX);
    struct parse parse = {.made = made, .partial = partial, .context = context, .error = error};
    struct source whole = {.name = name, .text = source};
    enum jk_status status = read_source(&parse, &whole);
    if (status != JK_OK) {
        jk_mustache_free(made);
        return status;
    }
    *out_template = made;
    return JK_OK;
}

void jk_mustache_free(struct jk_mustache *compiled)
{
    if (!compiled) return;
    jk_arena_done(&compiled->arena);
    free(compiled->steps);
    free(compiled);
}
