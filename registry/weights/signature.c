/* See signature.h. */
#include "weights/signature.h"

bool jk_signature_of(const struct jk_sketches *model, struct jk_signature *out)
{
    const struct jk_item *largest = NULL;
    for (size_t i = 0; i < model->count; i++) {
        const struct jk_item *item = &model->items[i];
        if (item->carries && (!largest || item->elements > largest->elements)) largest = item;
    }
    *out = (struct jk_signature){0};
    if (!largest) return false;
    out->shape = largest->shape;
    for (size_t b = 0; b < JK_SKETCH_BUCKETS; b++)
        out->bits[b / 64] |= (uint64_t)(largest->sketch.at[b] > 0) << b % 64;
    return true;
}

uint32_t jk_signature_distance(const uint64_t *one, const uint64_t *two)
{
    uint32_t places = 0;
    for (size_t i = 0; i < JK_SKETCH_BUCKETS / 64; i++)
        places += (uint32_t)__builtin_popcountll(one[i] ^ two[i]);
    return places <= JK_SKETCH_BUCKETS / 2 ? places : JK_SKETCH_BUCKETS - places;
}

bool jk_signatures_alike(const struct jk_signature *one, const struct jk_signature *two)
{
    return jk_span_equal(one->shape, two->shape) && jk_signature_distance(one->bits, two->bits) <= JK_SIGNATURE_PLACES;
}
