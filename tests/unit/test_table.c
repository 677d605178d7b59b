/* Tables, bars and trees as people see them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "cli/console/table_fit.h"
#include "cli/tree.h"

static struct jk_arena arena;
static struct jk_text out;

static int setup(void **state)
{
    (void)state;
    jk_arena_init(&arena, 8u << 20);
    jk_text_init(&out, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    jk_text_done(&out);
    jk_arena_done(&arena);
    return 0;
}

static void is(const char *expected)
{
    assert_string_equal(out.bytes ? out.bytes : "", expected);
    jk_text_clear(&out);
}

static void test_korean_is_two_columns(void **state)
{
    (void)state;
    static const struct jk_column columns[] = {{"이름", false}, {"count", true}, {"", false}};
    struct jk_table table;
    jk_table_init(&table, &arena, columns, 3);
    jk_table_cell(&table, "업스테이지");
    jk_table_cellf(&table, "%d", 12);
    jk_table_cell(&table, "x");
    jk_table_cell(&table, "skt");
    jk_table_cell(&table, "1234567");
    jk_table_cell(&table, "");
    jk_table_write(&table, false, &out);
    is("이름          count\n업스테이지       12  x\nskt         1234567\n");
    jk_table_write(&table, true, &out);
    assert_non_null(strstr(out.bytes, "\033[2m"));
    jk_text_clear(&out);
}

static void test_without_titles(void **state)
{
    (void)state;
    static const struct jk_column columns[] = {{"", false}, {"", false}};
    struct jk_table table;
    jk_table_init(&table, &arena, columns, 2);
    jk_table_write(&table, false, &out);
    is("");
    jk_table_cell(&table, "a");
    jk_table_cell(&table, NULL);
    jk_table_write(&table, false, &out);
    is("a\n");
}

/* Narrower and narrower: cells are wrapped, then columns go, the highest number first. */
static void test_fits_the_screen(void **state)
{
    (void)state;
    static const struct jk_column columns[] = {{"index", true},
                                               {"model", false, .wrap = true},
                                               {"relation", false, .spare = 1},
                                               {"licence", false, .spare = 2},
                                               {"findings", false, .wrap = true}};
    struct jk_table table;
    jk_table_init(&table, &arena, columns, 5);
    for (const char *const *cell =
             (const char *[]){"7", "upstage/Solar-100B", "merge", "MIT", "naming-literal, no-text", NULL};
         *cell; cell++)
        jk_table_cell(&table, *cell);
    jk_table_write(&table, false, &out);
    is("index  model               relation  licence  findings\n"
       "    7  upstage/Solar-100B  merge     MIT      naming-literal, no-text\n");
    table.width = 57;
    jk_table_write(&table, false, &out);
    is("index  model       relation  licence  findings\n"
       "    7  upstage/    merge     MIT      naming-literal,\n"
       "       Solar-100B                     no-text\n");
    jk_table_add_hidden(&table, &out);
    is("");
    table.width = 52;
    jk_table_write(&table, false, &out);
    is("index  model       relation  findings\n"
       "    7  upstage/    merge     naming-literal,\n"
       "       Solar-100B            no-text\n");
    jk_table_add_hidden(&table, &out);
    is("No room for licence: a wider terminal,\n  --csv or --json shows them.\n");
    table.width = 36;
    jk_table_write(&table, false, &out);
    is("index  model       findings\n"
       "    7  upstage/    naming-literal,\n"
       "       Solar-100B  no-text\n");
    jk_table_add_hidden(&table, &out);
    is("No room for relation,\n  licence: a wider terminal,\n  --csv or --json shows them.\n");
}

static void piece_is(struct jk_span *rest, size_t width, const char *expected)
{
    struct jk_span piece = jk_table_piece(rest, width);
    assert_int_equal(piece.len, strlen(expected));
    assert_memory_equal(piece.at, expected, piece.len);
}

static void test_pieces_end_where_words_do(void **state)
{
    (void)state;
    struct jk_span rest = jk_span_of("yanked 141, self 42, no-artifact 462");
    piece_is(&rest, 25, "yanked 141, self 42,");
    piece_is(&rest, 25, "no-artifact 462");
    assert_int_equal(rest.len, 0);
    rest = jk_span_of("dev-0003/A.X-K1-Reasoning-04512");
    piece_is(&rest, 14, "dev-0003/");
    piece_is(&rest, 17, "A.X-K1-Reasoning-");
    piece_is(&rest, 17, "04512");
    rest = jk_span_of("족보에오르다");
    piece_is(&rest, 5, "족보");
    piece_is(&rest, 1, "에"); /* one at least */
    piece_is(&rest, 0, "오");
    rest = (struct jk_span){"\xff\xff", 2};
    piece_is(&rest, 1, "\xff"); /* ends, whatever it is given */
    piece_is(&rest, 1, "\xff");
    assert_int_equal(rest.len, 0);
}

static void test_fold(void **state)
{
    (void)state;
    jk_table_fold(JK_SPAN("Teams     one two three four"), 20, 10, &out);
    is("Teams     one two\n          three four\n");
    jk_table_fold(JK_SPAN("Teams     one two three four"), 0, 10, &out);
    is("Teams     one two three four\n");
    jk_table_fold(JK_SPAN(""), 20, 10, &out);
    is("\n");
}

static void test_safe(void **state)
{
    (void)state;
    assert_string_equal(jk_table_safe(&arena, "a\033[31mb\n\tc"), "a?[31mb  c");
    assert_string_equal(jk_table_safe(&arena, "족보\xff!"), "족보?!");
    assert_string_equal(jk_table_safe(&arena, "a\xE2\x80\xAE"
                                              "b"),
                        "a?b");
    assert_string_equal(jk_table_safe(&arena, NULL), "");
}

static void test_bar(void **state)
{
    (void)state;
    jk_table_bar(0, 10, 8, true, &out);
    is("");
    jk_table_bar(10, 10, 4, true, &out);
    is("████");
    jk_table_bar(1, 1000000, 4, true, &out);
    is("▏");
    jk_table_bar(9, 16, 2, true, &out);
    is("█▏");
    jk_table_bar(99, 10, 2, true, &out);
    is("██");
    jk_table_bar(5, 0, 2, true, &out);
    is("");
    jk_table_bar(1, 1000000, 4, false, &out);
    is("#");
    jk_table_bar(10, 10, 4, false, &out);
    is("####");
    jk_table_bar(UINT64_MAX, UINT64_MAX, 3, false, &out);
    is("###");
}

static void test_tree(void **state)
{
    (void)state;
    const size_t below0[] = {1, 2, 9}, below1[] = {3}, below2[] = {3, 4}, below3[] = {5};
    const struct jk_tree_node nodes[] = {{"root!", "root", below0, 3}, {"one!", "one", below1, 1},
                                         {"two!", "two", below2, 2},   {"three!", "three", below3, 1},
                                         {"four!", "four", NULL, 0},   {"five!", "five", NULL, 0}};
    assert_true(jk_tree_draw(nodes, 6, 0, true, &arena, &out));
    is("root!\n├─ one!\n│  └─ three!\n│     └─ five!\n└─ two!\n   ├─ three (↑ above)\n   └─ four!\n");
    assert_true(jk_tree_draw(nodes, 6, 2, false, &arena, &out));
    is("two!\n|- three!\n|  `- five!\n`- four!\n");
    assert_true(jk_tree_draw(nodes, 6, 7, false, &arena, &out));
    is("");
}

/* A cycle cannot be in a lineage, but in a reply: each node is drawn once. */
static void test_cycle(void **state)
{
    (void)state;
    const size_t to1[] = {1}, to0[] = {0};
    const struct jk_tree_node nodes[] = {{"a", "a", to1, 1}, {"b", "b", to0, 1}};
    assert_true(jk_tree_draw(nodes, 2, 0, false, &arena, &out));
    is("a\n`- b\n   `- a (see above)\n");
}

static void test_depth_limit(void **state)
{
    (void)state;
    static struct jk_tree_node nodes[200];
    static size_t next[200];
    for (size_t i = 0; i < 200; i++) {
        next[i] = i + 1;
        nodes[i] = (struct jk_tree_node){"x", "x", &next[i], i + 1 < 200 ? 1 : 0};
    }
    assert_true(jk_tree_draw(nodes, 200, 0, false, &arena, &out));
    size_t lines = 0;
    for (size_t i = 0; i < out.len; i++)
        lines += out.bytes[i] == '\n';
    assert_int_equal(lines, JK_TREE_DEPTH_MAX + 2);
    jk_text_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_korean_is_two_columns),
        cmocka_unit_test(test_without_titles),
        cmocka_unit_test(test_fits_the_screen),
        cmocka_unit_test(test_pieces_end_where_words_do),
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_safe),
        cmocka_unit_test(test_bar),
        cmocka_unit_test(test_tree),
        cmocka_unit_test(test_cycle),
        cmocka_unit_test(test_depth_limit),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
