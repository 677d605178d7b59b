/* Who goes first among derivatives with the same content, under rule set 2: exact cases, each a little story; and what
 * an explanation names. */
#include "book/contest.h"
#include "support/judged_world.h"

/* ---- since when ---- */

static uint32_t since(const struct jk_ledger *ledger, const char *name, enum jk_content kind)
{
    uint32_t model = slot(ledger, name), release = jk_book_deciding(ledger->book, model, NOW);
    if (release == JK_NONE) release = jk_book_newest(ledger->book, model, NOW);
    return jk_content_since(ledger->book, model, kind, jk_content_of(ledger->book, release, kind, NOW), NOW);
}

static void test_since(void **state)
{
    struct jk_ledger *ledger = *state;
    uint32_t registered = next_entry(ledger);
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE)), .weights = 1, .artifact = 1)));
    assert_int_equal(since(ledger, "kim/a", JK_CONTENT_WEIGHTS), registered);
    uint32_t second = next_entry(ledger);
    OK(jk_ledger_release(ledger, MODEL("kim/a", OF(PARENT(BASE)), .version = "2", .weights = 1, .artifact = 2)));
    assert_int_equal(since(ledger, "kim/a", JK_CONTENT_WEIGHTS), registered); /* without a break */
    assert_int_equal(since(ledger, "kim/a", JK_CONTENT_ARTIFACT), second);
    uint32_t third = next_entry(ledger);
    OK(jk_ledger_yank(ledger, "kim/a", "2", JK_KIND_YANK));
    assert_int_equal(since(ledger, "kim/a", JK_CONTENT_WEIGHTS), registered);
    assert_int_equal(since(ledger, "kim/a", JK_CONTENT_ARTIFACT), third); /* the older one decides again */
    uint32_t gone = next_entry(ledger);
    OK(jk_ledger_yank(ledger, "kim/a", "1", JK_KIND_YANK));
    assert_int_equal(since(ledger, "kim/a", JK_CONTENT_WEIGHTS), gone);
    uint32_t back = next_entry(ledger);
    OK(jk_ledger_yank(ledger, "kim/a", "2", JK_KIND_UNYANK));
    assert_int_equal(since(ledger, "kim/a", JK_CONTENT_WEIGHTS), back);
    OK(jk_ledger_yank(ledger, "kim/a", "1", JK_KIND_UNYANK)); /* the newer one goes on deciding */
    assert_int_equal(since(ledger, "kim/a", JK_CONTENT_ARTIFACT), back);
    uint32_t model = slot(ledger, "kim/a"), first = jk_book_model(ledger->book, model)->first_release;
    uint32_t weights = jk_content_of(ledger->book, first, JK_CONTENT_WEIGHTS, NOW);
    assert_int_equal(jk_content_since(ledger->book, model, JK_CONTENT_WEIGHTS, weights, gone),
                     registered); /* as of then */
    assert_int_equal(jk_content_since(ledger->book, model, JK_CONTENT_WEIGHTS, weights, gone + 1), gone);
}

/* What was taken back lies above every size; a journal that is undone leaves the claim as it was. */
static void test_since_undone(void **state)
{
    struct jk_ledger *ledger = *state;
    uint32_t registered = next_entry(ledger);
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE)), .weights = 1)));
    struct jk_book_mark mark = jk_book_mark(ledger->book);
    OK(jk_ledger_yank(ledger, "kim/a", "1", JK_KIND_YANK));
    OK(jk_ledger_yank(ledger, "kim/a", "1", JK_KIND_UNYANK));
    assert_int_equal(since(ledger, "kim/a", JK_CONTENT_WEIGHTS), registered + 2);
    jk_book_undo(ledger->book, mark);
    jk_book_keep(ledger->book);
    assert_int_equal(since(ledger, "kim/a", JK_CONTENT_WEIGHTS), registered);
}

/* A thief registers, hides by a yank, and comes back: it is the later one. */
static void test_hidden_claim(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/thief", OF(PARENT(BASE)), .weights = 1)));
    OK(jk_ledger_yank(ledger, "kim/thief", "1", JK_KIND_YANK));
    uint32_t made = next_entry(ledger);
    OK(jk_ledger_register(ledger, MODEL("lee/maker", OF(PARENT(BASE)), .weights = 1)));
    OK(jk_ledger_yank(ledger, "kim/thief", "1", JK_KIND_UNYANK));
    COUNTS("lee/maker", 0);
    DUPLICATE("kim/thief", 0);
    uint32_t entry;
    assert_string_equal(first_before(ledger, "kim/thief", 0, &entry), "lee/maker");
    assert_int_equal(entry, made);
    assert_int_equal(jk_contested_with(ledger->book, slot(ledger, "kim/thief"), NOW), slot(ledger, "lee/maker"));
    assert_int_equal(jk_contested_with(ledger->book, slot(ledger, "lee/maker"), NOW), JK_NONE);
}

/* The same behind an innocent newer release, which is yanked in the end. */
static void test_covered_claim(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/thief", OF(PARENT(BASE)), .weights = 1)));
    OK(jk_ledger_release(ledger, MODEL("kim/thief", OF(PARENT(BASE)), .version = "2", .weights = 7)));
    OK(jk_ledger_register(ledger, MODEL("lee/maker", OF(PARENT(BASE)), .weights = 1)));
    COUNTS("kim/thief", 0);
    OK(jk_ledger_yank(ledger, "kim/thief", "2", JK_KIND_YANK));
    COUNTS("lee/maker", 0);
    DUPLICATE("kim/thief", 0);
    assert_int_equal(jk_contested_with(ledger->book, slot(ledger, "kim/thief"), NOW), slot(ledger, "lee/maker"));
}

/* The findings look along chains of releases: by weights, by artifact, by set of weight files under two manifests. */
static void test_first_claim(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE)), .weights = 1, .artifact = 1)));
    OK(jk_ledger_register(ledger, MODEL("lee/b", OF(PARENT(BASE)), .weights = 1, .artifact = 1)));
    OK(jk_ledger_register(ledger, MODEL("park/c", OF(PARENT(BASE)), .weights = 1, .artifact = 2)));
    OK(jk_ledger_held(ledger, 1, 1, 50));
    OK(jk_ledger_held(ledger, 2, 1, 50));
    uint32_t release = jk_book_newest(ledger->book, slot(ledger, "kim/a"), NOW);
    for (int kind = 0; kind < JK_CONTENT_KINDS; kind++) {
        uint32_t content = jk_content_of(ledger->book, release, (enum jk_content)kind, NOW);
        assert_int_equal(jk_first_claim(ledger->book, (enum jk_content)kind, content, NOW), slot(ledger, "kim/a"));
    }
    OK(jk_ledger_yank(ledger, "kim/a", "1", JK_KIND_YANK));
    OK(jk_ledger_yank(ledger, "kim/a", "1", JK_KIND_UNYANK));
    for (int kind = 0; kind < JK_CONTENT_KINDS; kind++) {
        uint32_t content = jk_content_of(ledger->book, release, (enum jk_content)kind, NOW);
        assert_int_equal(jk_first_claim(ledger->book, (enum jk_content)kind, content, NOW), slot(ledger, "lee/b"));
    }
    OK(jk_ledger_yank(ledger, "lee/b", "1", JK_KIND_YANK));
    uint32_t files = jk_content_of(ledger->book, release, JK_CONTENT_FILES, NOW);
    assert_int_equal(jk_first_claim(ledger->book, JK_CONTENT_FILES, files, NOW), slot(ledger, "park/c"));
    uint32_t artifact = jk_content_of(ledger->book, release, JK_CONTENT_ARTIFACT, NOW);
    assert_int_equal(jk_first_claim(ledger->book, JK_CONTENT_ARTIFACT, artifact, NOW), slot(ledger, "kim/a"));
}

/* The finding names whom it loses to where verification is asked for, rather than a straw that came before both. */
static void test_contested_with_whom(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/straw", OF(PARENT(BASE)), .weights = 1)));
    OK(jk_ledger_register(ledger, MODEL("park/thief", OF(PARENT(BASE)), .weights = 1)));
    OK(jk_ledger_register(ledger, MODEL("lee/maker", OF(PARENT(BASE)), .weights = 1)));
    uint32_t maker = slot(ledger, "lee/maker");
    assert_int_equal(jk_contested_with(ledger->book, maker, NOW), slot(ledger, "kim/straw"));
    verify(ledger, "lee");
    assert_int_equal(jk_contested_with(ledger->book, maker, NOW), slot(ledger, "kim/straw"));
    verify(ledger, "park");
    assert_int_equal(jk_contested_with(ledger->book, maker, NOW), slot(ledger, "park/thief"));
    verify(ledger, "kim");
    assert_int_equal(jk_contested_with(ledger->book, maker, NOW), slot(ledger, "kim/straw"));
}

/* An earlier claim is contested on behalf of a model that is there, and in verified hands. */
static void test_contested_while_it_lasts(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/maker", OF(PARENT(BASE)), .weights = 1)));
    OK(jk_ledger_register(ledger, MODEL("lee/later", OF(PARENT(BASE)), .weights = 1)));
    verify(ledger, "lee");
    uint32_t maker = slot(ledger, "kim/maker"), later = slot(ledger, "lee/later");
    struct jk_entry dispute = {.kind = JK_KIND_DISPUTE_ORIGIN,
                               .actor = {.type = JK_ACTOR_PUBLISHER, .name = JK_SPAN("lee")},
                               .about = JK_ABOUT_ORIGIN,
                               .model = JK_SPAN("lee/later"),
                               .against = JK_SPAN("kim/maker"),
                               .target = JK_TARGET_NONE};
    OK(jk_ledger_add(ledger, &dispute));
    assert_int_equal(jk_contested_with(ledger->book, maker, NOW), later);
    OK(jk_ledger_yank(ledger, "lee/later", "1", JK_KIND_YANK));
    assert_int_equal(jk_contested_with(ledger->book, maker, NOW), JK_NONE);
    OK(jk_ledger_yank(ledger, "lee/later", "1", JK_KIND_UNYANK));
    assert_int_equal(jk_contested_with(ledger->book, maker, NOW), later);
    OK(jk_ledger_move(ledger, "lee/later", "park/later", JK_KIND_TRANSFER));
    assert_int_equal(jk_contested_with(ledger->book, maker, NOW), JK_NONE);
    verify(ledger, "park");
    assert_int_equal(jk_contested_with(ledger->book, maker, NOW), later);
    OK(jk_ledger_verify(ledger, "lee", JK_KIND_UNVERIFY)); /* who disputed it */
    assert_int_equal(jk_contested_with(ledger->book, maker, NOW), JK_NONE);
}

/* ---- sets of weight files, which are claimed from the entry on that says them ---- */

/* A thief's manifest comes once the maker's is there. */
static void test_late_manifest(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(add_files(ledger, "kim/thief", "1", 1));
    OK(add_files(ledger, "lee/maker", "1", 2));
    uint32_t said = next_entry(ledger);
    OK(hold_files(ledger, 2));
    COUNTS("kim/thief", 0);
    OK(hold_files(ledger, 1));
    COUNTS("lee/maker", 0);
    DUPLICATE("kim/thief", 0);
    uint32_t entry;
    assert_string_equal(first_before(ledger, "kim/thief", 0, &entry), "lee/maker");
    assert_int_equal(entry, said);
    assert_int_equal(jk_contested_with(ledger->book, slot(ledger, "kim/thief"), NOW), slot(ledger, "lee/maker"));
    assert_int_equal(jk_contested_with(ledger->book, slot(ledger, "lee/maker"), NOW), JK_NONE);
}

/* It stays said, whether or not the bytes are still there. */
static void test_withdrawn_manifest(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(add_files(ledger, "lee/maker", "1", 2));
    uint32_t said = next_entry(ledger);
    OK(hold_files(ledger, 2));
    OK(jk_ledger_withdrawn(ledger, 2));
    OK(add_files(ledger, "kim/thief", "1", 1));
    OK(hold_files(ledger, 1));
    OK(hold_files(ledger, 2));
    assert_int_equal(since(ledger, "lee/maker", JK_CONTENT_FILES), said);
    DUPLICATE("kim/thief", 0);
}

/* Behind a release whose manifest is not there yet nothing can be seen: that is a break, unless both come together. */
static void test_covered_by_a_late_manifest(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(add_files(ledger, "lee/maker", "1", 2));
    uint32_t said = next_entry(ledger);
    OK(hold_files(ledger, 2));
    add_at_once(ledger, "lee/maker", "2", 3);
    assert_int_equal(since(ledger, "lee/maker", JK_CONTENT_FILES), said);
    OK(add_files(ledger, "lee/maker", "3", 4));
    uint32_t again = next_entry(ledger);
    OK(hold_files(ledger, 4));
    assert_int_equal(since(ledger, "lee/maker", JK_CONTENT_FILES), again);
    OK(add_files(ledger, "lee/maker", "4", 2)); /* what was said before is known from the release on */
    assert_int_equal(since(ledger, "lee/maker", JK_CONTENT_FILES), again);
    OK(add_files(ledger, "lee/maker", "5", 5));
    OK(add_files(ledger, "lee/maker", "6", 2));
    OK(hold_files(ledger, 5)); /* too late for the time in which that release decided */
    assert_int_equal(since(ledger, "lee/maker", JK_CONTENT_FILES), again + 3);
}

/* One `held` entry said the files of both: whose release came to decide first is the older, not who registered first.
 */
static void test_one_manifest_of_two(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(add_files(ledger, "kim/other", "1", 9));
    OK(add_files(ledger, "lee/maker", "1", 2));
    OK(add_files(ledger, "kim/other", "2", 2));
    OK(hold_files(ledger, 2));
    add_at_once(ledger, "kim/other", "3", 3); /* now the files are all that they share */
    COUNTS("lee/maker", 0);
    DUPLICATE("kim/other", 0);
}

/* ---- a duplicate goes first for nothing ---- */

/* A thief joins the weights that a maker has with the artifact of the maker's next release. */
static void test_crossed_claims(void **state)
{
    struct jk_ledger *ledger = *state;
    uint32_t made = next_entry(ledger);
    OK(jk_ledger_register(ledger, MODEL("kim/maker", OF(PARENT(BASE)), .weights = 1, .artifact = 1)));
    OK(jk_ledger_register(ledger, MODEL("lee/thief", OF(PARENT(BASE)), .weights = 1, .artifact = 2)));
    OK(jk_ledger_release(ledger, MODEL("kim/maker", OF(PARENT(BASE)), .version = "2", .weights = 1, .artifact = 2)));
    COUNTS("kim/maker", 0);
    DUPLICATE("lee/thief", 0);
    uint32_t entry;
    assert_string_equal(first_before(ledger, "lee/thief", 0, &entry), "kim/maker");
    assert_int_equal(entry, made);
}

/* Each with something of the next one's: two that are compared by something else leave each other alone. */
static void test_chain_of_claims(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE)), .weights = 1)));
    OK(jk_ledger_register(ledger, MODEL("kim/b", OF(PARENT(BASE)), .weights = 1, .artifact = 2)));
    uint32_t third = next_entry(ledger);
    OK(jk_ledger_register(ledger, MODEL("kim/c", OF(PARENT(BASE)), .weights = 3, .artifact = 2)));
    OK(jk_ledger_register(ledger, MODEL("kim/d", OF(PARENT(BASE)), .weights = 3, .artifact = 4)));
    OK(jk_ledger_register(ledger, MODEL("kim/e", OF(PARENT(BASE)), .weights = 5, .artifact = 4)));
    COUNTS("kim/a", 0);
    DUPLICATE("kim/b", 0);
    COUNTS("kim/c", 0);
    DUPLICATE("kim/d", 0);
    COUNTS("kim/e", 0);
    uint32_t entry;
    assert_string_equal(first_before(ledger, "kim/b", 0, NULL), "kim/a");
    assert_string_equal(first_before(ledger, "kim/d", 0, &entry), "kim/c");
    assert_int_equal(entry, third);
    OK(jk_ledger_yank(ledger, "kim/c", "1", JK_KIND_YANK)); /* nobody who stands has d's weights any more */
    COUNTS("kim/d", 0);
    DUPLICATE("kim/e", 0);
    assert_string_equal(first_before(ledger, "kim/e", 0, NULL), "kim/d");
}

/* A thief's manifest joins the weights of one with the files of another. */
static void test_joined_claims(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/thief", OF(PARENT(BASE)), .weights = 1, .artifact = 3)));
    OK(jk_ledger_held(ledger, 3, 1, 50));
    OK(jk_ledger_register(ledger, MODEL("lee/a", OF(PARENT(BASE)), .weights = 1, .artifact = 1)));
    OK(jk_ledger_register(ledger, MODEL("lee/b", OF(PARENT(BASE)), .artifact = 2)));
    OK(jk_ledger_held(ledger, 1, 1, 40));
    OK(jk_ledger_held(ledger, 2, 0, 50));
    COUNTS("kim/thief", 0);
    DUPLICATE("lee/a", 0);
    COUNTS("lee/b", 0);
    OK(jk_ledger_register(ledger, MODEL("park/c", OF(PARENT(BASE)), .artifact = 4)));
    OK(jk_ledger_held(ledger, 4, 0, 50)); /* a copy of b all the same */
    DUPLICATE("park/c", 0);
    assert_string_equal(first_before(ledger, "park/c", 0, NULL), "lee/b");
}

/* Nor does it take the one as its child, and the other beside it. */
static void test_joined_claims_of_a_parent(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/thief", OF(PARENT(BASE)), .weights = 1, .artifact = 3)));
    OK(jk_ledger_held(ledger, 3, 1, 50));
    OK(jk_ledger_register(ledger, MODEL("lee/a", OF(PARENT("kim/thief")), .weights = 1)));
    OK(jk_ledger_register(ledger, MODEL("lee/b", OF(PARENT(BASE)), .artifact = 2)));
    OK(jk_ledger_held(ledger, 2, 0, 50));
    DUPLICATE("lee/a", 0);
    COUNTS("lee/b", 0);
}

/* Where the first takes no part, a verified publisher's follows before an earlier one that is none. */
static void test_first_takes_no_part(void **state)
{
    struct jk_ledger *ledger = *state;
    verify(ledger, "park");
    OK(jk_ledger_register(ledger, MODEL("kim/copy", OF(PARENT(BASE)), .weights = 900, .artifact = 2)));
    OK(jk_ledger_register(ledger, MODEL("lee/c", OF(PARENT(BASE)), .artifact = 2)));
    OK(jk_ledger_register(ledger, MODEL("park/d", OF(PARENT(BASE)), .artifact = 2)));
    DUPLICATE("kim/copy", 0);
    DUPLICATE("lee/c", 0);
    COUNTS("park/d", 0);
    assert_string_equal(first_before(ledger, "lee/c", 0, NULL), "park/d");
    COUNTS("park/d", UNVERIFIED);
}

/* ---- a claim that could not count until now takes nothing from one that did ---- */

#define HELD JK_REASON_BIT(NO_ARTIFACT)

/* What was there first, but woke later, comes after `lee/maker`, which has counted since that entry. */
static void comes_after(const struct jk_ledger *ledger, const char *thief, uint32_t since, jk_reasons more)
{
    uint32_t entry;
    COUNTS("lee/maker", more);
    DUPLICATE(thief, more);
    assert_string_equal(first_before(ledger, thief, more, &entry), "lee/maker");
    assert_int_equal(entry, since);
}

static void test_woken_by_a_verification(void **state)
{
    struct jk_ledger *ledger = *state;
    verify(ledger, "lee");
    OK(jk_ledger_register(ledger, MODEL("kim/thief", OF(PARENT(BASE)), .weights = 1)));
    uint32_t made = next_entry(ledger);
    OK(jk_ledger_register(ledger, MODEL("lee/maker", OF(PARENT(BASE)), .weights = 1)));
    COUNTS("lee/maker", UNVERIFIED);
    DUPLICATE("lee/maker", 0); /* where nobody has to be verified */
    verify(ledger, "kim");
    comes_after(ledger, "kim/thief", made, UNVERIFIED);
    OK(jk_ledger_verify(ledger, "lee", JK_KIND_UNVERIFY));
    COUNTS("kim/thief", UNVERIFIED);
    verify(ledger, "lee"); /* who was not verified for a time begins anew */
    COUNTS("kim/thief", UNVERIFIED);
    DUPLICATE("lee/maker", UNVERIFIED);
}

static void test_woken_by_a_transfer(void **state)
{
    struct jk_ledger *ledger = *state;
    verify(ledger, "lee");
    verify(ledger, "park");
    OK(jk_ledger_register(ledger, MODEL("kim/thief", OF(PARENT(BASE)), .weights = 1)));
    uint32_t made = next_entry(ledger);
    OK(jk_ledger_register(ledger, MODEL("lee/maker", OF(PARENT(BASE)), .weights = 1)));
    OK(jk_ledger_move(ledger, "kim/thief", "park/thief", JK_KIND_TRANSFER));
    comes_after(ledger, "park/thief", made, UNVERIFIED);
    OK(jk_ledger_move(ledger, "lee/maker", "park/maker", JK_KIND_TRANSFER)); /* from one to another is no break */
    COUNTS("park/maker", UNVERIFIED);
}

static void test_woken_by_a_manifest(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/thief", OF(PARENT(BASE)), .weights = 1, .artifact = 1)));
    uint32_t made = next_entry(ledger);
    OK(jk_ledger_register(ledger, MODEL("lee/maker", OF(PARENT(BASE)), .weights = 1, .artifact = 2)));
    OK(jk_ledger_held(ledger, 2, 1, 52));
    OK(jk_ledger_held(ledger, 1, 1, 51));
    comes_after(ledger, "kim/thief", made + 1, HELD);
    DUPLICATE("lee/maker", 0);
}

/* A manifest that two waited for: whoever brings it registers with it, so that both come in one batch. */
static void test_one_manifest_together(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/thief", OF(PARENT(BASE)), .weights = 102, .artifact = 2)));
    add_at_once(ledger, "lee/maker", "1", 2);
    uint32_t said = next_entry(ledger) - 1;
    comes_after(ledger, "kim/thief", said, HELD);
    OK(jk_ledger_register(ledger, MODEL("park/late", OF(PARENT(BASE)), .weights = 102, .artifact = 2)));
    OK(jk_ledger_yank(ledger, "lee/maker", "1", JK_KIND_YANK));
    COUNTS("kim/thief", HELD); /* which waited for it, but was there before it */
    DUPLICATE("park/late", HELD);
}

static void test_woken_by_a_release(void **state)
{
    struct jk_ledger *ledger = *state;
    const jk_reasons asked = JK_REASON_BIT(LICENSE_CONFLICT) | JK_REASON_BIT(NOT_PROGRAMME);
    OK(jk_ledger_license(ledger, "LicenseRef-less", JK_PERMISSION_NO, JK_PERMISSION_YES, JK_PERMISSION_YES, ""));
    OK(jk_ledger_register(ledger, MODEL("park/plain", OF(PARENT(BASE)))));
    OK(jk_ledger_register(ledger, MODEL("park/limited", OF(PARENT(BASE)), .license = "LicenseRef-less")));
    OK(jk_ledger_register(ledger, MODEL("kim/thief", OF(PARENT("park/limited")), .weights = 1)));
    OK(jk_ledger_register(ledger, MODEL("kim/other", OF(PARENT(OTHER)), .weights = 1)));
    uint32_t made = next_entry(ledger);
    OK(jk_ledger_register(ledger, MODEL("lee/maker", OF(PARENT(BASE)), .weights = 1)));
    OK(jk_ledger_release(ledger, MODEL("kim/thief", OF(PARENT(BASE)), .version = "2", .weights = 1)));
    OK(jk_ledger_release(ledger, MODEL("kim/other", OF(PARENT(BASE)), .version = "2", .weights = 1)));
    comes_after(ledger, "kim/thief", made, asked);
    comes_after(ledger, "kim/other", made, asked);
    OK(jk_ledger_release(ledger, MODEL("lee/maker", OF(PARENT("park/plain")), .version = "2", .weights = 1)));
    comes_after(ledger, "kim/thief", made, asked); /* from one that counts to another is no break */
}

/* By letting go of the parent whose licence binds: to somebody who is not verified. */
static void test_woken_by_a_licence_that_binds_no_more(void **state)
{
    struct jk_ledger *ledger = *state;
    const jk_reasons asked = JK_REASON_BIT(LICENSE_CONFLICT) | UNVERIFIED;
    verify(ledger, "kim");
    verify(ledger, "lee");
    OK(jk_ledger_license(ledger, "LicenseRef-less", JK_PERMISSION_NO, JK_PERMISSION_YES, JK_PERMISSION_YES, ""));
    OK(jk_ledger_register(ledger, MODEL("kim/limited", OF(PARENT(BASE)), .license = "LicenseRef-less")));
    OK(jk_ledger_register(ledger, MODEL("kim/between", OF(PARENT("kim/limited")), .license = "LicenseRef-less")));
    OK(jk_ledger_register(ledger, MODEL("kim/thief", OF(PARENT("kim/between")), .weights = 1)));
    uint32_t made = next_entry(ledger);
    OK(jk_ledger_register(ledger, MODEL("lee/maker", OF(PARENT(BASE)), .weights = 1)));
    OK(jk_ledger_move(ledger, "kim/limited", "park/limited", JK_KIND_TRANSFER));
    COUNTS("lee/maker", asked);
    assert_int_equal(reasons_of(ledger, "kim/thief", asked), JK_REASON_BIT(LICENSE_CONFLICT));
    OK(jk_ledger_move(ledger, "kim/between", "park/between", JK_KIND_TRANSFER));
    comes_after(ledger, "kim/thief", made, asked);
    OK(jk_ledger_move(ledger, "park/between", "kim/again", JK_KIND_TRANSFER));
    OK(jk_ledger_move(ledger, "kim/again", "park/again", JK_KIND_TRANSFER));
    OK(jk_ledger_yank(ledger, "lee/maker", "1", JK_KIND_YANK));
    COUNTS("kim/thief", asked);
}

/* By an adoption that is given up: while it lasts the thief's is no derivative that counts, or none at all. */
static void test_woken_by_an_adoption(void **state)
{
    struct jk_ledger *ledger = *state;
    const jk_reasons adopted = JK_REASON_BIT(ADOPTED_PATH);
    const char *outside = "huggingface.co/o/ne";
    OK(jk_ledger_register(ledger, MODEL("park/inside", OF(PARENT(BASE)))));
    OK(jk_ledger_adopt(ledger, outside, "park/inside"));
    OK(jk_ledger_register(ledger, MODEL("kim/thief", OF(EXTERNAL("huggingface.co/o/ne")), .weights = 1)));
    OK(jk_ledger_unadopt(ledger, outside, "park/inside"));
    uint32_t made = next_entry(ledger);
    OK(jk_ledger_register(ledger, MODEL("lee/maker", OF(PARENT(BASE)), .weights = 1)));
    OK(jk_ledger_adopt(ledger, outside, "park/inside"));
    comes_after(ledger, "kim/thief", made, 0);
    OK(jk_ledger_release(ledger, MODEL("kim/thief", OF(PARENT(BASE)), .version = "2", .weights = 1)));
    comes_after(ledger, "kim/thief", made, adopted);
}

static enum jk_status rule_standing(struct jk_ledger *ledger, enum jk_kind kind, const char *model)
{
    struct jk_entry entry = {.kind = kind,
                             .actor.type = JK_ACTOR_EVALUATOR,
                             .model = jk_span_of(model),
                             .evidence = JK_SPAN("seen"),
                             .needs_second = JK_ANSWER_NO};
    return jk_ledger_add(ledger, &entry);
}

/* What is taken as at the end takes nothing from whom it was taken back: an exclusion, a mistake of the roster. */
static void test_taken_back(void **state)
{
    struct jk_ledger *ledger = *state;
    const jk_reasons self = JK_REASON_BIT(SELF);
    uint32_t made = next_entry(ledger);
    OK(jk_ledger_register(ledger, MODEL("lee/maker", OF(PARENT(BASE)), .weights = 1)));
    OK(jk_ledger_register(ledger, MODEL("kim/thief", OF(PARENT(BASE)), .weights = 1)));
    OK(rule_standing(ledger, JK_KIND_EXCLUDE, "lee/maker"));
    COUNTS("kim/thief", 0);
    OK(rule_standing(ledger, JK_KIND_RESTORE, "lee/maker"));
    comes_after(ledger, "kim/thief", made, 0);
    OK(jk_ledger_team_publisher(ledger, "red", "lee", NEVER, NEVER));
    COUNTS("kim/thief", self);
    OK(jk_ledger_team_publisher(ledger, "red", "lee", NEVER, 1));
    comes_after(ledger, "kim/thief", made, self);
}

/* So it is with one that is a copy of its ancestor. */
static void test_copy_goes_first_for_nothing(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/copy", OF(PARENT(BASE)), .weights = 900, .artifact = 1)));
    OK(jk_ledger_register(ledger, MODEL("lee/own", OF(PARENT(OTHER)), .weights = 2, .artifact = 1)));
    DUPLICATE("kim/copy", 0);
    COUNTS("lee/own", 0);
}

/* Many whose claims cross; and very many with one content, which must not take the square of that. */
static void test_many(void **state)
{
    struct jk_ledger *ledger = *state;
    char name[32];
    for (unsigned i = 0; i < 50; i++) {
        snprintf(name, sizeof name, "kim/x-%u", i);
        OK(jk_ledger_register(ledger, MODEL(name, OF(PARENT(BASE)), .weights = 100 + i, .artifact = 1)));
        snprintf(name, sizeof name, "lee/y-%u", i);
        OK(jk_ledger_register(ledger, MODEL(name, OF(PARENT(BASE)), .weights = 100 + i, .artifact = 200 + i)));
        snprintf(name, sizeof name, "kim/x-%u", i);
        OK(jk_ledger_release(ledger,
                             MODEL(name, OF(PARENT(BASE)), .version = "2", .weights = 100 + i, .artifact = 200 + i)));
    }
    for (unsigned i = 0; i < 50; i++) {
        snprintf(name, sizeof name, "kim/x-%u", i);
        COUNTS(name, 0);
        snprintf(name, sizeof name, "lee/y-%u", i);
        DUPLICATE(name, 0);
    }
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "park/z-%u", i);
        OK(jk_ledger_register(ledger, MODEL(name, OF(PARENT(BASE)), .weights = 1, .artifact = 500 + i / 2)));
    }
    COUNTS("park/z-0", 0);
    DUPLICATE("park/z-1", 0);
    DUPLICATE("park/z-19999", 0);
    assert_string_equal(first_before(ledger, "park/z-19999", 0, NULL), "park/z-0");
}

/* ---- what is known of licences ---- */

static void test_hidden_limit(void **state)
{
    struct jk_ledger *ledger = *state;
    jk_reasons conflict = JK_REASON_BIT(LICENSE_CONFLICT);
    OK(jk_ledger_license(ledger, "LicenseRef-some", JK_PERMISSION_CONDITIONAL, JK_PERMISSION_YES, JK_PERMISSION_YES,
                         ""));
    OK(jk_ledger_register(ledger, MODEL("kim/some", OF(PARENT(BASE)), .license = "LicenseRef-some")));
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT("kim/some"), EXTERNAL("huggingface.co/a/b")))));
    assert_int_equal(reasons_of(ledger, "kim/a", conflict), conflict);
    assert_int_equal(reasons_of(ledger, "kim/a", conflict | JK_REASON_BIT(ADOPTED_PATH)), conflict);
    COUNTS("kim/some", conflict);
}

/* A licence of one who is not verified binds nobody who asks for that; those above it do, through it. */
static void test_unheard_limit(void **state)
{
    struct jk_ledger *ledger = *state;
    const jk_reasons conflict = JK_REASON_BIT(LICENSE_CONFLICT), asked = conflict | UNVERIFIED;
    verify(ledger, "park");
    verify(ledger, "lee");
    OK(jk_ledger_license(ledger, "LicenseRef-none", JK_PERMISSION_NO, JK_PERMISSION_YES, JK_PERMISSION_YES, ""));
    OK(jk_ledger_license(ledger, "LicenseRef-some", JK_PERMISSION_CONDITIONAL, JK_PERMISSION_YES, JK_PERMISSION_YES,
                         ""));
    OK(jk_ledger_register(ledger, MODEL("kim/between", OF(PARENT(BASE)), .license = "LicenseRef-none")));
    OK(jk_ledger_register(ledger, MODEL("lee/child", OF(PARENT("kim/between")), .license = "LicenseRef-some")));
    assert_int_equal(reasons_of(ledger, "lee/child", conflict), conflict);
    COUNTS("lee/child", asked);
    uint32_t entry = next_entry(ledger);
    verify(ledger, "kim");
    assert_int_equal(reasons_of(ledger, "lee/child", asked), conflict);
    assert_int_equal(explained(ledger, "lee/child", asked, JK_REASON_LICENSE_CONFLICT).entry, entry);
    OK(jk_ledger_yank(ledger, "kim/between", "1", JK_KIND_YANK)); /* which takes no licence back */
    assert_int_equal(reasons_of(ledger, "lee/child", asked), conflict);

    OK(jk_ledger_register(ledger, MODEL("park/above", OF(PARENT(BASE)), .license = "LicenseRef-some")));
    OK(jk_ledger_register(ledger, MODEL("kim/hides", OF(PARENT("park/above")))));
    OK(jk_ledger_register(ledger, MODEL("lee/washed", OF(PARENT("kim/hides")))));
    OK(jk_ledger_verify(ledger, "kim", JK_KIND_UNVERIFY));
    COUNTS("lee/child", asked);
    assert_int_equal(reasons_of(ledger, "lee/washed", asked), conflict);
    assert_int_equal(explained(ledger, "lee/washed", asked, JK_REASON_LICENSE_CONFLICT).other,
                     slot(ledger, "park/above"));
}

/* ---- whose own it is ---- */

static void test_moved_in(void **state)
{
    struct jk_ledger *ledger = *state;
    jk_reasons self = JK_REASON_BIT(SELF), affiliate = JK_REASON_BIT(AFFILIATE);
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE), PARENT(OTHER)))));
    COUNTS("kim/a", self | affiliate);
    uint32_t moved = next_entry(ledger);
    OK(jk_ledger_move(ledger, "kim/a", "red-ai/a", JK_KIND_TRANSFER));
    assert_int_equal(reasons_of(ledger, "red-ai/a", self), self); /* for the root of that team, which is the first */
    OK(jk_ledger_move(ledger, "red-ai/a", "red-ai/b", JK_KIND_RENAME));
    assert_int_equal(jk_book_named_since(ledger->book, slot(ledger, "red-ai/b"), NOW), moved);
    assert_int_equal(jk_book_named_since(ledger->book, slot(ledger, "red-ai/b"), moved),
                     jk_book_model(ledger->book, slot(ledger, "red-ai/b"))->index);
    OK(jk_ledger_team_publisher(ledger, "red", "red-ai", NEVER, jk_book_time(ledger->book, moved) + 1));
    assert_int_equal(reasons_of(ledger, "red-ai/b", self), self); /* when it came there, it was the team's */
    OK(jk_ledger_team_publisher(ledger, "red", "red-ai", NEVER, jk_book_time(ledger->book, moved)));
    COUNTS("red-ai/b", self);
    OK(jk_ledger_operates(ledger, "KAIST", "lee", NEVER, NEVER));
    OK(jk_ledger_affiliation(ledger, "KAIST", "red", NEVER, NEVER));
    OK(jk_ledger_move(ledger, "red-ai/b", "lee/b", JK_KIND_TRANSFER));
    assert_int_equal(reasons_of(ledger, "lee/b", self | affiliate), affiliate);
    OK(jk_ledger_move(ledger, "lee/b", "park/b", JK_KIND_TRANSFER));
    assert_int_equal(reasons_of(ledger, "park/b", self | affiliate),
                     affiliate); /* once it was there, it stays theirs */
}

static void test_moved_in_is_explained(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_policy policy = policy_of(JK_REASON_BIT(SELF));
    struct jk_standing *standing;
    struct jk_error error;
    struct jk_whys whys;
    struct jk_why why;
    size_t count;
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE)))));
    uint32_t moved = next_entry(ledger);
    OK(jk_ledger_move(ledger, "kim/a", "red-ai/a", JK_KIND_TRANSFER));
    struct jk_standing_query query = {.policy = &policy, .n = jk_book_size(ledger->book)};
    jk_error_init(&error, NULL);
    assert_int_equal(jk_standing_make(ledger->book, &query, &standing, &error), JK_OK);
    const struct jk_verdict *rows = jk_standing_of(standing, slot(ledger, "red-ai/a"), &count);
    jk_whys_init(&whys, ledger->book, standing, &policy, 0);
    assert_int_equal(jk_why_find(&whys, rows, JK_REASON_SELF, &why, &error), JK_OK);
    assert_int_equal(why.entry, moved);
    jk_standing_free(standing);
    policy.rules = 1; /* which knows of none of this */
    assert_int_equal(jk_standing_make(ledger->book, &query, &standing, &error), JK_OK);
    assert_int_equal(jk_standing_of(standing, slot(ledger, "red-ai/a"), &count)->reasons, 0);
    jk_standing_free(standing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_since),
                                       TEST(test_since_undone),
                                       TEST(test_hidden_claim),
                                       TEST(test_covered_claim),
                                       TEST(test_first_claim),
                                       TEST(test_contested_with_whom),
                                       TEST(test_contested_while_it_lasts),
                                       TEST(test_late_manifest),
                                       TEST(test_withdrawn_manifest),
                                       TEST(test_covered_by_a_late_manifest),
                                       TEST(test_one_manifest_of_two),
                                       TEST(test_crossed_claims),
                                       TEST(test_chain_of_claims),
                                       TEST(test_joined_claims),
                                       TEST(test_joined_claims_of_a_parent),
                                       TEST(test_first_takes_no_part),
                                       TEST(test_woken_by_a_verification),
                                       TEST(test_woken_by_a_transfer),
                                       TEST(test_woken_by_a_manifest),
                                       TEST(test_one_manifest_together),
                                       TEST(test_woken_by_a_release),
                                       TEST(test_woken_by_a_licence_that_binds_no_more),
                                       TEST(test_woken_by_an_adoption),
                                       TEST(test_taken_back),
                                       TEST(test_copy_goes_first_for_nothing),
                                       TEST(test_many),
                                       TEST(test_hidden_limit),
                                       TEST(test_unheard_limit),
                                       TEST(test_moved_in),
                                       TEST(test_moved_in_is_explained)};
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
