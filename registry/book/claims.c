/* See claims.h. */
#include "book/claims.h"

#include <stdlib.h>

#include "book/book_internal.h"

/* ---- content ---- */

uint32_t jk_content_of(const struct jk_book *book, uint32_t release, enum jk_content kind, uint32_t n)
{
    const struct jk_release_row *row = jk_release_row(book, release);
    if (kind == JK_CONTENT_WEIGHTS) return row->weights;
    return kind == JK_CONTENT_ARTIFACT ? row->artifact : jk_book_release_files(book, release, n);
}

struct jk_content_walk jk_content_walk_begin(const struct jk_book *book, enum jk_content kind, uint32_t slot)
{
    struct jk_content_walk walk = {kind, slot, JK_NONE, JK_NONE, JK_NONE};
    if (slot == JK_NONE) return walk;
    if (kind == JK_CONTENT_FILES) {
        walk.manifest = jk_files_row(book, slot)->first;
        walk.listed = jk_files_row(book, slot)->listed;
    } else {
        walk.release = kind == JK_CONTENT_WEIGHTS ? jk_weights_row(book, slot)->first : slot;
    }
    return walk;
}

/* The next model whose hub lists the set at n; JK_NONE at the end. */
static uint32_t next_lister(const struct jk_book *book, uint32_t *observation, uint32_t n)
{
    while (*observation != JK_NONE) {
        const struct jk_observation *row = jk_book_observation(book, *observation);
        uint32_t slot = *observation;
        *observation = row->older_with;
        if (jk_book_last_observation(book, row->model, n) == slot) return row->model;
    }
    return JK_NONE;
}

static uint32_t next_listed_release(const struct jk_book *book, struct jk_content_walk *walk, uint32_t n)
{
    uint32_t model;
    while ((model = next_lister(book, &walk->listed, n)) != JK_NONE) {
        uint32_t release = jk_book_standing_release(book, model, n);
        if (jk_book_release_files(book, release, n) == walk->slot) return release;
    }
    return JK_NONE;
}

uint32_t jk_content_walk_next(const struct jk_book *book, struct jk_content_walk *walk, uint32_t n)
{
    for (;;) {
        uint32_t release = walk->release;
        if (release != JK_NONE) {
            const struct jk_release_row *row = jk_release_row(book, release);
            walk->release = walk->kind == JK_CONTENT_WEIGHTS ? row->next_weights : row->next_artifact;
            if (row->pub.index < n) return release;
        } else {
            if (walk->manifest == JK_NONE) return next_listed_release(book, walk, n);
            walk->release = jk_manifest_row(book, walk->manifest)->artifact;
            walk->manifest = jk_manifest_row(book, walk->manifest)->next;
        }
    }
}

/* The model's newest release that is not yanked and has a content at n; JK_NONE for none. */
static uint32_t release_with(const struct jk_book *book, uint32_t model, enum jk_content kind, uint32_t slot,
                             uint32_t n)
{
    uint32_t release = jk_model_row(book, model)->pub.last_release;
    for (; release != JK_NONE; release = jk_release_row(book, release)->pub.older) {
        const struct jk_release *row = &jk_release_row(book, release)->pub;
        bool there = row->index < n && !jk_book_switched(book, row->yanks, n);
        if (there && jk_content_of(book, release, kind, n) == slot) return release;
    }
    return JK_NONE;
}

/* What both the standing release and the other model have. */
static bool find_shared(const struct jk_book *book, uint32_t model, uint32_t other, uint32_t n,
                        enum jk_content *out_kind, uint32_t *out_slot)
{
    uint32_t standing = jk_book_standing_release(book, model, n);
    uint32_t theirs = jk_book_standing_release(book, other, n);
    for (int i = 0; i < JK_CONTENT_KINDS; i++) {
        *out_kind = (enum jk_content)i;
        *out_slot = jk_content_of(book, standing, *out_kind, n);
        if (*out_slot == JK_NONE) continue;
        if (*out_slot == jk_content_of(book, theirs, *out_kind, n)) return true;
        if (release_with(book, other, *out_kind, *out_slot, n) != JK_NONE) return true;
    }
    return false;
}

bool jk_shared_content(const struct jk_book *book, uint32_t model, uint32_t other, uint32_t n,
                       enum jk_content *out_kind, uint32_t *out_slot)
{
    return find_shared(book, model, other, n, out_kind, out_slot) ||
           find_shared(book, other, model, n, out_kind, out_slot);
}

bool jk_has_content_of(const struct jk_book *book, uint32_t model, uint32_t other, uint32_t n)
{
    enum jk_content kind;
    uint32_t slot;
    return find_shared(book, other, model, n, &kind, &slot);
}

/* ---- since when ---- */

struct tenure {
    uint32_t row;           /* JK_NONE: the first release's, since its registration */
    uint32_t from, release; /* release JK_NONE: all are yanked */
};

static struct tenure tenure_at(const struct jk_book *book, uint32_t model, uint32_t row)
{
    uint32_t first = jk_model_row(book, model)->pub.first_release;
    if (row == JK_NONE) return (struct tenure){row, jk_release_row(book, first)->pub.index, first};
    return (struct tenure){row, jk_tenure_row(book, row)->from, jk_tenure_row(book, row)->release};
}

static struct tenure last_tenure(const struct jk_book *book, uint32_t model, uint32_t n)
{
    uint32_t first = jk_model_row(book, model)->pub.first_release, row = jk_release_row(book, first)->tenures;
    while (row != JK_NONE && jk_tenure_row(book, row)->from >= n)
        row = jk_tenure_row(book, row)->older;
    return tenure_at(book, model, row);
}

/* The entry since which a release that decides from the entry `from` up to the size `end` has had a set of weight files
 * up to there, by what is known at n: by its manifest once that is known, before by its listing. JK_NONE: it does not
 * have it then. */
static uint32_t files_since(const struct jk_book *book, uint32_t release, uint32_t slot, uint32_t from, uint32_t end,
                            uint32_t n)
{
    const struct jk_release_row *row = jk_release_row(book, release);
    uint32_t files = jk_book_artifact_files(book, row->artifact, n), said = JK_NONE;
    if (files != JK_NONE && jk_book_files_since(book, release, n) < end) {
        if (files != slot) return JK_NONE;
        said = jk_book_files_since(book, release, n);
        if (said <= from) return said;
        end = said;
    }
    uint32_t listed = JK_NONE, at = jk_book_last_observation(book, row->pub.model, end);
    for (; at != JK_NONE && jk_book_observation(book, at)->files == slot; at = jk_book_older_observation(book, at))
        listed = jk_book_observation(book, at)->from;
    if (listed == JK_NONE) return said;
    return listed > from ? listed : from;
}

/* The entry since which a release that decides from `from` on to the size `end` is known to have the content there;
 * JK_NONE: it does not. */
static uint32_t known_since(const struct jk_book *book, uint32_t release, enum jk_content kind, uint32_t slot,
                            uint32_t from, uint32_t end, uint32_t n)
{
    uint32_t since = from;
    if (release == JK_NONE) return JK_NONE;
    if (kind == JK_CONTENT_FILES)
        since = files_since(book, release, slot, from, end, n);
    else if (jk_content_of(book, release, kind, n) != slot)
        return JK_NONE;
    return since > from ? since : from;
}

struct jk_age jk_claim_age(const struct jk_book *book, uint32_t model, enum jk_content kind, uint32_t slot, uint32_t n)
{
    struct tenure tenure = last_tenure(book, model, n);
    struct jk_age age = {JK_NONE, JK_NONE};
    if (tenure.release == JK_NONE)
        return (struct jk_age){known_since(book, jk_book_newest(book, model, n), kind, slot, tenure.from, n, n),
                               tenure.from};
    for (uint32_t end = n;;
         end = tenure.from, tenure = tenure_at(book, model, jk_tenure_row(book, tenure.row)->older)) {
        uint32_t since = known_since(book, tenure.release, kind, slot, tenure.from, end, n);
        if (since >= end) return age; /* not at all, or only after another release had replaced it */
        age = (struct jk_age){since, tenure.from};
        if (since > tenure.from || tenure.row == JK_NONE) return age;
    }
}

uint32_t jk_content_since(const struct jk_book *book, uint32_t model, enum jk_content kind, uint32_t slot, uint32_t n)
{
    uint32_t since = jk_claim_age(book, model, kind, slot, n).since;
    if (since != JK_NONE) return since;
    uint32_t release = release_with(book, model, kind, slot, n); /* it does not decide: what it has is its own */
    if (release == JK_NONE || kind != JK_CONTENT_FILES)
        return release == JK_NONE ? JK_NONE : jk_release_row(book, release)->pub.index;
    return jk_book_files_since(book, release, n);
}

uint32_t jk_files_known_since(const struct jk_book *book, uint32_t release, uint32_t n)
{
    uint32_t model = jk_release_row(book, release)->pub.model;
    if (jk_book_standing_release(book, model, n) != release) return jk_book_files_since(book, release, n);
    struct tenure tenure = last_tenure(book, model, n);
    return files_since(book, release, jk_book_release_files(book, release, n), tenure.from, n, n);
}

/* ---- the first claim ---- */

uint32_t jk_ruled_content(const struct jk_book *book, const struct jk_ruling *ruling, enum jk_content kind)
{
    return jk_content_of(book, ruling->release, kind, ruling->from);
}

bool jk_ruling_speaks_of(const struct jk_book *book, const struct jk_ruling *ruling, enum jk_content kind,
                         uint32_t slot, uint32_t n)
{
    if (slot == JK_NONE || jk_ruled_content(book, ruling, kind) != slot) return false;
    return release_with(book, ruling->model, kind, slot, n) != JK_NONE;
}

/* Of the rulings on origin about this content, the last in effect whose model still has it; NULL for none. */
static const struct jk_ruling *origin_ruling(const struct jk_book *book, enum jk_content kind, uint32_t slot,
                                             uint32_t n)
{
    const struct jk_ruling *found = NULL, *ruling;
    for (uint32_t i = book->origins; i != JK_NONE; i = ruling->older_origin) {
        ruling = jk_book_ruling(book, i);
        uint32_t effect = jk_book_ruling_effect(ruling, n);
        if (effect == JK_NONE || !jk_ruling_speaks_of(book, ruling, kind, slot, n)) continue;
        if (!found || effect > jk_book_ruling_effect(found, n)) found = ruling;
    }
    return found;
}

struct earliest {
    uint32_t model; /* JK_NONE: none so far */
    struct jk_age age;
    bool verified; /* other models' are skipped */
};

static void look_at_claim(const struct jk_book *book, uint32_t model, enum jk_content kind, uint32_t slot, uint32_t n,
                          struct earliest *found)
{
    /* Is this what the model holds now? One whose releases are all yanked holds nothing. */
    uint32_t release = jk_book_deciding(book, model, n);
    if (release == JK_NONE || jk_content_of(book, release, kind, n) != slot) return;
    if (found->verified && !jk_book_name_is_verified(book, model, n)) return;
    struct jk_age age = jk_claim_age(book, model, kind, slot, n);
    if (!jk_age_before(age, found->age)) return;
    found->model = model;
    found->age = age;
}

/* Walks a chain of releases with the artifact or the weights, according to `link`, in order of their entries: no model
 * claims anything before its first release that has it, so whatever comes after the earliest claim can be skipped. */
static void look_along(const struct jk_book *book, uint32_t release, enum jk_content link, enum jk_content kind,
                       uint32_t slot, uint32_t n, struct earliest *found)
{
    for (const struct jk_release_row *row; release != JK_NONE;
         release = link == JK_CONTENT_WEIGHTS ? row->next_weights : row->next_artifact) {
        row = jk_release_row(book, release);
        if (row->pub.index >= n || row->pub.index > found->age.since) return;
        look_at_claim(book, row->pub.model, kind, slot, n, found);
    }
}

/* Those with a manifest that names the set, and those whose hub lists it. */
static void look_for_files(const struct jk_book *book, uint32_t slot, uint32_t n, struct earliest *found)
{
    uint32_t manifest = jk_files_row(book, slot)->first, listed = jk_files_row(book, slot)->listed, model;
    for (; manifest != JK_NONE; manifest = jk_manifest_row(book, manifest)->next)
        look_along(book, jk_manifest_row(book, manifest)->artifact, JK_CONTENT_ARTIFACT, JK_CONTENT_FILES, slot, n,
                   found);
    while ((model = next_lister(book, &listed, n)) != JK_NONE)
        look_at_claim(book, model, JK_CONTENT_FILES, slot, n, found);
}

static uint32_t first_claimant(const struct jk_book *book, enum jk_content kind, uint32_t slot, uint32_t n,
                               bool verified)
{
    const struct jk_ruling *ruling = origin_ruling(book, kind, slot, n);
    struct earliest found = {JK_NONE, {JK_NONE, JK_NONE}, verified};
    if (ruling) return ruling->model;
    if (kind == JK_CONTENT_WEIGHTS)
        look_along(book, jk_weights_row(book, slot)->first, kind, kind, slot, n, &found);
    else if (kind == JK_CONTENT_ARTIFACT)
        look_along(book, slot, kind, kind, slot, n, &found);
    else
        look_for_files(book, slot, n, &found);
    return found.model;
}

uint32_t jk_first_claim(const struct jk_book *book, enum jk_content kind, uint32_t slot, uint32_t n)
{
    return first_claimant(book, kind, slot, n, false);
}

/* ---- what is contested ---- */

static uint32_t disputed_by(const struct jk_book *book, uint32_t model, uint32_t n)
{
    uint32_t slot = jk_book_disputed(book, model);
    for (const struct jk_dispute *dispute; slot != JK_NONE; slot = dispute->older_same) {
        dispute = jk_book_dispute(book, slot);
        if (dispute->from >= n || dispute->resolved < n || dispute->publisher == JK_NONE) continue;
        /* Whose model it was when the dispute was opened does not matter: it is now a verified publisher's, and not
         * yanked. */
        if (!jk_book_is_verified(book, dispute->publisher, n) || !jk_book_name_is_verified(book, dispute->model, n) ||
            jk_book_deciding(book, dispute->model, n) == JK_NONE)
            continue;
        if (jk_has_content_of(book, dispute->model, model, n)) return dispute->model;
    }
    return JK_NONE;
}

static bool is_rival(const struct jk_book *book, uint32_t model, uint32_t other, uint32_t n)
{
    return other != JK_NONE && jk_book_alias(book, other, n)->publisher != jk_book_alias(book, model, n)->publisher;
}

/* The other publisher's model to which this one loses a content; JK_NONE for none. */
static uint32_t loses_to(const struct jk_book *book, uint32_t model, enum jk_content kind, uint32_t slot, uint32_t n)
{
    uint32_t first = jk_first_claim(book, kind, slot, n);
    if (!is_rival(book, model, first, n)) return JK_NONE;
    if (!jk_book_name_is_verified(book, model, n)) return first;
    uint32_t verified = first_claimant(book, kind, slot, n, true);
    return is_rival(book, model, verified, n) ? verified : first;
}

uint32_t jk_contested_with(const struct jk_book *book, uint32_t model, uint32_t n)
{
    uint32_t release = jk_book_standing_release(book, model, n);
    for (int i = 0; i < JK_CONTENT_KINDS; i++) {
        uint32_t slot = jk_content_of(book, release, (enum jk_content)i, n);
        uint32_t other = slot == JK_NONE ? JK_NONE : loses_to(book, model, (enum jk_content)i, slot, n);
        if (other != JK_NONE) return other;
    }
    return disputed_by(book, model, n);
}
