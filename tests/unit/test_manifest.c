/* The manifest: digests against values made independently of the code, the weights digest's independence of sharding,
 * each rule broken once, and the limits. */
#include "support/golden.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "domain/manifest.h"

#define HEAD "jokbo/manifest/v1\n"
#define TWO  "jokbo/manifest/v2\n"
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
    refused("jokbo/manifest/v3\n", "Line 1 ");
    refused("jokbo/manifest/v2", "Line 1 ");
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
    refused(HEAD "file " A " 1 a\nfile " B " 1 a\n", "a duplicate");
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
    refused(S "tensor " A " F32 1 w m.safetensors\ntensor " A " F32 1 w m.safetensors\n", "a duplicate");
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

/* ---- version 2 ---- */

#define M  "file " A " 200000 m.safetensors\n"
#define G  "file " A " 100 g.gguf\n"
#define HM "header " A " m.safetensors\n"
#define W  "tensor " A " BF16 128x130 w m.safetensors\n"
#define X  "tensor " B " BF16 3x128x130 x m.safetensors\n"

/* The base64 of 512 bytes of which the first two are given. */
static const char *sketch_of(unsigned first, unsigned second)
{
    static char text[JK_MANIFEST_SKETCH_BYTES * 2];
    unsigned char bytes[JK_MANIFEST_SKETCH_BYTES] = {(unsigned char)first, (unsigned char)second};
    struct jk_text base64;
    jk_text_init(&base64, 0);
    jk_base64_encode(&base64, bytes, sizeof bytes);
    snprintf(text, sizeof text, "%s", base64.bytes);
    jk_text_done(&base64);
    return text;
}

/* `before` and then "sketch <base64> <rest>" lines, one for each of the words; the last is NULL. */
static char *with_sketches(const char *before, const char *const *rest)
{
    static char text[8192];
    size_t len = (size_t)snprintf(text, sizeof text, "%s", before);
    for (; *rest; rest++)
        len += (size_t)snprintf(text + len, sizeof text - len, "sketch %s %s\n", sketch_of(0x7f, 0xff), *rest);
    return text;
}

#define SKETCHES(before, ...) with_sketches(before, (const char *const[]){__VA_ARGS__, NULL})

static void sketches(void **state)
{
    (void)state;
    struct jk_manifest_summary none = accepted(TWO G M HM W X);
    struct jk_manifest_summary some = accepted(
        SKETCHES(TWO G M HM W X, "Q4_K 1024x256 a g.gguf", "Q4_K 128x256 b[0] g.gguf", "BF16 128x130 w m.safetensors",
                 "BF16 128x130 x[0] m.safetensors", "BF16 128x130 x[2] m.safetensors"));
    struct jk_manifest_summary one = accepted(HEAD G M HM W X);
    assert_int_equal(one.version, 1);
    assert_int_equal(some.version, 2);
    assert_int_equal(some.sketches, 5);
    assert_int_equal(none.sketches, 0);
    assert_true(jk_digest_equal(&some.weights, &none.weights)); /* the digest of the weights is what it was */
    assert_true(jk_digest_equal(&some.weights, &one.weights));
    assert_true(jk_digest_equal(&some.weight_files, &one.weight_files));
}

static void refuses_sketches(void **state)
{
    (void)state;
    char text[4096];
    refused(SKETCHES(HEAD G M HM W, "BF16 128x130 w m.safetensors"), "must be a file, header or tensor line");
    refused(SKETCHES(TWO M HM W, "BF16 128x130 w m.safetensors", "BF16 128x130 w m.safetensors"), "Line 6 ");
    refused(SKETCHES(TWO M HM W X, "BF16 128x130 x[0] m.safetensors", "BF16 128x130 w m.safetensors"),
            "sorted by path, then name");
    refused(SKETCHES(TWO G M HM W, "BF16 128x130 w m.safetensors", "Q4_K 128x256 a g.gguf"),
            "sorted by path, then name");
    refused(SKETCHES(TWO M HM W, "F16 128x130 w m.safetensors"), "contradicts the dtype");
    refused(SKETCHES(TWO M HM W, "BF16 130x128 w m.safetensors"), "contradicts the dtype or shape");
    refused(SKETCHES(TWO M HM W, "BF16 128x130 v m.safetensors"), "must be of a tensor line");
    refused(SKETCHES(TWO M HM W, "BF16 128x130 w[0] m.safetensors"), "contradicts");
    refused(SKETCHES(TWO M HM X, "BF16 128x130 x m.safetensors"), "must be of a tensor line of two dimensions");
    refused(SKETCHES(TWO M HM X, "BF16 128x130 x[3] m.safetensors"), "contradicts");
    refused(SKETCHES(TWO M HM X, "BF16 128x130 x[00] m.safetensors"), "must be of a tensor line");
    refused(SKETCHES(TWO M HM X, "BF16 3x128x130 x m.safetensors"), "must be of a tensor line of two dimensions");
    refused(SKETCHES(TWO M HM W, "BF16 128x130 w n.safetensors"), "one of the file lines");
    refused(SKETCHES(TWO G M, "Q4_K 128x256 a h.gguf"), "one of the file lines");
    refused(SKETCHES(TWO G M "file " A " 1 z.bin\n", "Q4_K 128x256 a z.bin"), ".safetensors or .gguf");
    refused(SKETCHES(TWO G, "Q4_K 16384 a g.gguf"), "two dimensions and 16,384 elements");
    refused(SKETCHES(TWO G, "Q4_K 127x129 a g.gguf"), "16,384 elements");
    refused(SKETCHES(TWO G, "Q4_K 4294967296x4294967296 a g.gguf"), "16,384 elements");
    refused(SKETCHES(TWO G, "q4_k 128x256 a g.gguf"), "dtype");
    refused(SKETCHES(TWO G, "Q4_K 128x256  g.gguf"), "name");
    refused(SKETCHES(TWO G, "Q4_K 128x256 g.gguf"), "must be: sketch");
    snprintf(text, sizeof text, TWO G "sketch %s Q4_K 128x256 a g.gguf\n", sketch_of(0x7f, 0xfe));
    refused(text, "largest number is 32,767");
    snprintf(text, sizeof text, TWO G "sketch %s Q4_K 128x256 a g.gguf\n", sketch_of(0x80, 0x00));
    refused(text, "largest number is 32,767");
    snprintf(text, sizeof text, TWO G "sketch %s Q4_K 128x256 a g.gguf\n", sketch_of(0x80, 0x01));
    accepted(text);
    snprintf(text, sizeof text, TWO G "sketch %.*s Q4_K 128x256 a g.gguf\n", 680, sketch_of(0x7f, 0xff));
    refused(text, "512 bytes");
    refused(TWO G "sketch f/8= Q4_K 128x256 a g.gguf\n", "512 bytes");
}

static void refuses_contradictions(void **state)
{
    (void)state;
    refused(TWO M W, "the path of a header line");
    refused(TWO M HM W "tensor " B " BF16 128x130 w m.safetensors\n", "Line 5 ");
    refused(TWO M HM W "tensor " B " F32 1 w m.safetensors\n", "contradicts an earlier line");
    accepted(HEAD M HM W "tensor " B " F32 1 w m.safetensors\n");
    refused(TWO M HM "tensor " A " BF16 128x1000 w m.safetensors\n", "larger than the file");
    refused(TWO M HM "tensor " A " F32 50000 a m.safetensors\n", "larger than the file");
    accepted(TWO M HM "tensor " A " U8 199990 a m.safetensors\n");
    refused(TWO M HM "tensor " A " U8 199991 a m.safetensors\n", "larger than the file");
    refused(TWO M HM "tensor " A " F32 4294967296x4294967296 a m.safetensors\n", "2^64 elements");
    refused(TWO "file " A " 9 m.safetensors\n" HM "tensor " A " U8 0 a m.safetensors\n", "larger than the file");
    refused(TWO G M HM W "header " A " m.safetensors\n", "out of order");
    refused(TWO M "file " A " 1 ../x\n", "relative");
    refused(TWO "file " A " 1 /m.safetensors\n", "relative");
}

static void reads_lines(void **state)
{
    (void)state;
    struct jk_span rest = jk_manifest_lines(jk_span_of(SKETCHES(TWO M HM X, "BF16 128x130 x[2] m.safetensors"))), whole;
    struct jk_manifest_line line;
    uint64_t slice, dimensions[JK_MANIFEST_DIMENSIONS_MAX], elements;
    assert_true(jk_manifest_next(&rest, &line) && line.kind == JK_MANIFEST_FILE && line.size == 200000);
    assert_true(jk_manifest_next(&rest, &line) && line.kind == JK_MANIFEST_HEADER && line.digest.bytes[0] == 0xaa);
    assert_true(jk_manifest_next(&rest, &line) && line.kind == JK_MANIFEST_TENSOR &&
                jk_span_equal(line.name, JK_SPAN("x")));
    assert_int_equal(jk_manifest_shape(line.shape, dimensions), 3);
    assert_int_equal(dimensions[0] * 1000 + dimensions[2], 3130);
    assert_true(jk_manifest_elements(line.shape, &elements) && elements == 3 * 128 * 130);
    assert_true(jk_manifest_next(&rest, &line) && line.kind == JK_MANIFEST_SKETCH && line.sketch.len == 684);
    assert_true(jk_span_equal(line.path, JK_SPAN("m.safetensors")));
    assert_true(jk_manifest_slice(line.name, &whole, &slice) && slice == 2 && jk_span_equal(whole, JK_SPAN("x")));
    assert_false(jk_manifest_next(&rest, &line));
    assert_false(jk_manifest_slice(JK_SPAN("[2]"), &whole, &slice));
    assert_false(jk_manifest_slice(JK_SPAN("x2]"), &whole, &slice));
    assert_false(jk_manifest_slice(JK_SPAN("x[]"), &whole, &slice));
}

static void code_files(void **state)
{
    (void)state;
    assert_true(jk_manifest_is_code(JK_SPAN("modeling_x.py")) && jk_manifest_is_code(JK_SPAN("a/b.SO")));
    assert_true(jk_manifest_is_code(JK_SPAN("data.pkl")) && !jk_manifest_is_code(JK_SPAN("config.json")));
    assert_true(jk_manifest_is_container(JK_SPAN("a/b.KERAS")) && jk_manifest_is_container(JK_SPAN("m.tar.gz")));
    assert_false(jk_manifest_is_container(JK_SPAN("tokenizer.model")) ||
                 jk_manifest_is_container(JK_SPAN("vocab.json")));
    assert_false(jk_manifest_is_weights(JK_SPAN("a.npy"))); /* or weights digests would become others */
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
        cmocka_unit_test(golden),
        cmocka_unit_test(sharding),
        cmocka_unit_test(without_tensors),
        cmocka_unit_test(weight_files),
        cmocka_unit_test(refuses_files),
        cmocka_unit_test(refuses_tensors),
        cmocka_unit_test(dimension_limit),
        cmocka_unit_test(path_limit),
        cmocka_unit_test(file_limit),
        cmocka_unit_test(size_limit),
        cmocka_unit_test(sketches),
        cmocka_unit_test(refuses_sketches),
        cmocka_unit_test(refuses_contradictions),
        cmocka_unit_test(reads_lines),
        cmocka_unit_test(code_files),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
