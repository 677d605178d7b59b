/* Blobs as replies and errors show them. Any thread, no state. */
#ifndef JK_SERVICE_RECORDS_BLOB_H
#define JK_SERVICE_RECORDS_BLOB_H

#include "service/records/present.h"

/* NULL: out of memory. */
Jokbo__V1__Blob *jk_present_blob(struct jk_arena *arena, const struct jk_blob_facts *facts);
/* FAILED_PRECONDITION with the time and the reason's digest; facts of a withdrawn one. */
enum jk_status jk_blob_withdrawn(const struct jk_blob_facts *facts, struct jk_error *error);

#endif
