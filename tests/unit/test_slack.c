/* When is memory given back, and is it not tried again and again where it cannot be? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/slack.h"

#define MIB    (INT64_C(1) << 20)
#define PIECES 40000
#define PIECE  4000

static void far_above_the_usual(void **state)
{
    (void)state;
    struct jk_slack slack = {0};
    assert_false(jk_slack_is_large(&slack, 100 * MIB)); /* the first is the usual */
    assert_false(jk_slack_is_large(&slack, 100 * MIB + JK_SLACK_MOST));
    assert_true(jk_slack_is_large(&slack, 100 * MIB + JK_SLACK_MOST + 1));
    jk_slack_settle(&slack, 110 * MIB);
    assert_false(jk_slack_is_large(&slack, 110 * MIB + JK_SLACK_MOST));
    assert_false(jk_slack_is_large(&slack, -5 * MIB)); /* less than ever: from now on that is the usual */
    assert_true(jk_slack_is_large(&slack, JK_SLACK_MOST));
}

/* Pieces below what was freed keep the heap from shrinking by itself. */
static void what_was_freed_goes_back(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    skip(); /* its allocator says nothing of itself */
#endif
    struct jk_slack slack = {0};
    char **pieces = calloc(PIECES, sizeof *pieces);
    assert_non_null(pieces);
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = malloc(PIECE);
        assert_non_null(pieces[i]);
        memset(pieces[i], 1, PIECE);
    }
    char *last = malloc(PIECE);
    assert_false(jk_slack_is_large(&slack, jk_slack_now()));
    for (size_t i = 0; i < PIECES; i++)
        free(pieces[i]);
    int64_t kept = jk_slack_now();
    assert_true(jk_slack_is_large(&slack, kept));
    jk_slack_give_back();
    assert_true(jk_slack_now() < kept - 100 * MIB);
    assert_false(jk_slack_is_large(&slack, jk_slack_now()));
    free(last);
    free(pieces);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(far_above_the_usual),
        cmocka_unit_test(what_was_freed_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
