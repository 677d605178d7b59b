/* Messages of the interface as JSON and as short words, by their descriptors. Pure. Names are snake_case as in the
 * proto; enums are short lower-case words ("license-conflict"; null where not given), times RFC 3339, numbers numbers,
 * absent messages null, bytes base64. */
#ifndef JK_REPLY_JSON_H
#define JK_REPLY_JSON_H

#include <google/protobuf/timestamp.pb-c.h>
#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

#include "base/clock.h"
#include "base/text.h"

#define JK_JSON_WORD 48

/* NULL when out of memory or not UTF-8. */
json_t *jk_json_message(const ProtobufCMessage *message);
/* How many bytes an element of a field of that type takes in its message, or in its array. */
size_t jk_json_element_size(ProtobufCType type);
/* "quantized" for RELATION_QUANTIZED, "" for …_UNSPECIFIED; a number outside the table is written as a number. */
const char *jk_json_enum_word(const ProtobufCEnumDescriptor *type, int value, char out_word[JK_JSON_WORD]);
/* The reverse; false if there is no such word. */
bool jk_json_enum_parse(const ProtobufCEnumDescriptor *type, const char *word, int *out_value);
/* All words, separated by ", ". */
void jk_json_enum_words(const ProtobufCEnumDescriptor *type, struct jk_text *out);

/* Microseconds since 1970; 0 where absent. */
int64_t jk_json_time_us(const Google__Protobuf__Timestamp *time);
void jk_json_time_set(int64_t time_us, Google__Protobuf__Timestamp *out_time);
/* For people: "2026-11-21 18:05 KST"; "" where absent. */
const char *jk_json_time_people(const Google__Protobuf__Timestamp *time, char out_text[JK_TIME_TEXT]);

#endif
