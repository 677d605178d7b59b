/* See elements.h. Field numbers in paths are those of google/protobuf/descriptor.proto. */
#include "openapi/elements.h"

#define ARENA_BUDGET (4 << 20)

enum { FILE_MESSAGE = 4, FILE_ENUM = 5 };
enum { MESSAGE_NESTED = 3, MESSAGE_ENUM = 4 };

/* ---- the index ---- */

/* A row for what lies in `scope` (".jokbo.v1"), or in the element `within`; NULL beyond the limits. */
static struct jk_element *new_element(struct jk_elements *elements, const Google__Protobuf__FileDescriptorProto *file,
                                      const struct jk_element *within, const char *name, int32_t kind, size_t index)
{
    if (elements->count == JK_ELEMENTS) return NULL;
    struct jk_element *row = &elements->rows[elements->count++];
    *row = within ? *within : (struct jk_element){.file = file};
    row->name = within ? jk_arena_printf(&elements->arena, "%s.%s", within->name, name)
                       : jk_arena_printf(&elements->arena, ".%s.%s", file->package, name);
    if (!row->name || row->depth + 2 > JK_ELEMENTS_DEPTH) return NULL;
    row->message = NULL;
    row->path[row->depth++] = kind;
    row->path[row->depth++] = (int32_t)index;
    return row;
}

static bool add_enum_type(struct jk_elements *elements, const Google__Protobuf__FileDescriptorProto *file,
                          const struct jk_element *within, const Google__Protobuf__EnumDescriptorProto *enumeration,
                          size_t index)
{
    int32_t kind = within ? MESSAGE_ENUM : FILE_ENUM;
    struct jk_element *row = new_element(elements, file, within, enumeration->name, kind, index);
    if (row) row->enumeration = enumeration;
    return row != NULL;
}

static bool add_message_type(struct jk_elements *elements, const Google__Protobuf__FileDescriptorProto *file,
                             const struct jk_element *within, const Google__Protobuf__DescriptorProto *message,
                             size_t index)
{
    int32_t kind = within ? MESSAGE_NESTED : FILE_MESSAGE;
    struct jk_element *row = new_element(elements, file, within, message->name, kind, index);
    if (!row) return false;
    row->message = message;
    for (size_t i = 0; i < message->n_nested_type; i++)
        if (!add_message_type(elements, file, row, message->nested_type[i], i)) return false;
    for (size_t i = 0; i < message->n_enum_type; i++)
        if (!add_enum_type(elements, file, row, message->enum_type[i], i)) return false;
    return true;
}

static bool add_types(struct jk_elements *elements, const Google__Protobuf__FileDescriptorProto *file)
{
    for (size_t i = 0; i < file->n_message_type; i++)
        if (!add_message_type(elements, file, NULL, file->message_type[i], i)) return false;
    for (size_t i = 0; i < file->n_enum_type; i++)
        if (!add_enum_type(elements, file, NULL, file->enum_type[i], i)) return false;
    return true;
}

bool jk_elements_open(struct jk_span set, struct jk_elements *out_elements)
{
    *out_elements = (struct jk_elements){0};
    jk_arena_init(&out_elements->arena, ARENA_BUDGET);
    out_elements->set = google__protobuf__file_descriptor_set__unpack(NULL, set.len, (const uint8_t *)set.at);
    bool good = out_elements->set != NULL;
    for (size_t i = 0; good && i < out_elements->set->n_file; i++)
        good = add_types(out_elements, out_elements->set->file[i]);
    if (!good) jk_elements_done(out_elements);
    return good;
}

void jk_elements_done(struct jk_elements *elements)
{
    google__protobuf__file_descriptor_set__free_unpacked(elements->set, NULL);
    elements->set = NULL;
    elements->count = 0;
    jk_arena_done(&elements->arena);
}

const struct jk_element *jk_elements_find(const struct jk_elements *elements, const char *name)
{
    for (size_t i = 0; i < elements->count; i++)
        if (strcmp(elements->rows[i].name, name) == 0) return &elements->rows[i];
    return NULL;
}

/* ---- comments ---- */

static const char *raw_comment(const Google__Protobuf__FileDescriptorProto *file, const int32_t *path, size_t depth)
{
    const Google__Protobuf__SourceCodeInfo *source = file->source_code_info;
    for (size_t i = 0; source && i < source->n_location; i++) {
        const Google__Protobuf__SourceCodeInfo__Location *place = source->location[i];
        if (place->n_path != depth || memcmp(place->path, path, depth * sizeof *path) != 0) continue;
        return place->leading_comments ? place->leading_comments : "";
    }
    return "";
}

void jk_elements_comment(const Google__Protobuf__FileDescriptorProto *file, const int32_t *path, size_t depth,
                         struct jk_text *out)
{
    struct jk_span rest = jk_span_of(raw_comment(file, path, depth)), line;
    const char *before = "";
    while (jk_span_line(&rest, &line)) {
        line = jk_span_trim(line);
        if (line.len == 0) { /* the next one begins a paragraph */
            before = "\n\n";
            continue;
        }
        bool item = jk_span_starts(line, JK_SPAN("- ")) && *before == ' ';
        jk_text_add_str(out, item ? "\n" : before);
        jk_text_add(out, line);
        before = " ";
    }
}

void jk_elements_part(const struct jk_element *element, int32_t kind, size_t index, struct jk_text *out)
{
    int32_t path[JK_ELEMENTS_DEPTH + 2];
    memcpy(path, element->path, element->depth * sizeof *path);
    path[element->depth] = kind;
    path[element->depth + 1] = (int32_t)index;
    jk_elements_comment(element->file, path, element->depth + 2, out);
}
