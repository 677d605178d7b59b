/* What manifests that are not to be had explain of a served evidence text, and what they do not. */
#include "support/golden.h"

#include "audit/reweigh.h"

#define EIGHT(digit) #digit #digit #digit #digit #digit #digit #digit #digit
#define HASH(digit)                                                                                                    \
    EIGHT(digit) EIGHT(digit) EIGHT(digit) EIGHT(digit) EIGHT(digit) EIGHT(digit) EIGHT(digit) EIGHT(digit)

#define HEAD(foreign)                                                                                                  \
    "jokbo/evidence/v1\nrelease " HASH(1) "\nartifact sha256:" HASH(2) "\nat 9\nsigns public\nweights 2 40000\n"       \
                                                                       "foreign " #foreign "\n"
#define BLOCK(tie, found, digit, grade)                                                                                \
    "compared " tie " " found " release " HASH(digit) " sha256:" HASH(digit) " " grade                                 \
                                                                             " 0 0 5000 9000 8000 0 0 whole 1\n"
#define PART    "part 5000 0 0 10000 10000 8000 1 model.layers\n"
#define KIN     "undeclared 5000 1\nin 5000 model.layers\n"
#define END     "shared 0\n"
#define PARENT  BLOCK("parent", "none", 3, "kin") PART
#define OTHER   BLOCK("other", "equal", 4, "part") PART
#define BASE    BLOCK("other", "equal+base", 5, "part") PART KIN
#define LOST    BLOCK("other", "alike", 6, "part") PART KIN
#define LOST_UP BLOCK("ancestor", "none", 6, "part") PART

static bool names_all(const void *context, struct jk_span model, const struct jk_digest *artifact)
{
    (void)artifact;
    return !context && jk_span_starts(model, JK_SPAN("release "));
}

static bool names_none(const void *context, struct jk_span model, const struct jk_digest *artifact)
{
    (void)context;
    (void)model;
    (void)artifact;
    return false;
}

static const struct jk_unread *explain(const char *made, const char *served, size_t count, jk_names_fn *names)
{
    static struct jk_unread unread[2];
    assert_true(jk_digest_parse(JK_SPAN(HASH(7)), &unread[0].artifact));
    assert_true(jk_digest_parse(JK_SPAN(HASH(6)), &unread[1].artifact));
    return jk_reweigh_explains(jk_span_of(made), jk_span_of(served), unread, count, names, NULL);
}

static void is_explained(const char *made, const char *served, const char *artifact)
{
    char hex[JK_DIGEST_HEX + 1];
    const struct jk_unread *why = explain(made, served, 2, names_all);
    assert_non_null(why);
    jk_digest_hex(&why->artifact, hex);
    assert_string_equal(hex, artifact);
}

static void is_not(const char *made, const char *served)
{
    assert_null(explain(made, served, 2, names_all));
}

static void test_who_is_missing(void **state)
{
    (void)state;
    const char *made = HEAD(1) PARENT OTHER BASE END;
    is_explained(made, HEAD(1) PARENT OTHER LOST BASE END, HASH(6));
    is_explained(made, HEAD(1) PARENT LOST BASE END, HASH(6)); /* the other gave way to it */
    is_explained(made, HEAD(3) PARENT OTHER BASE END, HASH(7));
    assert_null(explain(made, HEAD(1) PARENT OTHER LOST BASE END, 1, names_all)); /* that one is to be had */
    assert_null(explain(made, HEAD(1) PARENT OTHER LOST BASE END, 0, names_all));
    assert_null(explain(made, HEAD(1) PARENT OTHER LOST BASE END, 2, names_none)); /* nobody's */
}

static void test_what_nothing_explains(void **state)
{
    (void)state;
    const char *made = HEAD(1) PARENT OTHER BASE END;
    is_not(made, made);
    is_not(made, HEAD(1) PARENT OTHER BASE "shared 1\nwith 2 5000 model.layers\n");
    is_not(made, HEAD(4) PARENT OTHER LOST BASE END);
    is_not(made, HEAD(1) PARENT OTHER LOST BLOCK("other", "equal", 8, "part") PART BASE END);
    is_not(made, HEAD(1) PARENT OTHER LOST END); /* a base model gives way to nobody */
    is_not(made, HEAD(1) OTHER LOST BASE END);
    is_not(made, HEAD(1) BLOCK("parent", "none", 3, "near") PART OTHER LOST BASE END);
    is_not(made, HEAD(1) PARENT OTHER LOST BLOCK("other", "equal+base", 5, "part") PART END);
    is_not(made, "jokbo/evidence/v1\nrelease " HASH(1) "\nforeign 1\n" PARENT OTHER LOST BASE END);
}

static void test_a_missing_ancestor(void **state)
{
    (void)state;
    const char *made = HEAD(1) PARENT OTHER BASE END;
    is_explained(made, HEAD(1) PARENT LOST_UP OTHER BLOCK("other", "equal+base", 5, "part") PART END, HASH(6));
    is_not(made, HEAD(1) PARENT LOST_UP OTHER BLOCK("other", "equal+base", 5, "kin") PART END);
    is_not(made, HEAD(1) PARENT LOST_UP OTHER BLOCK("other", "equal+base", 5, "part") END);
}

static void first_differs(const char *made, const char *served, uint64_t line, const char *expected, const char *found)
{
    struct jk_reweigh_finding finding = {.entry = 1};
    jk_reweigh_line(&finding, jk_span_of(made), jk_span_of(served));
    assert_int_equal(finding.verdict, JK_REWEIGH_DIFFERS);
    assert_int_equal(finding.line, line);
    assert_string_equal(finding.expected, expected);
    assert_string_equal(finding.found, found);
}

static void test_lines(void **state)
{
    (void)state;
    first_differs("a\nb\nc\n", "a\nx\nc\n", 2, "b", "x");
    first_differs("a\nb\n", "a\n", 2, "b", "");
    first_differs("a\n", "a\nb\n", 2, "", "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_missing),
        cmocka_unit_test(test_what_nothing_explains),
        cmocka_unit_test(test_a_missing_ancestor),
        cmocka_unit_test(test_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
