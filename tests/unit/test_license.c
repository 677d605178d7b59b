/* Permissions, classes, name rules, and the Hub's licences for the families of tests/data/model-cards. */
#include "support/golden.h"

#include "domain/ident.h"
#include "domain/license.h"
#include "domain/spdx.h"

#define NO          JK_PERMISSION_NO
#define UNKNOWN     JK_PERMISSION_UNKNOWN
#define CONDITIONAL JK_PERMISSION_CONDITIONAL
#define YES         JK_PERMISSION_YES

static void permissions(void **state)
{
    (void)state;
    enum jk_permission permission = YES;
    for (int i = NO; i <= YES; i++) {
        assert_true(jk_permission_parse(jk_span_of(jk_permission_text((enum jk_permission)i)), &permission));
        assert_int_equal(permission, i);
    }
    assert_true(NO < UNKNOWN && UNKNOWN < CONDITIONAL && CONDITIONAL < YES);
    assert_false(jk_permission_parse(JK_SPAN("yes"), &permission));
    assert_false(jk_permission_parse(JK_SPAN(""), &permission));
    assert_string_equal(jk_permission_text(CONDITIONAL), "CONDITIONAL");
}

static void classes(void **state)
{
    (void)state;
    static const struct {
        enum jk_permission permissions[JK_PERMISSION_KINDS]; /* commercial, derivatives, redistribution */
        enum jk_license_class class;
    } rows[] = {
        {{YES, YES, YES}, JK_LICENSE_OPEN},
        {{CONDITIONAL, YES, YES}, JK_LICENSE_CONDITIONAL},
        {{YES, YES, CONDITIONAL}, JK_LICENSE_CONDITIONAL},
        {{NO, YES, YES}, JK_LICENSE_NON_COMMERCIAL},
        {{NO, CONDITIONAL, CONDITIONAL}, JK_LICENSE_NON_COMMERCIAL},
        {{NO, UNKNOWN, YES}, JK_LICENSE_NON_COMMERCIAL},
        {{YES, NO, YES}, JK_LICENSE_NO_DERIVATIVES},
        {{NO, NO, YES}, JK_LICENSE_NO_DERIVATIVES},
        {{UNKNOWN, NO, UNKNOWN}, JK_LICENSE_NO_DERIVATIVES},
        {{YES, YES, NO}, JK_LICENSE_NO_DERIVATIVES},
        {{UNKNOWN, YES, YES}, JK_LICENSE_UNKNOWN},
        {{YES, UNKNOWN, CONDITIONAL}, JK_LICENSE_UNKNOWN},
        {{YES, UNKNOWN, NO}, JK_LICENSE_UNKNOWN},
        {{UNKNOWN, UNKNOWN, UNKNOWN}, JK_LICENSE_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (jk_license_class_of(rows[i].permissions) != rows[i].class) fail_msg("row %zu has another class", i);
    static const char *const texts[] = {"open", "conditional", "non-commercial", "no-derivatives", "unknown"};
    for (int i = 0; i < JK_LICENSE_CLASSES; i++)
        assert_string_equal(jk_license_class_text((enum jk_license_class)i), texts[i]);
}

static void names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *forms;
        bool literal, lenient;
    } rows[] = {
        {"anything", "", true, true},
        {"EXAONE-3.5-7.8B-Instruct-GGUF", "EXAONE", true, true},
        {"gguf-sharded-Q5_K_M-EXAONE-3.5-2.4B-Instruct", "EXAONE", false, false},
        {"exaone3.0-8b-gguf", "EXAONE", false, true},
        {"K-EXAONE-236B", "EXAONE", false, false},
        {"k_exaone-236B", "K-EXAONE", false, true},
        {"HyperCLOVAX-SEED-Text", "HyperCLOVA X|HyperCLOVAX|HyperCLOVA-X", true, true},
        {"HyperCLOVA.X-SEED", "HyperCLOVA X|HyperCLOVAX|HyperCLOVA-X", false, true},
        {"HyperCLOVA", "HyperCLOVA X|HyperCLOVAX|HyperCLOVA-X", false, false},
        {"Solar-Open2-250B-Nota-NVFP4", "Solar", true, true},
        {"SOLAR-10.7B", "Solar", false, true},
        {"anything", "-", false, false}, /* a form of nothing but folded characters holds for nobody */
        {"anything", "x||y", false, false},
        {"", "Solar", false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct jk_name_verdict verdict = jk_license_name_check(jk_span_of(rows[i].name), jk_span_of(rows[i].forms));
        if (verdict.literal != rows[i].literal || verdict.lenient != rows[i].lenient)
            fail_msg("\"%s\" under \"%s\": %d %d", rows[i].name, rows[i].forms, verdict.literal, verdict.lenient);
    }
    char long_name[JK_NAME_PART_MAX + 1];
    memset(long_name, 's', sizeof long_name);
    assert_true(jk_license_name_check((struct jk_span){long_name, JK_NAME_PART_MAX}, JK_SPAN("S")).lenient);
    assert_false(jk_license_name_check((struct jk_span){long_name, JK_NAME_PART_MAX + 1}, JK_SPAN("S")).lenient);
}

static void maps_to(const char *license, const char *name, const char *family, const char *expected)
{
    struct jk_span families[] = {jk_span_of(family)};
    struct jk_span got = jk_license_from_hub(jk_span_of(license), jk_span_of(name), families, *family ? 1 : 0);
    if (!jk_span_equal(got, jk_span_of(expected)))
        fail_msg("%s %s %s: \"%.*s\", not \"%s\"", license, name, family, JK_SPAN_ARG(got), expected);
}

/* The parents' names and licences as the cards have them. */
static void model_cards(void **state)
{
    (void)state;
    maps_to("other", "exaone", "EXAONE-3.5-7.8B-Instruct", "LicenseRef-exaone-ai-model-1.1-nc");
    maps_to("apache-2.0", "", "EXAONE-3.0-7.8B-Instruct", "Apache-2.0");
    maps_to("apache-2.0", "", "SOLAR-10.7B-Instruct-v1.0", "Apache-2.0");
    maps_to("other", "exaone", "EXAONE-3.0-7.8B-Instruct", "LicenseRef-exaone-ai-model-1.1-nc");
    maps_to("other", "exaone", "EXAONE-4.0-32B", "LicenseRef-exaone-ai-model-1.2-nc");
    maps_to("other", "hyperclovax-seed", "HyperCLOVAX-SEED-Text-Instruct-0.5B", "LicenseRef-hyperclova-x-seed-2025");
    maps_to("other", "upstage-solar-license", "Solar-Open2-250B", "LicenseRef-upstage-solar");
    maps_to("", "", "EXAONE-3.5-2.4B-Instruct-GGUF", "");
}

static void hub_table(void **state)
{
    (void)state;
    maps_to("OTHER", "Exaone", "exaone-deep-32B", "LicenseRef-exaone-ai-model-1.1-nc");
    maps_to("other", "exaone", "", "NOASSERTION");
    maps_to("other", "exaone", "EXAONE-9.0", "NOASSERTION");
    maps_to("other", "k-exaone", "", "LicenseRef-k-exaone");
    maps_to("other", "my-own", "", "NOASSERTION");
    maps_to("unknown", "", "", "NOASSERTION");
    maps_to("gpl-3.0", "", "", "GPL-3.0-only");
    maps_to("mit", "ignored", "", "MIT");
    maps_to("llama3.1", "", "", "LicenseRef-llama-3.1-community");
    maps_to("eupl-1.2", "", "", "EUPL-1.2");
    maps_to("0bsd", "", "", "0BSD"); /* on the SPDX list, not in the table */
    maps_to("other", "K EXAONE", "", "LicenseRef-k-exaone");
    maps_to("other", "EXAONE AI Model License Agreement 1.2 - NC", "", "LicenseRef-exaone-ai-model-1.2-nc");
    maps_to("other", "Tongyi_Qianwen", "", "LicenseRef-tongyi-qianwen");
    maps_to("other", "qwen-research", "", "LicenseRef-qwen-research");
    maps_to(" mit ", "", "", "MIT");
    maps_to("deepfloyd-if-license", "", "", "LicenseRef-deepfloyd-if");
    maps_to("-", "", "", "");
    maps_to("# the Hub's license", "", "", "");
}

static void several_families(void **state)
{
    (void)state;
    struct jk_span mixed[] = {JK_SPAN("EXAONE-3.5-7.8B"), JK_SPAN("EXAONE-4.0-32B")};
    struct jk_span foreign[] = {JK_SPAN("Llama-3.1-8B"), JK_SPAN("EXAONE-4.0-32B")};
    struct jk_span one[] = {JK_SPAN("EXAONE-3.5-7.8B"), JK_SPAN("EXAONE-3.0-7.8B-Instruct")};
    struct jk_span license = JK_SPAN("other"), name = JK_SPAN("exaone");
    assert_span_equal(jk_license_from_hub(license, name, mixed, 2), JK_SPAN("NOASSERTION"));
    assert_span_equal(jk_license_from_hub(license, name, foreign, 2), JK_SPAN("LicenseRef-exaone-ai-model-1.2-nc"));
    assert_span_equal(jk_license_from_hub(license, name, one, 2), JK_SPAN("LicenseRef-exaone-ai-model-1.1-nc"));
}

extern const unsigned char jk_data_hub_licenses[], jk_data_spdx_list[];
extern const size_t jk_data_hub_licenses_len, jk_data_spdx_list_len;

/* Whether the list has the identifier as one that is current. */
static bool is_current(struct jk_span identifier)
{
    struct jk_span rest = {(const char *)jk_data_spdx_list, jk_data_spdx_list_len}, line;
    while (jk_span_line(&rest, &line)) {
        struct jk_span words = line, word;
        (void)jk_span_cut(&words, ' ', &word);
        if (jk_span_equal(word, identifier)) return words.len == 0 || jk_span_equal(words, JK_SPAN("open"));
    }
    return false;
}

/* The Hub's identifiers of licences. */
static const char *const offered[] = {"apache-2.0",
                                      "mit",
                                      "afl-3.0",
                                      "artistic-2.0",
                                      "bsl-1.0",
                                      "bsd-2-clause",
                                      "bsd-3-clause",
                                      "bsd-3-clause-clear",
                                      "c-uda",
                                      "cc0-1.0",
                                      "cc-by-2.0",
                                      "cc-by-2.5",
                                      "cc-by-3.0",
                                      "cc-by-4.0",
                                      "cc-by-sa-3.0",
                                      "cc-by-sa-4.0",
                                      "cc-by-nc-2.0",
                                      "cc-by-nc-3.0",
                                      "cc-by-nc-4.0",
                                      "cc-by-nd-4.0",
                                      "cc-by-nc-nd-3.0",
                                      "cc-by-nc-nd-4.0",
                                      "cc-by-nc-sa-2.0",
                                      "cc-by-nc-sa-3.0",
                                      "cc-by-nc-sa-4.0",
                                      "cdla-sharing-1.0",
                                      "cdla-permissive-1.0",
                                      "cdla-permissive-2.0",
                                      "wtfpl",
                                      "ecl-2.0",
                                      "epl-1.0",
                                      "epl-2.0",
                                      "etalab-2.0",
                                      "eupl-1.1",
                                      "eupl-1.2",
                                      "agpl-3.0",
                                      "gfdl",
                                      "gpl",
                                      "gpl-2.0",
                                      "gpl-3.0",
                                      "lgpl",
                                      "lgpl-2.1",
                                      "lgpl-3.0",
                                      "lgpl-lr",
                                      "isc",
                                      "lppl-1.3c",
                                      "ms-pl",
                                      "mpl-2.0",
                                      "odc-by",
                                      "odbl",
                                      "osl-3.0",
                                      "postgresql",
                                      "ofl-1.1",
                                      "ncsa",
                                      "unlicense",
                                      "zlib",
                                      "pddl",
                                      "openrail",
                                      "openrail++",
                                      "bigscience-openrail-m",
                                      "creativeml-openrail-m",
                                      "bigscience-bloom-rail-1.0",
                                      "bigcode-openrail-m",
                                      "openmdw-1.0",
                                      "h-research",
                                      "intel-research",
                                      "apple-ascl",
                                      "apple-amlr",
                                      "deepfloyd-if-license",
                                      "fair-noncommercial-research-license",
                                      "llama2",
                                      "llama3",
                                      "llama3.1",
                                      "llama3.2",
                                      "llama3.3",
                                      "llama4",
                                      "grok2-community",
                                      "gemma",
                                      "bsd",
                                      "cc",
                                      "other",
                                      "unknown"};

/* Every identifier that the Hub offers is mapped, by one row, to what is on the SPDX list today or a LicenseRef of ours. */
static void every_identifier_of_the_hub(void **state)
{
    (void)state;
    const char *table = (const char *)jk_data_hub_licenses;
    for (size_t i = 0; i < sizeof offered / sizeof offered[0]; i++) {
        struct jk_span found = jk_license_from_hub(jk_span_of(offered[i]), JK_SPAN(""), NULL, 0);
        struct jk_span rest = {table, jk_data_hub_licenses_len}, line, id, name;
        size_t rows = 0;
        while (jk_span_line(&rest, &line))
            rows += jk_span_cut(&line, '\t', &id) && jk_span_cut(&line, '\t', &name) &&
                    jk_span_equal(name, JK_SPAN("-")) && jk_span_equal(id, jk_span_of(offered[i]));
        if (rows != 1) fail_msg("%s has %zu rows", offered[i], rows);
        if (!jk_span_starts(found, JK_SPAN("LicenseRef-")) && !jk_span_equal(found, JK_SPAN("NOASSERTION")) &&
            !is_current(found))
            fail_msg("%s is %.*s, which is no current licence", offered[i], JK_SPAN_ARG(found));
    }
}

static void list_tells(const char *identifier, int commercial, int derive, int redistribute)
{
    enum jk_permission found[JK_PERMISSION_KINDS];
    if (!jk_license_of_list(jk_span_of(identifier), found)) fail_msg("the list tells nothing of %s", identifier);
    if ((int)found[JK_MAY_COMMERCIAL] != commercial || (int)found[JK_MAY_DERIVE] != derive ||
        (int)found[JK_MAY_REDISTRIBUTE] != redistribute)
        fail_msg("%s: %d %d %d", identifier, found[0], found[1], found[2]);
}

static void what_the_list_tells(void **state)
{
    (void)state;
    const char *const open[] = {"MPL-2.0",      "gpl-3.0-only", "GPL-2.0-or-later", "ISC",
                                "BSD-2-Clause", "CC0-1.0",      "OFL-1.1"};
    const char *const nothing[] = {"LicenseRef-own",          "NOASSERTION",        "",    "CC-BY-9.0", "CC-PDDC",
                                   "Classpath-exception-2.0", "BSD-2-Clause-Views", "open"};
    enum jk_permission found[JK_PERMISSION_KINDS];
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
        list_tells(open[i], YES, YES, YES);
    list_tells("CC-BY-3.0", YES, YES, YES);
    list_tells("cc-by-nc-4.0", NO, YES, YES);
    list_tells("CC-BY-ND-4.0", YES, NO, YES);
    list_tells("CC-BY-NC-ND-4.0", NO, NO, YES);
    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++)
        if (jk_license_of_list(jk_span_of(nothing[i]), found)) fail_msg("the list tells of %s", nothing[i]);
}

/* Whatever the table maps to is a canonical expression. */
static void table_is_canonical(void **state)
{
    (void)state;
    struct jk_span rest = {(const char *)jk_data_hub_licenses, jk_data_hub_licenses_len}, line, column;
    size_t rows = 0;
    while (jk_span_line(&rest, &line)) {
        if (line.at[0] == '#') continue;
        for (int i = 0; i < 3; i++)
            assert_true(jk_span_cut(&line, '\t', &column));
        struct jk_error error;
        struct jk_text out;
        jk_error_init(&error, NULL);
        jk_text_init(&out, 0);
        assert_int_equal(jk_spdx_canonical(line, "license", &out, &error), JK_OK);
        assert_span_equal(jk_text_span(&out), line);
        jk_text_done(&out);
        rows++;
    }
    assert_true(rows >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(permissions),
        cmocka_unit_test(classes),
        cmocka_unit_test(names),
        cmocka_unit_test(model_cards),
        cmocka_unit_test(hub_table),
        cmocka_unit_test(several_families),
        cmocka_unit_test(every_identifier_of_the_hub),
        cmocka_unit_test(what_the_list_tells),
        cmocka_unit_test(table_is_canonical),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
