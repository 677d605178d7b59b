/* Sets of weight files that hubs list, under rule set 2: whose they are, since when, for how long, and that they make
 * duplicates of models and of ancestors as manifests do. */
#include "support/judged_world.h"

static void import(struct jk_ledger *ledger, const char *model, unsigned files)
{
    OK(jk_ledger_register(ledger, MODEL(model, OF(PARENT(BASE)))));
    OK(jk_ledger_observe(ledger, model, JK_OBSERVED_PRESENT, files));
}

static bool is_duplicate(const struct jk_ledger *ledger, const char *model)
{
    return reasons_of(ledger, model, 0) & JK_REASON_BIT(DUPLICATE);
}

static uint32_t since(const struct jk_ledger *ledger, const char *name)
{
    uint32_t model = slot(ledger, name), release = jk_book_deciding(ledger->book, model, NOW);
    uint32_t files = jk_content_of(ledger->book, release, JK_CONTENT_FILES, NOW);
    return files == JK_NONE ? JK_NONE : jk_content_since(ledger->book, model, JK_CONTENT_FILES, files, NOW);
}

/* The one that was seen first goes first, whichever was registered first. */
static void test_two_listings(void **state)
{
    struct jk_ledger *ledger = *state;
    uint32_t entry;
    OK(jk_ledger_register(ledger, MODEL("kim/late", OF(PARENT(BASE)))));
    import(ledger, "Lee/first", 5);
    uint32_t seen = jk_book_size(ledger->book) - 1;
    assert_false(is_duplicate(ledger, "kim/late"));
    OK(jk_ledger_observe(ledger, "kim/late", JK_OBSERVED_PRESENT, 5));
    import(ledger, "park/other", 6);
    assert_true(is_duplicate(ledger, "kim/late"));
    assert_false(is_duplicate(ledger, "Lee/first"));
    assert_false(is_duplicate(ledger, "park/other"));
    assert_string_equal(first_before(ledger, "kim/late", 0, &entry), "Lee/first");
    assert_int_equal(entry, seen);
    assert_int_equal(jk_contested_with(ledger->book, slot(ledger, "kim/late"), NOW), slot(ledger, "Lee/first"));
    assert_int_equal(jk_contested_with(ledger->book, slot(ledger, "Lee/first"), NOW), JK_NONE);
}

/* As long as the hub lists it. */
static void test_for_how_long(void **state)
{
    struct jk_ledger *ledger = *state;
    import(ledger, "Lee/first", 5);
    import(ledger, "kim/late", 5);
    uint32_t seen = since(ledger, "kim/late");
    OK(jk_ledger_observe(ledger, "kim/late", JK_OBSERVED_PRESENT, 5)); /* its card was changed */
    assert_int_equal(since(ledger, "kim/late"), seen);
    OK(jk_ledger_observe(ledger, "Lee/first", JK_OBSERVED_ABSENT, 0));
    assert_false(is_duplicate(ledger, "kim/late"));
    assert_int_equal(since(ledger, "Lee/first"), JK_NONE);
    OK(jk_ledger_observe(ledger, "Lee/first", JK_OBSERVED_PRESENT, 5)); /* back, and the later one now */
    assert_true(is_duplicate(ledger, "Lee/first"));
    assert_false(is_duplicate(ledger, "kim/late"));
    OK(jk_ledger_observe(ledger, "Lee/first", JK_OBSERVED_PRESENT, 6));
    assert_false(is_duplicate(ledger, "Lee/first"));
}

/* A new release of the same files breaks no claim; a release that takes another's place has what the hub lists. */
static void test_releases(void **state)
{
    struct jk_ledger *ledger = *state;
    import(ledger, "kim/a", 5);
    uint32_t seen = since(ledger, "kim/a"), model = slot(ledger, "kim/a");
    uint32_t old = jk_book_deciding(ledger->book, model, NOW);
    OK(jk_ledger_release(ledger, MODEL("kim/a", OF(PARENT(BASE)), .version = "2", .license = "CC-BY-NC-4.0")));
    assert_int_equal(since(ledger, "kim/a"), seen);
    assert_int_equal(jk_content_of(ledger->book, old, JK_CONTENT_FILES, NOW), JK_NONE);
    assert_int_not_equal(jk_content_of(ledger->book, old, JK_CONTENT_FILES, seen + 1), JK_NONE);
    OK(jk_ledger_release(ledger, MODEL("kim/a", OF(PARENT(BASE)), .version = "3", .artifact = 9)));
    assert_int_equal(since(ledger, "kim/a"), seen);
    OK(jk_ledger_held(ledger, 9, 0, 5)); /* the manifest says the same */
    assert_int_equal(since(ledger, "kim/a"), seen);
    OK(jk_ledger_observe(ledger, "kim/a", JK_OBSERVED_PRESENT, 6)); /* and goes before what the hub lists */
    import(ledger, "Lee/b", 5);
    assert_true(is_duplicate(ledger, "Lee/b"));
    assert_int_equal(since(ledger, "kim/a"), seen);
}

/* A manifest and a listing are compared; a listing is never held. */
static void test_manifest_and_listing(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/held", OF(PARENT(BASE)), .artifact = 9)));
    import(ledger, "Lee/listed", 5);
    OK(jk_ledger_held(ledger, 9, 0, 5));
    assert_true(is_duplicate(ledger, "kim/held"));
    assert_int_equal(reasons_of(ledger, "Lee/listed", JK_REASON_BIT(NO_ARTIFACT)), JK_REASON_BIT(NO_ARTIFACT));
    assert_int_equal(reasons_of(ledger, "kim/held", JK_REASON_BIT(NO_ARTIFACT)), 0); /* the other one does not stand */
}

/* What is uploaded again under another name is a copy of the base model, or of a derivative above it. */
static void test_ancestors(void **state)
{
    struct jk_ledger *ledger = *state;
    import(ledger, "kim/again", 5);
    assert_false(is_duplicate(ledger, "kim/again"));
    OK(jk_ledger_observe(ledger, BASE, JK_OBSERVED_PRESENT, 5));
    assert_true(is_duplicate(ledger, "kim/again")); /* a base model's, whenever it was seen */
    import(ledger, "Lee/parent", 6);
    OK(jk_ledger_register(ledger, MODEL("park/child", OF(PARENT("Lee/parent")))));
    OK(jk_ledger_observe(ledger, "park/child", JK_OBSERVED_PRESENT, 6));
    assert_true(is_duplicate(ledger, "park/child"));
    assert_false(is_duplicate(ledger, "Lee/parent"));
    assert_string_equal(first_before(ledger, "park/child", 0, NULL), "Lee/parent");
    OK(jk_ledger_observe(ledger, BASE, JK_OBSERVED_PRESENT, 7));
    assert_false(is_duplicate(ledger, "kim/again"));
}

/* Of two manifests of a base model's set, one is its own: the other one is found all the same. */
static void test_own_manifest_first(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_release(ledger, MODEL(OTHER, .version = "2", .artifact = 8)));
    OK(jk_ledger_held(ledger, 8, 0, 5));
    OK(jk_ledger_release(ledger, MODEL(OTHER, .version = "3")));
    OK(jk_ledger_register(ledger, MODEL("kim/copy", .artifact = 9, .parents = {{.model = OTHER, .version = "3"}})));
    OK(jk_ledger_held(ledger, 9, 0, 5));
    OK(jk_ledger_observe(ledger, OTHER, JK_OBSERVED_PRESENT, 5));
    assert_true(is_duplicate(ledger, "kim/copy"));
}

/* The owner of the place where the files lie goes first, though it came later; not one whose files lie elsewhere. */
static void test_at_home(void **state)
{
    struct jk_ledger *ledger = *state;
    uint32_t entry;
    OK(jk_ledger_register(ledger, MODEL("kim/thief", OF(PARENT(BASE)), .artifact = 9)));
    OK(jk_ledger_held(ledger, 9, 0, 5));
    import(ledger, "Lee/owner", 5); /* at of-Lee/owner */
    import(ledger, "park/last", 5);
    assert_false(is_duplicate(ledger, "kim/thief"));
    OK(jk_ledger_namespace(ledger, "kim", "huggingface.co/of-kim", JK_KIND_NAMESPACE));
    assert_false(is_duplicate(ledger, "kim/thief")); /* nobody saw anything there */
    uint32_t held = next_entry(ledger);
    OK(jk_ledger_namespace(ledger, "Lee", "huggingface.co/of-lee", JK_KIND_NAMESPACE));
    assert_true(is_duplicate(ledger, "kim/thief"));
    assert_true(is_duplicate(ledger, "park/last"));
    assert_false(is_duplicate(ledger, "Lee/owner"));
    assert_string_equal(first_before(ledger, "kim/thief", 0, &entry), "Lee/owner");
    assert_int_equal(entry, held);
    OK(jk_ledger_namespace(ledger, "park", "huggingface.co/of-park", JK_KIND_NAMESPACE));
    assert_true(is_duplicate(ledger, "park/last")); /* of two at home the earlier one */
    OK(jk_ledger_observe(ledger, "Lee/owner", JK_OBSERVED_PRESENT, 6));
    assert_true(is_duplicate(ledger, "kim/thief"));
    assert_false(is_duplicate(ledger, "park/last"));
    OK(jk_ledger_namespace(ledger, "park", "huggingface.co/of-park", JK_KIND_NAMESPACE_END));
    assert_false(is_duplicate(ledger, "kim/thief"));
    assert_true(is_duplicate(ledger, "park/last"));
}

/* A ruling on origin says otherwise. */
static void test_ruled_at_home(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/maker", OF(PARENT(BASE)), .artifact = 9)));
    OK(jk_ledger_held(ledger, 9, 0, 5));
    import(ledger, "Lee/reuploader", 5);
    OK(jk_ledger_namespace(ledger, "Lee", "huggingface.co/of-lee", JK_KIND_NAMESPACE));
    assert_true(is_duplicate(ledger, "kim/maker"));
    struct jk_entry entry = {.kind = JK_KIND_ORIGIN,
                             .actor.type = JK_ACTOR_EVALUATOR,
                             .model = JK_SPAN("kim/maker"),
                             .evidence = JK_SPAN("training logs were shown"),
                             .needs_second = JK_ANSWER_NO};
    uint32_t release = jk_book_deciding(ledger->book, slot(ledger, "kim/maker"), NOW);
    entry.release = jk_book_release(ledger->book, release)->hash;
    OK(jk_ledger_add(ledger, &entry));
    assert_false(is_duplicate(ledger, "kim/maker"));
    assert_true(is_duplicate(ledger, "Lee/reuploader"));
}

/* All who have it are found, whichever way. */
static void test_walk(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/held", OF(PARENT(BASE)), .artifact = 9)));
    OK(jk_ledger_held(ledger, 9, 0, 5));
    import(ledger, "Lee/listed", 5);
    OK(jk_ledger_observe(ledger, "Lee/listed", JK_OBSERVED_PRESENT, 5));
    import(ledger, "park/gone", 5);
    OK(jk_ledger_observe(ledger, "park/gone", JK_OBSERVED_ABSENT, 0));
    uint32_t held = jk_book_deciding(ledger->book, slot(ledger, "kim/held"), NOW), found[4], count = 0;
    struct jk_content_walk walk =
        jk_content_walk_begin(ledger->book, JK_CONTENT_FILES, jk_content_of(ledger->book, held, JK_CONTENT_FILES, NOW));
    for (uint32_t release; (release = jk_content_walk_next(ledger->book, &walk, NOW)) != JK_NONE;) {
        assert_true(count < 4);
        found[count++] = jk_book_release(ledger->book, release)->model;
    }
    assert_int_equal(count, 2);
    assert_int_equal(found[0], slot(ledger, "kim/held"));
    assert_int_equal(found[1], slot(ledger, "Lee/listed"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_two_listings), TEST(test_for_how_long),       TEST(test_releases), TEST(test_manifest_and_listing),
        TEST(test_ancestors),    TEST(test_own_manifest_first), TEST(test_at_home),  TEST(test_ruled_at_home),
        TEST(test_walk)};
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
