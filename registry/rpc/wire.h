/* Reading the protobuf wire format field by field (protobuf.dev, Encoding). Pure. */
#ifndef JK_RPC_WIRE_H
#define JK_RPC_WIRE_H

#include "base/span.h"

enum jk_wire_type { JK_WIRE_VARINT = 0, JK_WIRE_64 = 1, JK_WIRE_BYTES = 2, JK_WIRE_32 = 5 };

struct jk_wire_field {
    uint32_t number;
    enum jk_wire_type type;
    uint64_t value;       /* of a varint; 0 else */
    struct jk_span bytes; /* of a length-delimited field, or the raw bytes of a fixed one */
};

bool jk_wire_varint(struct jk_span *rest, uint64_t *out_value);
/* The next field off *rest. False at the end, with *rest empty, or where the bytes are not well-formed, with *rest not
 * empty. Groups are not well-formed here: proto3 has none. */
bool jk_wire_next(struct jk_span *rest, struct jk_wire_field *out_field);

#endif
