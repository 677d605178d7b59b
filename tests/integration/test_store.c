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
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_clock),
    };

    return cmocka_run_group_tests(tests, store_set_up, store_tear_down);
}
