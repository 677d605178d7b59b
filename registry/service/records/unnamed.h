/* Uploads that no entry of the log names: which they are, and when their time is over. Pure. An entry names a manifest
 * as a release's artifact and a licence's text as its text; what kind a blob was uploaded as is no matter. */
#ifndef JK_SERVICE_RECORDS_UNNAMED_H
#define JK_SERVICE_RECORDS_UNNAMED_H

#include "auth/directory.h"
#include "book/book.h"

#define JK_BLOB_RENEW_US INT64_C(3600000000) /* what is brought again is noted so often at most */

/* Digests in ascending order, and which of them were found to be named. Both belong to the caller. */
struct jk_unnamed {
    const struct jk_digest *digests;
    bool *named;
    size_t count;
};

/* Puts digests into their order. */
void jk_unnamed_sort(struct jk_digest *digests, size_t count);
/* Looks at the releases of the slots from … to-1. */
void jk_unnamed_see(struct jk_unnamed *unnamed, const struct jk_book *book, uint32_t from, uint32_t to);
/* Its bytes are here, and have been for longer than they are kept without being named. */
bool jk_unnamed_is_over(const struct jk_blob_facts *blob, int64_t now_us, int64_t keep_us);

#endif
