/* auth/directory: what an account has: which of its tokens are counted, however many have ended, and how many a day;
 * and its memberships in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/directory_bench.h"

static void check_live(struct bench *bench, uint64_t account, size_t live)
{
    size_t count;
    const struct jk_token *list = jk_directory_live_tokens(bench->directory, account, &bench->arena, &count);
    assert_non_null(list);
    assert_int_equal(count, live);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(list[i].account, account);
}

static void put_token(struct bench *bench, uint64_t id, uint64_t account, bool revoked, int64_t created_us)
{
    struct jk_token token = {.id = id, .account = account, .revoked = revoked, .created_us = created_us};
    struct jk_record record;
    token.hash.bytes[0] = (unsigned char)id;
    token.hash.bytes[1] = 1;
    token.scopes = JK_SCOPE_MODELS;
    assert_true(jk_record_token(&bench->arena, &token, &record));
    if (bench_put(bench, &record) != JK_OK) fail_msg("%s", bench->error.message);
}

/* What has ended is not looked at again; what comes back, as when a write is undone, brings its account's back. */
static void test_live_tokens(void **state)
{
    struct bench *bench = *state;
    for (uint64_t id = 1; id <= 4; id++)
        put_token(bench, id, 1 + id % 2, false, 1000);
    check_live(bench, 2, 2);
    put_token(bench, 1, 2, true, 1000);
    check_live(bench, 2, 1);
    jk_directory_token_ended(bench->directory, 3);
    jk_directory_token_ended(bench->directory, 3);
    jk_directory_token_ended(bench->directory, 99);
    check_live(bench, 2, 0);
    check_live(bench, 1, 2);
    put_token(bench, 1, 2, false, 1000);
    check_live(bench, 2, 2);
    jk_directory_drop(bench->directory, &(struct jk_record){.key = "token/3"});
    check_live(bench, 2, 1);
}

static void test_tokens_of_a_day(void **state)
{
    struct bench *bench = *state;
    int64_t day_us = INT64_C(86400000000);
    assert_int_equal(jk_directory_tokens_made(bench->directory, 1, 0), 0);
    put_token(bench, 1, 1, false, 1000);
    put_token(bench, 2, 1, false, 2000);
    put_token(bench, 2, 1, true, 2000);
    put_token(bench, 3, 2, false, 2000);
    assert_int_equal(jk_directory_tokens_made(bench->directory, 1, 3000), 2);
    assert_int_equal(jk_directory_tokens_made(bench->directory, 1, 3000 + day_us), 0);
    jk_directory_drop(bench->directory, &(struct jk_record){.key = "token/2"});
    assert_int_equal(jk_directory_tokens_made(bench->directory, 1, 3000), 1);
    put_token(bench, 4, 1, false, 1000 + day_us);
    assert_int_equal(jk_directory_tokens_made(bench->directory, 1, 1000 + day_us), 1);
    put_token(bench, 5, 1, false, 1500); /* an older day's, read later */
    assert_int_equal(jk_directory_tokens_made(bench->directory, 1, 1000 + day_us), 1);
}

static void put_membership(struct bench *bench, const struct jk_member *member)
{
    struct jk_record record;
    assert_true(jk_record_member(&bench->arena, member, &record));
    assert_int_equal(bench_put(bench, &record), JK_OK);
}

/* The newest come first: real ones are not pushed out of a short list by those of long ago. */
static void test_memberships_in_order(void **state)
{
    struct bench *bench = *state;
    const char *const names[] = {"old", "new", "middle"};
    const int64_t since[] = {1000000, 3000000, 2000000};
    const struct jk_member *list;
    for (size_t i = 0; i < 3; i++) {
        struct jk_member member = {.account = 7, .invited = JK_MEMBER_OWNER, .invited_by = 3, .since_us = since[i]};
        strcpy(member.publisher, names[i]);
        put_membership(bench, &member); /* was a member once, and is invited again */
    }
    assert_int_equal(jk_directory_list_invitations(bench->directory, 7, 2, &bench->arena, &list), 2);
    assert_string_equal(list[0].publisher, "new");
    assert_string_equal(list[1].publisher, "middle");
    assert_int_equal(jk_directory_list_hands(bench->directory, 7, &bench->arena, &list), 3);
    assert_string_equal(list[2].publisher, "old");
    struct jk_member invited = {
        .publisher = "new", .account = 7, .invited = JK_MEMBER_OWNER, .invited_by = 3, .never = true};
    put_membership(bench, &invited);
    assert_int_equal(jk_directory_list_hands(bench->directory, 7, &bench->arena, &list), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_live_tokens, bench_set_up, bench_tear_down),
        cmocka_unit_test_setup_teardown(test_tokens_of_a_day, bench_set_up, bench_tear_down),
        cmocka_unit_test_setup_teardown(test_memberships_in_order, bench_set_up, bench_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
