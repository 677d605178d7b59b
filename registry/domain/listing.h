/* The listing: what a hub says of the large files of a model, without their bytes. Pure. It has the lines of a manifest
 * that begin with `file`, and nothing else; it never counts as an artefact that somebody holds. Source:
 * registry/formats/listing.md. */
#ifndef JK_DOMAIN_LISTING_H
#define JK_DOMAIN_LISTING_H

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"

#define JK_LISTING_MAX       (64u << 20)
#define JK_LISTING_FILES_MAX 100000u

struct jk_listing_file {
    struct jk_digest digest;
    uint64_t size;
    struct jk_span path; /* as in the listing: percent-encoded */
};

struct jk_listing_summary {
    struct jk_digest listing;      /* SHA-256 of the bytes */
    struct jk_digest weight_files; /* the set of its weight files, as of a manifest; zero for none */
    uint32_t files;
    uint64_t bytes; /* sum of the files' sizes */
};

/* Takes the whole listing in memory (at most JK_LISTING_MAX). INVALID_ARGUMENT names line number and rule. */
JK_MUST_USE enum jk_status jk_listing_check(struct jk_span bytes, struct jk_listing_summary *out_summary,
                                            struct jk_error *error);

/* Writing one: the first line, then a line for each file. The caller sorts them by their paths. */
void jk_listing_begin(struct jk_text *out);
void jk_listing_add(struct jk_text *out, const struct jk_listing_file *file);

/* What a check would find of a listing whose writer knows already that it is one: `weights` are the digests of its weight
 * files (jk_manifest_is_weights), which are put into another order. False when out of memory. */
JK_MUST_USE bool jk_listing_digests(struct jk_span bytes, struct jk_digest *weights, size_t weight_count,
                                    struct jk_digest *out_listing, struct jk_digest *out_weight_files);

#endif
