/* The manifest: checked in one pass, its digests computed on the way. Pure; memory by the number of files only.
 * Source: registry/formats/manifest.md. */
#ifndef JK_DOMAIN_MANIFEST_H
#define JK_DOMAIN_MANIFEST_H

#include "base/digest.h"
#include "base/error.h"

#define JK_MANIFEST_MAX (64u << 20)
#define JK_MANIFEST_FILES_MAX 100000u
#define JK_MANIFEST_PATH_MAX 1024 /* bytes of a path or a tensor's name, percent-encoded */

struct jk_manifest_summary {
    struct jk_digest artifact; /* SHA-256 of the bytes */
    struct jk_digest weights;  /* zero for none */
    struct jk_digest weight_files; /* of the set of its weight files, zero for none */
    uint32_t files, tensors;
    uint64_t bytes; /* sum of the files' sizes */
};

/* Whole manifest in memory (at most JK_MANIFEST_MAX). INVALID_ARGUMENT names line number and rule. */
JK_MUST_USE enum jk_status jk_manifest_check(struct jk_span bytes, struct jk_manifest_summary *out_summary,
                                             struct jk_error *error);
/* True when the path names a weight file (see manifest.md). */
bool jk_manifest_is_weights(struct jk_span path);

#endif
