/* What somebody types who looks for something, and how well names match it. Pure. */
#ifndef JK_SERVICE_RECORDS_TYPED_H
#define JK_SERVICE_RECORDS_TYPED_H

#include "base/span.h"

#define JK_TYPED_MAX  96  /* bytes */
#define JK_TYPED_NAME 256 /* bytes of a name that are looked at */

/* From the best. */
enum jk_typed_rank {
    JK_TYPED_BEGINS,   /* the name, or what follows its "/", begins with the text */
    JK_TYPED_CONTAINS, /* it contains the text */
    JK_TYPED_WORDS,    /* it contains each of the text's words */
    JK_TYPED_NOT
};

struct jk_typed {
    char text[JK_TYPED_MAX + 1]; /* in lower case */
    size_t len;
    struct jk_span words[JK_TYPED_MAX]; /* in `text`: a copy of this struct is none */
    size_t count;
};

/* Without spaces around it; `between`: the characters that stand between words. False: it is empty, or longer than
 * JK_TYPED_MAX bytes; there are no words then. */
bool jk_typed_read(struct jk_span text, const char *between, struct jk_typed *out_typed);
/* Without regard to case in ASCII. */
enum jk_typed_rank jk_typed_rank(const struct jk_typed *typed, struct jk_span name);
/* Whether a name contains all words, and there are any; without regard to case, too. */
bool jk_typed_has_words(const struct jk_typed *typed, struct jk_span name);

#endif
