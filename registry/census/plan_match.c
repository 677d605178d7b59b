/* Which registered model each line is of, what has moved, and what may not be written. */
#include "book/home.h"
#include "book/lookalike.h"
#include "census/match.h"
#include "census/plan_inside.h"
#include "domain/ident.h"

#define NONE JK_INTERN_NONE

static const struct jk_plan_seen *seen_at(const struct jk_plan *plan, const uint32_t *table, uint32_t number)
{
    return number == NONE || table[number] == NONE ? NULL : &plan->seen[table[number]];
}

static struct jk_span name_text(const struct jk_plan *plan, uint32_t name)
{
    return jk_intern_text(&plan->names, name);
}

bool jk_plan_is_free(const struct jk_plan *plan, uint32_t publisher, struct jk_span id)
{
    return publisher == JK_NONE || jk_book_may_speak_for(plan->book, publisher, plan->hub, id, plan->n);
}

static uint32_t publisher_of_name(const struct jk_plan *plan, struct jk_span name)
{
    struct jk_span publisher, model;
    jk_ident_split(name, &publisher, &model);
    return jk_book_find_publisher(plan->book, publisher, plan->n);
}

static uint32_t publisher_of_model(const struct jk_plan *plan, uint32_t model)
{
    return jk_book_alias(plan->book, model, plan->n)->publisher;
}

static bool has_name(const struct jk_plan *plan, uint32_t model, uint32_t name)
{
    return jk_span_equal_fold(jk_plan_model_name(plan, model), name_text(plan, name));
}

static bool is_base(const struct jk_plan *plan, uint32_t model)
{
    return jk_book_base(plan->book, model, plan->n) != NULL;
}

static void conclude(struct jk_plan *plan, struct jk_plan_node *node, enum jk_plan_action action, const char *why)
{
    node->candidate = false;
    node->action = action;
    if (why) jk_plan_say(plan, node, why);
}

static const char *claimed_phrase(struct jk_plan *plan, uint32_t publisher, struct jk_span id)
{
    struct jk_span part, model, name = jk_book_publisher(plan->book, publisher)->name;
    jk_ident_split(id, &part, &model);
    return jk_plan_phrase(plan,
                          "the publisher %.*s is somebody's who has not proven that %.*s/%.*s is theirs: an admin can "
                          "transfer the name, or a registrar record the namespace",
                          JK_SPAN_ARG(name), JK_SPAN_ARG(plan->hub), JK_SPAN_ARG(part));
}

/* A publisher that the census would have to make, whose name only an admin can approve; NULL: it may be made. */
static const char *reserved_fault(struct jk_plan *plan, struct jk_span name)
{
    struct jk_span publisher, model;
    struct jk_lookalike found;
    jk_ident_split(name, &publisher, &model);
    if (!jk_lookalike_takes_approval(plan->book, plan->n, publisher, true, &found)) return NULL;
    return jk_plan_phrase(plan,
                          "the publisher name %.*s %s %.*s, %s: an admin has to approve it (jokbo publisher request "
                          "%.*s), and a registrar to record its namespace",
                          JK_SPAN_ARG(publisher), found.same ? "is that of" : "looks like", JK_SPAN_ARG(found.like),
                          found.what, JK_SPAN_ARG(publisher));
}

/* What stands in the way of a model of that name that is written for that organisation; NULL: nothing. */
static const char *publisher_fault(struct jk_plan *plan, struct jk_span name)
{
    uint32_t publisher = publisher_of_name(plan, name);
    if (publisher == JK_NONE) return reserved_fault(plan, name);
    return jk_plan_is_free(plan, publisher, name) ? NULL : claimed_phrase(plan, publisher, name);
}

/* ---- which model ---- */

/* Under the same id there was another identity: what is there now is another repository. */
static bool is_replaced(const struct jk_plan_node *node, const struct jk_plan_seen *before)
{
    return before && before->identity != NONE && node->identity != NONE && before->identity != node->identity;
}

/* What is under a name that another repository had; that one is gone if a whole run has it nowhere. */
static void block_replaced(struct jk_plan *plan, struct jk_plan_node *node, struct jk_span identity)
{
    const struct jk_plan_seen *before = seen_at(plan, plan->seen_of_name, node->name);
    bool lives = before && before->identity != NONE && plan->node_of_identity[before->identity] != NONE;
    if (before && before->state == JK_OBSERVED_PRESENT && plan->complete && !lives && before->model != JK_NONE)
        node->gone = plan->seen_of_name[node->name];
    conclude(plan, node, JK_PLAN_BLOCKED,
             jk_plan_phrase(plan,
                            "the name is of another repository, whose identity is %.*s and not %.*s; names are "
                            "never given out again, so this one can be registered by hand under another name",
                            JK_SPAN_ARG(identity), JK_SPAN_ARG(jk_intern_text(&plan->identities, node->identity))));
}

static void match_present(struct jk_plan *plan, struct jk_plan_node *node)
{
    struct jk_span id = name_text(plan, node->name);
    struct jk_match match;
    jk_match_repository(plan->book, plan->hub, id, jk_intern_text(&plan->identities, node->identity), plan->n, &match);
    node->model = match.model;
    if (match.before.len > 0) block_replaced(plan, node, match.before);
    if (!match.by_identity) return;
    const struct jk_observation *seen = jk_book_observation(plan->book, match.observation);
    bool there =
        jk_span_equal_fold(seen->id, id) || (seen->state == JK_OBSERVED_MOVED && jk_span_equal_fold(seen->to, id));
    if (!there) node->moved_from = jk_plan_name(plan, seen->id);
}

/* A line about what has moved is told with the one about its new name, if the run has that. */
static void match_moved(struct jk_plan *plan, struct jk_plan_node *node)
{
    const struct jk_plan_seen *before = seen_at(plan, plan->seen_of_identity, node->identity);
    if (!before) before = seen_at(plan, plan->seen_of_name, node->name);
    if (before) node->model = before->model;
    uint32_t at = plan->node_of_name[node->to];
    struct jk_plan_node *now = at == NONE ? NULL : &plan->nodes[at];
    if (!before || !now || now->state != JK_CENSUS_PRESENT || is_replaced(now, before)) return;
    if (now->model != JK_NONE && now->model != before->model) return;
    now->model = before->model;
    bool told = before->name == node->to || (before->state == JK_OBSERVED_MOVED && before->to == node->to);
    if (told) return; /* the log has that move */
    now->moved_from = node->name;
    now->move_offset = node->offset;
    now->move_length = node->length;
    node->told = true;
}

/* ---- what has moved ---- */

/* Whether the model can have that name here, too; NULL, or why not. */
static const char *rename_fault(struct jk_plan *plan, uint32_t model, uint32_t from, uint32_t to)
{
    struct jk_span name = name_text(plan, to);
    uint32_t taken = jk_book_find_model(plan->book, name, plan->n), publisher = publisher_of_model(plan, model);
    if (taken == model)
        return jk_plan_phrase(plan, "%.*s is an earlier name of this model, and names are never given out again",
                              JK_SPAN_ARG(name));
    if (taken != JK_NONE)
        return jk_plan_phrase(plan, "the name %.*s is taken by %.*s", JK_SPAN_ARG(name),
                              JK_SPAN_ARG(jk_plan_model_name(plan, taken)));
    if (!jk_plan_is_free(plan, publisher, name_text(plan, from)))
        return claimed_phrase(plan, publisher, name_text(plan, from));
    return publisher_fault(plan, name);
}

/* Decides how a move of a registered model is written. One that cannot have the new name here keeps the one it has: that
 * the repository is there, and under which id, is true all the same, and is observed. */
static void decide_move(struct jk_plan *plan, struct jk_plan_node *node, uint32_t from, uint32_t to)
{
    bool base = is_base(plan, node->model), keeps = base || has_name(plan, node->model, to);
    const char *fault = keeps ? NULL : rename_fault(plan, node->model, from, to);
    bool same = publisher_of_model(plan, node->model) == publisher_of_name(plan, name_text(plan, to));
    node->moves = true;
    node->move = keeps || fault ? JK_PLAN_MOVED : same ? JK_PLAN_RENAME : JK_PLAN_TRANSFER;
    node->move_why = fault  ? jk_plan_phrase(plan, "it keeps its name here: %s", fault)
                     : base ? "a base model keeps its name, which is its team's"
                            : "";
}

static void settle_moved(struct jk_plan *plan, struct jk_plan_node *node)
{
    const struct jk_plan_seen *before = seen_at(plan, plan->seen_of_name, node->name);
    bool unknown = !before || node->model == JK_NONE;
    if (unknown) {
        conclude(plan, node, JK_PLAN_LEFT, "it is not registered");
    } else if (before->state == JK_OBSERVED_MOVED && before->to == node->to) {
        conclude(plan, node, JK_PLAN_UNCHANGED, NULL);
    } else {
        decide_move(plan, node, node->name, node->to);
        conclude(plan, node, node->move, NULL);
    }
}

static void settle_absent(struct jk_plan *plan, struct jk_plan_node *node)
{
    const struct jk_plan_seen *before = seen_at(plan, plan->seen_of_identity, node->identity);
    if (!before) before = seen_at(plan, plan->seen_of_name, node->name);
    bool other = before && is_replaced(node, before);
    if (!before || other) {
        conclude(plan, node, JK_PLAN_LEFT, "it was never observed");
        return;
    }
    node->model = before->model;
    uint32_t at = before->identity == NONE ? NONE : plan->node_of_identity[before->identity];
    bool elsewhere = node->model != JK_NONE && &plan->seen[plan->seen_of_model[node->model]] != before;
    if (at != NONE)
        conclude(plan, node, JK_PLAN_LEFT,
                 jk_plan_phrase(plan, "it is %.*s now", JK_SPAN_ARG(name_text(plan, plan->nodes[at].name))));
    else if (before->state != JK_OBSERVED_PRESENT || elsewhere)
        conclude(plan, node, JK_PLAN_UNCHANGED, NULL);
    else
        conclude(plan, node, JK_PLAN_ABSENT, NULL);
}

/* ---- what may be written of what is there ---- */

/* Never observed before: its name is the only evidence that it is the model of that name here. */
static const char *first_fault(struct jk_plan *plan, const struct jk_plan_node *node)
{
    struct jk_span id = name_text(plan, node->name);
    if (!has_name(plan, node->model, node->name))
        return jk_plan_phrase(plan, "the name was that of %.*s, which may be another repository",
                              JK_SPAN_ARG(jk_plan_model_name(plan, node->model)));
    uint32_t publisher = publisher_of_model(plan, node->model);
    if (is_base(plan, node->model) || jk_plan_is_free(plan, publisher, id)) return NULL;
    return claimed_phrase(plan, publisher, id);
}

static void settle_registered(struct jk_plan *plan, struct jk_plan_node *node)
{
    const char *fault = plan->seen_of_model[node->model] == NONE ? first_fault(plan, node) : NULL;
    if (fault) {
        conclude(plan, node, JK_PLAN_BLOCKED, fault);
        return;
    }
    if (node->moved_from != NONE) decide_move(plan, node, node->moved_from, node->name);
    if (node->same && !node->moves)
        conclude(plan, node, JK_PLAN_UNCHANGED, NULL);
    else if (is_base(plan, node->model))
        conclude(plan, node, JK_PLAN_OBSERVE, "a base model: its releases are its team's");
    else
        node->candidate = true;
}

static void settle_present(struct jk_plan *plan, struct jk_plan_node *node)
{
    struct jk_span id = name_text(plan, node->name);
    if (node->action == JK_PLAN_BLOCKED) return;
    if (node->model != JK_NONE) {
        settle_registered(plan, node);
        return;
    }
    const char *fault = node->same ? NULL : publisher_fault(plan, id);
    if (node->same)
        conclude(plan, node, JK_PLAN_UNCHANGED, NULL);
    else if (fault)
        conclude(plan, node, JK_PLAN_BLOCKED, fault);
    else if (!node->revision[0])
        conclude(plan, node, JK_PLAN_LEFT, "the hub tells no commit of it, by which a release could be named");
    else
        node->candidate = true;
}

void jk_plan_match(struct jk_plan *plan)
{
    for (uint32_t i = 0; i < plan->node_count; i++)
        if (plan->nodes[i].state == JK_CENSUS_PRESENT) match_present(plan, &plan->nodes[i]);
    for (uint32_t i = 0; i < plan->node_count; i++)
        if (plan->nodes[i].state == JK_CENSUS_MOVED) match_moved(plan, &plan->nodes[i]);
    for (uint32_t i = 0; i < plan->node_count && !plan->failed; i++) {
        struct jk_plan_node *node = &plan->nodes[i];
        if (node->told) continue;
        if (node->state == JK_CENSUS_PRESENT) settle_present(plan, node);
        if (node->state == JK_CENSUS_MOVED) settle_moved(plan, node);
        if (node->state == JK_CENSUS_ABSENT) settle_absent(plan, node);
        if (node->state == JK_CENSUS_UNKNOWN) conclude(plan, node, JK_PLAN_LEFT, NULL);
    }
}

/* ---- what a name means ---- */

/* A model that is registered under that name and was never observed is the hub's only if its publisher is nobody's, or
 * has proven it, or if it is on the roster. */
static uint32_t model_by_name(const struct jk_plan *plan, uint32_t name)
{
    struct jk_span id = name_text(plan, name);
    uint32_t model = jk_book_find_model(plan->book, id, plan->n);
    if (model == JK_NONE || is_base(plan, model)) return model;
    if (plan->seen_of_model[model] == NONE && !jk_plan_is_free(plan, publisher_of_model(plan, model), id))
        return JK_NONE;
    return model;
}

uint32_t jk_plan_model_of(struct jk_plan *plan, uint32_t name, uint32_t *out_node)
{
    for (int steps = 0; steps < 8; steps++) {
        uint32_t at = plan->node_of_name[name];
        const struct jk_plan_node *node = at == NONE ? NULL : &plan->nodes[at];
        const struct jk_plan_seen *seen = seen_at(plan, plan->seen_of_name, name);
        *out_node = node && node->state == JK_CENSUS_PRESENT ? at : NONE;
        if (node && node->state == JK_CENSUS_MOVED && node->model == JK_NONE) {
            name = node->to;
            continue;
        }
        if (node && node->model != JK_NONE) return node->model;
        if (*out_node != NONE) return JK_NONE;
        return seen ? seen->model : model_by_name(plan, name);
    }
    return JK_NONE;
}
