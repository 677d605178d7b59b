/* What a hub said of a model's repository, as a message. Pure: reads a view, allocates in an arena. */
#ifndef JK_SERVICE_RECORDS_OBSERVED_H
#define JK_SERVICE_RECORDS_OBSERVED_H

#include "service/records/present.h"

/* The newest before the size. NULL: no entry speaks of the model, or memory is out (the arena remembers that). */
Jokbo__V1__Observation *jk_present_observation(const struct jk_present *present, uint32_t model);

#endif
