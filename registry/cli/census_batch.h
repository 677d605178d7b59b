/* The steps of a plan as requests of RecordCensus: as many to a batch as the server takes. Several batches are under
 * way at once, but none together with one that it follows from: what a model is made from is written before it, and
 * what moves or goes, by itself. A step that the server refuses is left out and told, and the others of its batch are
 * tried again without it. One thread. */
#ifndef JK_CLI_CENSUS_BATCH_H
#define JK_CLI_CENSUS_BATCH_H

#include <jokbo/v1/registry.pb-c.h>

#include "cli/census_opened.h"

struct jk_census_refused {
    enum jk_plan_action action;
    const char *id, *why; /* the latter as the server says; both in the run's arena */
};

struct jk_census_written {
    uint64_t steps[JK_PLAN_LEFT + 1]; /* by action */
    uint64_t entries;
    struct jk_census_refused *refused;
    size_t refused_count, refused_room;
};

/* Writes all steps of the plan that write something. Every request has an id that follows from the run and from what it
 * says, so a batch whose answer was lost is not written twice; and the plan of a later call has no step any more that was
 * written. MANY_ABSENT: nothing is written without --many-absent. The caller calls jk_census_written_done, after a failure
 * too. */
JK_MUST_USE enum jk_status jk_census_write(struct jk_census_opened *opened, struct jk_census_written *out_written);
void jk_census_written_done(struct jk_census_written *written);

/* A UUID that follows from the run and the bytes, in the arena; NULL without memory. */
char *jk_census_request_id(const struct jk_census_opened *opened, struct jk_span bytes);

#endif
