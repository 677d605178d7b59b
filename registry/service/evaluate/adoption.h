/* Adopting an external model and giving it up, decided in the turn of a write. On the sequencer. */
#ifndef JK_SERVICE_EVALUATE_ADOPTION_H
#define JK_SERVICE_EVALUATE_ADOPTION_H

#include "service/call/authority.h"

/* Whether `model` may start or stop standing for `external` now. FAILED_PRECONDITION (CYCLE, TARGET_IS_BASE,
 * NOT_ADOPTED), ALREADY_EXISTS (ALREADY_ADOPTED). */
JK_MUST_USE enum jk_status jk_adoption_check(struct jk_turn *turn, struct jk_span external, uint32_t model, bool adopt,
                                             struct jk_error *error);
/* The `adopt` or `unadopt` entry. */
JK_MUST_USE enum jk_status jk_adoption_append(struct jk_turn *turn, const struct jk_actor *actor,
                                              struct jk_span external, uint32_t model, bool adopt, uint32_t *out_index,
                                              struct jk_error *error);

#endif
