/* Reports: the canonical texts byte by byte, what a stranger computes from random histories, and JSON that
 * says what the table says. JK_HISTORIES (default 30) says how many histories. */
#include "support/report_world.h"

#include "base/clock.h"
#include "support/history_stages.h"

#define STEPS 170

/* ---- byte by byte ---- */

static void is_golden(const char *name, const struct jk_text *text)
{
    static char buffer[1 << 16];
    struct jk_span golden = golden_read(name, buffer, sizeof buffer);
    assert_span_equal(jk_text_span(text), golden);
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
    jk_text_clear(&csv);
    jk_summary_counted_csv(jk_text_span(&made.texts.listing), &csv);
    is_golden("report-counted.csv", &csv);
    jk_text_clear(&csv);
    jk_summary_left_out_csv(jk_text_span(&made.texts.left_out), &csv);
    is_golden("report-left-out.csv", &csv);
    jk_summary_free(summary);
    drop(&made);
}

/* The specification's example names the same bytes. */
static void the_specification_names_them(void **state)
{
    static const char *const files[] = {"report-table.txt", "report.json", "report-members.txt", "report-left-out.txt"};
    static char page[1 << 16], buffer[1 << 16];
    struct jk_span text = golden_read("../../registry/formats/report.md", page, sizeof page - 1);
    (void)state;
    assert_true(text.len < sizeof page - 1);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char hex[JK_DIGEST_HEX + 1];
        struct jk_digest digest = jk_digest_of(golden_read(files[i], buffer, sizeof buffer));
        jk_digest_hex(&digest, hex);
        if (!strstr(page, hex)) fail_msg("the specification does not name %s, the digest of %s", hex, files[i]);
    }
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
    assert_int_equal(jk_report_stage_of(ledger->book, 0, 1, 3, 3, &root, &root, &arena, &stage, &error), JK_NOT_FOUND);
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
    const struct jk_report_row *all = &made.report->rows[made.report->count - 1];
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
                                          .source = JK_SPAN("invented"),
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
    assert_span_equal(jk_text_span(&a->texts.listing), jk_text_span(&b->texts.listing));
}

/* As many lines of each base as it has counted ones, in order. */
static void check_listing(const struct made *made)
{
    struct jk_span rest = jk_text_span(&made->texts.listing), line, last = {"", 0};
    uint32_t listed[64] = {0};
    assert_true(made->report->count <= 64);
    while (jk_span_line(&rest, &line)) {
        struct jk_span team, base;
        (void)jk_span_cut(&line, '\t', &team);
        (void)jk_span_cut(&line, '\t', &base);
        assert_true(jk_span_compare(last, team) <= 0);
        last = team;
        for (size_t i = 0; i < made->report->count; i++)
            listed[i] +=
                made->report->rows[i].scope.type == JK_SCOPE_BASE && jk_span_equal(made->report->rows[i].name, base);
    }
    for (size_t i = 0; i < made->report->count; i++)
        if (made->report->rows[i].scope.type == JK_SCOPE_BASE)
            assert_int_equal(listed[i], made->report->rows[i].total.plain.counted);
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
    check_listing(&made);
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
                                       cmocka_unit_test(the_specification_names_them),
                                       STAGES(digests_are_of_the_texts),
                                       STAGES(knows_the_stage_before),
                                       STAGES(the_stage_before_is_that_of_m),
                                       STAGES(unknown_stage),
                                       STAGES(names_a_hundred_publishers),
                                       cmocka_unit_test(random_histories)};
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
