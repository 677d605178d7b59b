/* The evidence text: what a release's weights have in common with those of other models, in figures; and what the entry
 * `evidence` says of it. Written by weighing.h, and by whoever checks that. Pure. Source:
 * registry/formats/evidence.md. */
#ifndef JK_WEIGHTS_EVIDENCE_TEXT_H
#define JK_WEIGHTS_EVIDENCE_TEXT_H

#include "base/error.h"
#include "base/text.h"
#include "domain/grade.h"

#define JK_EVIDENCE_TEXT_MAX  (64u << 20)
#define JK_EVIDENCE_PARTS_MAX 32u  /* parts that one list shows */
#define JK_UNDECLARED_LEAST   100u /* undeclared kin, in hundredths of a per cent of the release's elements */
#define JK_NO_ATTEST          UINT64_MAX

/* What a compared model is to the release. An ancestor is no parent. */
enum jk_tie { JK_TIE_PARENT, JK_TIE_ANCESTOR, JK_TIE_OTHER, JK_TIES };

/* Why another model was compared. */
enum {
    JK_FOUND_EQUAL = 1, /* it has an equal tensor or file */
    JK_FOUND_ALIKE = 2, /* their signatures are alike */
    JK_FOUND_BASE = 4   /* it is a base model's deciding release */
};

/* Who is compared: a release, or an external model by the entry `reference`. */
struct jk_compared {
    enum jk_tie tie;
    unsigned found; /* JK_FOUND_…; 0 of parents, ancestors and references */
    bool is_reference;
    struct jk_digest release;  /* lineage hash; of a parent outside the registry too */
    uint64_t reference;        /* index of the entry */
    struct jk_digest artifact; /* zero: no manifest is held */
};

/* Of a part's elements. Shares are in hundredths of a per cent, rounded down. */
struct jk_evidence_part {
    struct jk_span name;
    uint32_t of;                           /* the part's share of the release */
    uint32_t equal, near, kin, comparable; /* of the part; near includes equal, kin both */
    uint32_t median, tensors;              /* |r| of kin in ten-thousandths; all tensors of the part */
};

/* A part with the share of the release's elements that a list is about. */
struct jk_evidence_share {
    struct jk_span name;
    uint32_t of;
    uint32_t models; /* in the list of what several share: how many have kin in this part */
};

struct jk_evidence_model {
    struct jk_compared who;
    struct jk_graded graded; /* `parent` is the lineage hash; zero of a reference */
    uint32_t median, renamed, longer;
    bool cut;                              /* not all pairs were compared */
    uint32_t part_count;                   /* parts that are kin at least in a tensor */
    size_t first_part, parts;              /* those shown, in jk_evidence_text.parts */
    uint32_t undeclared, undeclared_parts; /* the share; 0: no undeclared kin */
    size_t first_in, ins;                  /* those shown, in jk_evidence_text.shares */
};

struct jk_evidence_text {
    struct jk_digest release, artifact;
    uint64_t at;                /* log size */
    uint64_t attest;            /* index of the entry whose challenge text was used; JK_NO_ATTEST: public sketches */
    struct jk_digest challenge; /* digest of that text */
    uint32_t tensors;           /* of the release, that are considered */
    uint64_t elements;          /* UINT64_MAX: as many or more */
    uint32_t foreign;           /* compared models that are not listed, having nothing in common */
    struct jk_evidence_model *models;
    size_t model_count, model_room;
    struct jk_evidence_part *parts;
    size_t part_count, part_room;
    struct jk_evidence_share *shares;
    size_t share_count, share_room;
    uint32_t shared_parts;        /* that several models have */
    size_t first_shared, shareds; /* those shown, in `shares` */
};

/* What the entry says. */
struct jk_evidence_figures {
    struct jk_graded parents[JK_GRADED_MAX];
    size_t parent_count;
    struct jk_digest near[JK_NEAR_MAX]; /* by their bytes */
    size_t near_count;
    uint32_t kin; /* undeclared ones */
};

/* The caller sets no limit, and checks `failed`. */
void jk_evidence_text_write(const struct jk_evidence_text *evidence, struct jk_text *out);
/* INVALID_ARGUMENT (INVALID_EVIDENCE_TEXT) names line and rule. The text must outlive what is read; *out is to be
 * done() in any case. */
JK_MUST_USE enum jk_status jk_evidence_text_read(struct jk_span text, struct jk_evidence_text *out,
                                                 struct jk_error *error);
void jk_evidence_text_done(struct jk_evidence_text *evidence); /* accepts a zeroed struct */
void jk_evidence_figures_of(const struct jk_evidence_text *evidence, struct jk_evidence_figures *out);

/* ---- for those who make one: each appends; NULL: out of memory ---- */

struct jk_evidence_model *jk_evidence_add_model(struct jk_evidence_text *evidence);
struct jk_evidence_part *jk_evidence_add_part(struct jk_evidence_text *evidence);
struct jk_evidence_share *jk_evidence_add_share(struct jk_evidence_text *evidence);

extern const char *const jk_tie_words[JK_TIES];

#endif
