/* Names and their grammar: publishers, models, versions, teams, external models. Pure.
 * Source: registry/formats/lineage.md. A fault is the end of a sentence that the caller begins with field and value. */
#ifndef JK_DOMAIN_IDENT_H
#define JK_DOMAIN_IDENT_H

#include "base/error.h"
#include "base/span.h"
#include "base/text.h"

#define JK_NAME_PART_MAX 96
#define JK_NAME_MAX      (2 * JK_NAME_PART_MAX + 1)
#define JK_VERSION_MAX   64
#define JK_TEAM_ID_MAX   63
#define JK_EXTERNAL_MAX  512
#define JK_LABEL_MAX     200 /* bytes of a one-line text */

/* Why a name part is not valid, as the end of a sentence; NULL when it is valid. */
const char *jk_ident_part_fault(struct jk_span part);
const char *jk_ident_model_fault(struct jk_span name); /* publisher/model */
const char *jk_ident_version_fault(struct jk_span version);
const char *jk_ident_team_fault(struct jk_span id);
const char *jk_ident_label_fault(struct jk_span text);                 /* one-line text, see entry.md */
const char *jk_ident_external_fault(struct jk_span host_and_id);       /* canonical "host/id" */
const char *jk_ident_organisation_fault(struct jk_span host_and_name); /* the same, its id one segment */
const char *jk_ident_revision_fault(struct jk_span revision);          /* 40 or 64 hex; "none" is handled by callers */

/* The two parts of a valid model name. */
void jk_ident_split(struct jk_span name, struct jk_span *out_publisher, struct jk_span *out_model);

/* Lower-cases ASCII letters into out (len bytes): names are unique in this form. */
void jk_ident_fold(struct jk_span name, char *out);
/* Lower-cases and drops '-', '_', '.' and ' ': reserved names and lenient name rules compare in this
 * form. Returns the length written, at most name.len. */
size_t jk_ident_fold_lenient(struct jk_span name, char *out);

/* "host/organisation" of a valid "host/id"; empty where the id has one segment only, so that nobody's. */
struct jk_span jk_ident_organisation_of(struct jk_span external);

/* Is this the Hugging Face Hub by another address than huggingface.co, such as hf.co, www.huggingface.co or with a default
 * port: one name would be two. Out: what follows the host. A condition for writing; the log may hold such names. */
bool jk_ident_is_hub_respelled(struct jk_span host_and_id, struct jk_span *out_id);

/* Appends the canonical "host/id" of what a card or a person writes: a URL (https://host/a/b, scheme, query, trailing
 * slash and "/tree/…", "/blob/…" dropped) or host/id; percent-encodes. False, with nothing appended, when it cannot be
 * one; "publisher/model" cannot, since a host has a dot. */
bool jk_ident_external_from(struct jk_span text, struct jk_text *out);
/* A path on somebody's disk rather than a model: starts with '/', './', '../', '~', a drive letter, or file:. */
bool jk_ident_is_local_path(struct jk_span text);

#endif
