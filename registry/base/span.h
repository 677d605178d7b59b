/* Spans: a base and a length, not NUL-terminated, never the owner of the bytes. Pure. */
#ifndef JK_BASE_SPAN_H
#define JK_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct jk_span {
    const char *at;
    size_t len;
};

#define JK_SPAN(literal) ((struct jk_span){(literal), sizeof(literal) - 1})
/* For printf's %.*s */
#define JK_SPAN_ARG(span) (int)(span).len, (span).at

static inline struct jk_span jk_span_of(const char *text)
{
    return (struct jk_span){text, text ? strlen(text) : 0};
}

bool jk_span_equal(struct jk_span a, struct jk_span b);
/* Compared as unsigned bytes; a prefix comes before the longer text. */
int jk_span_compare(struct jk_span a, struct jk_span b);
bool jk_span_starts(struct jk_span text, struct jk_span prefix);
bool jk_span_ends(struct jk_span text, struct jk_span suffix);
/* ASCII letters compared case-insensitively. */
bool jk_span_equal_fold(struct jk_span a, struct jk_span b);
bool jk_span_starts_fold(struct jk_span text, struct jk_span prefix);
struct jk_span jk_span_trim(struct jk_span text); /* ASCII white space at both ends */
/* Takes the text before the first `mark` off *rest; if there is none, false, and all of *rest is taken. */
bool jk_span_cut(struct jk_span *rest, char mark, struct jk_span *out_head);
/* The next line without its LF; false at the end. A last line without LF counts, too. */
bool jk_span_line(struct jk_span *rest, struct jk_span *out_line);
/* The text after the last `mark`; all of it if there is none. */
struct jk_span jk_span_after_last(struct jk_span text, char mark);
/* It begins with http:// or https://, in letters of either case. */
bool jk_span_is_url(struct jk_span text);
/* Decimal digits only, no sign, no leading zero except "0" itself; false on anything else or overflow. */
bool jk_span_to_u64(struct jk_span text, uint64_t *out_value);

#endif
