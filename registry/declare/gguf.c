/* A reader that never looks past its span: every take fails once something did not fit, and stays failed. */
#include "declare/gguf.h"

#include "base/text.h"

enum gguf_type {
    GGUF_U8,
    GGUF_I8,
    GGUF_U16,
    GGUF_I16,
    GGUF_U32,
    GGUF_I32,
    GGUF_F32,
    GGUF_BOOL,
    GGUF_STRING,
    GGUF_ARRAY,
    GGUF_U64,
    GGUF_I64,
    GGUF_F64,
    GGUF_TYPES
};

/* Bytes of a value; 0 for those whose length is their own. */
static const unsigned sizes[GGUF_TYPES] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

#define NESTED_MAX 4
#define VALUE_MAX  1024 /* bytes of a text that is kept */

struct gguf_reader {
    struct jk_span rest;
    bool failed;
};

static uint64_t take_number(struct gguf_reader *reader, unsigned size)
{
    if (reader->failed || reader->rest.len < size) {
        reader->failed = true;
        return 0;
    }
    uint64_t value = 0;
    for (unsigned i = size; i-- > 0;)
        value = value << 8 | (unsigned char)reader->rest.at[i];
    reader->rest.at += size;
    reader->rest.len -= size;
    return value;
}

static struct jk_span take_bytes(struct gguf_reader *reader, uint64_t len)
{
    if (reader->failed || len > reader->rest.len) {
        reader->failed = true;
        return (struct jk_span){"", 0};
    }
    struct jk_span bytes = {reader->rest.at, (size_t)len};
    reader->rest.at += len;
    reader->rest.len -= (size_t)len;
    return bytes;
}

static struct jk_span take_string(struct gguf_reader *reader)
{
    return take_bytes(reader, take_number(reader, 8));
}

static void skip_value(struct gguf_reader *reader, uint32_t type, unsigned depth);

/* Each element takes at least one byte, so that a false count cannot keep the loop going. */
static void skip_array(struct gguf_reader *reader, unsigned depth)
{
    uint32_t type = (uint32_t)take_number(reader, 4);
    uint64_t count = take_number(reader, 8);
    if (depth == NESTED_MAX || type >= GGUF_TYPES) reader->failed = true;
    if (reader->failed) return;
    if (sizes[type] > 0) {
        if (count > reader->rest.len / sizes[type])
            reader->failed = true;
        else
            (void)take_bytes(reader, count * sizes[type]);
        return;
    }
    for (uint64_t i = 0; i < count && !reader->failed; i++)
        skip_value(reader, type, depth + 1);
}

static void skip_value(struct gguf_reader *reader, uint32_t type, unsigned depth)
{
    if (type >= GGUF_TYPES)
        reader->failed = true;
    else if (type == GGUF_STRING)
        (void)take_string(reader);
    else if (type == GGUF_ARRAY)
        skip_array(reader, depth);
    else
        (void)take_bytes(reader, sizes[type]);
}

/* A text worth keeping: short, and well-formed. */
static struct jk_span kept(struct jk_span text)
{
    text = jk_span_trim(text);
    return text.len <= VALUE_MAX && jk_utf8_valid(text) ? text : JK_SPAN("");
}

/* The index in "general.base_model.<i>.repo_url"; false for every other key. */
static bool is_repo_url(struct jk_span key, uint64_t *out_index)
{
    struct jk_span prefix = JK_SPAN("general.base_model."), suffix = JK_SPAN(".repo_url");
    if (key.len <= prefix.len + suffix.len || !jk_span_starts(key, prefix) || !jk_span_ends(key, suffix)) return false;
    struct jk_span digits = {key.at + prefix.len, key.len - prefix.len - suffix.len};
    return jk_span_to_u64(digits, out_index) && *out_index < JK_GGUF_BASES_MAX;
}

static void take_text_key(struct jk_gguf *gguf, struct jk_span key, struct jk_span value)
{
    uint64_t index;
    if (jk_span_equal(key, JK_SPAN("general.name")))
        gguf->name = kept(value);
    else if (jk_span_equal(key, JK_SPAN("general.license")))
        gguf->license = kept(value);
    else if (is_repo_url(key, &index))
        gguf->bases[index] = kept(value);
}

static void take_pair(struct gguf_reader *reader, struct jk_gguf *gguf)
{
    struct jk_span key = take_string(reader);
    uint32_t type = (uint32_t)take_number(reader, 4);
    if (type == GGUF_STRING) {
        struct jk_span value = take_string(reader);
        if (!reader->failed) take_text_key(gguf, key, value);
    } else if (type == GGUF_U32 && jk_span_equal(key, JK_SPAN("general.base_model.count"))) {
        gguf->base_count = (uint32_t)take_number(reader, 4);
    } else {
        skip_value(reader, type, 0);
    }
}

enum jk_status jk_gguf_parse(struct jk_span bytes, struct jk_gguf *out_gguf, struct jk_error *error)
{
    struct gguf_reader reader = {bytes, false};
    struct jk_span magic = take_bytes(&reader, 4);
    uint64_t version = take_number(&reader, 4);
    if (reader.failed || !jk_span_equal(magic, JK_SPAN("GGUF")))
        return jk_fail(error, JK_INVALID_ARGUMENT, "GGUF", "it does not begin like a GGUF file");
    if (version != 2 && version != 3)
        return jk_fail(error, JK_INVALID_ARGUMENT, "GGUF", "its GGUF version is %llu; 2 and 3 can be read",
                       (unsigned long long)version);
    struct jk_gguf gguf = {0};
    (void)take_number(&reader, 8); /* tensors */
    uint64_t keys = take_number(&reader, 8);
    if (keys > JK_GGUF_KEYS_MAX) return jk_fail(error, JK_INVALID_ARGUMENT, "GGUF", "it has more than 65,536 keys");
    for (uint64_t i = 0; i < keys && !reader.failed; i++)
        take_pair(&reader, &gguf);
    gguf.partial = reader.failed;
    *out_gguf = gguf;
    return JK_OK;
}
