/* What RegisterDerivative, BatchRegisterDerivatives and PublishRelease share: a declared release from the request to
 * its entry and back into a reply. Runs on the rpc thread (read, note) and in the write's turn (the rest). */
#ifndef JK_SERVICE_RECORDS_REGISTRATION_H
#define JK_SERVICE_RECORDS_REGISTRATION_H

#include "service/call/authority.h"
#include "service/records/draft.h"
#include "service/records/present.h"

struct jk_present jk_present_turn(const struct jk_change *change, const struct jk_turn *turn);
/* Reads the draft, or ends the call with everything that is wrong with it. `further`: of an existing model. */
struct jk_draft *jk_registration_read(struct jk_call *call, const Jokbo__V1__Derivative *message, const char *field,
                                      bool further);
/* If the grammar of some drafts is wrong: what else is wrong with any of them, as much as an error can hold. */
void jk_registration_note_mistakes(struct jk_call *call, const struct jk_draft *drafts, size_t count, bool further);
/* The identical statement exists already: success for a pipeline, reported with its index. */
enum jk_status jk_registration_exists(struct jk_change *change, struct jk_turn *turn,
                                      const struct jk_resolved *resolved, uint32_t release, struct jk_error *error);
JK_MUST_USE enum jk_status jk_registration_append(struct jk_turn *turn, enum jk_kind kind, const struct jk_actor *actor,
                                                  const struct jk_resolved *resolved, uint32_t *out_index,
                                                  struct jk_error *error);
/* A notice about a release's external parents: that a model of the same name is registered, but not proven to be the
 * same. Empty for nothing; NULL if the arena is exhausted. */
char *jk_registration_notice(const struct jk_present *present, uint32_t release);
/* The reply about change->entry; change->input is the draft. */
JK_MUST_USE enum jk_status jk_registration_tell(struct jk_change *change, struct jk_turn *turn,
                                                ProtobufCMessage **out_reply);
/* Parents and relation that a further release leaves out: those of the model's deciding (or newest) release. */
JK_MUST_USE enum jk_status jk_release_inherit(struct jk_change *change, struct jk_turn *turn, uint32_t model,
                                              struct jk_draft *draft, struct jk_error *error);
/* ALREADY_EXISTS (VERSION_TAKEN): the model has a release of the draft's version. */
JK_MUST_USE enum jk_status jk_version_check(const struct jk_turn *turn, uint32_t model, const struct jk_draft *draft,
                                            struct jk_error *error);

/* A new model: everything from its publisher to the entry. */
JK_MUST_USE enum jk_status jk_register_one(struct jk_change *change, struct jk_turn *turn, const struct jk_draft *draft,
                                           struct jk_resolved *out_resolved, uint32_t *out_index,
                                           struct jk_error *error);
/* The publisher with that name; a registrar creates missing ones. */
JK_MUST_USE enum jk_status jk_register_publisher(struct jk_change *change, struct jk_turn *turn, struct jk_span name,
                                                 uint32_t *out_publisher, struct jk_error *error);

#endif
