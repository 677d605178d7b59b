/* Recomputes what the registry says of weights: every entry `evidence` from the manifests, or from the challenge text that
 * it rests on, and every challenge text against the log. All of it is fetched by digest and held against that; of the log
 * only verified entries are used. One thread. Source: registry/formats/evidence.md, challenge.md.
 *
 * The models that have something equal are found among all manifests that the log says were stored, so each of them is
 * fetched once at least. Memory: their index (examine/catalogue.h), the kept models, and at most two texts of 64 MiB. */
#ifndef JK_AUDIT_REWEIGH_H
#define JK_AUDIT_REWEIGH_H

#include "audit/audit.h"
#include "audit/shelf.h"

#define JK_REWEIGH_TEXT 512 /* of what differs */

enum jk_reweigh_verdict {
    JK_REWEIGH_SAME,
    JK_REWEIGH_DIFFERS,   /* what is said does not follow: `what`, `expected`, `found` */
    JK_REWEIGH_WITHDRAWN, /* not recomputable: the manifest `blob` was withdrawn. What does not need it is right */
    JK_REWEIGH_ABSENT,    /* not recomputable: `blob`, which the log says is stored, is not served */
    JK_REWEIGH_VERDICTS
};
extern const char *const jk_reweigh_words[JK_REWEIGH_VERDICTS];

struct jk_reweigh_finding {
    uint32_t entry;
    enum jk_kind kind; /* JK_KIND_EVIDENCE; JK_KIND_ATTEST; JK_KIND_HELD: a manifest that is not as the log says */
    struct jk_digest release; /* lineage hash */
    enum jk_reweigh_verdict verdict;
    struct jk_digest blob;
    const char *what; /* static: "text", "parents", "key" … */
    uint64_t line;    /* of the evidence text, from 1; 0: it is none of its lines */
    char expected[JK_REWEIGH_TEXT], found[JK_REWEIGH_TEXT];
};

struct jk_reweigh_options {
    struct jk_audit *audit; /* folded */
    jk_fetch_blob_fn *fetch;
    /* Each finding, in log order, but of kind HELD where it was come upon; a failure ends it all. */
    enum jk_status (*take)(void *context, const struct jk_reweigh_finding *finding, struct jk_error *error);
    void (*progress)(void *context, uint64_t done, uint64_t total); /* entries */
    void *context;
    uint64_t index_most, shelf_room; /* bytes */
};

/* INDEX_TOO_LARGE: see examine/catalogue.h. */
JK_MUST_USE enum jk_status jk_reweigh(const struct jk_reweigh_options *options, struct jk_error *error);

/* ---- for its own files ---- */

/* A manifest that was stored, and is not to be had. */
struct jk_unread {
    struct jk_digest artifact;
    enum jk_reweigh_verdict why; /* WITHDRAWN, ABSENT, or DIFFERS: what is served is not it */
};

void jk_reweigh_differs(struct jk_reweigh_finding *finding, const char *what, struct jk_span expected,
                        struct jk_span found);
/* The first line in which two texts differ. */
void jk_reweigh_line(struct jk_reweigh_finding *finding, struct jk_span made, struct jk_span served);
/* Whether a release ("release <lineage hash>") or reference ("reference <index>") names the artifact. */
typedef bool jk_names_fn(const void *context, struct jk_span model, const struct jk_digest *artifact);
/* Whether manifests that are not to be had explain how a served text differs from one that was made without them: all
 * that does not rest on them is the same. NULL: they do not. Else one of those that the text names, or the first. */
const struct jk_unread *jk_reweigh_explains(struct jk_span made, struct jk_span served, const struct jk_unread *unread,
                                            size_t count, jk_names_fn *names, const void *context);

#endif
