/* The evidence text: the example of the formats made anew, read and written again; the figures of the entry; and each
 * rule of the reader by a line that breaks it. */
#include "support/made_models.h"

#define EXAMPLE "../../registry/formats/evidence/"

/* ---- the example ---- */

struct file {
    char bytes[16384];
    struct jk_span text;
    struct jk_sketches sketches;
};

static void read_file(const char *name, struct file *file)
{
    char path[128];
    snprintf(path, sizeof path, EXAMPLE "%s", name);
    file->text = golden_read(path, file->bytes, sizeof file->bytes);
}

static struct jk_weighed read_example_manifest(const char *name, struct file *file)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    read_file(name, file);
    if (jk_sketches_read(file->text, &file->sketches, &error) != JK_OK) fail_msg("%s: %s", name, error.message);
    return (struct jk_weighed){file->text, &file->sketches};
}

static struct jk_digest digest_of_word(const char *word)
{
    return jk_digest_of(jk_span_of(word));
}

static void is_example(const struct jk_evidence_text *evidence, const char *name)
{
    static struct file expected;
    struct jk_text made;
    jk_text_init(&made, 0);
    assert_non_null(evidence);
    jk_evidence_text_write(evidence, &made);
    read_file(name, &expected);
    assert_span_equal(jk_text_span(&made), expected.text);
    jk_text_done(&made);
}

static void example_of_public_sketches(void **state)
{
    (void)state;
    static struct file files[4];
    struct jk_weighed release = read_example_manifest("release.txt", &files[0]);
    const struct jk_compared who[] = {
        {JK_TIE_PARENT, 0, false, digest_of_word("parent"), 0, {{0}}},
        {JK_TIE_OTHER, JK_FOUND_EQUAL | JK_FOUND_BASE, false, digest_of_word("base"), 0, {{0}}},
        {JK_TIE_OTHER, 0, true, {{0}}, 7, {{0}}}};
    static const char *const names[] = {"parent.txt", "base.txt", "reference.txt"};
    struct jk_digest hash = digest_of_word("release"), artifact = jk_digest_of(release.manifest);
    struct jk_weighing *weighing = jk_weighing_new(&hash, &artifact, 40, release);
    for (size_t i = 0; i < 3; i++) {
        struct jk_weighed other = read_example_manifest(names[i], &files[i + 1]);
        struct jk_compared with = who[i];
        with.artifact = jk_digest_of(other.manifest);
        assert_true(jk_weighing_add(weighing, &with, &other));
    }
    is_example(jk_weighing_end(weighing), "public.txt");
    jk_weighing_free(weighing);
    for (size_t i = 0; i < 4; i++)
        jk_sketches_done(&files[i].sketches);
}

static void example_of_a_challenge(void **state)
{
    (void)state;
    static struct file file;
    static struct jk_challenge_text text;
    struct jk_digest parent = digest_of_word("parent"), release = digest_of_word("release"),
                     root = digest_of_word("root"), key = jk_challenge_key(&root, &release);
    struct jk_error error;
    jk_error_init(&error, NULL);
    read_file("challenge.txt", &file);
    if (jk_challenge_text_read(file.text, &text, &error) != JK_OK) fail_msg("%s", error.message);
    assert_true(jk_digest_equal(&text.key, &key) && text.challenge == 41 && text.count == 2);
    struct jk_digest digest = jk_digest_of(file.text);
    struct jk_weighing *weighing = jk_weigh_challenge(&text, &digest, 42, 43, &parent, 1);
    is_example(jk_weighing_end(weighing), "attest.txt");
    jk_weighing_free(weighing);
    jk_challenge_text_done(&text);
}

/* ---- reading ---- */

#define A    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C    "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define D    "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
#define HEAD "jokbo/evidence/v1\nrelease " A "\nartifact sha256:" B "\nat 40\n"
#define NUMB "weights 4 67456\nforeign 2\n"
#define PARENT_A                                                                                                       \
    "compared parent none release " A " sha256:" B " part 100 100 200 10000 9000 1 0 whole 2\n"                        \
    "part 100 10000 10000 10000 10000 0 1 lm_head\n"                                                                   \
    "part 100 0 0 10000 10000 9000 1 model.layers\n"
#define PARENT_C   "compared parent none release " C " none none 0 0 0 0 0 0 0 whole 0\n"
#define ANCESTOR_D "compared ancestor none release " D " sha256:" B " contradicted 0 0 0 9000 0 0 0 cut 0\n"
#define BASE_B                                                                                                         \
    "compared other equal+base release " B " sha256:" C " near 9000 9600 9700 9800 7000 0 2 whole 1\n"                 \
    "part 10000 9000 9600 9700 9800 7000 4 a\n"                                                                        \
    "undeclared 9600 1\n"                                                                                              \
    "in 9600 a\n"
#define REFERENCE_7                                                                                                    \
    "compared other none reference 7 sha256:" A " same 10000 10000 10000 10000 0 0 0 whole 1\n"                        \
    "part 10000 10000 10000 10000 10000 0 4 a\n"
#define REFERENCE_6                                                                                                    \
    "compared other none reference 6 sha256:" A " same 10000 10000 10000 10000 0 0 0 whole 1\n"                        \
    "part 10000 10000 10000 10000 10000 0 4 a\n"
#define END   "shared 1\nwith 2 9600 a\n"
#define WHOLE HEAD "signs public\n" NUMB PARENT_A PARENT_C ANCESTOR_D BASE_B REFERENCE_7 END

static enum jk_status read_text(struct jk_span text, struct jk_evidence_text *out, char *message)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    enum jk_status status = jk_evidence_text_read(text, out, &error);
    strcpy(message, error.message);
    return status;
}

/* The items of the entry, in both directions. */
static void are_items_of_the_entry(const struct jk_evidence_figures *figures)
{
    struct jk_text items;
    struct jk_graded graded;
    const char *fault;
    jk_text_init(&items, 0);
    for (size_t i = 0; i < figures->parent_count; i++) {
        if (i > 0) jk_text_add_char(&items, ' ');
        jk_graded_write(&figures->parents[i], &items);
    }
    struct jk_span rest = jk_text_span(&items);
    assert_span_equal(rest, JK_SPAN(A "=part/100/100/200/10000 " C "=none/0/0/0/0"));
    for (size_t i = 0; i < figures->parent_count; i++) {
        assert_true(jk_graded_next(&rest, &graded, &fault));
        assert_true(jk_digest_equal(&graded.parent, &figures->parents[i].parent));
        assert_int_equal(graded.grade, figures->parents[i].grade);
    }
    jk_text_done(&items);
}

static void reads_what_it_writes(void **state)
{
    (void)state;
    struct jk_evidence_text evidence;
    struct jk_evidence_figures figures;
    struct jk_text again;
    char message[512];
    if (read_text(JK_SPAN(WHOLE), &evidence, message) != JK_OK) fail_msg("%s", message);
    jk_text_init(&again, 0);
    jk_evidence_text_write(&evidence, &again);
    assert_span_equal(jk_text_span(&again), JK_SPAN(WHOLE));
    jk_evidence_figures_of(&evidence, &figures);
    assert_int_equal(figures.parent_count, 2);
    are_items_of_the_entry(&figures);
    assert_int_equal(figures.near_count, 1); /* not the reference */
    assert_int_equal(figures.near[0].bytes[0], 0xbb);
    assert_int_equal(figures.kin, 1);
    jk_text_done(&again);
    jk_evidence_text_done(&evidence);
}

struct wrong {
    const char *instead, *of, *rule; /* in WHOLE; the message ends with the rule */
};

static void refuse(const struct wrong *wrong)
{
    static char text[8192], message[512];
    struct jk_evidence_text evidence;
    char *at = strstr(WHOLE, wrong->of);
    if (!at) fail_msg("\"%s\" is not in the text", wrong->of);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - (char *)WHOLE), WHOLE, wrong->instead, at + strlen(wrong->of));
    if (read_text(jk_span_of(text), &evidence, message) != JK_INVALID_ARGUMENT || !strstr(message, wrong->rule))
        fail_msg("%s for %s: \"%s\" is not refused with \"%s\"", wrong->instead, wrong->of, message, wrong->rule);
    jk_evidence_text_done(&evidence);
}

static void refuses_what_is_not_canonical(void **state)
{
    (void)state;
    static const struct wrong wrongs[] = {
        {"evidence/v2", "evidence/v1", "Line 1 of the evidence text, \"jokbo/evidence/v2\", must be"},
        {"release AA", "release aa", "Line 2"},
        {"artifact " B, "artifact sha256:" B, "Line 3"},
        {"at 040", "at 40", "Line 4"},
        {"signs Public", "signs public", "Line 5"},
        {"signs attest 5", "signs public", "must be: signs"},
        {"signs attest 18446744073709551615 sha256:" A, "signs public", "must be: signs"},
        {"signs attest 5 sha256:" A, "signs public", "only parents are compared"},
        {"weights 0 67456", "weights 4 67456", "must be: weights"},
        {"weights 4 67456 ", "weights 4 67456", "must be: weights"},
        {"foreign -1", "foreign 2", "must be: foreign"},
        {"compared  none", "compared parent none", "of a parent, an ancestor"},
        {"parent base release", "parent none release", "how it was found"},
        {"other none release", "other equal+base release", "how it was found"},
        {"other base+equal release", "other equal+base release", "found by"},
        {"other equal+equal release", "other equal+base release", "found by"},
        {"reference " A, "release " A " sha256", "must be: compared"},
        {"reference 007", "reference 7", "must name a model"},
        {"ancestor none reference 7", "ancestor none release " D, "as an other model"},
        {"ancestor none release " D " none none 0 0 0 0",
         "ancestor none release " D " sha256:" B " contradicted 0 0 0 9000", "must have the artifact"},
        {"ancestor none release " A, "parent none release " A, "out of order"},
        {"parent none release " D, "parent none release " A, "sorted by their lineage hashes"},
        {"release " A, "release " D, "compares a model twice"},
        {"kinder 100 100", "part 100 100", "must have a grade"},
        {"kin 100 100 200", "part 100 100 200", "contradicts the shares"},
        {"same 9999 10000", "same 10000 10000", "contradicts the shares"},
        {"kin 9000 9600", "near 9000 9600", "contradicts the shares"},
        {"near 9700 9600", "near 9000 9600", "four shares"},
        {"9700 9800 4999 0", "9700 9800 7000 0", "median"},
        {"9700 9800 9999 0", "9700 9800 7000 0", "median"},
        {"10001 9000 1 0 whole", "10000 9000 1 0 whole", "four shares"},
        {"a 0 whole", "1 0 whole", "two numbers of tensors"},
        {"1 0 Whole", "1 0 whole", "whole or cut"},
        {"9000 1 0 whole 3", "9000 1 0 whole 2", "must be: part"},
        {"9000 1 0 whole 1", "9000 1 0 whole 2", "or: shared <parts>"},
        {"9000 1 0 whole 0", "9000 1 0 whole 2", "what has no parts"},
        {"shape 0 0 0 0 0", "none 0 0 0 0 0", "contradicts the shares"},
        {"none 0 0 0 9 0", "none 0 0 0 0 0", "what has no parts"},
        {"a.b", "model.layers", "sorted by the bytes"},
        {"10000 0 0 lm_head", "10000 0 1 lm_head", "a number of tensors"},
        {"part 100 10000 9999 10000 10000 0 1 lm", "part 100 10000 10000 10000 10000 0 1 lm", "five shares"},
        {"undeclared 99 1", "undeclared 9600 1", "at least 100"},
        {"undeclared 9701 1", "undeclared 9600 1", "at most that of kin"},
        {"undeclared 9600 2", "undeclared 9600 1", "at most as many"},
        {"in 10001 a", "in 9600 a", "a share from 0"},
        {"in 9600 a\nin 9600 b", "in 9600 a", "or: shared <parts>"},
        {"model.layers\nundeclared 100 1\nin 100 lm_head", "model.layers", "a parent or ancestor"},
        {"with 1 9600", "with 2 9600", "at least 2"},
        {"shared 2", "shared 1", "must be: with"},
        {"shared 1\nwith 2 9600 \xff", "shared 1\nwith 2 9600 a", "UTF-8"},
        {"with 2 9600 a\n\n", "with 2 9600 a\n", "after the end"},
        {"with 2 9600 a", "with 2 9600 a\n", "must be: with"},
        {REFERENCE_6 ANCESTOR_D, ANCESTOR_D, "is out of order: parents, then ancestors"},
    };
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++)
        refuse(&wrongs[i]);
}

static void a_foreign_model_is_not_listed(void **state)
{
    (void)state;
    refuse(&(struct wrong){"other none reference 7 sha256:" A " none 0 0 0 100 0 0 0 whole 0\n",
                           "other none reference 7 sha256:" A " same 10000 10000 10000 10000 0 0 0 whole 1\n",
                           "counted, not listed"});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(example_of_public_sketches),    cmocka_unit_test(example_of_a_challenge),
        cmocka_unit_test(reads_what_it_writes),          cmocka_unit_test(refuses_what_is_not_canonical),
        cmocka_unit_test(a_foreign_model_is_not_listed),
    };
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
