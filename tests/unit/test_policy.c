/* Policies: canonical form, reading what people write, all mistakes at once, and the ready ones of registry/data. */
#include "support/golden.h"

#include <stdlib.h>

#include "domain/policy.h"

static const char strict[] =
    "jokbo/policy/v1\nname strict\nversion 2\nrules 1\nlate on\nyanked on\nexcluded on\nnot-participating on\n"
    "not-programme on\nforeign-base on unknown-fails\nrelation on finetune merge\ndepth on 3\nself on\n"
    "affiliate on\nno-artifact on\nno-license-text on\n"
    "license-not-open on commercial YES redistribution UNKNOWN\nlicense-conflict on\n"
    "naming on lenient\nunverified on\nduplicate on\ncap on 50\n";

static enum jk_status read_text(const char *text, struct jk_policy *policy, struct jk_error *error)
{
    static struct jk_arena arena;
    jk_arena_done(&arena);
    jk_arena_init(&arena, 1 << 20);
    jk_error_init(error, &arena);
    return jk_policy_read(jk_span_of(text), policy, error);
}

static void the_canonical_form_is_its_own(void **state)
{
    struct jk_policy policy;
    struct jk_error error;
    struct jk_text again;
    (void)state;
    assert_int_equal(read_text(strict, &policy, &error), JK_OK);
    assert_int_equal(jk_policy_parse(JK_SPAN(strict), &policy, &error), JK_OK);
    assert_string_equal(policy.name, "strict");
    assert_int_equal(policy.version, 2);
    assert_int_equal(policy.depth, 3);
    assert_int_equal(policy.cap, 50);
    assert_true(policy.lenient && !policy.unknown_passes);
    assert_int_equal(policy.relations, 1u << JK_RELATION_FINETUNE | 1u << JK_RELATION_MERGE);
    assert_int_equal(policy.demands[JK_MAY_COMMERCIAL], JK_PERMISSION_YES);
    assert_int_equal(policy.demands[JK_MAY_DERIVE], JK_PERMISSION_NO);
    assert_int_equal(policy.demands[JK_MAY_REDISTRIBUTE], JK_PERMISSION_UNKNOWN);
    jk_text_init(&again, 0);
    jk_policy_write(&policy, &again);
    assert_string_equal(again.bytes, strict);
    struct jk_digest digest = jk_policy_digest(&policy), wanted = jk_digest_of(JK_SPAN(strict));
    assert_true(jk_digest_equal(&digest, &wanted));
    jk_text_done(&again);
}

static void people_may_write_more_freely(void **state)
{
    static const char free_form[] = "# ours\n\njokbo/policy/v1\n  cap   on 50\nduplicate on\nunverified on\nnaming on "
                                    "lenient\nlicense-conflict on\n"
                                    "license-not-open on redistribution UNKNOWN commercial YES\r\nno-license-text "
                                    "on\nno-artifact on\naffiliate on\nself on\n"
                                    "depth on 3\nrelation on merge finetune\nforeign-base on "
                                    "unknown-fails\nnot-programme on\nnot-participating on\n"
                                    "excluded on\nyanked on\nlate on\nrules 1\nversion 2\nname strict";
    struct jk_policy policy;
    struct jk_error error;
    struct jk_text again;
    (void)state;
    assert_int_equal(read_text(free_form, &policy, &error), JK_OK);
    jk_text_init(&again, 0);
    jk_policy_write(&policy, &again);
    assert_string_equal(again.bytes, strict);
    jk_text_done(&again);
    assert_int_equal(jk_policy_parse(JK_SPAN(free_form), &policy, &error), JK_DATA_LOSS);
    assert_string_equal(error.reason, "POLICY_MALFORMED");
}

/* What is told of the field; NULL: nothing. */
static const char *said_of(const struct jk_error *error, const char *field)
{
    for (size_t i = 0; i < error->violation_count; i++)
        if (strcmp(error->violations[i].field, field) == 0) return error->violations[i].rule;
    return NULL;
}

static bool names(const struct jk_error *error, const char *field)
{
    return said_of(error, field);
}

static void all_mistakes_are_told_at_once(void **state)
{
    static const char wrong[] =
        "jokbo/policy/v1\nname Not_A_Name\nversion 0\nrules 3\nlate off\nyanked maybe\nexcluded\n"
        "foreign-base on\nrelation on finetune finetune\ndepth on 0\nself on now\nself on\n"
        "license-not-open on commercial NO\nnaming on\ncap on 9999999999\nwhatever on\n";
    struct jk_policy policy;
    struct jk_error error;
    char field[32];
    (void)state;
    assert_int_equal(read_text(wrong, &policy, &error), JK_INVALID_ARGUMENT);
    for (int line = 2; line <= 16; line++) {
        snprintf(field, sizeof field, "line %d", line);
        if (!names(&error, field)) fail_msg("line %d is not told of", line);
    }
    assert_true(names(&error, "duplicate") && names(&error, "unverified"));
    assert_false(names(&error, "line 1"));
}

/* What no terminal shows is told by its number, wherever it stands but in a comment. */
static void control_characters_are_named(void **state)
{
    struct jk_policy policy;
    struct jk_error error;
    (void)state;
    assert_int_equal(
        read_text("jokbo/policy/v1\n# \001\nname a\001b\nversion\t1\r\nrules\v2\nself on\302\205\nself \377\n", &policy,
                  &error),
        JK_INVALID_ARGUMENT);
    const char *const told[][2] = {{"line 3", "contains the control character U+0001"},
                                   {"line 5", "contains the control character U+000B"},
                                   {"line 6", "contains the control character U+0085"},
                                   {"line 7", "is not UTF-8"}};
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
        assert_string_equal(names(&error, told[i][0]) ? said_of(&error, told[i][0]) : "", told[i][1]);
    assert_false(names(&error, "line 2") || names(&error, "line 4"));
}

/* Each reason can be left out only by saying so. */
static void every_line_is_needed(void **state)
{
    struct jk_policy policy;
    struct jk_error error;
    (void)state;
    for (const char *line = strict; *line; line = strchr(line, '\n') + 1) {
        char text[sizeof strict];
        size_t before = (size_t)(line - strict), len = (size_t)(strchr(line, '\n') + 1 - line);
        memcpy(text, strict, before);
        strcpy(text + before, line + len);
        assert_int_equal(read_text(text, &policy, &error), JK_INVALID_ARGUMENT);
    }
    assert_int_equal(read_text("", &policy, &error), JK_INVALID_ARGUMENT);
}

/* For how long it must have been absent from its hub; rule set 1 does not know of it. */
static void days_of_absence(void **state)
{
    static const char *const lines[] = {"gone on 7\n",   "gone on 1\n", "gone on 365\n", "gone off\n",
                                        "gone on\n",     "gone on 0\n", "gone on 366\n", "gone on 07\n",
                                        "gone on 7 7\n", "gone 7\n",    "gone on -1\n",  "gone on week\n"};
    struct jk_policy policy;
    struct jk_error error;
    char file[JK_POLICY_FILE_MAX], text[JK_POLICY_FILE_MAX + 64];
    (void)state;
    FILE *from = fopen("registry/data/policies/census.policy", "rb");
    assert_non_null(from);
    file[fread(file, 1, sizeof file - 1, from)] = '\0';
    fclose(from);
    char *line = strstr(file, "gone on 7\n");
    assert_non_null(line);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        snprintf(text, sizeof text, "%.*s%s%s", (int)(line - file), file, lines[i], line + strlen("gone on 7\n"));
        enum jk_status status = read_text(text, &policy, &error);
        if (status != (i < 4 ? JK_OK : JK_INVALID_ARGUMENT)) fail_msg("%s: %d", lines[i], status);
        if (i < 3) assert_int_equal(policy.gone_days, atoi(lines[i] + strlen("gone on ")));
    }
    snprintf(text, sizeof text, "%sgone on 7\n", strict);
    assert_int_equal(read_text(text, &policy, &error), JK_INVALID_ARGUMENT);
}

static void the_ready_ones_are_good(void **state)
{
    static const char *const ready[] = {"hub-like", "direct",      "independent", "open-source",
                                        "strict",   "competition", "census"};
    (void)state;
    for (size_t i = 0; i < sizeof ready / sizeof *ready; i++) {
        struct jk_policy policy;
        struct jk_error error;
        struct jk_text said;
        char path[128];
        snprintf(path, sizeof path, "registry/data/policies/%s.policy", ready[i]);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        char text[JK_POLICY_FILE_MAX];
        size_t len = fread(text, 1, sizeof text - 1, file);
        fclose(file);
        text[len] = '\0';
        assert_int_equal(read_text(text, &policy, &error), JK_OK);
        assert_string_equal(policy.name, ready[i]);
        for (int korean = 0; korean < 2; korean++) {
            jk_text_init(&said, 0);
            jk_policy_explain(&policy, korean, &said);
            assert_false(said.failed);
            assert_true(jk_utf8_valid(jk_text_span(&said)));
            for (int reason = jk_reason_next(0, policy.rules); reason < JK_REASON_COUNT;
                 reason = jk_reason_next(reason + 1, policy.rules))
                assert_non_null(strstr(said.bytes, korean ? jk_reason_korean(reason) : jk_reason_english(reason)));
            jk_text_done(&said);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_canonical_form_is_its_own), cmocka_unit_test(people_may_write_more_freely),
        cmocka_unit_test(all_mistakes_are_told_at_once), cmocka_unit_test(control_characters_are_named),
        cmocka_unit_test(every_line_is_needed),          cmocka_unit_test(days_of_absence),
        cmocka_unit_test(the_ready_ones_are_good),
    };
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
