/* Totals of many scopes in one walk: see count.h. Each base model has a mask of the scopes that it belongs to, so that
 * a derivative touches only those of its roots. */
#include <stdlib.h>

#include "book/book_ask.h"
#include "book/count.h"
#include "book/count_internal.h"

#define AT_ONCE 64 /* scopes of a walk: bits of a mask */

struct place {     /* of a base model in the table of masks */
    uint32_t root; /* JK_NONE: free */
    uint64_t mask;
};

struct walk {
    const struct jk_book *book;
    uint32_t n;
    const struct jk_scope *scopes;
    size_t count; /* at most AT_ONCE */
    struct jk_total *totals;
    struct place *places; /* open addressing, at most half full */
    uint32_t places_size;
    uint64_t *bits; /* for each scope: publishers that were met, then digests */
    size_t publisher_words, words;
};

static bool is_in(uint32_t root, const struct jk_base_facts *base, struct jk_scope scope)
{
    if (scope.type == JK_SCOPE_ALL) return true;
    return scope.type == JK_SCOPE_BASE ? root == scope.slot : base->team == scope.slot;
}

static struct place *find_place(const struct walk *walk, uint32_t root)
{
    uint32_t at = jk_hash_u64(root) & (walk->places_size - 1);
    while (walk->places[at].root != root && walk->places[at].root != JK_NONE)
        at = (at + 1) & (walk->places_size - 1);
    return &walk->places[at];
}

static void place_roots(struct walk *walk)
{
    uint32_t root;
    for (uint32_t i = 0; (root = jk_book_listed(walk->book, i, walk->n)) != JK_NONE; i++) {
        const struct jk_base_facts *base = jk_book_base(walk->book, root, walk->n);
        struct place *place = find_place(walk, root);
        if (!base) continue;
        *place = (struct place){.root = root};
        for (size_t k = 0; k < walk->count; k++)
            if (is_in(root, base, walk->scopes[k])) place->mask |= UINT64_C(1) << k;
    }
}

/* With one root it is worth the same in every scope. */
static void count_model(struct walk *walk, uint32_t model)
{
    const struct jk_spell *spell = jk_spell_at(walk->book, jk_model_row(walk->book, model)->pub.spells, walk->n);
    struct jk_light_share share;
    uint64_t mask = 0;
    unsigned roots = 0;
    for (; spell; spell = jk_spell_at(walk->book, spell->older, walk->n), roots++)
        mask |= find_place(walk, spell->root)->mask;
    for (bool first = true; mask; mask &= mask - 1, first = false) {
        size_t at = (size_t)__builtin_ctzll(mask);
        if (first || roots > 1) jk_count_light(walk->book, model, walk->scopes[at], walk->n, &share);
        uint64_t *publishers = walk->bits + at * walk->words;
        jk_count_add(&walk->totals[at], &share, 1);
        jk_count_distinct(&walk->totals[at], &share, publishers, publishers + walk->publisher_words);
    }
}

static void count_models(struct walk *walk)
{
    uint32_t models = jk_book_models(walk->book, walk->n);
    memset(walk->totals, 0, walk->count * sizeof *walk->totals);
    for (size_t i = 0; i < walk->count; i++)
        walk->totals[i].size = walk->n;
    for (uint32_t model = 0; model < models; model++) {
        jk_count_look_ahead(walk->book, model, models);
        count_model(walk, model);
    }
}

static bool count_some(struct walk *walk)
{
    walk->places_size = 64;
    while (walk->places_size < 2 * walk->book->bases.count)
        walk->places_size *= 2;
    walk->places = malloc(walk->places_size * sizeof *walk->places);
    walk->bits = calloc(walk->count * walk->words, sizeof *walk->bits);
    bool room = walk->places && walk->bits;
    for (uint32_t i = 0; room && i < walk->places_size; i++)
        walk->places[i] = (struct place){.root = JK_NONE};
    if (room) {
        place_roots(walk);
        count_models(walk);
    }
    free(walk->places);
    free(walk->bits);
    return room;
}

enum jk_status jk_count_totals(const struct jk_book *book, const struct jk_scope *scopes, size_t count, uint32_t n,
                               struct jk_total *out_totals, struct jk_error *error)
{
    size_t publisher_words = book->publishers.count / 64 + 1, weights_words = book->weights.count / 64 + 1;
    for (size_t done = 0; done < count; done += AT_ONCE) {
        struct walk walk = {.book = book,
                            .n = n,
                            .scopes = scopes + done,
                            .count = count - done < AT_ONCE ? count - done : AT_ONCE,
                            .totals = out_totals + done,
                            .publisher_words = publisher_words,
                            .words = publisher_words + weights_words};
        if (!count_some(&walk)) return jk_out_of_memory(error);
    }
    return JK_OK;
}
