/* Shares and totals by walking the book: see count.h. */
#include "book/count.h"

#include <stdlib.h>

#include "base/check.h"
#include "book/count_internal.h"

static bool is_in_scope(const struct jk_book *book, uint32_t root, struct jk_scope scope, uint32_t n)
{
    if (scope.type == JK_SCOPE_ALL) return true;
    if (scope.type == JK_SCOPE_BASE) return root == scope.slot;
    const struct jk_base_facts *base = jk_book_base(book, root, n);
    return base && base->team == scope.slot;
}

/* The spell used for a scope: least depth, then lowest root. Also reports whether any is independent, and whether each
 * depends on an adoption. */
static const struct jk_spell *take_spell(const struct jk_book *book, uint32_t model, struct jk_scope scope, uint32_t n,
                                         bool *out_independent, bool *out_adopted)
{
    const struct jk_spell *taken = NULL, *spell = jk_spell_at(book, jk_model_row(book, model)->pub.spells, n);
    *out_independent = false;
    *out_adopted = true;
    for (; spell; spell = jk_spell_at(book, spell->older, n)) {
        if (!is_in_scope(book, spell->root, scope, n)) continue;
        if (!(spell->flags & (JK_FLAG_SELF | JK_FLAG_AFFILIATE))) *out_independent = true;
        if (!(spell->flags & JK_FLAG_ADOPTED_ONLY)) *out_adopted = false;
        if (!taken || spell->depth < taken->depth || (spell->depth == taken->depth && spell->root < taken->root))
            taken = spell;
    }
    return taken;
}

void jk_count_light(const struct jk_book *book, uint32_t model, struct jk_scope scope, uint32_t n,
                    struct jk_light_share *out_share)
{
    bool independent, adopted;
    const struct jk_spell *spell = take_spell(book, model, scope, n, &independent, &adopted);
    if (!spell) {
        *out_share = (struct jk_light_share){.present = false};
        return;
    }
    bool clean = !(spell->flags & (JK_FLAG_LICENSE_CONFLICT | JK_FLAG_LICENSE_UNKNOWN)) &&
                 spell->license_class != JK_LICENSE_UNKNOWN;
    *out_share = (struct jk_light_share){.present = true,
                                         .counted = !(spell->flags & JK_FLAG_YANKED),
                                         .independent = independent,
                                         .adopted = adopted,
                                         .license_clean = clean,
                                         .census = jk_book_is_from_census(book, model, n),
                                         .depth = spell->depth,
                                         .relation = spell->relation,
                                         .license_class = spell->license_class,
                                         .month = spell->month,
                                         .publisher = spell->publisher,
                                         .license = spell->license,
                                         .weights = spell->weights,
                                         .release = spell->release,
                                         .flags = spell->flags};
}

void jk_share_of(const struct jk_book *book, uint32_t model, struct jk_scope scope, uint32_t n,
                 struct jk_share *out_share)
{
    struct jk_light_share light;
    jk_count_light(book, model, scope, n, &light);
    memset(out_share, 0, sizeof *out_share);
    if (!light.present) return;
    const struct jk_release *release = jk_book_release(book, light.release);
    *out_share = (struct jk_share){.present = true,
                                   .counted = light.counted,
                                   .independent = light.independent,
                                   .adopted = light.adopted,
                                   .license_clean = light.license_clean,
                                   .depth = light.depth,
                                   .relation = light.relation,
                                   .license_class = light.license_class,
                                   .month = light.month,
                                   .publisher = light.publisher,
                                   .license = release->license,
                                   .weights = release->weights,
                                   .flags = light.flags};
}

/* ---- totals ---- */

enum jk_status jk_count_at(const struct jk_book *book, struct jk_scope scope, uint32_t n, struct jk_total *out_total,
                           struct jk_error *error)
{
    uint64_t *publishers = calloc(book->publishers.count / 64 + 1, sizeof *publishers);
    uint64_t *weights = calloc(book->weights.count / 64 + 1, sizeof *weights);
    enum jk_status status = JK_OK;
    if (publishers && weights) {
        uint32_t models = jk_book_models(book, n);
        memset(out_total, 0, sizeof *out_total);
        out_total->size = n;
        for (uint32_t model = 0; model < models; model++) {
            struct jk_light_share share;
            jk_count_look_ahead(book, model, models);
            jk_count_light(book, model, scope, n, &share);
            if (!share.present) continue;
            jk_count_add(out_total, &share, 1);
            jk_count_distinct(out_total, &share, publishers, weights);
        }
    } else {
        status = jk_out_of_memory(error);
    }
    free(publishers);
    free(weights);
    return status;
}

/* ---- groups ---- */

uint32_t jk_count_hub_month(const struct jk_book *book, uint32_t model, uint32_t n)
{
    int64_t created_us = jk_book_hub_created(book, model, n);
    if (created_us == JK_TIME_NONE) return JK_COUNT_MONTHS;
    unsigned month = jk_time_month(created_us);
    return month < JK_COUNT_MONTHS ? month : JK_COUNT_MONTHS - 1;
}

uint32_t jk_count_slots(const struct jk_book *book, enum jk_group_by by)
{
    if (by == JK_GROUP_HUB_MONTH) return JK_COUNT_MONTHS + 1;
    return by == JK_GROUP_PUBLISHER ? book->publishers.count : book->licenses.count;
}

uint32_t jk_count_slot(const struct jk_book *book, enum jk_group_by by, const struct jk_grouped *one, uint32_t n)
{
    if (by == JK_GROUP_HUB_MONTH) return jk_count_hub_month(book, one->model, n);
    return by == JK_GROUP_PUBLISHER ? one->publisher : one->license;
}

static int compare_groups(const void *left, const void *right)
{
    const struct jk_group *a = left, *b = right;
    if (a->count != b->count) return a->count < b->count ? 1 : -1;
    return (a->slot > b->slot) - (a->slot < b->slot);
}

enum jk_status jk_count_sort_groups(uint32_t *counts, uint32_t slots, enum jk_group_by by, struct jk_arena *arena,
                                    struct jk_group **out_groups, size_t *out_count, struct jk_error *error)
{
    size_t used = 0;
    for (uint32_t slot = 0; slot < slots; slot++)
        used += counts[slot] > 0;
    struct jk_group *groups = jk_arena_zalloc(arena, used + 1, sizeof *groups);
    if (!groups) {
        free(counts);
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, "REPLY_TOO_LARGE",
                       "the groups do not fit into this call's memory");
    }
    used = 0;
    for (uint32_t slot = 0; slot < slots; slot++)
        if (counts[slot] > 0) groups[used++] = (struct jk_group){.slot = slot, .count = counts[slot]};
    free(counts);
    if (by != JK_GROUP_HUB_MONTH) qsort(groups, used, sizeof *groups, compare_groups);
    *out_groups = groups;
    *out_count = used;
    return JK_OK;
}

enum jk_status jk_count_groups(const struct jk_book *book, struct jk_scope scope, enum jk_group_by by, uint32_t n,
                               struct jk_arena *arena, struct jk_group **out_groups, size_t *out_count,
                               struct jk_error *error)
{
    uint32_t slots = jk_count_slots(book, by);
    uint32_t *counts = calloc((size_t)slots + 1, sizeof *counts);
    if (!counts) return jk_out_of_memory(error);
    uint32_t models = jk_book_models(book, n);
    for (uint32_t model = 0; model < models; model++) {
        struct jk_light_share share;
        jk_count_look_ahead(book, model, models);
        jk_count_light(book, model, scope, n, &share);
        if (!share.present || !share.counted) continue;
        struct jk_grouped one = {model, share.publisher, share.license};
        counts[jk_count_slot(book, by, &one, n)]++;
    }
    return jk_count_sort_groups(counts, slots, by, arena, out_groups, out_count, error);
}
