/* What do PostgreSQL's error codes mean to the store, and does a database that is not there fail in time and with
 * back-off? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "store/conn.h"

static void expect(const char *code, enum jk_status status, const char *reason, bool lost)
{
    struct jk_sqlstate meaning = jk_sqlstate_meaning(code);

    assert_int_equal(meaning.status, status);
    assert_string_equal(meaning.reason, reason);
    assert_int_equal(meaning.lost, lost);
}

static void test_codes(void **state)
{
    (void)state;
    expect(NULL, JK_UNAVAILABLE, "DATABASE_UNAVAILABLE", true);
    expect("", JK_UNAVAILABLE, "DATABASE_UNAVAILABLE", true);
    expect("08006", JK_UNAVAILABLE, "DATABASE_UNAVAILABLE", true);
    expect("25006", JK_UNAVAILABLE, "DATABASE_READ_ONLY", true);
    expect("57P01", JK_UNAVAILABLE, "DATABASE_UNAVAILABLE", true);
    expect("57P03", JK_UNAVAILABLE, "DATABASE_UNAVAILABLE", true);
    expect("57014", JK_DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", false);
    expect("53100", JK_UNAVAILABLE, "DATABASE_DISK_FULL", false);
    expect("53300", JK_UNAVAILABLE, "DATABASE_OVERLOADED", false);
    expect("55P03", JK_UNAVAILABLE, "LOCK_TIMEOUT", false);
    expect("40001", JK_UNAVAILABLE, "TRANSACTION_ABORTED", false);
    expect("23505", JK_INTERNAL, "DATABASE_ERROR", false);
}

static void test_nobody_there(void **state)
{
    int64_t began_ms = jk_monotonic_ms();
    struct jk_error error;
    struct jk_conn conn;

    (void)state;
    jk_conn_init(&conn, "host=/nonexistent,127.0.0.1 port=1 dbname=none", JK_CONN_WRITER);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_conn_up(&conn, 2000, &error), JK_UNAVAILABLE);
    assert_null(conn.pg);
    assert_int_equal(conn.failures, 1);
    assert_int_equal(conn.rotation, 1);
    assert_true(conn.next_ms > jk_monotonic_ms());
    jk_error_init(&error, NULL);
    assert_int_equal(jk_conn_up(&conn, 2000, &error), JK_UNAVAILABLE); /* no attempt yet */
    assert_int_equal(conn.failures, 1);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_conn_wait(&conn, jk_monotonic_ms() + 300, &error), JK_UNAVAILABLE);
    assert_true(conn.failures > 1);
    assert_true(jk_monotonic_ms() - began_ms < 5000);
    jk_conn_drop(&conn);
}

static void test_bad_string(void **state)
{
    struct jk_error error;
    struct jk_conn conn;

    (void)state;
    jk_conn_init(&conn, "no such=thing", JK_CONN_PLAIN);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_conn_wait(&conn, jk_monotonic_ms() + 1000, &error), JK_FAILED_PRECONDITION);
    assert_string_equal(error.reason, "DATABASE_STRING");
}

static void test_run_while_down(void **state)
{
    struct jk_query query;
    struct jk_error error;
    struct jk_conn conn;

    (void)state;
    jk_conn_init(&conn, "", JK_CONN_WRITER);
    jk_query_init(&query, JK_SQL_BEGIN);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_conn_run(&conn, &query, 1, jk_monotonic_ms() + 100, &error), JK_UNAVAILABLE);
    assert_null(query.result);
    jk_conn_rollback(&conn); /* nothing to do */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_bad_string),
        cmocka_unit_test(test_run_while_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
