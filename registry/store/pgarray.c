/* Binary arrays for unnest(); see pgarray.h. Pure, no thread, no state. */
#include "store/pgarray.h"

#define HEAD_BYTES  20 /* with one dimension */
#define EMPTY_BYTES 12 /* an empty array has none */

void jk_put_be32(char *out, uint32_t value)
{
    for (int i = 3; i >= 0; i--, value >>= 8)
        out[i] = (char)(value & 0xff);
}

void jk_put_be64(char *out, uint64_t value)
{
    jk_put_be32(out, (uint32_t)(value >> 32));
    jk_put_be32(out + 4, (uint32_t)value);
}

uint32_t jk_get_be32(const char *bytes)
{
    uint32_t value = 0;

    for (int i = 0; i < 4; i++)
        value = value << 8 | (unsigned char)bytes[i];
    return value;
}

uint64_t jk_get_be64(const char *bytes)
{
    return (uint64_t)jk_get_be32(bytes) << 32 | jk_get_be32(bytes + 4);
}

void jk_pgarray_init(struct jk_pgarray *array, enum jk_pg_type type)
{
    char head[HEAD_BYTES];

    jk_put_be32(head, 1);
    jk_put_be32(head + 4, 0);
    jk_put_be32(head + 8, (uint32_t)type);
    jk_put_be32(head + 12, 0);
    jk_put_be32(head + 16, 1);
    array->count = 0;
    jk_text_init(&array->text, JK_PGARRAY_MAX);
    jk_text_add(&array->text, (struct jk_span){head, sizeof(head)});
}

void jk_pgarray_done(struct jk_pgarray *array)
{
    jk_text_done(&array->text);
    array->count = 0;
}

void jk_pgarray_add(struct jk_pgarray *array, struct jk_span element)
{
    char length[4];

    if (element.len > JK_PGARRAY_MAX) {
        array->text.failed = true;
        return;
    }
    jk_put_be32(length, (uint32_t)element.len);
    jk_text_add(&array->text, (struct jk_span){length, sizeof(length)});
    if (element.len > 0) jk_text_add(&array->text, element);
    array->count++;
}

void jk_pgarray_add_i64(struct jk_pgarray *array, int64_t value)
{
    char bytes[8];

    jk_put_be64(bytes, (uint64_t)value);
    jk_pgarray_add(array, (struct jk_span){bytes, sizeof(bytes)});
}

struct jk_span jk_pgarray_span(struct jk_pgarray *array)
{
    if (array->text.failed) return (struct jk_span){"", 0};
    jk_put_be32(array->text.bytes, array->count > 0 ? 1 : 0);
    jk_put_be32(array->text.bytes + 12, array->count);
    return (struct jk_span){array->text.bytes, array->count > 0 ? array->text.len : EMPTY_BYTES};
}

bool jk_pgarray_failed(const struct jk_pgarray *array)
{
    return array->text.failed;
}
