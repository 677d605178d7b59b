/* The interface's messages from the book, at a log size. Pure: reads a view, allocates in an arena. */
#ifndef JK_SERVICE_RECORDS_PRESENT_H
#define JK_SERVICE_RECORDS_PRESENT_H

#include "book/book_ask.h"
#include "service/call/convert.h"
#include "service/call/services.h"

/* What a message is made from. `size` is a log size that the book has; `directory` tells which manifests are stored
 * here. */
struct jk_present {
    const struct jk_book *book;
    struct jk_directory *directory;
    uint32_t size;
    struct jk_arena *arena;
};

/* Each returns NULL if the arena is exhausted. */
Jokbo__V1__Publisher *jk_present_publisher(const struct jk_present *present, uint32_t publisher);
Jokbo__V1__Model *jk_present_model(const struct jk_present *present, uint32_t model);
/* Without its deciding release. */
Jokbo__V1__Model *jk_present_model_alone(const struct jk_present *present, uint32_t model);
/* With its statement, byte for byte as hashed. */
Jokbo__V1__Release *jk_present_release(const struct jk_present *present, uint32_t release, bool with_statement);
Jokbo__V1__Root *jk_present_root(const struct jk_present *present, const struct jk_spell *spell);

/* The name of a model at the size. */
static inline struct jk_span jk_present_name(const struct jk_present *present, uint32_t model)
{
    return jk_book_alias(present->book, model, present->size)->name;
}

#endif
