/* Messages of the interface as canonical ProtoJSON (protobuf.dev, "ProtoJSON format"), by their descriptors: names in
 * lowerCamelCase, 64-bit integers as strings, enums by their full names, times and durations as text, bytes in base64,
 * maps as objects, whatever has its default value left out. Any is written with its "@type" if its type is one of
 * google.rpc's error details, else its bytes are left out. Written straight into the text. Pure.
 *
 * (The command line's JSON, reply/json.h, is another: snake_case, short words, nulls.) */
#ifndef JK_WEB_PROTOJSON_H
#define JK_WEB_PROTOJSON_H

#include <protobuf-c/protobuf-c.h>

#include "base/text.h"

/* One value, on one line. A failure is remembered by `out`. */
void jk_protojson_write(const ProtobufCMessage *message, struct jk_text *out);
/* A string with its quotes. What is not UTF-8 becomes U+FFFD, a byte each. */
void jk_protojson_string(struct jk_span string, struct jk_text *out);
/* Whether a message has a field, which it shows: set, or a repeated one that is not empty. */
bool jk_protojson_has(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);
/* Whether a repeated field is a map: its messages are pairs of `key` and `value`. */
bool jk_protojson_is_map(const ProtobufCFieldDescriptor *field);

#endif
