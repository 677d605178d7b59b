/* See gguf_table.h. Once something did not fit, nothing further is taken, and whether the header was cut or lies is
 * decided by how much of the file was given. */
#include "weights/gguf_table.h"

#include <stdlib.h>

#include "base/text.h"
#include "weights/gguf_reader.h"

#define KEY_MAX       65535u
#define TENSOR_NAME   64u /* bytes of a tensor's name */
#define DIMENSIONS    4u
#define ALIGNMENT     32u
#define ALIGNMENT_MAX (1u << 20)

struct key {
    struct jk_span text;
    uint64_t at;
};

#define FAULT(reader, ...) jk_fault_at((reader)->fault, (reader)->at, __VA_ARGS__)

/* ---- metadata ---- */

static bool take_alignment(struct jk_gguf_reader *reader, uint64_t type, uint64_t *out)
{
    if (type != JK_GGUF_U32) return FAULT(reader, "general.alignment must be a uint32");
    if (!jk_gguf_number(reader, 4, out)) return false;
    if (*out >= 8 && *out <= ALIGNMENT_MAX && (*out & (*out - 1)) == 0) return true;
    return FAULT(reader, "general.alignment is %llu; it must be a power of two from 8 to 1,048,576",
                 (unsigned long long)*out);
}

static bool take_pair(struct jk_gguf_reader *reader, struct key *key, uint64_t *alignment)
{
    uint64_t type;
    key->at = reader->at;
    if (!jk_gguf_text(reader, &key->text) || !jk_gguf_number(reader, 4, &type)) return false;
    if (key->text.len == 0 || key->text.len > KEY_MAX || !jk_utf8_valid(key->text))
        return jk_fault_at(reader->fault, key->at, "a key must have 1 to 65,535 bytes of UTF-8");
    if (jk_span_equal(key->text, JK_SPAN("general.alignment"))) return take_alignment(reader, type, alignment);
    if (!jk_gguf_skip(reader, type)) return false;
    return type != JK_GGUF_BOOL || (unsigned char)reader->bytes.at[reader->at - 1] <= 1 ||
           FAULT(reader, "a bool must be 0 or 1");
}

static int compare_keys(const void *a, const void *b)
{
    const struct key *one = a, *two = b;
    int order = jk_span_compare(one->text, two->text);
    return order ? order : (one->at > two->at) - (one->at < two->at);
}

static bool take_metadata(struct jk_gguf_reader *reader, uint64_t count, uint64_t *alignment)
{
    bool sound = true;
    if (count > JK_GGUF_KEYS_MAX) return FAULT(reader, "%llu keys; at most 65,536", (unsigned long long)count);
    struct key *keys = calloc(count + 1, sizeof *keys);
    if (!keys) return FAULT(reader, "no memory is left for its keys");
    for (uint64_t i = 0; i < count && sound; i++)
        sound = take_pair(reader, &keys[i], alignment);
    if (sound) qsort(keys, count, sizeof *keys, compare_keys);
    for (uint64_t i = 1; i < count && sound; i++)
        if (jk_span_equal(keys[i - 1].text, keys[i].text))
            sound = jk_fault_at(reader->fault, keys[i].at, "a key stands twice");
    free(keys);
    return sound;
}

/* ---- tensors ---- */

/* Dimensions are written the other way round. */
static bool take_shape(struct jk_gguf_reader *reader, struct jk_tensors *table, struct jk_tensor *tensor)
{
    uint64_t count, shape[DIMENSIONS] = {0};
    if (!jk_gguf_number(reader, 4, &count)) return false;
    if (count > DIMENSIONS) return FAULT(reader, "a tensor of %llu dimensions; at most 4", (unsigned long long)count);
    for (uint64_t i = 0; i < count; i++)
        if (!jk_gguf_number(reader, 8, &shape[count - 1 - i])) return false;
    tensor->dimensions = (uint32_t)count;
    tensor->shape = jk_tensors_shape(table, shape, count);
    if (!tensor->shape) return FAULT(reader, "no memory is left for its tensors");
    return jk_tensors_elements(tensor->shape, count, &tensor->elements) || FAULT(reader, "the shape overflows 64 bits");
}

static bool take_type(struct jk_gguf_reader *reader, struct jk_tensor *tensor)
{
    uint64_t code;
    if (!jk_gguf_number(reader, 4, &code)) return false;
    tensor->type = jk_type_gguf((uint32_t)code);
    if (tensor->type) return true;
    reader->fault->unknown = true;
    return FAULT(reader, "a tensor of type %llu, which is not known here", (unsigned long long)code);
}

static bool take_gguf_tensor(struct jk_gguf_reader *reader, struct jk_tensors *table)
{
    struct jk_tensor tensor = {.at = reader->at};
    if (!jk_gguf_text(reader, &tensor.name)) return false;
    if (tensor.name.len == 0 || tensor.name.len > TENSOR_NAME || !jk_utf8_valid(tensor.name))
        return jk_fault_at(reader->fault, tensor.at, "a tensor's name must have 1 to 64 bytes of UTF-8");
    if (!take_shape(reader, table, &tensor) || !take_type(reader, &tensor) || !jk_gguf_number(reader, 8, &tensor.begin))
        return false;
    uint64_t row = tensor.dimensions ? tensor.shape[tensor.dimensions - 1] : 1, bytes;
    if (row % tensor.type->elements != 0 || !jk_type_size(tensor.type, tensor.elements, &bytes))
        return FAULT(reader, "rows of %llu elements, which are no whole blocks of %s", (unsigned long long)row,
                     tensor.type->word);
    if (__builtin_add_overflow(tensor.begin, bytes, &tensor.end))
        return FAULT(reader, "the tensor's bytes lie beyond the file");
    return jk_tensors_add(table, &tensor, reader->fault);
}

static uint64_t padding(uint64_t at, uint64_t alignment)
{
    return (alignment - at % alignment) % alignment;
}

/* Offsets count from the data's beginning; here they become the file's. */
static bool check_places(struct jk_tensors *table, uint64_t size, uint64_t alignment, struct jk_fault *fault)
{
    uint64_t next = 0, last = table->data;
    for (size_t i = 0; i < table->count; i++) {
        struct jk_tensor *tensor = &table->tensors[i];
        if (tensor->begin != next)
            return jk_fault_at(fault, tensor->at,
                               "the tensor's offset is %llu, and after the one before it must be %llu",
                               (unsigned long long)tensor->begin, (unsigned long long)next);
        if (table->data > size || tensor->end > size - table->data)
            return jk_fault_at(fault, tensor->at, "the tensor's bytes lie beyond the file");
        next = tensor->end + padding(tensor->end, alignment);
        last = table->data + tensor->end;
        tensor->begin += table->data;
        tensor->end = last;
    }
    if (table->count == 0) return true;
    return size - last <= padding(last - table->data, alignment) ||
           jk_fault_at(fault, last, "bytes after the last tensor");
}

static bool read_head(struct jk_gguf_reader *reader, uint64_t *out_tensors, uint64_t *out_keys)
{
    uint64_t version;
    if (!jk_gguf_has(reader, 8)) return false;
    if (memcmp(reader->bytes.at, "GGUF", 4) != 0) return FAULT(reader, "a GGUF file begins with \"GGUF\"");
    reader->at = 4;
    if (!jk_gguf_number(reader, 4, &version)) return false;
    reader->at = 4;
    reader->fault->unknown = version != 2 && version != 3;
    if (version != 0 && version % 65536 == 0) return FAULT(reader, "it is big-endian");
    if (reader->fault->unknown)
        return FAULT(reader, "its version is %llu; 2 and 3 can be read", (unsigned long long)version);
    reader->at = 8;
    return jk_gguf_number(reader, 8, out_tensors) && jk_gguf_number(reader, 8, out_keys);
}

static bool read_all(struct jk_gguf_reader *reader, uint64_t size, struct jk_tensors *table)
{
    uint64_t tensors = 0, keys = 0, alignment = ALIGNMENT;
    if (!read_head(reader, &tensors, &keys)) return false;
    if (tensors > JK_TENSORS_MAX) return FAULT(reader, "%llu tensors; at most 500,000", (unsigned long long)tensors);
    if (!take_metadata(reader, keys, &alignment)) return false;
    for (uint64_t i = 0; i < tensors; i++)
        if (!take_gguf_tensor(reader, table)) return false;
    if (!jk_tensors_check_names(table, reader->fault)) return false;
    table->data = reader->at + padding(reader->at, alignment);
    return check_places(table, size, alignment, reader->fault);
}

bool jk_gguf_table_read(struct jk_span head, uint64_t size, struct jk_tensors *table, bool *out_cut,
                        struct jk_fault *fault)
{
    struct jk_gguf_reader reader = {.bytes = head, .fault = fault};
    jk_tensors_begin(table);
    fault->unknown = false;
    *out_cut = false;
    if (read_all(&reader, size, table)) return true;
    if (!reader.cut) return false;
    *out_cut = head.len < size && head.len < JK_GGUF_TABLE_HEADER_MAX;
    if (head.len < size && !*out_cut) return jk_fault_at(fault, reader.at, "the header is longer than 64 MiB");
    return jk_fault_at(fault, reader.at, "the file ends within its header");
}
