/* Who judges has no part in what is judged: neither in the model, nor in any other that gains or loses by the decision,
 * nor in a team, since all teams are rivals of one another. It binds rulings, their confirmation and rejection, and the
 * answers to disputes. Thread: the sequencer, in a write's turn.
 *
 * Who gains or loses: the publishers, present and former, of the model and of its roots; where an external is adopted or
 * given up, of the model to which it is bound and of those that descend from it; and of models with the same content:
 *   - by a ruling on origin, of all that have the content of its release; by the answer to a dispute about origin, of the
 *     model on the other side, its roots, and all that have what both sides have;
 *   - by everything else, of those that have what the model's standing release has, and before which it goes by that:
 *     they would take its place. Whose content is older gains nothing if the model goes: else whoever takes up the
 *     evaluators' own content with a further release could not be judged any more.
 * A verifier gains by its appointment, and whoever is or was one of its accounts, or made one, would speak with its
 * voice. */
#ifndef JK_SERVICE_EVALUATE_IMPARTIAL_H
#define JK_SERVICE_EVALUATE_IMPARTIAL_H

#include "service/call/four_eyes.h"
#include "service/records/present.h"

struct jk_judged {
    uint32_t model;    /* JK_NONE: a ruling about a verifier alone, in which no publisher has a part */
    uint32_t release;  /* of a ruling on origin: whose content it is about; else JK_NONE */
    uint32_t against;  /* of a dispute about origin: the other model; else JK_NONE */
    uint32_t external; /* of an adoption; else JK_NONE */
    uint32_t stage;    /* of a dispute about what counted in it: slot; else JK_NONE */
    uint32_t verifier; /* of a ruling about one, and of leave to challenge: slot; else JK_NONE */
};

/* PERMISSION_DENIED (OWN_TEAM, TEAMS_UNKNOWN) where the caller acts, or ever acted, for a team or a publisher of a team;
 * never with four eyes off. */
JK_MUST_USE enum jk_status jk_check_no_team(const struct jk_change *change, const struct jk_turn *turn,
                                            struct jk_error *error);
/* Whoever sets rules for all: the same, and an evaluator past its rest (jk_four_eyes_settled). */
JK_MUST_USE enum jk_status jk_check_referee(const struct jk_change *change, const struct jk_turn *turn,
                                            struct jk_error *error);
/* Whether who proposed or ruled is still an evaluator, and acts or ever acted for no team: a word does not outlive the
 * right to give it. */
bool jk_proposal_stands(const struct jk_present *present, const struct jk_proposal *first, int64_t now_us);
/* PERMISSION_DENIED (OWN_PUBLISHER, OWN_VERIFIER, and those above) where the caller has a part in it; never with four eyes off. */
JK_MUST_USE enum jk_status jk_check_impartial(struct jk_change *change, struct jk_turn *turn,
                                              const struct jk_judged *judged, struct jk_error *error);

#endif
