/* Names and their grammar: publishers, models, versions, teams, external models. Pure. Source:
 * registry/formats/lineage.md. An error is the end of a sentence that the caller begins with field and value. */
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
#define JK_IDENTITY_MAX  64  /* bytes of what a hub calls a repository, whatever its name */

/* Why a part of a name is not valid, as the end of a sentence; NULL if it is valid. */
const char *jk_ident_part_fault(struct jk_span part);
const char *jk_ident_model_fault(struct jk_span name); /* publisher/model */
const char *jk_ident_version_fault(struct jk_span version);
const char *jk_ident_team_fault(struct jk_span id);
const char *jk_ident_label_fault(struct jk_span text);                 /* one-line text, see entry.md */
const char *jk_ident_host_fault(struct jk_span host);                  /* of an external model: "host[:port]" */
const char *jk_ident_external_fault(struct jk_span host_and_id);       /* canonical "host/id" */
const char *jk_ident_organisation_fault(struct jk_span host_and_name); /* the same, with an id of one segment */
const char *jk_ident_revision_fault(struct jk_span revision);          /* 40 or 64 hex; "none" is handled by callers */

const char *jk_ident_identity_fault(struct jk_span identity); /* of a repository, by its hub; not empty */

/* The two parts of a valid model name. */
void jk_ident_split(struct jk_span name, struct jk_span *out_publisher, struct jk_span *out_model);

/* Lower-cases ASCII letters into out (len bytes): names are unique in this form. */
void jk_ident_fold(struct jk_span name, char *out);
/* Lower-cases and drops '-', '_', '.' and ' ': reserved names and lenient name rules are compared in this form. Returns
 * the length written, at most name.len. */
size_t jk_ident_fold_lenient(struct jk_span name, char *out);

/* "host/organisation" of a valid "host/id"; empty if the id has only one segment and so belongs to no organisation. */
struct jk_span jk_ident_organisation_of(struct jk_span external);

/* Whether this is the Hugging Face Hub under another address than huggingface.co, such as hf.co, www.huggingface.co or
 * one with a default port, which would give one model two names. Out: what follows the host. Checked when writing;
 * existing logs may contain such names. */
bool jk_ident_is_hub_respelled(struct jk_span host_and_id, struct jk_span *out_id);

/* Appends the canonical "host/id" for what a card or a person wrote: a URL (https://host/a/b; scheme, query, trailing
 * slash and "/tree/…", "/blob/…" are dropped) or host/id; percent-encodes. False, with nothing appended, if it cannot
 * be one; "publisher/model" cannot, since a host contains a dot. */
bool jk_ident_external_from(struct jk_span text, struct jk_text *out);
/* A path on a local disk rather than a model: starts with '/', './', '../', '~', a drive letter, or file:. */
bool jk_ident_is_local_path(struct jk_span text);

#endif
