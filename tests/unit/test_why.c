/* The entry that a reason is said to follow from, where it is about licences. */
#include "domain/spdx.h"
#include "support/judged_world.h"

/* Under a policy that demands commercial use. */
static uint32_t not_open_since(const struct jk_ledger *ledger, const char *name, uint32_t rules)
{
    struct jk_policy policy = policy_of(JK_REASON_BIT(LICENSE_NOT_OPEN));
    struct jk_standing_query query = {.policy = &policy, .n = jk_book_size(ledger->book)};
    struct jk_standing *standing;
    struct jk_error error;
    struct jk_whys whys;
    struct jk_why why;
    size_t count;
    policy.rules = rules;
    policy.demands[JK_MAY_COMMERCIAL] = JK_PERMISSION_YES;
    jk_error_init(&error, NULL);
    OK(jk_standing_make(ledger->book, &query, &standing, &error));
    const struct jk_verdict *rows = jk_standing_of(standing, slot(ledger, name), &count);
    assert_int_equal(rows->reasons, JK_REASON_BIT(LICENSE_NOT_OPEN));
    jk_whys_init(&whys, ledger->book, standing, &policy, 0);
    OK(jk_why_find(&whys, rows, JK_REASON_LICENSE_NOT_OPEN, &why, &error));
    jk_standing_free(standing);
    return why.entry;
}

/* The list that the log names is a reason only where it tells what the facts do not. */
static void test_list_that_tells_nothing(void **state)
{
    struct jk_ledger *ledger = *state;
    uint32_t facts = next_entry(ledger);
    OK(jk_ledger_register(ledger, MODEL("kim/facts", OF(PARENT(BASE)), .license = "CC-BY-NC-4.0")));
    uint32_t unknown = next_entry(ledger);
    OK(jk_ledger_register(ledger, MODEL("kim/unknown", OF(PARENT(BASE)), .license = "LicenseRef-own")));
    uint32_t listed = next_entry(ledger);
    OK(jk_ledger_register(ledger, MODEL("kim/listed", OF(PARENT(BASE)), .license = "CC-BY-NC-3.0")));
    uint32_t list = next_entry(ledger);
    add_list(ledger, jk_spdx_list_digest());
    assert_int_equal(not_open_since(ledger, "kim/facts", 2), facts);
    assert_int_equal(not_open_since(ledger, "kim/unknown", 2), unknown);
    assert_int_equal(not_open_since(ledger, "kim/listed", 2), list);
    assert_int_equal(not_open_since(ledger, "kim/listed", 1), listed);
    uint32_t said = next_entry(ledger);
    OK(jk_ledger_license(ledger, "CC-BY-NC-3.0", JK_PERMISSION_NO, JK_PERMISSION_YES, JK_PERMISSION_YES, ""));
    add_list(ledger, jk_spdx_list_digest());
    assert_int_equal(not_open_since(ledger, "kim/listed", 2), said);
}

/* Each root of a derivative is answered, and the contest of all is settled once: whoever asks for the second root is
 * given what was found for the first. */
static void test_duplicate_of_two_roots(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_policy policy = policy_of(0);
    struct jk_standing_query query = {.policy = &policy};
    struct jk_standing *standing;
    struct jk_error error;
    struct jk_whys whys;
    struct jk_why first, second, other;
    size_t count;
    uint32_t made = next_entry(ledger);
    OK(jk_ledger_register(ledger, MODEL("kim/first", OF(PARENT(BASE)), .weights = 1)));
    OK(jk_ledger_register(ledger, MODEL("lee/merge", OF(PARENT(BASE), PARENT(OTHER)), .weights = 1)));
    OK(jk_ledger_register(ledger, MODEL("lee/copy", OF(PARENT(BASE)), .weights = 900)));
    query.n = jk_book_size(ledger->book);
    jk_error_init(&error, NULL);
    OK(jk_standing_make(ledger->book, &query, &standing, &error));
    jk_whys_init(&whys, ledger->book, standing, &policy, 0);
    const struct jk_verdict *rows = jk_standing_of(standing, slot(ledger, "lee/merge"), &count);
    assert_int_equal(count, 2);
    OK(jk_why_find(&whys, &rows[0], JK_REASON_DUPLICATE, &first, &error));
    assert_int_equal(first.other, slot(ledger, "kim/first"));
    assert_int_equal(first.entry, made);
    whys.duplicate.entry = made + 1; /* to be told from an answer found anew */
    OK(jk_why_find(&whys, &rows[1], JK_REASON_DUPLICATE, &second, &error));
    assert_int_equal(second.other, first.other);
    assert_int_equal(second.entry, made + 1);
    rows = jk_standing_of(standing, slot(ledger, "lee/copy"), &count); /* which is another question */
    OK(jk_why_find(&whys, rows, JK_REASON_DUPLICATE, &other, &error));
    assert_int_equal(other.other, slot(ledger, BASE));
    jk_standing_free(standing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_list_that_tells_nothing), TEST(test_duplicate_of_two_roots)};
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
