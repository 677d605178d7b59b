/* Who may act on a publisher's models, decided in the write's turn with the book and directory as they then are. The
 * columns are those of the method's row in methods.def. Pure but for what it reads from the turn. */
#ifndef JK_SERVICE_CALL_AUTHORITY_H
#define JK_SERVICE_CALL_AUTHORITY_H

#include "service/call/write.h"

/* The actor that the log will show: the publisher for its members, the team for its own publishers, the registrar for a
 * publisher that nobody has claimed, an evaluator or admin if the method allows one. PERMISSION_DENIED says what would
 * help. */
JK_MUST_USE enum jk_status jk_act_for_publisher(struct jk_change *change, struct jk_turn *turn, uint32_t publisher,
                                                struct jk_actor *out_actor, struct jk_error *error);
/* The same for a model under its current publisher. A base model may also be changed by the team in its roster facts,
 * whoever publishes it, but by no registrar: its releases are its team's. */
JK_MUST_USE enum jk_status jk_act_for_model(struct jk_change *change, struct jk_turn *turn, uint32_t model,
                                            struct jk_actor *out_actor, struct jk_error *error);
/* Nobody may vouch for, or judge, their own publisher: PERMISSION_DENIED for whoever created it, or is or was a member
 * of it, unless four eyes are off. */
JK_MUST_USE enum jk_status jk_check_not_own(const struct jk_change *change, const struct jk_turn *turn,
                                            struct jk_span publisher, struct jk_error *error);
/* The same for vouching, which requires knowing whose it is: FAILED_PRECONDITION if somebody owns it but there is no
 * record of who created it or belongs to it, as after `jokbod recover`. */
JK_MUST_USE enum jk_status jk_check_may_vouch(const struct jk_change *change, const struct jk_turn *turn,
                                              uint32_t publisher, struct jk_error *error);
/* The same refusal, if the caller has established it otherwise. */
enum jk_status jk_fail_own(struct jk_span publisher, struct jk_error *error);
/* RESOURCE_EXHAUSTED where the publisher's writes of the day (UTC+09:00) would exceed the quota. A token without the
 * scope models stops at half: whatever a machine's registers on a day, the same day suffices to take back. What a
 * registrar enters for others is not the publisher's doing, and uses up nothing of it. */
JK_MUST_USE enum jk_status jk_spend_quota(struct jk_change *change, struct jk_turn *turn, uint32_t publisher,
                                          const struct jk_actor *actor, struct jk_error *error);
/* NOT_FOUND with what to do. */
JK_MUST_USE enum jk_status jk_need_publisher(struct jk_turn *turn, struct jk_span name, uint32_t *out_publisher,
                                             struct jk_error *error);
/* The model with that name; NOT_FOUND with the closest ones. FAILED_PRECONDITION/ABORTED if `etag` is given and
 * differs. */
JK_MUST_USE enum jk_status jk_need_model(struct jk_turn *turn, struct jk_span name, uint32_t *out_model,
                                         struct jk_error *error);
/* The release that "publisher/model@version" names; without a version, the deciding one. NOT_FOUND for either. */
JK_MUST_USE enum jk_status jk_need_release(struct jk_turn *turn, struct jk_span text, uint32_t *out_model,
                                           uint32_t *out_release, struct jk_error *error);
JK_MUST_USE enum jk_status jk_check_etag(struct jk_turn *turn, uint32_t model, const char *etag,
                                         struct jk_error *error);
/* A model's current name, and the publisher in it. */
struct jk_span jk_name_of(const struct jk_turn *turn, uint32_t model);
uint32_t jk_publisher_of(const struct jk_turn *turn, uint32_t model);

#endif
