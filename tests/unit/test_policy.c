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

/* A ready policy as its file has it; returns where the line with that word begins. */
static char *read_ready(const char *name, const char *word, char file[JK_POLICY_FILE_MAX])
{
    char path[128], line[64];
    snprintf(path, sizeof path, "registry/data/policies/%s.policy", name);
    snprintf(line, sizeof line, "\n%s ", word);
    FILE *from = fopen(path, "rb");
    assert_non_null(from);
    file[fread(file, 1, JK_POLICY_FILE_MAX - 1, from)] = '\0';
    fclose(from);
    char *found = strstr(file, line);
    assert_non_null(found);
    return found + 1;
}

/* Reads a ready policy with that line in place of its own. */
static enum jk_status read_changed(const char *name, const char *line, struct jk_policy *policy, struct jk_error *error)
{
    char file[JK_POLICY_FILE_MAX], text[JK_POLICY_FILE_MAX + 512], word[64];
    snprintf(word, sizeof word, "%.*s", (int)strcspn(line, " "), line);
    char *at = read_ready(name, word, file), *after = strchr(at, '\n');
    assert_non_null(after);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - file), file, line, after);
    return read_text(text, policy, error);
}

/* The line of a word in the canonical text, and in what people are told. */
static void written(const struct jk_policy *policy, const char *line, const char *english, const char *korean)
{
    struct jk_text text;
    const char *const wanted[] = {line, english, korean};
    for (int i = 0; i < 3; i++) {
        jk_text_init(&text, 0);
        if (i == 0)
            jk_policy_write(policy, &text);
        else
            jk_policy_explain(policy, i == 2, &text);
        jk_text_add_char(&text, '\0');
        if (!strstr(text.bytes, wanted[i])) fail_msg("\"%s\" is not in:\n%s", wanted[i], text.bytes);
        jk_text_done(&text);
    }
}

/* How many verifiers must agree. */
static void how_many_verifiers(void **state)
{
    static const char *const wrong[] = {"unattested on",      "unattested on 0",  "unattested on 17",
                                        "unattested on 1 1",  "unattested on -1", "unattested on 01",
                                        "unattested on some", "unattested 1"};
    struct jk_policy policy;
    struct jk_error error;
    (void)state;
    assert_int_equal(read_changed("evidence", "unattested on 16", &policy, &error), JK_OK);
    assert_int_equal(policy.verifiers, 16);
    written(&policy, "\nunattested on 16\n", "(at least 16 must agree, and more agree than differ)",
            "(검증 기관 16곳 이상이 확인하고, 확인한 곳이 다르다고 한 곳보다 많아야 함)");
    assert_int_equal(read_changed("evidence", "unattested off", &policy, &error), JK_OK);
    assert_false(jk_policy_has(&policy, JK_REASON_UNATTESTED));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (read_changed("evidence", wrong[i], &policy, &error) != JK_INVALID_ARGUMENT) fail_msg("%s", wrong[i]);
}

/* The least grade of each relation that counts, written in the usual order. */
static void least_grades(void **state)
{
    static const struct {
        const char *line, *told;
    } wrong[] = {{"evidence on", "needs the least grade of each relation after \"on\""},
                 {"evidence on copy=kin", "names a relation that does not exist"},
                 {"evidence on finetune", "names a relation that does not exist"},
                 {"evidence on finetune=", "takes shape, part, kin, near or same"},
                 {"evidence on finetune=none", "takes shape, part, kin, near or same"},
                 {"evidence on finetune=contradicted", "takes shape, part, kin, near or same"},
                 {"evidence on finetune=KIN", "takes shape, part, kin, near or same"},
                 {"evidence on finetune=kin=kin", "takes shape, part, kin, near or same"},
                 {"evidence on merge=kin finetune=kin merge=part", "names a relation twice"},
                 {"evidence finetune=kin", "needs on or off"}};
    struct jk_policy policy;
    struct jk_error error;
    (void)state;
    assert_int_equal(read_changed("evidence", "evidence on  prune=near merge=part   finetune=same", &policy, &error),
                     JK_OK);
    assert_int_equal(policy.grades[JK_RELATION_FINETUNE], JK_GRADE_SAME);
    assert_int_equal(policy.grades[JK_RELATION_MERGE], JK_GRADE_PART);
    assert_int_equal(policy.grades[JK_RELATION_ADAPTER], JK_GRADE_CONTRADICTED);
    written(
        &policy, "\nevidence on finetune=same merge=part prune=near\n",
        "(by a verifier's challenge, at least: finetune same, merge part, prune near; other relations do not count)",
        "(검증 기관의 대조에서 최소 등급: finetune same, merge part, prune near; 다른 관계는 집계하지 않음)");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(read_changed("evidence", wrong[i].line, &policy, &error), JK_INVALID_ARGUMENT);
        assert_int_equal(error.violation_count, 1);
        if (!strstr(error.violations[0].rule, wrong[i].told))
            fail_msg("%s: %s", wrong[i].line, error.violations[0].rule);
    }
    assert_int_equal(read_changed("evidence", "near-duplicate on", &policy, &error), JK_OK);
    assert_true(jk_policy_has(&policy, JK_REASON_NEAR_DUPLICATE));
    assert_int_equal(read_changed("evidence", "near-duplicate on 1", &policy, &error), JK_INVALID_ARGUMENT);
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
    char *line = read_ready("census", "gone", file);
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
    static const char *const ready[] = {"hub-like",    "direct", "independent", "open-source",  "strict",
                                        "competition", "census", "evidence",    "competition-2"};
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
        if (policy.version > 1) snprintf(path, sizeof path, "%s-%u", policy.name, policy.version);
        assert_string_equal(policy.version > 1 ? path : policy.name, ready[i]);
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
        cmocka_unit_test(the_canonical_form_is_its_own),
        cmocka_unit_test(people_may_write_more_freely),
        cmocka_unit_test(all_mistakes_are_told_at_once),
        cmocka_unit_test(control_characters_are_named),
        cmocka_unit_test(every_line_is_needed),
        cmocka_unit_test(days_of_absence),
        cmocka_unit_test(how_many_verifiers),
        cmocka_unit_test(least_grades),
        cmocka_unit_test(the_ready_ones_are_good),
    };
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
