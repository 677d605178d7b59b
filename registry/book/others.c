/* See others.h. */
#include "book/others.h"

#include <string.h>

#include "base/search.h"

static void note_holder(struct jk_others *others, uint32_t model)
{
    uint32_t at = JK_LOWER_BOUND(others->count, i, others->models[i] < model);
    if (at < others->count && others->models[at] == model) return;
    if (others->count == JK_OTHERS_MAX) {
        others->more = true;
        return;
    }
    memmove(&others->models[at + 1], &others->models[at], (others->count - at) * sizeof *others->models);
    others->models[at] = model;
    others->count++;
}

void jk_others_add(struct jk_others *others, const struct jk_book *book, uint32_t release, uint32_t known, uint32_t n,
                   uint32_t but, uint32_t *looks_left)
{
    uint32_t own = jk_book_release(book, release)->model;
    for (int kind = 0; kind < JK_CONTENT_KINDS; kind++) {
        uint32_t slot = jk_content_of(book, release, (enum jk_content)kind, known), holder;
        struct jk_content_walk walk = jk_content_walk_begin(book, (enum jk_content)kind, slot);
        while ((holder = jk_content_walk_next(book, &walk, n)) != JK_NONE) {
            uint32_t model = jk_book_release(book, holder)->model;
            if (*looks_left == 0) {
                others->more = true;
                return;
            }
            --*looks_left;
            if (model != own && model != but) note_holder(others, model);
        }
    }
}
