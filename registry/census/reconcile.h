/* Reconciliation: what a hub counts below base models beside what counts here, model by model, and why the two differ.
 * Pure. A model is looked at once for each base model that it is below, on either side:
 *
 * - on the hub, by the tags of the run's records: directly in one of the hub's four relations (a tag without one is a
 *   finetune), or deeper, through other models;
 * - here, by the verdicts of a standing: directly in the relation of its deciding release, as the hub calls it, or
 *   deeper. A model that does not count has no place here.
 *
 * Each has a place of either side or none, so for each base model, and for each place, what the hub lists and the
 * effects of the differences add up to what counts here. About 200 bytes a model. */
#ifndef JK_CENSUS_RECONCILE_H
#define JK_CENSUS_RECONCILE_H

#include "book/standing.h"
#include "census/run.h"

enum jk_place {
    JK_PLACE_NONE,
    JK_PLACE_FINETUNE,
    JK_PLACE_ADAPTER,
    JK_PLACE_QUANTIZED,
    JK_PLACE_MERGE,
    JK_PLACE_DEEPER,
    JK_PLACE_COUNT
};

/* In the order in which they are shown. */
enum jk_difference {
    JK_DIFFERENCE_SAME,        /* none: it has the same place on both sides */
    JK_DIFFERENCE_RELATION,    /* direct on both, in another relation */
    JK_DIFFERENCE_PARENT,      /* it counts here by other parents than the hub shows */
    JK_DIFFERENCE_NOT_DERIVED, /* what it is made from does not lead to the base model */
    JK_DIFFERENCE_RE_UPLOAD,   /* its weights are those of another model */
    JK_DIFFERENCE_ABSENT,      /* the hub does not show it any more */
    JK_DIFFERENCE_NO_LONGER,   /* the hub shows it, but below this base model no more; what was released stays */
    JK_DIFFERENCE_LEFT_OUT,    /* another reason of the policy */
    JK_DIFFERENCE_ONLY_HERE,   /* no repository of it was ever observed */
    JK_DIFFERENCE_NOT_ASKED,   /* the run could not find out whether the hub has it */
    JK_DIFFERENCE_BLOCKED,     /* not written, since somebody else has to decide */
    JK_DIFFERENCE_LEFT_ALONE,  /* the plan has nothing to write, and it is registered under no name or another */
    JK_DIFFERENCE_NOT_APPLIED, /* the run has not been applied */
    JK_DIFFERENCE_COUNT
};

const char *jk_place_word(enum jk_place place);                /* "finetune", …, "deeper"; "" for none */
const char *jk_difference_word(enum jk_difference difference); /* "other-relation" */
const char *jk_difference_english(enum jk_difference difference);

/* What the run's plan does about a repository. */
enum jk_planned {
    JK_PLANNED_NOTHING,
    JK_PLANNED_WRITE,   /* something about its model would be registered, released or renamed */
    JK_PLANNED_BLOCKED, /* somebody else has to decide */
    JK_PLANNED_NO_PATH  /* it does not lead to a base model */
};

/* A line of the run with what its plan says. */
struct jk_reconcile_line {
    const struct jk_census_line *line;
    struct jk_span id, identity; /* of present ones from the record */
    struct jk_span tags;         /* the record's: a canonical JSON array; empty for none */
    enum jk_planned planned;
    struct jk_span why; /* of the plan */
};

struct jk_reconcile_row {
    struct jk_span id; /* on the hub; empty for what it never had */
    uint32_t model;    /* slot; JK_NONE: not registered */
    uint32_t root;     /* slot of the base model */
    enum jk_place hub, here;
    enum jk_difference difference;
    jk_reasons reasons;  /* why it does not count for this base model */
    struct jk_span told; /* by the plan; or by the run, where the hub could not be asked */
    struct jk_span from; /* what its relation was found in, as the run says */
};

struct jk_reconcile_base {
    uint32_t root; /* slot */
    bool said;     /* whether the hub told how many models it counts as made from it directly: */
    uint64_t children;
    uint32_t hub[JK_PLACE_COUNT], here[JK_PLACE_COUNT];
    uint32_t models[JK_DIFFERENCE_COUNT]; /* rows */
    int32_t effects[JK_DIFFERENCE_COUNT]; /* how many more it makes the count here than the hub's list */
    size_t first_row, row_count;
};

struct jk_reconcile;

/* The standing and its book outlive the reconciliation. NULL when out of memory. */
struct jk_reconcile *jk_reconcile_new(const struct jk_book *book, const struct jk_standing *standing,
                                      struct jk_span hub);
void jk_reconcile_free(struct jk_reconcile *reconcile); /* accepts NULL */
/* Texts are copied. */
JK_MUST_USE enum jk_status jk_reconcile_add(struct jk_reconcile *reconcile, const struct jk_reconcile_line *line,
                                            struct jk_error *error);
/* After all lines: one base model of the roster, whose rows follow those of the bases before, by difference, then by name. */
JK_MUST_USE enum jk_status jk_reconcile_base(struct jk_reconcile *reconcile, uint32_t root,
                                             const struct jk_census_run *run, struct jk_reconcile_base *out_base,
                                             struct jk_error *error);
const struct jk_reconcile_row *jk_reconcile_rows(const struct jk_reconcile *reconcile, size_t *out_count);

/* What a row's difference follows from, in a few words; nothing where both agree. RESOURCE_EXHAUSTED. */
JK_MUST_USE enum jk_status jk_reconcile_explain(struct jk_reconcile *reconcile, const struct jk_reconcile_row *row,
                                                const struct jk_policy *policy, struct jk_text *out,
                                                struct jk_error *error);

#endif
