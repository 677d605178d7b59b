/* service/four_eyes: each rule by itself, one past its edge, against a pair that breaks none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "auth/access.h"
#include "service/call/four_eyes.h" /* before cmocka, whose `fail` is a macro */

#include <cmocka.h>

#define HOUR INT64_C(3600000000)
#define REST (24 * HOUR)
#define NOW  (1000 * HOUR)

enum { ADMIN = 1, FIRST, SECOND, OTHER_ADMIN };

/* A pair that may: both given the role by the admin long ago, each with a token that the admin made. */
struct bench {
    struct jk_directory *directory;
    struct jk_arena arena;
    struct jk_error error;
    struct jk_account accounts[5];
    struct jk_token tokens[8]; /* by number; 1 is the admin's, 2 and 3 the pair's */
    struct jk_proposal proposal;
    struct jk_speaker second;
    int64_t made_us; /* of the tokens that are put */
};

static void put(struct bench *bench, bool made, const struct jk_record *record)
{
    jk_error_init(&bench->error, &bench->arena);
    assert_true(made);
    if (jk_directory_put(bench->directory, record, &bench->error) != JK_OK) fail_msg("%s", bench->error.message);
}

static void put_account(struct bench *bench, uint64_t id)
{
    struct jk_record record;
    put(bench, jk_record_account(&bench->arena, &bench->accounts[id], &record), &record);
}

static void put_token(struct bench *bench, uint64_t id, uint64_t account, uint64_t made_by, uint64_t made_with)
{
    struct jk_record record;
    bench->tokens[id] = (struct jk_token){.id = id,
                                          .account = account,
                                          .hash = {{(unsigned char)id}},
                                          .created_us = bench->made_us,
                                          .made_by = made_by,
                                          .made_with = made_with};
    put(bench, jk_record_token(&bench->arena, &bench->tokens[id], &record), &record);
}

static struct jk_grant *grant(struct bench *bench, uint64_t account)
{
    return &bench->accounts[account].grants[__builtin_ctz(JK_ROLE_EVALUATOR)];
}

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    jk_digest_setup();
    jk_arena_init(&bench->arena, 4 << 20);
    bench->directory = jk_directory_new();
    for (uint64_t id = ADMIN; id <= OTHER_ADMIN; id++) {
        bool evaluates = id == FIRST || id == SECOND;
        bench->accounts[id] = (struct jk_account){
            .id = id, .roles = evaluates ? JK_ROLE_EVALUATOR : JK_ROLE_ADMIN, .created_by = id == ADMIN ? 0 : ADMIN};
        if (evaluates) *grant(bench, id) = (struct jk_grant){100 * HOUR, ADMIN};
        put_account(bench, id);
    }
    put_token(bench, 1, ADMIN, 0, 0);
    put_token(bench, 2, FIRST, ADMIN, 1);
    put_token(bench, 3, SECOND, ADMIN, 1);
    bench->proposal = (struct jk_proposal){FIRST, 2, ADMIN, 990 * HOUR};
    bench->second = (struct jk_speaker){SECOND, 3};
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    jk_directory_free(bench->directory);
    jk_arena_done(&bench->arena);
    free(bench);
    return 0;
}

static enum jk_status check(struct bench *bench, int64_t rest_us)
{
    jk_error_init(&bench->error, &bench->arena);
    return jk_four_eyes_check(bench->directory, &bench->proposal, &bench->second, rest_us, NOW, &bench->error);
}

static void allowed(struct bench *bench)
{
    if (check(bench, REST) != JK_OK) fail_msg("%s: %s", bench->error.reason, bench->error.message);
}

static void refused(struct bench *bench, const char *reason)
{
    enum jk_status status = check(bench, REST);
    if (status == JK_OK) fail_msg("allowed, in spite of %s", reason);
    assert_string_equal(bench->error.reason, reason);
    assert_int_equal(status, strcmp(reason, "RULER_UNKNOWN") == 0 ? JK_FAILED_PRECONDITION : JK_PERMISSION_DENIED);
}

static void test_independent(void **state)
{
    allowed(*state);
}

static void test_same_account(void **state)
{
    struct bench *bench = *state;
    put_token(bench, 4, FIRST, FIRST, 2);
    bench->second = (struct jk_speaker){FIRST, 4};
    refused(bench, "SAME_EVALUATOR");
}

static void test_who_ruled_is_unknown(void **state)
{
    struct bench *bench = *state;
    bench->proposal = (struct jk_proposal){.time_us = 990 * HOUR};
    refused(bench, "RULER_UNKNOWN");
    bench->proposal.account = FIRST; /* as an older version kept it */
    refused(bench, "RULER_UNKNOWN");
}

static void test_admin(void **state)
{
    struct bench *bench = *state;
    bench->accounts[SECOND].roles |= JK_ROLE_ADMIN;
    put_account(bench, SECOND);
    refused(bench, "ADMIN_CONFIRMS");
    bench->accounts[SECOND].roles &= ~(unsigned)JK_ROLE_ADMIN;
    bench->accounts[FIRST].roles |= JK_ROLE_ADMIN; /* may rule */
    put_account(bench, SECOND);
    put_account(bench, FIRST);
    allowed(bench);
}

static void test_lately_an_admin(void **state)
{
    struct bench *bench = *state;
    bench->accounts[SECOND].admin_until_us = NOW - REST;
    put_account(bench, SECOND);
    allowed(bench);
    bench->accounts[SECOND].admin_until_us++;
    put_account(bench, SECOND);
    refused(bench, "LATELY_ADMIN");
    assert_int_equal(check(bench, 0), JK_OK);
    bench->accounts[FIRST].admin_until_us = NOW; /* may rule */
    bench->accounts[SECOND].admin_until_us = 0;
    put_account(bench, FIRST);
    put_account(bench, SECOND);
    allowed(bench);
}

static void test_rest(void **state)
{
    struct bench *bench = *state;
    bench->proposal.time_us = NOW;
    grant(bench, SECOND)->since_us = NOW - REST;
    put_account(bench, SECOND);
    allowed(bench);
    grant(bench, SECOND)->since_us++;
    put_account(bench, SECOND);
    refused(bench, "EVALUATOR_RESTS");
    assert_non_null(strstr(bench->error.message, "1970-02-11T16:00:00.000001Z")); /* from when on */
    assert_int_equal(check(bench, 0), JK_OK);
}

static void test_role_before_the_ruling(void **state)
{
    struct bench *bench = *state;
    bench->proposal.time_us = grant(bench, SECOND)->since_us + 1;
    allowed(bench);
    bench->proposal.time_us = grant(bench, SECOND)->since_us; /* which was first in one batch is not known */
    refused(bench, "EVALUATOR_LATER");
    bench->proposal.time_us--;
    refused(bench, "EVALUATOR_LATER");
}

static void test_role_not_held(void **state)
{
    struct bench *bench = *state;
    *grant(bench, SECOND) = (struct jk_grant){0};
    put_account(bench, SECOND);
    refused(bench, "GRANT_UNKNOWN");
    assert_int_equal(check(bench, 0), JK_PERMISSION_DENIED); /* nor without a rest */
    assert_string_equal(bench->error.reason, "GRANT_UNKNOWN");
    struct jk_grant found = {1, 1};
    jk_error_init(&bench->error, &bench->arena);
    assert_int_equal(jk_four_eyes_check_rest(bench->directory, &bench->second, 0, NOW, &found, &bench->error), JK_OK);
    assert_int_equal(found.since_us, 0); /* whoever rules alone needs none */
    bench->accounts[SECOND].roles = 0;
    put_account(bench, SECOND);
    refused(bench, "NOT_EVALUATOR");
    bench->second.account = 99;
    refused(bench, "NOT_EVALUATOR");
}

static void test_created(void **state)
{
    struct bench *bench = *state;
    bench->accounts[SECOND].created_by = FIRST;
    put_account(bench, SECOND);
    refused(bench, "CREATED_BY_OTHER");
    bench->accounts[SECOND].created_by = 0; /* not recorded, or the server: nobody */
    put_account(bench, SECOND);
    allowed(bench);
    bench->accounts[FIRST].created_by = SECOND;
    put_account(bench, FIRST);
    refused(bench, "CREATED_BY_OTHER");
}

static void test_granted(void **state)
{
    struct bench *bench = *state;
    static const uint64_t grantors[] = {FIRST, SECOND};
    for (size_t i = 0; i < 2; i++) {
        grant(bench, SECOND)->by = grantors[i];
        put_account(bench, SECOND);
        refused(bench, "GRANTED_BY_ONE");
        grant(bench, SECOND)->by = OTHER_ADMIN;
        put_account(bench, SECOND);
        allowed(bench);
        bench->proposal.granted_by = grantors[i];
        refused(bench, "GRANTED_BY_ONE");
        bench->proposal.granted_by = 0; /* the server, at its start */
        allowed(bench);
    }
}

/* A token's line leads to whoever made its first, however many the account made of it itself. */
static void test_tokens(void **state)
{
    struct bench *bench = *state;
    put_token(bench, 4, SECOND, FIRST, 2);
    bench->second.token = 4;
    refused(bench, "TOKEN_BY_OTHER");
    put_token(bench, 5, SECOND, SECOND, 4);
    put_token(bench, 6, SECOND, SECOND, 5);
    bench->second.token = 6;
    refused(bench, "TOKEN_BY_OTHER");
    bench->second.token = 3;
    allowed(bench);
    put_token(bench, 7, FIRST, SECOND, 3);
    bench->proposal.token = 7;
    refused(bench, "TOKEN_BY_OTHER");
}

/* One that another made is as old as a new evaluator has to be; what the account made with it itself, no less. */
static void test_tokens_rest(void **state)
{
    struct bench *bench = *state;
    const uint64_t makers[] = {ADMIN, OTHER_ADMIN, 0};
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++) {
        bench->made_us = NOW - REST;
        put_token(bench, 4, SECOND, makers[i], makers[i] ? 1 : 0);
        bench->made_us = NOW;
        put_token(bench, 5, SECOND, SECOND, 4);
        for (bench->second.token = 4; bench->second.token <= 5; bench->second.token++)
            allowed(bench);
        bench->made_us = NOW - REST + 1;
        put_token(bench, 4, SECOND, makers[i], makers[i] ? 1 : 0);
        for (bench->second.token = 4; bench->second.token <= 5; bench->second.token++) {
            refused(bench, "TOKEN_RESTS");
            assert_non_null(strstr(bench->error.message, "1970-02-11T16:00:00.000001Z")); /* from when on */
            assert_int_equal(check(bench, 0), JK_OK);
        }
    }
    bench->second.token = 3; /* the account's own, of before */
    bench->made_us = NOW;
    put_token(bench, 6, SECOND, SECOND, 3);
    bench->second.token = 6;
    allowed(bench);
}

static void test_one_account_rests(void **state)
{
    struct bench *bench = *state;
    const struct jk_speaker first = {FIRST, 2}, admin = {ADMIN, 1};
    struct jk_grant found = {0};
    jk_error_init(&bench->error, &bench->arena);
    assert_int_equal(jk_four_eyes_check_rest(bench->directory, &first, REST, 100 * HOUR + REST, &found, &bench->error),
                     JK_OK);
    assert_int_equal(found.since_us, 100 * HOUR);
    assert_int_equal(found.by, ADMIN);
    assert_int_equal(
        jk_four_eyes_check_rest(bench->directory, &first, REST, 100 * HOUR + REST - 1, &found, &bench->error),
        JK_PERMISSION_DENIED);
    assert_string_equal(bench->error.reason, "EVALUATOR_RESTS");
    jk_error_init(&bench->error, &bench->arena);
    assert_int_equal(jk_four_eyes_check_rest(bench->directory, &admin, 0, NOW, &found, &bench->error),
                     JK_PERMISSION_DENIED);
    assert_string_equal(bench->error.reason, "NOT_EVALUATOR");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_independent),
        TEST(test_same_account),
        TEST(test_who_ruled_is_unknown),
        TEST(test_admin),
        TEST(test_lately_an_admin),
        TEST(test_rest),
        TEST(test_role_before_the_ruling),
        TEST(test_role_not_held),
        TEST(test_created),
        TEST(test_granted),
        TEST(test_tokens),
        TEST(test_tokens_rest),
        TEST(test_one_account_rests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
