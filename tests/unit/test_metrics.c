/* Counting, and the text of it. The rows are the server's own, so each test takes rows that no other uses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <cmocka.h>

#include "base/metrics.h"

static const char *const methods[] = {"plain", "a \"b\"\\\n"};
static const char *const codes[] = {"OK", "NOT_FOUND"};

static bool shows(const char *wanted)
{
    struct jk_text text;
    jk_text_init(&text, 0);
    jk_metrics_write(&text);
    bool found = strstr(text.bytes, wanted) != NULL;
    jk_text_done(&text);
    return found;
}

static void test_without_labels(void **state)
{
    (void)state;
    jk_metrics_add(JK_METRIC_BATCH_ENTRIES, 0, 0, 3);
    jk_metrics_add(JK_METRIC_BATCH_ENTRIES, 0, 0, 4);
    jk_metrics_set(JK_METRIC_LOG_SIZE, UINT64_MAX);
    jk_metrics_set(JK_METRIC_PROCESS_CPU, 1500001);
    assert_int_equal(jk_metrics_read(JK_METRIC_BATCH_ENTRIES, 0, 0), 7);
    assert_true(shows("# HELP jokbo_batch_entries_total Log entries that this server wrote.\n"
                      "# TYPE jokbo_batch_entries_total counter\njokbo_batch_entries_total 7\n"));
    assert_true(shows("# TYPE jokbo_log_size gauge\njokbo_log_size 18446744073709551615\n"));
    assert_true(shows("\nprocess_cpu_seconds_total 1.500001\n"));
    assert_true(shows("\njokbo_database_up 0\n"));
}

/* Before its labels are given a row takes nothing and shows nothing. */
static void test_labels(void **state)
{
    (void)state;
    jk_metrics_add(JK_METRIC_RPC_CALLS, 9, 9, 1);
    assert_false(shows("jokbo_rpc_calls_total"));
    assert_true(jk_metrics_labels(JK_METRIC_RPC_CALLS, methods, 2, codes, 2));
    assert_true(jk_metrics_labels(JK_METRIC_RPC_CALLS, methods, 2, codes, 2));
    assert_true(shows("# TYPE jokbo_rpc_calls_total counter\n# HELP"));
    jk_metrics_add(JK_METRIC_RPC_CALLS, 0, 1, 5);
    jk_metrics_add(JK_METRIC_RPC_CALLS, 1, 0, 6);
    assert_int_equal(jk_metrics_read(JK_METRIC_RPC_CALLS, 0, 0), 0);
    assert_true(shows("counter\njokbo_rpc_calls_total{method=\"plain\",code=\"NOT_FOUND\"} 5\n"
                      "jokbo_rpc_calls_total{method=\"a \\\"b\\\"\\\\\\n\",code=\"OK\"} 6\n# HELP"));
}

static void test_histogram(void **state)
{
    (void)state;
    static const uint64_t counts[] = {0, 1, 2, 3, 512, 513};
    uint64_t sum = 0;
    for (size_t i = 0; i < 6; i++) {
        jk_metrics_observe(JK_METRIC_BATCH_WRITES, 0, counts[i]);
        sum += counts[i];
    }
    assert_int_equal(sum, 1031);
    assert_int_equal(jk_metrics_read(JK_METRIC_BATCH_WRITES, 0, 0), 6);
    assert_true(shows("# TYPE jokbo_batch_writes histogram\njokbo_batch_writes_bucket{le=\"1\"} 2\n"
                      "jokbo_batch_writes_bucket{le=\"2\"} 3\njokbo_batch_writes_bucket{le=\"4\"} 4\n"));
    assert_true(
        shows("{le=\"256\"} 4\njokbo_batch_writes_bucket{le=\"512\"} 5\njokbo_batch_writes_bucket{le=\"+Inf\"} 6\n"
              "jokbo_batch_writes_sum 1031\njokbo_batch_writes_count 6\n"));
}

static void test_histogram_of_seconds(void **state)
{
    (void)state;
    assert_true(jk_metrics_labels(JK_METRIC_RPC_SECONDS, methods, 2, NULL, 0));
    jk_metrics_observe(JK_METRIC_RPC_SECONDS, 0, 100);
    jk_metrics_observe(JK_METRIC_RPC_SECONDS, 0, 101);
    jk_metrics_observe(JK_METRIC_RPC_SECONDS, 0, 11000000);
    assert_true(shows("histogram\njokbo_rpc_duration_seconds_bucket{method=\"plain\",le=\"0.000100\"} 1\n"
                      "jokbo_rpc_duration_seconds_bucket{method=\"plain\",le=\"0.000250\"} 2\n"));
    assert_true(shows("jokbo_rpc_duration_seconds_bucket{method=\"plain\",le=\"10.000000\"} 2\n"
                      "jokbo_rpc_duration_seconds_bucket{method=\"plain\",le=\"+Inf\"} 3\n"
                      "jokbo_rpc_duration_seconds_sum{method=\"plain\"} 11.000201\n"
                      "jokbo_rpc_duration_seconds_count{method=\"plain\"} 3\n# HELP"));
}

static void *count(void *context)
{
    for (int i = 0; i < 100000; i++) {
        jk_metrics_add(JK_METRIC_HTTP_OVERDUE, 0, 0, 1);
        jk_metrics_observe(JK_METRIC_BATCH_SECONDS, 0, (uint64_t)i);
    }
    return context;
}

static void test_threads(void **state)
{
    (void)state;
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(jk_metrics_read(JK_METRIC_HTTP_OVERDUE, 0, 0), 400000);
    assert_int_equal(jk_metrics_read(JK_METRIC_BATCH_SECONDS, 0, 0), 400000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_labels),       cmocka_unit_test(test_labels),  cmocka_unit_test(test_histogram),
        cmocka_unit_test(test_histogram_of_seconds), cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
