/* Templates in Mustache's syntax: variables, sections, inverted sections, partials and comments, with dotted names, the
 * implicit iterator {{.}}, and the white space of tags that stand alone on a line. Nothing else: no other delimiters, no
 * lambdas, no recursive partials, and no way to write a text unescaped, since no page needs one.
 *
 * Pure. A template is compiled once, with its partials in it, and rendered over a view (shown.h) by any number of threads at
 * a time. An error in a template is found when it is compiled. A name that the view does not have is an empty text. */
#ifndef JK_WEB_MUSTACHE_H
#define JK_WEB_MUSTACHE_H

#include "base/error.h"
#include "base/text.h"
#include "web/shown.h"

#define JK_MUSTACHE_DEPTH        16 /* sections in each other, those of partials included; and partials in each other */
#define JK_MUSTACHE_BYTES_MAX    (1u << 20) /* compiled, with its partials */
#define JK_MUSTACHE_PARTIALS_MAX 4096       /* taken by one template */
#define JK_MUSTACHE_NAME_MAX     64

struct jk_mustache;

/* The source of a partial; false if there is none of that name. The bytes are copied. */
typedef bool jk_mustache_partial_fn(void *context, struct jk_span name, struct jk_span *out_source);

/* `name` is for messages. INTERNAL (BAD_SITE) names the template, the line and what is wrong. `partial` NULL: there are
 * none.  */
JK_MUST_USE enum jk_status jk_mustache_compile(const char *name, struct jk_span source, jk_mustache_partial_fn *partial,
                                               void *context, struct jk_mustache **out_template,
                                               struct jk_error *error);
void jk_mustache_free(struct jk_mustache *compiled); /* accepts NULL */

/* Appends to `out`, whose limit bounds the page; false if that failed. */
JK_MUST_USE bool jk_mustache_render(const struct jk_mustache *compiled, const struct jk_shown *view,
                                    struct jk_text *out);

/* Text as it may stand in HTML, XML and quoted attributes: & < > " ' as entities; control characters (line feed and tab
 * excepted), characters that reorder the text around them, and bytes that are not UTF-8 visibly as \u{202e}, \x80. */
void jk_mustache_escape(struct jk_text *out, struct jk_span text);

#endif
