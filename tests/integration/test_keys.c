/* The signing key's rotation against a real PostgreSQL: both keys sign for a time, every server needs both, whoever has
 * the first key can follow, and a crash between any two steps changes nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/defer.h"
#include "store/conn.h"
#include "support/receipts.h"
#include "support/store_fixture.h"
#include "tlog/receipt.h"
#include "tlog/rotation.h"

#define KEYS 3

static void path_of(const struct store_place *place, const char *name, char out_path[200])
{
    (void)snprintf(out_path, 200, "%s/log.key%s", place->data_dir, name);
}

static bool is_there(const struct store_place *place, const char *name)
{
    char path[200];

    path_of(place, name, path);
    return access(path, F_OK) == 0;
}

static void move_key(const struct store_place *place, const char *from, const char *to)
{
    char old_path[200], new_path[200];

    path_of(place, from, old_path);
    path_of(place, to, new_path);
    assert_int_equal(rename(old_path, new_path), 0);
}

static void copy_key(const struct store_place *from, const struct store_place *to, const char *name)
{
    char source[200], target[200], bytes[2048];
    FILE *file;
    size_t len;

    path_of(from, name, source);
    path_of(to, name, target);
    assert_non_null(file = fopen(source, "r"));
    len = fread(bytes, 1, sizeof(bytes), file);
    (void)fclose(file);
    assert_non_null(file = fopen(target, "w"));
    assert_int_equal(fchmod(fileno(file), 0600), 0);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    (void)fclose(file);
}

static void make_next(const struct store_place *place, struct jk_verifier *out_verifier)
{
    JK_CLEANUP(jk_text_done) struct jk_text text = {0}, again = {0};
    struct jk_error error;
    struct stat facts;
    char path[200];
    bool made;

    jk_error_init(&error, NULL);
    path_of(place, "", path);
    assert_int_equal(jk_store_next_key(path, &text, &made, &error), JK_OK);
    assert_true(made);
    assert_int_equal(jk_store_next_key(path, &again, &made, &error), JK_OK);
    assert_false(made);
    assert_string_equal(again.bytes, text.bytes);
    path_of(place, ".next", path);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 07777, 0600);
    assert_true(jk_verifier_parse(jk_text_span(&text), out_verifier));
}

/* ---- writes ---- */

static enum jk_status rotate(struct jk_write *write, struct jk_turn *turn)
{
    return jk_turn_rotate_key(turn, write->error);
}

static enum jk_status retire(struct jk_write *write, struct jk_turn *turn)
{
    return jk_turn_retire_key(turn, write->error);
}

/* NULL when it went well, else the reason. */
static const char *run(struct jk_store *store, enum jk_status (*decide)(struct jk_write *, struct jk_turn *))
{
    struct store_client client;
    const char *reason;

    store_client_init(&client, "");
    client.write.decide = decide;
    reason = store_client_run(&client, store) == JK_OK ? NULL : client.error.reason;
    store_client_done(&client);
    return reason;
}

static const char *write_one(struct jk_store *store, const char *name)
{
    struct store_client client;
    const char *reason;

    store_client_init(&client, name);
    reason = store_client_run(&client, store) == JK_OK ? NULL : client.error.reason;
    store_client_done(&client);
    return reason;
}

/* ---- what is signed ---- */

/* The store's checkpoint is signed by exactly these of the known keys, and its own list says so. */
static void signed_by(struct jk_store *store, const struct jk_verifier keys[KEYS], unsigned which)
{
    JK_CLEANUP(jk_text_done) struct jk_text lines = {0};
    struct jk_span note, body, rest, line;
    struct jk_arena arena;
    unsigned listed = 0;

    jk_arena_init(&arena, 1 << 20);
    struct jk_error error;
    jk_error_init(&error, &arena);
    assert_int_equal(jk_store_checkpoint(store, &arena, &note, &error), JK_OK);
    jk_store_keys(store, UINT32_MAX, &lines);
    rest = jk_text_span(&lines);
    while (jk_span_line(&rest, &line)) {
        struct jk_verifier verifier;

        assert_true(jk_verifier_parse(line, &verifier));
        for (unsigned i = 0; i < KEYS; i++)
            if (memcmp(verifier.public_key, keys[i].public_key, 32) == 0) listed |= 1u << i;
    }
    assert_int_equal(listed, which);
    for (unsigned i = 0; i < KEYS; i++) {
        enum jk_status status;

        jk_error_init(&error, &arena);
        status = jk_note_verify(note, &keys[i], &body, &error);
        if ((status == JK_OK) != (which >> i & 1)) fail_msg("key %u: %s", i, error.message);
    }
    jk_arena_done(&arena);
}

static void current_key(struct jk_store *store, struct jk_verifier *out_verifier)
{
    JK_CLEANUP(jk_text_done) struct jk_text lines = {0};

    jk_store_keys(store, UINT32_MAX, &lines);
    assert_true(jk_verifier_parse(jk_span_trim(jk_text_span(&lines)), out_verifier));
}

static void receipt_verifies(const struct jk_text *text, struct jk_store *store, const struct jk_verifier *key)
{
    struct jk_receipt receipt;
    struct jk_digest leaf;
    struct jk_view view;
    struct jk_error error;

    jk_error_init(&error, NULL);
    assert_int_equal(jk_receipt_parse(jk_text_span(text), &receipt, &error), JK_OK);
    jk_store_view(store, &view);
    assert_true(jk_forest_read(view.forest, 0, receipt.index, &leaf));
    jk_store_view_end(store);
    if (verify_receipt(&receipt, &leaf, key, &error) != JK_OK) fail_msg("%s", error.message);
}

static void take_receipt(struct jk_store *store, struct jk_text *out)
{
    struct jk_error error;

    jk_error_init(&error, NULL);
    assert_int_equal(jk_store_receipt(store, store_size_of(store) - 1, out, &error), JK_OK);
}

/* Every key entry of the log is vouched for by the key before it, from entry 0's on. */
static void chain_work(struct jk_reader *reader, void *context)
{
    unsigned *rotations = context;
    struct jk_arena arena;
    struct jk_entry_row *rows;
    struct jk_error error;
    struct jk_span now = {"", 0};
    size_t count = 0;

    jk_arena_init(&arena, 32 << 20);
    jk_error_init(&error, &arena);
    if (jk_reader_entries(reader, 0, 1000, 1 << 20, &arena, &rows, &count, &error) != JK_OK) count = 0;
    for (size_t i = 0; i < count; i++) {
        struct jk_entry entry;

        if (jk_entry_parse(rows[i].bytes, &entry, &error) != JK_OK) break;
        if (entry.kind == JK_KIND_INIT) now = entry.key;
        if (entry.kind != JK_KIND_KEY) continue;
        if (!jk_span_equal(entry.previous, now) || !jk_rotation_verify(now, entry.key, entry.signature)) break;
        now = entry.key;
        (*rotations)++;
    }
    jk_arena_done(&arena);
}

static unsigned rotations_in(struct jk_store *store)
{
    unsigned rotations = 0;

    store_on_reader(store, chain_work, &rotations);
    return rotations;
}

/* ---- tests ---- */

static void test_rotation(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text before = {0}, between = {0}, after = {0};
    struct jk_verifier keys[KEYS];
    struct store_place place;
    struct jk_store *store;

    (void)state;
    store_new_place(&place);
    store = store_start(&place);
    current_key(store, &keys[0]);
    assert_null(write_one(store, "first"));
    take_receipt(store, &before);
    assert_string_equal(run(store, rotate), "KEY_NEXT_ABSENT");
    assert_string_equal(run(store, retire), "KEY_SINGLE");
    make_next(&place, &keys[1]);
    keys[2] = keys[1];
    keys[2].public_key[0] ^= 1; /* nobody's */
    assert_null(write_one(store, "second"));
    signed_by(store, keys, 1); /* the file alone changes nothing */
    assert_null(run(store, rotate));
    signed_by(store, keys, 3);
    assert_string_equal(run(store, rotate), "KEY_PENDING");
    assert_null(write_one(store, "third"));
    take_receipt(store, &between);
    jk_store_stop(store);
    assert_true(is_there(&place, ".next")); /* both are needed */

    store = store_start(&place);
    signed_by(store, keys, 3);
    assert_null(write_one(store, "fourth"));
    signed_by(store, keys, 3);
    assert_null(run(store, retire));
    signed_by(store, keys, 2);
    assert_null(write_one(store, "fifth"));
    signed_by(store, keys, 2);
    take_receipt(store, &after);
    assert_string_equal(run(store, retire), "KEY_SINGLE");
    assert_string_equal(run(store, rotate), "KEY_ROTATED");
    receipt_verifies(&before, store, &keys[0]);
    receipt_verifies(&between, store, &keys[0]);
    receipt_verifies(&between, store, &keys[1]);
    receipt_verifies(&after, store, &keys[1]);
    assert_int_equal(rotations_in(store), 1);
    store_check_log(store);
    jk_store_stop(store);
    assert_false(is_there(&place, ".next"));
    assert_true(is_there(&place, ".retired"));

    make_next(&place, &keys[2]); /* and once more */
    store = store_start(&place);
    signed_by(store, keys, 2);
    assert_null(run(store, rotate));
    signed_by(store, keys, 6);
    assert_null(run(store, retire));
    signed_by(store, keys, 4);
    assert_int_equal(rotations_in(store), 2);
    jk_store_stop(store);
}

static void wait_size(struct jk_store *store, uint32_t size)
{
    for (int i = 0; i < 1000 && store_size_of(store) < size; i++)
        usleep(10000);
    assert_int_equal(store_size_of(store), size);
}

/* A server without the new key reads on and writes nothing, until it has the file. */
static void test_two_servers(void **state)
{
    struct store_place first, second;
    struct jk_store *one, *two;
    struct jk_verifier keys[KEYS];

    (void)state;
    store_new_place(&first);
    one = store_start(&first);
    current_key(one, &keys[0]);
    store_new_sibling(&first, &second);
    two = store_start(&second);
    make_next(&first, &keys[1]);
    keys[2] = keys[1];
    keys[2].public_key[0] ^= 1;
    assert_null(run(one, rotate));
    wait_size(two, store_size_of(one));
    signed_by(two, keys, 3);
    assert_string_equal(write_one(two, "without"), "KEY_FILE");
    assert_null(write_one(one, "with"));
    wait_size(two, store_size_of(one));
    store_expect_refusal(&first, "DATA_DIRECTORY_IN_USE");
    copy_key(&first, &second, ".next");
    assert_null(write_one(two, "has-it-now"));
    signed_by(two, keys, 3);
    assert_null(run(two, retire));
    wait_size(one, store_size_of(two));
    signed_by(one, keys, 2);
    assert_null(write_one(one, "by-the-new-one"));
    signed_by(one, keys, 2);
    store_check_log(one);
    jk_store_stop(one);
    jk_store_stop(two);
}

/* A server that was away for rotation and retirement, and has the old key only, is told what it lacks. */
static void test_away(void **state)
{
    struct store_place first, second;
    struct jk_store *one;
    struct jk_verifier next;

    (void)state;
    store_new_place(&first);
    one = store_start(&first);
    store_new_sibling(&first, &second);
    make_next(&first, &next);
    assert_null(run(one, rotate));
    store_expect_refusal(&second, "KEY_FILE");
    assert_null(run(one, retire));
    store_expect_refusal(&second, "LOG_FOREIGN");
    copy_key(&first, &second, ".next");
    jk_store_stop(store_start(&second));
    assert_false(is_there(&second, ".next"));
    jk_store_stop(one);
}

/* The files as a crash leaves them between any two steps of tidying up. */
static void test_crashes(void **state)
{
    struct jk_verifier keys[KEYS];
    struct store_place place;
    struct jk_store *store;

    (void)state;
    store_new_place(&place);
    store = store_start(&place);
    current_key(store, &keys[0]);
    make_next(&place, &keys[1]);
    keys[2] = keys[1];
    keys[2].public_key[0] ^= 1;
    assert_null(run(store, rotate));
    assert_null(run(store, retire));
    jk_store_stop(store);
    move_key(&place, "", ".next"); /* before anything was renamed */
    move_key(&place, ".retired", "");
    store = store_start(&place);
    assert_null(write_one(store, "a"));
    signed_by(store, keys, 2);
    jk_store_stop(store);
    assert_false(is_there(&place, ".next"));
    move_key(&place, "", ".next"); /* amid the two renames */
    store = store_start(&place);
    assert_null(write_one(store, "b"));
    signed_by(store, keys, 2);
    jk_store_stop(store);
    assert_false(is_there(&place, ".next"));
    assert_true(is_there(&place, ""));
}

/* A database that names another key, or hides one, is not believed. */
static void test_head_changed(void **state)
{
    struct store_place place;
    struct jk_verifier next;
    struct jk_store *store;

    (void)state;
    store_new_place(&place);
    store = store_start(&place);
    make_next(&place, &next);
    assert_null(run(store, rotate));
    store_run_sql(place.database, "update log_head set verifier_key = split_part(verifier_key, E'\\n', 2)");
    assert_string_equal(write_one(store, "a"), "HEAD_DAMAGED");
    jk_store_stop(store);
    struct jk_error error;
    assert_int_equal(store_try_start(&place, &store, &error), JK_DATA_LOSS);
    assert_string_equal(error.reason, "HEAD_DAMAGED");
}

/* A key that the one before it did not name. */
static void test_unvouched(void **state)
{
    struct store_place place;
    struct jk_verifier next;
    struct jk_store *store;
    struct jk_error error;

    (void)state;
    store_new_place(&place);
    store = store_start(&place);
    make_next(&place, &next);
    assert_null(run(store, rotate));
    jk_store_stop(store);
    store_run_sql(place.database, "update entry set bytes = overlay(bytes placing 'AAAA' from length(bytes) - 60) "
                                  "where convert_from(bytes, 'UTF8') like '%kind key%'");
    assert_int_equal(store_try_start(&place, &store, &error), JK_DATA_LOSS);
    assert_string_equal(error.reason, "KEY_UNVOUCHED");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rotation), cmocka_unit_test(test_two_servers),  cmocka_unit_test(test_away),
        cmocka_unit_test(test_crashes),  cmocka_unit_test(test_head_changed), cmocka_unit_test(test_unvouched),
    };

    return cmocka_run_group_tests(tests, store_set_up, store_tear_down);
}
