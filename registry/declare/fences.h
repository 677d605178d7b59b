/* The "---" lines around a card's front matter. Pure. */
#ifndef JK_DECLARE_FENCES_H
#define JK_DECLARE_FENCES_H

#include "base/span.h"

/* Blocks between one "---" line and the next, from the top down, outside code blocks ("```"). */
struct jk_fences {
    struct jk_span rest, begin; /* begin: the text after the newest "---"; NULL before the first */
    unsigned line, begin_line;  /* read so far; the number of the block's first line */
    bool in_code;
};

struct jk_fences jk_fences_of(struct jk_span text);
/* The next block and the number of its first line; false when there is none. Two blocks share the line between them. */
bool jk_fences_next(struct jk_fences *fences, struct jk_span *out_block, unsigned *out_line);
/* Whether a line is "---", spaces behind it left aside. */
bool jk_fences_is_one(struct jk_span line);

#endif
