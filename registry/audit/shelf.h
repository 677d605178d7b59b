/* Manifests that an audit compares: fetched by their digests, held against these, read, and kept as long as there is room.
 * One thread. */
#ifndef JK_AUDIT_SHELF_H
#define JK_AUDIT_SHELF_H

#include "examine/model.h"

/* The bytes with that digest, at most `most`, as the source serves them, unchecked. *out_found false: it has none. */
typedef enum jk_status jk_fetch_blob_fn(void *context, const struct jk_digest *digest, size_t most,
                                        struct jk_text *out_bytes, bool *out_found, struct jk_error *error);

struct jk_shelf;

enum jk_shelved {
    JK_SHELVED,        /* the model is there */
    JK_SHELVED_ABSENT, /* not served */
    JK_SHELVED_DAMAGED /* what is served is not it */
};

/* `room`: bytes of models that are kept while nobody has them open. NULL: out of memory. */
struct jk_shelf *jk_shelf_new(jk_fetch_blob_fn *fetch, void *context, uint64_t room);
void jk_shelf_free(struct jk_shelf *shelf); /* accepts NULL */
/* *out_model NULL unless JK_SHELVED; until it is closed. Lasting ones are kept before others. */
JK_MUST_USE enum jk_status jk_shelf_open(struct jk_shelf *shelf, const struct jk_digest *artifact, bool lasting,
                                         enum jk_shelved *out_shelved, const struct jk_examined **out_model,
                                         struct jk_error *error);
void jk_shelf_close(struct jk_shelf *shelf, const struct jk_examined *model);

#endif
