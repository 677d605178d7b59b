/* Schemas (JSON Schema 2020-12, as OpenAPI 3.1 has them) of messages as ProtoJSON: 64-bit integers as strings, enums by name, times
 * and durations as text, bytes in base64. Nothing is required and nothing is null, because default values are left out. */
#ifndef JK_OPENAPI_SCHEMA_H
#define JK_OPENAPI_SCHEMA_H

#include <jansson.h>

#include "openapi/elements.h"

typedef Google__Protobuf__FieldDescriptorProto jk_proto_field;

struct jk_schemas {
    const struct jk_elements *elements;
    json_t *components; /* name: schema, of all that was referred to, in that order */
};

/* A reference to a type, named with the dot before. Its schema, and those that it refers to, become components. NULL: not declared,
 * or out of memory. */
json_t *jk_schema_of(struct jk_schemas *schemas, const char *type);
/* Of one value of a field, in a body. The caller adds what says more of it. NULL: as jk_schema_of. */
json_t *jk_schema_value(struct jk_schemas *schemas, const jk_proto_field *field);
/* The comment on a field; `beside`: with the names of those that exclude it. */
json_t *jk_schema_description(const struct jk_element *message, size_t field, bool beside);

#endif
