/* See common.h. */
#include "service/evaluate/common.h"

#include <stdlib.h>

#include "book/book_ask.h"
#include "service/call/write.h"

struct contents {
    struct jk_common *list;
    size_t count;
};

static int by_slot(const void *a, const void *b)
{
    const struct jk_common *one = a, *other = b;
    if (one->kind != other->kind) return one->kind < other->kind ? -1 : 1;
    return (one->slot > other->slot) - (one->slot < other->slot);
}

static void add_contents(const struct jk_book *book, uint32_t release, uint32_t n, struct contents *out)
{
    for (int kind = 0; release != JK_NONE && kind < JK_CONTENT_KINDS; kind++) {
        uint32_t slot = jk_content_of(book, release, (enum jk_content)kind, n);
        if (slot != JK_NONE) out->list[out->count++] = (struct jk_common){(enum jk_content)kind, slot};
    }
}

/* Of all releases of a model that are not yanked, of the standing one, and of the one that stood at `past`. */
static enum jk_status list_contents(const struct jk_turn *turn, uint32_t model, uint32_t past, struct contents *out,
                                    struct jk_error *error)
{
    uint32_t n = jk_turn_size(turn), release = jk_book_model(turn->book, model)->last_release;
    size_t room = 2;
    for (; release != JK_NONE; release = jk_book_release(turn->book, release)->older)
        room++;
    *out = (struct contents){jk_arena_zalloc(turn->arena, room * JK_CONTENT_KINDS, sizeof *out->list), 0};
    if (!out->list) return jk_out_of_memory(error);
    release = jk_book_model(turn->book, model)->last_release;
    for (; release != JK_NONE; release = jk_book_release(turn->book, release)->older)
        if (!jk_book_is_yanked(turn->book, release, n)) add_contents(turn->book, release, n, out);
    add_contents(turn->book, jk_book_standing_release(turn->book, model, n), n, out);
    if (jk_book_model(turn->book, model)->index < past)
        add_contents(turn->book, jk_book_standing_release(turn->book, model, past), n, out);
    return JK_OK;
}

enum jk_status jk_common_find(const struct jk_turn *turn, uint32_t model, uint32_t other, uint32_t stage,
                              struct jk_common **out_list, size_t *out_count, struct jk_error *error)
{
    const struct jk_closing *closing =
        stage == JK_NONE ? NULL : jk_book_closing(turn->book, stage, 0, jk_turn_size(turn));
    struct contents mine, theirs;
    JK_TRY(list_contents(turn, model, 0, &mine, error));
    JK_TRY(list_contents(turn, other, closing ? closing->n : 0, &theirs, error));
    qsort(mine.list, mine.count, sizeof *mine.list, by_slot);
    size_t count = 0;
    for (size_t i = 0; i < theirs.count; i++)
        if (bsearch(&theirs.list[i], mine.list, mine.count, sizeof *mine.list, by_slot))
            theirs.list[count++] = theirs.list[i];
    *out_list = theirs.list;
    *out_count = count;
    return JK_OK;
}
