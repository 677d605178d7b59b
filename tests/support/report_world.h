/* The little world of the reports' tests: two stages over the models of book_world.h, their reports, and what a page
 * must keep to. Included by test_report.c and test_summary.c only. */
#ifndef JK_TESTS_REPORT_WORLD_H
#define JK_TESTS_REPORT_WORLD_H

#include "base/defer.h"
#include "book/stage.h"
#include "report/subject.h"
#include "report/summary.h"
#include "report/texts.h"
#include "support/book_world.h"
#include "support/golden.h"

/* ---- a world with two stages ---- */

static inline void record_policy(struct jk_ledger *ledger)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    struct jk_policy policy = {.name = "golden",
                               .version = 3,
                               .rules = 1,
                               .on = jk_reasons_of(1),
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

static inline void put_stage(struct jk_ledger *ledger, const char *id, const char *title, const char *title_ko,
                             int days)
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
static inline void close_stage(struct jk_ledger *ledger, const char *id)
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

static inline void exclude(struct jk_ledger *ledger, const char *model)
{
    struct jk_entry entry = {.kind = JK_KIND_EXCLUDE,
                             .actor.type = JK_ACTOR_EVALUATOR,
                             .model = jk_span_of(model),
                             .evidence = JK_SPAN("spam"),
                             .needs_second = JK_ANSWER_NO};
    OK(jk_ledger_add(ledger, &entry));
}

static inline void register_some(struct jk_ledger *ledger)
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

static inline int begin_stages(void **state)
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

static inline struct jk_book *cut_book(const struct jk_ledger *ledger, uint32_t n, uint32_t m)
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

static inline void finish(struct jk_ledger *ledger, struct made *made)
{
    struct jk_error error;
    uint32_t n = made->stage.n, m = made->stage.m;
    jk_error_init(&error, NULL);
    if (made->cut || n < m) {
        if (!made->cut) made->cut = cut_book(ledger, n, m);
        OK(jk_report_make(&made->stage,
                          &(struct jk_report_source){.cut = made->cut, .cut_size = m, .full = ledger->book},
                          &made->report, &error));
    } else {
        OK(jk_report_make(&made->stage,
                          &(struct jk_report_source){.cut = ledger->book, .cut_size = n, .full = ledger->book},
                          &made->report, &error));
    }
    OK(jk_report_texts_make(made->report, &made->texts, &error));
}

static inline void make(struct jk_ledger *ledger, const char *id, uint32_t revision, struct made *made)
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

static inline void drop(struct made *made)
{
    jk_report_texts_free(&made->texts);
    jk_report_free(made->report);
    jk_book_free(made->cut);
    jk_arena_done(&made->arena);
}

static inline struct jk_summary *read_back(const struct made *made)
{
    struct jk_summary *summary;
    struct jk_error error;
    jk_error_init(&error, NULL);
    if (jk_summary_read(jk_text_span(&made->texts.json), &summary, &error) != JK_OK) fail_msg("%s", error.message);
    return summary;
}

/* ---- pages ---- */

#define DEPTH 32

struct tags {
    struct jk_span open[DEPTH];
    size_t depth;
};

static inline void check_tag(struct tags *tags, struct jk_span inside)
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

static inline void check_reference(struct jk_span rest)
{
    static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    bool found = false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        found = found || jk_span_starts(rest, jk_span_of(known[i]));
    assert_true(found);
}

/* Every tag is closed in its order, every "&" begins a reference, nothing is fetched and nothing runs. */
static inline void check_html(struct jk_span html)
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

static inline void write_page(const struct made *made, const struct made *before, struct jk_text *out)
{
    struct jk_summary *summary = read_back(made), *previous = before ? read_back(before) : NULL;
    struct jk_page page = {summary,
                           previous,
                           jk_text_span(&made->texts.members),
                           jk_text_span(&made->texts.left_out),
                           jk_text_span(&made->texts.team_names),
                           jk_text_span(&made->texts.listing)};
    struct jk_error error;
    jk_error_init(&error, NULL);
    jk_text_init(out, 0);
    if (jk_summary_html(&page, out, &error) != JK_OK) fail_msg("%s", error.message);
    check_html(jk_text_span(out));
    jk_summary_free(summary);
    jk_summary_free(previous);
}

#endif
