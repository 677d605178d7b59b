/* Is the signing key's file made once, read back, and refused where others could have read or changed it? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/keyfile.h"

/* The example key of the note specification's Go implementation, whose verifier key is published with it. */
#define NAME     "PeterNeumann"
#define PRIVATE  "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
#define VERIFIER "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

static char folder[] = "/tmp/jokbo-key-XXXXXX";
static char path[64];

static void put(const char *text, mode_t mode)
{
    int fd;

    (void)unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static enum jk_status load(struct jk_signer **out_signer)
{
    struct jk_error error;

    jk_error_init(&error, NULL);
    return jk_keyfile_load(path, out_signer, &error);
}

static void expect_verifier(const struct jk_signer *signer, const char *wanted)
{
    struct jk_text text;

    jk_text_init(&text, 0);
    jk_verifier_write(jk_signer_verifier(signer), &text);
    assert_string_equal(text.bytes, wanted);
    jk_text_done(&text);
}

static void test_known_key(void **state)
{
    struct jk_signer *signer = NULL;

    (void)state;
    put(PRIVATE "\n", 0600);
    assert_int_equal(load(&signer), JK_OK);
    expect_verifier(signer, VERIFIER);
    jk_signer_free(signer);
    put(PRIVATE, 0400);
    assert_int_equal(load(&signer), JK_OK);
    jk_signer_free(signer);
}

static void test_made_once(void **state)
{
    struct jk_signer *made = NULL, *loaded = NULL, *second = NULL;
    struct jk_error error;
    struct jk_text text;
    struct stat facts;

    (void)state;
    (void)unlink(path);
    assert_int_equal(load(&loaded), JK_NOT_FOUND);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_keyfile_make(path, JK_SPAN("log.test/x"), &made, &error), JK_OK);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    assert_int_equal(load(&loaded), JK_OK);
    jk_text_init(&text, 0);
    jk_verifier_write(jk_signer_verifier(made), &text);
    expect_verifier(loaded, text.bytes);
    jk_text_done(&text);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_keyfile_make(path, JK_SPAN("log.test/x"), &second, &error), JK_ALREADY_EXISTS);
    assert_null(second);
    jk_signer_free(made);
    jk_signer_free(loaded);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_keyfile_make(path, JK_SPAN("not a name"), &second, &error), JK_INVALID_ARGUMENT);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_keyfile_make(path, JK_SPAN(""), &second, &error), JK_INVALID_ARGUMENT);
}

/* Named by its key: anyone can recompute it from the verifier key. */
static void test_local_logs_have_names_of_their_own(void **state)
{
    char names[2][JK_ORIGIN_MAX + 1], hex[JK_DIGEST_HEX + 1];
    struct jk_error error;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct jk_signer *made = NULL, *loaded = NULL;
        const struct jk_verifier *verifier;

        (void)unlink(path);
        jk_error_init(&error, NULL);
        assert_int_equal(jk_keyfile_make_local(path, &made, &error), JK_OK);
        verifier = jk_signer_verifier(made);
        struct jk_digest digest = jk_digest_of((struct jk_span){(const char *)verifier->public_key, 32});
        jk_digest_hex(&digest, hex);
        assert_memory_equal(verifier->name, "localhost/jokbo-", 16);
        assert_int_equal(strlen(verifier->name), 16 + 8);
        assert_memory_equal(verifier->name + 16, hex, 8);
        (void)snprintf(names[i], sizeof names[i], "%s", verifier->name);
        assert_int_equal(load(&loaded), JK_OK);
        assert_string_equal(jk_signer_verifier(loaded)->name, verifier->name);
        jk_signer_free(made);
        jk_signer_free(loaded);
    }
    assert_string_not_equal(names[0], names[1]);
}

static void test_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "\n",
        "PRIVATE+KEY+",
        "PRIVATE+KEY+PeterNeumann+c74f20a3+",
        "PRIVATE+KEY+PeterNeumann+c74f20a4+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz", /* another key id */
        "PRIVATE+KEY+PeterNeumanm+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz", /* another name */
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AoEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz", /* another type */
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFzAA==",
        VERIFIER,
    };
    static const mode_t modes[] = {0640, 0620, 0610, 0604, 0602,  0601,  0660,
                                   0644, 0777, 0700, 0500, 04600, 02600, 01600};
    struct jk_signer *signer = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        put(texts[i], 0600);
        assert_int_equal(load(&signer), JK_FAILED_PRECONDITION);
    }
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        put(PRIVATE, modes[i]);
        assert_int_equal(load(&signer), JK_FAILED_PRECONDITION);
    }
    assert_null(signer);
}

static void test_not_followed(void **state)
{
    struct jk_signer *signer = NULL;
    char real[80];

    (void)state;
    put(PRIVATE, 0600);
    (void)snprintf(real, sizeof(real), "%s.real", path);
    assert_int_equal(rename(path, real), 0);
    assert_int_equal(symlink(real, path), 0);
    assert_int_equal(load(&signer), JK_FAILED_PRECONDITION);
    assert_int_equal(unlink(path), 0);
    if (geteuid() == 0) { /* another user's file */
        assert_int_equal(rename(real, path), 0);
        assert_int_equal(chown(path, 12345, 12345), 0);
        assert_int_equal(load(&signer), JK_FAILED_PRECONDITION);
    }
    (void)unlink(real);
}

static int set_up(void **state)
{
    (void)state;
    jk_digest_setup();
    if (!mkdtemp(folder)) return -1;
    (void)snprintf(path, sizeof(path), "%s/log.key", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_key),
        cmocka_unit_test(test_made_once),
        cmocka_unit_test(test_local_logs_have_names_of_their_own),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_not_followed),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
