/* Lists and counts as CSV tables (base/csv.h). A list has a row for each of its items, a count one row, or one for each
 * group if it has groups. The columns are the fields of a row's type, named as in the proto, in its order: fields of
 * messages within have dots ("artifact.sha256"); several values of one field stand in one cell, separated by ";",
 * several messages as JSON. Enums are short words ("quantized"), times RFC 3339, what is absent is empty. Pure. */
#ifndef JK_WEB_GRID_H
#define JK_WEB_GRID_H

#include <protobuf-c/protobuf-c.h>

#include "base/text.h"

/* Whether messages of this type have such a form. */
bool jk_grid_is_one(const ProtobufCMessageDescriptor *type);
/* `bom`: with a byte order mark, by which spreadsheets recognise UTF-8. */
void jk_grid_write(const ProtobufCMessage *message, bool bom, struct jk_text *out);

#endif
