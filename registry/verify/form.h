/* Unicode writes some characters in two ways: composed, as most systems keep names, or taken apart, as others do. Pure.
 */
#ifndef JK_VERIFY_FORM_H
#define JK_VERIFY_FORM_H

#include "base/span.h"

/* Whether two names are the same but for that form, as far as it follows from rules: Korean syllables and their
 * letters. */
bool jk_form_same(struct jk_span a, struct jk_span b);
/* Whether a name may have another form at all: it holds more than ASCII. */
bool jk_form_varies(struct jk_span name);

#endif
