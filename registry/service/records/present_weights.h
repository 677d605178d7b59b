/* What the weights of a release show, as a message. Pure: reads a view, allocates in an arena. */
#ifndef JK_SERVICE_RECORDS_PRESENT_WEIGHTS_H
#define JK_SERVICE_RECORDS_PRESENT_WEIGHTS_H

#include "book/glance.h"
#include "service/records/presented.h"

/* NULL: memory is out (the arena remembers that). */
Jokbo__V1__WeightsShown *jk_present_weights(const struct jk_present *present, const struct jk_glance *glance);
/* Toward the parent at that place. */
void jk_present_parent_grades(const struct jk_glance *glance, uint32_t parent, Jokbo__V1__PinnedParent *out);

#endif
