/* Unicode can encode some characters in two ways: composed, as most systems store names, or decomposed, as others do.
 * Pure. */
#ifndef JK_VERIFY_FORM_H
#define JK_VERIFY_FORM_H

#include "base/span.h"

/* Whether two names differ only in that form, where rules determine it: Korean syllables and their letters. */
bool jk_form_same(struct jk_span a, struct jk_span b);
/* Whether a name may have another form at all: it holds more than ASCII. */
bool jk_form_varies(struct jk_span name);

#endif
