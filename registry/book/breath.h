/* Long work on a book is done in stretches: between two of them whoever holds the book for it lets writers pass, and may
 * say that the work is to end. What is asked of the book in between is asked at a size that does not change any more. */
#ifndef JK_BOOK_BREATH_H
#define JK_BOOK_BREATH_H

#include "base/error.h"

#define JK_BREATH_MODELS 4096u  /* looked at in one stretch */
#define JK_BREATH_LINKS  65536u /* steps up and down the links in one stretch */

struct jk_breath {
    enum jk_status (*take)(void *context, struct jk_error *error); /* NULL: the book is the worker's own */
    void *context;
};

JK_MUST_USE static inline enum jk_status jk_breathe(const struct jk_breath *breath, struct jk_error *error)
{
    return breath->take ? breath->take(breath->context, error) : JK_OK;
}

/* After each model looked at; `looked` counts them from 0. */
JK_MUST_USE static inline enum jk_status jk_breathe_after(const struct jk_breath *breath, uint32_t *looked,
                                                          struct jk_error *error)
{
    return ++*looked % JK_BREATH_MODELS == 0 ? jk_breathe(breath, error) : JK_OK;
}

#endif
