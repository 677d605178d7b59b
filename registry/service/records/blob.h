/* Blobs as replies and errors show them, on any thread; and the places of the manifests that are being uploaded. */
#ifndef JK_SERVICE_RECORDS_BLOB_H
#define JK_SERVICE_RECORDS_BLOB_H

#include "service/call/places.h"
#include "service/records/present.h"

/* NULL: out of memory. */
Jokbo__V1__Blob *jk_present_blob(struct jk_arena *arena, const struct jk_blob_facts *facts);
/* NULL: out of memory. */
struct jk_places *jk_upload_places_new(void);

#endif
