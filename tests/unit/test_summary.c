/* A report read back: pages that hold together whatever a title says, JSON that is no report, CSV that is no formula,
 * the table for a terminal. */
#include "cli/console/report_table.h"
#include "support/report_world.h"

static void has(const struct jk_text *text, const char *words)
{
    if (!strstr(text->bytes, words)) fail_msg("the page does not say \"%s\"", words);
}

static void page_says_it_all(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text html;
    struct made first, made;
    make(*state, FIRST, 1, &first);
    make(*state, SECOND, 2, &made);
    write_page(&made, &first, &html);
    has(&html, "Second &lt;stage&gt; &amp; &quot;more&quot;");
    has(&html, "2단계 &lt;둘째&gt; &amp; &#39;더&#39;");
    assert_null(strstr(html.bytes, "<stage>"));
    has(&html, "kim/Solar-chat@1");
    has(&html, "park/late@1");
    has(&html, "red-ai/Solar-1: late");
    has(&html, "golden@3");
    has(&html, "jokbo audit LOG-URL --stage stage-2 --revision 2");
    has(&html, "KST");
    has(&html, "<pattern id=\"p");
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&made.texts.json_sha256, hex);
    has(&html, hex);
    drop(&first);
    drop(&made);
}

/* Where the dates come from is said, and that a demonstration is one. */
static void page_says_what_is_invented(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text html;
    struct made made;
    make(*state, FIRST, 1, &made);
    write_page(&made, NULL, &html);
    has(&html, "</span>: invented<");
    assert_null(strstr(html.bytes, "A demo: its times are not real"));
    jk_text_done(&html);
    made.stage.origin = JK_SPAN("demo.invalid");
    jk_report_texts_free(&made.texts);
    jk_report_free(made.report);
    finish(*state, &made);
    write_page(&made, NULL, &html);
    has(&html, "A demo: its times are not real");
    drop(&made);
}

/* The others' lists or another stage are refused: a page shows what belongs together. */
static void page_wants_its_own(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text html;
    struct made made;
    struct jk_error error;
    make(*state, SECOND, 2, &made);
    struct jk_summary *summary = read_back(&made);
    struct jk_page page = {.summary = summary, .members = JK_SPAN("another\n")};
    jk_text_init(&html, 0);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_summary_html(&page, &html, &error), JK_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "members.txt"));
    page = (struct jk_page){.summary = summary, .previous = summary};
    jk_error_init(&error, NULL);
    assert_int_equal(jk_summary_html(&page, &html, &error), JK_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "stage-2"));
    jk_summary_free(summary);
    drop(&made);
}

/* Long lists end with a note that says where the rest is. */
static void page_bounds_its_lists(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text html;
    JK_CLEANUP(jk_text_done) struct jk_text list;
    struct made made;
    struct jk_error error;
    size_t rows = 0;
    make(*state, SECOND, 2, &made);
    struct jk_summary *summary = read_back(&made);
    jk_text_init(&html, 0);
    jk_text_init(&list, 0);
    for (int i = 0; i < JK_PAGE_LIST + 1234; i++)
        jk_text_addf(&list, "%064d %d some/model-%d@1\n", i, i, i);
    summary->members = jk_digest_of(jk_text_span(&list));
    struct jk_page page = {.summary = summary, .members = jk_text_span(&list)};
    jk_error_init(&error, NULL);
    OK(jk_summary_html(&page, &html, &error));
    check_html(jk_text_span(&html));
    for (const char *at = html.bytes; (at = strstr(at, "some/model-")) != NULL; at++)
        rows++;
    assert_int_equal(rows, JK_PAGE_LIST);
    has(&html, "<p>3,234");
    has(&html, "나머지 1,234개는 <code>members.txt</code>");
    assert_null(strstr(html.bytes, "제외된 파생 모델과")); /* that list was not at hand */
    jk_summary_free(summary);
    drop(&made);
}

/* ---- what is no report ---- */

/* The JSON with the first `from` replaced is refused, and the message says `words`. */
static void refuses(const struct made *made, const char *from, const char *to, const char *words)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    struct jk_summary *summary = NULL;
    struct jk_error error;
    const char *json = made->texts.json.bytes, *found = strstr(json, from);
    if (!found) fail_msg("the report does not say %s", from);
    jk_text_init(&text, 0);
    jk_text_add(&text, (struct jk_span){json, (size_t)(found - json)});
    jk_text_add_str(&text, to);
    jk_text_add_str(&text, found + strlen(from));
    jk_error_init(&error, NULL);
    assert_int_equal(jk_summary_read(jk_text_span(&text), &summary, &error), JK_INVALID_ARGUMENT);
    assert_string_equal(error.reason, "BAD_REPORT");
    if (!strstr(error.message, words)) fail_msg("\"%s\" does not say \"%s\"", error.message, words);
}

static void bad_reports(void **state)
{
    struct made made;
    make(*state, SECOND, 2, &made);
    refuses(&made, "{", "[", "no JSON");
    refuses(&made, "jokbo/report/v1", "jokbo/report/v3", "format is \"jokbo/report/v3\": it must be jokbo/report/v1");
    refuses(&made, "jokbo/report/v1", "jokbo/report/v2", "it must be the policy's rule set's");
    refuses(&made, "\"counted\":", "\"counted\":\"x\",\"a\":", "rows[0]");
    refuses(&made, "\"m\":", "\"extra\":1,\"m\":", "the whole is an object: it has members");
    refuses(&made, "\"m\":", "\"k\":", "m is missing");
    refuses(&made, "\"n\":", "\"n\":9", "m is ");
    refuses(&made, "\"revision\":2", "\"revision\":0", "revision is 0");
    refuses(&made, "\"revision\":2", "\"revision\":2.0", "revision is 2.0");
    refuses(&made, "\"late\":", "\"late\":1", "rows[0].left_out");
    refuses(&made, "\"adapter\":", "\"adapter\":1", "rows[0].relations");
    refuses(&made, "\"conditional\":", "\"conditional\":1", "rows[0].license_classes");
    refuses(&made, "\"direct\":2", "\"direct\":1", "transitive");
    refuses(&made, "\"independent\":", "\"independent\":4", "it must be at most counted");
    refuses(&made, "\"depths\":{\"1\":2,\"2\":1", "\"depths\":{\"1\":1,\"2\":2", "must be direct");
    refuses(&made, "\"depths\":{\"1\":", "\"depths\":{\"17\":", "rows[0].depths");
    refuses(&made, "\"months\":{\"", "\"months\":{\"x", "must be a month");
    refuses(&made, "\"publishers_other\":", "\"publishers_other\":1", "publishers");
    refuses(&made, "\"publisher\":\"", "\"publisher\":\"-", "rows[0].publishers[0].publisher");
    refuses(&made, "\"name\":\"red-ai", "\"name\":\"<b>/", "rows[0].name");
    refuses(&made, "\"scope\":\"base\"", "\"scope\":\"team\"", "rows[0].name");
    refuses(&made, "\"scope\":\"all\"", "\"scope\":\"al\"", "it must be base, team or all");
    refuses(&made, "\"table\":\"", "\"table\":\"A", "digests.table");
    refuses(&made, "\"cutoff\":\"2", "\"cutoff\":\"x", "cutoff");
    refuses(&made, "\"rules\":1", "\"rules\":2", "policy.text");
    refuses(&made, "cap on 2", "cap on 3", "policy.sha256");
    refuses(&made, "\"teams\":[", "\"teams\":[7,", "teams is 7");
    refuses(&made, "\"previous\":{", "\"previous\":{\"x\":1,", "previous is an object");
    refuses(&made, "\"title\":\"", "\"title\":\"\\u0007", "stage.title");
    drop(&made);
}

static void too_large(void **state)
{
    struct jk_summary *summary;
    struct jk_error error;
    (void)state;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_summary_read((struct jk_span){"", JK_SUMMARY_MAX + 1}, &summary, &error), JK_INVALID_ARGUMENT);
}

/* No name of the log begins like a formula; a report that was not made by us may try. */
static void csv_holds_no_formula(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text csv;
    struct jk_summary_row rows[] = {{.scope = JK_SCOPE_BASE, .name = "=1+1", .team = "@x"},
                                    {.scope = JK_SCOPE_ALL, .name = "a\"b,c\n"}};
    struct jk_summary summary = {.rows = rows, .count = 2};
    (void)state;
    jk_text_init(&csv, 0);
    jk_summary_csv(&summary, &csv);
    assert_non_null(strstr(csv.bytes, "\r\nbase,'=1+1,'@x,0,"));
    assert_non_null(strstr(csv.bytes, "\r\nall,\"a\"\"b,c\n\",,0,"));
}

/* ---- on a terminal ---- */

static void table_for_a_terminal(void **state)
{
    static char buffer[1 << 14];
    JK_CLEANUP(jk_text_done) struct jk_text table;
    struct made first, made;
    make(*state, FIRST, 1, &first);
    make(*state, SECOND, 2, &made);
    struct jk_summary *summary = read_back(&made), *previous = read_back(&first);
    jk_text_init(&table, 0);
    jk_report_table(summary, previous, (struct jk_report_style){.utf8 = true}, &made.arena, &table);
    assert_span_equal(jk_text_span(&table), golden_read("report-terminal.txt", buffer, sizeof buffer));
    jk_text_clear(&table);
    jk_report_table(summary, NULL, (struct jk_report_style){.color = true}, &made.arena, &table);
    assert_null(strstr(table.bytes, "change"));
    assert_null(strstr(table.bytes, "█"));
    assert_non_null(strstr(table.bytes, "\033[2m"));
    jk_summary_free(summary);
    jk_summary_free(previous);
    drop(&first);
    drop(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {STAGES(page_says_it_all),
                                       STAGES(page_says_what_is_invented),
                                       STAGES(page_wants_its_own),
                                       STAGES(page_bounds_its_lists),
                                       STAGES(bad_reports),
                                       cmocka_unit_test(too_large),
                                       cmocka_unit_test(csv_holds_no_formula),
                                       STAGES(table_for_a_terminal)};
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
