/* See weighing.h. Memory: 12 bytes for each tensor of the release, and what is found. */
#include "weights/weighing.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/search.h"
#include "weights/fit.h"
#include "weights/grading.h"
#include "weights/screen.h"

#define ALIKE_EQUAL (JK_SIMILAR_ALL + 1) /* above any |r| */

/* A part of the release; by name, as in each comparison. */
struct own_part {
    struct jk_span name;
    jk_wide elements;
    jk_wide undeclared; /* with the model that is being compared */
    jk_wide shared;     /* of tensors to which several others are kin */
    uint32_t models;    /* others that are kin to some tensor of it */
};

/* What is known of a tensor of the release. */
struct own_item {
    uint32_t ancestors; /* the greatest likeness to an ancestor: |r|, or ALIKE_EQUAL; 0: to none */
    uint32_t others;    /* how many that are no ancestors are kin to it */
    uint32_t part;
};

struct jk_weighing {
    struct jk_evidence_text text;
    struct jk_weighed child;
    jk_wide elements;
    struct own_item *items; /* as the child's */
    struct own_part *parts;
    size_t part_count;
    struct jk_screen *screen; /* of the child */
    enum jk_tie last;         /* of the model added last */
};

/* ---- the release ---- */

static int order_parts(const void *a, const void *b)
{
    return jk_span_compare(((const struct own_part *)a)->name, ((const struct own_part *)b)->name);
}

static void divide_into_parts(struct jk_weighing *weighing)
{
    const struct jk_sketches *child = weighing->child.sketches;
    for (size_t i = 0; i < child->count; i++)
        weighing->parts[i].name = jk_item_part(&child->items[i]);
    if (child->count > 0) qsort(weighing->parts, child->count, sizeof *weighing->parts, order_parts);
    for (size_t i = 0; i < child->count; i++) {
        size_t last = weighing->part_count - 1;
        if (i > 0 && jk_span_equal(weighing->parts[i].name, weighing->parts[last].name)) continue;
        weighing->parts[weighing->part_count++].name = weighing->parts[i].name;
    }
    for (size_t i = 0; i < child->count; i++) {
        struct jk_span name = jk_item_part(&child->items[i]);
        size_t part = JK_LOWER_BOUND(weighing->part_count, at, jk_span_compare(weighing->parts[at].name, name) < 0);
        weighing->items[i].part = (uint32_t)part;
        weighing->parts[part].elements += child->items[i].elements;
        weighing->elements += child->items[i].elements;
    }
}

struct jk_weighing *jk_weighing_new(const struct jk_digest *release, const struct jk_digest *artifact, uint64_t at,
                                    struct jk_weighed child)
{
    struct jk_weighing *weighing = calloc(1, sizeof *weighing);
    if (!weighing) return NULL;
    weighing->child = child;
    weighing->items = calloc(child.sketches->count + 1, sizeof *weighing->items);
    weighing->parts = calloc(child.sketches->count + 1, sizeof *weighing->parts);
    weighing->screen = jk_screen_new(child.sketches);
    if (!weighing->items || !weighing->parts || !weighing->screen) {
        jk_weighing_free(weighing);
        return NULL;
    }
    divide_into_parts(weighing);
    weighing->text = (struct jk_evidence_text){
        .release = *release,
        .artifact = *artifact,
        .at = at,
        .attest = JK_NO_ATTEST,
        .tensors = (uint32_t)child.sketches->count,
        .elements = weighing->elements < UINT64_MAX ? (uint64_t)weighing->elements : UINT64_MAX};
    return weighing;
}

void jk_weighing_free(struct jk_weighing *weighing)
{
    if (!weighing) return;
    jk_evidence_text_done(&weighing->text);
    free(weighing->items);
    free(weighing->parts);
    jk_screen_free(weighing->screen);
    free(weighing);
}

/* ---- the parts that a list shows ---- */

struct listed {
    jk_wide elements;
    uint32_t part;
};

static int most_first(const void *a, const void *b)
{
    const struct listed *one = a, *two = b;
    int order = (one->elements < two->elements) - (one->elements > two->elements);
    return order ? order : (one->part > two->part) - (one->part < two->part);
}

static int by_part(const void *a, const void *b)
{
    const struct listed *one = a, *two = b;
    return (one->part > two->part) - (one->part < two->part);
}

/* Of the parts with elements those to be shown: those with the most, by name. The array is put into order; returns how
 * many are shown. */
static size_t choose_parts(struct listed *listed, size_t count)
{
    if (count <= JK_EVIDENCE_PARTS_MAX) return count;
    qsort(listed, count, sizeof *listed, most_first);
    qsort(listed, JK_EVIDENCE_PARTS_MAX, sizeof *listed, by_part);
    return JK_EVIDENCE_PARTS_MAX;
}

static bool list_parts(struct jk_weighing *weighing, const struct jk_comparison *comparison, struct listed *listed,
                       struct jk_evidence_model *model)
{
    size_t count = 0;
    JK_CHECK(comparison->part_count == weighing->part_count);
    for (size_t i = 0; i < comparison->part_count; i++) {
        jk_wide elements = jk_kin_elements(&comparison->parts[i]);
        if (elements > 0) listed[count++] = (struct listed){elements, (uint32_t)i};
    }
    model->part_count = (uint32_t)count;
    model->parts = choose_parts(listed, count);
    model->first_part = weighing->text.part_count;
    for (size_t i = 0; i < model->parts; i++) {
        const struct jk_likeness_share *share = &comparison->parts[listed[i].part];
        struct jk_evidence_part *part = jk_evidence_add_part(&weighing->text);
        if (!part) return false;
        struct jk_graded graded;
        jk_grade_comparison(share, false, &graded);
        *part = (struct jk_evidence_part){share->part,   jk_likeness_hundredths(share->elements, weighing->elements),
                                          graded.equal,  graded.near,
                                          graded.kin,    graded.comparable,
                                          share->median, share->tensors};
    }
    return true;
}

/* Appends the chosen of those listed. */
static bool list_shares(struct jk_weighing *weighing, const struct listed *listed, size_t count, bool with_models)
{
    for (size_t i = 0; i < count; i++) {
        struct jk_evidence_share *share = jk_evidence_add_share(&weighing->text);
        if (!share) return false;
        const struct own_part *part = &weighing->parts[listed[i].part];
        *share = (struct jk_evidence_share){part->name, jk_likeness_hundredths(listed[i].elements, weighing->elements),
                                            with_models ? part->models : 0};
    }
    return true;
}

/* ---- another model ---- */

static uint32_t alikeness(const struct jk_pair *pair)
{
    if (pair->likeness > JK_KIN) return 0;
    return pair->likeness == JK_EQUAL ? ALIKE_EQUAL : pair->similarity;
}

static void remember_ancestor(struct jk_weighing *weighing, const struct jk_comparison *comparison)
{
    for (size_t i = 0; i < comparison->count; i++) {
        uint32_t alike = alikeness(&comparison->pairs[i]);
        if (alike > weighing->items[i].ancestors) weighing->items[i].ancestors = alike;
    }
}

/* Counts what a model that is no ancestor has in common with the release, and returns how much of it with no ancestor. */
static jk_wide count_other(struct jk_weighing *weighing, const struct jk_comparison *comparison)
{
    jk_wide undeclared = 0;
    for (size_t i = 0; i < weighing->part_count; i++) {
        weighing->parts[i].undeclared = 0;
        weighing->parts[i].models += jk_kin_elements(&comparison->parts[i]) > 0;
    }
    for (size_t i = 0; i < comparison->count; i++) {
        uint32_t alike = alikeness(&comparison->pairs[i]);
        struct own_item *item = &weighing->items[i];
        item->others += alike > 0;
        if (alike <= item->ancestors) continue;
        undeclared += comparison->pairs[i].one->elements;
        weighing->parts[item->part].undeclared += comparison->pairs[i].one->elements;
    }
    return undeclared;
}

static bool list_undeclared(struct jk_weighing *weighing, jk_wide undeclared, struct listed *listed,
                            struct jk_evidence_model *model)
{
    size_t count = 0;
    uint32_t share = jk_likeness_hundredths(undeclared, weighing->elements);
    if (share < JK_UNDECLARED_LEAST) return true;
    for (size_t i = 0; i < weighing->part_count; i++)
        if (weighing->parts[i].undeclared > 0)
            listed[count++] = (struct listed){weighing->parts[i].undeclared, (uint32_t)i};
    model->undeclared = share;
    model->undeclared_parts = (uint32_t)count;
    model->ins = choose_parts(listed, count);
    model->first_in = weighing->text.share_count;
    return list_shares(weighing, listed, model->ins, false);
}

static bool add_compared(struct jk_weighing *weighing, const struct jk_compared *who, bool fits,
                         const struct jk_comparison *comparison)
{
    if (who->tie == JK_TIE_OTHER && jk_kin_elements(&comparison->whole) == 0) {
        weighing->text.foreign++;
        return true;
    }
    struct jk_evidence_model *model = jk_evidence_add_model(&weighing->text);
    struct listed *listed = calloc(weighing->part_count + 1, sizeof *listed);
    bool done = model && listed;
    if (done) {
        model->who = *who;
        model->graded.parent = who->release;
        jk_grade_comparison(&comparison->whole, fits, &model->graded);
        model->median = comparison->whole.median;
        model->renamed = comparison->renamed;
        model->longer = comparison->longer;
        model->cut = comparison->cut;
        done = list_parts(weighing, comparison, listed, model);
    }
    if (done && who->tie != JK_TIE_OTHER)
        remember_ancestor(weighing, comparison);
    else if (done)
        done = list_undeclared(weighing, count_other(weighing, comparison), listed, model);
    free(listed);
    return done;
}

/* A parent of which nothing is known. */
static bool add_unknown(struct jk_weighing *weighing, const struct jk_compared *who)
{
    if (who->tie != JK_TIE_PARENT) return true;
    struct jk_evidence_model *model = jk_evidence_add_model(&weighing->text);
    if (!model) return false;
    model->who = *who;
    model->who.artifact = (struct jk_digest){0};
    model->graded = (struct jk_graded){.parent = who->release, .grade = JK_GRADE_NONE};
    return true;
}

bool jk_weighing_add(struct jk_weighing *weighing, const struct jk_compared *who, const struct jk_weighed *other)
{
    JK_CHECK(who->tie >= weighing->last);
    weighing->last = who->tie;
    if (!other) return add_unknown(weighing, who);
    if (who->tie == JK_TIE_OTHER && !jk_screen_may_be_kin(weighing->screen, other->sketches)) {
        weighing->text.foreign++;
        return true;
    }
    struct jk_comparison comparison;
    bool fits = false;
    if (who->tie == JK_TIE_PARENT && !jk_shapes_fit(weighing->child.manifest, other->manifest, &fits)) return false;
    if (!jk_compare(weighing->child.sketches, other->sketches, &comparison)) return false;
    bool added = add_compared(weighing, who, fits, &comparison);
    jk_comparison_done(&comparison);
    return added;
}

/* ---- the end ---- */

const struct jk_evidence_text *jk_weighing_end(struct jk_weighing *weighing)
{
    struct jk_evidence_text *text = &weighing->text;
    struct listed *listed = calloc(weighing->part_count + 1, sizeof *listed);
    size_t count = 0;
    if (!listed) return NULL;
    for (size_t i = 0; i < weighing->child.sketches->count; i++)
        if (weighing->items[i].others >= 2)
            weighing->parts[weighing->items[i].part].shared += weighing->child.sketches->items[i].elements;
    for (size_t i = 0; i < weighing->part_count; i++)
        if (weighing->parts[i].shared > 0) listed[count++] = (struct listed){weighing->parts[i].shared, (uint32_t)i};
    text->shared_parts = (uint32_t)count;
    text->shareds = choose_parts(listed, count);
    text->first_shared = text->share_count;
    bool done = list_shares(weighing, listed, text->shareds, true);
    free(listed);
    return done ? text : NULL;
}

/* ---- a challenge ---- */

static bool add_challenged(struct jk_weighing *weighing, const struct jk_challenge_text *text,
                           const struct jk_digest *parent)
{
    struct jk_compared who = {.tie = JK_TIE_PARENT, .release = *parent};
    for (size_t i = 1; i < text->count; i++) {
        const struct jk_challenge_model *model = &text->models[i];
        if (!jk_digest_equal(&model->release, parent)) continue;
        who.artifact = model->artifact;
        return jk_weighing_add(weighing, &who, &(struct jk_weighed){model->manifest, &model->sketches});
    }
    return jk_weighing_add(weighing, &who, NULL);
}

struct jk_weighing *jk_weigh_challenge(const struct jk_challenge_text *text, const struct jk_digest *digest,
                                       uint64_t attest, uint64_t at, const struct jk_digest *parents, size_t count)
{
    const struct jk_challenge_model *child = &text->models[0];
    struct jk_weighing *weighing =
        jk_weighing_new(&child->release, &child->artifact, at, (struct jk_weighed){child->manifest, &child->sketches});
    bool done = weighing != NULL;
    if (done) {
        weighing->text.attest = attest;
        weighing->text.challenge = *digest;
    }
    for (size_t i = 0; done && i < count; i++)
        done = add_challenged(weighing, text, &parents[i]);
    if (done) return weighing;
    jk_weighing_free(weighing);
    return NULL;
}
