/* Licence expressions: canonical spelling, faults and their hints, limits, evaluation; and the pinned list itself. */
#include "support/golden.h"

#include <stdlib.h>

#include "domain/spdx.h"

extern const unsigned char jk_data_spdx_list[];
extern const size_t jk_data_spdx_list_len;

struct result {
    enum jk_status status;
    struct jk_text text;
    struct jk_error error;
    struct jk_arena arena;
};

static void run(struct jk_span expression, struct result *result)
{
    jk_arena_init(&result->arena, 1 << 16);
    jk_error_init(&result->error, &result->arena);
    jk_text_init(&result->text, 0);
    result->status = jk_spdx_canonical(expression, "license", &result->text, &result->error);
}

static void done(struct result *result)
{
    jk_text_done(&result->text);
    jk_arena_done(&result->arena);
}

static void canonical_is(const char *expression, const char *expected)
{
    struct result result;
    run(jk_span_of(expression), &result);
    if (result.status != JK_OK) fail_msg("\"%s\": %s", expression, result.error.violations[0].rule);
    assert_span_equal(jk_text_span(&result.text), jk_span_of(expected));
    done(&result);
}

static void refused_with(const char *expression, const char *part_of_rule)
{
    struct result result;
    run(jk_span_of(expression), &result);
    if (result.status != JK_INVALID_ARGUMENT) fail_msg("\"%s\" was accepted", expression);
    assert_int_equal(result.text.len, 0);
    assert_int_equal(result.error.violation_count, 1);
    assert_string_equal(result.error.violations[0].field, "license");
    const char *rule = result.error.violations[0].rule;
    if (!strstr(rule, part_of_rule)) fail_msg("\"%s\": %s — does not say: %s", expression, rule, part_of_rule);
    done(&result);
}

static void canonical(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"mit", "MIT"},
        {" apache-2.0 ", "Apache-2.0"},
        {"NoAssertion", "NOASSERTION"},
        {"mit or apache-2.0", "MIT OR Apache-2.0"},
        {"MIT  AND\tapache-2.0\nand bsd-3-clause", "MIT AND Apache-2.0 AND BSD-3-Clause"},
        {"(MIT)", "MIT"},
        {"((MIT) AND (Apache-2.0))", "MIT AND Apache-2.0"},
        {"MIT AND (ISC AND Zlib)", "MIT AND ISC AND Zlib"},
        {"MIT OR (ISC OR Zlib)", "MIT OR ISC OR Zlib"},
        {"MIT OR (ISC AND Zlib)", "MIT OR ISC AND Zlib"},
        {"MIT AND (ISC OR Zlib)", "MIT AND (ISC OR Zlib)"},
        {"(MIT OR ISC)AND(Zlib OR X11)", "(MIT OR ISC) AND (Zlib OR X11)"},
        {"MIT AND ((ISC OR Zlib) AND X11)", "MIT AND (ISC OR Zlib) AND X11"},
        {"GPL-3.0", "GPL-3.0"},
        {"gpl-3.0+", "GPL-3.0+"},
        {"apache-2.0+", "Apache-2.0+"},
        {"gpl-2.0-only with classpath-EXCEPTION-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"},
        {"gpl-2.0+ with llvm-exception or mit", "GPL-2.0+ WITH LLVM-exception OR MIT"},
        {"licenseref-Foo.Bar-1", "LicenseRef-Foo.Bar-1"},
        {"DOCUMENTREF-d1:LICENSEREF-x", "DocumentRef-d1:LicenseRef-x"},
        {"LicenseRef-exaone-ai-model-1.1-nc", "LicenseRef-exaone-ai-model-1.1-nc"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        canonical_is(rows[i][0], rows[i][1]);
        canonical_is(rows[i][1], rows[i][1]); /* a fixed point */
    }
}

static void faults(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", "ends where a licence"},
        {"MIT AND", "ends where a licence"},
        {"AND MIT", "\"AND\" stands"},
        {"(MIT", "ends where \")\""},
        {"MIT)", "\")\" stands"},
        {"()", "\")\" stands"},
        {"MIT WITH", "ends where an exception"},
        {"MIT WITH AND", "where an exception"},
        {"(MIT) WITH LLVM-exception", "\"WITH\" stands"},
        {"MIT WITH MIT", "not one of the exceptions of the SPDX list"},
        {"LLVM-exception", "not one of the licences of the SPDX list"},
        {"MIT WITH LLVM-exceptio", "did you mean \"LLVM-exception\""},
        {"MIT WITH LLVM-exception WITH LLVM-exception", "stands"},
        {"LicenseRef-", "not one of the licences"},
        {"LicenseRef-a+", "not one of the licences"},
        {"LicenseRef-a_b", "not one of the licences"},
        {"DocumentRef-a", "not one of the licences"},
        {"DocumentRef-:LicenseRef-a", "not one of the licences"},
        {"MIT:x", "not one of the licences"},
        {"GPL-2.0++", "not one of the licences"},
        {"MIT +", "stands in"},
        {"+", "not one of the licences"},
        {"NOASSERTION OR MIT", "\"NOASSERTION\" must stand alone"},
        {"MIT AND noassertion", "must stand alone"},
        {"NONE", "did you mean \"NOASSERTION\""},
        {"NONE OR MIT", "use a listed identifier or LicenseRef-<name>."},
        {"MIT AND xyzzyplugh", "use a listed identifier or LicenseRef-<name>."},
        {"MIT/ISC", "\"MIT/ISC\""},
        {"xyzzyplugh", "LicenseRef-<name>"},
        {"MIT, ISC", "\"MIT,\""},
        {"MIT\x01", "\\x01"},
        {"라이선스", "not one of the licences"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refused_with(rows[i][0], rows[i][1]);
}

static void hints(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"Apache 2.0", "Apache-2.0"},
        {"apache2", "Apache-2.0"},
        {"Apache-2", "Apache-2.0"},
        {"Apache License, Version 2.0", "Apache-2.0"},
        {"Apache-2.O", "Apache-2.0"},
        {"apach-2.0", "Apache-2.0"},
        {"MIT License", "MIT"},
        {"The MIT", "MIT"},
        {"BSD 3 Clause", "BSD-3-Clause"},
        {"bsd3-clause", "BSD-3-Clause"},
        {"GPLv3", "GPL-3.0"},
        {"GPL v3", "GPL-3.0"},
        {"cc0", "CC0-1.0"},
        {"cc-by-4", "CC-BY-4.0"},
        {"CC BY-NC 4.0", "CC-BY-NC-4.0"},
        {"ISC AND apache 2", "Apache-2.0"},
        {"(MIT License) OR ISC", "MIT"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char hint[80];
        snprintf(hint, sizeof hint, "did you mean \"%s\"?", rows[i][1]);
        refused_with(rows[i][0], hint);
    }
}

static void no_wild_hints(void **state)
{
    (void)state;
    const char *words[] = {"foo", "llama3.1", "gemma", "proprietary", "GPL-77.9", "commercial-use-ok"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        refused_with(words[i], "use a listed identifier");
}

/* `count` times the text, `between` between them. */
static char *repeated(const char *text, const char *between, size_t count)
{
    struct jk_text out;
    jk_text_init(&out, 0);
    for (size_t i = 0; i < count; i++) {
        if (i) jk_text_add_str(&out, between);
        jk_text_add_str(&out, text);
    }
    return jk_text_take(&out);
}

static void term_limit(void **state)
{
    (void)state;
    char *most = repeated("MIT", " OR ", JK_LICENSE_TERMS), *more = repeated("MIT", " OR ", JK_LICENSE_TERMS + 1);
    canonical_is(most, most);
    refused_with(more, "more than 64");
    free(most);
    free(more);
}

static void depth_limit(void **state)
{
    (void)state;
    char text[2 * JK_LICENSE_DEPTH + 8];
    for (int depth = JK_LICENSE_DEPTH; depth <= JK_LICENSE_DEPTH + 1; depth++) {
        memset(text, '(', (size_t)depth);
        memcpy(text + depth, "MIT", 3);
        memset(text + depth + 3, ')', (size_t)depth);
        text[2 * depth + 3] = 0;
        if (depth == JK_LICENSE_DEPTH)
            canonical_is(text, "MIT");
        else
            refused_with(text, "deeper than 32");
    }
}

static void length_limit(void **state)
{
    (void)state;
    char text[JK_LICENSE_MAX + 2];
    memset(text, 'a', sizeof text);
    memcpy(text, "LicenseRef-", 11);
    text[JK_LICENSE_MAX] = 0;
    canonical_is(text, text);
    text[JK_LICENSE_MAX] = 'a';
    text[JK_LICENSE_MAX + 1] = 0;
    refused_with(text, "longer than 1,024");
    /* Tight parentheses: within the limit as written, past it as printed. */
    memset(text, 'a', sizeof text);
    memcpy(text, "(MIT OR ISC)AND(X11 OR LicenseRef-", 34);
    strcpy(text + JK_LICENSE_MAX - 1, ")");
    refused_with(text, "canonical spelling");
}

/* ---- the list ---- */

static void list_is_sorted_and_found(void **state)
{
    (void)state;
    struct jk_span rest = {(const char *)jk_data_spdx_list, jk_data_spdx_list_len}, line, before = {0};
    char head[64];
    snprintf(head, sizeof head, "# SPDX License List %s:", jk_spdx_version());
    assert_true(jk_span_line(&rest, &line));
    assert_true(jk_span_starts(line, jk_span_of(head)));
    size_t licenses = 0, exceptions = 0;
    while (jk_span_line(&rest, &line)) {
        bool exception = strstr(line.at, "exception") && jk_span_ends(line, JK_SPAN(" exception"));
        exception |= jk_span_ends(line, JK_SPAN(" exception deprecated"));
        struct jk_span words = line, identifier;
        jk_span_cut(&words, ' ', &identifier);
        struct jk_span found = jk_spdx_find(identifier);
        assert_int_equal(found.len, exception ? 0 : identifier.len);
        exception ? exceptions++ : licenses++;
        if (before.len &&
            strncasecmp(before.at, identifier.at, before.len < identifier.len ? before.len : identifier.len) > 0)
            fail_msg("%.*s is out of order", JK_SPAN_ARG(identifier));
        before = identifier;
    }
    assert_int_equal(licenses, 740);
    assert_int_equal(exceptions, 86);
}

static void finds(void **state)
{
    (void)state;
    assert_span_equal(jk_spdx_find(JK_SPAN("apache-2.0")), JK_SPAN("Apache-2.0"));
    assert_span_equal(jk_spdx_find(JK_SPAN("0bsd")), JK_SPAN("0BSD"));
    assert_span_equal(jk_spdx_find(JK_SPAN("ZPL-2.1")), JK_SPAN("ZPL-2.1"));
    assert_int_equal(jk_spdx_find(JK_SPAN("")).len, 0);
    assert_int_equal(jk_spdx_find(JK_SPAN("Apache")).len, 0);
    assert_int_equal(jk_spdx_find(JK_SPAN("AGPL-1.0 deprecated")).len, 0);
    assert_int_equal(jk_spdx_find(JK_SPAN("zzzz")).len, 0);
    assert_int_equal(jk_spdx_find(JK_SPAN("!")).len, 0);
    struct jk_span list = {(const char *)jk_data_spdx_list, jk_data_spdx_list_len};
    struct jk_digest expected = jk_digest_of(list), digest = jk_spdx_list_digest();
    assert_true(jk_digest_equal(&digest, &expected));
}

/* Stages close by what this list gives, and a build that has another in its place could not recount them. So whoever
 * changes the list is to know: every list that a log ever named stays embedded, the new one beside the others. */
static void list_is_pinned(void **state)
{
    static const char pinned[] = "969e114e95401bb7d340af7f69fb4e60e12181fd709b3d48f41e6c9b18acaf66";
    struct jk_digest expected, digest = jk_spdx_list_digest();
    (void)state;
    assert_true(jk_digest_parse(jk_span_of(pinned), &expected));
    assert_true(jk_digest_equal(&digest, &expected));
}

/* ---- evaluation ---- */

static int value_of(void *context, struct jk_span identifier)
{
    ++*(int *)context;
    static const struct {
        const char *identifier;
        int value;
    } rows[] = {{"MIT", 3},         {"Apache-2.0", 2},   {"GPL-2.0", 1},
                {"NOASSERTION", 1}, {"CC-BY-NC-4.0", 0}, {"DocumentRef-d:LicenseRef-x", 2}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (jk_span_equal(identifier, jk_span_of(rows[i].identifier))) return rows[i].value;
    return -1;
}

static void evaluates(void **state)
{
    (void)state;
    static const struct {
        const char *expression;
        int value, asked;
    } rows[] = {
        {"MIT", 3, 1},
        {"NOASSERTION", 1, 1},
        {"MIT AND Apache-2.0", 2, 2},
        {"CC-BY-NC-4.0 OR MIT", 3, 2},
        {"CC-BY-NC-4.0 OR MIT AND GPL-2.0+", 1, 3},
        {"(CC-BY-NC-4.0 OR MIT) AND Apache-2.0", 2, 3},
        {"GPL-2.0+ WITH Classpath-exception-2.0 AND MIT", 1, 2},
        {"DocumentRef-d:LicenseRef-x", 2, 1},
        {"", -1, 1}, /* not canonical: still an answer */
        {"((((MIT", 3, 1},
        {"AND AND )", -1, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int asked = 0, value = jk_spdx_evaluate(jk_span_of(rows[i].expression), value_of, &asked);
        if (value != rows[i].value) fail_msg("\"%s\" is %d", rows[i].expression, value);
        if (i < 8) assert_int_equal(asked, rows[i].asked);
    }
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
        cmocka_unit_test(canonical),      cmocka_unit_test(faults),
        cmocka_unit_test(hints),          cmocka_unit_test(no_wild_hints),
        cmocka_unit_test(term_limit),     cmocka_unit_test(depth_limit),
        cmocka_unit_test(length_limit),   cmocka_unit_test(list_is_sorted_and_found),
        cmocka_unit_test(list_is_pinned), cmocka_unit_test(finds),
        cmocka_unit_test(evaluates),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
