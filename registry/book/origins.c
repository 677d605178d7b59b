/* See origins.h. */
#include "book/origins.h"

#include <stdlib.h>

#include "book/book_internal.h"

struct jk_origin {
    enum jk_content kind;
    uint32_t slot;
    uint32_t ruling; /* its place among those in effect */
};

static int compare_numbers(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

/* ---- which are in effect ---- */

struct effective {
    uint32_t effect;
    const struct jk_ruling *ruling;
};

static int compare_effects(const void *left, const void *right)
{
    const struct effective *a = left, *b = right;
    return compare_numbers(a->effect, b->effect);
}

static size_t collect_effective(const struct jk_book *book, uint32_t n, struct effective *found)
{
    const struct jk_ruling *ruling;
    size_t count = 0;
    for (uint32_t i = book->origins; i != JK_NONE; i = ruling->older_origin) {
        ruling = jk_book_ruling(book, i);
        uint32_t effect = jk_book_ruling_effect(ruling, n);
        if (effect != JK_NONE) found[count++] = (struct effective){effect, ruling};
    }
    qsort(found, count, sizeof *found, compare_effects);
    return count;
}

static bool take_rulings(struct jk_origins *origins)
{
    size_t most = (size_t)origins->book->rulings.count + 1;
    struct effective *found = malloc(most * sizeof *found);
    origins->rulings = malloc(most * sizeof *origins->rulings);
    bool room = found && origins->rulings;
    if (room) origins->ruling_count = collect_effective(origins->book, origins->n, found);
    for (size_t i = 0; i < origins->ruling_count; i++)
        origins->rulings[i] = found[i].ruling;
    free(found);
    return room;
}

/* ---- what they are about ---- */

static int compare_contents(const void *left, const void *right)
{
    const struct jk_origin *a = left, *b = right;
    if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
    if (a->slot != b->slot) return compare_numbers(a->slot, b->slot);
    return compare_numbers(a->ruling, b->ruling);
}

static void take_contents(struct jk_origins *origins, uint32_t place)
{
    const struct jk_ruling *ruling = origins->rulings[place];
    for (int i = 0; i < JK_CONTENT_KINDS; i++) {
        enum jk_content kind = (enum jk_content)i;
        uint32_t slot = jk_ruled_content(origins->book, ruling, kind);
        if (!jk_ruling_speaks_of(origins->book, ruling, kind, slot, origins->n)) continue;
        origins->contents[origins->content_count++] = (struct jk_origin){kind, slot, place};
    }
}

bool jk_origins_init(struct jk_origins *origins, const struct jk_book *book, uint32_t n)
{
    *origins = (struct jk_origins){.book = book, .n = n};
    if (!take_rulings(origins)) return false;
    origins->contents = malloc((origins->ruling_count * JK_CONTENT_KINDS + 1) * sizeof *origins->contents);
    if (!origins->contents) return false;
    for (uint32_t i = 0; i < origins->ruling_count; i++)
        take_contents(origins, i);
    qsort(origins->contents, origins->content_count, sizeof *origins->contents, compare_contents);
    return true;
}

void jk_origins_done(struct jk_origins *origins)
{
    free(origins->rulings);
    free(origins->contents);
}

/* ---- asking ---- */

const struct jk_ruling *jk_origins_about_both(const struct jk_origins *origins, uint32_t release, uint32_t other)
{
    uint32_t last = 0;
    for (int i = 0; i < JK_CONTENT_KINDS && origins->content_count > 0; i++) {
        enum jk_content kind = (enum jk_content)i;
        uint32_t slot = jk_content_of(origins->book, release, kind, origins->n);
        if (slot == JK_NONE || slot != jk_content_of(origins->book, other, kind, origins->n)) continue;
        /* The position + 1 of the last ruling about a content; 0 for none. */
        const struct jk_origin wanted = {kind, slot, UINT32_MAX};
        size_t after =
            JK_LOWER_BOUND(origins->content_count, at, compare_contents(&origins->contents[at], &wanted) < 0);
        const struct jk_origin *before = after > 0 ? &origins->contents[after - 1] : NULL;
        uint32_t place = before && before->kind == kind && before->slot == slot ? before->ruling + 1 : 0;
        if (place > last) last = place;
    }
    return last ? origins->rulings[last - 1] : NULL;
}

const struct jk_ruling *jk_origins_about(const struct jk_origins *origins, uint32_t release)
{
    return jk_origins_about_both(origins, release, release);
}
