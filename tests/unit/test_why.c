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
    struct jk_why why;
    size_t count;
    policy.rules = rules;
    policy.demands[JK_MAY_COMMERCIAL] = JK_PERMISSION_YES;
    jk_error_init(&error, NULL);
    OK(jk_standing_make(ledger->book, &query, &standing, &error));
    const struct jk_verdict *rows = jk_standing_of(standing, slot(ledger, name), &count);
    assert_int_equal(rows->reasons, JK_REASON_BIT(LICENSE_NOT_OPEN));
    OK(jk_why_find(ledger->book, standing, &policy, 0, rows, JK_REASON_LICENSE_NOT_OPEN, &why, &error));
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

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_list_that_tells_nothing)};
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
