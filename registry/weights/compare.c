/* See compare.h. */
#include "weights/compare.h"

#include <stdlib.h>

#include "base/search.h"

const char *const jk_likeness_words[JK_LIKENESSES] = {"equal",   "nearly equal",   "kin",
                                                      "foreign", "not comparable", "not paired"};

/* The second model's items in the orders in which they are looked up. */
struct lookup {
    const struct jk_item **by_name;  /* by name, what follows the first dimension, shape, and the model's order */
    const struct jk_item **by_shape; /* by shape, then in the model's order */
    const struct jk_item **by_tail;  /* by what follows the first dimension, then by shape and in the model's order */
    size_t count;
    uint64_t pairs; /* compared so far */
    bool cut;
};

/* ---- looking up ---- */

static struct jk_span tail_of(struct jk_span shape)
{
    struct jk_span first;
    (void)jk_span_cut(&shape, 'x', &first);
    return shape;
}

static int in_tensor_order(const struct jk_item *one, const struct jk_item *two)
{
    return (one > two) - (one < two); /* both lie in the model's array */
}

/* By name and what follows the first dimension; and by shape, if that is asked. */
static int compare_named(const struct jk_item *one, const struct jk_item *two, bool with_shape)
{
    int order = jk_span_compare(one->name, two->name);
    if (order == 0) order = jk_span_compare(tail_of(one->shape), tail_of(two->shape));
    return order || !with_shape ? order : jk_span_compare(one->shape, two->shape);
}

static int order_by_name(const void *a, const void *b)
{
    const struct jk_item *one = *(const struct jk_item *const *)a, *two = *(const struct jk_item *const *)b;
    int order = compare_named(one, two, true);
    return order ? order : in_tensor_order(one, two);
}

static int order_by_shape(const void *a, const void *b)
{
    const struct jk_item *one = *(const struct jk_item *const *)a, *two = *(const struct jk_item *const *)b;
    int order = jk_span_compare(one->shape, two->shape);
    return order ? order : in_tensor_order(one, two);
}

static int order_by_tail(const void *a, const void *b)
{
    const struct jk_item *one = *(const struct jk_item *const *)a, *two = *(const struct jk_item *const *)b;
    int order = jk_span_compare(tail_of(one->shape), tail_of(two->shape));
    if (order == 0) order = jk_span_compare(one->shape, two->shape);
    return order ? order : in_tensor_order(one, two);
}

static const struct jk_item **sorted(const struct jk_sketches *model, int (*order)(const void *, const void *))
{
    const struct jk_item **items = malloc((model->count + 1) * sizeof *items);
    for (size_t i = 0; items && i < model->count; i++)
        items[i] = &model->items[i];
    if (items) qsort(items, model->count, sizeof *items, order);
    return items;
}

static struct jk_span shape_key(const struct jk_item *item)
{
    return item->shape;
}

static struct jk_span tail_key(const struct jk_item *item)
{
    return tail_of(item->shape);
}

/* ---- pairs ---- */

static bool is_equal(const struct jk_item *one, const struct jk_item *two)
{
    return one->has_digest && two->has_digest && one->slice == two->slice &&
           jk_digest_equal(&one->digest, &two->digest) && jk_span_equal(one->dtype, two->dtype) &&
           jk_span_equal(one->shape, two->shape);
}

static struct jk_pair judge(const struct jk_item *one, const struct jk_item *two)
{
    struct jk_pair pair = {.one = one, .two = two, .likeness = JK_INCOMPARABLE};
    pair.renamed = !jk_span_equal(one->name, two->name);
    pair.longer = !jk_span_equal(one->shape, two->shape);
    if (is_equal(one, two)) {
        pair.likeness = JK_EQUAL;
        pair.similarity = JK_SIMILAR_ALL;
    } else if (one->carries && two->carries) {
        pair.similarity = jk_sketch_similarity_of(&one->sketch, one->squares, &two->sketch, two->squares);
        pair.likeness = pair.similarity >= JK_SIMILAR_NEAR  ? JK_NEAR
                        : pair.similarity >= JK_SIMILAR_KIN ? JK_KIN
                                                            : JK_FOREIGN;
    }
    return pair;
}

/* The first of the second model that is named and shaped so; NULL: none. */
static const struct jk_item *first_named(const struct lookup *lookup, const struct jk_item *one, bool with_shape)
{
    size_t first = JK_LOWER_BOUND(lookup->count, at, compare_named(lookup->by_name[at], one, with_shape) < 0);
    if (first == lookup->count || compare_named(lookup->by_name[first], one, with_shape) != 0) return NULL;
    return lookup->by_name[first];
}

/* Whether `next` takes the place of what was best: more alike, in the order of the likenesses and then of |r|. */
static bool is_better(const struct jk_pair *next, const struct jk_pair *best)
{
    if (!best->two || next->likeness != best->likeness) return !best->two || next->likeness < best->likeness;
    return next->similarity > best->similarity;
}

/* The place behind those that have the key of the one at `from`. */
static size_t group_end(const struct jk_item *const *items, size_t count, struct jk_span (*key)(const struct jk_item *),
                        size_t from)
{
    if (from == count) return from;
    struct jk_span wanted = key(items[from]);
    return from + JK_LOWER_BOUND(count - from, at, jk_span_equal(key(items[from + at]), wanted));
}

/* The best of a group; in the round of tails those of its own shape are passed over. */
static void search(struct lookup *lookup, const struct jk_item *const *items,
                   struct jk_span (*key)(const struct jk_item *), struct jk_pair *best)
{
    const struct jk_item *one = best->one;
    size_t at = JK_LOWER_BOUND(lookup->count, place, jk_span_compare(key(items[place]), key(one)) < 0);
    if (at == lookup->count || !jk_span_equal(key(items[at]), key(one))) return;
    size_t end = group_end(items, lookup->count, key, at);
    while (at < end && best->likeness != JK_EQUAL) {
        if (key == tail_key && jk_span_equal(items[at]->shape, one->shape)) {
            at = group_end(items, end, shape_key, at);
            continue;
        }
        if (lookup->pairs == JK_PAIRS_MAX) {
            lookup->cut = true;
            return;
        }
        lookup->pairs++;
        struct jk_pair next = judge(one, items[at++]);
        if (is_better(&next, best)) *best = next;
    }
}

static struct jk_pair pair_of(struct lookup *lookup, const struct jk_item *one)
{
    const struct jk_item *known = first_named(lookup, one, true);
    struct jk_pair first = {.one = one, .likeness = JK_UNPAIRED}, best = first, longer = first;
    if (!known) known = first_named(lookup, one, false); /* with another first dimension */
    if (known) first = judge(one, known);
    if (first.likeness <= JK_KIN) return first;
    search(lookup, lookup->by_shape, shape_key, &best);
    if (best.likeness <= JK_KIN) return best;
    search(lookup, lookup->by_tail, tail_key, &longer);
    if (longer.likeness <= JK_KIN) return longer;
    return first.two && first.likeness <= best.likeness ? first : best.two ? best : first;
}

/* ---- what it comes to ---- */

static int order_by_similarity(const void *a, const void *b)
{
    const struct jk_pair *one = *(const struct jk_pair *const *)a, *two = *(const struct jk_pair *const *)b;
    return (one->similarity > two->similarity) - (one->similarity < two->similarity);
}

static void add_to(struct jk_likeness_share *share, const struct jk_pair *pair)
{
    share->elements += pair->one->elements;
    share->of[pair->likeness] += pair->one->elements;
    share->tensors++;
}

/* The least |r| up to which half of the kin's elements lie. `pairs` may be put into another order. */
static uint32_t median_of(const struct jk_pair **pairs, size_t count, jk_wide elements)
{
    jk_wide sum = 0;
    qsort(pairs, count, sizeof *pairs, order_by_similarity);
    for (size_t i = 0; i < count; i++) {
        if (pairs[i]->likeness != JK_KIN) continue;
        sum += pairs[i]->one->elements;
        if (2 * sum >= elements) return pairs[i]->similarity;
    }
    return 0;
}

static int order_by_part(const void *a, const void *b)
{
    const struct jk_pair *one = *(const struct jk_pair *const *)a, *two = *(const struct jk_pair *const *)b;
    int order = jk_span_compare(jk_item_part(one->one), jk_item_part(two->one));
    return order ? order : in_tensor_order(one->one, two->one);
}

static bool share_out(struct jk_comparison *out)
{
    const struct jk_pair **pairs = malloc((out->count + 1) * sizeof *pairs);
    out->parts = calloc(out->count + 1, sizeof *out->parts);
    if (!pairs || !out->parts) {
        free(pairs);
        return false;
    }
    for (size_t i = 0; i < out->count; i++)
        pairs[i] = &out->pairs[i];
    qsort(pairs, out->count, sizeof *pairs, order_by_part);
    for (size_t begin = 0, end; begin < out->count; begin = end) {
        struct jk_likeness_share *share = &out->parts[out->part_count++];
        share->part = jk_item_part(pairs[begin]->one);
        for (end = begin; end < out->count && jk_span_equal(jk_item_part(pairs[end]->one), share->part); end++)
            add_to(share, pairs[end]);
        share->median = median_of(pairs + begin, end - begin, share->of[JK_KIN]);
    }
    for (size_t i = 0; i < out->count; i++)
        add_to(&out->whole, &out->pairs[i]);
    out->whole.median = median_of(pairs, out->count, out->whole.of[JK_KIN]);
    free(pairs);
    return true;
}

static void pair_all(const struct jk_sketches *one, struct lookup *lookup, struct jk_comparison *out)
{
    for (out->count = 0; out->count < one->count; out->count++) {
        struct jk_pair *pair = &out->pairs[out->count];
        *pair = pair_of(lookup, &one->items[out->count]);
        out->renamed += pair->likeness <= JK_KIN && pair->renamed;
        out->longer += pair->likeness <= JK_KIN && pair->longer;
    }
    out->cut = lookup->cut;
}

bool jk_compare(const struct jk_sketches *one, const struct jk_sketches *two, struct jk_comparison *out)
{
    struct lookup lookup = {
        sorted(two, order_by_name), sorted(two, order_by_shape), sorted(two, order_by_tail), two->count, 0, false};
    *out = (struct jk_comparison){.pairs = calloc(one->count + 1, sizeof *out->pairs)};
    bool done = lookup.by_name && lookup.by_shape && lookup.by_tail && out->pairs;
    if (done) pair_all(one, &lookup, out);
    done = done && share_out(out);
    free(lookup.by_name);
    free(lookup.by_shape);
    free(lookup.by_tail);
    if (!done) jk_comparison_done(out);
    return done;
}

void jk_comparison_done(struct jk_comparison *comparison)
{
    free(comparison->pairs);
    free(comparison->parts);
    *comparison = (struct jk_comparison){0};
}

uint32_t jk_likeness_hundredths(jk_wide of, jk_wide elements)
{
    return elements ? (uint32_t)(of * 10000 / elements) : 0;
}
