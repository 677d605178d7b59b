/* auth/directory: blobs, each with a record of its own or many in one; what is removed is forgotten, what is old is
 * listed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/directory_bench.h"

static void test_blobs(void **state)
{
    struct bench *bench = *state;
    struct jk_blob_facts blob = {.digest = {{1}}, .kind = JK_BLOB_KIND_MANIFEST, .size = 3, .weights = {{4}}}, found;
    struct jk_record record, again;
    assert_true(jk_record_blob(&bench->arena, &blob, &record));
    assert_int_equal(bench_put(bench, &record), JK_OK);
    blob.size = 4;
    assert_true(jk_record_blob(&bench->arena, &blob, &again));
    assert_int_equal(bench_put(bench, &again), JK_OK);
    assert_true(jk_directory_blob(bench->directory, &blob.digest, &found));
    assert_int_equal(found.size, 4);
    assert_int_equal(found.weights.bytes[0], 4);
    struct jk_digest close = {{1, [31] = 1}};
    assert_false(jk_directory_blob(bench->directory, &close, &found));
    assert_true(jk_directory_get_record(bench->directory, record.key, &bench->arena, &again));
    jk_directory_drop(bench->directory, &(struct jk_record){.key = record.key});
    assert_false(jk_directory_blob(bench->directory, &blob.digest, &found));
}

static void put_blob(struct bench *bench, unsigned char digest, struct jk_blob_facts blob)
{
    struct jk_record record;
    blob.digest = (struct jk_digest){{digest}};
    blob.reason = (struct jk_digest){{7}};
    assert_true(jk_record_blob(&bench->arena, &blob, &record));
    assert_int_equal(bench_put(bench, &record), JK_OK);
}

/* Many in one record: each is a blob; what a record of its own says of one holds, before and after; and all are taken
 * back together. */
static void test_hub_records(void **state)
{
    struct bench *bench = *state;
    struct jk_hub_records records = {
        .index = 9, .created_us = 10, .count = 3, .digests = {{{1}}, {{2}}, {{3}}}, .sizes = {100, 200, 300}};
    struct jk_blob_facts found;
    struct jk_record record, other;
    put_blob(bench, 2, (struct jk_blob_facts){.created_us = 5, .state = JK_BLOB_WITHDRAWN});
    assert_true(jk_record_hub_records(&bench->arena, &records, &record));
    assert_string_equal(record.key, "hub-records/9");
    assert_int_equal(bench_put(bench, &record), JK_OK);
    assert_int_equal(bench_put(bench, &record), JK_OK); /* as when it is read again */
    assert_true(jk_directory_blob_stored(bench->directory, &(struct jk_digest){{3}}, &found));
    assert_int_equal(found.size, 300);
    assert_int_equal(found.kind, JK_BLOB_KIND_HUB_RECORD);
    assert_int_equal(found.created_us, 10);
    assert_int_equal(found.bundle, 9);
    assert_int_equal(found.bundle_at, 100 + 200);
    assert_false(jk_directory_blob_stored(bench->directory, &(struct jk_digest){{2}}, &found));
    assert_false(jk_directory_get_record(bench->directory, record.key, &bench->arena, &other));
    put_blob(bench, 1, (struct jk_blob_facts){.created_us = 10, .bundle = 9, .state = JK_BLOB_WITHDRAWN});
    assert_false(jk_directory_blob_stored(bench->directory, &(struct jk_digest){{1}}, &found));
    assert_true(jk_directory_blob(bench->directory, &(struct jk_digest){{1}}, &found));
    assert_int_equal(found.bundle, 0); /* what is withdrawn lies nowhere */
    jk_directory_drop(bench->directory, &record);
    for (unsigned char i = 1; i <= 3; i++)
        assert_false(jk_directory_blob(bench->directory, &(struct jk_digest){{i}}, &found));
}

/* Removed ones are forgotten, and come back; old ones are listed by when they were brought last. */
static void test_removed_and_old_blobs(void **state)
{
    struct bench *bench = *state;
    struct jk_blob_facts found;
    size_t count;
    put_blob(bench, 1, (struct jk_blob_facts){.created_us = 10});
    put_blob(bench, 2, (struct jk_blob_facts){.created_us = 10, .renewed_us = 20, .kind = JK_BLOB_KIND_MANIFEST});
    put_blob(bench, 3, (struct jk_blob_facts){.created_us = 10, .state = JK_BLOB_WITHDRAWN});
    put_blob(bench, 4, (struct jk_blob_facts){.created_us = 10, .state = JK_BLOB_LIFTED});
    put_blob(bench, 5, (struct jk_blob_facts){.created_us = 10, .state = JK_BLOB_REMOVED}); /* was never known here */
    put_blob(bench, 6, (struct jk_blob_facts){.created_us = 10, .kind = JK_BLOB_KIND_HUB_RECORD}); /* of an entry */
    struct jk_digest *digests = jk_directory_old_blobs(bench->directory, 11, &count);
    assert_int_equal(count, 1);
    assert_int_equal(digests[0].bytes[0], 1);
    free(digests);
    free(jk_directory_old_blobs(bench->directory, 10, &count));
    assert_int_equal(count, 0);
    free(jk_directory_old_blobs(bench->directory, 21, &count));
    assert_int_equal(count, 2);
    free(jk_directory_manifests(bench->directory, &count));
    assert_int_equal(count, 1);
    put_blob(bench, 1, (struct jk_blob_facts){.created_us = 10, .state = JK_BLOB_REMOVED});
    for (unsigned char digest = 1; digest <= 5; digest += 4)
        assert_false(jk_directory_blob(bench->directory, &(struct jk_digest){{digest}}, &found));
    put_blob(bench, 1, (struct jk_blob_facts){.created_us = 30});
    assert_true(jk_directory_blob_stored(bench->directory, &(struct jk_digest){{1}}, &found));
    assert_int_equal(found.created_us, 30);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_set_up, bench_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_blobs), TEST(test_hub_records), TEST(test_removed_and_old_blobs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
