/* Blobs as replies and errors show them, on any thread. */
#ifndef JK_SERVICE_RECORDS_BLOB_H
#define JK_SERVICE_RECORDS_BLOB_H

#include "service/records/present.h"

/* NULL: out of memory. */
Jokbo__V1__Blob *jk_present_blob(struct jk_arena *arena, const struct jk_blob_facts *facts);

#endif
