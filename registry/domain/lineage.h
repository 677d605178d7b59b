/* The lineage statement and its hash. Pure. Source: registry/formats/lineage.md. */
#ifndef JK_DOMAIN_LINEAGE_H
#define JK_DOMAIN_LINEAGE_H

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "domain/relation.h"

#define JK_PARENTS_MAX   64
#define JK_STATEMENT_MAX 60000

struct jk_parent_line {
    struct jk_digest hash;
    bool external;
    struct jk_span name;    /* publisher/model, or host/id */
    struct jk_span version; /* version, or revision, or empty for revision none */
};

/* Spans point into the parsed text, or to whatever the caller supplied. Digests of zero mean none. */
struct jk_statement {
    struct jk_span model;
    struct jk_span version;
    enum jk_relation relation;
    struct jk_span license;
    struct jk_digest license_text, artifact, weights;
    size_t parent_count;
    struct jk_parent_line parents[JK_PARENTS_MAX]; /* last: those beyond parent_count are never read */
};

/* Clears everything except the parents beyond the first `parent_count`, to which it sets the count: clearing all 64
 * would cost more than most of what is done with a statement. */
void jk_statement_clear(struct jk_statement *statement, size_t parent_count);

/* Writes the canonical text; sorts the parents in place. The caller has validated the fields. */
void jk_statement_write(struct jk_statement *statement, struct jk_text *out);
/* Accepts only canonical text (what _write would write), except that the licence is checked for characters and length,
 * not against the SPDX list. DATA_LOSS/INVALID_ARGUMENT names the faulty line. */
JK_MUST_USE enum jk_status jk_statement_parse(struct jk_span text, struct jk_statement *out_statement,
                                              struct jk_error *error);
struct jk_digest jk_statement_hash(struct jk_span text); /* the lineage hash */

/* The hash of an external model's statement. `revision` is empty for none. */
struct jk_digest jk_external_hash(struct jk_span host_and_id, struct jk_span revision);

#endif
