/* The log as tables: every kind of entry has one, every row the cells that its header names, and what stands in them.
 */
#include "support/golden.h"

#include "base/defer.h"
#include "domain/entry.h"
#include "export/tables.h"

static struct jk_export_rows rows;

static int teardown(void **state)
{
    (void)state;
    jk_export_rows_done(&rows);
    memset(&rows, 0, sizeof rows);
    return 0;
}

static void add_golden(enum jk_kind kind, uint64_t index)
{
    char name[64], buffer[8192];
    struct jk_error error;
    jk_error_init(&error, NULL);
    snprintf(name, sizeof name, "entry-%s.txt", jk_kind_text(kind));
    assert_int_equal(jk_export_add_entry(&rows, index, golden_read(name, buffer, sizeof buffer), &error), JK_OK);
}

/* Commas and line ends outside quotes. */
static size_t cells_of(struct jk_span text, size_t *out_rows)
{
    size_t cells = 0;
    bool quoted = false;
    *out_rows = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '"') quoted = !quoted;
        if (quoted) continue;
        cells += text.at[i] == ',' || text.at[i] == '\n';
        *out_rows += text.at[i] == '\n';
    }
    assert_false(quoted);
    return cells;
}

static size_t cells_of_header(enum jk_export_table table)
{
    JK_CLEANUP(jk_text_done) struct jk_text header;
    size_t count;
    jk_text_init(&header, 0);
    jk_export_header(table, &header);
    size_t cells = cells_of(jk_text_span(&header), &count);
    assert_int_equal(count, 1);
    return cells;
}

static void every_kind_has_a_table_and_every_row_its_cells(void **state)
{
    (void)state;
    for (int kind = 0; kind < JK_KIND_COUNT; kind++) {
        int found = 0;
        add_golden((enum jk_kind)kind, 7);
        for (int table = 0; table < JK_EXPORT_TABLES; table++) {
            size_t count, cells = cells_of(jk_text_span(&rows.texts[table]), &count);
            assert_int_equal(cells, count * cells_of_header((enum jk_export_table)table));
            found += count > 0;
            jk_text_clear(&rows.texts[table]);
        }
        if (found < 2) fail_msg("%s has no table but that of all entries", jk_kind_text((enum jk_kind)kind));
    }
}

static void table_is(enum jk_export_table table, const char *expected)
{
    assert_string_equal(rows.texts[table].bytes ? rows.texts[table].bytes : "", expected);
}

static void cells_say_what_lines_do(void **state)
{
    (void)state;
    char text[] = "jokbo/entry/v1\nkind team\ntime 2026-01-15T00:00:00.000000Z\nactor role admin\nteam t\n"
                  "name =1+1, \"so\"\nname-ko 팀\njoined 2025-01-01T00:00:00.000000Z\nleft none\n";
    char dispute[] = "jokbo/entry/v1\nkind dispute\ntime 2026-01-15T00:00:00.000000Z\nactor team t\nabout parent\n"
                     "model a/b\nruling none\nstage none\ntext none\n";
    struct jk_error error;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_export_add_entry(&rows, 12, jk_span_of(text), &error), JK_OK);
    table_is(JK_EXPORT_TEAMS, "12,2026-01-15T00:00:00.000000Z,t,\"'=1+1, \"\"so\"\"\",팀,"
                              "2025-01-01T00:00:00.000000Z,\r\n");
    assert_int_equal(jk_export_add_entry(&rows, 13, jk_span_of(dispute), &error), JK_OK);
    table_is(JK_EXPORT_DISPUTES, "13,2026-01-15T00:00:00.000000Z,dispute,parent,a/b,,,,,\r\n");
    assert_int_equal(jk_export_add_entry(&rows, 14, JK_SPAN("jokbo/entry/v1\nkind tea\n"), &error), JK_DATA_LOSS);
}

static void a_statement_and_its_parents(void **state)
{
    (void)state;
    char entry[1024];
    const char *statement = "jokbo/lineage/v1\nmodel a/b\nrelease 1.0\nrelation merge\nlicense MIT\nlicense-text none\n"
                            "artifact sha256:1111111111111111111111111111111111111111111111111111111111111111\n"
                            "weights none\n"
                            "parent 2222222222222222222222222222222222222222222222222222222222222222 c/d@2\n"
                            "parent 3333333333333333333333333333333333333333333333333333333333333333 external "
                            "h.example/x/y@none\n";
    char hash[JK_DIGEST_HEX + 1], expected[1024];
    struct jk_digest digest = jk_digest_of(jk_span_of(statement));
    struct jk_error error;
    jk_error_init(&error, NULL);
    jk_digest_hex(&digest, hash);
    snprintf(entry, sizeof entry,
             "jokbo/entry/v1\nkind register\ntime 2026-01-15T00:00:00.000000Z\nactor publisher a\n%s", statement);
    assert_int_equal(jk_export_add_entry(&rows, 9, jk_span_of(entry), &error), JK_OK);
    snprintf(expected, sizeof expected,
             "9,2026-01-15T00:00:00.000000Z,register,%s,a/b,1.0,merge,MIT,,"
             "1111111111111111111111111111111111111111111111111111111111111111,,2\r\n",
             hash);
    table_is(JK_EXPORT_STATEMENTS, expected);
    snprintf(expected, sizeof expected,
             "9,%s,1,2222222222222222222222222222222222222222222222222222222222222222,no,c/d,2\r\n"
             "9,%s,2,3333333333333333333333333333333333333333333333333333333333333333,yes,h.example/x/y,\r\n",
             hash, hash);
    table_is(JK_EXPORT_PARENTS, expected);
}

static void columns_by_number(void **state)
{
    (void)state;
    assert_string_equal(jk_export_file(JK_EXPORT_STAGE_TEAMS), "stage_teams.csv");
    assert_string_equal(jk_export_column(JK_EXPORT_STAGE_TEAMS, 0), "log_index");
    assert_string_equal(jk_export_column(JK_EXPORT_STAGE_TEAMS, 2), "team");
    assert_string_equal(jk_export_column(JK_EXPORT_STAGE_TEAMS, 9), "team");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_kind_has_a_table_and_every_row_its_cells, teardown),
        cmocka_unit_test_teardown(cells_say_what_lines_do, teardown),
        cmocka_unit_test_teardown(a_statement_and_its_parents, teardown),
        cmocka_unit_test_teardown(columns_by_number, teardown),
    };
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
