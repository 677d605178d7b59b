/* Building the tree from libyaml's events with an explicit stack: no recursion, however deep the input nests. */
#include "declare/yaml.h"

#include <stdio.h>
#include <yaml.h>

#include "base/text.h"

struct anchor {
    struct jk_span name;
    const struct jk_yaml *node;
    struct anchor *before;
};

struct yaml_builder {
    struct jk_arena *arena;
    struct jk_error *error;
    struct jk_span text;
    unsigned first_line;
    bool several; /* documents are welcome */
    struct jk_yaml *stack[JK_YAML_DEPTH_MAX];
    struct jk_yaml *last[JK_YAML_DEPTH_MAX];        /* newest child of each */
    struct jk_span key[JK_YAML_DEPTH_MAX];          /* waits for its value */
    const struct jk_yaml *merge[JK_YAML_DEPTH_MAX]; /* value of the mapping's "<<" */
    bool has_key[JK_YAML_DEPTH_MAX], merges_next[JK_YAML_DEPTH_MAX];
    unsigned depth;
    size_t nodes, anchor_count, aliased;
    struct anchor *anchors;
    struct jk_yaml_documents documents;
};

static enum jk_status fault(struct yaml_builder *builder, unsigned line, const char *what)
{
    return jk_fail(builder->error, JK_INVALID_ARGUMENT, "YAML", "line %u: %s", line, what);
}

static enum jk_status too_large(struct yaml_builder *builder)
{
    return jk_fail(builder->error, JK_RESOURCE_EXHAUSTED, "YAML",
                   "the YAML is too large for the memory set aside for it");
}

static bool ends_line(struct jk_span text, size_t at)
{
    return text.at[at] == '\n' || (text.at[at] == '\r' && !(at + 1 < text.len && text.at[at + 1] == '\n'));
}

static const struct jk_yaml *member_of(const struct jk_yaml *mapping, struct jk_span key)
{
    for (const struct jk_yaml *child = mapping->first; child; child = child->next)
        if (jk_span_equal(child->key, key)) return child;
    return NULL;
}

static enum jk_status take_key(struct yaml_builder *builder, struct jk_span key, bool plain, unsigned line)
{
    unsigned top = builder->depth - 1;
    const struct jk_yaml *mapping = builder->stack[top];
    if (mapping->count >= JK_YAML_MEMBERS_MAX) return fault(builder, line, "more than 1,024 keys in one mapping");
    const struct jk_yaml *before = member_of(mapping, key);
    if (before) {
        char shown[128];
        jk_text_shorten(key, shown, sizeof shown);
        return jk_fail(builder->error, JK_INVALID_ARGUMENT, "YAML",
                       "line %u: the key \"%s\" appears twice: its first value begins in line %u", line, shown,
                       before->line);
    }
    builder->key[top] = key;
    builder->has_key[top] = true;
    builder->merges_next[top] = plain && jk_span_equal(key, JK_SPAN("<<"));
    return JK_OK;
}

static void append(struct yaml_builder *builder, unsigned level, struct jk_yaml *node)
{
    struct jk_yaml *parent = builder->stack[level];
    if (builder->last[level])
        builder->last[level]->next = node;
    else
        parent->first = node;
    builder->last[level] = node;
    parent->count++;
}

/* Hangs a finished or opened node into the collection on top. */
static enum jk_status attach(struct yaml_builder *builder, struct jk_yaml *node)
{
    if (builder->depth == 0) {
        if (builder->documents.count == JK_YAML_DOCS_MAX) return fault(builder, node->line, "more than 64 documents");
        builder->documents.roots[builder->documents.count++] = node;
        return JK_OK;
    }
    unsigned top = builder->depth - 1;
    if (builder->stack[top]->kind == JK_YAML_MAPPING) node->key = builder->key[top];
    if (builder->merges_next[top]) builder->merge[top] = node;
    builder->has_key[top] = builder->merges_next[top] = false;
    append(builder, top, node);
    return JK_OK;
}

static bool expects_key(const struct yaml_builder *builder)
{
    if (builder->depth == 0) return false;
    unsigned top = builder->depth - 1;
    return builder->stack[top]->kind == JK_YAML_MAPPING && !builder->has_key[top];
}

static enum jk_status add_node(struct yaml_builder *builder, enum jk_yaml_kind kind, unsigned line,
                               struct jk_yaml **out_node)
{
    if (++builder->nodes > JK_YAML_NODES_MAX) return fault(builder, line, "more than 50,000 values");
    struct jk_yaml *node = jk_arena_zalloc(builder->arena, 1, sizeof *node);
    if (!node) return too_large(builder);
    node->kind = kind;
    node->line = line;
    node->values = 1;
    *out_node = node;
    return JK_OK;
}

static enum jk_status remember(struct yaml_builder *builder, const yaml_char_t *name, const struct jk_yaml *node)
{
    if (!name) return JK_OK;
    if (++builder->anchor_count > JK_YAML_ANCHORS_MAX) return fault(builder, node->line, "more than 1,024 anchors");
    struct anchor *anchor = jk_arena_alloc(builder->arena, sizeof *anchor);
    size_t len = strlen((const char *)name);
    char *copy = jk_arena_copy(builder->arena, name, len);
    if (!anchor || !copy) return too_large(builder);
    *anchor = (struct anchor){{copy, len}, node, builder->anchors};
    builder->anchors = anchor;
    return JK_OK;
}

static bool is_open(const struct yaml_builder *builder, const struct jk_yaml *node)
{
    for (unsigned i = 0; i < builder->depth; i++)
        if (builder->stack[i] == node) return true;
    return false;
}

/* A node of its own with the members of another. */
static enum jk_status add_copy(struct yaml_builder *builder, const struct jk_yaml *of, unsigned line,
                               struct jk_yaml **out_copy)
{
    builder->aliased += of->values;
    if (builder->aliased > JK_YAML_ALIASED_MAX)
        return fault(builder, line, "aliases stand for more than 10,000 values: write out what is needed");
    JK_TRY(add_node(builder, of->kind, line, out_copy));
    struct jk_yaml *copy = *out_copy;
    copy->quoted = of->quoted;
    copy->text = of->text;
    copy->first = of->first;
    copy->count = of->count;
    copy->values = of->values;
    return JK_OK;
}

static enum jk_status add_alias(struct yaml_builder *builder, const yaml_event_t *event, unsigned line)
{
    struct jk_span name = jk_span_of((const char *)event->data.alias.anchor);
    const struct anchor *anchor = builder->anchors;
    while (anchor && !jk_span_equal(anchor->name, name))
        anchor = anchor->before;
    const struct jk_yaml *of = anchor ? anchor->node : NULL;
    struct jk_yaml *copy = NULL;
    char shown[128];
    jk_text_shorten(name, shown, sizeof shown);
    if (!of)
        return jk_fail(builder->error, JK_INVALID_ARGUMENT, "YAML",
                       "line %u: the alias *%s is undefined: no &%s "
                       "comes before it",
                       line, shown, shown);
    if (is_open(builder, of))
        return jk_fail(builder->error, JK_INVALID_ARGUMENT, "YAML",
                       "line %u: the alias *%s is inside the value that it stands for", line, shown);
    if (expects_key(builder)) {
        if (of->kind != JK_YAML_SCALAR) return fault(builder, line, "a key must be plain text");
        return take_key(builder, of->text, false, line);
    }
    JK_TRY(add_copy(builder, of, line, &copy));
    return attach(builder, copy);
}

static enum jk_status open_collection(struct yaml_builder *builder, enum jk_yaml_kind kind, const yaml_char_t *anchor,
                                      unsigned line)
{
    struct jk_yaml *node = NULL;
    if (expects_key(builder)) return fault(builder, line, "a key must be plain text");
    if (builder->depth == JK_YAML_DEPTH_MAX) return fault(builder, line, "nested more than 32 deep");
    JK_TRY(add_node(builder, kind, line, &node));
    JK_TRY(remember(builder, anchor, node));
    JK_TRY(attach(builder, node));
    unsigned level = builder->depth++;
    builder->stack[level] = node;
    builder->last[level] = NULL;
    builder->merge[level] = NULL;
    builder->has_key[level] = builder->merges_next[level] = false;
    return JK_OK;
}

/* Members of another mapping join the one on top, where it has none of that name. */
static enum jk_status merge_one(struct yaml_builder *builder, const struct jk_yaml *other)
{
    unsigned top = builder->depth - 1;
    if (other->kind != JK_YAML_MAPPING) return JK_OK;
    for (const struct jk_yaml *child = other->first; child; child = child->next) {
        struct jk_yaml *copy = NULL;
        if (member_of(builder->stack[top], child->key)) continue;
        if (builder->stack[top]->count >= JK_YAML_MEMBERS_MAX)
            return fault(builder, child->line, "more than 1,024 keys in one mapping");
        JK_TRY(add_copy(builder, child, child->line, &copy));
        copy->key = child->key;
        append(builder, top, copy);
    }
    return JK_OK;
}

static enum jk_status merge_all(struct yaml_builder *builder, const struct jk_yaml *others)
{
    if (others->kind != JK_YAML_SEQUENCE) return merge_one(builder, others);
    for (const struct jk_yaml *other = others->first; other; other = other->next)
        JK_TRY(merge_one(builder, other));
    return JK_OK;
}

static enum jk_status close_collection(struct yaml_builder *builder)
{
    unsigned top = builder->depth - 1;
    struct jk_yaml *node = builder->stack[top];
    if (builder->merge[top]) JK_TRY(merge_all(builder, builder->merge[top]));
    for (const struct jk_yaml *child = node->first; child; child = child->next)
        node->values += child->values;
    builder->depth--;
    return JK_OK;
}

static enum jk_status add_scalar(struct yaml_builder *builder, const yaml_event_t *event, unsigned line)
{
    struct jk_span value = {(const char *)event->data.scalar.value, event->data.scalar.length};
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    struct jk_yaml *node = NULL;
    if (!jk_utf8_valid(value)) return fault(builder, line, "a value contains a NUL character");
    char *copy = jk_arena_copy(builder->arena, value.at, value.len);
    if (!copy) return too_large(builder);
    value.at = copy;
    bool key = expects_key(builder);
    if (key && !event->data.scalar.anchor) return take_key(builder, value, plain, line);
    JK_TRY(add_node(builder, JK_YAML_SCALAR, line, &node));
    node->text = value;
    node->quoted = !plain;
    JK_TRY(remember(builder, event->data.scalar.anchor, node));
    return key ? take_key(builder, value, plain, line) : attach(builder, node);
}

static enum jk_status take_event(struct yaml_builder *builder, const yaml_event_t *event)
{
    unsigned line = builder->first_line + (unsigned)event->start_mark.line;
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        builder->anchors = NULL; /* those of a document end with it */
        if (builder->several || builder->documents.count == 0) return JK_OK;
        return fault(builder, line, "a second document begins");
    case YAML_ALIAS_EVENT:
        return add_alias(builder, event, line);
    case YAML_SCALAR_EVENT:
        return add_scalar(builder, event, line);
    case YAML_SEQUENCE_START_EVENT:
        return open_collection(builder, JK_YAML_SEQUENCE, event->data.sequence_start.anchor, line);
    case YAML_MAPPING_START_EVENT:
        return open_collection(builder, JK_YAML_MAPPING, event->data.mapping_start.anchor, line);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_collection(builder);
    default:
        return JK_OK;
    }
}

/* The reader is ahead of the parser, whose mark says nothing yet: the line is counted from the bytes. */
static enum jk_status reader_fault(struct yaml_builder *builder, const yaml_parser_t *parser)
{
    char what[64];
    unsigned line = builder->first_line;
    for (size_t i = 0; i < parser->problem_offset && i < builder->text.len; i++)
        line += ends_line(builder->text, i);
    snprintf(what, sizeof what, "it contains the control character U+%04X", (unsigned)parser->problem_value);
    return fault(builder, line, parser->problem_value >= 0 ? what : "it is not UTF-8");
}

/* A line without its colon, or a quote that is not closed, is noticed only further down: where it begins says more. */
static bool is_noticed_late(const yaml_parser_t *parser)
{
    return parser->error == YAML_SCANNER_ERROR && parser->context &&
           (strstr(parser->context, "simple key") || strstr(parser->context, "quoted scalar"));
}

/* libyaml's words, where they do not say what to mend. */
static const char *in_plain_words(const char *problem)
{
    static const char *const words[][2] = {
        {"mapping values are not allowed in this context",
         "a \":\" is in a place where none may be: put the value in quotes, or give the line above its \":\""},
        {"could not find expected ':'", "a \":\" is missing: each line is \"key: value\""},
        {"found character that cannot start any token",
         "a value must not begin with this character: put the value in quotes"}};
    for (size_t i = 0; problem && i < sizeof words / sizeof words[0]; i++)
        if (strcmp(problem, words[i][0]) == 0) return words[i][1];
    return problem ? problem : "this is not YAML";
}

/* Whether the line begins with a tab, which YAML does not take for indentation. */
static bool is_tabbed(struct jk_span text, size_t line_number)
{
    struct jk_span line = {0};
    for (size_t i = 0; i <= line_number; i++)
        if (!jk_span_line(&text, &line)) return false;
    size_t blank = 0;
    while (blank < line.len && line.at[blank] == ' ')
        blank++;
    return blank < line.len && line.at[blank] == '\t';
}

static enum jk_status parser_fault(struct yaml_builder *builder, const yaml_parser_t *parser)
{
    if (parser->error == YAML_MEMORY_ERROR) return too_large(builder);
    if (parser->error == YAML_READER_ERROR) return reader_fault(builder, parser);
    const yaml_mark_t *mark = is_noticed_late(parser) ? &parser->context_mark : &parser->problem_mark;
    const char *what = is_tabbed(builder->text, mark->line) ? "it is indented with a tab: YAML allows only spaces"
                                                            : in_plain_words(parser->problem);
    return fault(builder, builder->first_line + (unsigned)mark->line, what);
}

static enum jk_status take_all(struct yaml_builder *builder, yaml_parser_t *parser)
{
    bool end = false;
    while (!end) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) return parser_fault(builder, parser);
        enum jk_status status = take_event(builder, &event);
        end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        JK_TRY(status);
    }
    return JK_OK;
}

/* U+0085, U+2028 and U+2029 end a line for libyaml, which reads YAML 1.1, and for nobody else: they become spaces. */
static struct jk_span without_odd_breaks(struct jk_span text, struct jk_arena *arena)
{
    char *copy = NULL;
    for (size_t i = 0; i + 1 < text.len; i++) {
        bool next_line = memcmp(text.at + i, "\xC2\x85", 2) == 0;
        bool separator = i + 2 < text.len &&
                         (memcmp(text.at + i, "\xE2\x80\xA8", 3) == 0 || memcmp(text.at + i, "\xE2\x80\xA9", 3) == 0);
        if (!next_line && !separator) continue;
        if (!copy) copy = jk_arena_copy(arena, text.at, text.len);
        if (!copy) return text;
        memset(copy + i, ' ', next_line ? 2 : 3);
    }
    return copy ? (struct jk_span){copy, text.len} : text;
}

/* Ahead of the parser, which would stumble over some of them further on. */
static enum jk_status check_characters(struct yaml_builder *builder)
{
    struct jk_span rest = builder->text;
    unsigned line = builder->first_line;
    uint32_t code;
    if (jk_utf8_valid(rest)) return JK_OK;
    while (jk_utf8_next(&rest, &code))
        continue;
    for (size_t i = 0; i < builder->text.len - rest.len; i++)
        line += ends_line(builder->text, i);
    bool nul = rest.at[0] == '\0';
    return fault(builder, line, nul ? "it contains the control character U+0000" : "it is not UTF-8: save it as UTF-8");
}

static enum jk_status parse(struct yaml_builder *builder)
{
    yaml_parser_t parser;
    struct jk_span text = builder->text;
    if (text.len > JK_YAML_BYTES_MAX)
        return jk_fail(builder->error, JK_INVALID_ARGUMENT, "YAML", "it is larger than 1 MiB");
    JK_TRY(check_characters(builder));
    builder->text = text = without_odd_breaks(text, builder->arena);
    if (!yaml_parser_initialize(&parser)) return too_large(builder);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)(text.at ? text.at : ""), text.len);
    enum jk_status status = take_all(builder, &parser);
    yaml_parser_delete(&parser);
    return status;
}

enum jk_status jk_yaml_parse(struct jk_span text, unsigned first_line, struct jk_arena *arena,
                             const struct jk_yaml **out_root, struct jk_error *error)
{
    struct yaml_builder builder = {.arena = arena, .error = error, .text = text, .first_line = first_line};
    JK_TRY(parse(&builder));
    *out_root = builder.documents.count > 0 ? builder.documents.roots[0] : NULL;
    return JK_OK;
}

enum jk_status jk_yaml_parse_all(struct jk_span text, unsigned first_line, struct jk_arena *arena,
                                 struct jk_yaml_documents *out_documents, struct jk_error *error)
{
    struct yaml_builder builder = {
        .arena = arena, .error = error, .text = text, .first_line = first_line, .several = true};
    JK_TRY(parse(&builder));
    *out_documents = builder.documents;
    return JK_OK;
}

const struct jk_yaml *jk_yaml_member(const struct jk_yaml *node, const char *key)
{
    return node && node->kind == JK_YAML_MAPPING ? member_of(node, jk_span_of(key)) : NULL;
}

bool jk_yaml_is_null(const struct jk_yaml *node)
{
    if (!node) return true;
    if (node->kind != JK_YAML_SCALAR || node->quoted) return false;
    return node->text.len == 0 || jk_span_equal(node->text, JK_SPAN("~")) ||
           jk_span_equal_fold(node->text, JK_SPAN("null"));
}

struct jk_span jk_yaml_text(const struct jk_yaml *node)
{
    if (jk_yaml_is_null(node) || node->kind != JK_YAML_SCALAR) return JK_SPAN("");
    return jk_span_trim(node->text);
}
