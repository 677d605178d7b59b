/* Reports: the canonical texts byte by byte, what a stranger computes from random histories, JSON that says what the
 * table says, and pages that hold together whatever a title says. JK_HISTORIES (default 30) says how many histories. */
#include "support/book_world.h"

#include "base/defer.h"
#include "book/stage.h"
#include "report/subject.h"
#include "report/summary.h"
#include "report/texts.h"
#include "support/golden.h"
#include "support/history_stages.h"

#define STEPS 170

/* ---- a world with two stages ---- */

static void record_policy(struct jk_ledger *ledger)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    struct jk_policy policy = {.name = "golden",
                               .version = 3,
                               .rules = JK_RULE_SET,
                               .on = ((jk_reasons)1 << JK_REASON_COUNT) - 1,
                               .relations = 1u << JK_RELATION_FINETUNE | 1u << JK_RELATION_ADAPTER,
                               .depth = 2,
                               .demands = {JK_PERMISSION_YES, JK_PERMISSION_UNKNOWN, JK_PERMISSION_UNKNOWN},
                               .unknown_passes = true,
                               .lenient = true,
                               .cap = 2};
    policy.on &= ~(JK_REASON_BIT(UNVERIFIED) | JK_REASON_BIT(NO_LICENSE_TEXT));
    jk_text_init(&text, 0);
    jk_policy_write(&policy, &text);
    struct jk_entry entry = {.kind = JK_KIND_POLICY, .actor.type = JK_ACTOR_EVALUATOR, .policy = jk_text_span(&text)};
    OK(jk_ledger_add(ledger, &entry));
}

static void put_stage(struct jk_ledger *ledger, const char *id, const char *title, const char *title_ko, int days)
{
    struct jk_entry entry = {.kind = JK_KIND_STAGE,
                             .actor.type = JK_ACTOR_EVALUATOR,
                             .stage = jk_span_of(id),
                             .name = jk_span_of(title),
                             .name_ko = jk_span_of(title_ko),
                             .evidence = JK_SPAN("invented"),
                             .teams = JK_SPAN("blue red"),
                             .from_us = ledger->time_us,
                             .until_us = ledger->time_us + days * JK_DAY_US,
                             .disputes_us = JK_TIME_NONE,
                             .digest = jk_book_policy(ledger->book, 0)->digest};
    OK(jk_ledger_add(ledger, &entry));
}

/* The next revision, of the size that the log has. */
static void close_stage(struct jk_ledger *ledger, const char *id)
{
    uint32_t stage = jk_book_find_stage(ledger->book, jk_span_of(id), NOW);
    const struct jk_closing *last = jk_book_closing(ledger->book, stage, 0, NOW);
    const struct jk_stage *facts = jk_book_stage(ledger->book, stage, NOW);
    struct jk_digest digest = jk_ledger_digest(1);
    struct jk_entry entry = {.kind = JK_KIND_CLOSE, .actor.type = JK_ACTOR_SERVER, .stage = facts->id};
    entry.revision = last ? last->revision + 1 : 1;
    entry.n = jk_book_size_at(ledger->book, jk_book_size(ledger->book), facts->cutoff_us);
    entry.m = last ? jk_book_size(ledger->book) : entry.n;
    entry.digest = facts->policy;
    entry.table = entry.json = entry.members = entry.left_out = entry.text = digest;
    OK(jk_ledger_add(ledger, &entry));
}

static void exclude(struct jk_ledger *ledger, const char *model)
{
    struct jk_entry entry = {.kind = JK_KIND_EXCLUDE,
                             .actor.type = JK_ACTOR_EVALUATOR,
                             .model = jk_span_of(model),
                             .evidence = JK_SPAN("spam"),
                             .needs_second = JK_ANSWER_NO};
    OK(jk_ledger_add(ledger, &entry));
}

static void register_some(struct jk_ledger *ledger)
{
    OK(jk_ledger_register(ledger, MODEL("kim/Solar-chat", .artifact = 1, .weights = 1, OF(PARENT(BASE)))));
    OK(jk_ledger_register(ledger, MODEL("kim/Solar-copy", .artifact = 1, .weights = 1, OF(PARENT(BASE)))));
    OK(jk_ledger_register(ledger, MODEL("kim/Solar-two", .artifact = 2, .weights = 2, .relation = JK_RELATION_ADAPTER,
                                        OF(PARENT(BASE)))));
    OK(jk_ledger_register(ledger, MODEL("kim/Solar-three", .artifact = 3, .weights = 3, OF(PARENT(BASE)))));
    OK(jk_ledger_register(ledger, MODEL("Lee/both", .artifact = 4, .weights = 4, .relation = JK_RELATION_MERGE,
                                        OF(PARENT(BASE), PARENT(OTHER)))));
    OK(jk_ledger_register(ledger, MODEL("red-ai/own", .artifact = 5, .weights = 5, OF(PARENT(BASE)))));
    OK(jk_ledger_register(ledger, MODEL("park/deep", .artifact = 6, .weights = 6, OF(PARENT("kim/Solar-chat")))));
    OK(jk_ledger_register(ledger, MODEL("park/gone", .artifact = 7, .weights = 7, OF(PARENT(BASE)))));
    OK(jk_ledger_yank(ledger, "park/gone", "1", JK_KIND_YANK));
    OK(jk_ledger_register(ledger, MODEL("Lee/plain", .artifact = 8, .weights = 8, OF(PARENT(BASE)))));
}

#define FIRST  "stage-1"
#define SECOND "stage-2"

static int begin_stages(void **state)
{
    begin(state);
    struct jk_ledger *ledger = *state;
    record_policy(ledger);
    put_stage(ledger, FIRST, "First stage", "1단계", 10);
    put_stage(ledger, SECOND, "Second <stage> & \"more\"", "2단계 <둘째> & '더'", 60);
    ledger->time_us += 11 * JK_DAY_US;
    close_stage(ledger, FIRST);
    register_some(ledger);
    ledger->time_us += 60 * JK_DAY_US;
    OK(jk_ledger_register(ledger, MODEL("park/late", .artifact = 9, .weights = 9, OF(PARENT(BASE)))));
    close_stage(ledger, SECOND);
    exclude(ledger, "Lee/plain");
    return 0;
}

#define STAGES(function) cmocka_unit_test_setup_teardown(function, begin_stages, end)

/* A report with what it was made from. */
struct made {
    struct jk_arena arena;
    struct jk_book *cut; /* NULL: the ledger's */
    struct jk_report_stage stage;
    struct jk_report *report;
    struct jk_report_texts texts;
};

static struct jk_book *cut_book(const struct jk_ledger *ledger, uint32_t n, uint32_t m)
{
    struct jk_book *book = jk_book_new();
    struct jk_error error;
    jk_error_init(&error, NULL);
    for (uint32_t i = 0; i < m; i++)
        OK(i < n ? jk_book_apply(book, ledger->entries[i], &error)
                 : jk_book_apply_cut(book, ledger->entries[i], &error));
    jk_book_keep(book);
    return book;
}

static void finish(struct jk_ledger *ledger, struct made *made)
{
    struct jk_error error;
    uint32_t n = made->stage.n, m = made->stage.m;
    jk_error_init(&error, NULL);
    if (made->cut || n < m) {
        if (!made->cut) made->cut = cut_book(ledger, n, m);
        OK(jk_report_make(&made->stage, &(struct jk_report_source){made->cut, m, ledger->book}, &made->report, &error));
    } else {
        OK(jk_report_make(&made->stage, &(struct jk_report_source){ledger->book, n, ledger->book}, &made->report,
                          &error));
    }
    OK(jk_report_texts_make(made->report, &made->texts, &error));
}

static void make(struct jk_ledger *ledger, const char *id, uint32_t revision, struct made *made)
{
    struct jk_digest root_n = jk_ledger_digest(101), root_m = jk_ledger_digest(102);
    uint32_t stage = jk_book_find_stage(ledger->book, jk_span_of(id), NOW), size = jk_book_size(ledger->book);
    uint32_t n = jk_book_size_at(ledger->book, size, jk_book_stage(ledger->book, stage, NOW)->cutoff_us);
    struct jk_error error;
    *made = (struct made){.cut = NULL};
    jk_arena_init(&made->arena, 1 << 20);
    jk_error_init(&error, NULL);
    OK(jk_report_stage_of(ledger->book, stage, revision, n, revision == 1 ? n : size, &root_n, &root_m, &made->arena,
                          &made->stage, &error));
    finish(ledger, made);
}

static void drop(struct made *made)
{
    jk_report_texts_free(&made->texts);
    jk_report_free(made->report);
    jk_book_free(made->cut);
    jk_arena_done(&made->arena);
}

/* ---- byte by byte ---- */

static void is_golden(const char *name, const struct jk_text *text)
{
    static char buffer[1 << 16];
    struct jk_span golden = golden_read(name, buffer, sizeof buffer);
    assert_span_equal(jk_text_span(text), golden);
}

static struct jk_summary *read_back(const struct made *made)
{
    struct jk_summary *summary;
    struct jk_error error;
    jk_error_init(&error, NULL);
    if (jk_summary_read(jk_text_span(&made->texts.json), &summary, &error) != JK_OK) fail_msg("%s", error.message);
    return summary;
}

static void goldens(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text csv;
    struct made made;
    make(*state, SECOND, 2, &made);
    is_golden("report-table.txt", &made.texts.table);
    is_golden("report.json", &made.texts.json);
    is_golden("report-members.txt", &made.texts.members);
    is_golden("report-left-out.txt", &made.texts.left_out);
    struct jk_summary *summary = read_back(&made);
    jk_text_init(&csv, 0);
    jk_summary_csv(summary, &csv);
    is_golden("report.csv", &csv);
    jk_summary_free(summary);
    drop(&made);
}

static void digests_are_of_the_texts(void **state)
{
    struct made made;
    make(*state, SECOND, 2, &made);
    struct jk_summary *summary = read_back(&made);
    const struct jk_digest found[] = {
        jk_digest_of(jk_text_span(&made.texts.table)), jk_digest_of(jk_text_span(&made.texts.json)),
        jk_digest_of(jk_text_span(&made.texts.members)), jk_digest_of(jk_text_span(&made.texts.left_out))};
    assert_true(jk_digest_equal(&found[0], &made.texts.table_sha256));
    assert_true(jk_digest_equal(&found[1], &made.texts.json_sha256));
    assert_true(jk_digest_equal(&found[2], &made.texts.members_sha256));
    assert_true(jk_digest_equal(&found[3], &made.texts.left_out_sha256));
    assert_true(jk_digest_equal(&found[0], &summary->table));
    assert_true(jk_digest_equal(&found[1], &summary->json));
    assert_true(jk_digest_equal(&found[2], &summary->members));
    assert_true(jk_digest_equal(&found[3], &summary->left_out));
    jk_summary_free(summary);
    drop(&made);
}

/* ---- what it speaks of ---- */

static void knows_the_stage_before(void **state)
{
    struct jk_ledger *ledger = *state;
    struct made first, second;
    make(ledger, FIRST, 1, &first);
    make(ledger, SECOND, 1, &second);
    assert_int_equal(first.stage.previous_revision, 0);
    assert_int_equal(first.stage.n, first.stage.m);
    assert_span_equal(second.stage.previous, JK_SPAN(FIRST));
    assert_int_equal(second.stage.previous_revision, 1);
    assert_span_equal(second.stage.origin, jk_book_origin(ledger->book));
    assert_int_equal(second.stage.team_count, 2);
    assert_span_equal(second.stage.teams[0], JK_SPAN("blue"));
    assert_span_equal(second.stage.teams[1], JK_SPAN("red"));
    drop(&first);
    drop(&second);
}

/* A further revision of the stage before counts only in reports whose m lies above it. */
static void the_stage_before_is_that_of_m(void **state)
{
    struct jk_ledger *ledger = *state;
    struct made made;
    close_stage(ledger, FIRST);
    make(ledger, SECOND, 1, &made);
    assert_int_equal(made.stage.previous_revision, 1);
    drop(&made);
    make(ledger, SECOND, 2, &made);
    assert_int_equal(made.stage.previous_revision, 2);
    drop(&made);
}

static void unknown_stage(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_report_stage stage;
    struct jk_digest root = jk_ledger_digest(1);
    struct jk_arena arena;
    struct jk_error error;
    jk_arena_init(&arena, 1 << 16);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_report_stage_of(ledger->book, 0, 1, 3, 3, &root, &root, &arena, &stage, &error),
                     JK_FAILED_PRECONDITION);
    jk_arena_done(&arena);
}

/* ---- by a slow reading ---- */

struct slow { /* of one row */
    uint32_t registered, counted, left_out[JK_REASON_COUNT];
    uint32_t months[JK_COUNT_MONTHS], publishers[512];
};

static bool root_is_in(const struct jk_book *book, uint32_t root, uint32_t size, const struct jk_book *cut,
                       const struct jk_report_row *row)
{
    const struct jk_base_facts *base = jk_book_base(book, root, size);
    if (row->scope.type == JK_SCOPE_ALL) return true;
    if (row->scope.type == JK_SCOPE_BASE)
        return jk_book_model(book, root)->index == jk_book_model(cut, row->scope.slot)->index;
    return base && jk_span_equal(jk_book_team(book, base->team)->id, row->name);
}

static void read_verdicts(const struct jk_report *report, const struct jk_report_row *row, struct slow *slow)
{
    const struct jk_book *cut = report->source.cut;
    size_t count;
    const struct jk_verdict *rows = jk_standing_rows(report->standing, &count);
    for (size_t i = 0, end; i < count; i = end) {
        int place = -1;
        for (end = i; end < count && rows[end].model == rows[i].model; end++) {
            if (!root_is_in(cut, rows[end].root, report->source.cut_size, cut, row)) continue;
            int first = JK_REASON_COUNT;
            for (int r = JK_REASON_COUNT; r-- > 0;)
                if (rows[end].reasons >> r & 1) first = r;
            if (first > place) place = first;
        }
        if (place < 0) continue;
        slow->registered++;
        if (place < JK_REASON_COUNT) {
            slow->left_out[place]++;
            continue;
        }
        slow->counted++;
        slow->months[jk_time_month(jk_book_time(cut, jk_book_model(cut, rows[i].model)->index))]++;
        slow->publishers[rows[i].publisher]++;
    }
}

static void read_late(const struct jk_report *report, const struct jk_report_row *row, struct slow *slow)
{
    const struct jk_book *full = report->source.full;
    uint32_t m = report->stage.m;
    for (uint32_t model = 0; model < jk_book_models(full, m); model++) {
        bool in = false;
        if (jk_book_model(full, model)->index < report->stage.n) continue;
        for (const struct jk_spell *spell = NULL; (spell = jk_book_spell(full, model, m, spell)) != NULL;)
            in = in || root_is_in(full, spell->root, m, report->source.cut, row);
        slow->registered += in;
        slow->left_out[JK_REASON_LATE] += in;
    }
}

static void check_publishers(const struct jk_report *report, const struct jk_report_row *row, const struct slow *slow)
{
    uint32_t distinct = 0, sum = row->publishers_other;
    for (size_t i = 0; i < 512; i++)
        distinct += slow->publishers[i] > 0;
    assert_int_equal(row->total.plain.distinct_publishers, distinct);
    assert_int_equal(row->publisher_count, distinct < JK_REPORT_PUBLISHERS ? distinct : JK_REPORT_PUBLISHERS);
    for (size_t i = 0; i < row->publisher_count; i++) {
        const struct jk_report_publisher *publisher = &row->publishers[i];
        uint32_t slot = jk_book_find_publisher(report->source.cut, publisher->name, report->source.cut_size);
        assert_int_equal(publisher->counted, slow->publishers[slot]);
        sum += publisher->counted;
        if (i == 0) continue;
        assert_true(publisher[-1].counted >= publisher->counted);
        if (publisher[-1].counted == publisher->counted)
            assert_true(jk_span_compare(publisher[-1].name, publisher->name) < 0);
    }
    assert_int_equal(sum, slow->counted);
}

static uint32_t late_met, left_met, counted_met;

static void check_row(const struct jk_report *report, const struct jk_report_row *row)
{
    static struct slow slow;
    uint64_t sum = row->total.plain.counted;
    memset(&slow, 0, sizeof slow);
    read_verdicts(report, row, &slow);
    read_late(report, row, &slow);
    assert_int_equal(row->total.plain.registered, slow.registered);
    assert_int_equal(row->total.plain.counted, slow.counted);
    assert_memory_equal(row->total.left_out, slow.left_out, sizeof slow.left_out);
    assert_memory_equal(row->total.plain.by_month, slow.months, sizeof slow.months);
    check_publishers(report, row, &slow);
    for (int i = 0; i < JK_REASON_COUNT; i++)
        sum += row->total.left_out[i];
    assert_int_equal(sum, row->total.plain.registered);
    late_met += slow.left_out[JK_REASON_LATE];
    left_met += slow.registered - slow.counted;
    counted_met += slow.counted;
}

/* ---- JSON says what the table says ---- */

static void check_summary(const struct made *made)
{
    JK_CLEANUP(jk_text_done) struct jk_text csv;
    struct jk_summary *summary = read_back(made);
    struct jk_span table = jk_text_span(&made->texts.table), rest, line, csv_line, field, csv_field;
    assert_int_equal(summary->count, made->report->count);
    assert_int_equal(summary->n, made->stage.n);
    assert_int_equal(summary->m, made->stage.m);
    assert_int_equal(summary->cutoff_us, made->stage.cutoff_us);
    assert_span_equal(jk_span_of(summary->id), made->stage.id);
    for (size_t i = 0; i < summary->count; i++)
        assert_memory_equal(summary->rows[i].total.left_out, made->report->rows[i].total.left_out,
                            sizeof summary->rows[i].total.left_out);
    jk_text_init(&csv, 0);
    jk_summary_csv(summary, &csv);
    rest = jk_text_span(&csv);
    while (jk_span_line(&table, &line)) { /* every column of the table, and the team */
        assert_true(jk_span_line(&rest, &csv_line));
        assert_true(csv_line.len > 0 && csv_line.at[csv_line.len - 1] == '\r');
        csv_line.len--;
        for (int i = 0; line.len > 0; i++) {
            (void)jk_span_cut(&line, '\t', &field);
            (void)jk_span_cut(&csv_line, ',', &csv_field);
            assert_span_equal(csv_field, field);
            if (i == 1) (void)jk_span_cut(&csv_line, ',', &csv_field);
        }
        assert_int_equal(csv_line.len, 0);
    }
    assert_int_equal(rest.len, 0);
    jk_summary_free(summary);
}

/* ---- pages ---- */

#define DEPTH 32

struct tags {
    struct jk_span open[DEPTH];
    size_t depth;
};

static void check_tag(struct tags *tags, struct jk_span inside)
{
    struct jk_span name = inside;
    bool closing = jk_span_starts(inside, JK_SPAN("/")), empty = jk_span_ends(inside, JK_SPAN("/"));
    if (jk_span_starts(inside, JK_SPAN("!DOCTYPE"))) return;
    if (closing) name = (struct jk_span){name.at + 1, name.len - 1};
    name.len = strcspn(name.at, " />");
    assert_true(name.len > 0);
    unsigned quotes = 0;
    for (size_t i = 0; i < inside.len; i++)
        quotes += inside.at[i] == '"';
    assert_int_equal(quotes % 2, 0);
    if (empty) return;
    if (closing) {
        assert_true(tags->depth > 0);
        assert_span_equal(name, tags->open[--tags->depth]);
    } else {
        assert_true(tags->depth < DEPTH);
        tags->open[tags->depth++] = name;
    }
}

static void check_reference(struct jk_span rest)
{
    static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    bool found = false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        found = found || jk_span_starts(rest, jk_span_of(known[i]));
    assert_true(found);
}

/* Every tag is closed in its order, every "&" begins a reference, nothing is fetched and nothing runs. */
static void check_html(struct jk_span html)
{
    struct tags tags = {.depth = 0};
    assert_true(jk_utf8_valid(html));
    for (size_t i = 0; i < html.len; i++) {
        struct jk_span rest = {html.at + i, html.len - i}, inside;
        if (html.at[i] == '&') check_reference(rest);
        if (html.at[i] != '<') continue;
        rest = (struct jk_span){rest.at + 1, rest.len - 1};
        assert_true(jk_span_cut(&rest, '>', &inside));
        assert_null(memchr(inside.at, '<', inside.len));
        check_tag(&tags, inside);
        i += inside.len + 1;
        if (jk_span_equal(inside, JK_SPAN("style"))) i = (size_t)(strstr(html.at + i, "</style>") - html.at) - 1;
    }
    assert_int_equal(tags.depth, 0);
    assert_null(strstr(html.at, "<script"));
    assert_null(strstr(html.at, "://"));
    assert_null(strstr(html.at, " src="));
    assert_null(strstr(html.at, "@import"));
    for (const char *url = html.at; (url = strstr(url, "url(")) != NULL; url++)
        assert_memory_equal(url, "url(#p", 6);
}

static void write_page(const struct made *made, const struct made *before, struct jk_text *out)
{
    struct jk_summary *summary = read_back(made), *previous = before ? read_back(before) : NULL;
    struct jk_page page = {summary, previous, jk_text_span(&made->texts.members), jk_text_span(&made->texts.left_out)};
    struct jk_error error;
    jk_error_init(&error, NULL);
    jk_text_init(out, 0);
    if (jk_summary_html(&page, out, &error) != JK_OK) fail_msg("%s", error.message);
    check_html(jk_text_span(out));
    jk_summary_free(summary);
    jk_summary_free(previous);
}

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
    refuses(&made, "jokbo/report/v1", "jokbo/report/v2", "format is \"jokbo/report/v2\": it must be jokbo/report/v1");
    refuses(&made, "\"counted\":", "\"counted\":\"x\",\"a\":", "rows[0]");
    refuses(&made, "\"m\":", "\"extra\":1,\"m\":", "the whole is an object: it has members");
    refuses(&made, "\"m\":", "\"k\":", "m is missing");
    refuses(&made, "\"n\":", "\"n\":9", "m is ");
    refuses(&made, "\"revision\":2", "\"revision\":0", "revision is 0");
    refuses(&made, "\"revision\":2", "\"revision\":2.0", "revision is 2.0");
    refuses(&made, "\"late\":", "\"late\":1", "rows[0].left_out");
    refuses(&made, "\"adapter\":", "\"adapter\":1", "rows[0].relations");
    refuses(&made, "\"conditional\":", "\"conditional\":1", "rows[0].license_classes");
    refuses(&made, "\"direct\":", "\"direct\":1", "transitive");
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

/* ---- many publishers ---- */

#define CROWD 130

static void names_a_hundred_publishers(void **state)
{
    struct jk_ledger *ledger = *state;
    struct made made;
    char names[CROWD][32], models[CROWD][64];
    put_stage(ledger, "crowd", "Crowd", "많음", 30);
    for (int i = 0; i < CROWD; i++) {
        snprintf(names[i], sizeof names[i], "many-%03d", CROWD - i);
        snprintf(models[i], sizeof models[i], "%s/Solar-x", names[i]);
        OK(jk_ledger_publisher(ledger, names[i]));
        OK(jk_ledger_register(
            ledger, MODEL(models[i], .artifact = 1000 + (unsigned)i, .weights = 1000 + (unsigned)i, OF(PARENT(BASE)))));
    }
    OK(jk_ledger_register(ledger, MODEL("many-001/Solar-y", .artifact = 2000, .weights = 2000, OF(PARENT(BASE)))));
    ledger->time_us += 31 * JK_DAY_US;
    close_stage(ledger, "crowd");
    make(ledger, "crowd", 1, &made);
    const struct jk_report_row *all = jk_report_all(made.report);
    assert_int_equal(all->publisher_count, JK_REPORT_PUBLISHERS);
    assert_int_equal(all->publishers[0].counted, 2);
    for (size_t i = 0; i < made.report->count; i++)
        check_row(made.report, &made.report->rows[i]);
    check_summary(&made);
    drop(&made);
}

/* ---- random histories ---- */

static unsigned histories(void)
{
    const char *text = getenv("JK_HISTORIES");
    unsigned count = text ? (unsigned)atoi(text) : 30;
    return count ? count : 30;
}

static void random_stage(const struct jk_ledger *ledger, struct jk_random *random, struct jk_span *ids,
                         struct jk_report_stage *out_stage)
{
    uint32_t m = 1 + jk_random_below(random, ledger->count), n = 1 + jk_random_below(random, m);
    if (jk_random_below(random, 4) == 0) n = m;
    *out_stage = (struct jk_report_stage){.origin = jk_book_origin(ledger->book),
                                          .id = JK_SPAN("stage-1"),
                                          .title = JK_SPAN("A stage"),
                                          .title_ko = JK_SPAN("어느 단계"),
                                          .revision = 1,
                                          .n = n,
                                          .m = m,
                                          .policy = jk_history_policy(random, 1),
                                          .teams = ids};
    for (uint32_t team = 0; team < jk_book_teams(ledger->book, NOW) && out_stage->team_count < 8; team++)
        if (jk_random_below(random, 3) || team == 0)
            ids[out_stage->team_count++] = jk_book_team(ledger->book, team)->id;
}

static void same_texts(const struct made *a, const struct made *b)
{
    assert_span_equal(jk_text_span(&a->texts.table), jk_text_span(&b->texts.table));
    assert_span_equal(jk_text_span(&a->texts.json), jk_text_span(&b->texts.json));
    assert_span_equal(jk_text_span(&a->texts.members), jk_text_span(&b->texts.members));
    assert_span_equal(jk_text_span(&a->texts.left_out), jk_text_span(&b->texts.left_out));
}

static void check_history_at(struct jk_ledger *ledger, struct jk_random *random)
{
    JK_CLEANUP(jk_text_done) struct jk_text html;
    struct jk_span ids[8];
    struct made made = {.cut = NULL}, again = {.cut = NULL};
    random_stage(ledger, random, ids, &made.stage);
    finish(ledger, &made);
    for (size_t i = 0; i < made.report->count; i++)
        check_row(made.report, &made.report->rows[i]);
    check_summary(&made);
    write_page(&made, NULL, &html);
    if (made.stage.n == made.stage.m) { /* as of a size = the fold of its entries alone */
        again.stage = made.stage;
        again.cut = cut_book(ledger, again.stage.n, again.stage.m);
        finish(ledger, &again);
        same_texts(&made, &again);
        drop(&again);
    }
    drop(&made);
}

static void random_histories(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= histories(); seed++) {
        struct jk_ledger ledger;
        struct jk_random random = {seed ^ 77};
        uint32_t kinds[JK_KIND_COUNT];
        jk_ledger_init(&ledger);
        jk_history_make(&ledger, seed, STEPS, kinds);
        for (int i = 0; i < 8; i++)
            check_history_at(&ledger, &random);
        jk_ledger_done(&ledger);
    }
    assert_true(late_met > 0 && left_met > late_met && counted_met > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {STAGES(goldens),
                                       STAGES(digests_are_of_the_texts),
                                       STAGES(knows_the_stage_before),
                                       STAGES(the_stage_before_is_that_of_m),
                                       STAGES(unknown_stage),
                                       STAGES(page_says_it_all),
                                       STAGES(page_wants_its_own),
                                       STAGES(bad_reports),
                                       cmocka_unit_test(too_large),
                                       cmocka_unit_test(csv_holds_no_formula),
                                       STAGES(names_a_hundred_publishers),
                                       cmocka_unit_test(random_histories)};
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
