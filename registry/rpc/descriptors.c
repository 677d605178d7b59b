/* The index over a FileDescriptorSet. See descriptors.h. The field numbers are those of google/protobuf/descriptor.proto. */
#include "rpc/descriptors.h"

#include <stdlib.h>

#include "rpc/wire.h"

#define ARENA_BUDGET (8 << 20)
#define NESTING_MOST 16

enum { SET_FILE = 1 };
enum {
    FILE_NAME = 1,
    FILE_PACKAGE = 2,
    FILE_DEPENDENCY = 3,
    FILE_MESSAGE = 4,
    FILE_ENUM = 5,
    FILE_SERVICE = 6,
    FILE_EXTENSION = 7
};
enum {
    MESSAGE_NAME = 1,
    MESSAGE_FIELD = 2,
    MESSAGE_NESTED = 3,
    MESSAGE_ENUM = 4,
    MESSAGE_EXTENSION = 6,
    MESSAGE_ONEOF = 8
};
enum { ENUM_NAME = 1, ENUM_VALUE = 2 };
enum { SERVICE_NAME = 1, SERVICE_METHOD = 2 };
enum { LEAF_NAME = 1 }; /* of a field, a value, a method, a oneof */
enum { EXTENSION_OF = 2, EXTENSION_NUMBER = 3 };

static bool text_field(struct jk_span message, uint32_t number, struct jk_span *out_text)
{
    struct jk_wire_field field;
    bool found = false;
    while (jk_wire_next(&message, &field)) {
        if (field.number != number || field.type != JK_WIRE_BYTES) continue;
        *out_text = field.bytes;
        found = true;
    }
    return found && message.len == 0;
}

/* "scope.name", or "name" in no scope. */
static bool join(struct jk_descriptors *index, struct jk_span scope, struct jk_span name, struct jk_span *out_full)
{
    char *text = jk_arena_alloc(&index->arena, scope.len + 1 + name.len + 1);
    if (!text) return false;
    size_t len = 0;
    if (scope.len > 0) {
        memcpy(text, scope.at, scope.len);
        text[scope.len] = '.';
        len = scope.len + 1;
    }
    memcpy(text + len, name.at, name.len);
    *out_full = (struct jk_span){text, len + name.len};
    return true;
}

/* Adds what `message` declares under its own name in `scope`. */
static bool add_named(struct jk_descriptors *index, struct jk_span scope, struct jk_span message, uint32_t name_field,
                      struct jk_span *out_full)
{
    struct jk_span name;
    if (!text_field(message, name_field, &name) || !join(index, scope, name, out_full)) return false;
    if (index->symbol_count == JK_DESCRIPTOR_SYMBOLS) return false;
    index->symbols[index->symbol_count++] = (struct jk_descriptor_symbol){*out_full, index->file_count};
    return true;
}

static bool add_leaf(struct jk_descriptors *index, struct jk_span scope, struct jk_span message)
{
    struct jk_span full;
    return add_named(index, scope, message, LEAF_NAME, &full);
}

/* What it extends is named with a '.' before. */
static bool add_extension(struct jk_descriptors *index, struct jk_span scope, struct jk_span message)
{
    struct jk_span extended, rest = message;
    struct jk_wire_field field;
    bool good = add_leaf(index, scope, message) && text_field(message, EXTENSION_OF, &extended) &&
                jk_span_starts(extended, JK_SPAN(".")) && index->extension_count < JK_DESCRIPTOR_EXTENSIONS;
    if (!good) return false;
    struct jk_descriptor_extension *extension = &index->extensions[index->extension_count++];
    *extension =
        (struct jk_descriptor_extension){.extended = {extended.at + 1, extended.len - 1}, .file = index->file_count};
    while (jk_wire_next(&rest, &field))
        if (field.number == EXTENSION_NUMBER) extension->number = (uint32_t)field.value;
    return true;
}

/* The values of an enum lie in the scope around it, as in C. */
static bool add_enum(struct jk_descriptors *index, struct jk_span scope, struct jk_span message)
{
    struct jk_span full, rest = message;
    struct jk_wire_field field;
    if (!add_named(index, scope, message, ENUM_NAME, &full)) return false;
    while (jk_wire_next(&rest, &field))
        if (field.number == ENUM_VALUE && !add_leaf(index, scope, field.bytes)) return false;
    return true;
}

static bool add_service(struct jk_descriptors *index, struct jk_span scope, struct jk_span message)
{
    struct jk_span full, rest = message;
    struct jk_wire_field field;
    if (!add_named(index, scope, message, SERVICE_NAME, &full)) return false;
    index->services[index->service_count++] = full; /* as many as symbols, at most */
    while (jk_wire_next(&rest, &field))
        if (field.number == SERVICE_METHOD && !add_leaf(index, full, field.bytes)) return false;
    return true;
}

static bool add_message(struct jk_descriptors *index, struct jk_span scope, struct jk_span message, unsigned depth)
{
    struct jk_span full, rest = message;
    struct jk_wire_field field;
    bool good = depth <= NESTING_MOST && add_named(index, scope, message, MESSAGE_NAME, &full);
    while (good && jk_wire_next(&rest, &field)) {
        if (field.number == MESSAGE_FIELD || field.number == MESSAGE_ONEOF)
            good = add_leaf(index, full, field.bytes);
        else if (field.number == MESSAGE_EXTENSION)
            good = add_extension(index, full, field.bytes);
        else if (field.number == MESSAGE_NESTED)
            good = add_message(index, full, field.bytes, depth + 1);
        else if (field.number == MESSAGE_ENUM)
            good = add_enum(index, full, field.bytes);
    }
    return good && rest.len == 0;
}

static bool index_file(struct jk_descriptors *index, struct jk_span bytes)
{
    struct jk_span package = {0}, rest = bytes;
    struct jk_descriptor_file *file = &index->files[index->file_count];
    struct jk_wire_field field;
    bool good = text_field(bytes, FILE_NAME, &file->name);
    file->bytes = bytes;
    (void)text_field(bytes, FILE_PACKAGE, &package);
    while (good && jk_wire_next(&rest, &field)) {
        if (field.number == FILE_MESSAGE) good = add_message(index, package, field.bytes, 1);
        if (field.number == FILE_ENUM) good = add_enum(index, package, field.bytes);
        if (field.number == FILE_SERVICE) good = add_service(index, package, field.bytes);
        if (field.number == FILE_EXTENSION) good = add_extension(index, package, field.bytes);
    }
    index->file_count++;
    return good && rest.len == 0;
}

static bool add_set(struct jk_descriptors *index, struct jk_span set)
{
    struct jk_wire_field field;
    index->symbols = jk_arena_zalloc(&index->arena, JK_DESCRIPTOR_SYMBOLS, sizeof *index->symbols);
    index->services = jk_arena_zalloc(&index->arena, JK_DESCRIPTOR_SYMBOLS, sizeof *index->services);
    if (!index->symbols || !index->services) return false;
    while (jk_wire_next(&set, &field)) {
        if (field.number != SET_FILE || field.type != JK_WIRE_BYTES) return false;
        if (index->file_count == JK_DESCRIPTOR_FILES || !index_file(index, field.bytes)) return false;
    }
    return set.len == 0;
}

static int compare_symbols(const void *a, const void *b)
{
    const struct jk_descriptor_symbol *left = a, *right = b;
    return jk_span_compare(left->name, right->name);
}

enum jk_status jk_descriptors_open(struct jk_span set, struct jk_descriptors *out_index, struct jk_error *error)
{
    *out_index = (struct jk_descriptors){0};
    jk_arena_init(&out_index->arena, ARENA_BUDGET);
    if (!add_set(out_index, set)) {
        jk_descriptors_done(out_index);
        return jk_fail(error, JK_DATA_LOSS, "BAD_DESCRIPTORS",
                       "the interface descriptors in this program are damaged; rebuild it");
    }
    qsort(out_index->symbols, out_index->symbol_count, sizeof *out_index->symbols, compare_symbols);
    return JK_OK;
}

void jk_descriptors_done(struct jk_descriptors *index)
{
    jk_arena_done(&index->arena);
    index->file_count = index->symbol_count = index->service_count = index->extension_count = 0;
}

bool jk_descriptors_file(const struct jk_descriptors *index, struct jk_span name, size_t *out_file)
{
    for (size_t i = 0; i < index->file_count; i++) {
        if (!jk_span_equal(index->files[i].name, name)) continue;
        *out_file = i;
        return true;
    }
    return false;
}

bool jk_descriptors_symbol(const struct jk_descriptors *index, struct jk_span name, size_t *out_file)
{
    struct jk_descriptor_symbol wanted = {.name = name};
    const struct jk_descriptor_symbol *found =
        bsearch(&wanted, index->symbols, index->symbol_count, sizeof wanted, compare_symbols);
    if (found) *out_file = found->file;
    return found != NULL;
}

/* The list grows while it is walked; a file that is in it already is not added again. */
size_t jk_descriptors_closure(const struct jk_descriptors *index, size_t file, size_t out_files[JK_DESCRIPTOR_FILES])
{
    bool in[JK_DESCRIPTOR_FILES] = {false};
    size_t count = 0, dependency;
    out_files[count++] = file;
    in[file] = true;
    for (size_t i = 0; i < count; i++) {
        struct jk_span rest = index->files[out_files[i]].bytes;
        struct jk_wire_field field;
        while (jk_wire_next(&rest, &field)) {
            if (field.number != FILE_DEPENDENCY || !jk_descriptors_file(index, field.bytes, &dependency)) continue;
            if (in[dependency]) continue;
            in[dependency] = true;
            out_files[count++] = dependency;
        }
    }
    return count;
}
