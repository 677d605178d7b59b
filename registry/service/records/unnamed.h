/* Blobs that no entry of the log names: which they are, and when they expire. Pure. An entry names a manifest as a
 * release's artifact or as a reference and a licence's text as its text, a hub's record as what was observed, the list of a
 * census, the challenge text of an attestation and an evidence text; the kind that a blob was uploaded as does not
 * matter. */
#ifndef JK_SERVICE_RECORDS_UNNAMED_H
#define JK_SERVICE_RECORDS_UNNAMED_H

#include "auth/directory.h"
#include "book/book.h"

#define JK_BLOB_RENEW_US INT64_C(3600000000) /* a repeated upload is recorded at most this often */

/* Digests in ascending order, and which of them turned out to be named. The caller owns both. */
struct jk_unnamed {
    const struct jk_digest *digests;
    bool *named;
    size_t count;
};

/* Sorts the digests. */
void jk_unnamed_sort(struct jk_digest *digests, size_t count);
/* How far the book's tables have been examined: what comes later names blobs, too. */
struct jk_unnamed_seen {
    uint32_t releases, observations, censuses, references, attests, evidences;
};
/* Examines at most `most` further rows of each table, of those that the book has at n; true: it has examined all. */
bool jk_unnamed_see(struct jk_unnamed *unnamed, const struct jk_book *book, uint32_t n, uint32_t most,
                    struct jk_unnamed_seen *seen);
/* Its bytes are here, and have been for longer than unnamed blobs are kept. */
bool jk_unnamed_is_over(const struct jk_blob_facts *blob, int64_t now_us, int64_t keep_us);

#endif
