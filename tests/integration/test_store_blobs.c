/* Does the store keep a blob's bytes if and only if it keeps its record, whole and once, from uploads and from requests;
 * and does it count what an account uploads a day? */
#include "support/store_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUOTA (4u << 20)

struct blob_naming {
    struct jk_own_write own; /* first */
    struct jk_digest digest;
    uint64_t upload; /* 0: its bytes go */
    bool refuses;    /* decides against itself after that */
};

static enum jk_status decide_naming(struct jk_write *write, struct jk_turn *turn)
{
    struct blob_naming *naming = (struct blob_naming *)write;
    struct jk_blob_facts facts = {.digest = naming->digest, .size = 1, .created_us = turn->time_us};
    struct jk_record record;

    if (naming->upload)
        JK_TRY(jk_turn_blob_name(turn, &naming->digest, naming->upload, write->error));
    else
        JK_TRY(jk_turn_blob_drop(turn, &naming->digest, write->error));
    assert_true(jk_record_blob(turn->arena, &facts, &record));
    JK_TRY(jk_turn_record(turn, &record, write->error));
    return naming->refuses ? jk_fail(write->error, JK_ABORTED, "AFTER_ALL", "after all not") : JK_OK;
}

static enum jk_status name_blob(struct jk_store *store, unsigned char digest, uint64_t upload, bool refuses)
{
    struct blob_naming naming = {
        .own.write.decide = decide_naming, .digest.bytes = {digest}, .upload = upload, .refuses = refuses};
    struct jk_error error;

    jk_error_init(&error, NULL);
    return jk_store_write_own(store, &naming.own, &error);
}

struct blob_bringing {
    unsigned char digest;
    uint64_t account, size;
    bool only_checks;
    enum jk_status outcome;
    uint64_t upload;
    char used[32], limit[32], renewed[32];
};

static void keep_fact(const struct jk_error *error, const char *key, char out[32])
{
    for (size_t i = 0; i < error->fact_count; i++)
        if (strcmp(error->facts[i].key, key) == 0) snprintf(out, 32, "%s", error->facts[i].value);
}

static void bring_work(struct jk_reader *reader, void *context)
{
    struct blob_bringing *bringing = context;
    struct jk_blob_upload what = {.digest.bytes = {bringing->digest},
                                  .size = bringing->size,
                                  .account = bringing->account,
                                  .bytes_per_day = QUOTA};
    struct jk_arena arena;
    struct jk_error error;

    jk_arena_init(&arena, 1 << 20);
    jk_error_init(&error, &arena);
    bringing->outcome = bringing->only_checks ? jk_reader_blob_check(reader, &what, &error)
                                              : jk_reader_blob_begin(reader, &what, &bringing->upload, &error);
    keep_fact(&error, "used_bytes", bringing->used);
    keep_fact(&error, "limit_bytes", bringing->limit);
    keep_fact(&error, "renew_time", bringing->renewed);
    jk_arena_done(&arena);
}

/* What becomes of it; of an upload its number. */
static struct blob_bringing bring(struct jk_store *store, unsigned char digest, uint64_t account, uint64_t size,
                                  bool only_checks)
{
    struct blob_bringing bringing = {digest, account, size, only_checks, JK_OK, 77, "", "", ""};

    store_on_reader(store, bring_work, &bringing);
    return bringing;
}

struct blob_chunk {
    uint64_t upload;
    uint32_t sequence;
    struct jk_span bytes;
    enum jk_status outcome;
};

static void chunk_work(struct jk_reader *reader, void *context)
{
    struct blob_chunk *chunk = context;
    struct jk_error error;

    jk_error_init(&error, NULL);
    chunk->outcome = jk_reader_blob_chunk(reader, chunk->upload, chunk->sequence, chunk->bytes, &error);
}

static enum jk_status put_chunk(struct jk_store *store, uint64_t upload, uint32_t sequence, struct jk_span bytes)
{
    struct blob_chunk chunk = {upload, sequence, bytes, JK_OK};

    store_on_reader(store, chunk_work, &chunk);
    return chunk.outcome;
}

struct blob_reading {
    unsigned char digest;
    uint32_t sequence;
    size_t len;
    char begin[16];
};

static void read_work(struct jk_reader *reader, void *context)
{
    struct blob_reading *reading = context;
    struct jk_digest digest = {.bytes = {reading->digest}};
    struct jk_span bytes;
    struct jk_arena arena;
    struct jk_error error;

    jk_arena_init(&arena, 2 << 20);
    jk_error_init(&error, &arena);
    assert_int_equal(jk_reader_blob_read(reader, &digest, reading->sequence, &arena, &bytes, &error), JK_OK);
    reading->len = bytes.len;
    memcpy(reading->begin, bytes.at, bytes.len < 15 ? bytes.len : 15);
    jk_arena_done(&arena);
}

static void assert_chunk(struct jk_store *store, unsigned char digest, uint32_t sequence, size_t len, const char *begin)
{
    struct blob_reading reading = {.digest = digest, .sequence = sequence};

    store_on_reader(store, read_work, &reading);
    assert_int_equal(reading.len, len);
    assert_string_equal(reading.begin, begin);
}

static uint64_t begin_upload(struct jk_store *store, unsigned char digest)
{
    struct blob_bringing bringing = bring(store, digest, 1, 1, false);

    assert_int_equal(bringing.outcome, JK_OK);
    assert_true(bringing.upload > 0);
    return bringing.upload;
}

static void test_blobs(void **state)
{
    struct store_place place;
    struct jk_store *store;
    char *large = calloc(1, (1 << 20) + 1);

    (void)state;
    store_new_place(&place);
    store = store_start(&place);
    uint64_t first = begin_upload(store, 1), second = begin_upload(store, 1);
    memset(large, 'x', 15);
    assert_int_equal(put_chunk(store, first, 0, (struct jk_span){large, 1 << 20}), JK_OK);
    assert_int_equal(put_chunk(store, first, 1, JK_SPAN("the end")), JK_OK);
    assert_int_equal(put_chunk(store, second, 0, JK_SPAN("other pieces")), JK_OK);
    assert_int_equal(put_chunk(store, second, 1, (struct jk_span){large, (1 << 20) + 1}), JK_INVALID_ARGUMENT);
    assert_chunk(store, 1, 0, 0, ""); /* hidden until it is named */
    assert_int_equal(name_blob(store, 1, first, true), JK_ABORTED);
    assert_chunk(store, 1, 0, 0, "");
    assert_int_equal(name_blob(store, 1, first, false), JK_OK);
    assert_chunk(store, 1, 0, 1 << 20, "xxxxxxxxxxxxxxx");
    assert_chunk(store, 1, 1, 7, "the end");
    assert_int_equal(put_chunk(store, first, 0, JK_SPAN("late")), JK_FAILED_PRECONDITION);
    assert_int_equal(name_blob(store, 1, second, false),
                     JK_OK); /* takes its place whole: no chunk of the other stays */
    assert_chunk(store, 1, 0, 12, "other pieces");
    assert_chunk(store, 1, 1, 0, "");
    assert_int_equal(name_blob(store, 2, 999999, false), JK_INTERNAL); /* nothing is recorded without its bytes */
    assert_int_equal(store_ask_sql(place.database, "select count(*) from record where key like 'blob/02%'"), 0);
    assert_int_equal(name_blob(store, 1, 0, true), JK_ABORTED);
    assert_chunk(store, 1, 0, 12, "other pieces");
    assert_int_equal(name_blob(store, 1, 0, false), JK_OK);
    assert_chunk(store, 1, 0, 0, "");
    assert_int_equal(store_ask_sql(place.database, "select count(*) from blob_chunk"), 0);
    jk_store_stop(store);
    free(large);
}

/* ---- blobs that come with a request ---- */

#define SMALL_MANY 1000

/* Stores `count` blobs of 100 bytes each, then does what else the test wants. */
struct blob_storing {
    struct jk_own_write own; /* first */
    unsigned first, count;
    size_t size; /* of another, larger one; 0: none */
    bool refuses;
    uint64_t upload; /* 0: none; otherwise the first blob is named before, and stored after it */
    bool drops;      /* the first blob goes in the same batch */
};

static struct jk_span small_blob(unsigned number, char out[100], struct jk_digest *out_digest)
{
    memset(out, '.', 100);
    (void)snprintf(out, 100, "blob %u", number);
    struct jk_span bytes = {out, 100};
    *out_digest = jk_digest_of(bytes);
    return bytes;
}

static enum jk_status record_small(struct jk_turn *turn, const struct jk_digest *digest, struct jk_error *error)
{
    struct jk_blob_facts facts = {.digest = *digest, .size = 100, .created_us = turn->time_us};
    struct jk_record record;

    assert_true(jk_record_blob(turn->arena, &facts, &record));
    return jk_turn_record(turn, &record, error);
}

static enum jk_status decide_storing(struct jk_write *write, struct jk_turn *turn)
{
    struct blob_storing *storing = (struct blob_storing *)write;
    static char large[JK_BLOB_SMALL + 1];
    static char texts[SMALL_MANY][100];
    struct jk_digest digest;

    for (unsigned i = 0; i < storing->count; i++) {
        struct jk_span bytes = small_blob(storing->first + i, texts[i], &digest);

        if (i == 0 && storing->upload) JK_TRY(jk_turn_blob_name(turn, &digest, storing->upload, write->error));
        JK_TRY(jk_turn_blob_store(turn, &digest, bytes, write->error));
        if (i == 0 && storing->drops) JK_TRY(jk_turn_blob_drop(turn, &digest, write->error));
        JK_TRY(record_small(turn, &digest, write->error));
    }
    if (storing->size) {
        struct jk_span bytes = {large, storing->size};

        digest = jk_digest_of(bytes);
        JK_TRY(jk_turn_blob_store(turn, &digest, bytes, write->error));
        JK_TRY(record_small(turn, &digest, write->error));
    }
    return storing->refuses ? jk_fail(write->error, JK_ABORTED, "AFTER_ALL", "after all not") : JK_OK;
}

static enum jk_status store_blobs(struct jk_store *store, struct blob_storing storing)
{
    struct jk_error error;

    jk_error_init(&error, NULL);
    storing.own.write.decide = decide_storing;
    return jk_store_write_own(store, &storing.own, &error);
}

/* As many blobs as records, and each of them with its own bytes; returns how many. */
static long count_blobs(const struct store_place *place)
{
    long small = store_ask_sql(place->database, "select count(*) from hub_record where digest = sha256(bytes)");

    assert_int_equal(store_ask_sql(place->database, "select count(*) from hub_record"), small);
    assert_int_equal(store_ask_sql(place->database, "select count(*) from record join hub_record "
                                                    "on key = 'blob/' || encode(digest, 'hex')"),
                     small);
    return small;
}

static void test_small_blobs(void **state)
{
    struct store_place place;
    struct jk_store *store;

    (void)state;
    store_new_place(&place);
    store = store_start(&place);
    assert_int_equal(store_blobs(store, (struct blob_storing){.count = 3, .refuses = true}), JK_ABORTED);
    assert_int_equal(count_blobs(&place), 0);
    assert_int_equal(store_blobs(store, (struct blob_storing){.count = SMALL_MANY}), JK_OK);
    assert_int_equal(count_blobs(&place), SMALL_MANY);
    assert_int_equal(store_blobs(store, (struct blob_storing){.count = 2}), JK_OK); /* the same again: once */
    assert_int_equal(count_blobs(&place), SMALL_MANY);
    assert_int_equal(store_blobs(store, (struct blob_storing){.size = JK_BLOB_SMALL}), JK_OK);
    assert_int_equal(count_blobs(&place), SMALL_MANY + 1);
    assert_int_equal(store_blobs(store, (struct blob_storing){.first = 5000, .count = 1, .size = JK_BLOB_SMALL + 1}),
                     JK_INVALID_ARGUMENT);
    assert_int_equal(count_blobs(&place), SMALL_MANY + 1);
    jk_store_stop(store);
}

/* What the database refuses takes everything with it, and the last of several changes to a blob holds. */
static void test_small_blobs_undone(void **state)
{
    struct store_place place;
    struct jk_store *store;

    (void)state;
    store_new_place(&place);
    store = store_start(&place);
    store_run_sql(place.database, "alter table hub_record add constraint small check (bytes = '') not valid");
    assert_int_equal(store_blobs(store, (struct blob_storing){.count = 2}), JK_INTERNAL);
    assert_int_equal(count_blobs(&place), 0);
    assert_int_equal(store_ask_sql(place.database, "select count(*) from record where key like 'blob/%'"), 0);
    store_run_sql(place.database, "alter table hub_record drop constraint small");
    assert_int_equal(store_blobs(store, (struct blob_storing){.count = 2}), JK_OK);
    assert_int_equal(count_blobs(&place), 2);
    uint64_t upload = begin_upload(store, 1);
    assert_int_equal(put_chunk(store, upload, 0, JK_SPAN("other pieces")), JK_OK);
    assert_int_equal(store_blobs(store, (struct blob_storing){.first = 1, .count = 1, .upload = upload}), JK_OK);
    store_run_sql(place.database, "delete from blob_chunk where digest is null"); /* the upload stayed unfinished */
    assert_int_equal(count_blobs(&place), 2);
    assert_int_equal(store_blobs(store, (struct blob_storing){.first = 1, .count = 1, .drops = true}), JK_OK);
    assert_int_equal(count_blobs(&place), 1);
    jk_store_stop(store);
}

/* ---- many blobs in a bundle ---- */

#define BUNDLE_INDEX 7
#define BUNDLE_BLOBS 5

/* Stores a bundle of 100 bytes each, or drops those whose bits are set. */
struct bundling {
    struct jk_own_write own; /* first */
    unsigned drops;
    bool refuses;
};

static enum jk_status store_bundle(struct jk_turn *turn, struct jk_error *error)
{
    static char texts[BUNDLE_BLOBS][100];
    struct jk_span bytes[BUNDLE_BLOBS];
    struct jk_hub_records *records = jk_arena_zalloc(turn->arena, 1, sizeof(*records));
    struct jk_record record;

    records->index = BUNDLE_INDEX;
    records->created_us = turn->time_us;
    for (unsigned i = 0; i < BUNDLE_BLOBS; i++) {
        bytes[i] = small_blob(i, texts[i], &records->digests[i]);
        records->sizes[records->count++] = 100;
    }
    JK_TRY(jk_turn_bundle_store(turn, BUNDLE_INDEX, bytes, BUNDLE_BLOBS, error));
    assert_true(jk_record_hub_records(turn->arena, records, &record));
    return jk_turn_record(turn, &record, error);
}

static enum jk_status drop_bundled(struct jk_turn *turn, unsigned number, struct jk_error *error)
{
    struct jk_blob_facts facts;
    struct jk_record record;
    struct jk_digest digest;
    char text[100];

    (void)small_blob(number, text, &digest);
    assert_true(jk_directory_blob(turn->directory, &digest, &facts));
    JK_TRY(jk_turn_blob_drop(turn, &digest, error));
    facts.state = JK_BLOB_WITHDRAWN;
    facts.withdrawn_us = turn->time_us;
    facts.reason = digest; /* any */
    assert_true(jk_record_blob(turn->arena, &facts, &record));
    return jk_turn_record(turn, &record, error);
}

static enum jk_status decide_bundling(struct jk_write *write, struct jk_turn *turn)
{
    struct bundling *bundling = (struct bundling *)write;

    if (bundling->drops == 0) JK_TRY(store_bundle(turn, write->error));
    for (unsigned i = 0; i < BUNDLE_BLOBS; i++)
        if (bundling->drops >> i & 1) JK_TRY(drop_bundled(turn, i, write->error));
    return bundling->refuses ? jk_fail(write->error, JK_ABORTED, "AFTER_ALL", "after all not") : JK_OK;
}

static enum jk_status bundle(struct jk_store *store, unsigned drops, bool refuses)
{
    struct bundling bundling = {.own.write.decide = decide_bundling, .drops = drops, .refuses = refuses};
    struct jk_error error;

    jk_error_init(&error, NULL);
    return jk_store_write_own(store, &bundling.own, &error);
}

struct bundle_reading {
    struct jk_bundled where;
    char found[100];
    size_t len;
};

static void bundle_work(struct jk_reader *reader, void *context)
{
    struct bundle_reading *reading = context;
    struct jk_span bytes;
    struct jk_arena arena;
    struct jk_error error;

    jk_arena_init(&arena, 1 << 20);
    jk_error_init(&error, &arena);
    assert_int_equal(jk_reader_bundle_read(reader, &reading->where, &arena, &bytes, &error), JK_OK);
    assert_true(bytes.len <= sizeof(reading->found));
    memcpy(reading->found, bytes.at, bytes.len);
    reading->len = bytes.len;
    jk_arena_done(&arena);
}

/* Bit i: blob i can be read, and is what it was. */
static unsigned readable(struct jk_store *store)
{
    unsigned found = 0;

    for (unsigned i = 0; i < BUNDLE_BLOBS; i++) {
        struct bundle_reading reading = {.where = {.index = BUNDLE_INDEX, .at = i * 100, .size = 100}};
        char text[100];
        struct jk_span bytes = small_blob(i, text, &reading.where.digest);

        store_on_reader(store, bundle_work, &reading);
        if (reading.len == 0) continue;
        assert_true(jk_span_equal(bytes, (struct jk_span){reading.found, reading.len}));
        found |= 1u << i;
    }
    return found;
}

/* All lie in one row, come back one by one, and are erased one by one; the others stay where they are. */
static void test_bundles(void **state)
{
    struct store_place place;
    struct jk_store *store;

    (void)state;
    store_new_place(&place);
    store = store_start(&place);
    assert_int_equal(bundle(store, 0, true), JK_ABORTED);
    assert_int_equal(store_ask_sql(place.database, "select count(*) from hub_bundle"), 0);
    assert_int_equal(bundle(store, 0, false), JK_OK);
    assert_int_equal(store_ask_sql(place.database, "select count(*) from hub_bundle"), 1);
    assert_int_equal(readable(store), 0x1f);
    assert_int_equal(bundle(store, 0x10, true), JK_ABORTED);
    assert_int_equal(readable(store), 0x1f);
    assert_int_equal(bundle(store, 0x0d, false), JK_OK); /* the first, and two side by side */
    assert_int_equal(readable(store), 0x12);
    jk_store_stop(store);
    store = store_start(&place); /* which knows of those withdrawn, and where the others lie */
    assert_int_equal(bundle(store, 0x10, false), JK_OK);
    assert_int_equal(readable(store), 0x02);
    assert_int_equal(store_ask_sql(place.database, "select octet_length(bytes) from hub_bundle"), 100 * BUNDLE_BLOBS);
    assert_int_equal(store_ask_sql(place.database,
                                   "select count(*) from hub_bundle where bytes = decode(repeat('00', 100), "
                                   "'hex') || substring(bytes from 101 for 100) || "
                                   "decode(repeat('00', 300), 'hex')"),
                     1);
    jk_store_stop(store);
}

#define DAY_US INT64_C(86400000000)

static struct jk_store *start_at_noon(const struct store_place *place)
{
    struct jk_store_options options = store_options(place);
    struct jk_store *store;
    struct jk_error error;

    options.clocks = &store_clocks;
    jk_error_init(&error, NULL);
    if (jk_store_start(&options, &store, &error) != JK_OK) fail_msg("%s", error.message);
    return store;
}

/* Two servers of one database, and one of them started again. The clocks show noon in UTC: no day ends meanwhile. */
static void test_blob_quota(void **state)
{
    struct store_place place, other_place;
    struct jk_store *store, *other;
    int64_t ahead_us = DAY_US + DAY_US / 2 - jk_now_us() % DAY_US;

    (void)state;
    store_new_place(&place);
    store_fake_database_clock(&place);
    store_set_clocks(&place, ahead_us, ahead_us, ahead_us);
    store = start_at_noon(&place);
    store_new_sibling(&place, &other_place);
    other = start_at_noon(&other_place);
    store_run_sql(place.database, "insert into blob_day values (1, 2, 1 << 30)");
    assert_int_equal(bring(store, 1, 1, QUOTA, true).outcome, JK_OK); /* asking costs nothing */
    assert_int_equal(bring(store, 1, 1, QUOTA + 1, true).outcome, JK_RESOURCE_EXHAUSTED);
    assert_int_equal(bring(store, 1, 1, QUOTA + 1, false).outcome, JK_RESOURCE_EXHAUSTED);
    uint64_t upload = bring(store, 1, 1, QUOTA - 2 * JK_BLOB_LEAST, false).upload;
    assert_true(upload > 0);
    assert_int_equal(bring(other, 2, 1, 1, false).outcome, JK_OK); /* counts as JK_BLOB_LEAST */
    struct blob_bringing refused = bring(other, 3, 1, JK_BLOB_LEAST + 1, false);
    assert_int_equal(refused.outcome, JK_RESOURCE_EXHAUSTED);
    assert_string_equal(refused.used, "4190208");
    assert_string_equal(refused.limit, "4194304");
    assert_non_null(strstr(refused.renewed, "T00:00:00.000000Z"));
    assert_int_equal(bring(store, 3, 1, JK_BLOB_LEAST + 1, true).outcome, JK_RESOURCE_EXHAUSTED);
    assert_int_equal(bring(store, 3, 2, JK_BLOB_LEAST + 1, false).outcome, JK_OK); /* another account */
    jk_store_stop(other);
    other = start_at_noon(&other_place);
    assert_int_equal(bring(other, 3, 1, JK_BLOB_LEAST, false).outcome, JK_OK); /* up to the last byte */
    assert_int_equal(bring(other, 4, 1, 0, false).outcome, JK_RESOURCE_EXHAUSTED);

    assert_int_equal(put_chunk(store, upload, 0, JK_SPAN("x")), JK_OK);
    assert_int_equal(bring(other, 1, 1, QUOTA, false).outcome, JK_RESOURCE_EXHAUSTED); /* not here yet */
    assert_int_equal(name_blob(store, 1, upload, false), JK_OK);
    assert_int_equal(bring(other, 1, 1, QUOTA, true).outcome, JK_OK); /* what is here costs nothing */
    struct blob_bringing again = bring(other, 1, 1, QUOTA, false);
    assert_int_equal(again.outcome, JK_OK);
    assert_int_equal(again.upload, 0);
    assert_int_equal(store_ask_sql(place.database, "select bytes from blob_day where account = 1 and day > 2"), QUOTA);
    store_run_sql(place.database, "update blob_day set day = day - 1 where day > 2");
    assert_int_equal(bring(other, 5, 1, QUOTA, false).outcome, JK_OK); /* the next day */
    jk_store_stop(other);
    jk_store_stop(store);
    store_set_clocks(&place, 0, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blobs),   cmocka_unit_test(test_small_blobs), cmocka_unit_test(test_small_blobs_undone),
        cmocka_unit_test(test_bundles), cmocka_unit_test(test_blob_quota),
    };

    return cmocka_run_group_tests(tests, store_set_up, store_tear_down);
}
