/* Does whoever asks get the cosignatures that are there, of the right size, and the newest that a quorum gave? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "store/cosigned.h"
#include "support/cosigner.h"
#include "tlog/cosignature.h"
#include "tlog/merkle.h"

#define ORIGIN "example.com/log"

static struct jk_signer *log_signer, *witness[3];
static struct jk_cosigned cosigned;
static struct jk_error error;

static void write_body(uint64_t size, struct jk_text *out)
{
    struct jk_checkpoint checkpoint = {.origin = JK_SPAN(ORIGIN), .size = size, .root = jk_merkle_leaf(JK_SPAN("x"))};

    jk_text_init(out, 0);
    jk_checkpoint_write(&checkpoint, out);
}

static void publish(uint64_t size)
{
    struct jk_text body, note;

    write_body(size, &body);
    jk_text_init(&note, 0);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_note_sign(log_signer, jk_text_span(&body), &note, &error), JK_OK);
    jk_cosigned_publish(&cosigned, size, jk_text_span(&note));
    jk_text_done(&body);
    jk_text_done(&note);
}

static bool cosign(uint64_t size, unsigned who, uint64_t time_s)
{
    struct jk_text body, line;
    bool added;

    write_body(size, &body);
    jk_text_init(&line, 0);
    jk_error_init(&error, NULL);
    assert_true(cosignature_make(witness[who], jk_text_span(&body), time_s, &line));
    added = jk_cosigned_add(&cosigned, size, jk_text_span(&line));
    jk_text_done(&body);
    jk_text_done(&line);
    return added;
}

/* The note is the log's, of that size, and bears rightly what those witnesses said at those times (0: nothing). */
static void expect(const struct jk_cosigned_note *kept, uint64_t size, const uint64_t times_s[3])
{
    struct jk_checkpoint checkpoint;
    struct jk_span body, lines, first;

    assert_non_null(kept);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_note_verify(jk_text_span(&kept->note), jk_signer_verifier(log_signer), &body, &error), JK_OK);
    assert_int_equal(jk_note_open(jk_text_span(&kept->note), &body, &lines, &error), JK_OK);
    assert_int_equal(jk_checkpoint_parse(body, &checkpoint, &error), JK_OK);
    assert_int_equal(checkpoint.size, size);
    for (unsigned i = 0; i < 3; i++) {
        struct jk_cosigner cosigner = cosigner_of(witness[i]);
        struct jk_cosignature found = {0};
        enum jk_status status;

        jk_error_init(&error, NULL);
        status = jk_cosignature_verify(body, lines, &cosigner, &found, &error);
        assert_int_equal(status, times_s[i] ? JK_OK : JK_INVALID_ARGUMENT);
        assert_int_equal(found.time_s, times_s[i]);
    }
    assert_true(jk_span_line(&lines, &first)); /* the log's own */
    assert_non_null(memmem(first.at, first.len, ORIGIN " ", strlen(ORIGIN) + 1));
}

static void test_lines_join(void **state)
{
    (void)state;
    assert_null(jk_cosigned_best(&cosigned));
    assert_false(cosign(10, 0, 1)); /* nobody published that */
    publish(10);
    assert_null(jk_cosigned_at(&cosigned, 10));
    assert_null(jk_cosigned_best(&cosigned));
    assert_true(cosign(10, 0, 100));
    expect(jk_cosigned_at(&cosigned, 10), 10, (uint64_t[]){100, 0, 0});
    assert_true(cosign(10, 1, 101));
    expect(jk_cosigned_at(&cosigned, 10), 10, (uint64_t[]){100, 101, 0});
    assert_true(cosign(10, 0, 200)); /* once more: one line, the later */
    expect(jk_cosigned_at(&cosigned, 10), 10, (uint64_t[]){200, 101, 0});
    publish(10); /* again: nothing is lost */
    expect(jk_cosigned_best(&cosigned), 10, (uint64_t[]){200, 101, 0});
    assert_null(jk_cosigned_at(&cosigned, 0));
}

static void test_quorum_goes_first(void **state)
{
    (void)state;
    publish(10);
    publish(20);
    publish(30);
    assert_true(cosign(20, 0, 1));
    jk_cosigned_set_quorum(&cosigned, 20);
    jk_cosigned_set_quorum(&cosigned, 21); /* nobody knows it */
    assert_true(cosign(30, 1, 2));
    expect(jk_cosigned_best(&cosigned), 20, (uint64_t[]){1, 0, 0});
    assert_true(cosign(10, 2, 3)); /* late */
    jk_cosigned_set_quorum(&cosigned, 10);
    expect(jk_cosigned_best(&cosigned), 20, (uint64_t[]){1, 0, 0});
    jk_cosigned_set_quorum(&cosigned, 30);
    expect(jk_cosigned_best(&cosigned), 30, (uint64_t[]){0, 2, 0});
}

/* Hundreds more are published: the last ones stay, and the best one, whatever its age. */
static void test_room(void **state)
{
    (void)state;
    publish(5);
    assert_true(cosign(5, 0, 1));
    jk_cosigned_set_quorum(&cosigned, 5);
    for (uint64_t size = 6; size < 500; size++) {
        publish(size);
        if (size % 7 == 0) assert_true(cosign(size, 1, size));
    }
    expect(jk_cosigned_best(&cosigned), 5, (uint64_t[]){1, 0, 0});
    assert_true(cosign(499 - JK_COSIGNED_KEPT + 2, 2, 9));
    assert_false(cosign(499 - JK_COSIGNED_KEPT - 2, 2, 9));
    expect(jk_cosigned_at(&cosigned, 497), 497, (uint64_t[]){0, 497, 0});
    assert_null(jk_cosigned_at(&cosigned, 498));
}

/* After a start: the folder's checkpoint, with what it bears. */
static void test_what_was_there(void **state)
{
    struct jk_text body, note;

    (void)state;
    write_body(40, &body);
    jk_text_init(&note, 0);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_note_sign(log_signer, jk_text_span(&body), &note, &error), JK_OK);
    assert_true(cosignature_make(witness[1], jk_text_span(&body), 7, &note));
    jk_cosigned_publish(&cosigned, 40, jk_text_span(&note));
    expect(jk_cosigned_best(&cosigned), 40, (uint64_t[]){0, 7, 0});
    assert_true(cosign(40, 0, 8));
    assert_true(cosign(40, 1, 9));
    expect(jk_cosigned_best(&cosigned), 40, (uint64_t[]){8, 9, 0});
    jk_text_done(&body);
    jk_text_done(&note);
}

static int begin(void **state)
{
    (void)state;
    cosigned = (struct jk_cosigned){0};
    return 0;
}

static int end(void **state)
{
    (void)state;
    jk_cosigned_done(&cosigned);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    jk_digest_setup();
    log_signer = jk_signer_new(JK_SPAN(ORIGIN), (const unsigned char[32]){9});
    for (unsigned i = 0; i < 3; i++) {
        char name[40];

        (void)snprintf(name, sizeof(name), "witness.example/w%u", i);
        witness[i] = jk_signer_new(jk_span_of(name), (const unsigned char[32]){1, (unsigned char)i});
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    jk_signer_free(log_signer);
    for (unsigned i = 0; i < 3; i++)
        jk_signer_free(witness[i]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lines_join, begin, end),
        cmocka_unit_test_setup_teardown(test_quorum_goes_first, begin, end),
        cmocka_unit_test_setup_teardown(test_room, begin, end),
        cmocka_unit_test_setup_teardown(test_what_was_there, begin, end),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
