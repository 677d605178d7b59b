/* What a reader was unsure of, or ignored, as sentences for people: without a full stop, each once. Pure; they are in
 * the arena. At most 64; any more are dropped. */
#ifndef JK_DECLARE_DOUBTS_H
#define JK_DECLARE_DOUBTS_H

#include "base/arena.h"
#include "base/span.h"

#define JK_DOUBTS_MAX 64

struct jk_doubts {
    struct jk_arena *arena;
    const char *items[JK_DOUBTS_MAX];
    size_t count;
};

void jk_doubts_add(struct jk_doubts *doubts, const char *format, ...) __attribute__((format(printf, 2, 3)));
void jk_doubts_add_all(struct jk_doubts *doubts, const struct jk_doubts *more);
/* A value for such a sentence, as jk_text_shorten has it; in the arena. */
const char *jk_doubts_shown(struct jk_doubts *doubts, struct jk_span value);

#endif
