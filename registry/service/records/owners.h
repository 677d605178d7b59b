/* A publisher's owners, and what its verification makes of their coming and going.
 *
 * A verification is about those who own the publisher when it is given. Each of these owners stands at it: its
 * membership holds the index of the `verify` entry. It ends, by an `unverify` entry of the server in the same write, as
 * soon as nobody who stands is left with an account that works, or an owner is there who does not stand: let in without
 * a registrar's word, or put there by an admin. A registrar's word makes a new owner stand (RequestPublisher, kind
 * owner), from when it accepts on. Where it is not known who stood, as after `jokbod recover`, the first change of
 * members ends it.
 *
 * Thread: the sequencer, in a write's turn. */
#ifndef JK_SERVICE_RECORDS_OWNERS_H
#define JK_SERVICE_RECORDS_OWNERS_H

#include "service/call/write.h"

JK_MUST_USE enum jk_status jk_member_put(struct jk_turn *turn, const struct jk_member *member, struct jk_error *error);
/* An owner from now on, who stands at the verification of entry `stood`; 0: at none. `publisher` as it is written. */
JK_MUST_USE enum jk_status jk_owner_put(struct jk_turn *turn, struct jk_span publisher, uint64_t account,
                                        uint32_t stood, struct jk_error *error);
/* Invites the account, to the role and with the rest that the membership says; `publisher` as it is written. */
JK_MUST_USE enum jk_status jk_invitation_put(struct jk_turn *turn, struct jk_span publisher,
                                             struct jk_member *invitation, struct jk_error *error);
/* The account made the publisher, which counts against its quota for ever. */
JK_MUST_USE enum jk_status jk_creator_put(struct jk_turn *turn, struct jk_span publisher, uint64_t account,
                                          struct jk_error *error);
/* RESOURCE_EXHAUSTED where the publisher has as many members as it may, those who are invited among them. */
JK_MUST_USE enum jk_status jk_member_room(struct jk_turn *turn, struct jk_span publisher, struct jk_error *error);

/* Whether the publisher has an owner but this account. */
bool jk_owners_other(struct jk_turn *turn, struct jk_span publisher, uint64_t account);
/* All owners of a publisher that was verified just now, by this entry, stand. */
JK_MUST_USE enum jk_status jk_owners_stand(struct jk_turn *turn, uint32_t publisher, uint32_t entry,
                                           struct jk_error *error);
/* Whether it is known who stands at the publisher's verification, where it has one: to be asked before a change. */
bool jk_owners_known(struct jk_turn *turn, uint32_t publisher);

/* Why a verification ended: the evidence of its entry. */
#define JK_ENDED_LEFT        "owner-left"     /* the last who stood, or its account was disabled */
#define JK_ENDED_ADDED       "owner-added"    /* by an owner, without a registrar's word */
#define JK_ENDED_TRANSFERRED "transferred"    /* by an admin, or by a claim that was approved */
#define JK_ENDED_UNKNOWN     "owners-unknown" /* it is not recorded who stood */
/* After a change: ends the verification where it has to. Out: the entry, JK_NONE where it stands on, or there is none.
 */
JK_MUST_USE enum jk_status jk_owners_changed(struct jk_turn *turn, uint32_t publisher, const char *why,
                                             uint32_t *out_entry, struct jk_error *error);
/* The same for every publisher that the account owns, once it is disabled. Out: the names of those whose
 * verification has ended, in the arena, with commas between; empty for none. */
JK_MUST_USE enum jk_status jk_owners_disabled(struct jk_turn *turn, uint64_t account, struct jk_arena *arena,
                                              const char **out_names, struct jk_error *error);

#endif
