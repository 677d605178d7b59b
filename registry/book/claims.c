/* See claims.h. */
#include "book/claims.h"

#include <stdlib.h>

#include "book/book_internal.h"

/* ---- content ---- */

uint32_t jk_content_of(const struct jk_book *book, uint32_t release, enum jk_content kind, uint32_t n)
{
    const struct jk_release_row *row = jk_release_row(book, release);
    if (kind == JK_CONTENT_WEIGHTS) return row->weights;
    return kind == JK_CONTENT_ARTIFACT ? row->artifact : jk_book_artifact_files(book, row->artifact, n);
}

bool jk_shared_content(const struct jk_book *book, uint32_t model, uint32_t other, uint32_t n,
                       enum jk_content *out_kind, uint32_t *out_slot)
{
    uint32_t ours = jk_book_standing_release(book, model, n), theirs = jk_book_standing_release(book, other, n);
    for (int i = 0; i < JK_CONTENT_KINDS; i++) {
        *out_kind = (enum jk_content)i;
        *out_slot = jk_content_of(book, ours, *out_kind, n);
        if (*out_slot != JK_NONE && *out_slot == jk_content_of(book, theirs, *out_kind, n)) return true;
    }
    return false;
}

uint32_t jk_content_since(const struct jk_book *book, uint32_t model, enum jk_content kind, uint32_t slot, uint32_t n)
{
    uint32_t first = jk_model_row(book, model)->pub.first_release, at = jk_release_row(book, first)->tenures;
    while (at != JK_NONE && jk_tenure_row(book, at)->from >= n)
        at = jk_tenure_row(book, at)->older;
    uint32_t since = at == JK_NONE ? JK_NONE : jk_tenure_row(book, at)->from;
    if (at != JK_NONE && jk_tenure_row(book, at)->release == JK_NONE) return since;
    for (; at != JK_NONE; at = jk_tenure_row(book, at)->older) {
        const struct jk_tenure_row *row = jk_tenure_row(book, at);
        if (row->release == JK_NONE || jk_content_of(book, row->release, kind, n) != slot) return since;
        since = row->from;
    }
    return jk_content_of(book, first, kind, n) == slot ? jk_release_row(book, first)->pub.index : since;
}

/* ---- rulings on origin ---- */

struct effective {
    uint32_t effect;
    const struct jk_ruling *ruling;
};

static int compare_effects(const void *left, const void *right)
{
    const struct effective *a = left, *b = right;
    return (a->effect > b->effect) - (a->effect < b->effect);
}

static size_t collect_origins(const struct jk_book *book, uint32_t n, struct effective *found)
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

const struct jk_ruling **jk_origin_rulings(const struct jk_book *book, uint32_t n, size_t *out_count)
{
    size_t most = (size_t)book->rulings.count + 1;
    struct effective *found = malloc(most * sizeof *found);
    const struct jk_ruling **rulings = malloc(most * sizeof *rulings);
    if (found && rulings) {
        *out_count = collect_origins(book, n, found);
        for (size_t i = 0; i < *out_count; i++)
            rulings[i] = found[i].ruling;
        free(found);
        return rulings;
    }
    free(found);
    free(rulings);
    return NULL;
}

/* ---- the first claim ---- */

static uint32_t publisher_at(const struct jk_book *book, uint32_t model, uint32_t n)
{
    return jk_book_alias(book, model, n)->publisher;
}

/* Whether it is what the model holds now; one whose releases are all yanked holds nothing. */
static bool holds(const struct jk_book *book, uint32_t model, enum jk_content kind, uint32_t slot, uint32_t n)
{
    uint32_t release = jk_book_deciding(book, model, n);
    return release != JK_NONE && jk_content_of(book, release, kind, n) == slot;
}

/* Of the rulings on origin about this content the last in effect whose model holds it; NULL for none. */
static const struct jk_ruling *origin_ruling(const struct jk_book *book, enum jk_content kind, uint32_t slot,
                                             uint32_t n)
{
    const struct jk_ruling *found = NULL, *ruling;
    for (uint32_t i = book->origins; i != JK_NONE; i = ruling->older_origin) {
        ruling = jk_book_ruling(book, i);
        uint32_t effect = jk_book_ruling_effect(ruling, n);
        if (effect == JK_NONE || jk_content_of(book, ruling->release, kind, n) != slot) continue;
        if (!holds(book, ruling->model, kind, slot, n)) continue;
        if (!found || effect > jk_book_ruling_effect(found, n)) found = ruling;
    }
    return found;
}

struct earliest {
    uint32_t model, since; /* JK_NONE, JK_NONE: none so far */
};

/* Over a chain of releases with the artifact or the weights that `link` says, in order of their entries: no model
 * claims anything before the first of its releases that has it, so what comes after the earliest claim can be passed
 * over. */
static void look_along(const struct jk_book *book, uint32_t release, enum jk_content link, enum jk_content kind,
                       uint32_t slot, uint32_t n, struct earliest *found)
{
    for (const struct jk_release_row *row; release != JK_NONE;
         release = link == JK_CONTENT_WEIGHTS ? row->next_weights : row->next_artifact) {
        row = jk_release_row(book, release);
        if (row->pub.index >= n || row->pub.index > found->since) return;
        if (!holds(book, row->pub.model, kind, slot, n)) continue;
        uint32_t since = jk_content_since(book, row->pub.model, kind, slot, n);
        if (since < found->since) *found = (struct earliest){row->pub.model, since};
    }
}

uint32_t jk_first_claim(const struct jk_book *book, enum jk_content kind, uint32_t slot, uint32_t n)
{
    const struct jk_ruling *ruling = origin_ruling(book, kind, slot, n);
    struct earliest found = {JK_NONE, JK_NONE};
    if (ruling) return ruling->model;
    if (kind == JK_CONTENT_WEIGHTS)
        look_along(book, jk_weights_row(book, slot)->first, kind, kind, slot, n, &found);
    else if (kind == JK_CONTENT_ARTIFACT)
        look_along(book, slot, kind, kind, slot, n, &found);
    uint32_t manifest = kind == JK_CONTENT_FILES ? jk_files_row(book, slot)->first : JK_NONE;
    for (; manifest != JK_NONE; manifest = jk_manifest_row(book, manifest)->next)
        look_along(book, jk_manifest_row(book, manifest)->artifact, JK_CONTENT_ARTIFACT, kind, slot, n, &found);
    return found.model;
}

static uint32_t disputed_by(const struct jk_book *book, uint32_t model, uint32_t release, uint32_t n)
{
    uint32_t slot = jk_model_row(book, model)->disputed;
    for (const struct jk_dispute *dispute; slot != JK_NONE; slot = dispute->older_same) {
        dispute = jk_book_dispute(book, slot);
        if (dispute->from >= n || dispute->resolved < n || dispute->publisher == JK_NONE) continue;
        if (!jk_book_is_verified(book, dispute->publisher, n)) continue;
        uint32_t theirs = jk_book_standing_release(book, dispute->model, n);
        if (jk_book_same_content(book, release, theirs, n)) return dispute->model;
    }
    return JK_NONE;
}

uint32_t jk_contested_with(const struct jk_book *book, uint32_t model, uint32_t n)
{
    uint32_t release = jk_book_standing_release(book, model, n);
    for (int i = 0; i < JK_CONTENT_KINDS; i++) {
        uint32_t slot = jk_content_of(book, release, (enum jk_content)i, n);
        uint32_t first = slot == JK_NONE ? model : jk_first_claim(book, (enum jk_content)i, slot, n);
        if (first == JK_NONE || first == model) continue;
        if (publisher_at(book, first, n) != publisher_at(book, model, n)) return first;
    }
    return disputed_by(book, model, release, n);
}
