/* auth/access: tokens' text, who calls, and who may. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "auth/access.h"

#define NOW 1000

struct bench {
    struct jk_directory *directory;
    struct jk_arena arena;
    struct jk_error error;
    char text[JK_TOKEN_TEXT];
    struct jk_account account;
    struct jk_token token;
};

static void put(struct bench *bench)
{
    struct jk_record record;
    jk_error_init(&bench->error, &bench->arena);
    assert_true(jk_record_account(&bench->arena, &bench->account, &record));
    assert_int_equal(jk_directory_put(bench->directory, &record, &bench->error), JK_OK);
    assert_true(jk_record_token(&bench->arena, &bench->token, &record));
    assert_int_equal(jk_directory_put(bench->directory, &record, &bench->error), JK_OK);
}

/* A directory with one account of a team and one token of it. */
static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    jk_digest_setup();
    jk_arena_init(&bench->arena, 1 << 20);
    bench->directory = jk_directory_new();
    jk_token_make(bench->text);
    bench->account = (struct jk_account){.id = 4, .roles = JK_ROLE_TEAM | JK_ROLE_ADMIN, .team = "upstage"};
    bench->token = (struct jk_token){.id = 6, .account = 4, .scopes = JK_SCOPE_MODELS | JK_SCOPE_ROSTER};
    bench->token.hash = jk_token_hash(jk_span_of(bench->text));
    *state = bench;
    put(bench);
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

static enum jk_status authenticate(struct bench *bench, const char *header, struct jk_principal *principal)
{
    jk_error_init(&bench->error, &bench->arena);
    return jk_authenticate(bench->directory, jk_span_of(header), NOW, principal, &bench->error);
}

static enum jk_status with_token(struct bench *bench, const char *format)
{
    char header[256];
    struct jk_principal principal;
    snprintf(header, sizeof header, format, bench->text);
    return authenticate(bench, header, &principal);
}

static void test_token_text(void **state)
{
    (void)state;
    char one[JK_TOKEN_TEXT], two[JK_TOKEN_TEXT];
    for (unsigned i = 0; i < 100; i++) {
        jk_token_make(one);
        jk_token_make(two);
        assert_int_equal(strlen(one), 46);
        assert_memory_equal(one, "jk_", 3);
        assert_int_equal(strspn(one + 3, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), 43);
        assert_non_null(strchr("AEIMQUYcgkosw048", one[45])); /* four bits and two zero bits */
        assert_string_not_equal(one, two);
    }
}

static void test_token_hash_is_sha256_of_the_text(void **state)
{
    (void)state;
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_setup();
    struct jk_digest digest = jk_token_hash(JK_SPAN("abc"));
    jk_digest_hex(&digest, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void test_anonymous(void **state)
{
    struct bench *bench = *state;
    struct jk_principal principal = {.account = 9, .roles = 9};
    assert_int_equal(authenticate(bench, "", &principal), JK_OK);
    assert_int_equal(principal.account, 0);
    assert_int_equal(principal.roles, 0);
}

static void test_known(void **state)
{
    struct bench *bench = *state;
    struct jk_principal principal;
    char header[256];
    snprintf(header, sizeof header, "Bearer %s", bench->text);
    assert_int_equal(authenticate(bench, header, &principal), JK_OK);
    assert_int_equal(principal.account, 4);
    assert_int_equal(principal.token, 6);
    assert_int_equal(principal.roles, JK_ROLE_TEAM | JK_ROLE_ADMIN);
    assert_int_equal(principal.scopes, JK_SCOPE_MODELS | JK_SCOPE_ROSTER);
    assert_string_equal(principal.team, "upstage");
    assert_int_equal(with_token(bench, "bearer %s"), JK_OK);
    assert_int_equal(with_token(bench, "BEARER   %s"), JK_OK);
}

static void put_token(struct bench *bench, const struct jk_token *token)
{
    struct jk_record record;
    jk_error_init(&bench->error, &bench->arena);
    assert_true(jk_record_token(&bench->arena, token, &record));
    assert_int_equal(jk_directory_put(bench->directory, &record, &bench->error), JK_OK);
}

/* 2 made 3, and 3 the token in use: it goes when one above it goes, and comes back with it where that is taken back. */
static void test_ends_with_its_parents(void **state)
{
    struct bench *bench = *state;
    struct jk_token above[] = {{.id = 2, .account = 4, .hash = {{2}}},
                               {.id = 3, .account = 4, .hash = {{3}}, .made_by = 4, .made_with = 2}};
    bench->token.made_by = 4;
    bench->token.made_with = 3;
    put(bench);
    assert_int_equal(with_token(bench, "Bearer %s"), JK_UNAUTHENTICATED); /* a parent that is not there */
    for (size_t i = 0; i < 2; i++)
        put_token(bench, &above[i]);
    assert_int_equal(with_token(bench, "Bearer %s"), JK_OK);
    for (size_t i = 0; i < 2; i++) {
        above[i].revoked = true;
        put_token(bench, &above[i]);
        assert_int_equal(with_token(bench, "Bearer %s"), JK_UNAUTHENTICATED);
        assert_true(jk_token_is_revoked(bench->directory, &bench->token));
        above[i].revoked = false;
        put_token(bench, &above[i]);
        assert_false(jk_token_is_revoked(bench->directory, &bench->token));
    }
    above[0].account = 5; /* 3 is of another account's making: it has no parent */
    above[0].revoked = true;
    above[1].made_by = 5;
    put_token(bench, &above[0]);
    put_token(bench, &above[1]);
    assert_int_equal(with_token(bench, "Bearer %s"), JK_OK);
    above[1].made_by = 4; /* and here it says that it has one, which is another account's */
    above[0].revoked = false;
    put_token(bench, &above[0]);
    put_token(bench, &above[1]);
    assert_int_equal(with_token(bench, "Bearer %s"), JK_UNAUTHENTICATED);
}

static void test_malformed(void **state)
{
    struct bench *bench = *state;
    static const char *const wrong[] = {"%s",         "Bearer%s",     "Basic %s",     "Bearer %sA",   "Bearer %s ",
                                        " Bearer %s", "Bearer\t%s",   "Bearer JK_",   "Bearer",       "Bearer ",
                                        " ",          "Bearer jk_%s", "Bearer %.45s", "Bearer \"%s\""};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (with_token(bench, wrong[i]) != JK_UNAUTHENTICATED) fail_msg("taken: %s", wrong[i]);
    struct jk_principal principal = {.account = 77};
    char header[256];
    snprintf(header, sizeof header, "Bearer %s", bench->text);
    header[20] = '+';
    assert_int_equal(authenticate(bench, header, &principal), JK_UNAUTHENTICATED);
    assert_int_equal(principal.account, 77); /* untouched on failure */
    char *huge = malloc(100001);
    memset(huge, 'x', 100000);
    huge[100000] = '\0';
    memcpy(huge, "Bearer jk_", 10);
    assert_int_equal(authenticate(bench, huge, &principal), JK_UNAUTHENTICATED);
    free(huge);
}

/* Unknown, revoked, expired, disabled, malformed: all the same to an outsider, and none holds the token. */
static void test_one_message_for_all(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(with_token(bench, "Bearer %s!"), JK_UNAUTHENTICATED);
    char message[sizeof bench->error.message];
    memcpy(message, bench->error.message, sizeof message);
    for (unsigned round = 0; round < 5; round++) {
        char kept = bench->text[10];
        bench->token.revoked = round == 0;
        bench->token.expires_us = round == 1 ? NOW : 0;
        bench->account.disabled = round == 2;
        bench->token.account = round == 3 ? 5 : 4; /* 5 is no account */
        put(bench);
        if (round == 4) bench->text[10] = kept == 'A' ? 'B' : 'A';
        assert_int_equal(with_token(bench, "Bearer %s"), JK_UNAUTHENTICATED);
        assert_string_equal(bench->error.message, message);
        assert_string_equal(bench->error.reason, "TOKEN_INVALID");
        assert_int_equal(bench->error.fact_count + bench->error.violation_count, 0);
        assert_null(strstr(bench->error.message, bench->text + 3));
        assert_null(strstr(bench->error.message, "jk_A"));
        bench->text[10] = kept;
    }
    bench->token.account = 4;
    put(bench);
    assert_int_equal(with_token(bench, "Bearer %s"), JK_OK);
}

static void test_expiry_edge(void **state)
{
    struct bench *bench = *state;
    bench->token.expires_us = NOW + 1;
    put(bench);
    assert_int_equal(with_token(bench, "Bearer %s"), JK_OK);
    bench->token.expires_us = NOW;
    put(bench);
    assert_int_equal(with_token(bench, "Bearer %s"), JK_UNAUTHENTICATED);
}

static enum jk_status may(unsigned account, unsigned roles, unsigned scopes, unsigned allowed, unsigned scope)
{
    struct jk_principal principal = {.account = account, .roles = roles, .scopes = scopes};
    struct jk_error error;
    jk_error_init(&error, NULL);
    enum jk_status status = jk_may_call(&principal, allowed, scope, &error);
    assert_int_equal(error.status, status);
    if (status != JK_OK) assert_true(error.message[0] != '\0');
    return status;
}

/* Every set of allowed bits against every set of roles, said once more in another way. */
static void test_may_call_over_all_bits(void **state)
{
    (void)state;
    for (unsigned allowed = 0; allowed < 512; allowed++) {
        bool anyone = allowed & 1, object = allowed & (2 | 4 | 8);
        assert_int_equal(may(0, 0, 0, allowed, 0), anyone ? JK_OK : JK_UNAUTHENTICATED);
        for (unsigned roles = 0; roles < 32; roles++) {
            bool good = anyone || object || (allowed >> 4 & roles) != 0;
            assert_int_equal(may(1, roles, 0, allowed, 0), good ? JK_OK : JK_PERMISSION_DENIED);
        }
    }
}

static void test_may_call_scopes(void **state)
{
    (void)state;
    for (unsigned scope = 0; scope < 64; scope++)
        for (unsigned has = 0; has < 64; has++) {
            unsigned holds = has & JK_SCOPE_MODELS ? has | JK_SCOPE_PUBLISH : has;
            bool good = (scope & holds) == scope;
            assert_int_equal(may(1, 0, has, JK_MAY_ACCOUNT, scope), good ? JK_OK : JK_PERMISSION_DENIED);
            assert_int_equal(may(1, 0, has, JK_MAY_ANYONE, scope), JK_OK);
        }
    assert_int_equal(may(0, 0, 0, JK_MAY_ACCOUNT, JK_SCOPE_MODELS), JK_UNAUTHENTICATED);
}

static void test_refusals_say_what_to_do(void **state)
{
    struct bench *bench = *state;
    struct jk_principal principal = {.account = 1, .scopes = JK_SCOPE_TOKENS};
    jk_error_init(&bench->error, &bench->arena);
    assert_int_equal(jk_may_call(&principal, JK_MAY_EVALUATOR | JK_MAY_ADMIN, 0, &bench->error), JK_PERMISSION_DENIED);
    assert_non_null(strstr(bench->error.message, "evaluator, admin"));
    assert_string_equal(bench->error.reason, "ROLE_REQUIRED");
    jk_error_init(&bench->error, &bench->arena);
    assert_int_equal(jk_may_call(&principal, JK_MAY_MEMBER, JK_SCOPE_ACCOUNTS | JK_SCOPE_TOKENS, &bench->error),
                     JK_PERMISSION_DENIED);
    assert_non_null(strstr(bench->error.message, "\"accounts\""));
    assert_string_equal(bench->error.facts[0].value, "accounts");
}

static void test_names(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        unsigned bit = 0;
        assert_true(jk_scope_parse(jk_span_of(jk_scope_name(1u << i)), &bit));
        assert_int_equal(bit, 1u << i);
    }
    for (unsigned i = 0; i < JK_ROLES; i++) {
        unsigned bit = 0;
        assert_true(jk_role_parse(jk_span_of(jk_role_name(1u << i)), &bit));
        assert_int_equal(bit, 1u << i);
    }
    unsigned bit = 42;
    assert_false(jk_scope_parse(JK_SPAN("Models"), &bit));
    assert_false(jk_scope_parse(JK_SPAN(""), &bit));
    assert_false(jk_role_parse(JK_SPAN("unknown"), &bit));
    assert_int_equal(bit, 42);
    assert_string_equal(jk_scope_name(64), "unknown");
    assert_string_equal(jk_role_name(3), "unknown");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_anonymous),
        TEST(test_known),
        TEST(test_ends_with_its_parents),
        TEST(test_malformed),
        TEST(test_one_message_for_all),
        TEST(test_expiry_edge),
        TEST(test_refusals_say_what_to_do),
        cmocka_unit_test(test_token_text),
        cmocka_unit_test(test_token_hash_is_sha256_of_the_text),
        cmocka_unit_test(test_may_call_over_all_bits),
        cmocka_unit_test(test_may_call_scopes),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
