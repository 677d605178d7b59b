/* One step of RecordCensus: what a hub said of a repository, read on a reader's thread; and what it writes, in the
 * write's turn. */
#ifndef JK_SERVICE_RECORDS_CENSUS_STEP_H
#define JK_SERVICE_RECORDS_CENSUS_STEP_H

#include "domain/entry.h"
#include "service/records/registration.h"

struct jk_census_step {
    char prefix[32];          /* of field names: "steps[12].present." */
    struct jk_entry seen;     /* the `observe` entry, but for its model */
    struct jk_span record;    /* the canonical record of what is present */
    struct jk_span model;     /* the registered model that it is of; empty: none */
    struct jk_span new_model; /* of what has moved: the model's new name; empty: it keeps its own */
    struct jk_draft *draft;   /* what is to be registered or released; otherwise only its prefix is set */
    bool declares;
};

/* A violation of `hub`: no host, or another address of the Hugging Face Hub, which would give a model two names. */
void jk_census_check_hub(struct jk_span hub, struct jk_error *error);
/* The grammar of every field, and what the record says; violations go into `error`. `drafts`: one for each step of the
 * request, in a row, of which this step's is the one at `place`. */
void jk_census_step_read(const Jokbo__V1__CensusStep *message, struct jk_span hub, struct jk_draft *drafts,
                         size_t place, struct jk_arena *arena, struct jk_census_step *out_step, struct jk_error *error);

struct jk_census_written {
    uint32_t model;   /* JK_NONE: none */
    uint32_t change;  /* entry that registers, releases, renames or transfers it; JK_NONE: none */
    uint32_t observe; /* JK_NONE: the log says so already */
};

#define JK_CENSUS_PLACES 512 /* a power of two, of which JK_HUB_RECORDS_MAX are less than half */

/* What the steps of a request share. */
struct jk_census_work {
    struct jk_change *change;
    struct jk_turn *turn;
    struct jk_resolved resolved;   /* scratch */
    struct jk_hub_records brought; /* records that are new, until there are enough of them for one record */
    struct jk_span bytes[JK_HUB_RECORDS_MAX];
    uint16_t places[JK_CENSUS_PLACES]; /* of those by their digests: number in `brought`, and one; 0: free */
};

/* Checks everything and appends. After the last step, jk_census_bring keeps what the steps have brought. */
JK_MUST_USE enum jk_status jk_census_step_enter(struct jk_census_work *work, const struct jk_census_step *step,
                                                struct jk_census_written *out_written, struct jk_error *error);
JK_MUST_USE enum jk_status jk_census_bring(struct jk_census_work *work, struct jk_error *error);

#endif
