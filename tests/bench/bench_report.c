/* How long a stage's report takes: bench_report [registrations [page]]. Makes a log with the shape of real hubs, deals its
 * bases to eight teams, and makes the report of a stage under a strict policy with all its texts, of the whole log and
 * of its first half with the rest late. Prints milliseconds of CPU time for each part, and of reading the JSON back and
 * making the page; the first page is written to the file `page`, if it is given.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/defer.h"
#include "book/book_ask.h"
#include "book/stage.h"
#include "report/summary.h"
#include "report/texts.h"
#include "support/hub.h"
#include "support/ledger.h"

#define TEAMS 8

static int64_t cpu_us(void)
{
    struct timespec now;
    JK_CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void check(enum jk_status status, const struct jk_error *error)
{
    if (status == JK_OK) return;
    fprintf(stderr, "%s\n", error->message);
    exit(1);
}

/* ---- the log ---- */

struct log {
    struct jk_book *book;
    uint32_t n; /* from here on as for a cut-off's state */
};

static void apply(void *context, struct jk_span entry)
{
    struct log *log = context;
    struct jk_error error;
    jk_error_init(&error, NULL);
    check(jk_book_size(log->book) < log->n ? jk_book_apply(log->book, entry, &error)
                                           : jk_book_apply_cut(log->book, entry, &error),
          &error);
}

static void add(struct log *log, struct jk_entry *entry)
{
    const struct jk_book *book = log->book;
    JK_CLEANUP(jk_text_done) struct jk_text text;
    jk_text_init(&text, 0);
    entry->actor.type = JK_ACTOR_ADMIN;
    entry->time_us = jk_book_time(book, jk_book_size(book) - 1);
    jk_entry_write(entry, &text);
    apply(log, jk_text_span(&text));
}

static void deal_bases(struct log *log)
{
    const struct jk_book *book = log->book;
    char ids[TEAMS][8], names[TEAMS][32], names_ko[TEAMS][32];
    uint32_t model;
    for (int i = 0; i < TEAMS; i++) {
        snprintf(ids[i], sizeof ids[i], "team-%d", i);
        snprintf(names[i], sizeof names[i], "Institute number %d", i);
        snprintf(names_ko[i], sizeof names_ko[i], "%d번 연구원", i);
        add(log, &(struct jk_entry){.kind = JK_KIND_TEAM,
                                    .team = jk_span_of(ids[i]),
                                    .name = jk_span_of(names[i]),
                                    .name_ko = jk_span_of(names_ko[i]),
                                    .left_us = JK_TIME_NONE});
    }
    for (uint32_t i = 0; (model = jk_book_listed(book, i, JK_NONE)) != JK_NONE; i++)
        add(log, &(struct jk_entry){.kind = JK_KIND_BASE,
                                    .model = jk_book_alias(book, model, JK_NONE)->name,
                                    .team = jk_span_of(ids[i % TEAMS]),
                                    .programme = JK_ANSWER_YES,
                                    .from_scratch = JK_ANSWER_YES,
                                    .listed = JK_ANSWER_YES});
}

/* ---- the report ---- */

static void write_page(const char *path, struct jk_span html)
{
    FILE *file = fopen(path, "w");
    if (file && fwrite(html.at, 1, html.len, file) == html.len && fclose(file) == 0) return;
    perror(path);
    exit(1);
}

static void time_page(const struct jk_report_texts *texts, const char *path)
{
    struct jk_summary *summary;
    struct jk_text html;
    struct jk_error error;
    jk_error_init(&error, NULL);
    int64_t start_us = cpu_us();
    check(jk_summary_read(jk_text_span(&texts->json), &summary, &error), &error);
    int64_t read_us = cpu_us();
    struct jk_page page = {summary,
                           summary,
                           jk_text_span(&texts->members),
                           jk_text_span(&texts->left_out),
                           jk_text_span(&texts->team_names),
                           jk_text_span(&texts->listing)};
    jk_text_init(&html, 0);
    check(jk_summary_html(&page, &html, &error), &error);
    printf("  read back   %8.1f ms, page %.1f ms (%zu bytes)\n", (double)(read_us - start_us) / 1000,
           (double)(cpu_us() - read_us) / 1000, html.len);
    if (path) write_page(path, jk_text_span(&html));
    jk_text_done(&html);
    jk_summary_free(summary);
}

/* How long the books are held at a stretch: so long a writer may wait for a report. */
static struct {
    int64_t since_us, longest_us;
} held;

static void hold(void *context, bool takes)
{
    int64_t now_us = cpu_us();
    (void)context;
    if (!takes && now_us - held.since_us > held.longest_us) held.longest_us = now_us - held.since_us;
    held.since_us = now_us;
}

static void time_report(const struct jk_book *cut, uint32_t cut_size, const struct jk_book *full, uint32_t n,
                        uint32_t m, const char *path)
{
    struct jk_span teams[TEAMS];
    struct jk_report *report;
    struct jk_report_texts texts;
    struct jk_error error;
    struct jk_report_stage stage = {
        .origin = jk_book_origin(full),
        .id = JK_SPAN("stage-1"),
        .title = JK_SPAN("A stage"),
        .title_ko = JK_SPAN("어느 단계"),
        .source = JK_SPAN("invented"),
        .revision = 1,
        .n = n,
        .m = m,
        .policy = {.name = "bench",
                   .version = 1,
                   .rules = 1,
                   .on = jk_reasons_of(1) - JK_REASON_BIT(NO_LICENSE_TEXT) - JK_REASON_BIT(UNVERIFIED),
                   .relations = (1u << JK_RELATION_COUNT) - 2 - (1u << JK_RELATION_MERGE),
                   .depth = 2,
                   .demands = {JK_PERMISSION_YES},
                   .cap = 1000},
        .teams = teams,
        .team_count = TEAMS - 1,
        .previous = JK_SPAN("stage-1"),
        .previous_revision = 1};
    for (int i = 0; i < TEAMS; i++)
        teams[i] = jk_book_team(full, jk_book_teams(full, m) - TEAMS + (uint32_t)i)->id;
    jk_error_init(&error, NULL);
    int64_t start_us = held.since_us = cpu_us();
    held.longest_us = 0;
    check(jk_report_make(&stage, &(struct jk_report_source){cut, cut_size, full, hold, NULL}, &report, &error), &error);
    int64_t made_us = cpu_us();
    check(jk_report_texts_make(report, &texts, &error), &error);
    int64_t end_us = cpu_us();
    const struct jk_policy_total *all = &report->rows[report->count - 1].total;
    printf("report        %8.1f ms: rows %.1f, texts %.1f   (%u registered, %u counted, %u late, %zu rows)\n",
           (double)(end_us - start_us) / 1000, (double)(made_us - start_us) / 1000, (double)(end_us - made_us) / 1000,
           all->plain.registered, all->plain.counted, all->left_out[JK_REASON_LATE], report->count);
    hold(NULL, false);
    printf("  held        %8.1f ms at most\n", (double)held.longest_us / 1000);
    printf("  bytes       table %zu, json %zu, members %zu, left-out %zu\n", texts.table.len, texts.json.len,
           texts.members.len, texts.left_out.len);
    time_page(&texts, path);
    jk_report_texts_free(&texts);
    jk_report_free(report);
}

static struct jk_book *make_book(uint32_t count, uint32_t n)
{
    struct log log = {jk_book_new(), n};
    JK_CHECK(log.book != NULL);
    (void)jk_hub_make(count, apply, &log);
    deal_bases(&log);
    return log.book;
}

int main(int argc, char **argv)
{
    uint32_t count = argc > 1 ? (uint32_t)atoi(argv[1]) : 1000000;
    jk_digest_setup();
    struct jk_book *full = make_book(count, JK_NONE);
    uint32_t size = jk_book_size(full);
    time_report(full, size, full, size, size, argc > 2 ? argv[2] : NULL);
    struct jk_book *cut = make_book(count, size / 2);
    time_report(cut, size, full, size / 2, size, NULL);
    jk_book_free(cut);
    jk_book_free(full);
    return 0;
}
