/* Policies, stages, rulings and disputes as messages, with their free texts (texts.h). */
#ifndef JK_SERVICE_EVALUATE_STAGES_H
#define JK_SERVICE_EVALUATE_STAGES_H

#include <jokbo/v1/stage.pb-c.h>

#include "book/stage.h"
#include "service/call/authority.h"
#include "service/records/present.h"
#include "service/call/texts.h"

/* Each returns NULL if the arena is exhausted. `texts` may be NULL. */
Jokbo__V1__Policy *jk_present_policy(const struct jk_present *present, uint32_t policy);
Jokbo__V1__Stage *jk_present_stage(const struct jk_present *present, uint32_t stage, struct jk_texts *texts);
Jokbo__V1__Closing *jk_present_closing(const struct jk_present *present, const struct jk_closing *closing,
                                       struct jk_texts *texts);
Jokbo__V1__Ruling *jk_present_ruling(const struct jk_present *present, uint32_t ruling, struct jk_texts *texts);
Jokbo__V1__Dispute *jk_present_dispute(const struct jk_present *present, uint32_t dispute, struct jk_texts *texts);
/* One that need not be recorded: what it is called, says and does. */
Jokbo__V1__Policy *jk_explain_policy(const struct jk_present *present, const struct jk_policy *policy);
/* The etag that jk_present_stage gives a stage at size n. */
void jk_stage_etag(const struct jk_book *book, uint32_t stage, uint32_t n, char out_etag[JK_ETAG_TEXT]);
/* Teams as in an entry, as a list of at most JK_STAGE_TEAMS_MAX. */
void jk_present_teams(const struct jk_present *present, struct jk_span teams, size_t *out_count, char ***out_teams);
/* The newest revision, 0 if a stage is not closed. */
uint32_t jk_stage_revisions(const struct jk_present *present, uint32_t stage);

/* A policy by name (its highest version), name@version or digest; JK_NONE. */
uint32_t jk_policy_find(const struct jk_book *book, struct jk_span text, uint32_t n);
enum jk_status jk_policy_not_found(struct jk_error *error, const char *text);
enum jk_status jk_stage_not_found(struct jk_error *error, const char *id);
enum jk_status jk_revision_not_found(struct jk_error *error, const char *stage, int32_t revision);
/* A model's name in a request: its grammar; a violation of `field`. */
void jk_check_model_name(struct jk_error *error, const char *field, const char *name);
/* The same with a version, or without: publisher/model@version. */
void jk_check_release_name(struct jk_error *error, const char *field, const char *name);
/* Whether a model has the base model among its roots. */
bool jk_descends_from_base(const struct jk_book *book, uint32_t model, uint32_t base, uint32_t n);
/* Whether a base model of the team is among its roots, or is itself. */
bool jk_leads_to_team(const struct jk_present *present, uint32_t model, uint32_t team);
/* A list's filter by team: JK_NONE if none is given. */
JK_MUST_USE enum jk_status jk_filter_team(struct jk_call *call, const struct jk_present *present, const char *id,
                                          uint32_t *out_team);
/* A list's filter by model: JK_NONE if none is given. */
JK_MUST_USE enum jk_status jk_filter_model(struct jk_call *call, const struct jk_present *present, const char *name,
                                           uint32_t *out_model);

#endif
