/* Words as people paste them: with spaces that cannot be typed, and invisible characters. Pure. */
#ifndef JK_DECLARE_WORDS_H
#define JK_DECLARE_WORDS_H

#include "base/arena.h"
#include "base/span.h"

/* Without white space of any script, and without invisible characters (zero-width, byte order and direction marks), at
 * both ends. */
struct jk_span jk_words_trim(struct jk_span text);
/* The same, also without invisible characters in between; text that needs no change is returned as it is. */
struct jk_span jk_words_visible(struct jk_span text, struct jk_arena *arena);
/* A key as people vary it, without regard to case, "-", "_" and spaces: "Base-Model" is base_model. */
bool jk_words_same_key(struct jk_span a, struct jk_span b);
/* ASCII letters compared without regard to case: whether `what` stands in `text`; as a word of its own, with no letter
 * or digit beside it, or anywhere. */
bool jk_words_hold(struct jk_span text, const char *what, bool own_word);

#endif
