/* Reading google.api.http. See http_rule.h. protobuf-c keeps extensions as unknown fields, with their bytes as they were. */
#include "reply/http_rule.h"

#include <google/api/http.pb-c.h>
#include <google/protobuf/descriptor.pb-c.h>

#include "base/ascii.h"

#define ARENA_BUDGET (1 << 20)
#define HTTP_OPTION  72295728 /* google.api.http, in google.protobuf.MethodOptions */

extern const unsigned char jk_data_reflection[];
extern const size_t jk_data_reflection_len;

/* Takes the longest run of letters, digits and characters in `also` off *rest; false if there is none. */
static bool take_run(struct jk_span *rest, const char *also, struct jk_span *out_word)
{
    size_t len = 0;
    while (len < rest->len && rest->at[len] && (jk_ascii_alnum(rest->at[len]) || strchr(also, rest->at[len])))
        len++;
    *out_word = (struct jk_span){rest->at, len};
    *rest = (struct jk_span){rest->at + len, rest->len - len};
    return len > 0;
}

static bool take_mark(struct jk_span *rest, struct jk_span mark)
{
    if (!jk_span_starts(*rest, mark)) return false;
    *rest = (struct jk_span){rest->at + mark.len, rest->len - mark.len};
    return true;
}

static bool add_segment(struct jk_http_rule *rule, struct jk_span literal)
{
    if (rule->segment_count == JK_HTTP_SEGMENTS) return false;
    rule->segments[rule->segment_count++] = literal;
    return true;
}

/* What follows the opening brace. */
static bool take_variable(struct jk_span *rest, struct jk_http_rule *rule)
{
    if (rule->variable_count == JK_HTTP_VARIABLES) return false;
    struct jk_http_variable *variable = &rule->variables[rule->variable_count++];
    variable->first = rule->segment_count;
    if (!take_run(rest, "_.", &variable->field)) return false;
    bool starred = take_mark(rest, JK_SPAN("="));
    do {
        if (!add_segment(rule, (struct jk_span){0}) || (starred && !take_mark(rest, JK_SPAN("*")))) return false;
    } while (starred && take_mark(rest, JK_SPAN("/")));
    variable->count = rule->segment_count - variable->first;
    return take_mark(rest, JK_SPAN("}"));
}

bool jk_http_template_parse(const char *template, struct jk_http_rule *out_rule)
{
    struct jk_span rest = jk_span_of(template), literal;
    *out_rule = (struct jk_http_rule){.template = template};
    while (take_mark(&rest, JK_SPAN("/"))) {
        bool good = take_mark(&rest, JK_SPAN("{"))
                        ? take_variable(&rest, out_rule)
                        : take_run(&rest, "-._~", &literal) && add_segment(out_rule, literal);
        if (!good) return false;
    }
    if (take_mark(&rest, JK_SPAN(":")) && !take_run(&rest, "-._~", &out_rule->verb)) return false;
    return rest.len == 0 && out_rule->segment_count > 0;
}

static bool add_rule(struct jk_http_rules *rules, const char *method, size_t binding, const Google__Api__HttpRule *from)
{
    bool post = from->pattern_case == GOOGLE__API__HTTP_RULE__PATTERN_POST;
    if (!post && from->pattern_case != GOOGLE__API__HTTP_RULE__PATTERN_GET) return false;
    if (strcmp(from->body, post ? "*" : "") != 0 || rules->count == JK_HTTP_RULES) return false;
    struct jk_http_rule *rule = &rules->rules[rules->count++];
    const char *path = post ? from->post : from->get;
    const char *template = jk_arena_copy(&rules->arena, path, strlen(path));
    if (!template || !jk_http_template_parse(template, rule)) return false;
    rule->method = method;
    rule->binding = binding;
    rule->post = post;
    return !post || rule->variable_count == 0;
}

/* The value of the option as an unknown field: its length, then its bytes. */
static Google__Api__HttpRule *unpack_option(const ProtobufCMessageUnknownField *field)
{
    size_t head = 0;
    while (head < field->len && field->data[head] & 0x80)
        head++;
    if (field->wire_type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED || head >= field->len) return NULL;
    return google__api__http_rule__unpack(NULL, field->len - head - 1, field->data + head + 1);
}

static bool add_option(struct jk_http_rules *rules, const char *method, const ProtobufCMessageUnknownField *field)
{
    Google__Api__HttpRule *rule = unpack_option(field);
    bool good = rule && add_rule(rules, method, 0, rule);
    for (size_t i = 0; good && i < rule->n_additional_bindings; i++)
        good = add_rule(rules, method, i + 1, rule->additional_bindings[i]);
    google__api__http_rule__free_unpacked(rule, NULL);
    return good;
}

static bool add_method(struct jk_http_rules *rules, const char *package, const char *service,
                       const Google__Protobuf__MethodDescriptorProto *method)
{
    const ProtobufCMessage *options = method->options ? &method->options->base : NULL;
    for (size_t i = 0; options && i < options->n_unknown_fields; i++) {
        if (options->unknown_fields[i].tag != HTTP_OPTION) continue;
        const char *path = jk_arena_printf(&rules->arena, "/%s.%s/%s", package, service, method->name);
        if (!path || !add_option(rules, path, &options->unknown_fields[i])) return false;
    }
    return true;
}

static bool add_services(struct jk_http_rules *rules, const Google__Protobuf__FileDescriptorProto *file)
{
    for (size_t i = 0; i < file->n_service; i++) {
        const Google__Protobuf__ServiceDescriptorProto *service = file->service[i];
        for (size_t j = 0; j < service->n_method; j++)
            if (!add_method(rules, file->package, service->name, service->method[j])) return false;
    }
    return true;
}

enum jk_status jk_http_rules_read(struct jk_span set, struct jk_http_rules *out_rules, struct jk_error *error)
{
    Google__Protobuf__FileDescriptorSet *files =
        google__protobuf__file_descriptor_set__unpack(NULL, set.len, (const uint8_t *)set.at);
    bool good = files != NULL;
    *out_rules = (struct jk_http_rules){0};
    jk_arena_init(&out_rules->arena, ARENA_BUDGET);
    for (size_t i = 0; good && i < files->n_file; i++)
        good = add_services(out_rules, files->file[i]);
    google__protobuf__file_descriptor_set__free_unpacked(files, NULL);
    if (good) return JK_OK;
    jk_http_rules_done(out_rules);
    return jk_fail(error, JK_DATA_LOSS, "BAD_DESCRIPTORS",
                   "the interface descriptors in this program are damaged; rebuild it");
}

enum jk_status jk_http_rules_own(struct jk_http_rules *out_rules, struct jk_error *error)
{
    return jk_http_rules_read((struct jk_span){(const char *)jk_data_reflection, jk_data_reflection_len}, out_rules,
                              error);
}

void jk_http_rules_done(struct jk_http_rules *rules)
{
    jk_arena_done(&rules->arena);
    rules->count = 0;
}
