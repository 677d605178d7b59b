/* SPDX licence expressions (SPDX 2.3, Annex D): parsing, canonical spelling, evaluation. Pure. Identifiers are looked
 * up in the pinned list (registry/data/spdx-list.txt, kept sorted and embedded at build); LicenseRef-… and
 * DocumentRef-…:LicenseRef-… are checked by their grammar. */
#ifndef JK_DOMAIN_SPDX_H
#define JK_DOMAIN_SPDX_H

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"

#define JK_LICENSE_MAX   1024 /* bytes of an expression */
#define JK_LICENSE_TERMS 64   /* identifiers in one */
#define JK_LICENSE_DEPTH 32   /* nested parentheses */

/* Version of the pinned SPDX list ("3.29.0") and the digest of its embedded bytes. */
const char *jk_spdx_version(void);
struct jk_digest jk_spdx_list_digest(void);
/* The canonical spelling of a listed licence identifier; empty if it is not listed. */
struct jk_span jk_spdx_find(struct jk_span identifier);

/* Whether the list says of a licence identifier that it is open: approved by the OSI, or free by the FSF. */
bool jk_spdx_is_open(struct jk_span identifier);

/* Canonical spelling of an expression (identifiers as listed, AND/OR/WITH upper-case, single spaces, parentheses only
 * where precedence requires them; "+" and the order of operands are kept). "NOASSERTION" alone is accepted, "NONE" is
 * not. INVALID_ARGUMENT, as a violation of `field`, names the faulty token, and a listed identifier if one is close.
 * Appends to `out` on success only. */
JK_MUST_USE enum jk_status jk_spdx_canonical(struct jk_span expression, const char *field, struct jk_text *out,
                                             struct jk_error *error);
/* The same of what may be no expression: a copy in `arena`; empty where it is none, or memory is out. */
struct jk_span jk_spdx_spelt(struct jk_span text, struct jk_arena *arena);

/* Evaluates a canonical expression: `value_of` gives each identifier's value (without its "+" and its WITH exception),
 * AND takes the minimum, OR the maximum. NOASSERTION is looked up like an identifier. */
typedef int jk_spdx_value_fn(void *context, struct jk_span identifier);
int jk_spdx_evaluate(struct jk_span canonical, jk_spdx_value_fn *value_of, void *context);

#endif
