/* Does an error keep its first failure, all its fields up to the limit, and only well-formed bounded text?
 * And is the table of result codes the one that gRPC knows? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/text.h"

struct fixture {
    struct jk_arena arena;
    struct jk_error error;
};

static int setup(void **state)
{
    static struct fixture fixture;
    jk_arena_init(&fixture.arena, 1 << 20);
    jk_error_init(&fixture.error, &fixture.arena);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    jk_arena_done(&((struct fixture *)*state)->arena);
    return 0;
}

static struct jk_error *error_of(void **state)
{
    return &((struct fixture *)*state)->error;
}

static void codes_are_those_of_grpc(void **state)
{
    (void)state;
    assert_int_equal(JK_OK, 0);
    assert_int_equal(JK_UNAUTHENTICATED, 16);
    assert_string_equal(jk_status_text(JK_FAILED_PRECONDITION), "FAILED_PRECONDITION");
    assert_int_equal(jk_status_http(JK_NOT_FOUND), 404);
    assert_true(jk_status_retryable(JK_UNAVAILABLE));
    assert_false(jk_status_retryable(JK_INVALID_ARGUMENT));
    assert_string_equal(jk_status_text((enum jk_status)17), "UNKNOWN");
    assert_string_equal(jk_status_text((enum jk_status) - 1), "UNKNOWN");
    assert_int_equal(jk_status_http((enum jk_status)99), 500);
    for (int status = 0; status <= 16; status++)
        assert_int_not_equal(jk_status_http((enum jk_status)status), 0);
}

static void the_first_failure_stays(void **state)
{
    struct jk_error *error = error_of(state);
    assert_false(jk_error_is_set(error));
    assert_int_equal(jk_error_result(error), JK_OK);
    assert_int_equal(jk_fail(error, JK_NOT_FOUND, "NO_MODEL", "no model %s", "a/b"), JK_NOT_FOUND);
    assert_int_equal(jk_fail(error, JK_INTERNAL, "LATER", "later"), JK_NOT_FOUND);
    jk_error_field(error, "model", "is not there");
    assert_int_equal(jk_error_result(error), JK_NOT_FOUND);
    assert_string_equal(error->reason, "NO_MODEL");
    assert_string_equal(error->message, "no model a/b");
    assert_int_equal(error->violation_count, 1);
}

static void fields_are_collected_and_summed_up(void **state)
{
    struct jk_error *error = error_of(state);
    char field[16] = "parents[0]";
    jk_error_field(error, field, "%d is too many; at most %d", 65, 64);
    memset(field, 'x', sizeof field - 1); /* the error holds a copy */
    assert_int_equal(jk_error_result(error), JK_INVALID_ARGUMENT);
    assert_string_equal(error->reason, "INVALID_FIELD");
    assert_string_equal(error->message, "1 field is wrong: parents[0]: 65 is too many; at most 64");
    jk_error_field(error, "name", "is empty");
    jk_error_field(error, "license", "is unknown");
    assert_int_equal(jk_error_result(error), JK_INVALID_ARGUMENT);
    assert_string_equal(error->message, "3 fields are wrong: parents[0]: 65 is too many; at most 64; name: is empty; "
                                        "license: is unknown");
    assert_string_equal(error->violations[0].field, "parents[0]");
    assert_string_equal(error->violations[2].rule, "is unknown");
}

static void a_callers_own_message_is_not_summed_over(void **state)
{
    struct jk_error *error = error_of(state);
    static const char reason[] = "INVALID_FIELD";
    (void)jk_fail(error, JK_INVALID_ARGUMENT, reason, "mine");
    jk_error_field(error, "a", "b");
    assert_int_equal(jk_error_result(error), JK_INVALID_ARGUMENT);
    assert_string_equal(error->message, "mine");
}

static void fields_past_the_limit_are_counted_only(void **state)
{
    struct jk_error *error = error_of(state);
    for (int i = 0; i < JK_ERROR_VIOLATIONS; i++)
        jk_error_field(error, "f", "%d", i);
    assert_int_equal(error->violation_count, JK_ERROR_VIOLATIONS);
    jk_error_field(error, "f", "one more");
    assert_int_equal(error->violation_count, JK_ERROR_VIOLATIONS + 1);
    assert_string_equal(error->violations[JK_ERROR_VIOLATIONS - 1].rule, "63");
    assert_int_equal(jk_error_result(error), JK_INVALID_ARGUMENT);
    assert_int_equal(strncmp(error->message, "65 fields are wrong: f: 0; f: 1", 31), 0);
    assert_non_null(strstr(error->message, "f: 63; …"));
}

static void messages_are_cut_between_characters(void **state)
{
    struct jk_error *error = error_of(state);
    char korean[3 * 600 + 1] = "";
    for (int i = 0; i < 600; i++)
        memcpy(korean + 3 * i, "족", 4);
    for (int shift = 0; shift < 3; shift++) {
        jk_error_init(error, error->arena);
        (void)jk_fail(error, JK_INTERNAL, "LONG", "%.*s%s", shift, "abc", korean);
        size_t len = strlen(error->message);
        assert_in_range(len, sizeof error->message - 4, sizeof error->message - 1);
        assert_string_equal(error->message + len - 6, "족…");
        assert_true(jk_utf8_valid(jk_span_of(error->message)));
        jk_error_init(error, error->arena);
        jk_error_field(error, "a", "%.*s%s", shift, "abc", korean);
        jk_error_field(error, "b", "%.*s%s", shift, "abc", korean);
        assert_int_equal(jk_error_result(error), JK_INVALID_ARGUMENT);
        assert_true(jk_utf8_valid(jk_span_of(error->message)));
        assert_true(jk_utf8_valid(jk_span_of(error->violations[0].rule)));
        assert_true(strlen(error->violations[0].rule) < 1024);
        assert_string_equal(error->message + strlen(error->message) - 3, "…");
    }
}

static void messages_of_exactly_the_room_are_not_cut(void **state)
{
    struct jk_error *error = error_of(state);
    int most = (int)sizeof error->message - 1;
    (void)jk_fail(error, JK_INTERNAL, "X", "%*d", most, 7);
    assert_int_equal(error->message[most - 1], '7');
    jk_error_init(error, error->arena);
    (void)jk_fail(error, JK_INTERNAL, "X", "%*d", most + 1, 7);
    assert_string_equal(error->message + most - 3, "…");
}

static void bad_bytes_do_not_reach_a_reply(void **state)
{
    struct jk_error *error = error_of(state);
    (void)jk_fail(error, JK_INTERNAL, "BAD", "a\xFF\xEC\xA1z\n족");
    assert_string_equal(error->message, "a???z?족");
    jk_error_fact(error, "key", "\xC0\x80");
    assert_string_equal(error->facts[0].value, "??");
    jk_error_resource(error, "model", "x\xFFy");
    assert_string_equal(error->resource_name, "x?y");
}

static void facts_are_a_bounded_map(void **state)
{
    struct jk_error *error = error_of(state);
    for (int i = 0; i < JK_ERROR_FACTS + 1; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        jk_error_fact(error, key, "%d", i);
    }
    assert_int_equal(error->fact_count, JK_ERROR_FACTS);
    jk_error_fact(error, "k3", "new");
    assert_int_equal(error->fact_count, JK_ERROR_FACTS);
    assert_string_equal(error->facts[3].key, "k3");
    assert_string_equal(error->facts[3].value, "new");
    assert_false(jk_error_is_set(error));
}

static void without_an_arena_the_message_is_kept(void **state)
{
    (void)state;
    struct jk_error error;
    jk_error_init(&error, NULL);
    jk_error_field(&error, "name", "is %s", "empty");
    jk_error_field(&error, "other", "is wrong");
    jk_error_fact(&error, "k", "v");
    jk_error_resource(&error, "model", "a/b");
    assert_int_equal(jk_error_result(&error), JK_INVALID_ARGUMENT);
    assert_string_equal(error.message, "name: is empty");
    assert_int_equal(error.violation_count, 0);
    assert_int_equal(error.fact_count, 0);
    assert_null(error.resource_name);
}

static void a_full_arena_loses_detail_but_no_failure(void **state)
{
    (void)state;
    struct jk_arena arena;
    struct jk_error error;
    jk_arena_init(&arena, 0);
    jk_error_init(&error, &arena);
    jk_error_field(&error, "name", "is empty");
    jk_error_fact(&error, "k", "v");
    assert_int_equal(jk_error_result(&error), JK_INVALID_ARGUMENT);
    assert_string_equal(error.message, "name: is empty");
    assert_int_equal(error.violation_count, 0);
    assert_int_equal(error.fact_count, 0);
    jk_arena_done(&arena);
}

static void out_of_memory_tells_a_budget_from_the_machine(void **state)
{
    struct jk_error *error = error_of(state), plain;
    jk_error_init(&plain, NULL);
    assert_int_equal(jk_out_of_memory(&plain), JK_RESOURCE_EXHAUSTED);
    assert_string_equal(plain.reason, "OUT_OF_MEMORY");
    assert_string_equal(plain.message, "out of memory: try again later");

    assert_null(jk_arena_alloc(error->arena, (1 << 20) + 1));
    assert_int_equal(jk_out_of_memory(error), JK_RESOURCE_EXHAUSTED);
    assert_string_equal(error->reason, "OUT_OF_MEMORY");
    assert_string_equal(error->message, "this needs more memory than one request may have: ask for less at once");
}

struct reason {
    const char *name, *statuses, *means, *next;
};

static const struct reason reasons[] = {
#define JK_ERROR_REASON(name, statuses, means, next) {#name, #statuses, means, next},
#include "base/reasons.def"
#undef JK_ERROR_REASON
};

static bool is_status(struct jk_span word)
{
    for (int status = JK_CANCELLED; status <= JK_UNAUTHENTICATED; status++)
        if (jk_span_equal(word, jk_span_of(jk_status_text((enum jk_status)status)))) return true;
    return false;
}

/* What cannot go into the details of an error is no reason: ErrorInfo allows 63 of A-Z, 0-9 and '_'. */
static void reasons_fit_into_error_info(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        struct jk_span rest = jk_span_of(reasons[i].statuses), word;
        assert_in_range(strlen(reasons[i].name), 2, 63);
        assert_int_equal(strspn(reasons[i].name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"), strlen(reasons[i].name));
        for (bool status = true; rest.len > 0; status = !status) {
            (void)jk_span_cut(&rest, ' ', &word);
            assert_true(status ? is_status(word) : jk_span_equal(word, JK_SPAN("or")));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_those_of_grpc),
        cmocka_unit_test_setup_teardown(the_first_failure_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(fields_are_collected_and_summed_up, setup, teardown),
        cmocka_unit_test_setup_teardown(a_callers_own_message_is_not_summed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(fields_past_the_limit_are_counted_only, setup, teardown),
        cmocka_unit_test_setup_teardown(messages_are_cut_between_characters, setup, teardown),
        cmocka_unit_test_setup_teardown(messages_of_exactly_the_room_are_not_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_bytes_do_not_reach_a_reply, setup, teardown),
        cmocka_unit_test_setup_teardown(facts_are_a_bounded_map, setup, teardown),
        cmocka_unit_test_setup_teardown(out_of_memory_tells_a_budget_from_the_machine, setup, teardown),
        cmocka_unit_test(reasons_fit_into_error_info),
        cmocka_unit_test(without_an_arena_the_message_is_kept),
        cmocka_unit_test(a_full_arena_loses_detail_but_no_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
