/* A root of a derivative as a message. Pure. */
#ifndef JK_REPLY_ROOT_H
#define JK_REPLY_ROOT_H

#include <jokbo/v1/registry.pb-c.h>

#include "book/book.h"

/* The base model's name and team as of the size, and how far the derivative is from it; NULL when memory is out. */
Jokbo__V1__Root *jk_to_root(struct jk_arena *arena, const struct jk_book *book, uint32_t size,
                            const struct jk_spell *spell);

#endif
