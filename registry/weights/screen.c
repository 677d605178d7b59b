/* See screen.h. Only tensors whose shapes agree but for the first dimension are ever compared. Of these, the sketches are
 * rounded to 12 bits: their products then fit 32 bits, several of which are computed at once. The length of what is
 * rounded off is at most 128, that of a sketch at least 32,767, so rounding turns a sketch by less than 0.23 degrees; two
 * with |r| ≥ 0.5 are at most 60 degrees apart, and after rounding less than 60.5: their |r| is then above 0.49. Memory: 600
 * bytes for each tensor. */
#include "weights/screen.h"

#include <math.h>
#include <stdlib.h>

#include "weights/compare.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define WIDE __attribute__((target_clones("avx2", "default"))) /* chosen when the program is loaded */
#else
#define WIDE
#endif

#define ROUNDED_BITS 4
#define LEAST        0.49f /* |r| of rounded sketches that may be kin */

/* A tensor: what is rounded of its sketch lies in a row of its own. */
struct row {
    struct jk_span tail; /* of the shape, without the first dimension */
    const struct jk_item *item;
    uint64_t digest; /* its first bytes */
    float norm;      /* of the rounded sketch; infinite: it has none that can be compared */
};

struct jk_screen {
    struct row *rows; /* by their tails */
    int16_t (*rounded)[JK_SKETCH_BUCKETS];
    size_t count;
    uint64_t undigested; /* stands for the digest of a tensor that has none */
};

static int by_tail(const void *a, const void *b)
{
    const struct row *one = a, *two = b;
    return jk_span_compare(one->tail, two->tail);
}

WIDE static int32_t round_off(const int16_t *restrict sketch, int16_t *restrict out)
{
    int32_t squares = 0;
    for (size_t b = 0; b < JK_SKETCH_BUCKETS; b++)
        out[b] = (int16_t)((sketch[b] + (1 << (ROUNDED_BITS - 1))) >> ROUNDED_BITS);
    for (size_t b = 0; b < JK_SKETCH_BUCKETS; b++)
        squares += out[b] * out[b];
    return squares;
}

static void fill_row(struct row *row, uint64_t undigested, int16_t *rounded)
{
    const struct jk_item *item = row->item;
    row->digest = undigested;
    row->norm = INFINITY;
    if (item->has_digest) memcpy(&row->digest, item->digest.bytes, sizeof row->digest);
    if (item->carries)
        row->norm = sqrtf((float)round_off(item->sketch.at, rounded));
    else
        memset(rounded, 0, JK_SKETCH_BUCKETS * sizeof *rounded);
}

static bool fill_rows(struct jk_screen *screen, const struct jk_sketches *model, uint64_t undigested)
{
    *screen = (struct jk_screen){malloc((model->count + 1) * sizeof *screen->rows),
                                 malloc((model->count + 1) * sizeof *screen->rounded), model->count, undigested};
    if (!screen->rows || !screen->rounded) return false;
    for (size_t i = 0; i < model->count; i++) {
        struct jk_span tail = model->items[i].shape, first;
        (void)jk_span_cut(&tail, 'x', &first);
        screen->rows[i] = (struct row){.tail = tail, .item = &model->items[i]};
    }
    if (model->count > 0) qsort(screen->rows, model->count, sizeof *screen->rows, by_tail);
    for (size_t i = 0; i < model->count; i++)
        fill_row(&screen->rows[i], undigested, screen->rounded[i]);
    return true;
}

static void empty(struct jk_screen *screen)
{
    free(screen->rows);
    free(screen->rounded);
}

struct jk_screen *jk_screen_new(const struct jk_sketches *model)
{
    struct jk_screen *screen = calloc(1, sizeof *screen);
    if (screen && fill_rows(screen, model, 0)) return screen;
    jk_screen_free(screen);
    return NULL;
}

void jk_screen_free(struct jk_screen *screen)
{
    if (screen) empty(screen);
    free(screen);
}

/* Whether a tensor may be kin to one of `count` others. */
WIDE static bool may_be_kin(const struct row *row, const int16_t *restrict rounded, const struct row *others,
                            const int16_t (*restrict theirs)[JK_SKETCH_BUCKETS], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int32_t sum = 0;
        for (size_t b = 0; b < JK_SKETCH_BUCKETS; b++)
            sum += rounded[b] * theirs[i][b];
        if (fabsf((float)sum) >= LEAST * row->norm * others[i].norm || row->digest == others[i].digest) return true;
    }
    return false;
}

static size_t end_of_tail(const struct jk_screen *screen, size_t from)
{
    size_t end = from;
    while (end < screen->count && jk_span_equal(screen->rows[end].tail, screen->rows[from].tail))
        end++;
    return end;
}

/* Of two models in the order of their tails. */
static bool hold_against(const struct jk_screen *one, const struct jk_screen *two)
{
    uint64_t pairs = 0;
    for (size_t i = 0, j = 0; i < one->count && j < two->count;) {
        int order = jk_span_compare(one->rows[i].tail, two->rows[j].tail);
        size_t ends[] = {end_of_tail(one, i), end_of_tail(two, j)};
        if (order == 0) pairs += (uint64_t)(ends[0] - i) * (ends[1] - j);
        if (pairs > JK_PAIRS_MAX) return true; /* jk_compare does not look at all of them */
        for (size_t k = i; order == 0 && k < ends[0]; k++)
            if (may_be_kin(&one->rows[k], one->rounded[k], &two->rows[j],
                           (const int16_t(*)[JK_SKETCH_BUCKETS]) & two->rounded[j], ends[1] - j))
                return true;
        i = order <= 0 ? ends[0] : i;
        j = order >= 0 ? ends[1] : j;
    }
    return false;
}

bool jk_screen_may_be_kin(const struct jk_screen *screen, const struct jk_sketches *other)
{
    struct jk_screen two;
    bool may = !fill_rows(&two, other, screen->undigested + 1) || hold_against(screen, &two);
    empty(&two);
    return may;
}
