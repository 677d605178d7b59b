/* Reconciliation: each difference between what a hub shows below a base model and what counts here, once by itself; and
 * that for every base model and place the two sides add up. */
#include "census/reconcile.h"
#include "support/judged_world.h"

#define HUB JK_SPAN("huggingface.co")

struct trial {
    struct jk_ledger *ledger;
    struct jk_policy policy;
    struct jk_standing *standing;
    struct jk_reconcile *reconcile;
    struct jk_census_run run;
    struct jk_reconcile_base base;
    struct jk_error error;
};

/* Lines are added after this; the log stays as it is. */
static void start(struct trial *trial, struct jk_ledger *ledger, jk_reasons more)
{
    *trial = (struct trial){.ledger = ledger, .policy = policy_of(more)};
    jk_error_init(&trial->error, NULL);
    struct jk_standing_query query = {.policy = &trial->policy, .n = jk_book_size(ledger->book)};
    OK(jk_standing_make(ledger->book, &query, &trial->standing, &trial->error));
    trial->reconcile = jk_reconcile_new(ledger->book, trial->standing, HUB);
    assert_non_null(trial->reconcile);
}

static void finish(struct trial *trial)
{
    jk_reconcile_free(trial->reconcile);
    jk_standing_free(trial->standing);
}

static void put(struct trial *trial, struct jk_reconcile_line line, const struct jk_census_line *of)
{
    line.line = of;
    OK(jk_reconcile_add(trial->reconcile, &line, &trial->error));
}

static void shown(struct trial *trial, const char *id, const char *tags)
{
    struct jk_census_line line = {.state = JK_CENSUS_PRESENT, .relation_from = JK_SPAN("adapter_config.json")};
    put(trial, (struct jk_reconcile_line){.id = jk_span_of(id), .tags = jk_span_of(tags)}, &line);
}

static void planned(struct trial *trial, const char *id, enum jk_planned planned, const char *why)
{
    struct jk_census_line line = {.state = JK_CENSUS_PRESENT};
    put(trial,
        (struct jk_reconcile_line){.id = jk_span_of(id),
                                   .tags = JK_SPAN("[\"base_model:finetune:" BASE "\"]"),
                                   .planned = planned,
                                   .why = jk_span_of(why)},
        &line);
}

static void gone(struct trial *trial, const char *id, enum jk_census_state state)
{
    struct jk_census_line line = {.state = state, .why = JK_SPAN("status 500")};
    put(trial, (struct jk_reconcile_line){.id = jk_span_of(id)}, &line);
}

/* Of BASE; checks the sums. */
static void conclude(struct trial *trial)
{
    struct jk_reconcile_base *base = &trial->base;
    int64_t hub = 0, here = 0, models = 0, effects = 0;
    OK(jk_reconcile_base(trial->reconcile, slot(trial->ledger, BASE), &trial->run, base, &trial->error));
    for (int i = 0; i < JK_PLACE_COUNT; i++) {
        hub += base->hub[i];
        here += base->here[i];
    }
    for (int i = 0; i < JK_DIFFERENCE_COUNT; i++) {
        models += base->models[i];
        effects += base->effects[i];
    }
    assert_int_equal(base->effects[JK_DIFFERENCE_SAME], 0);
    assert_int_equal(hub + effects, here);
    assert_int_equal(models, base->row_count);
}

static const struct jk_reconcile_row *row_at(const struct trial *trial, size_t at)
{
    size_t count;
    const struct jk_reconcile_row *rows = jk_reconcile_rows(trial->reconcile, &count);
    assert_true(trial->base.first_row + at < count);
    return &rows[trial->base.first_row + at];
}

/* The only row, its difference, and what is said of it. */
static void only(struct trial *trial, enum jk_difference difference, enum jk_place hub, enum jk_place here,
                 const char *why)
{
    struct jk_text text;
    conclude(trial);
    assert_int_equal(trial->base.row_count, 1);
    const struct jk_reconcile_row *row = row_at(trial, 0);
    jk_text_init(&text, 0);
    OK(jk_reconcile_explain(trial->reconcile, row, &trial->policy, &text, &trial->error));
    assert_string_equal(jk_difference_word(row->difference), jk_difference_word(difference));
    assert_true(strlen(jk_difference_english(difference)) > 10);
    assert_string_equal(jk_place_word(row->hub), jk_place_word(hub));
    assert_string_equal(jk_place_word(row->here), jk_place_word(here));
    assert_string_equal(text.len > 0 ? text.bytes : "", why);
    jk_text_done(&text);
    finish(trial);
}

static void add(struct jk_ledger *ledger, const char *name, enum jk_relation relation, const char *parent)
{
    struct jk_ledger_model model = {.model = name, .relation = relation, .parents = {{.model = parent}}};
    OK(jk_ledger_register(ledger, &model));
}

static void observe(struct jk_ledger *ledger, const char *name, const char *id, const char *identity,
                    enum jk_observed state)
{
    struct jk_entry entry = jk_ledger_observation(name, id, state);
    entry.identity = jk_span_of(identity);
    OK(jk_ledger_add(ledger, &entry));
}

/* ---- both sides agree ---- */

static void the_same_in_each_relation(void **state)
{
    static const enum jk_relation here[] = {JK_RELATION_FINETUNE, JK_RELATION_ADAPTER, JK_RELATION_CONVERT,
                                            JK_RELATION_MERGE, JK_RELATION_DISTILL};
    static const char *const hub[] = {"finetune", "adapter", "quantized", "merge", "finetune"};
    struct trial trial;
    char name[32], tags[96];
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "kim/m%d", i);
        add(*state, name, here[i], BASE);
    }
    start(&trial, *state, 0);
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "kim/m%d", i);
        snprintf(tags, sizeof tags, "[\"ko\",\"base_model:" BASE "\",\"base_model:%s:" BASE "\"]", hub[i]);
        shown(&trial, name, tags);
    }
    conclude(&trial);
    assert_int_equal(trial.base.models[JK_DIFFERENCE_SAME], 5);
    assert_int_equal(trial.base.hub[JK_PLACE_FINETUNE], 2);
    assert_int_equal(trial.base.here[JK_PLACE_QUANTIZED], 1);
    assert_int_equal(trial.base.row_count, 5);
    OK(jk_reconcile_base(trial.reconcile, slot(*state, OTHER), &trial.run, &trial.base, &trial.error));
    assert_int_equal(trial.base.first_row, 5);
    assert_int_equal(trial.base.row_count, 0);
    finish(&trial);
}

/* A tag without a relation is what the hub says of it otherwise, else a finetune; letters' case tells nothing. */
static void tags_without_a_relation(void **state)
{
    struct trial trial;
    struct jk_census_line line = {.state = JK_CENSUS_PRESENT, .hub_relation = JK_RELATION_QUANTIZED};
    start(&trial, *state, 0);
    shown(&trial, "kim/plain", "[\"base_model:RED-AI/solar-1\"]");
    put(&trial, (struct jk_reconcile_line){.id = JK_SPAN("kim/told"), .tags = JK_SPAN("[\"base_model:" BASE "\"]")},
        &line);
    shown(&trial, "kim/none", "[\"base_model:\",\"base_model:finetune:\",\"base_mode:x/y\",\"other:red-ai/Solar-1\"]");
    conclude(&trial);
    assert_int_equal(trial.base.row_count, 2);
    assert_int_equal(trial.base.hub[JK_PLACE_FINETUNE], 1);
    assert_int_equal(trial.base.hub[JK_PLACE_QUANTIZED], 1);
    finish(&trial);
}

static void deeper_ones_and_cycles(void **state)
{
    struct trial trial;
    add(*state, "kim/a", JK_RELATION_FINETUNE, BASE);
    add(*state, "kim/b", JK_RELATION_FINETUNE, "kim/a");
    start(&trial, *state, 0);
    shown(&trial, "kim/a", "[\"base_model:finetune:" BASE "\",\"base_model:finetune:kim/b\"]");
    shown(&trial, "kim/b", "[\"base_model:finetune:kim/a\",\"base_model:finetune:kim/b\"]");
    conclude(&trial);
    assert_int_equal(trial.base.models[JK_DIFFERENCE_SAME], 2);
    assert_int_equal(trial.base.hub[JK_PLACE_DEEPER], 1);
    assert_int_equal(trial.base.here[JK_PLACE_DEEPER], 1);
    finish(&trial);
}

/* ---- one difference each ---- */

static void another_relation(void **state)
{
    struct trial trial;
    add(*state, "kim/m", JK_RELATION_ADAPTER, BASE);
    start(&trial, *state, 0);
    shown(&trial, "kim/m", "[\"base_model:finetune:" BASE "\"]");
    only(&trial, JK_DIFFERENCE_RELATION, JK_PLACE_FINETUNE, JK_PLACE_ADAPTER,
         "finetune on the hub, adapter here (adapter_config.json)");
}

static void another_parent(void **state)
{
    struct trial trial;
    add(*state, "kim/a", JK_RELATION_FINETUNE, BASE);
    add(*state, "kim/m", JK_RELATION_QUANTIZED, "kim/a");
    start(&trial, *state, 0);
    shown(&trial, "kim/a", "[\"base_model:finetune:" BASE "\"]");
    shown(&trial, "kim/m", "[\"base_model:quantized:" BASE "\"]");
    conclude(&trial);
    assert_int_equal(trial.base.models[JK_DIFFERENCE_PARENT], 1);
    assert_int_equal(row_at(&trial, 1)->here, JK_PLACE_DEEPER);
    finish(&trial);
}

static void a_parent_that_the_hub_does_not_show(void **state)
{
    struct trial trial;
    add(*state, "kim/m", JK_RELATION_FINETUNE, BASE);
    start(&trial, *state, 0);
    shown(&trial, "kim/m", "[\"ko\"]");
    only(&trial, JK_DIFFERENCE_PARENT, JK_PLACE_NONE, JK_PLACE_FINETUNE, "here made from " BASE);
}

static void not_derived(void **state)
{
    struct trial trial;
    add(*state, "kim/m", JK_RELATION_FINETUNE, OTHER);
    start(&trial, *state, 0);
    shown(&trial, "kim/m", "[\"base_model:finetune:" BASE "\"]");
    only(&trial, JK_DIFFERENCE_NOT_DERIVED, JK_PLACE_FINETUNE, JK_PLACE_NONE, "here made from " OTHER);
    start(&trial, *state, 0);
    planned(&trial, "kim/n", JK_PLANNED_NO_PATH, "no path to a base model");
    only(&trial, JK_DIFFERENCE_NOT_DERIVED, JK_PLACE_FINETUNE, JK_PLACE_NONE, "no path to a base model");
    start(&trial, *state, 0);
    shown(&trial, OTHER, "[\"base_model:finetune:" BASE "\"]");
    only(&trial, JK_DIFFERENCE_NOT_DERIVED, JK_PLACE_FINETUNE, JK_PLACE_NONE, "here a base model itself");
}

static void the_weights_of_another(void **state)
{
    struct trial trial;
    struct jk_ledger_model first = {.model = "kim/a", .parents = {{.model = BASE}}, .weights = 5},
                           copy = {.model = "park/b", .parents = {{.model = BASE}}, .weights = 5};
    OK(jk_ledger_register(*state, &first));
    OK(jk_ledger_register(*state, &copy));
    start(&trial, *state, 0);
    shown(&trial, "kim/a", "[\"base_model:finetune:" BASE "\"]");
    shown(&trial, "park/b", "[\"base_model:finetune:" BASE "\"]");
    conclude(&trial);
    const struct jk_reconcile_row *row = row_at(&trial, 1);
    struct jk_text text;
    jk_text_init(&text, 0);
    assert_int_equal(row->difference, JK_DIFFERENCE_RE_UPLOAD);
    OK(jk_reconcile_explain(trial.reconcile, row, &trial.policy, &text, &trial.error));
    assert_string_equal(text.bytes, "the weights of kim/a");
    jk_text_done(&text);
    finish(&trial);
}

static void absent(void **state)
{
    struct trial trial;
    add(*state, "kim/m", JK_RELATION_FINETUNE, BASE);
    start(&trial, *state, 0);
    gone(&trial, "kim/m", JK_CENSUS_ABSENT);
    only(&trial, JK_DIFFERENCE_ABSENT, JK_PLACE_NONE, JK_PLACE_FINETUNE, "");
    observe(*state, "kim/m", "kim/m", "1", JK_OBSERVED_ABSENT);
    start(&trial, *state, 0);
    only(&trial, JK_DIFFERENCE_ABSENT, JK_PLACE_NONE, JK_PLACE_FINETUNE, "gone when it was asked on 2025-12-01");
}

static void left_out_by_another_rule(void **state)
{
    struct trial trial;
    add(*state, "kim/m", JK_RELATION_FINETUNE, BASE);
    start(&trial, *state, JK_REASON_BIT(UNVERIFIED) | JK_REASON_BIT(NO_ARTIFACT));
    shown(&trial, "kim/m", "[\"base_model:finetune:" BASE "\"]");
    only(&trial, JK_DIFFERENCE_LEFT_OUT, JK_PLACE_FINETUNE, JK_PLACE_NONE, "no-artifact, unverified");
}

static void only_here_or_not_asked(void **state)
{
    struct trial trial;
    add(*state, "kim/m", JK_RELATION_FINETUNE, BASE);
    start(&trial, *state, 0);
    only(&trial, JK_DIFFERENCE_ONLY_HERE, JK_PLACE_NONE, JK_PLACE_FINETUNE, "");
    start(&trial, *state, 0);
    gone(&trial, "kim/m", JK_CENSUS_UNKNOWN);
    only(&trial, JK_DIFFERENCE_NOT_ASKED, JK_PLACE_NONE, JK_PLACE_FINETUNE, "status 500");
    observe(*state, "kim/m", "kim/m", "1", JK_OBSERVED_PRESENT);
    start(&trial, *state, 0);
    only(&trial, JK_DIFFERENCE_NOT_ASKED, JK_PLACE_NONE, JK_PLACE_FINETUNE, "");
}

static void what_is_not_written(void **state)
{
    struct trial trial;
    start(&trial, *state, 0);
    planned(&trial, "kim/m", JK_PLANNED_BLOCKED, "claimed");
    only(&trial, JK_DIFFERENCE_BLOCKED, JK_PLACE_FINETUNE, JK_PLACE_NONE, "claimed");
    start(&trial, *state, 0);
    planned(&trial, "kim/m", JK_PLANNED_NOTHING, "it is not told");
    only(&trial, JK_DIFFERENCE_LEFT_ALONE, JK_PLACE_FINETUNE, JK_PLACE_NONE, "it is not told");
    start(&trial, *state, 0);
    planned(&trial, "kim/m", JK_PLANNED_WRITE, "");
    only(&trial, JK_DIFFERENCE_NOT_APPLIED, JK_PLACE_FINETUNE, JK_PLACE_NONE, "");
}

/* ---- names ---- */

/* A model is found by the hub's identity whatever either side calls it; another repository under its name is not it. */
static void by_identity(void **state)
{
    struct trial trial;
    struct jk_census_line line = {.state = JK_CENSUS_PRESENT};
    struct jk_reconcile_line put_line = {.tags = JK_SPAN("[\"base_model:finetune:" BASE "\"]")};
    add(*state, "kim/m", JK_RELATION_FINETUNE, BASE);
    observe(*state, "kim/m", "kim/old", "1", JK_OBSERVED_PRESENT);
    start(&trial, *state, 0);
    put_line.id = JK_SPAN("kim/new");
    put_line.identity = JK_SPAN("1");
    put(&trial, put_line, &line);
    only(&trial, JK_DIFFERENCE_SAME, JK_PLACE_FINETUNE, JK_PLACE_FINETUNE, "");
    start(&trial, *state, 0);
    put_line.id = JK_SPAN("kim/m");
    put_line.identity = JK_SPAN("2");
    put_line.planned = JK_PLANNED_BLOCKED;
    put(&trial, put_line, &line);
    conclude(&trial);
    assert_int_equal(trial.base.row_count, 2);
    assert_int_equal(trial.base.models[JK_DIFFERENCE_BLOCKED], 1);
    assert_int_equal(trial.base.models[JK_DIFFERENCE_NOT_ASKED], 1);
    finish(&trial);
}

/* A repository that was renamed while its hub was read is in the run by both names; the first stands for the model. */
static void two_names_in_one_run(void **state)
{
    struct trial trial;
    struct jk_census_line line = {.state = JK_CENSUS_PRESENT};
    struct jk_reconcile_line put_line = {
        .id = JK_SPAN("kim/old"), .identity = JK_SPAN("1"), .tags = JK_SPAN("[\"base_model:finetune:" BASE "\"]")};
    add(*state, "kim/m", JK_RELATION_FINETUNE, BASE);
    observe(*state, "kim/m", "kim/old", "1", JK_OBSERVED_PRESENT);
    start(&trial, *state, 0);
    put(&trial, put_line, &line);
    put_line.id = JK_SPAN("kim/new");
    put_line.why = JK_SPAN("the run has its identity before");
    put(&trial, put_line, &line);
    conclude(&trial);
    assert_int_equal(trial.base.row_count, 2);
    assert_int_equal(trial.base.models[JK_DIFFERENCE_SAME], 1);
    assert_int_equal(trial.base.models[JK_DIFFERENCE_LEFT_ALONE], 1);
    finish(&trial);
}

/* Two repositories whose names differ only in case are two that the hub lists; what names theirs is made from the first. */
static void twins(void **state)
{
    struct trial trial;
    struct jk_census_line line = {.state = JK_CENSUS_PRESENT};
    struct jk_reconcile_line put_line = {
        .id = JK_SPAN("kim/m"), .identity = JK_SPAN("1"), .tags = JK_SPAN("[\"base_model:finetune:" BASE "\"]")};
    add(*state, "kim/m", JK_RELATION_FINETUNE, BASE);
    observe(*state, "kim/m", "kim/m", "1", JK_OBSERVED_PRESENT);
    start(&trial, *state, 0);
    put(&trial, put_line, &line);
    put_line.id = JK_SPAN("Kim/M");
    put_line.identity = JK_SPAN("2");
    put_line.why = JK_SPAN("this is Kim/M");
    put(&trial, put_line, &line);
    shown(&trial, "kim/child", "[\"base_model:adapter:KIM/m\"]");
    conclude(&trial);
    assert_int_equal(trial.base.hub[JK_PLACE_FINETUNE], 2);
    assert_int_equal(trial.base.hub[JK_PLACE_DEEPER], 1);
    assert_int_equal(trial.base.models[JK_DIFFERENCE_SAME], 1);
    assert_int_equal(trial.base.models[JK_DIFFERENCE_LEFT_ALONE], 2);
    bool told = false;
    for (size_t i = 0; i < trial.base.row_count; i++) {
        const struct jk_reconcile_row *row = row_at(&trial, i);
        told = told || (jk_span_equal(row->id, JK_SPAN("Kim/M")) && jk_span_equal(row->told, put_line.why));
    }
    assert_true(told);
    finish(&trial);
}

/* What names the old name of a model that moved is made from it; the base model, too, may have moved. */
static void moved_ones(void **state)
{
    struct trial trial;
    struct jk_census_children children = {JK_SPAN("red-ai/Solar-One"), 3};
    struct jk_census_line line = {.state = JK_CENSUS_MOVED, .to = JK_SPAN("red-ai/Solar-One")},
                          other = {.state = JK_CENSUS_MOVED, .to = JK_SPAN("kim/new")};
    start(&trial, *state, 0);
    trial.run = (struct jk_census_run){.children = &children, .children_count = 1};
    put(&trial, (struct jk_reconcile_line){.id = JK_SPAN(BASE)}, &line);
    put(&trial, (struct jk_reconcile_line){.id = JK_SPAN("kim/old")}, &other);
    shown(&trial, "red-ai/Solar-One", "");
    shown(&trial, "kim/new", "[\"base_model:finetune:red-ai/Solar-One\"]");
    shown(&trial, "kim/b", "[\"base_model:adapter:" BASE "\"]");
    shown(&trial, "kim/c", "[\"base_model:adapter:kim/old\"]");
    conclude(&trial);
    assert_int_equal(trial.base.hub[JK_PLACE_FINETUNE], 1);
    assert_int_equal(trial.base.hub[JK_PLACE_ADAPTER], 1);
    assert_int_equal(trial.base.hub[JK_PLACE_DEEPER], 1);
    assert_true(trial.base.said);
    assert_int_equal(trial.base.children, 3);
    finish(&trial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_same_in_each_relation),
        TEST(tags_without_a_relation),
        TEST(deeper_ones_and_cycles),
        TEST(another_relation),
        TEST(another_parent),
        TEST(a_parent_that_the_hub_does_not_show),
        TEST(not_derived),
        TEST(the_weights_of_another),
        TEST(absent),
        TEST(left_out_by_another_rule),
        TEST(only_here_or_not_asked),
        TEST(what_is_not_written),
        TEST(by_identity),
        TEST(two_names_in_one_run),
        TEST(twins),
        TEST(moved_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
