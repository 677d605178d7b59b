/* See grid.h. */
#include "web/grid.h"

#include <google/protobuf/duration.pb-c.h>
#include <google/protobuf/timestamp.pb-c.h>
#include <inttypes.h>
#include <jokbo/v1/evaluation.pb-c.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/csv.h"
#include "reply/json.h"
#include "web/protojson.h"

#define NAME_ROOM 128

bool jk_grid_is_one(const ProtobufCMessageDescriptor *type)
{
    struct jk_span name = jk_span_of(type->short_name);
    return type == &jokbo__v1__derivative_count__descriptor ||
           (jk_span_starts(name, JK_SPAN("List")) && jk_span_ends(name, JK_SPAN("Response")));
}

/* A message that has columns of its own. */
static bool is_nested(const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_MESSAGE && field->label != PROTOBUF_C_LABEL_REPEATED &&
           field->descriptor != &google__protobuf__timestamp__descriptor &&
           field->descriptor != &google__protobuf__duration__descriptor;
}

/* What a table has in another way: a count's groups are rows, the next page is a link. */
static bool is_elsewhere(const ProtobufCFieldDescriptor *field)
{
    return strcmp(field->name, "next_page_token") == 0 ||
           (field->type == PROTOBUF_C_TYPE_MESSAGE && field->descriptor == &jokbo__v1__count_group__descriptor);
}

static void write_names(const ProtobufCMessageDescriptor *type, const char *before, struct jk_csv *csv)
{
    char name[NAME_ROOM];
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        if (is_elsewhere(field)) continue;
        int len = snprintf(name, sizeof name, "%s%s", before, field->name);
        if (is_nested(field)) {
            snprintf(name + len, sizeof name - (size_t)len, ".");
            write_names(field->descriptor, name, csv);
        } else {
            jk_csv_cell(csv, jk_span_of(name));
        }
    }
}

/* ---- cells ---- */

/* A value without JSON's quotes. */
static void add_value(const ProtobufCFieldDescriptor *field, const void *at, struct jk_text *cell)
{
    char word[JK_JSON_WORD], time[JK_TIME_TEXT];
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        jk_text_add_str(cell, *(char *const *)at ? *(char *const *)at : "");
        return;
    case PROTOBUF_C_TYPE_ENUM:
        jk_text_add_str(cell, jk_json_enum_word(field->descriptor, *(const int *)at, word));
        return;
    case PROTOBUF_C_TYPE_BYTES:
        jk_base64_encode(cell, ((const ProtobufCBinaryData *)at)->data, ((const ProtobufCBinaryData *)at)->len);
        return;
    case PROTOBUF_C_TYPE_BOOL:
        jk_text_add_str(cell, *(const protobuf_c_boolean *)at ? "true" : "false");
        return;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        jk_text_addf(cell, "%" PRId64, *(const int64_t *)at);
        return;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        jk_text_addf(cell, "%" PRIu64, *(const uint64_t *)at);
        return;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        jk_text_addf(cell, "%" PRIu32, *(const uint32_t *)at);
        return;
    case PROTOBUF_C_TYPE_FLOAT:
        jk_text_addf(cell, "%.9g", (double)*(const float *)at);
        return;
    case PROTOBUF_C_TYPE_DOUBLE:
        jk_text_addf(cell, "%.17g", *(const double *)at);
        return;
    case PROTOBUF_C_TYPE_MESSAGE:
        if (field->descriptor == &google__protobuf__timestamp__descriptor) {
            jk_time_format(jk_json_time_us(*(const Google__Protobuf__Timestamp *const *)at), time);
            jk_text_add_str(cell, time);
        } else {
            jk_protojson_write(*(const ProtobufCMessage *const *)at, cell);
        }
        return;
    default:
        jk_text_addf(cell, "%" PRId32, *(const int32_t *)at);
    }
}

static bool is_number(const ProtobufCFieldDescriptor *field)
{
    return field->label != PROTOBUF_C_LABEL_REPEATED && field->type != PROTOBUF_C_TYPE_STRING &&
           field->type != PROTOBUF_C_TYPE_BYTES && field->type != PROTOBUF_C_TYPE_MESSAGE &&
           field->type != PROTOBUF_C_TYPE_ENUM && field->type != PROTOBUF_C_TYPE_BOOL;
}

/* Repeated values: a list of messages is JSON, other values stand beside each other. */
static void add_values(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, struct jk_text *cell)
{
    size_t count = *(const size_t *)(const void *)((const char *)message + field->quantifier_offset);
    const char *array = *(const char *const *)(const void *)((const char *)message + field->offset);
    bool json = field->type == PROTOBUF_C_TYPE_MESSAGE;
    if (json && count > 0) jk_text_add_char(cell, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0) jk_text_add_char(cell, json ? ',' : ';');
        add_value(field, array + i * jk_json_element_size(field->type), cell);
    }
    if (json && count > 0) jk_text_add_char(cell, ']');
}

/* A number stands as it is, for negative ones are no formulas. */
static void write_cell(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, struct jk_csv *csv,
                       struct jk_text *cell)
{
    const char *at = (const char *)message + field->offset;
    jk_text_clear(cell);
    if (message && field->label == PROTOBUF_C_LABEL_REPEATED)
        add_values(message, field, cell);
    else if (message && (is_number(field) || field->type == PROTOBUF_C_TYPE_BOOL
                             ? !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) || jk_protojson_has(message, field)
                             : jk_protojson_has(message, field)))
        add_value(field, at, cell);
    bool negative = cell->len > 0 && cell->bytes[0] == '-' && is_number(field);
    if (negative)
        jk_csv_number(csv, strtoll(cell->bytes, NULL, 10));
    else
        jk_csv_cell(csv, jk_text_span(cell));
    csv->out->failed |= cell->failed;
}

/* `message` NULL: its cells are empty. */
static void write_cells(const ProtobufCMessageDescriptor *type, const ProtobufCMessage *message, struct jk_csv *csv,
                        struct jk_text *cell)
{
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        if (is_elsewhere(field)) continue;
        if (!is_nested(field)) {
            write_cell(message, field, csv, cell);
            continue;
        }
        bool there = message && jk_protojson_has(message, field);
        write_cells(field->descriptor,
                    there ? *(const ProtobufCMessage *const *)(const void *)((const char *)message + field->offset)
                          : NULL,
                    csv, cell);
    }
}

/* ---- rows ---- */

static void write_row(const ProtobufCMessage *row, struct jk_csv *csv, struct jk_text *cell)
{
    write_cells(row->descriptor, row, csv, cell);
    jk_csv_end(csv);
}

/* The items of a list lie in its first field of several messages; others of that type are rows, too. */
static const ProtobufCMessageDescriptor *row_type(const ProtobufCMessageDescriptor *list)
{
    for (unsigned i = 0; i < list->n_fields; i++)
        if (list->fields[i].type == PROTOBUF_C_TYPE_MESSAGE && list->fields[i].label == PROTOBUF_C_LABEL_REPEATED)
            return list->fields[i].descriptor;
    return NULL;
}

static void write_items(const ProtobufCMessage *list, const ProtobufCMessageDescriptor *type, struct jk_csv *csv,
                        struct jk_text *cell)
{
    for (unsigned i = 0; i < list->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &list->descriptor->fields[i];
        const char *at = (const char *)list + field->offset;
        if (field->type != PROTOBUF_C_TYPE_MESSAGE || field->descriptor != type || !jk_protojson_has(list, field))
            continue;
        bool several = field->label == PROTOBUF_C_LABEL_REPEATED;
        size_t count = several ? *(const size_t *)(const void *)((const char *)list + field->quantifier_offset) : 1;
        const ProtobufCMessage *const *items = several ? *(const ProtobufCMessage *const *const *)(const void *)at
                                                       : (const ProtobufCMessage *const *)(const void *)at;
        for (size_t n = 0; n < count; n++)
            write_row(items[n], csv, cell);
    }
}

void jk_grid_write(const ProtobufCMessage *message, bool bom, struct jk_text *out)
{
    const ProtobufCMessageDescriptor *type = row_type(message->descriptor);
    struct jk_csv csv = {.out = out};
    struct jk_text cell;
    bool itself = message->descriptor == &jokbo__v1__derivative_count__descriptor &&
                  ((const Jokbo__V1__DerivativeCount *)message)->n_groups == 0;
    if (itself) type = message->descriptor;
    jk_text_init(&cell, 0);
    if (bom) jk_text_add_str(out, JK_CSV_BOM);
    write_names(type, "", &csv);
    jk_csv_end(&csv);
    if (itself)
        write_row(message, &csv, &cell);
    else
        write_items(message, type, &csv, &cell);
    jk_text_done(&cell);
}
