/* The plan of a census: what each state of a repository leads to, against books made for it: which model it is of, what
 * has moved, which parents are pinned, what is blocked, and that a second run over what was applied writes nothing. */
#include "support/book_world.h"
#include "support/census_lines.h"

#include "base/defer.h"
#include "base/mix.h"
#include "census/plan.h"
#include "census/record.h"

#define HUB JK_SPAN("huggingface.co")

static struct jk_plan *plan;

/* ---- planning and applying ---- */

static void make_plan_of(const struct jk_ledger *ledger, bool complete)
{
    struct jk_error error;
    jk_plan_free(plan);
    plan = jk_plan_new(ledger->book, jk_book_size(ledger->book), HUB, complete);
    assert_non_null(plan);
    jk_error_init(&error, NULL);
    for (size_t i = 0; i < run.count; i++)
        if (jk_plan_add(plan, run.items[i], (uint64_t)(run.items[i].at - run.text.bytes), &error) != JK_OK)
            fail_msg("%s", error.message);
    OK(jk_plan_finish(plan, &error));
}

static void make_plan(const struct jk_ledger *ledger)
{
    make_plan_of(ledger, true);
}

/* Writes what RecordCensus would: a publisher where there is none, the model's own entry, what was seen. */
static void apply_present(struct jk_ledger *ledger, const struct jk_plan_step *step)
{
    struct jk_ledger_model model = {.relation = step->relation};
    static char texts[32][256];
    size_t used = 0;
#define TEXT(span) (snprintf(texts[used], sizeof texts[0], "%.*s", JK_SPAN_ARG(span)), texts[used++])
    struct jk_span name = step->model.len > 0 ? step->model : step->id, publisher, part;
    jk_ident_split(name, &publisher, &part);
    if (step->action != JK_PLAN_OBSERVE) {
        if (jk_book_find_publisher(ledger->book, publisher, NOW) == JK_NONE)
            OK(jk_ledger_publisher_as(ledger, TEXT(publisher), JK_BASIS_REGISTRAR));
        model.model = TEXT(name);
        model.version = TEXT(step->version);
        model.license = TEXT(step->license);
        for (uint32_t i = 0; i < step->parent_count; i++) {
            const struct jk_plan_parent *parent = &step->parents[i];
            if (parent->external)
                model.parents[i].external = TEXT(parent->name);
            else
                model.parents[i] =
                    (struct jk_ledger_parent){.model = TEXT(parent->name), .version = TEXT(parent->version)};
        }
        enum jk_status status =
            step->action == JK_PLAN_REGISTER ? jk_ledger_register(ledger, &model) : jk_ledger_release(ledger, &model);
        if (status != JK_OK) fail_msg("%s: %s", model.model, ledger->error.message);
    }
#undef TEXT
}

static void apply_observation(struct jk_ledger *ledger, const struct jk_plan_step *step)
{
    struct jk_arena arena;
    struct jk_error error;
    struct jk_hub_record record;
    static struct jk_census_line line;
    struct jk_entry entry = {.kind = JK_KIND_OBSERVE,
                             .actor.type = JK_ACTOR_REGISTRAR,
                             .hub = HUB,
                             .id = step->id,
                             .identity = step->identity,
                             .model = step->model,
                             .to = step->to,
                             .created_us = JK_TIME_NONE,
                             .modified_us = JK_TIME_NONE,
                             .observed = step->action == JK_PLAN_ABSENT ? JK_OBSERVED_ABSENT : JK_OBSERVED_MOVED};
    jk_arena_init(&arena, 1u << 20);
    jk_error_init(&error, NULL);
    if (step->record) {
        struct jk_span bytes = {run.text.bytes + step->offset, step->length};
        OK(jk_census_line_read(bytes, &arena, &line, &error));
        OK(jk_hub_record_read(line.record, &record, &error));
        entry.observed = JK_OBSERVED_PRESENT;
        entry.record = record.record;
        entry.listing = record.listing;
        entry.weight_files = record.weight_files;
        entry.revision_hex = record.revision;
        if (entry.model.len == 0) entry.model = step->id;
    }
    if (jk_ledger_add(ledger, &entry) != JK_OK) fail_msg("%s", ledger->error.message);
    jk_arena_done(&arena);
}

static void apply_move(struct jk_ledger *ledger, const struct jk_plan_step *step)
{
    char from[256], to[256], name[128];
    struct jk_span publisher, part;
    jk_ident_split(step->to, &publisher, &part);
    snprintf(from, sizeof from, "%.*s", JK_SPAN_ARG(step->model));
    snprintf(to, sizeof to, "%.*s", JK_SPAN_ARG(step->to));
    snprintf(name, sizeof name, "%.*s", JK_SPAN_ARG(publisher));
    if (jk_book_find_publisher(ledger->book, publisher, NOW) == JK_NONE)
        OK(jk_ledger_publisher_as(ledger, name, JK_BASIS_REGISTRAR));
    OK(jk_ledger_move(ledger, from, to, step->action == JK_PLAN_RENAME ? JK_KIND_RENAME : JK_KIND_TRANSFER));
}

static void apply(struct jk_ledger *ledger)
{
    for (size_t i = 0; i < jk_plan_count(plan); i++) {
        const struct jk_plan_step *step = jk_plan_step(plan, i);
        if (step->action >= JK_PLAN_UNCHANGED) continue;
        if (step->record) apply_present(ledger, step);
        apply_observation(ledger, step);
        if (step->action == JK_PLAN_RENAME || step->action == JK_PLAN_TRANSFER) apply_move(ledger, step);
    }
}

/* ---- what is expected ---- */

static const struct jk_plan_step *step_of(const char *id)
{
    const struct jk_plan_step *found = NULL;
    for (size_t i = 0; i < jk_plan_count(plan); i++)
        if (jk_span_equal_fold(jk_plan_step(plan, i)->id, jk_span_of(id))) found = jk_plan_step(plan, i);
    if (!found) fail_msg("no step for %s", id);
    return found;
}

/* What is unchanged has no step. */
static void is_unchanged(const char *id)
{
    for (size_t i = 0; i < jk_plan_count(plan); i++)
        if (jk_span_equal_fold(jk_plan_step(plan, i)->id, jk_span_of(id)))
            fail_msg("%s: %s", id, jk_plan_action_text(jk_plan_step(plan, i)->action));
}

static const struct jk_plan_step *is(const char *id, enum jk_plan_action action, const char *why)
{
    const struct jk_plan_step *step = step_of(id);
    if (step->action != action)
        fail_msg("%s: %s and not %s (%s)", id, jk_plan_action_text(step->action), jk_plan_action_text(action),
                 step->why);
    if (why[0] ? !strstr(step->why, why) : step->why[0]) fail_msg("%s: \"%s\" is not \"%s\"", id, step->why, why);
    return step;
}

#define assert_span_is(span, text)                                                                                     \
    do {                                                                                                               \
        struct jk_span span_ = (span);                                                                                 \
        if (!jk_span_equal(span_, jk_span_of(text))) fail_msg("\"%.*s\" is not \"%s\"", JK_SPAN_ARG(span_), (text));   \
    } while (0)

static void parents_are(const struct jk_plan_step *step, const char *parents)
{
    JK_CLEANUP(jk_text_done) struct jk_text text = {0};
    for (uint32_t i = 0; i < step->parent_count; i++)
        jk_text_addf(&text, "%s%s%.*s@%.*s", i > 0 ? " " : "", step->parents[i].external ? "external " : "",
                     JK_SPAN_ARG(step->parents[i].name), JK_SPAN_ARG(step->parents[i].version));
    assert_span_is(jk_text_span(&text), parents);
}

static size_t place_of(const char *id)
{
    return (size_t)(step_of(id) - jk_plan_step(plan, 0));
}

/* A second run over what was applied writes nothing. */
static void is_settled(struct jk_ledger *ledger)
{
    make_plan(ledger);
    for (size_t i = 0; i < jk_plan_count(plan); i++) {
        const struct jk_plan_step *step = jk_plan_step(plan, i);
        if (step->action < JK_PLAN_UNCHANGED)
            fail_msg("%.*s: %s (%s)", JK_SPAN_ARG(step->id), jk_plan_action_text(step->action), step->why);
    }
}

static int begin_run(void **state)
{
    clear_run();
    return begin(state);
}

static int end_run(void **state)
{
    jk_plan_free(plan);
    plan = NULL;
    return end(state);
}

/* ---- the first run ---- */

static void first_run(void **state)
{
    struct jk_ledger *ledger = *state;
    PRESENT("yoon/tiny-GGUF", .relation = JK_RELATION_QUANTIZED, .parents = {"jung/tiny"}, .weights = "7");
    PRESENT("jung/tiny", .parents = {BASE}, .license = "mit");
    PRESENT(BASE, .weights = "1");
    PRESENT("yoon/both", .relation = JK_RELATION_MERGE, .parents = {"jung/tiny", "meta/other@main", OTHER});
    PRESENT("yoon/unrelated", .parents = {"meta/other"});
    PRESENT("yoon/alone");
    make_plan(ledger);
    const struct jk_plan_step *step = is("jung/tiny", JK_PLAN_REGISTER, "");
    assert_span_is(step->license, "MIT");
    assert_int_equal(step->relation, JK_RELATION_FINETUNE);
    assert_true(jk_span_starts(step->version, JK_SPAN("hub-")) && step->version.len == 16);
    parents_are(step, BASE "@1");
    char expected[256], version[32];
    snprintf(version, sizeof version, "%.*s", JK_SPAN_ARG(step->version));
    step = is("yoon/tiny-GGUF", JK_PLAN_REGISTER, "");
    snprintf(expected, sizeof expected, "jung/tiny@%s", version);
    parents_are(step, expected);
    assert_span_is(step->license, "NOASSERTION");
    snprintf(expected, sizeof expected, "jung/tiny@%s external huggingface.co/meta/other@ " OTHER "@1", version);
    parents_are(is("yoon/both", JK_PLAN_REGISTER, ""), expected);
    assert_true(place_of("jung/tiny") < place_of("yoon/tiny-GGUF") && place_of("jung/tiny") < place_of("yoon/both"));
    is(BASE, JK_PLAN_OBSERVE, "a base model");
    assert_span_is(step_of(BASE)->model, BASE);
    is("yoon/unrelated", JK_PLAN_LEFT, "no path to a base model");
    assert_true(is("yoon/alone", JK_PLAN_LEFT, "no parents")->no_path);
    assert_int_equal(jk_plan_of(plan, JK_PLAN_REGISTER), 3);
    assert_int_equal(jk_plan_of(plan, JK_PLAN_LEFT), 2);
    apply(ledger);
    is_settled(ledger);
    assert_int_equal(jk_plan_of(plan, JK_PLAN_UNCHANGED), 4);
}

/* Names that go round; itself; a parent twice in two spellings; local paths; a parent that is gone. */
static void odd_parents(void **state)
{
    struct jk_ledger *ledger = *state;
    PRESENT("a/self", .parents = {"A/Self", BASE});
    PRESENT("a/only-self", .parents = {"a/only-self"});
    PRESENT("a/c1", .parents = {"a/c3", BASE});
    PRESENT("a/c2", .parents = {"a/c1"});
    PRESENT("a/c3", .parents = {"a/c2"});
    PRESENT("a/below", .parents = {BASE, "a/c3"});
    PRESENT("a/r1", .parents = {"a/r2"});
    PRESENT("a/r2", .parents = {"a/r1"});
    PRESENT("a/twice", .parents = {BASE, "https://huggingface.co/" BASE, "/home/kim/model"});
    PRESENT("a/gone-parent", .parents = {"b/gone", BASE});
    absent("b/gone");
    make_plan(ledger);
    parents_are(is("a/self", JK_PLAN_REGISTER, "names itself as its parent"), BASE "@1");
    is("a/only-self", JK_PLAN_LEFT, "names itself as its parent, which is left out; no parents");
    parents_are(is("a/c1", JK_PLAN_REGISTER, "the parent a/c3 is left out"), BASE "@1");
    is("a/c2", JK_PLAN_REGISTER, "");
    is("a/c3", JK_PLAN_REGISTER, "");
    assert_int_equal(is("a/below", JK_PLAN_REGISTER, "")->parent_count, 2);
    assert_true(place_of("a/c1") < place_of("a/c2") && place_of("a/c2") < place_of("a/c3") &&
                place_of("a/c3") < place_of("a/below"));
    is("a/r1", JK_PLAN_LEFT, "no path");
    is("a/r2", JK_PLAN_LEFT, "no path");
    parents_are(is("a/twice", JK_PLAN_REGISTER, "\"/home/kim/model\" is left out"), BASE "@1");
    parents_are(is("a/gone-parent", JK_PLAN_REGISTER, ""), "external huggingface.co/b/gone@ " BASE "@1");
    is("b/gone", JK_PLAN_LEFT, "never observed");
    apply(ledger);
    is_settled(ledger);
}

/* ---- changes ---- */

static void run_one(struct jk_ledger *ledger, const struct model *model)
{
    clear_run();
    present(model);
    make_plan(ledger);
}

static void releases(void **state)
{
    struct jk_ledger *ledger = *state;
    struct model model = {.id = "jung/tiny", .parents = {BASE}, .license = "mit", .weights = "7"};
    run_one(ledger, &model);
    apply(ledger);
    model.tag = "edited";
    run_one(ledger, &model);
    is("jung/tiny", JK_PLAN_OBSERVE, "");
    apply(ledger);
    is_settled(ledger);
    model.license = "apache-2.0";
    run_one(ledger, &model);
    const struct jk_plan_step *step = is("jung/tiny", JK_PLAN_RELEASE, "changed: licence");
    assert_true(jk_span_ends(step->version, JK_SPAN(".2")));
    apply(ledger);
    is_settled(ledger);
    model.sha = "0123456789abcdef0123456789abcdef01234567";
    model.weights = "8";
    model.relation = JK_RELATION_ADAPTER;
    run_one(ledger, &model);
    step = is("jung/tiny", JK_PLAN_RELEASE, "changed: relation, weight files");
    assert_span_is(step->version, "hub-0123456789ab");
    apply(ledger);
    model.parents[0] = OTHER;
    run_one(ledger, &model);
    is_unchanged("jung/tiny"); /* the record is the same, and so what it says was planned before */
    model.tag = "again";
    run_one(ledger, &model);
    is("jung/tiny", JK_PLAN_RELEASE, "changed: parents");
    model.parents[0] = "meta/other";
    run_one(ledger, &model);
    is("jung/tiny", JK_PLAN_OBSERVE, "no longer leads to a base model");
    model.sha = "";
    model.parents[0] = OTHER;
    run_one(ledger, &model);
    is("jung/tiny", JK_PLAN_OBSERVE, "no commit");
}

/* What was not asked for again is as the log has it, and a parent like any other; unless the log says something else by
 * the time of the plan. */
static void as_observed_last(void **state)
{
    static const char sha[] = "0123456789abcdef0123456789abcdef01234567";
    struct jk_ledger *ledger = *state;
    struct model model = {.id = "jung/tiny", .identity = "a1", .sha = sha, .parents = {BASE}};
    run_one(ledger, &model);
    apply(ledger);
    clear_run();
    same("jung/tiny", "a1", sha);
    PRESENT("yoon/tiny-GGUF", .relation = JK_RELATION_QUANTIZED, .parents = {"jung/tiny"});
    make_plan(ledger);
    is_unchanged("jung/tiny");
    parents_are(is("yoon/tiny-GGUF", JK_PLAN_REGISTER, ""), "jung/tiny@hub-0123456789ab");
    clear_run();
    same("jung/tiny", "a2", sha);
    same("yoon/never", "a3", sha);
    make_plan(ledger);
    is("jung/tiny", JK_PLAN_LEFT, "has to be read again");
    is("yoon/never", JK_PLAN_LEFT, "has to be read again");
}

/* An external parent that is registered meanwhile is another parent; one that was adopted is the same. */
static void parents_that_appear(void **state)
{
    struct jk_ledger *ledger = *state;
    struct model model = {.id = "jung/tiny", .parents = {"meta/mid", BASE}};
    run_one(ledger, &model);
    parents_are(is("jung/tiny", JK_PLAN_REGISTER, ""), "external huggingface.co/meta/mid@ " BASE "@1");
    apply(ledger);
    clear_run();
    present(&(struct model){.id = "meta/mid", .parents = {BASE}});
    make_plan(ledger);
    apply(ledger);
    model.tag = "edited";
    run_one(ledger, &model);
    is("jung/tiny", JK_PLAN_RELEASE, "changed: parents");
    OK(jk_ledger_adopt(ledger, "huggingface.co/meta/mid", "meta/mid"));
    make_plan(ledger);
    is("jung/tiny", JK_PLAN_OBSERVE, "");
}

/* The parent's new release comes first, and is the one that is pinned. */
static void parents_that_are_released(void **state)
{
    struct jk_ledger *ledger = *state;
    PRESENT("jung/mid", .parents = {BASE}, .license = "mit");
    make_plan(ledger);
    apply(ledger);
    clear_run();
    PRESENT("yoon/low", .parents = {"jung/mid"});
    PRESENT("jung/mid", .parents = {BASE}, .license = "apache-2.0", .sha = "0123456789abcdef0123456789abcdef01234567");
    make_plan(ledger);
    is("jung/mid", JK_PLAN_RELEASE, "changed: licence");
    parents_are(is("yoon/low", JK_PLAN_REGISTER, ""), "jung/mid@hub-0123456789ab");
    apply(ledger);
    is_settled(ledger);
    /* Turned round: the child becomes its parent's parent. */
    clear_run();
    PRESENT("jung/mid", .parents = {"yoon/low", BASE}, .license = "apache-2.0",
            .sha = "1123456789abcdef0123456789abcdef01234567");
    make_plan(ledger);
    is("jung/mid", JK_PLAN_OBSERVE, "the parent yoon/low is left out: it descends from this model");
    clear_run();
    PRESENT("jung/mid", .parents = {"yoon/new", BASE}, .license = "apache-2.0",
            .sha = "1123456789abcdef0123456789abcdef01234567");
    PRESENT("yoon/new", .parents = {"yoon/low"});
    make_plan(ledger);
    is("jung/mid", JK_PLAN_OBSERVE, "the parent yoon/new is left out: it descends from this model");
    apply(ledger);
    is_settled(ledger);
}

/* Nothing of a parent whose releases are all yanked can be pinned, though its own record has changed, too. */
static void parents_that_are_yanked(void **state)
{
    struct jk_ledger *ledger = *state;
    PRESENT("jung/mid", .parents = {BASE}, .license = "mit");
    const struct jk_plan_step *step;
    make_plan(ledger);
    step = is("jung/mid", JK_PLAN_REGISTER, "");
    char version[32];
    snprintf(version, sizeof version, "%.*s", JK_SPAN_ARG(step->version));
    apply(ledger);
    OK(jk_ledger_yank(ledger, "jung/mid", version, JK_KIND_YANK));
    clear_run();
    PRESENT("jung/mid", .parents = {BASE}, .license = "mit", .tag = "edited");
    PRESENT("yoon/low", .parents = {"jung/mid", BASE});
    make_plan(ledger);
    is("jung/mid", JK_PLAN_OBSERVE, "all of its releases are yanked");
    parents_are(is("yoon/low", JK_PLAN_REGISTER, ""), "external huggingface.co/jung/mid@ " BASE "@1");
}

/* ---- what has moved, what is gone ---- */

static void renames(void **state)
{
    struct jk_ledger *ledger = *state;
    PRESENT("jung/tiny", .identity = "id1", .parents = {BASE});
    PRESENT("jung/other", .identity = "id2", .parents = {BASE});
    make_plan(ledger);
    apply(ledger);
    clear_run();
    moved_as("jung/tiny", "jung/small", "id1");
    PRESENT("jung/small", .identity = "id1", .parents = {BASE});
    PRESENT("yoon/other", .identity = "id2", .parents = {BASE});
    PRESENT("yoon/child", .parents = {"jung/tiny", "jung/small"});
    make_plan(ledger);
    const struct jk_plan_step *step = is("jung/tiny", JK_PLAN_RENAME, "");
    assert_span_is(step->to, "jung/small");
    assert_span_is(step->model, "jung/tiny");
    assert_int_equal(step->offset, 0);
    step = is("jung/other", JK_PLAN_TRANSFER, "");
    assert_span_is(step->to, "yoon/other");
    assert_span_is(is("jung/small", JK_PLAN_OBSERVE, "")->model, "jung/small");
    assert_int_equal(is("yoon/child", JK_PLAN_REGISTER, "")->parent_count, 1);
    assert_true(place_of("jung/tiny") < place_of("jung/small"));
    apply(ledger);
    assert_span_is(jk_book_alias(ledger->book, slot(ledger, "jung/other"), NOW)->name, "yoon/other");
    is_settled(ledger);
}

static void moves_without_the_new(void **state)
{
    struct jk_ledger *ledger = *state;
    PRESENT("jung/tiny", .identity = "id1", .parents = {BASE});
    PRESENT("jung/taken", .identity = "id2", .parents = {BASE});
    make_plan(ledger);
    apply(ledger);
    clear_run();
    moved("jung/tiny", "jung/taken");
    moved("nobody/knows", "a/b");
    make_plan(ledger);
    is("jung/tiny", JK_PLAN_MOVED, "it keeps its name here: the name jung/taken is taken by jung/taken");
    is("nobody/knows", JK_PLAN_LEFT, "not registered");
    clear_run();
    moved("jung/tiny", "jung/small");
    make_plan(ledger);
    is("jung/tiny", JK_PLAN_RENAME, "");
    apply(ledger);
    is_settled(ledger);
}

/* The registered name cannot follow the hub's everywhere; the observations do. */
static void cannot_follow(void **state)
{
    struct jk_ledger *ledger = *state;
    struct model model = {.id = "jung/tiny", .identity = "id1", .parents = {BASE}};
    const char *ids[] = {"jung/tiny", "jung/small", "jung/tiny", "g00gle/tiny"};
    const char *whys[] = {"", "", "jung/tiny is an earlier name of this model",
                          "g00gle looks like google, an upstream organisation: an admin"};
    for (size_t i = 0; i < 4; i++) {
        model.id = ids[i];
        run_one(ledger, &model);
        if (i > 0) is(ids[i - 1], i == 1 ? JK_PLAN_RENAME : JK_PLAN_MOVED, whys[i]);
        if (i > 0) assert_span_is(is(ids[i], JK_PLAN_OBSERVE, "")->model, "jung/small");
        apply(ledger);
        is_settled(ledger);
    }
}

static void identities(void **state)
{
    struct jk_ledger *ledger = *state;
    PRESENT("jung/tiny", .identity = "id1", .parents = {BASE});
    make_plan(ledger);
    apply(ledger);
    clear_run();
    PRESENT("jung/tiny", .identity = "id9", .parents = {BASE});
    PRESENT("yoon/child", .parents = {"jung/tiny", BASE});
    make_plan_of(ledger, false);
    is("jung/tiny", JK_PLAN_BLOCKED, "another repository, whose identity is id1 and not id9");
    assert_int_equal(jk_plan_of(plan, JK_PLAN_ABSENT), 0);
    parents_are(is("yoon/child", JK_PLAN_REGISTER, ""), "external huggingface.co/jung/tiny@ " BASE "@1");
    make_plan(ledger);
    assert_int_equal(jk_plan_of(plan, JK_PLAN_ABSENT), 1);
    apply(ledger);
    is_settled(ledger);
    assert_int_equal(jk_plan_of(plan, JK_PLAN_BLOCKED), 1);
}

/* What a model is called here says nothing of a repository of that name, where the hub has it under another one. */
static void renamed_here(void **state)
{
    struct jk_ledger *ledger = *state;
    PRESENT("jung/tiny", .identity = "id1", .parents = {BASE});
    make_plan(ledger);
    apply(ledger);
    struct jk_entry entry = {.kind = JK_KIND_RENAME,
                             .actor.type = JK_ACTOR_ADMIN,
                             .model = JK_SPAN("jung/tiny"),
                             .to = JK_SPAN("jung/other")};
    assert_int_equal(jk_ledger_add(ledger, &entry), JK_OK);
    PRESENT("jung/other", .identity = "id7", .parents = {BASE});
    make_plan(ledger);
    is("jung/other", JK_PLAN_BLOCKED, "another repository, whose identity is id1 and not id7");
    is_unchanged("jung/tiny");
}

static void absences(void **state)
{
    struct jk_ledger *ledger = *state;
    PRESENT("jung/tiny", .identity = "id1", .parents = {BASE});
    PRESENT("jung/mid", .identity = "id2", .parents = {BASE});
    make_plan(ledger);
    apply(ledger);
    clear_run();
    absent("jung/tiny");
    absent("never/seen");
    absent("jung/mid");
    PRESENT("jung/new", .identity = "id2", .parents = {BASE});
    PRESENT("yoon/child", .parents = {"jung/tiny"});
    add_line(&(struct jk_census_line){.state = JK_CENSUS_UNKNOWN, .id = JK_SPAN("x/y"), .why = JK_SPAN("HTTP 500")});
    make_plan(ledger);
    assert_span_is(is("jung/tiny", JK_PLAN_ABSENT, "")->model, "jung/tiny");
    is("never/seen", JK_PLAN_LEFT, "never observed");
    is("jung/mid", JK_PLAN_LEFT, "it is jung/new now");
    is("x/y", JK_PLAN_LEFT, "the hub could not be asked: HTTP 500");
    is("yoon/child", JK_PLAN_REGISTER, "");
    apply(ledger);
    is_settled(ledger);
    clear_run();
    PRESENT("jung/tiny", .identity = "id1", .parents = {BASE});
    make_plan(ledger);
    is("jung/tiny", JK_PLAN_OBSERVE, ""); /* it is back, unchanged */
}

/* ---- what may not be written ---- */

static void claimed_publishers(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/mine", OF(PARENT(BASE)), .weights = 5)));
    PRESENT("kim/new", .parents = {BASE});
    PRESENT("kim/mine", .parents = {BASE});
    PRESENT("yoon/child", .parents = {"kim/mine", BASE});
    make_plan(ledger);
    is("kim/new", JK_PLAN_BLOCKED,
       "the publisher kim is somebody's who has not proven that huggingface.co/kim is theirs");
    is("kim/mine", JK_PLAN_BLOCKED, "an admin can transfer the name");
    parents_are(is("yoon/child", JK_PLAN_REGISTER, ""), "kim/mine@1 " BASE "@1");
    OK(jk_ledger_verify(ledger, "kim", JK_KIND_VERIFY));
    OK(jk_ledger_namespace(ledger, "kim", "huggingface.co/kim", JK_KIND_NAMESPACE));
    make_plan(ledger);
    is("kim/new", JK_PLAN_REGISTER, "");
    is("kim/mine", JK_PLAN_OBSERVE, "its newest release has digests");
    apply(ledger);
    is_settled(ledger);
}

/* Claimed after it was registered by a census, without a proof: seen, but not released or renamed. */
static void claimed_later(void **state)
{
    struct jk_ledger *ledger = *state;
    struct model model = {.id = "jung/tiny", .identity = "id1", .parents = {BASE}, .license = "mit"};
    run_one(ledger, &model);
    apply(ledger);
    OK(jk_ledger_verify(ledger, "jung", JK_KIND_CLAIM));
    is_settled(ledger);
    model.tag = "edited";
    run_one(ledger, &model);
    is("jung/tiny", JK_PLAN_OBSERVE, "");
    model.license = "apache-2.0";
    run_one(ledger, &model);
    is("jung/tiny", JK_PLAN_BLOCKED, "changed: licence; its publisher is somebody's");
    model.id = "jung/small";
    run_one(ledger, &model);
    is("jung/tiny", JK_PLAN_MOVED, "it keeps its name here: the publisher jung is somebody's");
    is("jung/small", JK_PLAN_BLOCKED, "changed: licence; its publisher is somebody's");
    assert_int_equal(jk_plan_count(plan), 2);
    clear_run();
    absent("jung/tiny");
    make_plan(ledger);
    is("jung/tiny", JK_PLAN_ABSENT, "");
}

static void told_once(void **state)
{
    struct jk_ledger *ledger = *state;
    PRESENT("jung/tiny", .identity = "id1", .parents = {BASE});
    PRESENT("Jung/Tiny", .parents = {OTHER});
    PRESENT("jung/again", .identity = "id1", .parents = {OTHER});
    PRESENT("jung/no-commit", .parents = {BASE}, .sha = "");
    make_plan(ledger);
    assert_int_equal(jk_plan_of(plan, JK_PLAN_REGISTER), 1);
    parents_are(jk_plan_step(plan, 0), BASE "@1");
    is("jung/tiny", JK_PLAN_LEFT, "the run has a line about it before");
    assert_false(is("jung/again", JK_PLAN_LEFT, "the run has its identity before, as that of jung/tiny")->no_path);
    is("jung/no-commit", JK_PLAN_LEFT, "no commit");
    struct jk_error error;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_plan_add(plan, JK_SPAN("{}"), 0, &error), JK_INVALID_ARGUMENT);
    assert_string_equal(error.reason, "INVALID_RUN");
}

/* Names that differ only in case are one here: the repository that the log knows keeps the name, whichever line is first,
 * and is not taken for gone. */
static void twins(void **state)
{
    struct jk_ledger *ledger = *state;
    PRESENT("jung/tiny", .identity = "id1", .parents = {BASE});
    PRESENT("Jung/Tiny", .identity = "id2", .parents = {OTHER});
    make_plan(ledger);
    assert_int_equal(jk_plan_of(plan, JK_PLAN_REGISTER), 1);
    is("jung/tiny", JK_PLAN_LEFT, "this is Jung/Tiny, another repository with the identity id2 and not id1");
    apply(ledger);
    make_plan(ledger);
    assert_int_equal(jk_plan_of(plan, JK_PLAN_UNCHANGED), 1);
    is("jung/tiny", JK_PLAN_LEFT, "this is Jung/Tiny, another repository with the identity id2 and not id1");
    clear_run();
    PRESENT("Jung/Tiny", .identity = "id2", .parents = {OTHER});
    PRESENT("jung/tiny", .identity = "id1", .parents = {BASE});
    make_plan(ledger);
    assert_int_equal(jk_plan_of(plan, JK_PLAN_UNCHANGED), 1);
    assert_int_equal(jk_plan_of(plan, JK_PLAN_ABSENT), 0);
    is("jung/tiny", JK_PLAN_BLOCKED, "the name is of another repository, whose identity is id1 and not id2");
    assert_int_equal(jk_plan_count(plan), 1); /* what is unchanged takes no step */
}

/* Whatever the models say of each other, once and then otherwise, the book takes all of it, and nothing is left to do. */
static void random_families(void **state)
{
    struct jk_ledger *ledger = *state;
    static char names[24][16];
    for (unsigned seed = 0; seed < 120; seed++) {
        uint64_t random = seed * 7919 + 1;
        unsigned family = seed / 4; /* four runs over the same names */
        clear_run();
        for (unsigned i = 0; i < 24; i++)
            snprintf(names[i], sizeof names[i], "f%u/m%u", family, i);
        for (unsigned i = 0; i < 24; i++) {
            char sha[41];
            struct model model = {.id = names[i], .sha = sha};
            snprintf(sha, sizeof sha, "%020u%020u", seed + 1, i);
            for (unsigned k = 0; k < 3; k++) {
                random = jk_mix64(random + JK_MIX_STEP);
                unsigned to = random % 64;
                model.parents[k] = to < 24 ? names[to] : to < 28 ? BASE : to < 30 ? OTHER : to < 34 ? "x/y" : NULL;
                if (!model.parents[k]) break;
            }
            present(&model);
        }
        make_plan(ledger);
        apply(ledger);
        is_settled(ledger);
    }
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, begin_run, end_run)
    const struct CMUnitTest tests[] = {RUN(first_run),
                                       RUN(odd_parents),
                                       RUN(releases),
                                       RUN(as_observed_last),
                                       RUN(parents_that_appear),
                                       RUN(parents_that_are_released),
                                       RUN(parents_that_are_yanked),
                                       RUN(renames),
                                       RUN(moves_without_the_new),
                                       RUN(cannot_follow),
                                       RUN(identities),
                                       RUN(renamed_here),
                                       RUN(absences),
                                       RUN(claimed_publishers),
                                       RUN(claimed_later),
                                       RUN(told_once),
                                       RUN(twins),
                                       RUN(random_families)};
    jk_digest_setup();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    jk_text_done(&run.text);
    return failed;
}
