/* The licence of a model that is to be registered. What its record says may mean one or another by the family of its
 * parents, and few records say different things of few families: each question is answered once. */
#include <stdlib.h>

#include "base/defer.h"
#include "census/plan_inside.h"
#include "declare/licensing.h"

#define NONE JK_INTERN_NONE

/* The node's are the last of all, as long as it is being decided. */
static void note_root(struct jk_plan *plan, struct jk_plan_node *node, uint32_t model)
{
    for (uint32_t i = 0; i < node->root_count; i++)
        if (plan->roots[node->first_root + i] == model) return;
    if (node->root_count == JK_PLAN_ROOTS) return;
    plan->roots = jk_plan_grow(plan, plan->roots, plan->root_count, &plan->root_room, sizeof *plan->roots);
    if (plan->failed) return;
    plan->roots[plan->root_count++] = model;
    node->root_count++;
}

static void note_roots_of_model(struct jk_plan *plan, struct jk_plan_node *node, uint32_t model)
{
    if (jk_book_base(plan->book, model, plan->n)) {
        note_root(plan, node, model);
        return;
    }
    const struct jk_spell *spell = NULL;
    while ((spell = jk_book_spell(plan->book, model, plan->n, spell)))
        note_root(plan, node, spell->root);
}

void jk_plan_roots(struct jk_plan *plan, struct jk_plan_node *node)
{
    node->first_root = plan->root_count;
    for (uint32_t i = 0; i < node->link_count; i++) {
        const struct jk_plan_link *link = &plan->links[node->first_link + i];
        const struct jk_plan_node *parent = link->node == NONE ? NULL : &plan->nodes[link->node];
        if (link->cut) continue;
        if (link->model != JK_NONE) note_roots_of_model(plan, node, link->model);
        for (uint32_t k = 0; parent && k < parent->root_count; k++)
            note_root(plan, node, plan->roots[parent->first_root + k]);
    }
}

static size_t families_of(const struct jk_plan *plan, const struct jk_plan_node *node, struct jk_span *out_families)
{
    size_t count = 0;
    for (uint32_t i = 0; i < node->link_count; i++) {
        const struct jk_plan_link *link = &plan->links[node->first_link + i];
        struct jk_span name = jk_intern_text(&plan->names, link->name);
        if (!link->external && link->model != JK_NONE) name = jk_plan_model_name(plan, link->model);
        if (!link->cut) out_families[count++] = jk_span_after_last(name, '/');
    }
    for (uint32_t i = 0; i < node->root_count; i++)
        out_families[count++] = jk_span_after_last(jk_plan_model_name(plan, plan->roots[node->first_root + i]), '/');
    return count;
}

/* What a record says of its licence, as SPDX; NOASSERTION where it says nothing that is known. */
static struct jk_span ask(struct jk_plan *plan, uint32_t license, const struct jk_span *families, size_t count)
{
    struct jk_sources *sources = jk_arena_alloc(&plan->scratch, sizeof *sources);
    struct jk_doubts notes = {.arena = &plan->scratch};
    struct jk_files none = {0};
    struct jk_licensing licensing;
    struct jk_error ignored;
    jk_error_init(&ignored, &plan->scratch);
    plan->failed = plan->failed || !sources;
    if (!sources) return JK_SPAN("NOASSERTION");
    jk_gather(&none, jk_intern_text(&plan->licenses, license), &plan->scratch, sources, &ignored);
    jk_licensing_of(sources, families, count, &notes, &licensing);
    return jk_licensing_stored(&licensing, sources, &notes);
}

/* The question as a text: what the record says, and the families. */
static uint32_t question_of(struct jk_plan *plan, uint32_t license, const struct jk_span *families, size_t count)
{
    JK_CLEANUP(jk_text_done) struct jk_text question;
    jk_text_init(&question, 0);
    jk_text_addf(&question, "%u", license);
    for (size_t i = 0; i < count; i++) {
        jk_text_add_char(&question, ' ');
        jk_text_add(&question, families[i]);
    }
    uint32_t number = jk_intern_add(&plan->answers, jk_text_span(&question));
    plan->failed = plan->failed || question.failed || plan->answers.failed;
    return plan->failed ? NONE : number;
}

struct jk_span jk_plan_license(struct jk_plan *plan, const struct jk_plan_node *node)
{
    struct jk_span families[JK_PARENTS_MAX + JK_PLAN_ROOTS];
    size_t count = families_of(plan, node, families);
    uint32_t question = question_of(plan, node->license, families, count);
    if (question == NONE) return JK_SPAN("NOASSERTION");
    plan->answer_of = jk_plan_grow(plan, plan->answer_of, question, &plan->answer_room, sizeof *plan->answer_of);
    if (plan->failed) return JK_SPAN("NOASSERTION");
    if (plan->answer_of[question] == NONE) {
        plan->answer_of[question] = jk_intern_add(&plan->texts, ask(plan, node->license, families, count));
        plan->failed = plan->failed || plan->texts.failed;
        jk_arena_reset(&plan->scratch);
    }
    return jk_intern_text(&plan->texts, plan->answer_of[question]);
}
