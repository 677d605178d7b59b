/* What count.c and cube.c share: a share without its digest, and adding it to a total. */
#ifndef JK_BOOK_COUNT_INTERNAL_H
#define JK_BOOK_COUNT_INTERNAL_H

#include "book/book_internal.h"
#include "book/count.h"

struct jk_light_share { /* as struct jk_share; weights are a slot of the book's digests, JK_NONE for none */
    bool present, counted, independent, adopted, license_clean, census;
    uint16_t depth;
    uint8_t relation, license_class;
    uint16_t month;
    uint32_t publisher, license, weights, release, flags;
};
struct jk_grouped { /* what groups look at */
    uint32_t model, publisher, license;
};
/* A walk in order of registration mostly waits for memory, so what it will need is prefetched. */
static inline void jk_count_look_ahead(const struct jk_book *book, uint32_t model, uint32_t models)
{
    enum { NEAR = 6, FAR = 12 };
    if (model + FAR < models) __builtin_prefetch(jk_model_row(book, model + FAR));
    if (model + NEAR >= models) return;
    uint32_t spell = jk_model_row(book, model + NEAR)->pub.spells;
    if (spell != JK_NONE) __builtin_prefetch(jk_spell_row(book, spell));
}
void jk_count_light(const struct jk_book *book, uint32_t model, struct jk_scope scope, uint32_t n,
                    struct jk_light_share *out_share);
/* The following runs a million times per count, and is inlined for that. */
/* Adds the share `by` times: 1, or UINT32_MAX to take it away. Leaves the two distinct counts alone. */
static inline void jk_count_add(struct jk_total *total, const struct jk_light_share *share, uint32_t by)
{
    if (!share->present) return;
    total->registered += by;
    if (!share->counted) {
        total->yanked += by;
        return;
    }
    total->counted += by;
    *(share->depth == 1 ? &total->direct : &total->transitive) += by;
    if (share->independent) total->independent += by;
    if (share->license_clean) total->license_clean += by;
    if (share->adopted) total->adopted += by;
    total->by_relation[share->relation] += by;
    total->by_license_class[share->license_class] += by;
    total->by_depth[share->depth < JK_COUNT_DEPTHS ? share->depth : JK_COUNT_DEPTHS] += by;
    uint16_t month = share->month < JK_COUNT_MONTHS ? share->month : JK_COUNT_MONTHS - 1;
    total->by_month[month] += by;
    if (share->census) total->census_by_month[month] += by;
}

static inline bool jk_count_set_bit(uint64_t *bits, uint32_t at)
{
    uint64_t bit = (uint64_t)1 << (at & 63);
    bool was = (bits[at >> 6] & bit) != 0;
    bits[at >> 6] |= bit;
    return !was;
}

/* The two distinct counts: bitmaps by slot of the publishers and digests seen. */
static inline void jk_count_distinct(struct jk_total *total, const struct jk_light_share *share, uint64_t *publishers,
                                     uint64_t *weights)
{
    if (!share->counted) return;
    total->distinct_publishers += jk_count_set_bit(publishers, share->publisher);
    total->distinct_weights += share->weights == JK_NONE || jk_count_set_bit(weights, share->weights);
}
/* How many slots a grouping has, and the one of a derivative at n. */
uint32_t jk_count_slots(const struct jk_book *book, enum jk_group_by by);
uint32_t jk_count_slot(const struct jk_book *book, enum jk_group_by by, const struct jk_grouped *one, uint32_t n);
/* Which slots were counted at all, in the form of jk_count_groups. Frees `counts`. */
JK_MUST_USE enum jk_status jk_count_sort_groups(uint32_t *counts, uint32_t slots, enum jk_group_by by,
                                                struct jk_arena *arena, struct jk_group **out_groups, size_t *out_count,
                                                struct jk_error *error);

#endif
