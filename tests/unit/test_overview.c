/* The table of all counts: which rows it shows, in which order, and which columns at which width. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "cli/overview.h"

#define BASES 4

struct fixture {
    struct jk_cli cli;
    char *text;
    size_t len;
    Jokbo__V1__ListCountsResponse counts;
    Jokbo__V1__DerivativeCount rows[BASES + 2], *bases[BASES], *team;
    Jokbo__V1__CountScope scopes[BASES + 2];
};

static Jokbo__V1__DerivativeCount *row(struct fixture *f, size_t at, Jokbo__V1__CountScope__KindCase kind, char *name,
                                       int64_t counted)
{
    jokbo__v1__count_scope__init(&f->scopes[at]);
    jokbo__v1__derivative_count__init(&f->rows[at]);
    f->scopes[at].kind_case = kind;
    if (kind == JOKBO__V1__COUNT_SCOPE__KIND_TEAM)
        f->scopes[at].team = name;
    else
        f->scopes[at].base_model = name;
    f->rows[at].scope = &f->scopes[at];
    f->rows[at].counted = f->rows[at].registered = f->rows[at].direct = counted;
    f->rows[at].independent = f->rows[at].license_clean = f->rows[at].distinct_weights = counted;
    f->rows[at].distinct_publishers = counted > 0;
    return &f->rows[at];
}

static int setup(void **state)
{
    static char *names[BASES] = {"lab/none", "lab/few", "lab/many", "lab/other-few"};
    static const int64_t counted[BASES] = {0, 5, 1200, 5};
    struct fixture *f = calloc(1, sizeof *f);
    jk_arena_init(&f->cli.arena, 8u << 20);
    f->cli.out = open_memstream(&f->text, &f->len);
    jokbo__v1__list_counts_response__init(&f->counts);
    for (size_t i = 0; i < BASES; i++)
        f->bases[i] = row(f, i, JOKBO__V1__COUNT_SCOPE__KIND_BASE_MODEL, names[i], counted[i]);
    f->team = row(f, BASES, JOKBO__V1__COUNT_SCOPE__KIND_TEAM, "the-team", 1207);
    f->counts.bases = f->bases;
    f->counts.n_bases = BASES;
    f->counts.teams = &f->team;
    f->counts.n_teams = 1;
    f->counts.all = row(f, BASES + 1, JOKBO__V1__COUNT_SCOPE__KIND_ALL, NULL, 1207);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    fclose(f->cli.out);
    free(f->text);
    jk_arena_done(&f->cli.arena);
    free(f);
    return 0;
}

static void prints(struct fixture *f, size_t width, const char *expected)
{
    f->cli.width = width;
    jk_overview_print(&f->cli, &f->counts);
    fflush(f->cli.out);
    assert_string_equal(f->text, expected);
}

static void test_the_largest_first_and_those_without_in_a_line(void **state)
{
    prints(
        *state, 58,
        "base model     counted  independent  licence clean  direct\n"
        "lab/many         1,200        1,200          1,200   1,200\n"
        "lab/few              5            5              5       5\n"
        "lab/other-few        5            5              5       5\n"
        "and 1 base model without derivatives\n"
        "\n"
        "team           counted  independent  licence clean  direct\n"
        "the-team         1,207        1,207          1,207   1,207\n"
        "\n"
        "total          counted  independent  licence clean  direct\n"
        "all              1,207        1,207          1,207   1,207\n"
        "\n"
        "No room for publishers, transitive, distinct weights, yanked: a wider terminal, --json, or one BASE or --team "
        "shows them.\n");
}

static bool has_line(const struct fixture *f, const char *line)
{
    const char *found = strstr(f->text, line);
    return found && (found == f->text || found[-1] == '\n') && found[strlen(line)] == '\n';
}

static void lines_are(void **state, size_t width, const char *header, const char *few)
{
    struct fixture *f = *state;
    f->cli.width = width;
    jk_overview_print(&f->cli, &f->counts);
    fflush(f->cli.out);
    if (!has_line(f, header) || !has_line(f, few)) fail_msg("at width %zu:\n%s", width, f->text);
}

static void test_a_column_too_much_gives_way(void **state)
{
    lines_are(state, 57, "base model     counted         independent  licence clean",
              "lab/few              5  #                5              5");
}

static void test_two_columns_stay_at_any_width(void **state)
{
    lines_are(state, 1, "base model     counted  independent", "lab/few              5            5");
}

static void test_the_bar_takes_what_is_left(void **state)
{
    lines_are(state, 64, "base model     counted        independent  licence clean  direct",
              "lab/few              5  #               5              5       5");
}

static void test_four_columns_are_too_few_for_a_bar(void **state)
{
    lines_are(state, 63, "base model     counted  independent  licence clean  direct",
              "lab/few              5            5              5       5");
}

static void test_a_wide_terminal_shows_all(void **state)
{
    struct fixture *f = *state;
    lines_are(
        state, 400,
        "base model     counted                            independent  licence clean  direct  publishers  transitive  "
        "distinct weights  yanked",
        "lab/many         1,200  ########################        1,200          1,200   1,200           1           0  "
        "           1,200       0");
    assert_null(strstr(f->text, "No room"));
}

static void test_nothing_registered(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < BASES; i++)
        f->rows[i].registered = f->rows[i].counted = 0;
    f->counts.n_teams = 0;
    f->counts.all = NULL;
    prints(f, 100, "No base model has a derivative.\n");
}

static void test_all_yanked_is_a_row(void **state)
{
    struct fixture *f = *state;
    f->rows[0].registered = f->rows[0].yanked = 1;
    lines_are(state, 58, "lab/none             0            0              0       0",
              "lab/few              5            5              5       5");
    assert_null(strstr(f->text, "without derivatives"));
}

static void test_no_roster(void **state)
{
    struct fixture *f = *state;
    f->counts.n_bases = f->counts.n_teams = 0;
    f->counts.all = NULL;
    prints(f, 100, "No base model is on the roster.\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_largest_first_and_those_without_in_a_line, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_column_too_much_gives_way, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_columns_stay_at_any_width, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_bar_takes_what_is_left, setup, teardown),
        cmocka_unit_test_setup_teardown(test_four_columns_are_too_few_for_a_bar, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_wide_terminal_shows_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_registered, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_yanked_is_a_row, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_roster, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
