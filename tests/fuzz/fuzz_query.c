/* Queries of anybody, into requests of several types. What is accepted is a message that packs and reads back as the
 * same; what is refused says which field. And paths: what a variable takes is at most what was given. */
#include <jokbo/v1/evaluation.pb-c.h>
#include <jokbo/v1/log.pb-c.h>
#include <jokbo/v1/registry.pb-c.h>

#include "base/text.h"
#include "support/packed.h"
#include "web/path.h"
#include "web/protojson.h"
#include "web/field.h"
#include "web/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_message(const ProtobufCMessage *message)
{
    struct jk_text text;
    ProtobufCMessage *read = packed_again(message);
    jk_text_init(&text, 0);
    jk_protojson_write(read, &text);
    JK_CHECK(text.failed || (jk_utf8_valid(jk_text_span(&text)) && text.bytes[0] == '{'));
    jk_text_done(&text);
    protobuf_c_message_free_unpacked(read, NULL);
}

static void try_query(const ProtobufCMessageDescriptor *type, struct jk_span query)
{
    struct jk_arena arena;
    struct jk_error error;
    jk_arena_init(&arena, 4 << 20);
    jk_error_init(&error, &arena);
    ProtobufCMessage *message = jk_field_message(type, &arena);
    JK_CHECK(message != NULL);
    jk_query_read(message, query, NULL, &arena, &error);
    if (jk_error_result(&error) == JK_OK && !arena.exhausted)
        check_message(message);
    else
        JK_CHECK(error.status == JK_INVALID_ARGUMENT || arena.exhausted);
    jk_arena_done(&arena);
}

static void try_path(struct jk_span path)
{
    static struct jk_http_rules rules;
    struct jk_path_match match;
    struct jk_arena arena;
    struct jk_error error;
    struct jk_span value;
    jk_error_init(&error, NULL);
    if (rules.count == 0) JK_CHECK(jk_http_rules_own(&rules, &error) == JK_OK);
    if (!jk_path_match(&rules, path, &match)) return;
    jk_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < match.rule->variable_count; i++)
        JK_CHECK(!jk_path_value(&match, i, &arena, &value) || (value.len > 0 && value.len < path.len));
    jk_arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_span query = {(const char *)data, size}, path;
    (void)jk_span_cut(&query, '?', &path);
    try_path(path);
    try_query(&jokbo__v1__count_derivatives_request__descriptor, query);
    try_query(&jokbo__v1__read_entries_request__descriptor, query);
    try_query(&jokbo__v1__list_models_request__descriptor, query);
    try_query(&jokbo__v1__model__descriptor, query); /* every kind of field */
    return 0;
}
