/* Blobs as replies and errors show them, on any thread, and their bytes, on a reader's. */
#ifndef JK_SERVICE_RECORDS_BLOB_H
#define JK_SERVICE_RECORDS_BLOB_H

#include "base/text.h"
#include "service/records/present.h"

/* NULL: out of memory. */
Jokbo__V1__Blob *jk_present_blob(struct jk_arena *arena, const struct jk_blob_facts *facts);
/* All bytes of a stored blob, appended to `out`, within its limit; none for one that is not stored. */
JK_MUST_USE enum jk_status jk_blob_bytes(struct jk_reader *reader, const struct jk_digest *digest, struct jk_text *out,
                                         struct jk_error *error);
/* In a turn, chunks that were stored under an upload's number become the blob's. ABORTED: UPLOAD_TOO_OLD if they may be
 * gone, since so much time has passed since the first (jk_boot_us), as while the machine was suspended. */
JK_MUST_USE enum jk_status jk_blob_name_chunks(struct jk_turn *turn, const struct jk_digest *digest, uint64_t upload,
                                               int64_t begun_us, struct jk_error *error);

#endif
