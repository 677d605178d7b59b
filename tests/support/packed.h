/* What is read of anybody's bytes is a message that packs, and reads back as the same. */
#ifndef JK_TESTS_SUPPORT_PACKED_H
#define JK_TESTS_SUPPORT_PACKED_H

#include <protobuf-c/protobuf-c.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

/* Ends the program where it is not so. Returns what was read back, for protobuf_c_message_free_unpacked. */
static inline ProtobufCMessage *packed_again(const ProtobufCMessage *message)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = malloc(len + 1), *again = malloc(len + 1);
    JK_CHECK(bytes && again && protobuf_c_message_pack(message, bytes) == len);
    ProtobufCMessage *read = protobuf_c_message_unpack(message->descriptor, NULL, len, bytes);
    JK_CHECK(read && protobuf_c_message_get_packed_size(read) == len);
    JK_CHECK(protobuf_c_message_pack(read, again) == len && memcmp(bytes, again, len) == 0);
    free(again);
    free(bytes);
    return read;
}

#endif
