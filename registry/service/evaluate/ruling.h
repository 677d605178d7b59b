/* Rulings as other methods make them. On the sequencer. */
#ifndef JK_SERVICE_EVALUATE_RULING_H
#define JK_SERVICE_EVALUATE_RULING_H

#include "service/call/authority.h"

/* Writes a ruling's entry: the actor is an evaluator, and whether it needs a second one is what the server demands
 * (entry->needs_second). Who ruled is remembered for the second. `text` may be empty. FAILED_PRECONDITION
 * (RULING_PENDING) where the same ruling waits already. */
JK_MUST_USE enum jk_status jk_ruling_append(struct jk_change *change, struct jk_turn *turn, struct jk_entry *entry,
                                            const char *text, uint32_t *out_index, struct jk_error *error);

#endif
