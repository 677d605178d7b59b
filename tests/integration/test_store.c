/* Does the store do what its port says: writes in order, replies once, refusals alone; and what is kept beside the log?
 */
#include "support/store_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

static void test_new_log(void **state)
{
    struct store_place place;
    struct jk_store *store;
    struct jk_view view;
    uint32_t size;

    (void)state;
    store_new_place(&place);
    store = store_start(&place);
    jk_store_view(store, &view);
    assert_true(jk_span_equal(jk_book_origin(view.book), JK_SPAN("log.test/jokbo")));
    assert_true(jk_span_equal(jk_book_purpose(view.book), JK_SPAN("registry")));
    jk_store_view_end(store);
    size = store_size_of(store);
    assert_true(size > 3); /* init, spdx, and each licence */
    assert_true(jk_store_is_healthy(store));
    assert_int_equal(store_write_one(store, "alpha"), JK_OK);
    assert_int_equal(store_size_of(store), size + 1);
    assert_true(store_has_publisher(store, "Alpha"));
    assert_int_equal(store_check_log(store), size + 1);
    jk_store_stop(store);

    store = store_start(&place); /* all is there again */
    assert_true(store_has_publisher(store, "alpha"));
    assert_int_equal(store_check_log(store), size + 1);
    assert_int_equal(store_write_one(store, "alpha"), JK_ALREADY_EXISTS);
    jk_store_stop(store);
}

static void test_request_ids(void **state)
{
    struct store_client first, second;
    struct store_place place;
    struct jk_store *store;
    char reply[64];

    (void)state;
    store_new_place(&place);
    store = store_start(&place);
    store_client_init(&first, "one");
    store_client_request(&first, 7, 1, 1);
    assert_int_equal(store_client_run(&first, store), JK_OK);
    memcpy(reply, first.reply, sizeof(reply));
    store_client_done(&first);

    store_client_init(&second, "one"); /* the same again: the stored reply, nothing appended */
    store_client_request(&second, 7, 1, 1);
    assert_int_equal(store_client_run(&second, store), JK_OK);
    assert_true(second.write.replayed);
    assert_string_equal(second.reply, reply);
    store_client_done(&second);

    store_client_init(&second, "two"); /* another request under the same id */
    store_client_request(&second, 7, 1, 2);
    assert_int_equal(store_client_run(&second, store), JK_INVALID_ARGUMENT);
    assert_string_equal(second.error.reason, "REQUEST_ID_REUSED");
    store_client_done(&second);

    store_client_init(&second, "two"); /* another account's id is another id */
    store_client_request(&second, 8, 1, 2);
    assert_int_equal(store_client_run(&second, store), JK_OK);
    assert_false(second.write.replayed);
    store_client_done(&second);
    jk_store_stop(store);

    store = store_start(&place); /* and after a restart */
    store_client_init(&second, "one");
    store_client_request(&second, 7, 1, 1);
    assert_int_equal(store_client_run(&second, store), JK_OK);
    assert_string_equal(second.reply, reply);
    store_client_done(&second);
    store_check_log(store);
    jk_store_stop(store);
}

/* A reply of more than 7 days stands for nothing, even where it has not been deleted yet: the id is free for another
 * request, whose reply takes the place. */
static void test_expired_request_id(void **state)
{
    struct store_client client;
    struct store_place place;
    struct jk_store *store;

    (void)state;
    store_new_place(&place);
    store = store_start(&place);
    store_client_init(&client, "old");
    store_client_request(&client, 7, 1, 1);
    assert_int_equal(store_client_run(&client, store), JK_OK);
    store_client_done(&client);
    store_run_sql(place.database, "update reply set created = now() - interval '169 hours'");
    for (int i = 0; i < 2; i++) {
        store_client_init(&client, "new");
        store_client_request(&client, 7, 1, 2);
        assert_int_equal(store_client_run(&client, store), JK_OK);
        assert_int_equal(client.write.replayed, i == 1);
        store_client_done(&client);
    }
    store_check_log(store);
    jk_store_stop(store);
}

/* A failure stores no reply: the same request may go well later. */
static void test_failure_is_not_stored(void **state)
{
    struct store_client client;
    struct store_place place;
    struct jk_store *store;

    (void)state;
    store_new_place(&place);
    store = store_start(&place);
    store_client_init(&client, "maybe");
    store_client_request(&client, 1, 9, 9);
    client.fail_at_end = true;
    assert_int_equal(store_client_run(&client, store), JK_FAILED_PRECONDITION);
    store_client_done(&client);
    store_client_init(&client, "maybe");
    store_client_request(&client, 1, 9, 9);
    assert_int_equal(store_client_run(&client, store), JK_OK);
    assert_false(client.write.replayed);
    store_client_done(&client);
    jk_store_stop(store);
}

/* Good, bad and repeated ones together: one that holds its batch up before them makes them share the next. */
static void test_one_batch(void **state)
{
    enum { MANY = 40 };
    struct store_client *clients = calloc(MANY, sizeof(*clients)), slow;
    struct store_place place;
    struct jk_store *store;
    uint32_t before;
    char name[32];

    (void)state;
    store_new_place(&place);
    store = store_start(&place);
    before = store_size_of(store);
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof(name), "b%d", i % 4 == 1 ? i - 1 : i); /* each second pair is the same request */
        store_client_init(&clients[i], name);
        if (i % 4 == 0 || i % 4 == 1) store_client_request(&clients[i], 3, (unsigned char)(1 + i / 4), 1);
        clients[i].fail_at_end = i % 4 == 2;
        clients[i].with_record = true;
        clients[i].count = 2;
    }
    store_client_init(&slow, "slow");
    slow.holds = true;
    assert_true(jk_store_write(store, &slow.write));
    store_client_wait_holding(&slow);
    for (int i = 0; i < MANY; i++)
        assert_true(jk_store_write(store, &clients[i].write));
    store_client_let_go(&slow);
    assert_int_equal(store_client_wait(&slow), JK_OK);
    store_client_done(&slow);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(store_client_wait(&clients[i]), i % 4 == 2 ? JK_FAILED_PRECONDITION : JK_OK);
        if (i % 4 == 1) {
            assert_true(clients[i].write.replayed);
            assert_string_equal(clients[i].reply, clients[i - 1].reply);
        }
    }
    assert_int_equal(store_size_of(store), before + 1 + MANY / 2 * 2);
    assert_int_equal(store_ask_sql(place.database, "select count(*) from batch"),
                     3); /* the log's own, the slow one's, theirs */
    assert_int_equal(store_ask_sql(place.database, "select count(*) from record"), MANY / 2);
    assert_int_equal(jk_directory_next_id(jk_store_directory(store), "account"), MANY / 2 + 1);
    for (int i = 0; i < MANY; i++)
        store_client_done(&clients[i]);
    free(clients);
    store_check_log(store);
    jk_store_stop(store);
}

static void test_dry_and_abandoned(void **state)
{
    struct store_client client;
    struct store_place place;
    struct jk_store *store;
    uint32_t before;

    (void)state;
    store_new_place(&place);
    store = store_start(&place);
    before = store_size_of(store);
    store_client_init(&client, "dry");
    store_client_request(&client, 1, 1, 1);
    client.write.dry = true;
    client.with_record = true;
    assert_int_equal(store_client_run(&client, store), JK_OK);
    assert_true(strncmp(client.reply, "dry at ", 7) == 0);
    store_client_done(&client);
    store_client_init(&client, "gone");
    client.gone = true;
    assert_int_equal(store_client_run(&client, store), JK_CANCELLED);
    store_client_done(&client);
    assert_int_equal(store_size_of(store), before);
    assert_false(store_has_publisher(store, "dry"));
    assert_int_equal(jk_directory_next_id(jk_store_directory(store), "account"), 1);
    assert_int_equal(store_ask_sql(place.database, "select count(*) from reply"), 0);
    assert_int_equal(store_write_one(store, "dry"), JK_OK);
    jk_store_stop(store);
}

static void test_write_limits(void **state)
{
    struct store_client client;
    struct store_place place;
    struct jk_store *store;
    uint32_t before;

    (void)state;
    store_new_place(&place);
    store = store_start(&place);
    before = store_size_of(store);
    store_client_init(&client, "many");
    client.count = JK_WRITE_ENTRIES_MAX + 1;
    assert_int_equal(store_client_run(&client, store), JK_INVALID_ARGUMENT);
    assert_string_equal(client.error.reason, "WRITE_TOO_LARGE");
    store_client_done(&client);
    assert_int_equal(store_size_of(store), before);
    store_client_init(&client, "many");
    client.count = JK_WRITE_ENTRIES_MAX;
    assert_int_equal(store_client_run(&client, store), JK_OK);
    assert_int_equal(client.write.entry_count, JK_WRITE_ENTRIES_MAX);
    assert_int_equal(client.write.first_index, before);
    store_client_done(&client);
    /* Three at once are more than one batch holds: the rest is put off, and in order. */
    struct store_client three[3];
    for (int i = 0; i < 3; i++) {
        store_client_init(&three[i], (const char *[]){"x", "y", "z"}[i]);
        three[i].count = JK_WRITE_ENTRIES_MAX;
        assert_true(jk_store_write(store, &three[i].write));
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(store_client_wait(&three[i]), JK_OK);
        assert_int_equal(three[i].write.first_index, before + (uint32_t)(i + 1) * JK_WRITE_ENTRIES_MAX);
        store_client_done(&three[i]);
    }
    assert_int_equal(store_check_log(store), before + 4 * JK_WRITE_ENTRIES_MAX);
    jk_store_stop(store);
}

static void test_many_writers(void **state)
{
    struct store_loader loaders[64];
    struct store_place place;
    struct jk_store *store;
    uint32_t before;
    int64_t began_us;

    (void)state;
    store_new_place(&place);
    store = store_start(&place);
    before = store_size_of(store);
    began_us = jk_monotonic_us();
    store_begin_load(loaders, 64, store, "many", 40, false);
    assert_int_equal(store_end_load(loaders, 64), 64 * 40);
    print_message("    %d writes of 64 threads in %lld ms\n", 64 * 40,
                  (long long)(jk_monotonic_us() - began_us) / 1000);
    assert_int_equal(store_check_log(store), before + 64 * 40);
    assert_true(store_ask_sql(place.database, "select count(*) from batch") < 64 * 40); /* batches were shared */
    jk_store_stop(store);
}

/* ---- blobs ---- */

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

struct text_check {
    struct jk_digest digest;
    enum jk_status status;
    char text[64];
};

static void text_work(struct jk_reader *reader, void *context)
{
    struct text_check *check = context;
    struct jk_arena arena;
    struct jk_error error;
    struct jk_span text = {"", 0};

    jk_arena_init(&arena, 1 << 20);
    jk_error_init(&error, &arena);
    check->status = jk_reader_text(reader, &check->digest, &arena, &text, &error);
    (void)snprintf(check->text, sizeof(check->text), "%.*s", JK_SPAN_ARG(text));
    jk_arena_done(&arena);
}

static void test_texts(void **state)
{
    char *large = malloc(4098);
    struct text_check check = {0};
    struct store_client client;
    struct store_place place;
    struct jk_store *store;

    (void)state;
    memset(large, 'a', 4098);
    store_new_place(&place);
    store = store_start(&place);
    store_client_init(&client, "texts");
    client.text = JK_SPAN("왜냐하면 그렇다");
    assert_int_equal(store_client_run(&client, store), JK_OK);
    check.digest = client.text_digest;
    store_client_done(&client);
    store_on_reader(store, text_work, &check);
    assert_int_equal(check.status, JK_OK);
    assert_string_equal(check.text, "왜냐하면 그렇다");
    store_run_sql(place.database, "update free_text set salt = null, body = null, withdrawn = now()");
    store_on_reader(store, text_work, &check);
    assert_int_equal(check.status, JK_NOT_FOUND);

    store_client_init(&client, "long");
    client.text = (struct jk_span){large, 4097};
    assert_int_equal(store_client_run(&client, store), JK_INVALID_ARGUMENT);
    store_client_done(&client);
    store_client_init(&client, "long");
    client.text = (struct jk_span){large, 4096};
    assert_int_equal(store_client_run(&client, store), JK_OK);
    store_client_done(&client);
    store_client_init(&client, "bad");
    client.text = JK_SPAN("\xff");
    assert_int_equal(store_client_run(&client, store), JK_INVALID_ARGUMENT);
    store_client_done(&client);
    free(large);
    jk_store_stop(store);
}

struct now_check {
    struct jk_moment moment;
    uint64_t size;
    enum jk_status status;
};

static void now_work(struct jk_reader *reader, void *context)
{
    struct now_check *check = context;
    struct jk_error error;

    jk_error_init(&error, NULL);
    assert_int_equal(jk_reader_size(reader, &check->size, &error), JK_OK);
    check->status = jk_reader_moment(reader, &check->moment, &error);
}

static void late_work(struct jk_reader *reader, void *context)
{
    struct now_check *check = context;
    struct jk_error error;

    jk_error_init(&error, NULL);
    jk_reader_deadline(reader, jk_monotonic_ms() - 1);
    check->status = jk_reader_moment(reader, &check->moment, &error);
}

static void test_clock(void **state)
{
    struct now_check check = {0};
    struct store_client client;
    struct store_place place;
    struct jk_store *store;

    (void)state;
    store_new_place(&place);
    store = store_start(&place);
    store_on_reader(store, now_work, &check);
    assert_int_equal(check.status, JK_OK);
    assert_int_equal(check.size, store_size_of(store));
    assert_int_equal(check.moment.size, check.size);
    assert_true(llabs(check.moment.now_us - jk_now_us()) < 5000000);
    assert_true(check.moment.both_us <= check.moment.now_us);
    store_on_reader(store, late_work, &check);
    assert_int_equal(check.status, JK_DEADLINE_EXCEEDED);

    store_client_init(&client, "timed");
    assert_int_equal(store_client_run(&client, store), JK_OK);
    assert_true(client.write.time_us >= check.moment.now_us);
    store_client_done(&client);
    jk_store_stop(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_log),
        cmocka_unit_test(test_request_ids),
        cmocka_unit_test(test_expired_request_id),
        cmocka_unit_test(test_failure_is_not_stored),
        cmocka_unit_test(test_one_batch),
        cmocka_unit_test(test_dry_and_abandoned),
        cmocka_unit_test(test_write_limits),
        cmocka_unit_test(test_many_writers),
        cmocka_unit_test(test_blobs),
        cmocka_unit_test(test_blob_quota),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_clock),
    };

    return cmocka_run_group_tests(tests, store_set_up, store_tear_down);
}
