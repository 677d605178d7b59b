/* What count.c and cube.c share: a share without its digest, and adding it to a total. */
#ifndef JK_BOOK_COUNT_INTERNAL_H
#define JK_BOOK_COUNT_INTERNAL_H

#include "book/book_internal.h"
#include "book/count.h"

struct jk_light_share { /* as struct jk_share; weights are a slot of the book's digests, JK_NONE for none */
    bool present, counted, independent, license_clean;
    uint16_t depth;
    uint8_t relation, license_class;
    uint16_t month;
    uint32_t publisher, weights, release, flags;
};
void jk_count_light(const struct jk_book *book, uint32_t model, struct jk_scope scope, uint32_t n,
                    struct jk_light_share *out_share);
/* Adds the share `by` times: 1, or UINT32_MAX to take it away. Leaves the two distinct counts alone. */
void jk_count_add(struct jk_total *total, const struct jk_light_share *share, uint32_t by);
/* The two distinct counts: bits by slot of the publishers and digests that were met. */
void jk_count_distinct(struct jk_total *total, const struct jk_light_share *share, uint64_t *publishers,
                       uint64_t *weights);
/* The slots that were counted at all, as jk_count_groups gives them. Frees `counts`. */
JK_MUST_USE enum jk_status jk_count_sort_groups(uint32_t *counts, uint32_t slots, struct jk_arena *arena,
                                                struct jk_group **out_groups, size_t *out_count,
                                                struct jk_error *error);

#endif
