/* Random histories, and what counts in them under policies, for a recount that shares no code with the registry.
 *   make_standings FOLDER FIRST COUNT STEPS SIZES POLICY…
 * For each of COUNT seeds from FIRST on: FOLDER/<seed>.entries, all entries as in a bundle (big-endian length, bytes),
 * and FOLDER/<seed>.standings, blocks of lines, each after a first line of these:
 *   policy <number>: the canonical text of a policy; the POLICY files first, then a random one
 *   at <size> <policy> <pending|decided> <teams|*>: at SIZES sampled sizes (all: at every one) under each policy, a line a
 *     pair of derivative and root, `<index> <index of the root> <reasons>`, with a `?` at its end where it is pending; at
 *     sampled sizes the report's table for n = m = size follows, of revision 1 if what is merely missing passes (pending)
 *   report <n> <m> <policy> <pending|decided> <teams|*>: the report's table, members and left-out list for two sizes
 * Each block at a size is made three times and must come out the same: by the book while it grows entry by entry and
 * speculates in between, by the book of the whole log as of then, and by a book folded anew from the entries before. Ends
 * the program where anything fails or differs. */
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "book/stage.h"
#include "report/report.h"
#include "support/history_stages.h"

#define PATH_ROOM    512
#define POLICIES     16
#define TEAMS_MOST   8
#define REPORTS      6
#define TABLE_SIZES  10 /* of every size asked for, so many get a table */
#define SPECULATIONS 4

struct history {
    struct jk_ledger ledger;
    struct jk_random random;
    struct jk_policy policies[POLICIES];
    uint32_t policy_count;
    struct jk_text out;
};

struct question {
    uint32_t n, policy;
    bool all_teams, table, pending; /* pending: a verifier's word that is merely missing passes */
    uint32_t teams;                 /* bits by slot */
};

/* ---- rendering ---- */

static size_t teams_of(const struct jk_book *book, const struct question *question, struct jk_span ids[TEAMS_MOST])
{
    size_t count = 0;
    for (uint32_t team = 0; team < jk_book_teams(book, question->n) && team < TEAMS_MOST; team++)
        if (question->all_teams || question->teams >> team & 1) ids[count++] = jk_book_team(book, team)->id;
    return count;
}

static void add_how(const struct jk_book *book, const struct question *question, struct jk_text *out)
{
    struct jk_span ids[TEAMS_MOST];
    size_t count = teams_of(book, question, ids);
    jk_text_addf(out, "%s ", question->pending ? "pending" : "decided");
    if (question->all_teams) jk_text_add_char(out, '*');
    for (size_t i = 0; i < count && !question->all_teams; i++)
        jk_text_addf(out, "%s%.*s", i ? "," : "", JK_SPAN_ARG(ids[i]));
    jk_text_add_char(out, '\n');
}

static void add_pairs(const struct jk_book *book, const struct jk_standing *standing, struct jk_text *out)
{
    size_t count;
    const struct jk_verdict *rows = jk_standing_rows(standing, &count);
    for (size_t i = 0; i < count; i++) {
        jk_text_addf(out, "%u %u ", jk_book_model(book, rows[i].model)->index,
                     jk_book_model(book, rows[i].root)->index);
        for (int reason = 0; reason < JK_REASON_COUNT; reason++)
            if (rows[i].reasons >> reason & 1) jk_text_addf(out, "%s,", jk_reason_word((enum jk_reason)reason));
        jk_text_add_str(out, rows[i].flags & JK_VERDICT_PENDING ? "?\n" : "\n");
    }
}

static struct jk_report *make_report(const struct history *history, const struct question *question,
                                     const struct jk_report_source *source, uint32_t n, uint32_t m)
{
    struct jk_span ids[TEAMS_MOST];
    struct jk_report_stage stage = {
        .revision = question->pending ? 1 : 2, .n = n, .m = m, .policy = history->policies[question->policy]};
    struct jk_report *report;
    struct jk_error error;
    stage.team_count = teams_of(source->full, question, ids);
    stage.teams = ids;
    jk_error_init(&error, NULL);
    JK_CHECK(jk_report_make(&stage, source, &report, &error) == JK_OK);
    return report;
}

/* What a book says of a question. */
static void render(const struct history *history, const struct jk_book *book, const struct question *question,
                   struct jk_text *out)
{
    uint32_t slots[TEAMS_MOST];
    struct jk_standing_query query = {
        .policy = &history->policies[question->policy], .n = question->n, .pending_passes = question->pending};
    struct jk_standing *standing;
    struct jk_error error;
    jk_error_init(&error, NULL);
    for (uint32_t team = 0; team < jk_book_teams(book, question->n) && team < TEAMS_MOST; team++)
        if (question->teams >> team & 1) slots[query.team_count++] = team;
    query.teams = question->all_teams ? NULL : slots;
    JK_CHECK(jk_standing_make(book, &query, &standing, &error) == JK_OK);
    jk_text_addf(out, "at %u %u ", question->n, question->policy);
    add_how(book, question, out);
    add_pairs(book, standing, out);
    jk_standing_free(standing);
    if (!question->table) return;
    struct jk_report_source source = {.cut = book, .cut_size = question->n, .full = book};
    struct jk_report *report = make_report(history, question, &source, question->n, question->n);
    jk_report_tsv(report, out);
    jk_report_free(report);
}

/* ---- three ways to the same state ---- */

static void apply(struct jk_book *book, struct jk_span entry)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    JK_CHECK(jk_book_apply(book, entry, &error) == JK_OK);
}

static struct jk_book *fold(const struct history *history, uint32_t n)
{
    struct jk_book *book = jk_book_new();
    JK_CHECK(book != NULL);
    for (uint32_t i = 0; i < n; i++)
        apply(book, history->ledger.entries[i]);
    return book;
}

/* Applies a few entries and takes them back. */
static void speculate(struct history *history, struct jk_book *book, uint32_t from)
{
    struct jk_book_mark mark = jk_book_mark(book);
    uint32_t until = from + jk_random_below(&history->random, SPECULATIONS);
    for (uint32_t i = from; i < until && i < history->ledger.count; i++)
        apply(book, history->ledger.entries[i]);
    jk_book_undo(book, mark);
    if (jk_random_below(&history->random, 2)) jk_book_keep(book);
}

static void must_be_same(const struct history *history, const struct jk_text *one, const struct jk_text *other,
                         const char *how, const struct question *question)
{
    JK_CHECK(!one->failed && !other->failed);
    if (jk_span_equal(jk_text_span(one), jk_text_span(other))) return;
    fprintf(stderr, "size %u of %u, policy %u: another standing %s\n%.*s---\n%.*s", question->n, history->ledger.count,
            question->policy, how, JK_SPAN_ARG(jk_text_span(one)), JK_SPAN_ARG(jk_text_span(other)));
    exit(1);
}

static void ask(struct history *history, const struct jk_book *grown, const struct jk_book *anew, uint32_t n,
                bool table)
{
    struct jk_text one, other;
    jk_text_init(&one, 0);
    jk_text_init(&other, 0);
    for (uint32_t policy = 0; policy < history->policy_count; policy++) {
        struct question question = {.n = n,
                                    .policy = policy,
                                    .all_teams = jk_random_below(&history->random, 2),
                                    .table = table,
                                    .pending = jk_random_below(&history->random, 2),
                                    .teams = jk_random_below(&history->random, 8)};
        render(history, grown, &question, &one);
        render(history, history->ledger.book, &question, &other);
        must_be_same(history, &one, &other, "as of then", &question);
        jk_text_clear(&other);
        render(history, anew, &question, &other);
        must_be_same(history, &one, &other, "folded anew", &question);
        jk_text_add(&history->out, jk_text_span(&one));
        jk_text_clear(&one);
        jk_text_clear(&other);
    }
    jk_text_done(&one);
    jk_text_done(&other);
}

static void ask_at(struct history *history, const struct jk_book *grown, uint32_t n, bool table)
{
    struct jk_book *anew = fold(history, n);
    ask(history, grown, anew, n, table);
    jk_book_free(anew);
}

/* `wanted` has 2 for a size with a table, 1 without. */
static void ask_all(struct history *history, const unsigned char *wanted)
{
    struct jk_book *grown = jk_book_new();
    JK_CHECK(grown != NULL);
    for (uint32_t n = 0; n <= history->ledger.count; n++) {
        if (wanted[n]) ask_at(history, grown, n, wanted[n] == 2);
        if (n == history->ledger.count) break;
        speculate(history, grown, n);
        apply(grown, history->ledger.entries[n]);
        if (jk_random_below(&history->random, 3) == 0) jk_book_keep(grown);
    }
    jk_book_free(grown);
}

/* ---- reports of two sizes ---- */

static void add_report(struct history *history)
{
    struct jk_error error;
    uint32_t m = 1 + jk_random_below(&history->random, history->ledger.count);
    uint32_t n = 1 + jk_random_below(&history->random, m);
    struct question question = {.n = m,
                                .policy = jk_random_below(&history->random, history->policy_count),
                                .all_teams = jk_random_below(&history->random, 2),
                                .pending = jk_random_below(&history->random, 2),
                                .teams = jk_random_below(&history->random, 8)};
    struct jk_book *cut = fold(history, n);
    jk_error_init(&error, NULL);
    for (uint32_t i = n; i < m; i++)
        JK_CHECK(jk_book_apply_cut(cut, history->ledger.entries[i], &error) == JK_OK);
    struct jk_report_source source = {.cut = cut, .cut_size = m, .full = history->ledger.book};
    struct jk_report *report = make_report(history, &question, &source, n, m);
    jk_text_addf(&history->out, "report %u %u %u ", n, m, question.policy);
    add_how(history->ledger.book, &question, &history->out);
    jk_report_tsv(report, &history->out);
    JK_CHECK(jk_report_members(report, &history->out, &error) == JK_OK);
    JK_CHECK(jk_report_left_out(report, &history->out, &error) == JK_OK);
    jk_report_free(report);
    jk_book_free(cut);
}

/* ---- files ---- */

static void write_file(const char *folder, uint64_t seed, const char *kind, const struct jk_text *text)
{
    char path[PATH_ROOM];
    JK_CHECK(snprintf(path, sizeof path, "%s/%llu.%s", folder, (unsigned long long)seed, kind) < (int)sizeof path);
    FILE *file = fopen(path, "wb");
    JK_CHECK(file != NULL && !text->failed && fwrite(text->bytes, 1, text->len, file) == text->len);
    JK_CHECK(fclose(file) == 0);
}

static void write_entries(const struct history *history, const char *folder, uint64_t seed)
{
    struct jk_text text;
    jk_text_init(&text, 0);
    for (uint32_t i = 0; i < history->ledger.count; i++) {
        struct jk_span entry = history->ledger.entries[i];
        jk_text_add_char(&text, (char)(entry.len >> 8));
        jk_text_add_char(&text, (char)(entry.len & 255));
        jk_text_add(&text, entry);
    }
    write_file(folder, seed, "entries", &text);
    jk_text_done(&text);
}

static void read_policy(const char *path, struct jk_policy *out_policy)
{
    static char bytes[JK_POLICY_FILE_MAX];
    struct jk_error error;
    FILE *file = fopen(path, "rb");
    JK_CHECK(file != NULL);
    size_t len = fread(bytes, 1, sizeof bytes, file);
    jk_error_init(&error, NULL);
    JK_CHECK(fclose(file) == 0 && jk_policy_read((struct jk_span){bytes, len}, out_policy, &error) == JK_OK);
}

/* ---- the histories ---- */

static void choose_sizes(struct history *history, uint32_t sizes, unsigned char *wanted)
{
    uint32_t count = history->ledger.count, tables = sizes == 0 ? TABLE_SIZES : sizes;
    memset(wanted, sizes == 0 ? 1 : 0, count + 1);
    wanted[count] = 2;
    for (uint32_t i = 1; i < tables; i++)
        wanted[jk_random_below(&history->random, count)] = 2;
}

static void make_history(struct history *history, const char *folder, uint64_t seed, uint32_t steps, uint32_t sizes)
{
    uint32_t kinds[JK_KIND_COUNT] = {0}, ready = history->policy_count;
    history->random = (struct jk_random){seed ^ 0x5eed};
    jk_text_init(&history->out, 0);
    jk_ledger_init(&history->ledger);
    jk_history_make(&history->ledger, seed, steps, kinds);
    history->policies[history->policy_count++] = jk_history_policy(&history->random, 1);
    for (uint32_t i = 0; i < history->policy_count; i++) {
        jk_text_addf(&history->out, "policy %u\n", i);
        jk_policy_write(&history->policies[i], &history->out);
    }
    unsigned char *wanted = malloc(history->ledger.count + 1);
    JK_CHECK(wanted != NULL);
    choose_sizes(history, sizes, wanted);
    ask_all(history, wanted);
    for (int i = 0; i < REPORTS; i++)
        add_report(history);
    write_entries(history, folder, seed);
    write_file(folder, seed, "standings", &history->out);
    history->policy_count = ready;
    free(wanted);
    jk_ledger_done(&history->ledger);
    jk_text_done(&history->out);
}

static uint32_t number_of(const char *text)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    JK_CHECK(*text && !*end && value > 0 && value <= 100000000);
    return (uint32_t)value;
}

int main(int count, char **words)
{
    static struct history history;
    if (count < 6 || count > 6 + POLICIES - 1) {
        fprintf(stderr, "usage: make_standings FOLDER FIRST COUNT STEPS SIZES|all POLICY…\n");
        return 2;
    }
    jk_digest_setup();
    for (int i = 6; i < count; i++)
        read_policy(words[i], &history.policies[history.policy_count++]);
    uint32_t sizes = strcmp(words[5], "all") == 0 ? 0 : number_of(words[5]), first = number_of(words[2]);
    for (uint32_t i = 0; i < number_of(words[3]); i++)
        make_history(&history, words[1], first + i, number_of(words[4]), sizes);
    return 0;
}
