/* Manifests by what they have, so that those that have something in common with a given one are found among a million in
 * milliseconds: a row each, which goes with the manifest's bytes. Rows follow from the bytes, so any server adds what is
 * missing. Thread: a reader's. */
#ifndef JK_STORE_WEIGHED_H
#define JK_STORE_WEIGHED_H

#include "store/store.h"

#define JK_WEIGHED_KEY_BYTES  16
#define JK_WEIGHED_PAGE       16384 /* artifacts in an answer */
#define JK_WEIGHED_SIGN_WORDS 4

struct jk_weighed_manifest {
    struct jk_digest artifact;
    const void *keys; /* JK_WEIGHED_KEY_BYTES each */
    size_t key_count;
    struct jk_span shape; /* empty: it has no signature */
    uint64_t bits[JK_WEIGHED_SIGN_WORDS];
};

/* Which of these (at most JK_WEIGHED_PAGE) have a row: out_there[i] is set for them. */
JK_MUST_USE enum jk_status jk_reader_weighed_there(struct jk_reader *reader, const struct jk_digest *artifacts,
                                                   size_t count, bool *out_there, struct jk_error *error);
/* Adds a row, if there is none and the manifest's bytes are stored. */
JK_MUST_USE enum jk_status jk_reader_weighed_add(struct jk_reader *reader, const struct jk_weighed_manifest *manifest,
                                                 struct jk_error *error);
/* Artifacts of manifests in the order of their rows, a page at a time: `after` is 0 for the first page, and then what
 * the last page left there. The last page's `count` is below JK_WEIGHED_PAGE. */
struct jk_weighed_page {
    uint64_t after;
    struct jk_digest artifacts[JK_WEIGHED_PAGE];
    size_t count;
};
/* Of those that have one of the keys. */
JK_MUST_USE enum jk_status jk_reader_weighed_equal(struct jk_reader *reader, const struct jk_weighed_manifest *manifest,
                                                   struct jk_weighed_page *page, struct jk_error *error);
/* Of those whose signature has the same shape, and differs in at most `places` of its 256 bits or in all but as many.
 */
JK_MUST_USE enum jk_status jk_reader_weighed_alike(struct jk_reader *reader, const struct jk_weighed_manifest *manifest,
                                                   uint32_t places, struct jk_weighed_page *page,
                                                   struct jk_error *error);

#endif
