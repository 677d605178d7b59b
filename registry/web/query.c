/* See query.h. */
#include "web/query.h"

#include "base/text.h"
#include "web/field.h"
#include "web/protojson.h"

#define NAME_TEXT 256

/* ---- fields ---- */

static void set_field(ProtobufCMessage *message, struct jk_span path, const struct jk_setting *set)
{
    struct jk_span name;
    while (message) {
        bool deeper = jk_span_cut(&path, '.', &name);
        const ProtobufCFieldDescriptor *field = jk_field_find(message->descriptor, name);
        bool below = field && field->type == PROTOBUF_C_TYPE_MESSAGE && field->label != PROTOBUF_C_LABEL_REPEATED;
        if (!field || (deeper && !below)) {
            jk_error_field(set->error, set->path, "is no parameter of this request (no field of %s)",
                           message->descriptor->short_name);
            return;
        }
        if (!deeper && jk_protojson_is_map(field))
            jk_error_field(set->error, set->path, "is a map, which a URL cannot give");
        else if (!deeper && field->label == PROTOBUF_C_LABEL_REPEATED)
            jk_field_append(message, field, set);
        else if (!deeper)
            jk_field_set(message, field, set);
        if (!deeper) return;
        message = jk_field_below(message, field, set);
    }
}

void jk_query_set(ProtobufCMessage *message, struct jk_span path, struct jk_span value, struct jk_arena *arena,
                  struct jk_error *error)
{
    char shown[NAME_TEXT];
    jk_text_shorten(path, shown, sizeof shown);
    struct jk_setting set = {jk_arena_copy(arena, shown, strlen(shown)), value, arena, error};
    if (set.path) set_field(message, path, &set);
    if (arena->exhausted) (void)jk_out_of_memory(error);
}

/* ---- parameters ---- */

/* As forms write it: "+" is a space. Into the arena; false on a bad escape. */
static bool decode(struct jk_span text, struct jk_arena *arena, struct jk_span *out)
{
    char *copy = jk_arena_copy(arena, text.at, text.len);
    struct jk_text decoded;
    if (!copy) return false;
    for (size_t i = 0; i < text.len; i++)
        if (copy[i] == '+') copy[i] = ' ';
    if (!memchr(copy, '%', text.len)) {
        *out = (struct jk_span){copy, text.len};
        return true;
    }
    jk_text_init(&decoded, 0);
    bool good = jk_percent_decode(&decoded, (struct jk_span){copy, text.len}) && !decoded.failed;
    if (good && decoded.len > 0) memcpy(copy, decoded.bytes, decoded.len); /* it is shorter */
    *out = (struct jk_span){copy, decoded.len};
    jk_text_done(&decoded);
    return good;
}

void jk_query_read(ProtobufCMessage *message, struct jk_span query, bool (*skip)(struct jk_span name),
                   struct jk_arena *arena, struct jk_error *error)
{
    struct jk_span pair, raw_name, name, value;
    while (query.len > 0) {
        (void)jk_span_cut(&query, '&', &pair);
        if (pair.len == 0) continue;
        (void)jk_span_cut(&pair, '=', &raw_name);
        if (decode(raw_name, arena, &name) && decode(pair, arena, &value)) {
            if (!skip || !skip(name)) jk_query_set(message, name, value, arena, error);
            continue;
        }
        char shown[NAME_TEXT];
        jk_text_shorten(raw_name, shown, sizeof shown);
        char *field = jk_arena_copy(arena, shown, strlen(shown));
        if (!field || arena->exhausted)
            (void)jk_out_of_memory(error);
        else
            jk_error_field(error, field, "is not well percent-encoded: write \"%%\" as %%25");
    }
}

bool jk_query_find(struct jk_span query, const char *name, struct jk_arena *arena, struct jk_span *out_value)
{
    struct jk_span pair, raw_name, found;
    while (query.len > 0) {
        (void)jk_span_cut(&query, '&', &pair);
        (void)jk_span_cut(&pair, '=', &raw_name);
        if (decode(raw_name, arena, &found) && jk_span_equal(found, jk_span_of(name)))
            return decode(pair, arena, out_value);
    }
    return false;
}
