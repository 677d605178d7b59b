/* The challenge text: read as it was written, the key, each rule by a text that breaks it, and manifests that list the
 * same files. */
#include "support/made_models.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

/* Texts begin with these lines; manifests of one file without tensors are enough where sketches do not matter. */
#define HEAD     "jokbo/challenge/v1\nrelease " B "\nchallenge 41\nkey " C "\n"
#define MANIFEST "jokbo/manifest/v2\nfile " A " 5 a.txt\n"
#define MODEL(x) "model " x " sha256:" A "\n"

static enum jk_status read_text(struct jk_span text, struct jk_challenge_text *out, char message[512])
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    enum jk_status status = jk_challenge_text_read(text, out, &error);
    strcpy(message, error.message);
    return status;
}

/* Checking a text says what reading it says. */
static void check_agrees(struct jk_span text, enum jk_status status, const char *message)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_challenge_text_check(text, &error), status);
    if (status != JK_OK) assert_string_equal(error.message, message);
}

static void reads_what_was_written(void **state)
{
    (void)state;
    static struct jk_challenge_text read;
    struct made_model child = MADE_MODEL({1, 0, "F32 128x128 a"}, {2, 0, "F32 128x128 b"}),
                      parent = MADE_MODEL({1, 50, "F32 128x128 a"});
    struct jk_digest release = jk_digest_of(JK_SPAN("b")), other = jk_digest_of(JK_SPAN("a")), key = {{1}};
    struct jk_text text;
    char message[512];
    jk_text_init(&text, JK_CHALLENGE_TEXT_MAX);
    jk_challenge_text_begin(&text, &release, 7, &key);
    jk_challenge_text_add(&text, &release, &key, jk_text_span(&child.text));
    jk_challenge_text_add(&text, &other, &release, jk_text_span(&parent.text));
    if (read_text(jk_text_span(&text), &read, message) != JK_OK) fail_msg("%s", message);
    check_agrees(jk_text_span(&text), JK_OK, NULL);
    assert_true(jk_digest_equal(&read.release, &release) && read.challenge == 7 && jk_digest_equal(&read.key, &key));
    assert_int_equal(read.count, 2);
    assert_int_equal(read.models[0].sketches.count, 2);
    assert_span_equal(read.models[0].manifest, jk_text_span(&child.text));
    assert_span_equal(read.models[1].manifest, jk_text_span(&parent.text));
    assert_true(jk_digest_equal(&read.models[1].release, &other));
    assert_true(jk_digest_equal(&read.models[1].artifact, &release));
    jk_challenge_text_done(&read);
    jk_text_done(&text);
    made_done(&child);
    made_done(&parent);
}

static void key_of_a_challenge(void **state)
{
    (void)state;
    struct jk_digest root = {{1}}, release = {{2}}, key = jk_challenge_key(&root, &release), expected;
    unsigned char bytes[2 * JK_DIGEST_SIZE] = {[0] = 1, [JK_DIGEST_SIZE] = 2};
    expected = jk_digest_of((struct jk_span){(const char *)bytes, sizeof bytes});
    assert_true(jk_digest_equal(&key, &expected));
}

static void refuses_what_is_not_canonical(void **state)
{
    (void)state;
    static const struct {
        const char *text, *rule;
    } rows[] = {
        {"", "line feed"},
        {HEAD MODEL(B) "jokbo/manifest/v2\nfile " A " 5 a.txt", "must end in a line feed"},
        {"jokbo/challenge/v2\n", "Line 1 of the challenge text, \"jokbo/challenge/v2\", must be"},
        {"jokbo/challenge/v1\nrelease x\n", "Line 2"},
        {"jokbo/challenge/v1\nrelease " B "\nchallenge 041\n", "Line 3"},
        {"jokbo/challenge/v1\nrelease " B "\nchallenge 41\nkey " C "c\n", "Line 4"},
        {HEAD, "Line 5 of the challenge text, \"\", must be: model"},
        {HEAD MANIFEST, "Line 5"},
        {HEAD "model " B " " A "\n" MANIFEST, "must be: model"},
        {HEAD "model " B " sha256:" A " x\n" MANIFEST, "must be: model"},
        {HEAD MODEL(A) MANIFEST, "must be of the release itself"},
        {HEAD MODEL(B), "The manifest after line 5 of the challenge text: Line 1"},
        {HEAD MODEL(B) MANIFEST MODEL(B) MANIFEST, "Line 8 of the challenge text"},
        {HEAD MODEL(B) MANIFEST MODEL(B) MANIFEST, "the release again"},
        {HEAD MODEL(B) MANIFEST MODEL(C) MANIFEST MODEL(A) MANIFEST, "sorted by their lineage hashes"},
        {HEAD MODEL(B) MANIFEST MODEL(A) MANIFEST MODEL(A) MANIFEST, "a duplicate"},
        {HEAD MODEL(B) MANIFEST MODEL(A) MANIFEST "sketch x\n",
         "The manifest after line 8 of the challenge text: Line 3"},
        {HEAD MODEL(B) "jokbo/manifest/v1\nfile " A " 5 a.txt\n", "version 2 is needed"},
        {HEAD MODEL(B) MANIFEST "\n", "The manifest after line 5"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static struct jk_challenge_text read;
        char message[512];
        enum jk_status status = read_text(jk_span_of(rows[i].text), &read, message);
        if (status != JK_INVALID_ARGUMENT || !strstr(message, rows[i].rule))
            fail_msg("row %zu: \"%s\" lacks \"%s\"", i, message, rows[i].rule);
        check_agrees(jk_span_of(rows[i].text), status, message);
        jk_challenge_text_done(&read);
    }
}

static void at_most_64_parents(void **state)
{
    (void)state;
    static struct jk_challenge_text read;
    struct jk_digest release = {{255}}, other = {{0}};
    for (unsigned count = 64; count <= 65; count++) {
        struct jk_text text;
        char message[512];
        jk_text_init(&text, 0);
        jk_challenge_text_begin(&text, &release, 7, &release);
        jk_challenge_text_add(&text, &release, &other, JK_SPAN(MANIFEST));
        for (unsigned i = 0; i < count; i++) {
            other.bytes[0] = (unsigned char)i;
            jk_challenge_text_add(&text, &other, &other, JK_SPAN(MANIFEST));
        }
        enum jk_status status = read_text(jk_text_span(&text), &read, message);
        if (count == 64 && status != JK_OK) fail_msg("%s", message);
        if (count == 65 && !strstr(message, "at most 64")) fail_msg("%s", message);
        jk_challenge_text_done(&read);
        jk_text_done(&text);
    }
}

static void manifests_that_agree(void **state)
{
    (void)state;
    struct made_model one = MADE_MODEL({1, 0, "F32 128x128 a"}), other = MADE_MODEL({2, 0, "F32 128x128 a"});
    struct jk_span first = jk_text_span(&one.text), second = jk_text_span(&other.text);
    assert_false(jk_span_equal(first, second));
    assert_true(jk_manifests_agree(first, second)); /* sketches are no matter */
    assert_true(
        jk_manifests_agree(first, JK_SPAN("jokbo/manifest/v1\nfile " MADE_ZEROS " 18446744073709551615 m.gguf\n")));
    assert_false(jk_manifests_agree(first, JK_SPAN("jokbo/manifest/v1\nfile " MADE_ZEROS " 1 m.gguf\n")));
    assert_false(jk_manifests_agree(JK_SPAN(MANIFEST), JK_SPAN(MANIFEST "file " A " 5 b.txt\n")));
    assert_false(jk_manifests_agree(JK_SPAN(MANIFEST "file " A " 5 b.txt\n"), JK_SPAN(MANIFEST)));
    made_done(&one);
    made_done(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_was_written),        cmocka_unit_test(key_of_a_challenge),
        cmocka_unit_test(refuses_what_is_not_canonical), cmocka_unit_test(at_most_64_parents),
        cmocka_unit_test(manifests_that_agree),
    };
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
