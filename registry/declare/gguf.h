/* The few keys of a GGUF file's metadata that are about lineage (GGUF versions 2 and 3, of either byte order;
 * specification: ggml's docs/gguf.md). Pure; spans point into the bytes given, which may be just the beginning of the
 * file: keys past their end are not found, and `partial` says so. At most 65,536 keys, 16 base models; nested arrays
 * are skipped to depth 4. llama.cpp fills base_model from the card of the model that was converted, so it often names
 * the grandparent; older versions and other tools give the file's source in general.source. */
#ifndef JK_DECLARE_GGUF_H
#define JK_DECLARE_GGUF_H

#include "base/error.h"
#include "declare/doubts.h"
#include "declare/parents.h"

#define JK_GGUF_BASES_MAX 16

struct jk_gguf_base {
    struct jk_span repo_url, url, name, organization; /* empty where the file names none */
};

struct jk_gguf {
    struct jk_span name;               /* general.name; empty for absent */
    struct jk_span license;            /* general.license */
    struct jk_span license_name;       /* general.license.name */
    struct jk_span type, architecture; /* general.type: model, adapter, mmproj, … */
    struct jk_span source_url, source_repo_url, source_id, source_repository; /* general.source. … */
    uint32_t base_count;                          /* general.base_model.count as the file says */
    struct jk_gguf_base bases[JK_GGUF_BASES_MAX]; /* by index */
    bool big_endian, partial;
};

/* INVALID_ARGUMENT if it is not a GGUF file; a damaged or truncated one gives what precedes the damage. */
JK_MUST_USE enum jk_status jk_gguf_parse(struct jk_span bytes, struct jk_gguf *out_gguf, struct jk_error *error);
/* The models that it names as its bases, or where it names none, as its source. Names made of others are told. */
void jk_gguf_parents(const struct jk_gguf *gguf, struct jk_doubts *doubts, struct jk_names *out_names);
/* What it is instead of a model's weights: "a vision projector"; NULL for weights, and for an adapter. */
const char *jk_gguf_is_other(const struct jk_gguf *gguf);

#endif
