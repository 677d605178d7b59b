/* A publisher's owners, and how changes among them affect its verification.
 *
 * A verification is about those who own the publisher when it is granted. Each of these owners "stands" at it: their
 * membership has the index of the `verify` entry. The verification ends, with an `unverify` entry by the server in the
 * same write, as soon as no owner who stands has an enabled account, or there is an owner who does not stand: one added
 * without a registrar's confirmation, or by an admin. With a registrar's confirmation a new owner stands
 * (RequestPublisher, kind owner) once they accept. If it is not known who stood, as after `jokbod recover`, the first
 * change of members ends it.
 *
 * Thread: the sequencer, in a write's turn. */
#ifndef JK_SERVICE_RECORDS_OWNERS_H
#define JK_SERVICE_RECORDS_OWNERS_H

#include "service/call/write.h"

JK_MUST_USE enum jk_status jk_member_put(struct jk_turn *turn, const struct jk_member *member, struct jk_error *error);
/* Makes the account an owner, who stands at the verification of entry `stood`; 0: at none. `publisher` as it is
 * written. */
JK_MUST_USE enum jk_status jk_owner_put(struct jk_turn *turn, struct jk_span publisher, uint64_t account,
                                        uint32_t stood, struct jk_error *error);
/* Invites the account, with the role and everything else in the membership; `publisher` as it is written. */
JK_MUST_USE enum jk_status jk_invitation_put(struct jk_turn *turn, struct jk_span publisher,
                                             struct jk_member *invitation, struct jk_error *error);
/* Records that the account created the publisher, which counts against its quota forever. */
JK_MUST_USE enum jk_status jk_creator_put(struct jk_turn *turn, struct jk_span publisher, uint64_t account,
                                          struct jk_error *error);
/* RESOURCE_EXHAUSTED if the publisher has as many members as it may, including those invited. */
JK_MUST_USE enum jk_status jk_member_room(struct jk_turn *turn, struct jk_span publisher, struct jk_error *error);

/* Whether the publisher has an owner other than this account. */
bool jk_owners_other(struct jk_turn *turn, struct jk_span publisher, uint64_t account);
/* Whether the owners that an admin names, each once, are those of now: FAILED_PRECONDITION with who they are, if
 * somebody joined or left since the admin looked. Without any named there must be one owner at most. */
JK_MUST_USE enum jk_status jk_owners_check_named(struct jk_turn *turn, uint32_t publisher, const int64_t *named,
                                                 size_t count, struct jk_error *error);
/* The owners as text for people, in the arena: "account 7 (label)", "accounts 7 (label) and 9 (label)", at most ten of
 * them, or "nobody". NULL: out of memory. */
const char *jk_owners_text(struct jk_turn *turn, uint32_t publisher, struct jk_arena *arena);
/* Makes all owners of a publisher that this entry has just verified stand. */
JK_MUST_USE enum jk_status jk_owners_stand(struct jk_turn *turn, uint32_t publisher, uint32_t entry,
                                           struct jk_error *error);
/* Whether it is known who stands at the publisher's verification, if it has one: ask before a change. */
bool jk_owners_known(struct jk_turn *turn, uint32_t publisher);

/* Why a verification ended: the evidence of its entry. */
#define JK_ENDED_LEFT        "owner-left"     /* the last who stood left, or their account was disabled */
#define JK_ENDED_ADDED       "owner-added"    /* by an owner, without a registrar's confirmation */
#define JK_ENDED_TRANSFERRED "transferred"    /* by an admin, or by a claim that was approved */
#define JK_ENDED_UNKNOWN     "owners-unknown" /* it is not recorded who stood */
/* After a change: ends the verification if required. Out: the entry, JK_NONE if it continues, or there is none. */
JK_MUST_USE enum jk_status jk_owners_changed(struct jk_turn *turn, uint32_t publisher, const char *why,
                                             uint32_t *out_entry, struct jk_error *error);
/* The same for every publisher that the account owns, once it is disabled. Out: the names of those whose verification
 * ended, in the arena, separated by commas; empty for none. */
JK_MUST_USE enum jk_status jk_owners_disabled(struct jk_turn *turn, uint64_t account, struct jk_arena *arena,
                                              const char **out_names, struct jk_error *error);

#endif
