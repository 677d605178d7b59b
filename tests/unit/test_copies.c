/* Who is a copy under rule set 2, whoever else claims the same: of an ancestor, or by a ruling on origin; that a long
 * chain of one content takes no longer than its length, and a dense family of many contents few walks; and that the
 * work is done in stretches. */
#include "book/copies.h"
#include "book/others.h"

#include "book/book_internal.h"
#include "support/judged_world.h"

/* ---- ancestors with the same content ---- */

/* Somebody's parent names the weights of a known child before the child is there. */
static void test_poisoned_parent(void **state)
{
    struct jk_ledger *ledger = *state;
    verify(ledger, "lee");
    OK(jk_ledger_register(ledger, MODEL("kim/parent", OF(PARENT(BASE)), .weights = 1)));
    uint32_t poisoned = next_entry(ledger);
    OK(jk_ledger_release(ledger, MODEL("kim/parent", OF(PARENT(BASE)), .version = "2", .weights = 2)));
    OK(jk_ledger_register(ledger, MODEL("lee/child", OF({.model = "kim/parent", .version = "2"}), .weights = 2)));
    COUNTS("lee/child", UNVERIFIED); /* a mere claim */
    DUPLICATE("lee/child", 0);       /* where such claims count */
    uint32_t entry;
    assert_string_equal(first_before(ledger, "lee/child", 0, &entry), "kim/parent");
    assert_int_equal(entry, poisoned);
    verify(ledger, "kim");
    COUNTS("lee/child", UNVERIFIED); /* which comes too late to take from a child that counts */
    OK(jk_ledger_register(ledger, MODEL("lee/next", OF({.model = "kim/parent", .version = "2"}), .weights = 2)));
    DUPLICATE("lee/next", UNVERIFIED);
    OK(jk_ledger_yank(ledger, "lee/next", "1", JK_KIND_YANK));
    OK(rule_origin(ledger, "lee/child"));
    COUNTS("lee/child", UNVERIFIED);
    COUNTS("lee/child", 0);
    DUPLICATE("kim/parent", 0);
    OK(rule_origin(ledger, "kim/parent")); /* the last one decides … */
    DUPLICATE("lee/child", UNVERIFIED);
    OK(jk_ledger_release(ledger, MODEL("kim/parent", OF(PARENT(BASE)), .version = "3", .weights = 3)));
    DUPLICATE("lee/child", UNVERIFIED);                    /* … whatever its model has claimed since */
    OK(jk_ledger_verify(ledger, "lee", JK_KIND_UNVERIFY)); /* who is not verified has nothing of others' not being so */
    OK(jk_ledger_verify(ledger, "kim", JK_KIND_UNVERIFY));
    assert_int_equal(reasons_of(ledger, "lee/child", UNVERIFIED), UNVERIFIED | JK_REASON_BIT(DUPLICATE));
}

/* A base model's publisher need not be verified: its weights are nobody's derivative. A ruling says otherwise. */
static void test_copy_of_a_base(void **state)
{
    struct jk_ledger *ledger = *state;
    verify(ledger, "lee");
    OK(jk_ledger_register(ledger, MODEL("kim/between", OF(PARENT(BASE)), .weights = 5)));
    OK(jk_ledger_register(ledger, MODEL("lee/copy", OF(PARENT("kim/between")), .weights = 900)));
    DUPLICATE("lee/copy", UNVERIFIED);
    assert_string_equal(first_before(ledger, "lee/copy", UNVERIFIED, NULL), BASE);
    OK(rule_origin(ledger, "lee/copy"));
    COUNTS("lee/copy", UNVERIFIED);
}

/* Of several ancestors one is enough, however far above; the nearest of those that matter is named. */
static void test_one_ancestor_is_enough(void **state)
{
    struct jk_ledger *ledger = *state;
    verify(ledger, "lee");
    verify(ledger, "park");
    OK(jk_ledger_register(ledger, MODEL("park/far", OF(PARENT(BASE)), .weights = 1)));
    OK(jk_ledger_register(ledger, MODEL("kim/near", OF(PARENT("park/far")), .weights = 1)));
    OK(jk_ledger_register(ledger, MODEL("lee/child", OF(PARENT("kim/near")), .weights = 1)));
    DUPLICATE("lee/child", UNVERIFIED);
    assert_string_equal(first_before(ledger, "lee/child", UNVERIFIED, NULL), "park/far");
    assert_string_equal(first_before(ledger, "lee/child", 0, NULL), "kim/near");
}

/* An ancestor whose manifest comes once the child claims the files is as any other that comes later; it is found as an
 * ancestor where it said them before, or where it is a base model. */
static void test_late_ancestor(void **state)
{
    struct jk_ledger *ledger = *state;
    verify(ledger, "kim");
    verify(ledger, "lee");
    OK(jk_ledger_register(ledger, MODEL("kim/parent", OF(PARENT(BASE)), .artifact = 1)));
    OK(jk_ledger_register(ledger, MODEL("lee/child", OF(PARENT("kim/parent")), .artifact = 2)));
    OK(jk_ledger_held(ledger, 2, 0, 50));
    COUNTS("lee/child", UNVERIFIED);
    OK(jk_ledger_held(ledger, 1, 0, 50));
    COUNTS("lee/child", UNVERIFIED);
    DUPLICATE("kim/parent", UNVERIFIED);
    OK(jk_ledger_register(ledger, MODEL("lee/again", OF(PARENT("kim/parent")), .artifact = 4)));
    OK(jk_ledger_held(ledger, 4, 0, 50));
    DUPLICATE("lee/again", UNVERIFIED);
    assert_string_equal(first_before(ledger, "lee/again", UNVERIFIED, NULL), "kim/parent");
    OK(jk_ledger_list(ledger, "kim/parent", "red", true, JK_ANSWER_YES, JK_ANSWER_YES));
    DUPLICATE("lee/child", UNVERIFIED);
    assert_string_equal(first_before(ledger, "lee/child", UNVERIFIED, NULL), "kim/parent");
}

/* A model that had its weights before the release of another from which it says later that it is made. */
static void test_child_was_first(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("lee/own", OF(PARENT(BASE)), .weights = 1)));
    OK(jk_ledger_register(ledger, MODEL("kim/parent", OF(PARENT(BASE)), .weights = 1)));
    OK(jk_ledger_release(ledger, MODEL("lee/own", OF(PARENT("kim/parent")), .version = "2", .weights = 1)));
    COUNTS("lee/own", 0);
    DUPLICATE("kim/parent", 0);
}

/* An ancestor that could not count itself takes nothing: one whose manifest nobody holds, or which is yanked; back from
 * a yank, it takes what was registered since. */
static void test_ancestor_that_could_not_count(void **state)
{
    struct jk_ledger *ledger = *state;
    const jk_reasons unheld = JK_REASON_BIT(NO_ARTIFACT);
    OK(jk_ledger_register(ledger, MODEL("kim/parent", OF(PARENT(BASE)), .weights = 1, .artifact = 1)));
    OK(jk_ledger_register(ledger, MODEL("lee/child", OF(PARENT("kim/parent")), .weights = 1, .artifact = 2)));
    OK(jk_ledger_held(ledger, 2, 1, 52));
    DUPLICATE("lee/child", 0);
    COUNTS("lee/child", unheld);
    OK(jk_ledger_held(ledger, 1, 7, 51)); /* says other weights than its release */
    COUNTS("lee/child", unheld);
    OK(jk_ledger_release(ledger, MODEL("kim/parent", OF(PARENT(BASE)), .version = "2", .weights = 1, .artifact = 3)));
    OK(jk_ledger_held(ledger, 3, 1, 53));
    OK(jk_ledger_register(ledger,
                          MODEL("lee/next", OF({.model = "kim/parent", .version = "2"}), .weights = 1, .artifact = 4)));
    OK(jk_ledger_held(ledger, 4, 1, 54));
    DUPLICATE("lee/next", unheld);
    OK(jk_ledger_yank(ledger, "kim/parent", "1", JK_KIND_YANK));
    OK(jk_ledger_yank(ledger, "kim/parent", "2", JK_KIND_YANK));
    COUNTS("lee/child", 0);
    DUPLICATE("lee/next", 0); /* of the other child */
    assert_string_equal(first_before(ledger, "lee/next", 0, NULL), "lee/child");
    OK(jk_ledger_yank(ledger, "kim/parent", "1", JK_KIND_UNYANK));
    COUNTS("lee/child", 0); /* it was there before */
    OK(jk_ledger_register(ledger, MODEL("park/late", OF(PARENT("kim/parent")), .weights = 1)));
    DUPLICATE("park/late", 0);
    assert_string_equal(first_before(ledger, "park/late", 0, NULL), "kim/parent");
}

/* A release that says the weights of one child and has the files of another takes the one alone; a base model both. */
static void test_one_kind_of_an_ancestor(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/parent", OF(PARENT(BASE)), .weights = 1, .artifact = 1)));
    OK(jk_ledger_held(ledger, 1, 1, 50));
    OK(jk_ledger_register(ledger, MODEL("lee/a", OF(PARENT("kim/parent")), .weights = 1)));
    OK(jk_ledger_register(ledger, MODEL("lee/b", OF(PARENT("kim/parent")), .weights = 2, .artifact = 2)));
    OK(jk_ledger_register(ledger, MODEL("park/c", OF(PARENT("kim/parent")), .artifact = 3)));
    OK(jk_ledger_held(ledger, 2, 2, 50));
    DUPLICATE("lee/a", 0);
    COUNTS("lee/b", 0);
    OK(jk_ledger_held(ledger, 3, 0, 50));
    DUPLICATE("park/c", 0);
    assert_string_equal(first_before(ledger, "park/c", 0, NULL), "lee/b");
    OK(jk_ledger_list(ledger, "kim/parent", "red", true, JK_ANSWER_YES, JK_ANSWER_YES));
    DUPLICATE("lee/b", 0);
    assert_string_equal(first_before(ledger, "park/c", 0, NULL), "kim/parent");
}

/* ---- rulings on origin ---- */

/* What a maker has in an older release only: nobody claims it, until a ruling says whose it is. */
static void test_superseded(void **state)
{
    struct jk_ledger *ledger = *state;
    uint32_t thief = JK_NONE, maker;
    OK(jk_ledger_register(ledger, MODEL("lee/maker", OF(PARENT(BASE)), .weights = 1)));
    OK(jk_ledger_release(ledger, MODEL("lee/maker", OF(PARENT(BASE)), .version = "2", .weights = 2)));
    OK(jk_ledger_register(ledger, MODEL("kim/thief", OF(PARENT(BASE)), .weights = 1)));
    thief = slot(ledger, "kim/thief"), maker = slot(ledger, "lee/maker");
    COUNTS("kim/thief", 0);
    assert_true(jk_has_content_of(ledger->book, maker, thief, NOW));
    assert_false(jk_has_content_of(ledger->book, thief, maker, NOW));
    assert_int_equal(jk_contested_with(ledger->book, thief, NOW), JK_NONE);
    uint32_t ruled = next_entry(ledger), entry;
    OK(rule_origin_of(ledger, "lee/maker", "1"));
    COUNTS("lee/maker", 0);
    DUPLICATE("kim/thief", 0);
    assert_string_equal(first_before(ledger, "kim/thief", 0, &entry), "lee/maker");
    assert_int_equal(entry, ruled);
    assert_int_equal(jk_contested_with(ledger->book, thief, NOW), maker);
    OK(jk_ledger_yank(ledger, "lee/maker", "1", JK_KIND_YANK)); /* it gives it up */
    COUNTS("kim/thief", 0);
    assert_false(jk_has_content_of(ledger->book, maker, thief, NOW));
    OK(jk_ledger_release(ledger, MODEL("lee/maker", OF(PARENT(BASE)), .version = "3", .weights = 1)));
    OK(jk_ledger_release(ledger, MODEL("lee/maker", OF(PARENT(BASE)), .version = "4", .weights = 4)));
    DUPLICATE("kim/thief", 0); /* another release of it has it */
    OK(rule_origin_of(ledger, "kim/thief", "1"));
    COUNTS("kim/thief", 0);
    COUNTS("lee/maker", 0); /* what it has now is its own */
    OK(jk_ledger_yank(ledger, "lee/maker", "4", JK_KIND_YANK));
    DUPLICATE("lee/maker", 0);
}

/* What a manifest says that comes after the ruling nobody has judged: it takes no files of others, and leaves an earlier
 * ruling on those in force. What the log said by then the ruling speaks of, also once it is confirmed later. */
static void test_ruling_does_not_grow(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(add_files(ledger, "lee/maker", "1", 2));
    OK(hold_files(ledger, 2));
    OK(rule_origin(ledger, "lee/maker"));
    OK(add_files(ledger, "kim/thief", "1", 3));
    OK(jk_ledger_register(ledger, MODEL("park/straw", OF(PARENT(BASE)), .weights = 103)));
    OK(rule_origin(ledger, "kim/thief"));
    OK(hold_files(ledger, 3));
    COUNTS("lee/maker", 0);
    DUPLICATE("park/straw", 0); /* of its weights it does speak */
    assert_int_equal(jk_book_ruling_state(ledger->book, 0, NOW), JK_RULING_IN_FORCE);
    uint32_t files = jk_content_of(ledger->book, jk_book_newest(ledger->book, slot(ledger, "kim/thief"), NOW),
                                   JK_CONTENT_FILES, NOW);
    assert_int_equal(jk_first_claim(ledger->book, JK_CONTENT_FILES, files, NOW), slot(ledger, "lee/maker"));
    OK(rule_origin(ledger, "kim/thief")); /* by those who know what it says */
    DUPLICATE("lee/maker", 0);
    assert_int_equal(jk_book_ruling_state(ledger->book, 0, NOW), JK_RULING_REPLACED);
}

/* Those whom a ruling would make copies, and whom those who rule are told of. */
static void test_others_are_named(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_others others = {.count = 0};
    uint32_t looks = JK_OTHERS_LOOKS;
    OK(add_files(ledger, "lee/maker", "1", 2));
    OK(add_files(ledger, "kim/thief", "1", 3));
    OK(jk_ledger_register(ledger, MODEL("park/straw", OF(PARENT(BASE)), .weights = 103)));
    OK(jk_ledger_yank(ledger, "park/straw", "1", JK_KIND_YANK));
    OK(hold_files(ledger, 2));
    uint32_t release = jk_book_newest(ledger->book, slot(ledger, "kim/thief"), NOW), before = next_entry(ledger);
    OK(hold_files(ledger, 3));
    jk_others_add(&others, ledger->book, release, before, NOW, JK_NONE, &looks);
    assert_int_equal(others.count, 1);
    assert_int_equal(others.models[0], slot(ledger, "park/straw"));
    jk_others_add(&others, ledger->book, release, NOW, NOW, JK_NONE, &looks);
    assert_int_equal(others.count, 2);
    assert_int_equal(others.models[0], slot(ledger, "lee/maker"));
    char name[32];
    for (unsigned i = 0; i < JK_OTHERS_MAX - 2; i++) {
        snprintf(name, sizeof name, "park/x-%u", i);
        OK(jk_ledger_register(ledger, MODEL(name, OF(PARENT(BASE)), .weights = 103)));
    }
    jk_others_add(&others, ledger->book, release, NOW, NOW, JK_NONE, &looks);
    assert_int_equal(others.count, JK_OTHERS_MAX);
    assert_false(others.more);
    OK(jk_ledger_register(ledger, MODEL("park/last", OF(PARENT(BASE)), .weights = 103)));
    jk_others_add(&others, ledger->book, release, NOW, NOW, JK_NONE, &looks);
    assert_true(others.more);
    others = (struct jk_others){.count = 0};
    jk_others_add(&others, ledger->book, release, NOW, NOW, slot(ledger, "park/last"), &looks);
    assert_int_equal(others.count, JK_OTHERS_MAX);
    assert_false(others.more);
    others = (struct jk_others){.count = 0};
    looks = 3; /* what a list leaves for its last items: the thief's own release is one of them */
    jk_others_add(&others, ledger->book, release, NOW, NOW, JK_NONE, &looks);
    assert_int_equal(others.count, 2);
    assert_true(others.more && looks == 0);
}

/* Whoever a ruling names need not count for the others to be copies. */
static void test_ruled_and_excluded(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/thief", OF(PARENT(BASE)), .weights = 1)));
    OK(jk_ledger_register(ledger, MODEL("lee/maker", OF(PARENT(BASE)), .weights = 1)));
    verify(ledger, "kim");
    OK(rule_origin(ledger, "lee/maker"));
    DUPLICATE("kim/thief", UNVERIFIED);
    assert_int_equal(reasons_of(ledger, "lee/maker", UNVERIFIED), UNVERIFIED);
}

/* Rulings about a pair's contents: the last of those that speak of anything that a derivative has decides for it. */
static void test_rulings_of_several_contents(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE)), .weights = 1, .artifact = 1)));
    OK(jk_ledger_register(ledger, MODEL("lee/b", OF(PARENT(BASE)), .weights = 1, .artifact = 2)));
    OK(rule_origin(ledger, "kim/a"));
    OK(rule_origin(ledger, "lee/b"));
    COUNTS("lee/b", 0);
    DUPLICATE("kim/a", 0);
    OK(jk_ledger_register(ledger, MODEL("park/c", OF(PARENT(BASE)), .weights = 3, .artifact = 1)));
    DUPLICATE("park/c", 0); /* the artifact is still a's */
    OK(rule_origin(ledger, "kim/a"));
    COUNTS("kim/a", 0);
    DUPLICATE("lee/b", 0);
}

/* ---- long chains of one content ---- */

#define CHAIN 400

/* A chain of models, and as many children of its last one, all of verified publishers. */
static void make_chain(struct jk_ledger *ledger, void (*give)(struct jk_ledger_model *model, unsigned number))
{
    char name[32], parent[32] = BASE;
    verify(ledger, "kim");
    verify(ledger, "lee");
    for (unsigned i = 0; i < 2 * CHAIN; i++) {
        snprintf(name, sizeof name, i < CHAIN ? "kim/c-%u" : "lee/c-%u", i);
        struct jk_ledger_model model = {.model = name, .parents = {{.model = parent, .version = "1"}}};
        give(&model, i);
        OK(jk_ledger_register(ledger, &model));
        if (i < CHAIN) snprintf(parent, sizeof parent, "%s", name);
    }
}

static size_t contents_asked(const struct jk_equals *equals)
{
    const struct jk_question *questions = equals->questions;
    size_t contents = 0;
    for (uint32_t i = 0; i < equals->count; i++)
        contents += i == 0 || questions[i].kind != questions[i - 1].kind || questions[i].slot != questions[i - 1].slot;
    return contents;
}

/* How many steps are taken to tell for all whether they are copies: at most one over each link, and two at each release,
 * in a walk. Its rows are no wider than there are contents. */
static uint64_t steps_of(const struct jk_ledger *ledger, uint32_t *out_copies)
{
    struct jk_policy policy = policy_of(UNVERIFIED | JK_REASON_BIT(ADOPTED_PATH));
    struct jk_breath breath = {0};
    struct jk_copies copies;
    struct jk_error error = {0};
    assert_true(jk_copies_init(&copies, ledger->book, &policy, NOW));
    for (uint32_t model = 2; model < jk_book_models(ledger->book, NOW); model++) {
        const struct jk_spell *spell = jk_book_spell(ledger->book, model, NOW, NULL);
        assert_true(jk_copies_tell(&copies, spell->release, spell->flags & JK_FLAG_DECLARED_ANCESTOR_SAME));
    }
    assert_int_equal(jk_copies_settle(&copies, &breath, &error), JK_OK);
    *out_copies = copies.found_count; /* each has one content that others have */
    uint64_t steps = copies.equals.steps;
    size_t releases = ledger->book->releases.count + 64u, contents = contents_asked(&copies.equals);
    assert_true(copies.equals.cell_room <= 2 * releases * contents);
    jk_copies_done(&copies);
    return steps;
}

static void give_weights(struct jk_ledger_model *model, unsigned number)
{
    (void)number;
    model->weights = 1;
}

static void give_artifact(struct jk_ledger_model *model, unsigned number)
{
    (void)number;
    model->artifact = 1;
}

static void give_files(struct jk_ledger_model *model, unsigned number)
{
    model->artifact = 3000 + number;
}

static void check_chain(struct jk_ledger *ledger, uint32_t expected)
{
    uint32_t copies;
    uint64_t climbed = ledger->book->climbed;
    assert_in_range(climbed, 1, 4 * CHAIN);
    assert_in_range(steps_of(ledger, &copies), 1, 6 * CHAIN);
    assert_int_equal(copies, expected);
}

/* All but the first of the chain are copies; none is where the chain is of one who is not verified, or was not for a
 * time. */
static void test_chain_of_weights(void **state)
{
    make_chain(*state, give_weights);
    check_chain(*state, 2 * CHAIN - 1);
    OK(jk_ledger_verify(*state, "kim", JK_KIND_UNVERIFY));
    check_chain(*state, 0);
    verify(*state, "kim");
    check_chain(*state, 0);
}

static void test_chain_of_artifacts(void **state)
{
    make_chain(*state, give_artifact);
    check_chain(*state, 2 * CHAIN - 1);
}

/* The manifests come in the wrong order, so that each claims the files before all those above it. */
static void test_chain_of_files(void **state)
{
    struct jk_ledger *ledger = *state;
    uint32_t copies;
    make_chain(ledger, give_files);
    for (unsigned i = 2 * CHAIN; i-- > 0;)
        OK(jk_ledger_held(ledger, 3000 + i, 0, 50));
    assert_in_range(steps_of(ledger, &copies), 1, 6 * CHAIN);
    assert_int_equal(copies, 0);
}

/* ---- a dense family: whose ancestors are many, over many ways, and in which each content is in two hands ---- */

#define FAMILY 600u /* at the top, between and below, each */
#define WIDE   8u   /* parents of those between; of those below it is half */
#define NEAR   100u /* of so many before it they are picked */
#define LINKS  (FAMILY * (1 + WIDE + WIDE / 2))
#define STEPS  (LINKS + 2 * (3 * FAMILY + 1))

static uint32_t pick(uint32_t *state, uint32_t below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 16) % below;
}

/* Parents from among the NEAR before the one of this number, none twice. */
static void add_family_member(struct jk_ledger *ledger, uint32_t number, unsigned weights, uint32_t parents)
{
    static uint32_t state = 1;
    char name[32], names[WIDE][32];
    struct jk_ledger_model model = {.model = name, .weights = weights};
    snprintf(name, sizeof name, "kim/f-%u", number);
    uint32_t first = pick(&state, NEAR / WIDE);
    for (uint32_t i = 0; i < parents; i++) {
        snprintf(names[i], sizeof names[i], "kim/f-%u", number - 1 - first - i * (NEAR / WIDE));
        model.parents[i] = (struct jk_ledger_parent){.model = names[i], .version = "1"};
    }
    if (parents == 0) model.parents[0] = (struct jk_ledger_parent){.model = BASE, .version = "1"};
    OK(jk_ledger_register(ledger, &model));
}

static void make_family(struct jk_ledger *ledger)
{
    verify(ledger, "kim");
    for (uint32_t i = 0; i < FAMILY; i++)
        add_family_member(ledger, i, 1000 + i, 0);
    for (uint32_t i = 0; i < FAMILY; i++)
        add_family_member(ledger, FAMILY + i, 0, WIDE);
    for (uint32_t i = 0; i < FAMILY; i++)
        add_family_member(ledger, 2 * FAMILY + i, 1000 + i, WIDE / 2);
}

static uint32_t family_release(const struct jk_ledger *ledger, uint32_t number)
{
    char name[32];
    snprintf(name, sizeof name, "kim/f-%u", number);
    return jk_book_newest(ledger->book, slot(ledger, name), NOW);
}

static void test_dense_family(void **state)
{
    struct jk_ledger *ledger = *state;
    uint32_t copies, expected = 0;
    make_family(ledger);
    for (uint32_t i = 0; i < FAMILY; i++) {
        uint32_t top = jk_book_release(ledger->book, family_release(ledger, i))->model;
        expected += jk_book_descends(ledger->book, family_release(ledger, 2 * FAMILY + i), top, NOW);
    }
    assert_in_range(expected, 1, FAMILY - 1); /* some are, and some are not */
    uint32_t walks = (expected + JK_EQUALS_AT_ONCE - 1) / JK_EQUALS_AT_ONCE;
    assert_in_range(steps_of(ledger, &copies), LINKS / 2, walks * STEPS);
    assert_int_equal(copies, expected);
}

/* More contents than one walk answers: chains of two, of which the lower one is a copy. */
static void test_many_contents(void **state)
{
    struct jk_ledger *ledger = *state;
    const uint32_t pairs = 2 * JK_EQUALS_AT_ONCE + 1;
    char name[32], parent[32];
    uint32_t copies;
    verify(ledger, "kim");
    for (uint32_t i = 0; i < 2 * pairs; i++) {
        snprintf(name, sizeof name, "kim/p-%u", i);
        snprintf(parent, sizeof parent, "kim/p-%u", i - pairs);
        OK(jk_ledger_register(ledger, MODEL(name, .parents = {{.model = i < pairs ? BASE : parent, .version = "1"}},
                                            .weights = 1000 + i % pairs)));
    }
    const uint32_t walks = 3, releases = 2 * pairs + walks; /* the base is met in each */
    assert_in_range(steps_of(ledger, &copies), pairs, 2 * pairs + 2 * releases);
    assert_int_equal(copies, pairs);
}

/* Nothing is asked about what nobody else has: files are shared by two manifests, or by two releases with one. */
static void test_unshared_is_not_asked(void **state)
{
    struct jk_ledger *ledger = *state;
    const char *const names[] = {"kim/alone", "kim/packed", "lee/otherwise", "kim/named", "lee/too"};
    const unsigned artifacts[] = {1, 2, 3, 4, 4}, files[] = {0, 51, 52, 52, 53};
    struct jk_policy policy = policy_of(0);
    struct jk_equals equals;
    for (unsigned i = 0; i < 5; i++)
        OK(jk_ledger_register(ledger, MODEL(names[i], OF(PARENT(BASE)), .artifact = artifacts[i])));
    for (unsigned artifact = 1; artifact <= 4; artifact++)
        OK(jk_ledger_held(ledger, artifact, 0, files[artifact]));
    jk_equals_init(&equals, ledger->book, &policy, NOW);
    for (unsigned i = 0; i < 5; i++)
        assert_true(
            jk_equals_ask(&equals, jk_book_newest(ledger->book, slot(ledger, names[i]), NOW), JK_CONTENT_FILES, 0));
    assert_int_equal(equals.count, 4);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_not_equal(equals.questions[i].release, jk_book_newest(ledger->book, slot(ledger, "kim/alone"), NOW));
    jk_equals_done(&equals);
}

/* ---- stretches ---- */

struct patience {
    uint32_t taken, left;
};

static enum jk_status lose_patience(void *context, struct jk_error *error)
{
    struct patience *patience = context;
    patience->taken++;
    if (patience->left-- > 0) return JK_OK;
    return jk_fail(error, JK_DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", "enough");
}

static enum jk_status make_patiently(const struct jk_ledger *ledger, struct patience *patience)
{
    struct jk_policy policy = policy_of(0);
    struct jk_standing_query query = {
        .policy = &policy, .n = jk_book_size(ledger->book), .breath = {lose_patience, patience}};
    struct jk_standing *standing;
    struct jk_error error;
    jk_error_init(&error, NULL);
    enum jk_status status = jk_standing_make(ledger->book, &query, &standing, &error);
    if (status == JK_OK) jk_standing_free(standing);
    return status;
}

#define TOPS 8u

/* A breath every JK_BREATH_LINKS steps, however short each way up is, and at the end of each walk; and every
 * JK_BREATH_MODELS models in each pass over them. Whichever of them says so is the last. */
static void test_stretches(void **state)
{
    struct jk_ledger *ledger = *state;
    char name[32], tops[TOPS][32];
    struct jk_ledger_model child = {.model = name, .weights = 1};
    for (uint32_t i = 0; i < TOPS; i++) {
        snprintf(tops[i], sizeof tops[i], "kim/top-%u", i);
        OK(jk_ledger_register(ledger, MODEL(tops[i], OF(PARENT(BASE)), .weights = i == 0 ? 1 : 0)));
        child.parents[i] = (struct jk_ledger_parent){.model = tops[i], .version = "1"};
    }
    for (uint32_t i = 0; i < 2 * JK_BREATH_MODELS; i++) {
        snprintf(name, sizeof name, "kim/s-%u", i);
        OK(jk_ledger_register(ledger, &child));
    }
    const uint32_t verdicts = 2, links = 1, answers = 2, walks = 1, copies = 2, contest = 2 * 2, rest = 2;
    const uint32_t breaths = verdicts + links + answers + walks + copies + contest + rest;
    struct patience patience = {0, 100};
    assert_int_equal(make_patiently(ledger, &patience), JK_OK);
    assert_int_equal(patience.taken, breaths);
    for (uint32_t left = 0; left < breaths; left++) {
        patience = (struct patience){0, left};
        assert_int_equal(make_patiently(ledger, &patience), JK_DEADLINE_EXCEEDED);
        assert_int_equal(patience.taken, left + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_poisoned_parent),
                                       TEST(test_copy_of_a_base),
                                       TEST(test_one_ancestor_is_enough),
                                       TEST(test_late_ancestor),
                                       TEST(test_child_was_first),
                                       TEST(test_ancestor_that_could_not_count),
                                       TEST(test_one_kind_of_an_ancestor),
                                       TEST(test_superseded),
                                       TEST(test_ruled_and_excluded),
                                       TEST(test_rulings_of_several_contents),
                                       TEST(test_ruling_does_not_grow),
                                       TEST(test_others_are_named),
                                       TEST(test_chain_of_weights),
                                       TEST(test_chain_of_artifacts),
                                       TEST(test_chain_of_files),
                                       TEST(test_dense_family),
                                       TEST(test_many_contents),
                                       TEST(test_unshared_is_not_asked),
                                       TEST(test_stretches)};
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
