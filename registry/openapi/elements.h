/* What a descriptor set with source information declares, and the comments on it. Reads what protoc makes with
 * --include_source_info. Owns the set; read-only once opened. Limit: 2,048 messages and enums. */
#ifndef JK_OPENAPI_ELEMENTS_H
#define JK_OPENAPI_ELEMENTS_H

#include <google/protobuf/descriptor.pb-c.h>

#include "base/arena.h"
#include "base/text.h"

#define JK_ELEMENTS       2048
#define JK_ELEMENTS_DEPTH 16 /* numbers in the path of an element: two for itself, two for what it lies in, … */

/* A message or an enum: one of the two is not NULL. */
struct jk_element {
    const char *name; /* ".jokbo.v1.Model", as fields name their types */
    const Google__Protobuf__FileDescriptorProto *file;
    const Google__Protobuf__DescriptorProto *message;
    const Google__Protobuf__EnumDescriptorProto *enumeration;
    int32_t path[JK_ELEMENTS_DEPTH]; /* in its file, as SourceCodeInfo.Location.path */
    size_t depth;
};

struct jk_elements {
    struct jk_arena arena;
    Google__Protobuf__FileDescriptorSet *set;
    struct jk_element rows[JK_ELEMENTS];
    size_t count;
};

/* False where the bytes are no set, or hold more than the limits. */
bool jk_elements_open(struct jk_span set, struct jk_elements *out_elements);
void jk_elements_done(struct jk_elements *elements);
/* By its name with the dot before; NULL if there is none. */
const struct jk_element *jk_elements_find(const struct jk_elements *elements, const char *name);

/* Adds the comment on what has that path, as paragraphs of one line each; items of a list have lines of their own. */
void jk_elements_comment(const Google__Protobuf__FileDescriptorProto *file, const int32_t *path, size_t depth,
                         struct jk_text *out);
/* The comment on an element's part: the `index`th of those in field `kind` of its descriptor. */
void jk_elements_part(const struct jk_element *element, int32_t kind, size_t index, struct jk_text *out);

#endif
