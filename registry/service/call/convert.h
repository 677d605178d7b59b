/* Between the rules' types and the interface's: enums, times, digests, strings in a call's arena. Pure. */
#ifndef JK_SERVICE_CALL_CONVERT_H
#define JK_SERVICE_CALL_CONVERT_H

#include <google/protobuf/timestamp.pb-c.h>
#include <jokbo/v1/access.pb-c.h>
#include <jokbo/v1/demo.pb-c.h>
#include <jokbo/v1/evaluation.pb-c.h>
#include <jokbo/v1/evidence.pb-c.h>
#include <jokbo/v1/log.pb-c.h>
#include <jokbo/v1/registry.pb-c.h>
#include <jokbo/v1/stage.pb-c.h>

#include "auth/access.h"
#include "book/book.h"
#include "domain/grade.h"
#include "reply/message.h"

/* Parses an optional digest: empty is zero. Adds a violation of `field` otherwise. */
void jk_from_hex(const char *text, const char *field, struct jk_digest *out_digest, struct jk_error *error);

Jokbo__V1__Relation jk_to_relation(enum jk_relation relation);
/* False for a number outside the enum. */
bool jk_from_relation(int value, enum jk_relation *out_relation);
Jokbo__V1__LicenseClass jk_to_license_class(enum jk_license_class class);
bool jk_from_license_class(int value, enum jk_license_class *out_class);
Jokbo__V1__Grade jk_to_grade(enum jk_grade grade);
/* False for a number outside the enum, and for the unspecified. */
bool jk_from_grade(int value, enum jk_grade *out_grade);
Jokbo__V1__Answer jk_to_answer(enum jk_answer answer);
bool jk_from_answer(int value, enum jk_answer *out_answer);
bool jk_from_permission(int value, enum jk_permission *out_permission);

/* The etag of a model or a stage, "MADE-CHANGED": the entries that made it and that changed it last, 0 for none. */
#define JK_ETAG_TEXT 24
void jk_write_etag(uint32_t made, uint32_t changed, char out_etag[JK_ETAG_TEXT]);

/* A violation of `field`: "\"value\" why", with the value shortened; nothing if `why` is NULL. */
void jk_check_field(struct jk_error *error, const char *field, const char *value, const char *why);
void jk_check_span(struct jk_error *error, const char *field, struct jk_span value, const char *why);
/* A free text with a reason: at most JK_TEXT_MAX bytes. */
void jk_check_reason(struct jk_error *error, const char *field, const char *text, bool required);
/* The label of an account or token: one plain line of at most JK_LABEL_TEXT_MAX bytes. */
void jk_check_label(struct jk_error *error, const char *field, const char *text, bool required);
/* A violation if "host/…" is the Hugging Face Hub under another address: the same model would have two names. */
void jk_check_hub_spelling(struct jk_error *error, const char *field, struct jk_span external);

#endif
