/* The listing: each rule broken once, the set of weight files against that of a manifest of the same files, and what is
 * written against what is read. Its digests are in the vectors of the formats. */
#include "support/golden.h"

#include "base/defer.h"
#include "base/text.h"
#include "domain/listing.h"
#include "domain/manifest.h"

#define HEAD "jokbo/listing/v1\n"
#define A    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C    "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

static struct jk_listing_summary accepted(struct jk_span text)
{
    struct jk_listing_summary summary = {0};
    struct jk_error error;
    jk_error_init(&error, NULL);
    if (jk_listing_check(text, &summary, &error) != JK_OK) fail_msg("%s in:\n%.*s", error.message, JK_SPAN_ARG(text));
    return summary;
}

static void refused(struct jk_span text, const char *part_of_message)
{
    struct jk_listing_summary summary = {.files = 77};
    struct jk_error error;
    jk_error_init(&error, NULL);
    if (jk_listing_check(text, &summary, &error) != JK_INVALID_ARGUMENT) fail_msg("accepted:\n%.*s", JK_SPAN_ARG(text));
    assert_string_equal(error.reason, "INVALID_LISTING");
    if (!strstr(error.message, part_of_message)) fail_msg("%s — does not say: %s", error.message, part_of_message);
    assert_int_equal(summary.files, 77);
}

static void each_rule(void **state)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "Line 1 of the listing, \"\", must be \"jokbo/listing/v1\""},
        {"jokbo/manifest/v1\nfile " A " 1 a\n", "must be \"jokbo/listing/v1\""},
        {HEAD, "at least one is needed"},
        {HEAD "file " A " 1 a", "must end in a line feed"},
        {HEAD "header " A " a.safetensors\n", "must be a file line"},
        {HEAD "file " A " 1 a\n\n", "Line 3 of the listing, \"\", must be a file line"},
        {HEAD "file  " A " 1 a\n", "must have a SHA-256"},
        {HEAD "file AA 1 a\n", "must have a SHA-256"},
        {HEAD "file " A " 01 a\n", "must have a decimal size"},
        {HEAD "file " A " -1 a\n", "must have a decimal size"},
        {HEAD "file " A " 1 a b\n", "must percent-encode space"},
        {HEAD "file " A " 1 a%2Fb\n", "must percent-encode space"},
        {HEAD "file " A " 1 ../a\n", "must have a relative path"},
        {HEAD "file " A " 1 \n", "must have a path"},
        {HEAD "file " A " 1 b\nfile " A " 1 a\n", "Line 3 of the listing, \"file aaaa"},
        {HEAD "file " A " 1 b\nfile " A " 1 a\n", "is out of order or a duplicate"},
        {HEAD "file " A " 1 a\nfile " B " 1 a\n", "is out of order or a duplicate"},
        {HEAD "file " A " 18446744073709551615 a\nfile " A " 1 b\n", "makes the sizes overflow"},
        {HEAD "file " A " 18446744073709551616 a\n", "must have a decimal size"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refused(jk_span_of(rows[i].text), rows[i].says);
}

/* The files in other folders and under other names, one of them twice: the set is the same, and the manifest's. */
static void weight_files(void **state)
{
    const char files[] = "file " B " 3 README.md\nfile " C " 2 a/one.GGUF\nfile " A " 1 b.bin\n";
    const char others[] = HEAD "file " A " 1 1.pt\nfile " C " 2 2.safetensors\nfile " A " 1 3.onnx\n";
    const char none[] = HEAD "file " A " 1 images/cat.png\nfile " B " 1 tokenizer.json\n";
    char manifest[1024], listing[1024];
    struct jk_manifest_summary of_manifest;
    struct jk_error error;
    (void)state;
    jk_error_init(&error, NULL);
    snprintf(manifest, sizeof manifest, "jokbo/manifest/v1\n%s", files);
    snprintf(listing, sizeof listing, HEAD "%s", files);
    assert_int_equal(jk_manifest_check(jk_span_of(manifest), &of_manifest, &error), JK_OK);
    struct jk_listing_summary one = accepted(jk_span_of(listing)), two = accepted(jk_span_of(others));
    assert_true(jk_digest_equal(&one.weight_files, &of_manifest.weight_files));
    assert_true(jk_digest_equal(&two.weight_files, &of_manifest.weight_files));
    assert_false(jk_digest_is_zero(&one.weight_files));
    assert_false(jk_digest_equal(&one.listing, &two.listing));
    assert_int_equal(one.files, 3);
    assert_int_equal(one.bytes, 6);
    struct jk_listing_summary without = accepted(jk_span_of(none));
    assert_true(jk_digest_is_zero(&without.weight_files));
}

static void written_and_read(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    struct jk_listing_file file = {.size = UINT64_MAX, .path = JK_SPAN("a/%20b%25.gguf")};
    (void)state;
    memset(file.digest.bytes, 0xab, sizeof file.digest.bytes);
    jk_text_init(&text, 0);
    jk_listing_begin(&text);
    jk_listing_add(&text, &file);
    struct jk_listing_summary summary = accepted(jk_text_span(&text));
    assert_int_equal(summary.files, 1);
    assert_true(summary.bytes == UINT64_MAX);
    assert_span_equal(jk_text_span(&text),
                      JK_SPAN("jokbo/listing/v1\nfile abababababababababababababababababababababababababababababababab "
                              "18446744073709551615 a/%20b%25.gguf\n"));
}

/* Whoever wrote it finds the same without reading it. */
static void digests_of_what_was_written(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    static const char *const paths[] = {"a.gguf", "b.txt", "c.gguf", "d.safetensors"};
    struct jk_digest weights[4], listing, set;
    size_t count = 0;
    (void)state;
    jk_text_init(&text, 0);
    jk_listing_begin(&text);
    for (size_t i = 0; i < 4; i++) {
        struct jk_listing_file file = {.size = i, .path = jk_span_of(paths[i])};
        memset(file.digest.bytes, i == 3 ? 0x77 : (int)(0x77 - i), sizeof file.digest.bytes);
        jk_listing_add(&text, &file);
        if (i != 1) weights[count++] = file.digest;
    }
    struct jk_listing_summary summary = accepted(jk_text_span(&text));
    assert_true(jk_listing_digests(jk_text_span(&text), weights, count, &listing, &set));
    assert_true(jk_digest_equal(&listing, &summary.listing) && jk_digest_equal(&set, &summary.weight_files));
    assert_true(jk_listing_digests(jk_text_span(&text), NULL, 0, &listing, &set));
    assert_true(jk_digest_equal(&listing, &summary.listing) && jk_digest_is_zero(&set));
}

static void limits(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    char path[16];
    struct jk_listing_file file = {.size = 1};
    (void)state;
    jk_text_init(&text, 0);
    jk_listing_begin(&text);
    for (unsigned i = 0; i < JK_LISTING_FILES_MAX; i++) {
        snprintf(path, sizeof path, "%06u.bin", i);
        file.path = jk_span_of(path);
        jk_listing_add(&text, &file);
    }
    assert_int_equal(accepted(jk_text_span(&text)).files, JK_LISTING_FILES_MAX);
    file.path = JK_SPAN("a");
    jk_listing_add(&text, &file);
    refused(jk_text_span(&text), "at most 100,000");
    refused((struct jk_span){text.bytes, JK_LISTING_MAX + 1}, "at most 64 MiB are allowed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_rule), cmocka_unit_test(weight_files),
                                       cmocka_unit_test(written_and_read),
                                       cmocka_unit_test(digests_of_what_was_written), cmocka_unit_test(limits)};
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
