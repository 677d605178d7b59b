/* What licences permit, how the Hub's identifiers map to SPDX, and which licences impose a model's name. Pure. The
 * facts themselves are log entries (registry/data/ has those a new log starts with). */
#ifndef JK_DOMAIN_LICENSE_H
#define JK_DOMAIN_LICENSE_H

#include "base/span.h"

enum jk_permission { JK_PERMISSION_NO, JK_PERMISSION_UNKNOWN, JK_PERMISSION_CONDITIONAL, JK_PERMISSION_YES };
enum jk_permission_kind { JK_MAY_COMMERCIAL, JK_MAY_DERIVE, JK_MAY_REDISTRIBUTE, JK_PERMISSION_KINDS };

const char *jk_permission_text(enum jk_permission permission); /* "NO", … */
bool jk_permission_parse(struct jk_span text, enum jk_permission *out_permission);

/* What the SPDX list itself tells of an identifier: an open licence (jk_spdx_is_open) permits everything; of Creative
 * Commons' licences NC permits no commercial use, ND no derivatives, and all of them the rest. False where it tells
 * nothing. */
bool jk_license_of_list(struct jk_span identifier, enum jk_permission out_permissions[JK_PERMISSION_KINDS]);

/* Licence classes, by which counts are grouped: from an expression's permissions.
 * open: all three YES; conditional: none NO or UNKNOWN, not all YES; non-commercial: commercial NO, derivatives not NO;
 * no-derivatives: derivatives NO, or redistribution NO with nothing unknown; unknown: any UNKNOWN otherwise. */
enum jk_license_class {
    JK_LICENSE_OPEN,
    JK_LICENSE_CONDITIONAL,
    JK_LICENSE_NON_COMMERCIAL,
    JK_LICENSE_NO_DERIVATIVES,
    JK_LICENSE_UNKNOWN,
    JK_LICENSE_CLASSES
};
enum jk_license_class jk_license_class_of(const enum jk_permission permissions[JK_PERMISSION_KINDS]);
const char *jk_license_class_text(enum jk_license_class class); /* "open", "conditional", "non-commercial", … */

/* Whether the model part of a name satisfies a licence's name forms ("A|B"; empty: no rule). Literally: it starts with
 * one of the forms. Leniently: the same ignoring case, spaces, dashes, underscores and dots. */
struct jk_name_verdict {
    bool literal, lenient;
};
struct jk_name_verdict jk_license_name_check(struct jk_span model_part, struct jk_span name_forms);

/* Maps a card's licence to SPDX by the embedded table (registry/data/hub-licenses.tsv). `license`, `license_name`: as
 * in the card, empty if absent; case and separators do not matter. `family`: the model parts of the names of the roots
 * or parents, one of which must start with the row's family (ignoring case); rows without a family match any. If rows
 * of two families match and differ, neither is used. An identifier that is itself on the SPDX list maps to itself.
 * Empty if nothing matches. */
struct jk_span jk_license_from_hub(struct jk_span license, struct jk_span license_name, const struct jk_span *families,
                                   size_t family_count);

#endif
