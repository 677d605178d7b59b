/* The wire format. See wire.h. */
#include "rpc/wire.h"

static void skip_bytes(struct jk_span *rest, size_t len)
{
    rest->at += len;
    rest->len -= len;
}

bool jk_wire_varint(struct jk_span *rest, uint64_t *out_value)
{
    uint64_t value = 0;
    for (size_t i = 0; i < 10 && i < rest->len; i++) {
        unsigned char byte = (unsigned char)rest->at[i];
        value |= (uint64_t)(byte & 0x7F) << (7 * i);
        if (byte & 0x80) continue;
        skip_bytes(rest, i + 1);
        *out_value = value;
        return true;
    }
    return false;
}

static bool take_bytes(struct jk_span *rest, uint64_t len, struct jk_span *out_bytes)
{
    if (len > rest->len) return false;
    *out_bytes = (struct jk_span){rest->at, (size_t)len};
    skip_bytes(rest, (size_t)len);
    return true;
}

static bool take_value(struct jk_span *rest, struct jk_wire_field *field)
{
    uint64_t len;
    switch (field->type) {
    case JK_WIRE_VARINT:
        return jk_wire_varint(rest, &field->value);
    case JK_WIRE_64:
        return take_bytes(rest, 8, &field->bytes);
    case JK_WIRE_32:
        return take_bytes(rest, 4, &field->bytes);
    case JK_WIRE_BYTES:
        return jk_wire_varint(rest, &len) && take_bytes(rest, len, &field->bytes);
    }
    return false;
}

bool jk_wire_next(struct jk_span *rest, struct jk_wire_field *out_field)
{
    if (rest->len == 0) return false;
    struct jk_span ahead = *rest;
    uint64_t key;
    if (!jk_wire_varint(&ahead, &key) || key >> 3 == 0 || key >> 3 > 0x1FFFFFFF) return false;
    struct jk_wire_field field = {.number = (uint32_t)(key >> 3), .type = (enum jk_wire_type)(key & 7)};
    if (!take_value(&ahead, &field)) return false;
    *rest = ahead;
    *out_field = field;
    return true;
}
