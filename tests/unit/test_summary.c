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
    has(&html, "<a href=\"../../../models/kim/Solar-chat\">kim/Solar-chat</a>@1");
    has(&html, "<a href=\"../../../models/park/late\">park/late@1</a>");
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

/* A page that changes is another version's: whoever writes this file anew raises the number in JK_PAGE_HEAD, so that
 * servers make the pages of closed stages again. */
static void page_is_of_its_version(void **state)
{
    static char buffer[1 << 16];
    JK_CLEANUP(jk_text_done) struct jk_text html;
    struct made first, made;
    make(*state, FIRST, 1, &first);
    make(*state, SECOND, 2, &made);
    write_page(&made, &first, &html);
    assert_true(jk_span_starts(jk_text_span(&html), JK_SPAN(JK_PAGE_HEAD)));
    assert_span_equal(jk_span_of(strstr(html.bytes, "<body>")), golden_read("report-page.html", buffer, sizeof buffer));
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

static size_t times(const struct jk_text *text, const char *words)
{
    size_t count = 0;
    for (const char *at = text->bytes; (at = strstr(at, words)) != NULL; at++)
        count++;
    return count;
}

/* A page of those lists, whose digests the report names. */
static void page_of_lists(struct jk_summary *summary, const struct jk_text *members, const struct jk_text *listing,
                          const struct jk_text *left_out, struct jk_text *html)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    jk_text_init(html, 0);
    summary->members = jk_digest_of(jk_text_span(members));
    summary->left_out = jk_digest_of(jk_text_span(left_out));
    struct jk_page page = {.summary = summary,
                           .members = jk_text_span(members),
                           .left_out = jk_text_span(left_out),
                           .listing = jk_text_span(listing)};
    OK(jk_summary_html(&page, html, &error));
    check_html(jk_text_span(html));
}

/* Of long lists there are four lines of each base model and three of each reason, what is left is told, and where it is. */
static void page_bounds_its_lists(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text html = {0};
    JK_CLEANUP(jk_text_done) struct jk_text members = {0};
    JK_CLEANUP(jk_text_done) struct jk_text listing = {0};
    JK_CLEANUP(jk_text_done) struct jk_text left_out = {0};
    struct made made;
    make(*state, SECOND, 2, &made);
    struct jk_summary *summary = read_back(&made);
    for (int i = 0; i < 30 * 1234; i++) {
        jk_text_addf(&members, "%064d %d some/model-%d@1\n", i, i, i);
        jk_text_addf(&listing, "red\tred-ai/Base-%d\tsome/model-%d\t1\tadapter\t%d\t%064d\n", i / 1234, i, i, i);
        jk_text_addf(&left_out, "%064d %d left/model-%d@1\tred-ai/Base late,%s\n", i, i, i, i % 2 ? "cap" : "self");
    }
    page_of_lists(summary, &members, &listing, &left_out, &html);
    assert_int_equal(times(&html, ">some/model-"), 12 * 4);
    assert_int_equal(times(&html, "../models/some/model-"), 12 * 4);
    assert_int_equal(times(&html, ">left/model-"), 3);
    assert_int_equal(times(&html, "… 1,230개 더"), 12);
    has(&html, "<a href=\"members.txt\">");
    has(&html, "<a href=\"left-out.tsv\">");
    assert_true(html.len < 100000);
    jk_text_done(&html);

    struct jk_page page = {.summary = summary, .members = jk_text_span(&members), .listing = jk_text_span(&listing)};
    struct jk_error error;
    jk_text_init(&html, 0);
    jk_error_init(&error, NULL);
    OK(jk_summary_html(&page, &html, &error));
    assert_null(strstr(html.bytes, "제외된 파생 모델 (일부)")); /* that list was not at hand */
    jk_summary_free(summary);
    drop(&made);
}

/* Under the reason by which the total tells a model: of each base the first, of these the last. */
static void page_groups_by_reason(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text html = {0};
    JK_CLEANUP(jk_text_done) struct jk_text none = {0};
    JK_CLEANUP(jk_text_done) struct jk_text left_out = {0};
    struct made made;
    make(*state, SECOND, 2, &made);
    struct jk_summary *summary = read_back(&made);
    jk_text_addf(&left_out, "%064d 7 a/two@1\tred-ai/A self,cap\tblue-ai/B depth,duplicate\n", 1);
    jk_text_addf(&left_out, "%064d 8 a/one@1\tred-ai/A depth\n", 2);
    page_of_lists(summary, &none, &none, &left_out, &html);
    const char *list = strstr(html.bytes, "<h2 id=\"left-out\">"),
               *depth = strstr(list, jk_reason_korean(JK_REASON_DEPTH));
    const char *self = strstr(list, jk_reason_korean(JK_REASON_SELF));
    assert_true(depth && self && depth < self);
    const char *one = strstr(list, "a/one@1"), *two = strstr(list, "a/two@1");
    assert_true(depth < one && one < self && self < two);
    assert_null(strstr(list, jk_reason_korean(JK_REASON_CAP)));
    jk_summary_free(summary);
    drop(&made);
}

/* Names that were never checked do nothing, wherever they stand: no tag, no attribute's end, nothing that turns text. */
static void page_stays_harmless(void **state)
{
#define NASTY "a/<script>alert(1)</script>\"'&\x07\xE2\x80\xAE"
    JK_CLEANUP(jk_text_done) struct jk_text html;
    struct made made;
    struct jk_error error;
    struct jk_span members = JK_SPAN("members\n"), left_out = JK_SPAN("0 1 " NASTY "@1\t" NASTY " late\n");
    make(*state, SECOND, 2, &made);
    struct jk_summary *summary = read_back(&made);
    summary->members = jk_digest_of(members);
    summary->left_out = jk_digest_of(left_out);
    struct jk_page page = {.summary = summary,
                           .members = members,
                           .left_out = left_out,
                           .team_names = JK_SPAN("red\t" NASTY "\t" NASTY " too\n"),
                           .listing = JK_SPAN("red\t" NASTY "\t" NASTY "\t1\t" NASTY "\t7\t0\n")};
    jk_error_init(&error, NULL);
    jk_text_init(&html, 0);
    OK(jk_summary_html(&page, &html, &error));
    check_html(jk_text_span(&html));
    assert_true(times(&html, "a/&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;??") > 6);
    assert_null(strstr(html.bytes, "<script"));
    assert_null(strchr(html.bytes, '\x07'));
    assert_null(strstr(html.bytes, "\xE2\x80\xAE"));
    jk_summary_free(summary);
    drop(&made);
#undef NASTY
}

/* By their names, those that take part in the table, the others apart and without a result. */
static void page_names_teams(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text html;
    struct made made;
    make(*state, SECOND, 2, &made);
    struct jk_summary *summary = read_back(&made);
    struct jk_page page = {.summary = summary, .team_names = JK_SPAN("red\t빨강\tRed <AI>\nblue\t\tBlue\n")};
    struct jk_error error;
    const char *one[] = {"red"};
    jk_error_init(&error, NULL);
    jk_text_init(&html, 0);
    OK(jk_summary_html(&page, &html, &error));
    check_html(jk_text_span(&html));
    has(&html, "<th scope=\"row\">빨강 <span class=\"en\" lang=\"en\">Red &lt;AI&gt;</span>");
    has(&html, "<th scope=\"row\">Blue<");
    assert_null(strstr(html.bytes, "class=\"apart\""));

    summary->teams = one;
    summary->team_count = 1;
    jk_text_clear(&html);
    OK(jk_summary_html(&page, &html, &error));
    assert_null(strstr(html.bytes, "<th scope=\"row\">Blue<"));
    const char *apart = strstr(html.bytes, "class=\"apart\"");
    assert_true(apart && strstr(apart, "<li>Blue"));
    jk_summary_free(summary);
    drop(&made);
}

/* A difference is shown of what was counted under the same policy, and only then. */
static void page_compares_like_with_like(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text html;
    struct made first, made;
    make(*state, FIRST, 1, &first);
    make(*state, SECOND, 2, &made);
    struct jk_summary *summary = read_back(&made), *previous = read_back(&first);
    struct jk_page page = {.summary = summary, .previous = previous};
    struct jk_error error;
    const char *red[] = {"red"};
    jk_error_init(&error, NULL);
    jk_text_init(&html, 0);
    OK(jk_summary_html(&page, &html, &error));
    assert_int_equal(times(&html, "<td class=\"num\">+") + times(&html, "<td class=\"num\">−") +
                         times(&html, "<td class=\"num\">±"),
                     3); /* red, blue, all */

    previous->teams = red;
    previous->team_count = 1;
    jk_text_clear(&html);
    OK(jk_summary_html(&page, &html, &error));
    has(&html, "새로 참가한 팀");
    assert_int_equal(times(&html, "<td class=\"num\">+") + times(&html, "<td class=\"num\">−") +
                         times(&html, "<td class=\"num\">±"),
                     1); /* red alone */

    previous->policy_sha256.bytes[0] ^= 1;
    jk_text_clear(&html);
    OK(jk_summary_html(&page, &html, &error));
    has(&html, "서로 다른 정책으로 집계했으므로 수를 비교하지 않습니다");
    assert_null(strstr(html.bytes, "<td class=\"num\">+"));
    jk_summary_free(summary);
    jk_summary_free(previous);
    drop(&first);
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
                                    {.scope = JK_SCOPE_ALL, .name = "a\"b,c\n"},
                                    {.scope = JK_SCOPE_BASE, .name = "+1", .team = "-1"},
                                    {.scope = JK_SCOPE_BASE, .name = "\t=1", .team = "\r=1"}};
    struct jk_summary summary = {.rows = rows, .count = 4};
    (void)state;
    jk_text_init(&csv, 0);
    jk_summary_csv(&summary, &csv);
    assert_non_null(strstr(csv.bytes, "\r\nbase,'=1+1,'@x,0,"));
    assert_non_null(strstr(csv.bytes, "\r\nall,\"a\"\"b,c\n\",,0,"));
    assert_non_null(strstr(csv.bytes, "\r\nbase,'+1,'-1,0,"));
    assert_non_null(strstr(csv.bytes, "\r\nbase,'\t=1,\"'\r=1\",0,"));
}

static void check_lists(const char *beginning)
{
    JK_CLEANUP(jk_text_done) struct jk_text counted, left_out, listing, table;
    char wanted[128];
    jk_text_init(&counted, 0);
    jk_text_init(&left_out, 0);
    jk_text_init(&listing, 0);
    jk_text_init(&table, 0);
    jk_text_addf(&listing, "%sa\t%sb\t%sc/d\t%se\t%sf\t7\t%sg\n", beginning, beginning, beginning, beginning, beginning,
                 beginning);
    jk_summary_counted_csv(jk_text_span(&listing), &counted);
    snprintf(wanted, sizeof wanted, "\r\n'%sa,'%sb,'%sc,'%sc/d,'%se,'%sf,7,'%sg\r\n", beginning, beginning, beginning,
             beginning, beginning, beginning, beginning);
    assert_non_null(strstr(counted.bytes, wanted));
    jk_text_addf(&table, "%sa 7 %sb/c@d\t%se %sf\n", beginning, beginning, beginning, beginning);
    jk_summary_left_out_csv(jk_text_span(&table), &left_out);
    snprintf(wanted, sizeof wanted, "\r\n'%sb,'%sb/c,d,'%se,'%sf,7,'%sa\r\n", beginning, beginning, beginning,
             beginning, beginning);
    assert_non_null(strstr(left_out.bytes, wanted));
}

static void lists_hold_no_formula(void **state)
{
    (void)state;
    check_lists("=");
    check_lists("+");
    check_lists("-");
    check_lists("@");
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
                                       STAGES(page_is_of_its_version),
                                       STAGES(page_says_what_is_invented),
                                       STAGES(page_wants_its_own),
                                       STAGES(page_bounds_its_lists),
                                       STAGES(page_groups_by_reason),
                                       STAGES(page_stays_harmless),
                                       STAGES(page_names_teams),
                                       STAGES(page_compares_like_with_like),
                                       STAGES(bad_reports),
                                       cmocka_unit_test(too_large),
                                       cmocka_unit_test(csv_holds_no_formula),
                                       cmocka_unit_test(lists_hold_no_formula),
                                       STAGES(table_for_a_terminal)};
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
