/* The lineage statement against golden files (their hashes are sha256sum's), each rule of the format broken once,
 * and its limits. */
#include "support/golden.h"

#include <stdlib.h>

#include "domain/ident.h"
#include "domain/lineage.h"
#include "domain/spdx.h"

static char buffer[8192];

static struct jk_digest digest_of(const char *text)
{
    return jk_digest_of(jk_span_of(text));
}

/* The hash that tests/golden/lineage-hashes.txt gives the file. */
static struct jk_digest golden_hash(const char *name)
{
    static char hashes[4096];
    struct jk_span rest = golden_read("lineage-hashes.txt", hashes, sizeof hashes), line;
    struct jk_digest digest;
    while (jk_span_line(&rest, &line)) {
        struct jk_span file = {line.at + 66, line.len - 66};
        if (!jk_span_equal(file, jk_span_of(name))) continue;
        assert_true(jk_digest_parse((struct jk_span){line.at, JK_DIGEST_HEX}, &digest));
        return digest;
    }
    fail_msg("no hash of %s", name);
    return digest;
}

static void is_golden(struct jk_statement *statement, const char *name)
{
    struct jk_text out;
    jk_text_init(&out, 0);
    jk_statement_write(statement, &out);
    assert_span_equal(jk_text_span(&out), golden_read(name, buffer, sizeof buffer));
    struct jk_digest hash = jk_statement_hash(jk_text_span(&out)), expected = golden_hash(name);
    assert_true(jk_digest_equal(&hash, &expected));
    jk_text_done(&out);
}

static struct jk_statement base_statement(void)
{
    return (struct jk_statement){.model = JK_SPAN("LGAI-EXAONE/EXAONE-3.5-7.8B-Instruct"),
                                 .version = JK_SPAN("initial"),
                                 .license = JK_SPAN("LicenseRef-exaone-ai-model-1.1-nc")};
}

static struct jk_statement solar_statement(void)
{
    return (struct jk_statement){.model = JK_SPAN("upstage/SOLAR-10.7B-Instruct-v1.0"),
                                 .version = JK_SPAN("initial"),
                                 .license = JK_SPAN("CC-BY-NC-4.0"),
                                 .license_text = digest_of("text"),
                                 .artifact = digest_of("solar manifest"),
                                 .weights = digest_of("solar weights")};
}

static struct jk_statement quantized_statement(void)
{
    struct jk_statement statement = {.model = JK_SPAN("mradermacher/EXAONE-3.5-7.8B-Instruct-GGUF"),
                                     .version = JK_SPAN("1.0+q4_k-m"),
                                     .relation = JK_RELATION_QUANTIZED,
                                     .license = JK_SPAN("LicenseRef-exaone-ai-model-1.1-nc"),
                                     .license_text = digest_of("licence"),
                                     .artifact = digest_of("manifest"),
                                     .weights = digest_of("weights"),
                                     .parent_count = 1};
    statement.parents[0] = (struct jk_parent_line){golden_hash("statement-base.txt"), false,
                                                   JK_SPAN("LGAI-EXAONE/EXAONE-3.5-7.8B-Instruct"), JK_SPAN("initial")};
    return statement;
}

#define REVISION       JK_SPAN("0123456789abcdef0123456789abcdef01234567")
#define EXTERNAL_PLAIN JK_SPAN("huggingface.co/DopeorNope/SOLARC-M-10.7B")
#define EXTERNAL_CODED JK_SPAN("models.example:8443/a%40b/%EC%A1%B1%EB%B3%B4")

static struct jk_statement merge_statement(void)
{
    struct jk_statement statement = {.model = JK_SPAN("invalid-coder/SOLAR_slerp.v2"),
                                     .version = JK_SPAN("2024.01"),
                                     .relation = JK_RELATION_MERGE,
                                     .license =
                                         JK_SPAN("Apache-2.0 OR MIT AND GPL-2.0-only WITH Classpath-exception-2.0"),
                                     .artifact = digest_of("merge"),
                                     .parent_count = 4};
    struct jk_parent_line parents[] = {
        {golden_hash("external-revision.txt"), true, EXTERNAL_CODED, REVISION},
        {golden_hash("statement-base-solar.txt"), false, JK_SPAN("upstage/SOLAR-10.7B-Instruct-v1.0"),
         JK_SPAN("initial")},
        {golden_hash("external-none.txt"), true, EXTERNAL_PLAIN, {0}},
        {golden_hash("statement-quantized.txt"), false, JK_SPAN("mradermacher/EXAONE-3.5-7.8B-Instruct-GGUF"),
         JK_SPAN("1.0+q4_k-m")},
    };
    memcpy(statement.parents, parents, sizeof parents);
    return statement;
}

static void writes_golden(void **state)
{
    (void)state;
    struct jk_statement base = base_statement(), solar = solar_statement(), quantized = quantized_statement(),
                        merge = merge_statement();
    is_golden(&base, "statement-base.txt");
    is_golden(&solar, "statement-base-solar.txt");
    is_golden(&quantized, "statement-quantized.txt");
    is_golden(&merge, "statement-merge.txt");
}

static void hashes_externals(void **state)
{
    (void)state;
    const struct {
        struct jk_span name, revision;
        const char *file;
    } rows[] = {{EXTERNAL_PLAIN, {0}, "external-none.txt"}, {EXTERNAL_CODED, REVISION, "external-revision.txt"}};
    for (size_t i = 0; i < 2; i++) {
        struct jk_digest hash = jk_external_hash(rows[i].name, rows[i].revision), expected = golden_hash(rows[i].file);
        assert_true(jk_digest_equal(&hash, &expected));
    }
}

static enum jk_status parse(struct jk_span text, struct jk_statement *statement, struct jk_error *error)
{
    jk_error_init(error, NULL);
    return jk_statement_parse(text, statement, error);
}

static void parses_golden(void **state)
{
    (void)state;
    const char *names[] = {"statement-base.txt", "statement-base-solar.txt", "statement-quantized.txt",
                           "statement-merge.txt"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct jk_statement statement;
        struct jk_error error;
        struct jk_text out;
        struct jk_span text = golden_read(names[i], buffer, sizeof buffer);
        if (parse(text, &statement, &error) != JK_OK) fail_msg("%s: %s", names[i], error.message);
        jk_text_init(&out, 0);
        jk_statement_write(&statement, &out);
        assert_span_equal(jk_text_span(&out), text);
        jk_text_done(&out);
    }
}

static void parses_fields(void **state)
{
    (void)state;
    struct jk_statement got, merge = merge_statement();
    struct jk_error error;
    assert_int_equal(parse(golden_read("statement-merge.txt", buffer, sizeof buffer), &got, &error), JK_OK);
    assert_span_equal(got.model, merge.model);
    assert_span_equal(got.version, merge.version);
    assert_span_equal(got.license, merge.license);
    assert_int_equal(got.relation, JK_RELATION_MERGE);
    assert_true(jk_digest_is_zero(&got.license_text) && jk_digest_is_zero(&got.weights));
    assert_true(jk_digest_equal(&got.artifact, &merge.artifact));
    assert_int_equal(got.parent_count, 4);
    assert_false(got.parents[0].external);
    assert_span_equal(got.parents[0].name, JK_SPAN("mradermacher/EXAONE-3.5-7.8B-Instruct-GGUF"));
    assert_span_equal(got.parents[0].version, JK_SPAN("1.0+q4_k-m"));
    assert_true(got.parents[1].external);
    assert_span_equal(got.parents[1].name, EXTERNAL_PLAIN);
    assert_int_equal(got.parents[1].version.len, 0);
    assert_span_equal(got.parents[3].version, REVISION);
}

/* ---- what must be refused ---- */

/* The text with the first `from` replaced by `to`; the caller frees it. */
static char *replaced(struct jk_span text, const char *from, const char *to)
{
    char *copy = calloc(1, text.len + strlen(to) + 1);
    memcpy(copy, text.at, text.len);
    char *at = strstr(copy, from);
    if (!at) fail_msg("no \"%s\" to replace", from);
    memmove(at + strlen(to), at + strlen(from), strlen(at + strlen(from)) + 1);
    memcpy(at, to, strlen(to));
    return copy;
}

static void refused(const char *file, const char *from, const char *to, const char *part_of_message)
{
    struct jk_statement statement;
    struct jk_error error;
    char *text = replaced(golden_read(file, buffer, sizeof buffer), from, to);
    if (parse(jk_span_of(text), &statement, &error) != JK_INVALID_ARGUMENT) fail_msg("accepted:\n%s", text);
    if (!strstr(error.message, part_of_message)) fail_msg("%s — does not say: %s", error.message, part_of_message);
    free(text);
}

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void refuses_base(void **state)
{
    (void)state;
    const char *file = "statement-base.txt";
    refused(file, "v1", "v2", "Line 1 ");
    refused(file, "v1\n", "v1\r\n", "Line 1 ");
    refused(file, "model LGAI", "model  LGAI", "Line 2 ");
    refused(file, "model ", "Model ", "Line 2 ");
    refused(file, "EXAONE/EXA", "EXAONE-EXA", "Line 2 ");
    refused(file, "initial", "in itial", "Line 3 ");
    refused(file, "release initial\n", "", "Line 3 ");
    refused(file, "initial\n", "initial\nrelation x\n", "Line 4 ");
    refused(file, "initial\n", "initial\nrelation merge\n", "followed by a parent");
    refused(file, "license Lic", "license  Lic", "Line 4 ");
    refused(file, "1.1-nc", "1.1-nc ", "Line 4 ");
    refused(file, "1.1-nc", "1.1_nc", "Line 4 ");
    refused(file, "license-text none", "license-text", "Line 5 ");
    refused(file, "license-text none", "license-text None", "Line 5 ");
    refused(file, "artifact none", "artifact sha256:" ZEROS, "zeros");
    refused(file, "artifact none", "artifact sha256:12", "Line 6 ");
    refused(file, "weights none", "weights sha256:" ZEROS "0", "Line 7 ");
    refused(file, "weights none\n", "weights none", "Line 7 ");
    refused(file, "weights none\n", "weights none\n\n", "Line 8 ");
    refused(file, "weights none\n", "weights none\nparent " ZEROS " a/b@1\n", "without a relation");
}

static void refuses_parents(void **state)
{
    (void)state;
    const char *file = "statement-merge.txt";
    refused(file, "parent 45", "parent  45", "Line 9 ");
    refused(file, "parent 45b", "parent 45B", "Line 9 ");
    refused(file, "parent 45b", "parent f5b", "Line 10 "); /* out of order */
    refused(file, "@1.0+q4", "1.0+q4", "Line 9 ");
    refused(file, "@none", "@None", "Line 10 ");
    refused(file, "@none", "@main", "Line 10 ");
    refused(file, "@none", "@", "Line 10 ");
    refused(file, "external huggingface", "External huggingface", "Line 10 ");
    refused(file, "huggingface.co", "huggingface", "Line 10 ");
    refused(file, "upstage/SOLAR", "upstage/--SOLAR", "Line 11 ");
    refused(file, "%40", "@", "Line 12 ");
    refused(file, "@0123", "@g123", "Line 12 ");
    refused(file, "relation merge\n", "", "without a relation");
}

static void refuses_the_same_parent(void **state)
{
    (void)state;
    struct jk_span text = golden_read("statement-quantized.txt", buffer, sizeof buffer);
    char twice[4096];
    const char *parent = memmem(text.at, text.len, "parent ", 7);
    size_t line = text.len - (size_t)(parent - text.at);
    memcpy(twice, text.at, text.len);
    memcpy(twice + text.len, parent, line);
    struct jk_statement statement;
    struct jk_error error;
    assert_int_equal(parse((struct jk_span){twice, text.len + line}, &statement, &error), JK_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "twice"));
    /* The same hash under another name is the same parent. */
    twice[text.len + line - 2] = 'x';
    assert_int_equal(parse((struct jk_span){twice, text.len + line}, &statement, &error), JK_INVALID_ARGUMENT);
}

static void refuses_cut_text(void **state)
{
    (void)state;
    struct jk_span text = golden_read("statement-merge.txt", buffer, sizeof buffer);
    struct jk_statement statement;
    struct jk_error error;
    for (size_t len = 0; len < text.len; len++) {
        char *copy = malloc(len ? len : 1); /* so that a read past the end is seen */
        memcpy(copy, text.at, len);
        bool whole_lines = len && text.at[len - 1] == '\n' && memmem(copy, len, "\nparent ", 8);
        bool accepted = parse((struct jk_span){copy, len}, &statement, &error) == JK_OK;
        if (accepted != whole_lines) fail_msg("%zu bytes: %s", len, accepted ? "accepted" : error.message);
        free(copy);
    }
}

/* ---- limits ---- */

static void parent_limit(void **state)
{
    (void)state;
    struct jk_text out;
    jk_text_init(&out, 0);
    struct jk_statement statement = quantized_statement();
    for (size_t i = 0; i < JK_PARENTS_MAX; i++) {
        statement.parents[i] = statement.parents[0];
        statement.parents[i].hash.bytes[0] = (unsigned char)(JK_PARENTS_MAX - i);
    }
    statement.parent_count = JK_PARENTS_MAX;
    jk_statement_write(&statement, &out);
    struct jk_statement got;
    struct jk_error error;
    assert_int_equal(parse(jk_text_span(&out), &got, &error), JK_OK);
    assert_int_equal(got.parent_count, JK_PARENTS_MAX);
    assert_int_equal(got.parents[0].hash.bytes[0], 1);
    jk_text_addf(&out, "parent ff%.62s a/b@1\n", ZEROS);
    assert_int_equal(parse(jk_text_span(&out), &got, &error), JK_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "at most 64"));
    jk_text_done(&out);
}

/* The longest names, versions and externals still fit. */
static void length_limit(void **state)
{
    (void)state;
    static char external[JK_EXTERNAL_MAX], license[JK_LICENSE_MAX];
    memset(external, 'a', sizeof external);
    memcpy(external, "a.b/", 4);
    memset(license, 'a', sizeof license);
    struct jk_statement statement = quantized_statement(), got;
    statement.license = (struct jk_span){license, sizeof license};
    for (size_t i = 0; i < JK_PARENTS_MAX; i++) {
        statement.parents[i] = (struct jk_parent_line){.external = true, .name = {external, sizeof external}};
        statement.parents[i].hash.bytes[0] = (unsigned char)(i + 1);
    }
    statement.parent_count = JK_PARENTS_MAX;
    struct jk_text out;
    struct jk_error error;
    jk_text_init(&out, 0);
    jk_statement_write(&statement, &out);
    assert_false(out.failed);
    assert_int_equal(parse(jk_text_span(&out), &got, &error), JK_OK);
    char *large = calloc(1, JK_STATEMENT_MAX + 1);
    memset(large, '\n', JK_STATEMENT_MAX + 1);
    assert_int_equal(parse((struct jk_span){large, JK_STATEMENT_MAX}, &got, &error), JK_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "Line 1 "));
    assert_int_equal(parse((struct jk_span){large, JK_STATEMENT_MAX + 1}, &got, &error), JK_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "at most 60000"));
    free(large);
    jk_text_done(&out);
}

static void license_limit(void **state)
{
    (void)state;
    static char license[JK_LICENSE_MAX + 1];
    memset(license, 'a', sizeof license);
    struct jk_statement statement = base_statement(), got;
    struct jk_error error;
    struct jk_text out;
    jk_text_init(&out, 0);
    statement.license = (struct jk_span){license, sizeof license};
    jk_statement_write(&statement, &out);
    assert_int_equal(parse(jk_text_span(&out), &got, &error), JK_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "1,024"));
    jk_text_done(&out);
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
        cmocka_unit_test(writes_golden),
        cmocka_unit_test(hashes_externals),
        cmocka_unit_test(parses_golden),
        cmocka_unit_test(parses_fields),
        cmocka_unit_test(refuses_base),
        cmocka_unit_test(refuses_parents),
        cmocka_unit_test(refuses_the_same_parent),
        cmocka_unit_test(refuses_cut_text),
        cmocka_unit_test(parent_limit),
        cmocka_unit_test(length_limit),
        cmocka_unit_test(license_limit),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
