/* A step of a plan as RecordCensus takes it. */
#ifndef JK_CLI_CENSUS_MESSAGE_H
#define JK_CLI_CENSUS_MESSAGE_H

#include <jokbo/v1/registry.pb-c.h>

#include "cli/census_opened.h"

/* In the arena, with the record from the run's folder. INVALID_ARGUMENT (INVALID_RUN): the run lacks it. */
JK_MUST_USE enum jk_status jk_census_message(struct jk_census_opened *opened, const struct jk_plan_step *step,
                                             struct jk_arena *arena, Jokbo__V1__CensusStep **out_message);

#endif
