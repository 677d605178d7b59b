/* Building a plan: what was observed, and the lines of the run. See plan.h; what follows from them is in the files
 * plan_match.c, plan_order.c, plan_decide.c and plan_license.c. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/defer.h"
#include "census/line_record.h"
#include "census/plan_inside.h"
#include "domain/ident.h"

#define NONE         JK_INTERN_NONE
#define SCRATCH_SIZE (16u << 20)

static const char *const actions[] = {
    [JK_PLAN_RENAME] = "rename",     [JK_PLAN_TRANSFER] = "transfer", [JK_PLAN_MOVED] = "moved",
    [JK_PLAN_REGISTER] = "register", [JK_PLAN_RELEASE] = "release",   [JK_PLAN_OBSERVE] = "observe",
    [JK_PLAN_ABSENT] = "absent",     [JK_PLAN_BLOCKED] = "blocked",   [JK_PLAN_UNCHANGED] = "unchanged",
    [JK_PLAN_LEFT] = "left alone"};

const char *jk_plan_action_text(enum jk_plan_action action)
{
    return actions[action];
}

/* Steps are all that is asked for once they are made, and texts all that they point to. */
static void forget_lines(struct jk_plan *plan)
{
    struct jk_intern *interns[] = {&plan->names,    &plan->identities, &plan->texts,
                                   &plan->licenses, &plan->answers,    &plan->records};
    void **arrays[] = {(void **)&plan->node_of_name,
                       (void **)&plan->seen_of_name,
                       (void **)&plan->node_of_identity,
                       (void **)&plan->seen_of_identity,
                       (void **)&plan->seen_of_record,
                       (void **)&plan->seen_of_model,
                       (void **)&plan->present_of_model,
                       (void **)&plan->leads,
                       (void **)&plan->answer_of,
                       (void **)&plan->seen,
                       (void **)&plan->nodes,
                       (void **)&plan->links,
                       (void **)&plan->roots};
    for (size_t i = 0; i < sizeof interns / sizeof interns[0]; i++)
        jk_intern_close(interns[i]);
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        free(*arrays[i]);
        *arrays[i] = NULL;
    }
}

void jk_plan_free(struct jk_plan *plan)
{
    if (!plan) return;
    struct jk_intern *interns[] = {&plan->names,    &plan->identities, &plan->texts,
                                   &plan->licenses, &plan->answers,    &plan->records};
    forget_lines(plan);
    for (size_t i = 0; i < sizeof interns / sizeof interns[0]; i++)
        jk_intern_done(interns[i]);
    free(plan->steps);
    jk_arena_done(&plan->arena);
    jk_arena_done(&plan->scratch);
    free(plan);
}

/* ---- what all files use ---- */

void *jk_plan_grow(struct jk_plan *plan, void *items, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room) return items;
    uint32_t more = *room ? *room + *room / (*room < 65536 ? 1 : 4) : 1024; /* large ones are not to lie half empty */
    void *grown = realloc(items, more * size);
    plan->failed = plan->failed || !grown;
    if (!grown) return items;
    memset((char *)grown + *room * size, 0xff, (more - *room) * size);
    *room = more;
    return grown;
}

/* Two arrays of numbers that grow with a table. */
static void grow_pair(struct jk_plan *plan, uint32_t number, uint32_t **one, uint32_t **two, uint32_t *room)
{
    uint32_t before = *room;
    if (number == NONE || number < *room) return;
    *one = jk_plan_grow(plan, *one, number, room, sizeof **one);
    if (two) *two = jk_plan_grow(plan, *two, number, &before, sizeof **two);
    plan->failed = plan->failed || (two && before != *room);
}

uint32_t jk_plan_name(struct jk_plan *plan, struct jk_span name)
{
    uint32_t number = name.len > 0 ? jk_intern_add(&plan->names, name) : NONE;
    plan->failed = plan->failed || plan->names.failed;
    grow_pair(plan, number, &plan->node_of_name, &plan->seen_of_name, &plan->name_room);
    return plan->failed ? NONE : number;
}

static uint32_t number_identity(struct jk_plan *plan, struct jk_span identity)
{
    uint32_t number = identity.len > 0 ? jk_intern_add(&plan->identities, identity) : NONE;
    plan->failed = plan->failed || plan->identities.failed;
    grow_pair(plan, number, &plan->node_of_identity, &plan->seen_of_identity, &plan->identity_room);
    return plan->failed ? NONE : number;
}

const char *jk_plan_phrase(struct jk_plan *plan, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct jk_span whole = jk_utf8_cut(jk_span_of(text), sizeof text - 1);
    const char *copy = jk_arena_copy(&plan->arena, whole.at, whole.len);
    plan->failed = plan->failed || !copy;
    return copy ? copy : "";
}

void jk_plan_say(struct jk_plan *plan, struct jk_plan_node *node, const char *phrase)
{
    node->why = node->why[0] ? jk_plan_phrase(plan, "%s; %s", node->why, phrase) : phrase;
}

struct jk_span jk_plan_model_name(const struct jk_plan *plan, uint32_t model)
{
    return model == JK_NONE ? JK_SPAN("") : jk_book_alias(plan->book, model, plan->n)->name;
}

bool jk_plan_leads(struct jk_plan *plan, uint32_t model)
{
    enum { UNASKED, YES, NO };
    if (plan->leads[model] == UNASKED) {
        bool leads = jk_book_base(plan->book, model, plan->n) || jk_book_spell(plan->book, model, plan->n, NULL);
        plan->leads[model] = leads ? YES : NO;
    }
    return plan->leads[model] == YES;
}

/* ---- what was observed ---- */

static void keep_record(struct jk_plan *plan, const struct jk_digest *record, uint32_t seen)
{
    uint32_t number = jk_intern_add(&plan->records, (struct jk_span){(const char *)record->bytes, JK_DIGEST_SIZE});
    plan->failed = plan->failed || plan->records.failed;
    if (plan->failed) return;
    grow_pair(plan, number, &plan->seen_of_record, NULL, &plan->record_room);
    if (!plan->failed) plan->seen_of_record[number] = seen;
}

/* The newest observation of a model is also what was said of it under another id. */
static void keep_seen(struct jk_plan *plan, uint32_t at)
{
    const struct jk_plan_seen *seen = &plan->seen[at];
    plan->seen_of_name[seen->name] = at;
    if (seen->identity != NONE) plan->seen_of_identity[seen->identity] = at;
    if (seen->model != JK_NONE) plan->seen_of_model[seen->model] = at;
    if (seen->state != JK_OBSERVED_PRESENT) return;
    if (seen->model != JK_NONE) plan->present_of_model[seen->model] = at;
    keep_record(plan, &jk_book_observation(plan->book, seen->observation)->record, at);
}

/* The book's observations are in the order of their entries. */
static void take_observations(struct jk_plan *plan)
{
    uint32_t count = jk_book_observations(plan->book, plan->n);
    for (uint32_t i = 0; i < count && !plan->failed; i++) {
        const struct jk_observation *observed = jk_book_observation(plan->book, i);
        if (!jk_span_equal_fold(observed->hub, plan->hub)) continue;
        plan->seen = jk_plan_grow(plan, plan->seen, plan->seen_count, &plan->seen_room, sizeof *plan->seen);
        struct jk_plan_seen seen = {.name = jk_plan_name(plan, observed->id),
                                    .identity = number_identity(plan, observed->identity),
                                    .to = jk_plan_name(plan, observed->to),
                                    .model = observed->model,
                                    .observation = i,
                                    .state = observed->state};
        if (plan->failed) return;
        plan->seen[plan->seen_count] = seen;
        keep_seen(plan, plan->seen_count++);
    }
}

static bool begin_plan(struct jk_plan *plan, struct jk_span hub)
{
    size_t models = plan->model_count + (size_t)1;
    plan->seen_of_model = malloc(models * sizeof *plan->seen_of_model);
    plan->present_of_model = malloc(models * sizeof *plan->present_of_model);
    plan->leads = calloc(models, sizeof *plan->leads);
    plan->hub = (struct jk_span){jk_arena_copy(&plan->arena, hub.at, hub.len), hub.len};
    if (!plan->seen_of_model || !plan->present_of_model || !plan->leads || !plan->hub.at) return false;
    memset(plan->seen_of_model, 0xff, models * sizeof *plan->seen_of_model);
    memset(plan->present_of_model, 0xff, models * sizeof *plan->present_of_model);
    take_observations(plan);
    return !plan->failed;
}

struct jk_plan *jk_plan_new(const struct jk_book *book, uint32_t n, struct jk_span hub, bool complete)
{
    struct jk_plan *plan = calloc(1, sizeof *plan);
    if (!plan) return NULL;
    *plan = (struct jk_plan){.book = book, .n = n, .model_count = jk_book_models(book, n), .complete = complete};
    jk_arena_init(&plan->arena, SIZE_MAX / 4);
    jk_arena_init(&plan->scratch, SCRATCH_SIZE);
    jk_intern_init(&plan->names, true);
    jk_intern_init(&plan->identities, false);
    jk_intern_init(&plan->texts, false);
    jk_intern_init(&plan->licenses, false);
    jk_intern_init(&plan->answers, false);
    jk_intern_init(&plan->records, false);
    if (begin_plan(plan, hub)) return plan;
    jk_plan_free(plan);
    return NULL;
}

/* ---- lines ---- */

/* One parent, as what it means; a text that means nothing is told. */
static void add_link(struct jk_plan *plan, struct jk_plan_node *node, struct jk_span text)
{
    struct jk_parent_text meant;
    char shown[128];
    const char *fault = jk_parents_read(text, &plan->scratch, &meant);
    if (fault) {
        jk_text_shorten(text, shown, sizeof shown);
        jk_plan_say(plan, node, jk_plan_phrase(plan, "the parent \"%s\" is left out: it %s", shown, fault));
        return;
    }
    bool commit = jk_ident_revision_fault(meant.version) == NULL;
    struct jk_span id = jk_parents_id_on(&meant, plan->hub);
    struct jk_plan_link link = {.name = jk_plan_name(plan, id.len > 0 ? id : meant.name),
                                .revision = commit ? jk_intern_add(&plan->texts, meant.version) : NONE,
                                .external = id.len == 0,
                                .node = NONE,
                                .model = JK_NONE};
    if (!link.external && link.name == node->name) {
        jk_plan_say(plan, node, "it names itself as its parent, which is left out");
        return;
    }
    for (uint32_t i = 0; i < node->link_count; i++)
        if (plan->links[node->first_link + i].name == link.name) return;
    plan->links = jk_plan_grow(plan, plan->links, plan->link_count, &plan->link_room, sizeof *plan->links);
    if (plan->failed) return;
    plan->links[plan->link_count++] = link;
    node->link_count++;
}

/* What the header of its weights told, or why it told nothing. */
static void say_head(struct jk_plan *plan, struct jk_plan_node *node, const struct jk_census_line *line)
{
    const struct jk_census_head *head = &line->head;
    if (head->why.len > 0)
        jk_plan_say(plan, node, jk_plan_phrase(plan, "%.*s %.*s", JK_SPAN_ARG(head->file), JK_SPAN_ARG(head->why)));
    else if (head->file.len > 0 && jk_span_ends(line->relation_from, JK_SPAN(" tensors")))
        jk_plan_say(plan, node,
                    jk_plan_phrase(plan, "%.*s has %.*s", JK_SPAN_ARG(head->file), JK_SPAN_ARG(line->relation_from)));
}

static enum jk_status read_record(struct jk_plan *plan, struct jk_plan_node *node, const struct jk_census_line *line,
                                  struct jk_error *error)
{
    JK_CLEANUP(jk_text_done) struct jk_text license;
    struct jk_hub_record record;
    jk_text_init(&license, 0);
    JK_TRY(jk_hub_record_read(line->record, &record, error));
    jk_hub_record_license(&record, &license);
    plan->spelled = record.id;
    node->name = jk_plan_name(plan, record.id);
    node->identity = number_identity(plan, record.identity);
    node->weight_files = record.weight_files;
    node->license = jk_intern_add(&plan->licenses, jk_text_span(&license));
    node->relation = line->relation == JK_RELATION_NONE ? JK_RELATION_FINETUNE : line->relation;
    size_t digits = record.revision.len < JK_PLAN_REVISION ? record.revision.len : JK_PLAN_REVISION;
    if (digits > 0) memcpy(node->revision, record.revision.at, digits);
    for (size_t i = 0; i < line->parents.count; i++)
        add_link(plan, node, line->parents.items[i]);
    say_head(plan, node, line);
    plan->failed = plan->failed || license.failed || plan->licenses.failed || plan->texts.failed;
    return plan->failed ? jk_out_of_memory(error) : JK_OK;
}

/* True for a record that was observed, and nothing else of its id since: then nothing of it is read. */
static bool is_observed(struct jk_plan *plan, struct jk_plan_node *node, struct jk_digest digest)
{
    struct jk_span key = {(const char *)digest.bytes, sizeof digest.bytes};
    uint32_t number = jk_intern_find(&plan->records, key);
    if (number == NONE) return false;
    uint32_t at = plan->seen_of_record[number];
    const struct jk_plan_seen *seen = &plan->seen[at];
    if (plan->seen_of_name[seen->name] != at || (seen->model != JK_NONE && plan->seen_of_model[seen->model] != at))
        return false;
    node->name = seen->name;
    node->identity = seen->identity;
    node->same = true;
    return true;
}

/* A line that says only that it is as the log had it when the run was read; false where the log says something else now. */
static bool is_same(struct jk_plan *plan, struct jk_plan_node *node, const struct jk_census_line *line)
{
    uint32_t slot = jk_book_observed_id(plan->book, plan->hub, line->id, plan->n);
    const struct jk_observation *seen = slot == JK_NONE ? NULL : jk_book_observation(plan->book, slot);
    return seen && seen->state == JK_OBSERVED_PRESENT && jk_span_equal(seen->revision, line->revision) &&
           jk_span_equal(seen->identity, line->identity) && is_observed(plan, node, seen->record);
}

static enum jk_status read_state(struct jk_plan *plan, struct jk_plan_node *node, const struct jk_census_line *line,
                                 struct jk_error *error)
{
    bool same = line->state == JK_CENSUS_SAME;
    node->state = same ? JK_CENSUS_PRESENT : line->state;
    if (line->state == JK_CENSUS_PRESENT)
        return is_observed(plan, node, jk_digest_of(line->record)) ? JK_OK : read_record(plan, node, line, error);
    if (same && is_same(plan, node, line)) return JK_OK;
    if (same) {
        node->state = JK_CENSUS_UNKNOWN;
        node->why = "the log says something else of it than when the run was read, so it has to be read again";
    }
    node->name = jk_plan_name(plan, line->id);
    node->identity = number_identity(plan, line->identity);
    node->to = jk_plan_name(plan, line->to);
    bool unreadable = line->state == JK_CENSUS_UNREADABLE;
    if (unreadable) node->state = JK_CENSUS_UNKNOWN;
    if (unreadable || line->state == JK_CENSUS_UNKNOWN)
        node->why = jk_plan_phrase(plan, "%s: %.*s", unreadable ? "it cannot be read" : "the hub could not be asked",
                                   (int)(line->why.len > 200 ? 200 : line->why.len), line->why.at);
    return plan->failed ? jk_out_of_memory(error) : JK_OK;
}

/* Of two repositories under one name, as names that differ only in case are one here: the one that the log knows keeps
 * the name, whichever comes first, and goes on as it is, as does one that the log knows under another name. Another
 * stands in the way of nothing. */
static void keep_twin(struct jk_plan *plan, struct jk_plan_node *node, uint32_t at)
{
    const struct jk_plan_node *first = &plan->nodes[plan->node_of_name[node->name]];
    uint32_t named = plan->seen_of_name[node->name];
    struct jk_span name = jk_intern_text(&plan->names, node->name), spelled = plan->spelled;
    bool own = named != NONE && plan->seen[named].identity == node->identity;
    if (own) plan->node_of_name[node->name] = at;
    plan->node_of_identity[node->identity] = at;
    if (own || plan->seen_of_identity[node->identity] != NONE) return;
    node->state = JK_CENSUS_UNKNOWN;
    node->why = jk_plan_phrase(
        plan,
        "the run has a line about it before, and this is %.*s, another repository with the identity %.*s and not %.*s; "
        "names that differ only in case are one here, so it can be registered by hand under another name",
        JK_SPAN_ARG(spelled.len > 0 ? spelled : name), JK_SPAN_ARG(jk_intern_text(&plan->identities, node->identity)),
        JK_SPAN_ARG(jk_intern_text(&plan->identities, first->identity)));
}

/* The first line about an id, and about an identity, is the one that counts. */
static void keep_node(struct jk_plan *plan, struct jk_plan_node *node)
{
    uint32_t at = plan->node_count++, before = plan->node_of_name[node->name];
    bool told = node->identity != NONE && node->state == JK_CENSUS_PRESENT;
    uint32_t same = told ? plan->node_of_identity[node->identity] : NONE;
    bool twin = before != NONE && told && same == NONE && plan->nodes[before].state == JK_CENSUS_PRESENT &&
                plan->nodes[before].identity != NONE;
    if (before == NONE) plan->node_of_name[node->name] = at;
    if (twin) {
        keep_twin(plan, node, at);
    } else if (before != NONE) {
        node->state = JK_CENSUS_UNKNOWN;
        node->why = "the run has a line about it before";
    } else if (same != NONE) {
        node->state = JK_CENSUS_UNKNOWN;
        node->why = jk_plan_phrase(plan, "the run has its identity before, as that of %.*s",
                                   JK_SPAN_ARG(jk_intern_text(&plan->names, plan->nodes[same].name)));
    } else if (told) {
        plan->node_of_identity[node->identity] = at;
    }
    plan->nodes[at] = *node;
}

/* Nothing but the record is looked at where that was observed. */
static enum jk_status read_line(struct jk_plan *plan, struct jk_plan_node *node, struct jk_span bytes,
                                struct jk_error *error)
{
    struct jk_span record;
    bool present = jk_census_line_record(bytes, &plan->scratch, &record);
    node->state = JK_CENSUS_PRESENT;
    if (present && is_observed(plan, node, jk_digest_of(record))) return JK_OK;
    struct jk_census_line *line = jk_arena_alloc(&plan->scratch, sizeof *line);
    if (!line) return jk_out_of_memory(error);
    JK_TRY(jk_census_line_read(bytes, &plan->scratch, line, error));
    return present && line->state == JK_CENSUS_PRESENT ? read_record(plan, node, line, error)
                                                       : read_state(plan, node, line, error);
}

enum jk_status jk_plan_add(struct jk_plan *plan, struct jk_span line, uint64_t offset, struct jk_error *error)
{
    struct jk_plan_node node = {.offset = offset,
                                .length = (uint32_t)line.len,
                                .identity = NONE,
                                .to = NONE,
                                .moved_from = NONE,
                                .gone = NONE,
                                .license = NONE,
                                .model = JK_NONE,
                                .level = JK_NONE,
                                .first_link = plan->link_count,
                                .why = ""};
    if (plan->node_count == JK_CENSUS_MODELS_MAX)
        return jk_fail(error, JK_INVALID_ARGUMENT, "INVALID_RUN", "models.jsonl: it has more than 2,000,000 lines.");
    plan->spelled = JK_SPAN("");
    enum jk_status status = read_line(plan, &node, line, error);
    if (status == JK_OK)
        plan->nodes = jk_plan_grow(plan, plan->nodes, plan->node_count, &plan->node_room, sizeof *plan->nodes);
    if (status == JK_OK && !plan->failed) keep_node(plan, &node);
    jk_arena_reset(&plan->scratch);
    if (status == JK_OK && plan->failed) return jk_out_of_memory(error);
    return status;
}

/* ---- the steps ---- */

enum jk_status jk_plan_finish(struct jk_plan *plan, struct jk_error *error)
{
    uint32_t *order = malloc((plan->node_count + (size_t)1) * sizeof *order);
    if (!order) return jk_out_of_memory(error);
    jk_plan_match(plan);
    uint32_t count = jk_plan_order(plan, order);
    jk_plan_decide(plan, order, count);
    free(order);
    forget_lines(plan);
    return plan->failed ? jk_out_of_memory(error) : JK_OK;
}

size_t jk_plan_count(const struct jk_plan *plan)
{
    return plan->step_count;
}

const struct jk_plan_step *jk_plan_step(const struct jk_plan *plan, size_t at)
{
    return &plan->steps[at];
}

size_t jk_plan_of(const struct jk_plan *plan, enum jk_plan_action action)
{
    return plan->totals[action];
}
