/* See stage_log.h. */
#include "support/stage_log.h"

#include <stdio.h>

#include "base/check.h"
#include "book/stage.h"
#include "report/subject.h"
#include "tlog/forest.h"

#define ORIGIN "log.example/test"
#define BASE   "red-ai/Solar-1"
#define FILL   250 /* publishers, so that the log has a full bundle and one that is not */

const char *const jk_stage_log_names[JK_STAGE_LOG_TEXTS] = {"report.tsv", "report.json", "members.txt", "left-out.tsv"};

static const unsigned char second_seed[32] = {1}; /* the ledger's first key after entry 0's */

#define MUST(call) JK_CHECK((call) == JK_OK)

/* ---- what happens in it ---- */

static void derive(struct jk_ledger *ledger, const char *name, enum jk_relation relation, unsigned weights)
{
    MUST(jk_ledger_register(ledger, &(struct jk_ledger_model){.model = name,
                                                              .relation = relation,
                                                              .weights = weights,
                                                              .artifact = weights,
                                                              .license_text = 5,
                                                              .parents = {{.model = BASE}}}));
}

static void begin(struct jk_ledger *ledger)
{
    char name[32];
    MUST(jk_ledger_license(ledger, "Apache-2.0", JK_PERMISSION_YES, JK_PERMISSION_YES, JK_PERMISSION_YES, ""));
    MUST(jk_ledger_team(ledger, "red", ledger->time_us));
    MUST(jk_ledger_team(ledger, "blue", ledger->time_us));
    MUST(jk_ledger_team_publisher(ledger, "red", "red-ai", JK_TIME_NONE, JK_TIME_NONE));
    MUST(jk_ledger_publisher(ledger, "red-ai"));
    for (int i = 0; i < FILL; i++) {
        snprintf(name, sizeof name, "publisher-%d", i);
        MUST(jk_ledger_publisher(ledger, name));
    }
    MUST(jk_ledger_register(ledger, &(struct jk_ledger_model){.model = BASE, .weights = 900}));
    MUST(jk_ledger_list(ledger, BASE, "red", true, JK_ANSWER_YES, JK_ANSWER_YES));
}

static struct jk_digest add_policy(struct jk_ledger *ledger)
{
    struct jk_policy policy = {
        .name = "test", .version = 1, .rules = 1, .relations = 1u << JK_RELATION_FINETUNE, .depth = 3};
    struct jk_entry entry = {.kind = JK_KIND_POLICY, .actor.type = JK_ACTOR_EVALUATOR};
    struct jk_text text = {0};
    policy.on = JK_REASON_BIT(LATE) | JK_REASON_BIT(YANKED) | JK_REASON_BIT(EXCLUDED) | JK_REASON_BIT(RELATION) |
                JK_REASON_BIT(DEPTH) | JK_REASON_BIT(DUPLICATE);
    jk_policy_write(&policy, &text);
    entry.policy = jk_text_span(&text);
    MUST(jk_ledger_add(ledger, &entry));
    jk_text_done(&text);
    return jk_policy_digest(&policy);
}

static void add_stage(struct jk_ledger *ledger, const char *id, const struct jk_digest *policy, int64_t cutoff_us)
{
    struct jk_entry entry = {.kind = JK_KIND_STAGE,
                             .actor.type = JK_ACTOR_EVALUATOR,
                             .stage = jk_span_of(id),
                             .name = JK_SPAN("A stage"),
                             .name_ko = JK_SPAN("어느 단계"),
                             .evidence = JK_SPAN("invented"),
                             .teams = JK_SPAN("blue red"),
                             .digest = *policy,
                             .from_us = ledger->time_us,
                             .until_us = cutoff_us,
                             .disputes_us = JK_TIME_NONE};
    MUST(jk_ledger_add(ledger, &entry));
}

static void exclude(struct jk_ledger *ledger, const char *model)
{
    struct jk_entry entry = {.kind = JK_KIND_EXCLUDE,
                             .actor.type = JK_ACTOR_EVALUATOR,
                             .model = jk_span_of(model),
                             .evidence = JK_SPAN("spam"),
                             .needs_second = JK_ANSWER_NO};
    MUST(jk_ledger_add(ledger, &entry));
}

/* ---- closing ---- */

static struct jk_digest root_at(const struct jk_ledger *ledger, uint32_t size)
{
    struct jk_forest *forest = jk_forest_new();
    struct jk_digest root;
    JK_CHECK(forest && jk_forest_reserve(forest, size));
    for (uint32_t i = 0; i < size; i++) {
        struct jk_digest leaf = jk_merkle_leaf(ledger->entries[i]);
        jk_forest_append(forest, &leaf);
    }
    JK_CHECK(jk_merkle_root_at(jk_forest_read, forest, size, &root));
    jk_forest_free(forest);
    return root;
}

static struct jk_book *fold(const struct jk_ledger *ledger, uint32_t n, uint32_t m)
{
    struct jk_book *book = jk_book_new();
    struct jk_error error;
    jk_error_init(&error, NULL);
    JK_CHECK(book != NULL);
    for (uint32_t i = 0; i < m; i++)
        MUST(i < n ? jk_book_apply(book, ledger->entries[i], &error)
                   : jk_book_apply_cut(book, ledger->entries[i], &error));
    return book;
}

static void keep_texts(struct jk_stage_log_report *out, const struct jk_report *report, struct jk_entry *entry)
{
    struct jk_report_texts texts = {.table = {0}};
    struct jk_error error;
    jk_error_init(&error, NULL);
    MUST(jk_report_texts_make(report, &texts, &error));
    struct jk_certificate certificate = jk_certificate_of(report, &texts);
    jk_certificate_text(&certificate, &out->body);
    const struct jk_text *all[JK_STAGE_LOG_TEXTS] = {&texts.table, &texts.json, &texts.members, &texts.left_out};
    for (int i = 0; i < JK_STAGE_LOG_TEXTS; i++)
        jk_text_add(&out->texts[i], jk_text_span(all[i]));
    entry->table = texts.table_sha256;
    entry->json = texts.json_sha256;
    entry->members = texts.members_sha256;
    entry->left_out = texts.left_out_sha256;
    jk_report_texts_free(&texts);
}

static void make_report(const struct jk_ledger *ledger, uint32_t slot, struct jk_stage_log_report *out,
                        struct jk_entry *entry)
{
    struct jk_digest root_n = root_at(ledger, out->n), root_m = root_at(ledger, out->m);
    struct jk_book *cut = fold(ledger, out->n, out->m);
    struct jk_report_source source = {cut, out->m, ledger->book};
    struct jk_report_stage stage;
    struct jk_report *report;
    struct jk_arena arena;
    struct jk_error error;
    jk_error_init(&error, NULL);
    jk_arena_init(&arena, 1 << 20);
    MUST(jk_report_stage_of(ledger->book, slot, out->revision, out->n, out->m, &root_n, &root_m, &arena, &stage,
                            &error));
    MUST(jk_report_make(&stage, &source, &report, &error));
    keep_texts(out, report, entry);
    jk_report_free(report);
    jk_arena_done(&arena);
    jk_book_free(cut);
}

static void spoil(struct jk_entry *entry, unsigned text)
{
    struct jk_digest *all[JK_STAGE_LOG_TEXTS] = {&entry->table, &entry->json, &entry->members, &entry->left_out};
    all[text]->bytes[31] ^= 1;
}

static void close_stage(struct jk_stage_log *log, unsigned number, const char *id, unsigned revision, unsigned lie)
{
    struct jk_stage_log_report *out = &log->reports[number];
    struct jk_ledger *ledger = &log->ledger;
    uint32_t size = jk_book_size(ledger->book), slot = jk_book_find_stage(ledger->book, jk_span_of(id), size);
    const struct jk_stage *facts = jk_book_stage(ledger->book, slot, size);
    struct jk_entry entry = {.kind = JK_KIND_CLOSE, .actor.type = JK_ACTOR_SERVER, .stage = jk_span_of(id)};
    *out = (struct jk_stage_log_report){.stage = id, .revision = revision, .entry = size};
    out->n = jk_book_size_at(ledger->book, size, facts->cutoff_us);
    out->m = revision > 1 ? size : out->n;
    make_report(ledger, slot, out, &entry);
    entry.revision = revision;
    entry.n = out->n;
    entry.m = out->m;
    entry.digest = facts->policy;
    if (revision > 1) entry.text = jk_ledger_digest(77);
    if (lie > number * JK_STAGE_LOG_TEXTS && lie <= (number + 1) * JK_STAGE_LOG_TEXTS)
        spoil(&entry, lie - 1 - number * JK_STAGE_LOG_TEXTS);
    MUST(jk_ledger_add(ledger, &entry));
    jk_stage_log_sign(jk_text_span(&out->body), log->counts_key, log->log_key, &out->note);
}

static void rotate(struct jk_stage_log *log)
{
    struct jk_text old = {0};
    jk_verifier_write(jk_signer_verifier(log->log_key), &old);
    MUST(jk_ledger_rotate(&log->ledger, 1));
    MUST(jk_ledger_retire(&log->ledger, jk_text_span(&old)));
    jk_text_done(&old);
    log->old_key = log->log_key;
    log->log_key = jk_signer_new(JK_SPAN(ORIGIN), second_seed);
    JK_CHECK(log->log_key != NULL);
}

static void make(struct jk_stage_log *log, unsigned lie, bool rotated)
{
    static const unsigned char counts_seed[32] = {9};
    struct jk_ledger *ledger = &log->ledger;
    jk_digest_setup();
    *log = (struct jk_stage_log){.is_published = false};
    log->log_key = jk_signer_new(JK_SPAN(ORIGIN), (const unsigned char *)JK_LEDGER_SEED);
    log->counts_key = jk_signer_new(JK_SPAN(ORIGIN JK_CERTIFICATE_KEY_END), counts_seed);
    JK_CHECK(log->log_key && log->counts_key);
    jk_ledger_init(ledger);
    begin(ledger);
    struct jk_digest policy = add_policy(ledger);
    add_stage(ledger, "stage-1", &policy, ledger->time_us + JK_DAY_US);
    derive(ledger, "publisher-1/one", JK_RELATION_FINETUNE, 1);
    derive(ledger, "publisher-2/copy", JK_RELATION_FINETUNE, 1);
    derive(ledger, "publisher-3/small", JK_RELATION_QUANTIZED, 3);
    ledger->time_us += 2 * JK_DAY_US;
    close_stage(log, 0, "stage-1", 1, lie);
    if (rotated) rotate(log);
    add_stage(ledger, "stage-2", &policy, ledger->time_us + JK_DAY_US);
    derive(ledger, "publisher-4/two", JK_RELATION_FINETUNE, 4);
    ledger->time_us += 2 * JK_DAY_US;
    derive(ledger, "publisher-5/late", JK_RELATION_FINETUNE, 5);
    close_stage(log, 1, "stage-2", 1, lie);
    exclude(ledger, "publisher-1/one");
    derive(ledger, "publisher-6/later", JK_RELATION_FINETUNE, 6);
    MUST(jk_ledger_yank(ledger, "publisher-4/two", "1", JK_KIND_YANK)); /* too late to matter */
    close_stage(log, 2, "stage-2", 2, lie);
    add_stage(ledger, "stage-3", &policy, ledger->time_us + JK_DAY_US);
}

void jk_stage_log_make(struct jk_stage_log *log, unsigned lie)
{
    make(log, lie, false);
}

void jk_stage_log_make_rotated(struct jk_stage_log *log)
{
    make(log, 0, true);
}

void jk_stage_log_done(struct jk_stage_log *log)
{
    for (int i = 0; i < JK_STAGE_LOG_REPORTS; i++) {
        for (int j = 0; j < JK_STAGE_LOG_TEXTS; j++)
            jk_text_done(&log->reports[i].texts[j]);
        jk_text_done(&log->reports[i].body);
        jk_text_done(&log->reports[i].note);
    }
    if (log->is_published) jk_public_log_done(&log->published);
    jk_signer_free(log->log_key);
    jk_signer_free(log->counts_key);
    jk_signer_free(log->old_key);
    jk_ledger_done(&log->ledger);
}

/* ---- files ---- */

void jk_stage_log_path(const struct jk_stage_log_report *report, const char *file, char out_path[128])
{
    snprintf(out_path, 128, "stage/%s/%u/%s", report->stage, report->revision, file);
}

void jk_stage_log_sign(struct jk_span body, const struct jk_signer *counts, const struct jk_signer *log_key,
                       struct jk_text *out_note)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    jk_text_clear(out_note);
    jk_text_add(out_note, body);
    jk_text_add_char(out_note, '\n');
    if (counts) MUST(jk_note_sign_line(counts, body, out_note, &error));
    if (log_key) MUST(jk_note_sign_line(log_key, body, out_note, &error));
    JK_CHECK(!out_note->failed);
}

static void write_key(struct jk_stage_log *log, const char *file, const struct jk_signer *key)
{
    struct jk_text text = {0};
    jk_verifier_write(jk_signer_verifier(key), &text);
    jk_text_add_char(&text, '\n');
    jk_public_log_write(&log->published, file, jk_text_span(&text));
    jk_text_done(&text);
}

static void write_report(struct jk_stage_log *log, const struct jk_stage_log_report *report)
{
    char path[128];
    for (int i = 0; i < JK_STAGE_LOG_TEXTS; i++) {
        jk_stage_log_path(report, jk_stage_log_names[i], path);
        jk_public_log_write(&log->published, path, jk_text_span(&report->texts[i]));
    }
    jk_stage_log_path(report, JK_CERTIFICATE_FILE, path);
    jk_public_log_write(&log->published, path, jk_text_span(&report->note));
}

/* Signed by the key that the entries name, not by the support's own. */
static void take_key(struct jk_stage_log *log)
{
    struct jk_public_log *published = &log->published;
    jk_signer_free(published->signer);
    published->signer =
        jk_signer_new(JK_SPAN(ORIGIN), log->old_key ? second_seed : (const unsigned char *)JK_LEDGER_SEED);
    JK_CHECK(published->signer != NULL);
    write_key(log, "log.vkey", published->signer);
}

void jk_stage_log_publish(struct jk_stage_log *log, const char *folder, uint32_t index, struct jk_span replaced)
{
    jk_public_log_init(&log->published, folder, ORIGIN);
    log->is_published = true;
    take_key(log);
    for (uint32_t i = 0; i < log->ledger.count; i++)
        jk_public_log_add(&log->published, i == index && replaced.len > 0 ? replaced : log->ledger.entries[i]);
    jk_public_log_publish(&log->published);
    write_key(log, "counts.vkey", log->counts_key);
    for (int i = 0; i < JK_STAGE_LOG_REPORTS; i++)
        write_report(log, &log->reports[i]);
}
