/* What the interface's messages are made from: a book at a log size. Pure. */
#ifndef JK_SERVICE_RECORDS_PRESENTED_H
#define JK_SERVICE_RECORDS_PRESENTED_H

#include "book/book_ask.h"
#include "service/call/convert.h"
#include "service/call/services.h"

/* `size` is a log size that the book has; `directory` tells which manifests are stored
 * here. */
struct jk_present {
    const struct jk_book *book;
    struct jk_directory *directory;
    uint32_t size;
    struct jk_arena *arena;
    uint32_t *looks_left; /* of a list, for all its items: see book/others.h; NULL: of one item alone */
    int64_t now_us;       /* when it is read; 0: when the last entry was written */
};

/* The name of a model at the size. */
static inline struct jk_span jk_present_name(const struct jk_present *present, uint32_t model)
{
    return jk_book_alias(present->book, model, present->size)->name;
}

/* "publisher/model@version", with the model's name at the size; NULL: memory is out. */
static inline char *jk_present_release_name(const struct jk_present *present, uint32_t slot)
{
    const struct jk_release *release = jk_book_release(present->book, slot);
    return jk_arena_printf(present->arena, "%.*s@%.*s", JK_SPAN_ARG(jk_present_name(present, release->model)),
                           JK_SPAN_ARG(release->version));
}

#endif
