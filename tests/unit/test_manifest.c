/* The manifest: digests against values made independently of the code, the weights digest's independence of sharding,
 * each rule broken once, and the limits. */
#include "support/golden.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "domain/manifest.h"

#define HEAD "jokbo/manifest/v1\n"
#define A    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C    "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

static enum jk_status check(struct jk_span bytes, struct jk_manifest_summary *summary, struct jk_error *error)
{
    jk_error_init(error, NULL);
    return jk_manifest_check(bytes, summary, error);
}

static struct jk_manifest_summary accepted(const char *text)
{
    struct jk_manifest_summary summary = {0};
    struct jk_error error;
    if (check(jk_span_of(text), &summary, &error) != JK_OK) fail_msg("%s in:\n%s", error.message, text);
    return summary;
}

static void refused(const char *text, const char *part_of_message)
{
    struct jk_manifest_summary summary = {.files = 77};
    struct jk_error error;
    if (check(jk_span_of(text), &summary, &error) != JK_INVALID_ARGUMENT) fail_msg("accepted:\n%s", text);
    if (!strstr(error.message, part_of_message)) fail_msg("%s — does not say: %s", error.message, part_of_message);
    assert_int_equal(summary.files, 77);
}

static void digest_is(const struct jk_digest *digest, const char *hex)
{
    char got[JK_DIGEST_HEX + 1];
    jk_digest_hex(digest, got);
    assert_string_equal(got, hex);
}

static void golden(void **state)
{
    (void)state;
    static char buffer[4096];
    static const struct {
        const char *file, *artifact, *weights;
        uint32_t files, tensors;
        uint64_t bytes;
    } rows[] = {
#include "golden/manifests.def"
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct jk_manifest_summary summary;
        struct jk_error error;
        struct jk_span bytes = golden_read(rows[i].file, buffer, sizeof buffer);
        if (check(bytes, &summary, &error) != JK_OK) fail_msg("%s: %s", rows[i].file, error.message);
        digest_is(&summary.artifact, rows[i].artifact);
        digest_is(&summary.weights, rows[i].weights);
        assert_int_equal(summary.files, rows[i].files);
        assert_int_equal(summary.tensors, rows[i].tensors);
        assert_true(summary.bytes == rows[i].bytes);
    }
}

/* The same tensors in one file and in two: other artifact, same weights. */
static void sharding(void **state)
{
    (void)state;
    struct jk_manifest_summary one = accepted(HEAD "file " A " 9 m.safetensors\n"
                                                   "header " A " m.safetensors\n"
                                                   "tensor " A " BF16 2x3 w m.safetensors\n"
                                                   "tensor " B " F32 scalar b m.safetensors\n"
                                                   "tensor " B " F32 scalar bb m.safetensors\n");
    struct jk_manifest_summary two = accepted(HEAD "file " A " 9 a/2.safetensors\n"
                                                   "file " B " 9 a/z.safetensors\n"
                                                   "tensor " A " BF16 2x3 w a/z.safetensors\n"
                                                   "tensor " B " F32 scalar b a/z.safetensors\n"
                                                   "tensor " B " F32 scalar bb a/2.safetensors\n");
    struct jk_manifest_summary other = accepted(HEAD "file " A " 9 m.safetensors\n"
                                                     "tensor " A " BF16 3x2 w m.safetensors\n");
    assert_false(jk_digest_equal(&one.artifact, &two.artifact));
    assert_true(jk_digest_equal(&one.weights, &two.weights));
    assert_false(jk_digest_equal(&one.weights, &other.weights));
}

static void without_tensors(void **state)
{
    (void)state;
    struct jk_manifest_summary none = accepted(HEAD "file " A " 1 README.md\n");
    assert_true(jk_digest_is_zero(&none.weights));
    struct jk_manifest_summary ab = accepted(HEAD "file " A " 1 a.gguf\nfile " B " 1 b.gguf\nfile " C " 1 c.txt\n");
    struct jk_manifest_summary ba = accepted(HEAD "file " B " 1 x/1.GGUF\nfile " A " 1 x/2.bin\n");
    assert_true(jk_digest_equal(&ab.weights, &ba.weights));
    /* A safetensors file whose tensors are not listed is a weight file like any other. */
    struct jk_manifest_summary bare = accepted(HEAD "file " A " 1 m.safetensors\nheader " B " m.safetensors\n");
    struct jk_manifest_summary pt = accepted(HEAD "file " A " 1 m.pt\n");
    assert_true(jk_digest_equal(&bare.weights, &pt.weights));
}

static void weight_files(void **state)
{
    (void)state;
    const char *yes[] = {"a.gguf",    "a.ONNX",        "x/a.bin", "a.pt",     "a.pth",     "a.ckpt", "a.h5",
                         "a.msgpack", "a.safetensors", "a.Npz",   "a.tflite", "a.mlmodel", ".bin"};
    const char *no[] = {"", "bin", "a.bin.txt", "a.json", "a.pt2", "agguf", "a.safetensors.index.json"};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        if (!jk_manifest_is_weights(jk_span_of(yes[i]))) fail_msg("%s is no weight file", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        if (jk_manifest_is_weights(jk_span_of(no[i]))) fail_msg("%s is a weight file", no[i]);
}

static void refuses_files(void **state)
{
    (void)state;
    refused("", "Line 1 ");
    refused("jokbo/manifest/v2\n", "Line 1 ");
    refused(HEAD, "at least one");
    refused(HEAD "file " A " 1 a", "line feed");
    refused(HEAD "\n", "Line 2 ");
    refused(HEAD "FILE " A " 1 a\n", "Line 2 ");
    refused(HEAD "file  " A " 1 a\n", "SHA-256");
    refused(HEAD "file AA 1 a\n", "SHA-256");
    refused(HEAD "file " A " 01 a\n", "size");
    refused(HEAD "file " A " -1 a\n", "size");
    refused(HEAD "file " A " 18446744073709551616 a\n", "size");
    refused(HEAD "file " A " 18446744073709551615 a\nfile " A " 1 b\n", "overflow");
    refused(HEAD "file " A " 1 \n", "path of 1 to");
    refused(HEAD "file " A " 1 a b\n", "percent-encode");
    refused(HEAD "file " A " 1 a%2fb\n", "percent-encode");
    refused(HEAD "file " A " 1 a%2Fb\n", "percent-encode");
    refused(HEAD "file " A " 1 a%00\n", "percent-encode");
    refused(HEAD "file " A " 1 a%2\n", "percent-encode");
    refused(HEAD "file " A " 1 a\tb\n", "percent-encode");
    refused(HEAD "file " A " 1 a\xff\n", "percent-encode");
    refused(HEAD "file " A " 1 /a\n", "relative");
    refused(HEAD "file " A " 1 a/\n", "relative");
    refused(HEAD "file " A " 1 a//b\n", "relative");
    refused(HEAD "file " A " 1 a/../b\n", "relative");
    refused(HEAD "file " A " 1 ./b\n", "relative");
    refused(HEAD "file " A " 1 b\nfile " A " 1 a\n", "Line 3 ");
    refused(HEAD "file " A " 1 a\nfile " B " 1 a\n", "twice");
    accepted(HEAD "file " A " 0 a%20b/%25%09%7F/족보/...\n");
}

#define S HEAD "file " A " 1 m.safetensors\nfile " A " 1 n.safetensors\nfile " A " 1 x.bin\n"

static void refuses_tensors(void **state)
{
    (void)state;
    refused(S "header " A " o.safetensors\n", "one of the file lines");
    refused(S "header " A " x.bin\n", ".safetensors");
    refused(S "header " A "\n", "SHA-256");
    refused(S "header " A " m.safetensors\nheader " B " m.safetensors\n", "second header");
    refused(S "header " B " m.safetensors\nheader " A " n.safetensors\n", "out of order");
    refused(S "header " A " m.safetensors\nfile " A " 1 z\n", "out of order");
    refused(S "tensor " A " F32 1 w m.safetensors\nheader " A " m.safetensors\n", "out of order");
    refused(S "tensor " A " F32 1 w m.safetensors\ntensor " A " F32 1 w m.safetensors\n", "twice");
    refused(S "tensor " B " F32 1 w m.safetensors\ntensor " A " F32 1 w m.safetensors\n", "out of order");
    refused(S "tensor " A " f32 1 w m.safetensors\n", "dtype");
    refused(S "tensor " A " 8F 1 w m.safetensors\n", "dtype");
    refused(S "tensor " A " F-8 1 w m.safetensors\n", "dtype");
    refused(S "tensor " A " F3456789012345678 1 w m.safetensors\n", "dtype");
    refused(S "tensor " A " F32 1x w m.safetensors\n", "shape");
    refused(S "tensor " A " F32 01 w m.safetensors\n", "shape");
    refused(S "tensor " A " F32 1X2 w m.safetensors\n", "shape");
    refused(S "tensor " A " F32 Scalar w m.safetensors\n", "shape");
    refused(S "tensor " A " F32  w m.safetensors\n", "shape");
    refused(S "tensor " A " F32 1  m.safetensors\n", "name");
    refused(S "tensor " A " F32 1 w%41 m.safetensors\n", "name");
    refused(S "tensor " A " F32 1 w w m.safetensors\n", "file lines");
    refused(S "tensor " A " F32 1 w o.safetensors\n", "file lines");
    refused(S "tensor " A " F32 1 w\n", "must be: tensor");
    accepted(S "header " A " n.safetensors\nheader " B " m.safetensors\n"
               "tensor " A " F8_E4M3 0x18446744073709551615 w%20%25 m.safetensors\n"
               "tensor " A " F8_E4M3 0x18446744073709551615 w%20%25 n.safetensors\n");
}

/* ---- limits ---- */

static void dimension_limit(void **state)
{
    (void)state;
    char text[512];
    for (int dimensions = 32; dimensions <= 33; dimensions++) {
        int len = snprintf(text, sizeof text, HEAD "file " A " 1 m.safetensors\ntensor " A " F32 ");
        for (int i = 0; i < dimensions; i++)
            len += snprintf(text + len, sizeof text - (size_t)len, i ? "x1" : "1");
        snprintf(text + len, sizeof text - (size_t)len, " w m.safetensors\n");
        if (dimensions == 32)
            accepted(text);
        else
            refused(text, "32 dimensions");
    }
}

static void path_limit(void **state)
{
    (void)state;
    static char path[JK_MANIFEST_PATH_MAX + 2], text[2 * JK_MANIFEST_PATH_MAX];
    memset(path, 'p', JK_MANIFEST_PATH_MAX);
    snprintf(text, sizeof text, HEAD "file " A " 1 %s\n", path);
    accepted(text);
    path[JK_MANIFEST_PATH_MAX] = 'p';
    snprintf(text, sizeof text, HEAD "file " A " 1 %s\n", path);
    refused(text, "1 to 1,024");
    path[JK_MANIFEST_PATH_MAX] = 0;
    snprintf(text, sizeof text, HEAD "file " A " 1 m.safetensors\ntensor " A " F32 1 %s m.safetensors\n", path);
    accepted(text);
    path[JK_MANIFEST_PATH_MAX] = 'p';
    snprintf(text, sizeof text, HEAD "file " A " 1 m.safetensors\ntensor " A " F32 1 %s m.safetensors\n", path);
    refused(text, "1 to 1,024");
}

static void file_limit(void **state)
{
    (void)state;
    struct jk_text text;
    struct jk_manifest_summary summary;
    struct jk_error error;
    jk_text_init(&text, 0);
    jk_text_add_str(&text, HEAD);
    for (unsigned i = 0; i < JK_MANIFEST_FILES_MAX; i++)
        jk_text_addf(&text, "file " A " 1 %06u.bin\n", i);
    assert_int_equal(check(jk_text_span(&text), &summary, &error), JK_OK);
    assert_int_equal(summary.files, JK_MANIFEST_FILES_MAX);
    assert_true(summary.bytes == JK_MANIFEST_FILES_MAX);
    jk_text_add_str(&text, "file " A " 1 z\n");
    assert_int_equal(check(jk_text_span(&text), &summary, &error), JK_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "at most 100,000"));
    jk_text_done(&text);
}

static void size_limit(void **state)
{
    (void)state;
    struct jk_manifest_summary summary;
    struct jk_error error;
    char *bytes = malloc(JK_MANIFEST_MAX + 1);
    memset(bytes, '\n', JK_MANIFEST_MAX + 1);
    assert_int_equal(check((struct jk_span){bytes, JK_MANIFEST_MAX}, &summary, &error), JK_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "Line 1 "));
    assert_int_equal(check((struct jk_span){bytes, JK_MANIFEST_MAX + 1}, &summary, &error), JK_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "at most 64 MiB"));
    free(bytes);
}

static int setup(void **state)
{
    (void)state;
    jk_digest_setup();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden),          cmocka_unit_test(sharding),      cmocka_unit_test(without_tensors),
        cmocka_unit_test(weight_files),    cmocka_unit_test(refuses_files), cmocka_unit_test(refuses_tensors),
        cmocka_unit_test(dimension_limit), cmocka_unit_test(path_limit),    cmocka_unit_test(file_limit),
        cmocka_unit_test(size_limit),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
