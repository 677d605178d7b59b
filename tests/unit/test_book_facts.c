/* The book's rules, one scenario each: who belongs to whom, flags of a derivative, limits, changed models. */
#include "support/book_world.h"

/* ---- who belongs to whom ---- */

static void test_self(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("red-ai/tuned", OF(PARENT(BASE), PARENT(OTHER)))));
    assert_true(flags_of(ledger, "red-ai/tuned", BASE) & JK_FLAG_SELF);
    assert_false(flags_of(ledger, "red-ai/tuned", OTHER) & JK_FLAG_SELF);
    OK(jk_ledger_move(ledger, "red-ai/tuned", "kim/tuned",
                      JK_KIND_TRANSFER)); /* the publisher at registration counts */
    assert_true(flags_of(ledger, "kim/tuned", BASE) & JK_FLAG_SELF);
    /* owned from a time on: the registration's time decides, by what is known now */
    int64_t registered_us = jk_book_time(ledger->book, jk_book_model(ledger->book, slot(ledger, "kim/tuned"))->index);
    uint32_t publisher = jk_book_find_publisher(ledger->book, JK_SPAN("red-ai"), NOW);
    OK(jk_ledger_team_publisher(ledger, "red", "Red-AI", registered_us + 1, NEVER));
    assert_false(flags_of(ledger, "kim/tuned", BASE) & JK_FLAG_SELF);
    assert_int_equal(jk_book_team_of(ledger->book, publisher, registered_us, NOW), JK_NONE);
    assert_int_equal(jk_book_team_of(ledger->book, publisher, registered_us, 9),
                     jk_book_find_team(ledger->book, JK_SPAN("red"), NOW));
    OK(jk_ledger_team_publisher(ledger, "red", "red-ai", registered_us, registered_us + 1));
    assert_true(flags_of(ledger, "kim/tuned", BASE) & JK_FLAG_SELF);
    OK(jk_ledger_team_publisher(ledger, "red", "red-ai", NEVER, registered_us));
    assert_false(flags_of(ledger, "kim/tuned", BASE) & JK_FLAG_SELF); /* until is outside */
    REFUSED(jk_ledger_team_publisher(ledger, "green", "red-ai", NEVER, NEVER));
}

static void test_affiliate(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_operates(ledger, "KAIST", "kim", NEVER, NEVER)); /* known of a publisher at any time */
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE), PARENT(OTHER)))));
    int64_t at_us = jk_book_time(ledger->book, jk_book_model(ledger->book, slot(ledger, "kim/a"))->index);
    assert_false(flags_of(ledger, "kim/a", BASE) & JK_FLAG_AFFILIATE);
    uint32_t before = jk_book_size(ledger->book);
    OK(jk_ledger_affiliation(ledger, "KAIST", "red", NEVER, NEVER));
    assert_true(flags_of(ledger, "kim/a", BASE) & JK_FLAG_AFFILIATE);
    assert_false(flags_of(ledger, "kim/a", OTHER) & JK_FLAG_AFFILIATE);
    assert_false(spell_at(ledger, "kim/a", BASE, before)->flags & JK_FLAG_AFFILIATE); /* the past stays */
    OK(jk_ledger_team(ledger, "red", at_us + 1)); /* without `from`, the team's joining */
    assert_false(flags_of(ledger, "kim/a", BASE) & JK_FLAG_AFFILIATE);
    OK(jk_ledger_team(ledger, "red", at_us));
    assert_true(flags_of(ledger, "kim/a", BASE) & JK_FLAG_AFFILIATE);
    OK(jk_ledger_operates(ledger, "KAIST", "KIM", at_us + 1, NEVER));
    assert_false(flags_of(ledger, "kim/a", BASE) & JK_FLAG_AFFILIATE);
    OK(jk_ledger_operates(ledger, "KAIST", "kim", NEVER, NEVER));
    OK(jk_ledger_affiliation(ledger, "KAIST", "red", NEVER, at_us));
    assert_false(flags_of(ledger, "kim/a", BASE) & JK_FLAG_AFFILIATE);
    REFUSED(jk_ledger_affiliation(ledger, "KAIST", "green", NEVER, NEVER));
}

static void test_publisher_states(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_publisher_as(ledger, "found", JK_BASIS_REGISTRAR));
    uint32_t found = jk_book_find_publisher(ledger->book, JK_SPAN("FOUND"), NOW), n = jk_book_size(ledger->book);
    assert_false(jk_book_is_claimed(ledger->book, found, NOW));
    assert_true(jk_book_is_claimed(ledger->book, jk_book_find_publisher(ledger->book, JK_SPAN("kim"), NOW), NOW));
    OK(jk_ledger_verify(ledger, "found", JK_KIND_CLAIM));
    assert_true(jk_book_is_claimed(ledger->book, found, NOW));
    assert_false(jk_book_is_claimed(ledger->book, found, n));
    REFUSED(jk_ledger_verify(ledger, "found", JK_KIND_CLAIM));
    OK(jk_ledger_publisher_as(ledger, "listed", JK_BASIS_ROSTER));
    assert_false(jk_book_is_claimed(ledger->book, jk_book_find_publisher(ledger->book, JK_SPAN("listed"), NOW), NOW));
    OK(jk_ledger_verify(ledger, "listed", JK_KIND_CLAIM));
    REFUSED(jk_ledger_verify(ledger, "kim", JK_KIND_UNVERIFY));
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE)))));
    OK(jk_ledger_verify(ledger, "kim", JK_KIND_VERIFY));
    REFUSED(jk_ledger_verify(ledger, "kim", JK_KIND_VERIFY));
    assert_false(flags_of(ledger, "kim/a", BASE) & JK_FLAG_UNVERIFIED);
    OK(jk_ledger_move(ledger, "kim/a", "park/a", JK_KIND_TRANSFER)); /* of the publisher it is with now */
    assert_true(flags_of(ledger, "park/a", BASE) & JK_FLAG_UNVERIFIED);
    OK(jk_ledger_verify(ledger, "kim", JK_KIND_UNVERIFY));
    OK(jk_ledger_verify(ledger, "park", JK_KIND_VERIFY));
    assert_false(flags_of(ledger, "park/a", BASE) & JK_FLAG_UNVERIFIED);
    REFUSED(jk_ledger_verify(ledger, "nobody", JK_KIND_VERIFY));
}

static void test_writes_on_day(void **state)
{
    struct jk_ledger *ledger = *state;
    uint32_t kim = jk_book_find_publisher(ledger->book, JK_SPAN("kim"), NOW);
    int64_t today_us = ledger->time_us;
    assert_int_equal(jk_book_writes_on_day(ledger->book, kim, today_us), 0);
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE)))));
    OK(jk_ledger_yank(ledger, "kim/a", "1", JK_KIND_YANK));
    OK(jk_ledger_move(ledger, "kim/a", "kim/b", JK_KIND_RENAME));
    assert_int_equal(jk_book_writes_on_day(ledger->book, kim, today_us), 3);
    ledger->time_us += JK_DAY_US;
    OK(jk_ledger_release(ledger, MODEL("kim/b", .version = "2", OF(PARENT(BASE)))));
    assert_int_equal(jk_book_writes_on_day(ledger->book, kim, ledger->time_us), 1);
    assert_int_equal(jk_book_writes_on_day(ledger->book, kim, today_us), 3);
    assert_int_equal(jk_book_writes_on_day(ledger->book, kim, today_us + 9 * JK_DAY_US), 0);
    assert_int_equal(jk_book_writes_on_day(ledger->book, kim, today_us - JK_DAY_US), 0);
    struct jk_text statement; /* what a registrar enters is not the publisher's doing */
    jk_text_init(&statement, 0);
    jk_ledger_statement(ledger, MODEL("kim/c", OF(PARENT(BASE))), &statement);
    OK(jk_ledger_add_statement(ledger, JK_KIND_REGISTER, JK_ACTOR_REGISTRAR, jk_text_span(&statement)));
    jk_text_done(&statement);
    assert_int_equal(jk_book_writes_on_day(ledger->book, kim, ledger->time_us), 1);
}

/* ---- flags of base facts, weights, names, licences ---- */

static void test_base_facts(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(OTHER)))));
    uint32_t three = JK_FLAG_NOT_PROGRAMME | JK_FLAG_FOREIGN_BASE | JK_FLAG_FROM_SCRATCH_UNKNOWN;
    assert_int_equal(flags_of(ledger, "kim/a", OTHER) & three, JK_FLAG_NOT_PROGRAMME | JK_FLAG_FROM_SCRATCH_UNKNOWN);
    OK(jk_ledger_list(ledger, OTHER, "blue", true, JK_ANSWER_YES, JK_ANSWER_NO));
    assert_int_equal(flags_of(ledger, "kim/a", OTHER) & three, JK_FLAG_FOREIGN_BASE);
    OK(jk_ledger_list(ledger, OTHER, "blue", true, JK_ANSWER_YES, JK_ANSWER_YES));
    assert_int_equal(flags_of(ledger, "kim/a", OTHER) & three, 0);
    REFUSED(jk_ledger_list(ledger, "kim/none", "blue", true, JK_ANSWER_YES, JK_ANSWER_YES));
    REFUSED(jk_ledger_list(ledger, OTHER, "green", true, JK_ANSWER_YES, JK_ANSWER_YES));
}

static void test_weights(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE)), .weights = 7)));
    OK(jk_ledger_register(ledger, MODEL("kim/b", OF(PARENT("kim/a")), .weights = 900))); /* the grandparent's */
    OK(jk_ledger_register(ledger, MODEL("kim/c", OF(PARENT(BASE)), .weights = 7)));      /* a sibling's */
    assert_false(flags_of(ledger, "kim/a", BASE) & JK_FLAG_ANCESTOR_WEIGHTS);
    assert_true(flags_of(ledger, "kim/b", BASE) & JK_FLAG_ANCESTOR_WEIGHTS);
    assert_false(flags_of(ledger, "kim/c", BASE) & JK_FLAG_ANCESTOR_WEIGHTS);
    struct jk_digest weights = jk_ledger_digest(7), none = jk_ledger_digest(0), other = jk_ledger_digest(8);
    uint32_t first = jk_book_newest(ledger->book, slot(ledger, "kim/a"), NOW);
    assert_int_equal(jk_book_find_weights(ledger->book, &weights, NOW), first);
    assert_int_equal(jk_book_find_weights(ledger->book, &weights, jk_book_release(ledger->book, first)->index),
                     JK_NONE);
    assert_int_equal(jk_book_find_weights(ledger->book, &none, NOW), JK_NONE);
    assert_int_equal(jk_book_find_weights(ledger->book, &other, NOW), JK_NONE);
}

static void test_naming(void **state)
{
    struct jk_ledger *ledger = *state;
    uint32_t both = JK_FLAG_NAMING_LITERAL | JK_FLAG_NAMING_LENIENT;
    OK(jk_ledger_register(ledger, MODEL("kim/so-lar-x", OF(PARENT(BASE), PARENT(OTHER)))));
    OK(jk_ledger_register(ledger, MODEL("kim/other", OF(PARENT(BASE)))));
    OK(jk_ledger_license(ledger, "LicenseRef-solar", JK_PERMISSION_YES, JK_PERMISSION_YES, JK_PERMISSION_YES, "Solar"));
    assert_int_equal(flags_of(ledger, "kim/other", BASE) & both, 0);
    /* the licence of the root's deciding release binds, not that of the pinned one */
    OK(jk_ledger_release(ledger, MODEL(BASE, .version = "2", .license = "LicenseRef-solar")));
    assert_int_equal(flags_of(ledger, "kim/other", BASE) & both, both);
    assert_int_equal(flags_of(ledger, "kim/so-lar-x", BASE) & both, JK_FLAG_NAMING_LITERAL);
    assert_int_equal(flags_of(ledger, "kim/so-lar-x", OTHER) & both, 0);
    OK(jk_ledger_move(ledger, "kim/other", "kim/Solar-mine", JK_KIND_RENAME));
    assert_int_equal(flags_of(ledger, "kim/Solar-mine", BASE) & both, 0);
    OK(jk_ledger_license(ledger, "LicenseRef-solar", JK_PERMISSION_YES, JK_PERMISSION_YES, JK_PERMISSION_YES,
                         "EXAONE|Sol"));
    assert_int_equal(flags_of(ledger, "kim/so-lar-x", BASE) & both, JK_FLAG_NAMING_LITERAL);
    OK(jk_ledger_license(ledger, "LicenseRef-solar", JK_PERMISSION_YES, JK_PERMISSION_YES, JK_PERMISSION_YES,
                         "EXAONE"));
    assert_int_equal(flags_of(ledger, "kim/so-lar-x", BASE) & both, both);
}

static void test_license_drift(void **state)
{
    struct jk_ledger *ledger = *state;
    uint32_t both = JK_FLAG_LICENSE_CONFLICT | JK_FLAG_LICENSE_UNKNOWN;
    OK(jk_ledger_register(ledger, MODEL("kim/nc", OF(PARENT(BASE)), .license = "CC-BY-NC-4.0")));
    OK(jk_ledger_register(ledger, MODEL("kim/open", OF(PARENT("kim/nc"))))); /* grants more than its parent */
    OK(jk_ledger_register(ledger, MODEL("kim/later", OF(PARENT("kim/open")), .license = "CC-BY-NC-4.0")));
    OK(jk_ledger_register(ledger, MODEL("kim/later-open", OF(PARENT("kim/open"))))); /* more than its grandparent */
    OK(jk_ledger_register(ledger, MODEL("kim/what", OF(PARENT(BASE)), .license = "LicenseRef-what")));
    OK(jk_ledger_register(ledger, MODEL("kim/none", OF(PARENT(BASE)), .license = "NOASSERTION")));
    assert_int_equal(flags_of(ledger, "kim/nc", BASE) & both, 0);
    assert_int_equal(flags_of(ledger, "kim/open", BASE) & both, JK_FLAG_LICENSE_CONFLICT);
    assert_int_equal(flags_of(ledger, "kim/later", BASE) & both, 0);
    assert_int_equal(flags_of(ledger, "kim/later-open", BASE) & both, JK_FLAG_LICENSE_CONFLICT);
    assert_int_equal(flags_of(ledger, "kim/what", BASE) & both, JK_FLAG_LICENSE_UNKNOWN);
    assert_int_equal(flags_of(ledger, "kim/none", BASE) & both, JK_FLAG_LICENSE_UNKNOWN);
    assert_int_equal(spell_of(ledger, "kim/nc", BASE)->license_class, JK_LICENSE_NON_COMMERCIAL);
    uint32_t before = jk_book_size(ledger->book);
    /* a correction changes what holds from it on */
    OK(jk_ledger_license(ledger, "LicenseRef-what", JK_PERMISSION_YES, JK_PERMISSION_YES, JK_PERMISSION_YES, ""));
    assert_int_equal(flags_of(ledger, "kim/what", BASE) & both, 0);
    assert_true(spell_at(ledger, "kim/what", BASE, before)->flags & JK_FLAG_LICENSE_UNKNOWN);
    enum jk_permission may[JK_PERMISSION_KINDS];
    jk_book_permissions(ledger->book, JK_SPAN("LicenseRef-what AND CC-BY-NC-4.0"), before, may);
    assert_int_equal(may[JK_MAY_COMMERCIAL], JK_PERMISSION_NO);
    assert_int_equal(may[JK_MAY_DERIVE], JK_PERMISSION_UNKNOWN);
    jk_book_permissions(ledger->book, JK_SPAN("LicenseRef-what OR CC-BY-NC-4.0"), NOW, may);
    assert_int_equal(may[JK_MAY_COMMERCIAL], JK_PERMISSION_YES);
    /* an ancestor that permits no derivatives is a conflict, even for an unknown licence */
    OK(jk_ledger_license(ledger, "Apache-2.0", JK_PERMISSION_YES, JK_PERMISSION_NO, JK_PERMISSION_YES, ""));
    assert_int_equal(flags_of(ledger, "kim/none", BASE) & both, JK_FLAG_LICENSE_CONFLICT);
}

/* An ancestor of which nothing is known hides a limit from the plain conflict, but not from the known one. */
static void test_known_limits(void **state)
{
    struct jk_ledger *ledger = *state;
    uint32_t plain = JK_FLAG_LICENSE_CONFLICT | JK_FLAG_LICENSE_UNKNOWN;
    uint32_t known = JK_FLAG_KNOWN_CONFLICT | JK_FLAG_DECLARED_KNOWN_CONFLICT;
    OK(jk_ledger_license(ledger, "LicenseRef-some", JK_PERMISSION_CONDITIONAL, JK_PERMISSION_CONDITIONAL,
                         JK_PERMISSION_YES, ""));
    OK(jk_ledger_register(ledger, MODEL("kim/some", OF(PARENT(BASE)), .license = "LicenseRef-some")));
    OK(jk_ledger_register(ledger, MODEL("kim/more", OF(PARENT("kim/some")))));
    assert_int_equal(flags_of(ledger, "kim/more", BASE) & (plain | known), JK_FLAG_LICENSE_CONFLICT | known);
    OK(jk_ledger_register(ledger, MODEL("kim/hidden", OF(PARENT("kim/some"), EXTERNAL("huggingface.co/a/b")))));
    assert_int_equal(flags_of(ledger, "kim/hidden", BASE) & (plain | known), JK_FLAG_LICENSE_UNKNOWN | known);
    OK(jk_ledger_register(ledger, MODEL("kim/as-much", OF(PARENT("kim/some"), EXTERNAL("huggingface.co/a/b")),
                                        .license = "LicenseRef-some")));
    assert_int_equal(flags_of(ledger, "kim/as-much", BASE) & (plain | known), JK_FLAG_LICENSE_UNKNOWN);
    OK(jk_ledger_register(ledger, MODEL("kim/what", OF(PARENT("kim/some")), .license = "LicenseRef-what")));
    assert_int_equal(flags_of(ledger, "kim/what", BASE) & (plain | known), JK_FLAG_LICENSE_UNKNOWN);
    /* of the declared ancestors alone there is no limit where it comes by an adoption */
    OK(jk_ledger_register(ledger, MODEL("kim/both", OF(PARENT(OTHER), EXTERNAL("huggingface.co/a/c")))));
    OK(jk_ledger_adopt(ledger, "huggingface.co/a/c", "kim/some"));
    assert_int_equal(flags_of(ledger, "kim/both", OTHER) & (plain | known),
                     JK_FLAG_LICENSE_CONFLICT | JK_FLAG_KNOWN_CONFLICT);
}

/* Beyond a root: what a base model was built on counts for licences and weights, not for roots. */
static void test_beyond_roots(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE)), .license = "CC-BY-NC-4.0", .weights = 5)));
    OK(jk_ledger_list(ledger, "kim/a", "red", true, JK_ANSWER_YES, JK_ANSWER_YES));
    OK(jk_ledger_register(ledger, MODEL("kim/b", OF(PARENT("kim/a")), .weights = 900)));
    assert_null(spell_of(ledger, "kim/b", BASE));
    assert_true(flags_of(ledger, "kim/b", "kim/a") & JK_FLAG_ANCESTOR_WEIGHTS);
    assert_true(flags_of(ledger, "kim/b", "kim/a") & JK_FLAG_LICENSE_CONFLICT);
}

/* ---- limits ---- */

static void test_roster_limit(void **state)
{
    struct jk_ledger *ledger = *state;
    char name[64], last[64] = BASE;
    for (int i = 2; i < JK_BOOK_BASES; i++) {
        snprintf(name, sizeof name, "kim/base-%d", i);
        OK(jk_ledger_register(ledger, MODEL(name)));
        OK(jk_ledger_list(ledger, name, "red", true, JK_ANSWER_YES, JK_ANSWER_YES));
        snprintf(last, sizeof last, "%s", name);
    }
    OK(jk_ledger_register(ledger, MODEL("kim/one-more")));
    REFUSED(jk_ledger_list(ledger, "kim/one-more", "red", true, JK_ANSWER_YES, JK_ANSWER_YES));
    says(ledger, "at most 1024");
    OK(jk_ledger_list(ledger, last, "red", false, JK_ANSWER_YES, JK_ANSWER_YES)); /* a known one may change */
    /* a derivative of all bases but that one, by merges of merges */
    OK(jk_ledger_register(ledger, MODEL("park/all-2", OF(PARENT(BASE), PARENT(OTHER)))));
    for (int i = 3; i < JK_BOOK_BASES; i++) {
        char merged[64], before[64];
        snprintf(name, sizeof name, "kim/base-%d", i - 1);
        snprintf(merged, sizeof merged, "park/all-%d", i);
        snprintf(before, sizeof before, "park/all-%d", i - 1);
        OK(jk_ledger_register(ledger, MODEL(merged, OF(PARENT(name), PARENT(before)))));
    }
    uint32_t count = 0;
    snprintf(name, sizeof name, "park/all-%d", JK_BOOK_BASES - 1);
    for (const struct jk_spell *spell = NULL;
         (spell = jk_book_spell(ledger->book, slot(ledger, name), jk_book_size(ledger->book), spell)) != NULL;)
        count++;
    assert_int_equal(count, JK_BOOK_BASES - 1);
}

static void test_long_chain(void **state)
{
    struct jk_ledger *ledger = *state;
    char name[64], last[64] = BASE;
    for (int i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "kim/link-%d", i);
        OK(jk_ledger_register(ledger, MODEL(name, OF(PARENT(last)), .weights = 1)));
        snprintf(last, sizeof last, "%s", name);
    }
    assert_int_equal(spell_of(ledger, last, BASE)->depth, 10000);
    REFUSED(jk_ledger_release(ledger, MODEL(BASE, .version = "2", OF(PARENT(last)))));
    OK(jk_ledger_list(ledger, "kim/link-0", "blue", true, JK_ANSWER_YES, JK_ANSWER_YES)); /* moves the whole chain */
    assert_null(spell_of(ledger, last, BASE));
    assert_int_equal(spell_of(ledger, last, "kim/link-0")->depth, 9999);
}

/* What was worked out under entries that were taken back must not pass for what other entries in their place mean. */
static void test_undo_forgets(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE)))));
    OK(jk_ledger_register(ledger, MODEL("kim/b", OF(PARENT("kim/a")))));
    struct jk_book_mark mark = jk_book_mark(ledger->book);
    OK(jk_ledger_list(ledger, "kim/a", "blue", true, JK_ANSWER_YES, JK_ANSWER_YES));
    assert_int_equal(spell_of(ledger, "kim/b", "kim/a")->depth, 1);
    jk_book_undo(ledger->book, mark);
    assert_int_equal(spell_of(ledger, "kim/b", BASE)->depth, 2);
    OK(jk_ledger_license(ledger, "Apache-2.0", JK_PERMISSION_NO, JK_PERMISSION_YES, JK_PERMISSION_YES, ""));
    jk_book_keep(ledger->book);
    assert_null(spell_of(ledger, "kim/b", "kim/a"));
    assert_int_equal(spell_of(ledger, "kim/b", BASE)->depth, 2);
    assert_int_equal(spell_of(ledger, "kim/b", BASE)->license_class, JK_LICENSE_NON_COMMERCIAL);
}

/* ---- changed models ---- */

static void test_changed(void **state)
{
    struct jk_ledger *ledger = *state;
    uint32_t models[8];
    while (jk_book_changed(ledger->book, models, 8) > 0)
        continue;
    struct jk_book_mark mark = jk_book_mark(ledger->book);
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE)))));
    jk_book_undo(ledger->book, mark);
    assert_int_equal(jk_book_changed(ledger->book, models, 8), 0);
    OK(jk_ledger_register(ledger, MODEL("kim/b", OF(PARENT(BASE)))));
    OK(jk_ledger_register(ledger, MODEL("kim/c", OF(PARENT(BASE)))));
    OK(jk_ledger_yank(ledger, "kim/b", "1", JK_KIND_YANK));
    jk_book_keep(ledger->book);
    assert_int_equal(jk_book_changed(ledger->book, models, 1), 1);
    assert_int_equal(models[0], slot(ledger, "kim/b"));
    OK(jk_ledger_move(ledger, "kim/b", "kim/d", JK_KIND_RENAME)); /* given already: listed again */
    assert_int_equal(jk_book_changed(ledger->book, models, 8), 2);
    assert_int_equal(models[0], slot(ledger, "kim/c"));
    assert_int_equal(models[1], slot(ledger, "kim/d"));
    assert_int_equal(jk_book_changed(ledger->book, models, 8), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_self),         TEST(test_affiliate),    TEST(test_publisher_states), TEST(test_writes_on_day),
        TEST(test_base_facts),   TEST(test_weights),      TEST(test_naming),           TEST(test_license_drift),
        TEST(test_known_limits), TEST(test_beyond_roots), TEST(test_roster_limit),     TEST(test_long_chain),
        TEST(test_changed),      TEST(test_undo_forgets),
    };
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
