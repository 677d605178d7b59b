/* See gguf_reader.h. */
#include "weights/gguf_reader.h"

/* Bytes of a value; 0 for those whose length is their own. */
static const unsigned sizes[JK_GGUF_TYPES] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

bool jk_gguf_has(struct jk_gguf_reader *reader, uint64_t bytes)
{
    if (bytes <= reader->bytes.len - reader->at) return true;
    reader->cut = true;
    return false;
}

bool jk_gguf_number(struct jk_gguf_reader *reader, unsigned size, uint64_t *out)
{
    uint64_t value = 0;
    if (!jk_gguf_has(reader, size)) return false;
    for (unsigned i = 0; i < size; i++)
        value = value << 8 | (unsigned char)reader->bytes.at[reader->at + (reader->big_endian ? i : size - 1 - i)];
    reader->at += size;
    *out = value;
    return true;
}

bool jk_gguf_text(struct jk_gguf_reader *reader, struct jk_span *out)
{
    uint64_t len;
    if (!jk_gguf_number(reader, 8, &len) || !jk_gguf_has(reader, len)) return false;
    *out = (struct jk_span){reader->bytes.at + reader->at, (size_t)len};
    reader->at += (size_t)len;
    return true;
}

static bool skip_value(struct jk_gguf_reader *reader, uint64_t type, unsigned depth);

static bool has_type(struct jk_gguf_reader *reader, uint64_t type)
{
    return type < JK_GGUF_TYPES ||
           jk_fault_at(reader->fault, reader->at, "a value of type %llu, which GGUF does not have",
                       (unsigned long long)type);
}

static bool skip_bytes(struct jk_gguf_reader *reader, uint64_t bytes)
{
    if (!jk_gguf_has(reader, bytes)) return false;
    reader->at += (size_t)bytes;
    return true;
}

/* Each element takes at least a byte, so that a false count ends soon. */
static bool skip_array(struct jk_gguf_reader *reader, unsigned depth)
{
    uint64_t type, count, bytes;
    if (!jk_gguf_number(reader, 4, &type) || !jk_gguf_number(reader, 8, &count)) return false;
    if (!has_type(reader, type)) return false;
    if (depth == JK_GGUF_NESTED_MAX)
        return jk_fault_at(reader->fault, reader->at, "arrays within arrays, more than 4 deep");
    if (sizes[type] > 0) {
        if (__builtin_mul_overflow(count, (uint64_t)sizes[type], &bytes)) bytes = UINT64_MAX;
        return skip_bytes(reader, bytes);
    }
    for (uint64_t i = 0; i < count; i++)
        if (!skip_value(reader, type, depth + 1)) return false;
    return true;
}

static bool skip_value(struct jk_gguf_reader *reader, uint64_t type, unsigned depth)
{
    struct jk_span string;
    if (!has_type(reader, type)) return false;
    if (type == JK_GGUF_STRING) return jk_gguf_text(reader, &string);
    return type == JK_GGUF_ARRAY ? skip_array(reader, depth) : skip_bytes(reader, sizes[type]);
}

bool jk_gguf_skip(struct jk_gguf_reader *reader, uint64_t type)
{
    return skip_value(reader, type, 0);
}
