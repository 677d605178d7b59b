/* Building the tree from libyaml's events with a stack of our own: no recursion, whatever the input nests. */
#include "declare/yaml.h"

#include <stdio.h>
#include <yaml.h>

#include "base/text.h"

struct yaml_builder {
    struct jk_arena *arena;
    struct jk_error *error;
    unsigned first_line;
    struct jk_yaml *stack[JK_YAML_DEPTH_MAX];
    struct jk_yaml *last[JK_YAML_DEPTH_MAX]; /* newest child of each */
    struct jk_span key[JK_YAML_DEPTH_MAX];   /* waits for its value */
    bool has_key[JK_YAML_DEPTH_MAX];
    unsigned depth, documents;
    size_t nodes;
    struct jk_yaml *root;
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

static unsigned line_of(const struct yaml_builder *builder, const yaml_mark_t *mark)
{
    return builder->first_line + (unsigned)mark->line;
}

static enum jk_status take_key(struct yaml_builder *builder, struct jk_span key, unsigned line)
{
    unsigned top = builder->depth - 1;
    const struct jk_yaml *mapping = builder->stack[top];
    if (mapping->count >= JK_YAML_MEMBERS_MAX) return fault(builder, line, "more than 1,024 keys in one mapping");
    for (const struct jk_yaml *child = mapping->first; child; child = child->next)
        if (jk_span_equal(child->key, key)) {
            char shown[128];
            jk_text_shorten(key, shown, sizeof shown);
            return jk_fail(builder->error, JK_INVALID_ARGUMENT, "YAML", "line %u: the key \"%s\" stands there twice",
                           line, shown);
        }
    builder->key[top] = key;
    builder->has_key[top] = true;
    return JK_OK;
}

/* Hangs a finished or opened node into the collection on top. */
static void attach(struct yaml_builder *builder, struct jk_yaml *node)
{
    if (builder->depth == 0) {
        builder->root = node;
        return;
    }
    unsigned top = builder->depth - 1;
    struct jk_yaml *parent = builder->stack[top];
    if (parent->kind == JK_YAML_MAPPING) node->key = builder->key[top];
    builder->has_key[top] = false;
    if (builder->last[top])
        builder->last[top]->next = node;
    else
        parent->first = node;
    builder->last[top] = node;
    parent->count++;
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
    *out_node = node;
    return JK_OK;
}

static enum jk_status open_collection(struct yaml_builder *builder, enum jk_yaml_kind kind, unsigned line)
{
    struct jk_yaml *node;
    if (expects_key(builder)) return fault(builder, line, "a key must be plain text");
    if (builder->depth == JK_YAML_DEPTH_MAX) return fault(builder, line, "nested more than 32 deep");
    JK_TRY(add_node(builder, kind, line, &node));
    attach(builder, node);
    builder->stack[builder->depth] = node;
    builder->last[builder->depth] = NULL;
    builder->has_key[builder->depth] = false;
    builder->depth++;
    return JK_OK;
}

static enum jk_status add_scalar(struct yaml_builder *builder, const yaml_event_t *event, unsigned line)
{
    struct jk_span value = {(const char *)event->data.scalar.value, event->data.scalar.length};
    if (!jk_utf8_valid(value)) return fault(builder, line, "a value holds a NUL character");
    char *copy = jk_arena_copy(builder->arena, value.at, value.len);
    if (!copy) return too_large(builder);
    value.at = copy;
    if (expects_key(builder)) return take_key(builder, value, line);
    struct jk_yaml *node;
    JK_TRY(add_node(builder, JK_YAML_SCALAR, line, &node));
    node->text = value;
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    attach(builder, node);
    return JK_OK;
}

static enum jk_status take_event(struct yaml_builder *builder, const yaml_event_t *event)
{
    unsigned line = line_of(builder, &event->start_mark);
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return ++builder->documents > 1 ? fault(builder, line, "a second document begins") : JK_OK;
    case YAML_ALIAS_EVENT:
        return fault(builder, line, "aliases (*name) are not accepted: write the value out");
    case YAML_SCALAR_EVENT:
        return add_scalar(builder, event, line);
    case YAML_SEQUENCE_START_EVENT:
        return open_collection(builder, JK_YAML_SEQUENCE, line);
    case YAML_MAPPING_START_EVENT:
        return open_collection(builder, JK_YAML_MAPPING, line);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        builder->depth--;
        return JK_OK;
    default:
        return JK_OK;
    }
}

/* The reader is ahead of the parser, whose mark says nothing yet: the line is counted from the bytes. */
static enum jk_status reader_fault(struct yaml_builder *builder, const yaml_parser_t *parser, struct jk_span text)
{
    char what[64];
    unsigned line = builder->first_line;
    for (size_t i = 0; i < parser->problem_offset && i < text.len; i++)
        line += text.at[i] == '\n' || (text.at[i] == '\r' && !(i + 1 < text.len && text.at[i + 1] == '\n'));
    snprintf(what, sizeof what, "it holds the control character U+%04X", (unsigned)parser->problem_value);
    return fault(builder, line, parser->problem_value >= 0 ? what : "it is not UTF-8");
}

static enum jk_status parser_fault(struct yaml_builder *builder, const yaml_parser_t *parser, struct jk_span text)
{
    if (parser->error == YAML_MEMORY_ERROR) return too_large(builder);
    unsigned line = line_of(builder, &parser->problem_mark);
    if (parser->error == YAML_READER_ERROR) return reader_fault(builder, parser, text);
    return fault(builder, line, parser->problem ? parser->problem : "this is not YAML");
}

static enum jk_status take_all(struct yaml_builder *builder, yaml_parser_t *parser, struct jk_span text)
{
    bool end = false;
    while (!end) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) return parser_fault(builder, parser, text);
        enum jk_status status = take_event(builder, &event);
        end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        JK_TRY(status);
    }
    return JK_OK;
}

enum jk_status jk_yaml_parse(struct jk_span text, unsigned first_line, struct jk_arena *arena,
                             const struct jk_yaml **out_root, struct jk_error *error)
{
    if (text.len > JK_YAML_BYTES_MAX) return jk_fail(error, JK_INVALID_ARGUMENT, "YAML", "it is larger than 1 MiB");
    if (!jk_utf8_valid(text)) return jk_fail(error, JK_INVALID_ARGUMENT, "YAML", "it is not UTF-8: save it as UTF-8");
    struct yaml_builder builder = {.arena = arena, .error = error, .first_line = first_line};
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) return too_large(&builder);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)(text.at ? text.at : ""), text.len);
    enum jk_status status = take_all(&builder, &parser, text);
    yaml_parser_delete(&parser);
    if (status == JK_OK) *out_root = builder.root;
    return status;
}

const struct jk_yaml *jk_yaml_member(const struct jk_yaml *node, const char *key)
{
    if (!node || node->kind != JK_YAML_MAPPING) return NULL;
    for (const struct jk_yaml *child = node->first; child; child = child->next)
        if (jk_span_equal(child->key, jk_span_of(key))) return child;
    return NULL;
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
