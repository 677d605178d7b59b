/* Who judges has no part in what is judged: an evaluator neither rules on models of a publisher of its own, or of the
 * family of a team for which it acts, nor decides such rulings and disputes. Thread: the sequencer, in a write's turn.
 */
#ifndef JK_SERVICE_EVALUATE_IMPARTIAL_H
#define JK_SERVICE_EVALUATE_IMPARTIAL_H

#include "service/call/write.h"

/* PERMISSION_DENIED (OWN_PUBLISHER, OWN_TEAM) where the model concerns the caller; never with four eyes off. */
JK_MUST_USE enum jk_status jk_check_impartial(struct jk_change *change, struct jk_turn *turn, uint32_t model,
                                              struct jk_error *error);

#endif
