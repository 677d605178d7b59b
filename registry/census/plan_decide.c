/* The steps: what is to be registered, what is to be released anew and why, and all others. */
#include <stdio.h>
#include <stdlib.h>

#include "base/defer.h"
#include "census/plan_inside.h"
#include "domain/ident.h"

#define NONE JK_INTERN_NONE

static struct jk_span name_of(const struct jk_plan *plan, uint32_t name)
{
    return jk_intern_text(&plan->names, name);
}

/* The name of a registered model after what has moved: the run's own line about it may rename it. */
static struct jk_span name_after(const struct jk_plan *plan, const struct jk_plan_node *node)
{
    bool renamed = node->moves && node->move != JK_PLAN_MOVED && node->state == JK_CENSUS_PRESENT;
    return renamed ? name_of(plan, node->name) : jk_plan_model_name(plan, node->model);
}

static struct jk_span kept(struct jk_plan *plan, const char *text, size_t len)
{
    const char *copy = jk_arena_copy(&plan->arena, text, len);
    plan->failed = plan->failed || !copy;
    return copy ? (struct jk_span){copy, len} : JK_SPAN("");
}

/* ---- parents ---- */

/* The release that a parent is pinned to: of the run, or the one that decides now. */
static struct jk_plan_parent pinned(const struct jk_plan *plan, const struct jk_plan_link *link)
{
    const struct jk_plan_node *node = link->node == NONE ? NULL : &plan->nodes[link->node];
    if (node && (node->action == JK_PLAN_REGISTER || node->action == JK_PLAN_RELEASE))
        return (struct jk_plan_parent){
            false, node->model == JK_NONE ? name_of(plan, node->name) : name_after(plan, node), node->version};
    if (link->external)
        return (struct jk_plan_parent){true, name_of(plan, link->name), jk_intern_text(&plan->texts, link->revision)};
    uint32_t release = jk_book_deciding(plan->book, link->model, plan->n);
    struct jk_span name = jk_plan_model_name(plan, link->model);
    return (struct jk_plan_parent){false, name, jk_book_release(plan->book, release)->version};
}

static const struct jk_plan_parent *pin_all(struct jk_plan *plan, const struct jk_plan_node *node, uint32_t *out_count)
{
    struct jk_plan_parent *parents = jk_arena_zalloc(&plan->arena, node->link_count + (size_t)1, sizeof *parents);
    plan->failed = plan->failed || !parents;
    *out_count = 0;
    for (uint32_t i = 0; parents && i < node->link_count; i++) {
        const struct jk_plan_link *link = &plan->links[node->first_link + i];
        if (!link->cut) parents[(*out_count)++] = pinned(plan, link);
    }
    return parents;
}

/* ---- what differs from the release that decides ---- */

/* One number for what a parent is: a registered model, one of the run, or an external's name. */
static uint64_t key_of(uint32_t model, uint32_t node, uint32_t name)
{
    if (model != JK_NONE) return model;
    return node != NONE ? UINT64_C(1) << 32 | node : UINT64_C(2) << 32 | name;
}

static int by_number(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a, two = *(const uint64_t *)b;
    return (one > two) - (one < two);
}

static size_t keys_of_release(struct jk_plan *plan, const struct jk_release *release, uint64_t *out_keys)
{
    for (uint32_t i = 0; i < release->parent_count; i++) {
        const struct jk_parent *parent = &release->parents[i];
        uint32_t model = JK_NONE;
        if (!parent->external) {
            model = jk_book_release(plan->book, parent->slot)->model;
        } else {
            const struct jk_adoption *adoption = jk_book_adoption_of(plan->book, parent->slot, plan->n);
            if (adoption) model = adoption->model;
        }
        out_keys[i] = key_of(model, NONE, model == JK_NONE ? jk_plan_name(plan, parent->name) : NONE);
    }
    return release->parent_count;
}

static bool has_same_parents(struct jk_plan *plan, const struct jk_plan_node *node, const struct jk_release *release)
{
    uint64_t now[JK_PARENTS_MAX], before[JK_PARENTS_MAX];
    size_t count = 0, released = keys_of_release(plan, release, before);
    for (uint32_t i = 0; i < node->link_count; i++) {
        const struct jk_plan_link *link = &plan->links[node->first_link + i];
        if (!link->cut) now[count++] = key_of(link->model, link->node, link->name);
    }
    if (count != released) return false;
    qsort(now, count, sizeof now[0], by_number);
    qsort(before, count, sizeof before[0], by_number);
    return memcmp(now, before, count * sizeof now[0]) == 0;
}

/* As a phrase; NULL for nothing. Weight files that were never observed are not known to be others. */
static const char *difference(struct jk_plan *plan, const struct jk_plan_node *node, const struct jk_release *release)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    uint32_t present = plan->present_of_model[node->model];
    const struct jk_observation *seen =
        present == NONE ? NULL : jk_book_observation(plan->book, plan->seen[present].observation);
    const struct {
        bool changed;
        const char *what;
    } parts[] = {{release->relation != node->relation, "relation"},
                 {!has_same_parents(plan, node, release), "parents"},
                 {!jk_span_equal(jk_book_license_text(plan->book, release->license), node->expression), "licence"},
                 {seen && !jk_digest_equal(&seen->weight_files, &node->weight_files), "weight files"}};
    jk_text_init(&text, 0);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i].changed) jk_text_addf(&text, "%s%s", text.len > 0 ? ", " : "changed: ", parts[i].what);
    return text.len > 0 ? jk_plan_phrase(plan, "%s", text.bytes) : NULL;
}

/* ---- a model that is registered ---- */

/* Whether the model is above what a link names, by the book and by what the run says. */
static bool descends(const struct jk_plan *plan, const struct jk_plan_link *link, uint32_t model, unsigned *budget)
{
    if (*budget == 0) return true; /* too much to look at: not taken for a parent */
    --*budget;
    if (link->model == model) return true;
    if (link->model != JK_NONE) {
        struct jk_parent parent = {.slot = jk_book_standing_release(plan->book, link->model, plan->n)};
        if (jk_book_parents_descend(plan->book, &parent, 1, model, plan->n)) return true;
    }
    const struct jk_plan_node *node = link->node == NONE ? NULL : &plan->nodes[link->node];
    for (uint32_t i = 0; node && i < node->link_count; i++) {
        const struct jk_plan_link *above = &plan->links[node->first_link + i];
        if (!above->cut && descends(plan, above, model, budget)) return true;
    }
    return false;
}

/* Leaves out parents that descend from the model; returns how many parents stay. */
static uint32_t cut_descendants(struct jk_plan *plan, struct jk_plan_node *node)
{
    uint32_t stay = 0;
    for (uint32_t i = 0; i < node->link_count; i++) {
        struct jk_plan_link *link = &plan->links[node->first_link + i];
        unsigned budget = 10000;
        if (link->cut) continue;
        link->cut = descends(plan, link, node->model, &budget);
        stay += !link->cut;
        if (link->cut)
            jk_plan_say(plan, node,
                        jk_plan_phrase(plan, "the parent %.*s is left out: it descends from this model",
                                       JK_SPAN_ARG(name_of(plan, link->name))));
    }
    return stay;
}

static bool has_path(struct jk_plan *plan, const struct jk_plan_node *node)
{
    for (uint32_t i = 0; i < node->link_count; i++) {
        const struct jk_plan_link *link = &plan->links[node->first_link + i];
        if (!link->cut && (link->node != NONE || (link->model != JK_NONE && jk_plan_leads(plan, link->model))))
            return true;
    }
    return false;
}

/* A version that the model does not have yet: hub-<digits>, and .2, .3 … where only the card is read otherwise. */
static struct jk_span new_version(struct jk_plan *plan, const struct jk_plan_node *node)
{
    char text[JK_VERSION_MAX];
    for (unsigned i = 1; i < 1000; i++) {
        int len = i == 1 ? snprintf(text, sizeof text, "hub-%s", node->revision)
                         : snprintf(text, sizeof text, "hub-%s.%u", node->revision, i);
        struct jk_span version = {text, (size_t)len};
        if (node->model == JK_NONE || jk_book_find_version(plan->book, node->model, version, plan->n) == JK_NONE)
            return kept(plan, text, (size_t)len);
    }
    return JK_SPAN("");
}

/* Why nothing is released although the record is another; NULL where that is to be seen. */
static const char *why_not(struct jk_plan *plan, struct jk_plan_node *node, const struct jk_release *release)
{
    if (node->same) return "";
    if (!node->revision[0]) return "the hub tells no commit of it, by which a release could be named";
    bool digests = !jk_digest_is_zero(&release->artifact) || !jk_digest_is_zero(&release->weights) ||
                   !jk_digest_is_zero(&release->license_text);
    if (digests) return "its newest release has digests, which the hub's record has not";
    node->lost = node->level == JK_NONE || cut_descendants(plan, node) == 0 || !has_path(plan, node);
    return node->lost ? "it no longer leads to a base model; what was released stays" : NULL;
}

/* Of the name that the model will have. */
static uint32_t publisher_after(const struct jk_plan *plan, const struct jk_plan_node *node)
{
    struct jk_span publisher, model;
    jk_ident_split(name_after(plan, node), &publisher, &model);
    return jk_book_find_publisher(plan->book, publisher, plan->n);
}

static void decide_registered(struct jk_plan *plan, struct jk_plan_node *node)
{
    uint32_t slot = jk_book_deciding(plan->book, node->model, plan->n);
    const char *fault =
        slot == JK_NONE ? "all of its releases are yanked" : why_not(plan, node, jk_book_release(plan->book, slot));
    node->action = JK_PLAN_OBSERVE;
    if (fault) {
        if (fault[0]) jk_plan_say(plan, node, fault);
        return;
    }
    jk_plan_roots(plan, node);
    node->expression = jk_plan_license(plan, node);
    const char *changed = difference(plan, node, jk_book_release(plan->book, slot));
    if (!changed) return;
    jk_plan_say(plan, node, changed);
    node->action = JK_PLAN_RELEASE;
    if (jk_plan_is_free(plan, publisher_after(plan, node), name_of(plan, node->name))) {
        node->version = new_version(plan, node);
        return;
    }
    node->action = JK_PLAN_BLOCKED;
    jk_plan_say(plan, node,
                "its publisher is somebody's who has not proven that the organisation on the hub is theirs");
}

static void decide_new(struct jk_plan *plan, struct jk_plan_node *node)
{
    jk_plan_roots(plan, node);
    node->expression = jk_plan_license(plan, node);
    node->version = new_version(plan, node);
    node->action = JK_PLAN_REGISTER;
}

/* ---- steps ---- */

static struct jk_plan_step *begin_step(struct jk_plan *plan, const struct jk_plan_node *node,
                                       enum jk_plan_action action)
{
    static struct jk_plan_step nowhere;
    plan->steps = jk_plan_grow(plan, plan->steps, plan->step_count, &plan->step_room, sizeof *plan->steps);
    if (plan->failed) return &nowhere;
    struct jk_plan_step *step = &plan->steps[plan->step_count++];
    *step = (struct jk_plan_step){.action = action,
                                  .id = name_of(plan, node->name),
                                  .identity = jk_intern_text(&plan->identities, node->identity),
                                  .why = node->why,
                                  .offset = node->offset,
                                  .length = node->length};
    plan->totals[action]++;
    return step;
}

/* What has moved is told by its old id; the model still has its old name. */
static void add_move(struct jk_plan *plan, const struct jk_plan_node *node)
{
    bool present = node->state == JK_CENSUS_PRESENT;
    struct jk_plan_step *step = begin_step(plan, node, node->move);
    if (present) step->id = name_of(plan, node->moved_from);
    step->to = name_of(plan, present ? node->name : node->to);
    step->model = jk_plan_model_name(plan, node->model);
    step->why = node->move_why;
    if (node->move_length > 0) {
        step->offset = node->move_offset;
        step->length = node->move_length;
    }
}

static void add_present(struct jk_plan *plan, const struct jk_plan_node *node)
{
    bool declares = node->action == JK_PLAN_REGISTER || node->action == JK_PLAN_RELEASE;
    struct jk_plan_step *step = begin_step(plan, node, node->action);
    step->record = true;
    step->weight_files = node->weight_files;
    step->no_path = node->lost;
    if (node->model != JK_NONE) step->model = name_after(plan, node);
    if (!declares) return;
    step->version = node->version;
    step->license = node->expression;
    step->relation = node->relation;
    step->parents = pin_all(plan, node, &step->parent_count);
}

/* What was observed under a name that another repository has now. */
static void add_gone(struct jk_plan *plan, const struct jk_plan_node *node)
{
    const struct jk_plan_seen *seen = &plan->seen[node->gone];
    struct jk_plan_step *step = begin_step(plan, node, JK_PLAN_ABSENT);
    step->identity = jk_intern_text(&plan->identities, seen->identity);
    step->model = jk_plan_model_name(plan, seen->model);
    step->why = "another repository has its name now";
}

static void add_other(struct jk_plan *plan, const struct jk_plan_node *node)
{
    struct jk_plan_step *step = begin_step(plan, node, node->action);
    step->to = name_of(plan, node->to);
    step->model = jk_plan_model_name(plan, node->model);
    step->no_path = node->candidate;
}

static bool writes(const struct jk_plan_node *node)
{
    return node->action <= JK_PLAN_OBSERVE && node->state == JK_CENSUS_PRESENT && !node->told;
}

static void decide_candidates(struct jk_plan *plan, const uint32_t *order, uint32_t count)
{
    for (uint32_t i = 0; i < count && !plan->failed; i++) {
        struct jk_plan_node *node = &plan->nodes[order[i]];
        if (node->model == JK_NONE)
            decide_new(plan, node);
        else
            decide_registered(plan, node);
    }
    for (uint32_t i = 0; i < plan->node_count && !plan->failed; i++) {
        struct jk_plan_node *node = &plan->nodes[i];
        if (!node->candidate || node->placed) continue;
        node->action = JK_PLAN_LEFT;
        if (node->model != JK_NONE)
            decide_registered(plan, node);
        else
            jk_plan_say(plan, node, node->link_count == 0 ? "no parents" : "no path to a base model");
    }
}

void jk_plan_decide(struct jk_plan *plan, const uint32_t *order, uint32_t count)
{
    decide_candidates(plan, order, count);
    for (uint32_t i = 0; i < plan->node_count; i++)
        if (plan->nodes[i].moves) add_move(plan, &plan->nodes[i]);
    for (uint32_t i = 0; i < count; i++)
        if (writes(&plan->nodes[order[i]])) add_present(plan, &plan->nodes[order[i]]);
    for (uint32_t i = 0; i < plan->node_count; i++)
        if (writes(&plan->nodes[i]) && !plan->nodes[i].placed) add_present(plan, &plan->nodes[i]);
    for (uint32_t i = 0; i < plan->node_count; i++) {
        if (plan->nodes[i].gone != NONE) add_gone(plan, &plan->nodes[i]);
        if (plan->nodes[i].action == JK_PLAN_ABSENT && !plan->nodes[i].told) add_other(plan, &plan->nodes[i]);
    }
    for (uint32_t i = 0; i < plan->node_count; i++) {
        const struct jk_plan_node *node = &plan->nodes[i];
        if (node->told || node->action < JK_PLAN_UNCHANGED) continue;
        if (node->action == JK_PLAN_UNCHANGED)
            plan->totals[JK_PLAN_UNCHANGED]++;
        else
            add_other(plan, node);
    }
}
