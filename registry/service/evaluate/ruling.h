/* Making rulings, for other methods as well. On the sequencer. */
#ifndef JK_SERVICE_EVALUATE_RULING_H
#define JK_SERVICE_EVALUATE_RULING_H

#include "service/call/authority.h"

/* Writes a ruling's entry: the actor is an evaluator, and the server's options say whether a second one is needed
 * (entry->needs_second). Who ruled is recorded for the second. `text` may be empty. FAILED_PRECONDITION
 * (RULING_PENDING) if the same ruling is already waiting. */
JK_MUST_USE enum jk_status jk_ruling_append(struct jk_change *change, struct jk_turn *turn, struct jk_entry *entry,
                                            const char *text, uint32_t *out_index, struct jk_error *error);
/* The reply about the ruling of that entry, with its text as the request gave it. */
JK_MUST_USE enum jk_status jk_ruling_reply(struct jk_change *change, struct jk_turn *turn, uint32_t index,
                                           const char *text, ProtobufCMessage **out_reply);

#endif
