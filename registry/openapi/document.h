/* The interface over HTTP as an OpenAPI 3.1 document, from the descriptors and the comments in them: nothing is written twice. The
 * same set gives the same bytes. */
#ifndef JK_OPENAPI_DOCUMENT_H
#define JK_OPENAPI_DOCUMENT_H

#include "base/text.h"

/* Adds the document, with a line feed. `set`: a FileDescriptorSet with source information. False where it is none, has a path or a
 * field that cannot be described so, or when out of memory. */
bool jk_openapi_write(struct jk_span set, struct jk_text *out);

#endif
