/* The manifests that the examiner reads: parsed, with base models and references kept, and entered into the index. Thread:
 * the examiner's. */
#ifndef JK_SERVICE_EVIDENCE_MANIFESTS_H
#define JK_SERVICE_EVIDENCE_MANIFESTS_H

#include <stdatomic.h>

#include "examine/model.h"
#include "store/store.h"

struct jk_manifests;

struct jk_manifests *jk_manifests_new(struct jk_store *store); /* NULL: out of memory */
void jk_manifests_free(struct jk_manifests *manifests);        /* accepts NULL */
/* A stored manifest, until it is closed. Lasting ones are kept as long as there is room. DATA_LOSS (MANIFEST_DAMAGED): its
 * bytes are not here, or wrong, which is logged once. FAILED_PRECONDITION (BLOB_WITHDRAWN): it is no longer held. */
JK_MUST_USE enum jk_status jk_manifests_open(struct jk_manifests *manifests, const struct jk_digest *artifact,
                                             bool lasting, const struct jk_examined **out_model,
                                             struct jk_error *error);
void jk_manifests_close(struct jk_manifests *manifests, const struct jk_examined *model);

/* Enters those of these (at most JK_WEIGHED_PAGE) that are not in the index. What is damaged or no
 * longer held is left out. */
JK_MUST_USE enum jk_status jk_manifests_enter(struct jk_manifests *manifests, const struct jk_digest *artifacts,
                                              size_t count, const atomic_bool *stopping, struct jk_error *error);
/* Artifacts that the index finds for a model; as in struct jk_examination. */
JK_MUST_USE enum jk_status
jk_manifests_find(struct jk_manifests *manifests, const struct jk_examined *model, unsigned found,
                  bool (*take)(void *taking, const struct jk_digest *artifacts, size_t count), void *taking,
                  struct jk_error *error);

#endif
