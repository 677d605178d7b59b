/* What a template is rendered over: a tree of maps, lists and texts, built once and read once. Pure. All of it lies in one
 * arena, with copies of what it was given; where that is exhausted, adding does nothing and returns NULL, and what is added
 * to NULL is left out, so that a builder looks at the arena once, at its end. Keys are string literals. */
#ifndef JK_WEB_SHOWN_H
#define JK_WEB_SHOWN_H

#include "base/arena.h"
#include "base/span.h"

enum jk_shown_kind { JK_SHOWN_TEXT, JK_SHOWN_FLAG, JK_SHOWN_MAP, JK_SHOWN_LIST };

struct jk_shown {
    struct jk_arena *arena;
    const char *key; /* NULL for an item of a list, and for the root */
    size_t key_len;
    enum jk_shown_kind kind;
    struct jk_span text;
    struct jk_shown *first, *last, *next; /* children of a map or list, in order; the next sibling */
};

struct jk_shown *jk_shown_root(struct jk_arena *arena);
/* `parent` is a map, with a key, or a list, with the key NULL. */
struct jk_shown *jk_shown_map(struct jk_shown *parent, const char *key);
struct jk_shown *jk_shown_list(struct jk_shown *parent, const char *key);
void jk_shown_text(struct jk_shown *parent, const char *key, struct jk_span text);
static inline void jk_shown_string(struct jk_shown *parent, const char *key, const char *text)
{
    jk_shown_text(parent, key, jk_span_of(text));
}
void jk_shown_printf(struct jk_shown *parent, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* With a comma between thousands: "12,345". */
void jk_shown_number(struct jk_shown *parent, const char *key, int64_t number);
/* Nothing where it is false: sections of it are left out, inverted ones are not. */
void jk_shown_flag(struct jk_shown *parent, const char *key, bool holds);

/* The child of a map; NULL for none, and for what is no map. */
const struct jk_shown *jk_shown_find(const struct jk_shown *map, struct jk_span key);

#endif
