/* See root.h. */
#include "reply/root.h"

#include "reply/message.h"

Jokbo__V1__Root *jk_to_root(struct jk_arena *arena, const struct jk_book *book, uint32_t size,
                            const struct jk_spell *spell)
{
    const struct jk_base_facts *base = jk_book_base(book, spell->root, size);
    Jokbo__V1__Root *out = JK_MESSAGE(arena, Jokbo__V1__Root, jokbo__v1__root);
    if (!out) return NULL;
    out->name = jk_to_string(arena, jk_book_alias(book, spell->root, size)->name);
    if (base && base->team != JK_NONE) out->team = jk_to_string(arena, jk_book_team(book, base->team)->id);
    out->depth = spell->depth;
    out->adopted = spell->flags & JK_FLAG_ADOPTED_ONLY;
    return out;
}
