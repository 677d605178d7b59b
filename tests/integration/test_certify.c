/* Who signs count certificates: a key of their own that is made once for all servers, and the log's keys? */
#include "support/store_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BODY  "log.test/jokbo\njokbo/count-certificate/v1\nstage s1\n"
#define OTHER "log.test/jokbo\n12\nstage s1\n"

struct certifying {
    const char *body;
    struct jk_text note;
    struct jk_error error;
    enum jk_status status;
};

static void work(struct jk_reader *reader, void *context)
{
    struct certifying *certifying = context;

    certifying->status = jk_reader_certify(reader, jk_span_of(certifying->body), &certifying->note, &certifying->error);
}

static void certify(struct jk_store *store, const char *body, struct certifying *out)
{
    *out = (struct certifying){.body = body};
    jk_text_init(&out->note, 0);
    jk_error_init(&out->error, NULL);
    store_on_reader(store, work, out);
}

static void expect(struct jk_store *store, const char *body, const char *reason)
{
    struct certifying certifying;

    certify(store, body, &certifying);
    assert_int_not_equal(certifying.status, JK_OK);
    assert_string_equal(certifying.error.reason, reason);
    assert_int_equal(certifying.note.len, 0);
    jk_text_done(&certifying.note);
}

static void path_in(const struct store_place *place, const char *name, char out[256])
{
    (void)snprintf(out, 256, "%s/%s", place->data_dir, name);
}

static void read_file(const struct store_place *place, const char *name, char *out, size_t room)
{
    char path[256];

    path_in(place, name, path);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(out, 1, room - 1, file);
    out[len] = '\0';
    fclose(file);
}

static void copy_key(const struct store_place *from, const struct store_place *to)
{
    char text[512], path[256];

    read_file(from, "counts.key", text, sizeof text);
    path_in(to, "counts.key", path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

static void expect_signed(const struct store_place *place, const char *vkey_file, const struct jk_text *note)
{
    char text[512];
    struct jk_verifier verifier;
    struct jk_span body;
    struct jk_error error;

    jk_error_init(&error, NULL);
    read_file(place, vkey_file, text, sizeof text);
    assert_true(jk_verifier_parse(jk_span_trim(jk_span_of(text)), &verifier));
    assert_int_equal(jk_note_verify(jk_text_span(note), &verifier, &body, &error), JK_OK);
    assert_true(jk_span_equal(body, JK_SPAN(BODY)));
}

static bool publishes(const struct store_place *place, const char *name)
{
    char path[256];

    path_in(place, name, path);
    return access(path, F_OK) == 0;
}

static void test_made_once(void **state)
{
    struct store_place place;
    struct certifying first, second;
    char path[256];
    struct stat facts;

    (void)state;
    store_new_place(&place);
    struct jk_store *store = store_start(&place);
    expect(store, OTHER, "CERTIFICATE_FOREIGN");
    expect(store, "log.test/other\njokbo/count-certificate/v1\n", "CERTIFICATE_FOREIGN");
    assert_false(publishes(&place, "counts.key"));
    certify(store, BODY, &first);
    assert_int_equal(first.status, JK_OK);
    path_in(&place, "counts.key", path);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 07777, 0600);
    expect_signed(&place, "public/counts.vkey", &first.note);
    expect_signed(&place, "public/log.vkey", &first.note);
    jk_store_stop(store);

    store = store_start(&place);
    certify(store, BODY, &second); /* the same bytes again */
    assert_int_equal(second.status, JK_OK);
    assert_true(jk_span_equal(jk_text_span(&first.note), jk_text_span(&second.note)));
    assert_int_equal(store_ask_sql(place.database, "select count(*) from counts_key"), 1);
    assert_int_equal(chmod(path, 0640), 0);
    expect(store, BODY, "KEY_FILE");
    jk_store_stop(store);
    jk_text_done(&first.note);
    jk_text_done(&second.note);
}

/* A second server has no key of its own: it needs the first one's. */
static void test_two_servers(void **state)
{
    struct store_place first, second;
    struct certifying one, two;

    (void)state;
    store_new_place(&first);
    struct jk_store *store = store_start(&first);
    certify(store, BODY, &one);
    assert_int_equal(one.status, JK_OK);
    store_new_sibling(&first, &second);
    struct jk_store *sibling = store_start(&second);
    expect(sibling, BODY, "COUNTS_KEY_ABSENT");
    assert_false(publishes(&second, "counts.key"));
    assert_false(publishes(&second, "public/counts.vkey"));
    copy_key(&first, &second); /* without a restart */
    certify(sibling, BODY, &two);
    assert_int_equal(two.status, JK_OK);
    assert_true(jk_span_equal(jk_text_span(&one.note), jk_text_span(&two.note)));
    jk_store_stop(sibling);
    jk_store_stop(store);
    jk_text_done(&one.note);
    jk_text_done(&two.note);
}

/* What was published is never overwritten, and no other key signs. */
static void test_another_key(void **state)
{
    struct store_place first, second, third;
    struct certifying one;
    char path[256], before[512], after[512];

    (void)state;
    store_new_place(&first);
    struct jk_store *store = store_start(&first);
    certify(store, BODY, &one);
    assert_int_equal(one.status, JK_OK);
    jk_text_done(&one.note);
    store_new_place(&second); /* another log's key, of the same name */
    struct jk_store *foreign = store_start(&second);
    certify(foreign, BODY, &one);
    assert_int_equal(one.status, JK_OK);
    jk_text_done(&one.note);
    jk_store_stop(foreign);

    read_file(&first, "public/counts.vkey", before, sizeof before);
    copy_key(&second, &first);
    expect(store, BODY, "COUNTS_KEY_DIFFERS");
    store_run_sql(first.database, "delete from counts_key"); /* as after the restore of an old database */
    expect(store, BODY, "COUNTS_KEY_DIFFERS");
    path_in(&first, "counts.key", path);
    assert_int_equal(unlink(path), 0);
    expect(store, BODY, "COUNTS_KEY_ABSENT");
    assert_int_equal(store_ask_sql(first.database, "select count(*) from counts_key"), 0);
    read_file(&first, "public/counts.vkey", after, sizeof after);
    assert_string_equal(before, after);
    jk_store_stop(store);

    store_new_place(&third);
    store = store_start(&third);
    path_in(&third, "log.key", path); /* a key, but not for this */
    char wrong[256];
    path_in(&third, "counts.key", wrong);
    assert_int_equal(link(path, wrong), 0);
    expect(store, BODY, "KEY_FILE");
    jk_store_stop(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made_once),
        cmocka_unit_test(test_two_servers),
        cmocka_unit_test(test_another_key),
    };

    return cmocka_run_group_tests(tests, store_set_up, store_tear_down);
}
