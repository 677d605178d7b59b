/* `audit`: checks the whole log, and counts from it. audit_log.c fetches and verifies the log; this file computes the
 * counts with the code that the server uses too, compares and prints them. */
#include <stdlib.h>

#include "base/defer.h"
#include "book/book_ask.h"
#include "cli/commands.h"
#include "cli/console/print.h"
#include "cli/count_sheet.h"
#include "cli/expect.h"
#include "cli/exporting.h"
#include "demo/demo.h"
#include "reply/asked.h"
#include "reply/counts.h"
#include "reply/page_token.h"
#include "verify/audit_evidence.h"
#include "verify/audit_log.h"
#include "verify/audit_stage.h"
#include "verify/witnessed.h"

#define COUNT_PATH "/jokbo.v1.Evaluation/CountDerivatives"

struct audit_run {
    const char *source; /* the URL or folder of the log's files */
    struct jk_audit_log log;
    struct jk_count_wish wish;
    json_t *expected;                /* NULL: none */
    uint64_t size;                   /* as of which is counted */
    struct jk_digest root;           /* at that size */
    const ProtobufCMessage *counts;  /* ListCountsResponse or DerivativeCount; NULL: nothing was counted */
    json_t *revisions;               /* with --stage and --json */
    json_t *evidence;                /* with --weights and --json */
    struct jk_export_summary tables; /* with --export */
};

/* ---- what is asked for ---- */

static enum jk_status read_wish(struct jk_cli *cli, struct audit_run *run)
{
    const char *path = jk_options_text(&cli->options, JK_OPTION_EXPECT);
    JK_TRY(jk_count_wish_read(cli, 1, &run->wish));
    bool only = jk_cli_has(cli, JK_OPTION_VERIFY_ONLY), counts = jk_cli_has(cli, JK_OPTION_COUNTS);
    if (only && cli->csv) return jk_cli_usage(cli, "--verify-only counts nothing, and --csv prints counts");
    bool wants = run->wish.has_scope || run->wish.grouping_count > 0 || counts || jk_cli_has(cli, JK_OPTION_EXPECT);
    if (only && jk_cli_has(cli, JK_OPTION_EXPORT))
        return jk_cli_usage(cli, "--verify-only reads no entries, which the tables of --export are made from");
    if (only && wants)
        return jk_cli_usage(cli, "--verify-only counts nothing: of the counting options it takes only --as-of SIZE");
    if (only && run->wish.as_of.kind_case == JOKBO__V1__AS_OF__KIND_TIME)
        return jk_cli_usage(cli, "--verify-only reads no times: give --as-of a size");
    if (run->wish.grouping_count > 0 && !run->wish.has_scope)
        return jk_cli_usage(cli, "--by needs BASE, --team TEAM or --all");
    if (!path) return JK_OK;
    JK_TRY(jk_expect_load(cli, path, &run->expected));
    return jk_expect_wish(cli, run->expected, &run->wish);
}

/* Times of entries never go back, so that a size follows from a time; but the log may still grow below a time that has
 * not passed. */
static enum jk_status choose_size(struct jk_cli *cli, struct audit_run *run)
{
    const struct jk_book *book = jk_audit_book(run->log.audit); /* NULL with --verify-only, which takes no times */
    int64_t open_us;
    uint32_t size;
    run->size = jk_audit_size(run->log.audit);
    if (!run->wish.has_as_of) return JK_OK;
    uint32_t all = run->size < JK_NONE ? (uint32_t)run->size : JK_NONE - 1; /* more than a book can hold */
    JK_TRY(jk_asked_size(book, all, &run->wish.as_of, &size, &open_us, &cli->error));
    bool demo = book && jk_demo_is(jk_book_origin(book)); /* nobody here knows what its clock shows */
    if (open_us != JK_TIME_NONE && open_us > jk_now_us() && !demo)
        return jk_fail(&cli->error, JK_INVALID_ARGUMENT, "AS_OF", "--as-of lies in the future");
    run->size = size;
    return JK_OK;
}

/* ---- counting ---- */

/* With the page token that the server would give for the same request. */
static enum jk_status count_one(struct jk_cli *cli, struct audit_run *run, const struct jk_counts *counts)
{
    struct jk_counts_wish wish = {.group_by = run->wish.groupings,
                                  .group_count = run->wish.grouping_count,
                                  .page_size = (uint32_t)run->wish.page_size};
    Jokbo__V1__DerivativeCount *count;
    Jokbo__V1__CountDerivativesRequest request;
    struct jk_digest bound;
    uint64_t next;
    JK_TRY(jk_asked_scope(counts->book, jk_book_size(counts->book), &run->wish.scope, &wish.scope, &cli->error));
    JK_TRY(jk_counts_one(counts, &wish, &count, &next, &cli->error));
    run->counts = &count->base;
    if (next == 0) return JK_OK;
    jk_count_request(&run->wish, &request);
    if (!jk_page_bind(counts->arena, COUNT_PATH, &request.base, &bound)) return jk_out_of_memory(&cli->error);
    count->next_page_token = jk_page_token_write(counts->arena, &bound, counts->size, next);
    return JK_OK;
}

static enum jk_status count_all(struct jk_cli *cli, struct audit_run *run, const struct jk_counts *counts)
{
    Jokbo__V1__ListCountsResponse *reply =
        JK_MESSAGE(&cli->arena, Jokbo__V1__ListCountsResponse, jokbo__v1__list_counts_response);
    if (!reply) return jk_out_of_memory(&cli->error);
    JK_TRY(jk_counts_all(counts, reply, &cli->error));
    run->counts = &reply->base;
    return JK_OK;
}

static enum jk_status count(struct jk_cli *cli, struct audit_run *run)
{
    struct jk_counts counts = {
        .book = jk_audit_book(run->log.audit), .size = (uint32_t)run->size, .arena = &cli->arena};
    if (jk_cli_has(cli, JK_OPTION_VERIFY_ONLY)) return JK_OK;
    return run->wish.has_scope ? count_one(cli, run, &counts) : count_all(cli, run, &counts);
}

/* ---- printing ---- */

static const char *root_text(struct jk_cli *cli, const struct jk_digest *root)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    jk_text_init(&text, 0);
    jk_base64_encode(&text, root->bytes, JK_DIGEST_SIZE);
    return text.failed ? "" : jk_arena_copy(&cli->arena, text.bytes, text.len);
}

static const char *key_name(struct jk_cli *cli, const struct audit_run *run)
{
    const struct jk_verifier *key = run->log.head.key;
    return jk_arena_printf(&cli->arena, "%s+%08x", key->name, key->key_id);
}

static const char *size_text(struct jk_cli *cli, uint64_t size, const struct jk_digest *root)
{
    return jk_arena_printf(&cli->arena, "%s, root %s", jk_print_plural(cli, (int64_t)size, "entry", "entries"),
                           root_text(cli, root));
}

static json_t *cosigners_json(const struct audit_run *run)
{
    json_t *list = json_array();
    struct jk_span rest, name;
    jk_audit_cosigners(&run->log.head, &rest);
    while (jk_audit_next_cosigner(&run->log.head, &rest, &name))
        json_array_append_new(list, json_stringn(name.at, name.len));
    return list;
}

static const char *cosigners_text(struct jk_cli *cli, const struct audit_run *run)
{
    const char *text = "";
    if (cli->witnessed)
        return jk_arena_printf(&cli->arena, "%s, as %s asks",
                               jk_witnessed_text(cli->witnessed, &run->log.verdict, &cli->arena), cli->witnessed->path);
    struct jk_span rest, name;
    jk_audit_cosigners(&run->log.head, &rest);
    while (text && jk_audit_next_cosigner(&run->log.head, &rest, &name))
        text = jk_arena_printf(&cli->arena, "%s%s%.*s", text, text[0] ? ", " : "", JK_SPAN_ARG(name));
    return text && text[0] ? jk_arena_printf(&cli->arena, "%s (not checked)", text) : "";
}

/* What no reader of the log can check: how often it was said, by kind. null: no entry was looked at. */
static json_t *word_json(const struct audit_run *run)
{
    if (!jk_audit_book(run->log.audit)) return json_null();
    json_t *counts = json_object();
    for (int kind = 0; kind < JK_KIND_COUNT; kind++) {
        uint64_t count = jk_audit_kind_count(run->log.audit, (enum jk_kind)kind);
        if (count > 0 && jk_kind_is_word((enum jk_kind)kind))
            json_object_set_new(counts, jk_kind_text((enum jk_kind)kind), json_integer((json_int_t)count));
    }
    return counts;
}

static const char *word_text(struct jk_cli *cli, const struct audit_run *run)
{
    const char *text = "", *kind;
    json_t *counts = word_json(run), *count;
    json_object_foreach(counts, kind, count) text =
        jk_arena_printf(&cli->arena, "%s%s%s %s", text ? text : "", text && text[0] ? ", " : "",
                        jk_print_number(cli, json_integer_value(count)), kind);
    json_decref(counts);
    return text ? text : "";
}

static void print_facts(struct jk_cli *cli, const struct audit_run *run)
{
    const struct jk_audit_log *log = &run->log;
    const struct jk_checkpoint *head = &log->head.checkpoint;
    struct jk_table table;
    jk_print_facts_init(&table, cli);
    jk_print_fact(&table, "log", jk_arena_printf(&cli->arena, "%.*s", JK_SPAN_ARG(head->origin)));
    if (jk_demo_is(head->origin)) jk_print_fact(&table, " ", JK_DEMO_NOTE);
    jk_print_fact(&table, "checked", size_text(cli, head->size, &head->root));
    jk_print_fact(&table, "signed by", key_name(cli, run));
    jk_print_fact(&table, "key from", log->trust.from);
    jk_print_fact(&table, "cosigned by", cosigners_text(cli, run));
    if (log->mirror)
        jk_print_fact(&table, "mirror",
                      jk_arena_printf(&cli->arena, "%s (%s fetched)", log->temporary ? "not kept" : log->folder,
                                      jk_print_plural(cli, (int64_t)log->fetched, "tile", "tiles")));
    if (log->has_earlier)
        jk_print_fact(&table, "grown from",
                      size_text(cli, log->earlier.checkpoint.size, &log->earlier.checkpoint.root));
    if (log->seen > 0)
        jk_print_fact(&table, "seen before", jk_print_plural(cli, (int64_t)log->seen, "entry", "entries"));
    jk_print_fact(&table, "on its word", word_text(cli, run));
    if (run->size != head->size) jk_print_fact(&table, "as of", size_text(cli, run->size, &run->root));
    if (run->expected) jk_print_fact(&table, "as expected", "every count");
    if (jk_cli_has(cli, JK_OPTION_EXPORT))
        jk_print_fact(&table, "tables",
                      jk_arena_printf(&cli->arena, "%s, every byte, at log size %s", jk_cli_text(cli, JK_OPTION_EXPORT),
                                      jk_print_number(cli, (int64_t)run->tables.size)));
    jk_print_table(cli, &table);
}

static json_t *earlier_json(struct jk_cli *cli, const struct audit_run *run)
{
    const struct jk_checkpoint *earlier = &run->log.earlier.checkpoint;
    if (!run->log.has_earlier) return json_null();
    return json_pack("{s:I, s:s}", "log_size", (json_int_t)earlier->size, "root", root_text(cli, &earlier->root));
}

static enum jk_status print_json(struct jk_cli *cli, const struct audit_run *run)
{
    const struct jk_audit_log *log = &run->log;
    const struct jk_checkpoint *head = &log->head.checkpoint;
    json_t *counts = run->counts ? jk_json_message(run->counts) : json_null();
    json_t *all =
        json_pack("{s:s%, s:I, s:s, s:s, s:s, s:b, s:o, s:o, s:s%, s:s?, s:I, s:o, s:I, s:{s:I, s:s}, s:b, s:o}",
                  "origin", head->origin.at, head->origin.len, "log_size", (json_int_t)head->size, "root",
                  root_text(cli, &head->root), "key", key_name(cli, run), "key_from", log->trust.origin, "key_proves",
                  log->trust.is_given, "cosignatures", cosigners_json(run), "trust_policy",
                  cli->witnessed ? jk_witnessed_json(cli->witnessed, &run->log.verdict) : json_null(), "checkpoint",
                  log->head.note.at, log->head.note.len, "mirror", log->mirror && !log->temporary ? log->folder : NULL,
                  "fetched", (json_int_t)log->fetched, "earlier", earlier_json(cli, run), "seen", (json_int_t)log->seen,
                  "as_of", "log_size", (json_int_t)run->size, "root", root_text(cli, &run->root), "as_expected",
                  run->expected != NULL, "counts", counts);
    json_object_set_new(all, "on_its_word", word_json(run));
    if (jk_cli_has(cli, JK_OPTION_EXPORT))
        json_object_set_new(all, "export", jk_exporting_json(jk_cli_text(cli, JK_OPTION_EXPORT), &run->tables));
    if (run->revisions) json_object_set(all, "revisions", run->revisions);
    if (run->evidence) json_object_set(all, "evidence", run->evidence);
    return jk_print_json(cli, all);
}

static void warn_of_key(struct jk_cli *cli, const struct audit_run *run)
{
    if (run->log.trust.is_offered && !cli->json)
        fprintf(cli->err,
                "A key from the source that it is meant to check proves nothing: compare it with one obtained "
                "another way, and give that one with --key.\n");
}

static enum jk_status print_all(struct jk_cli *cli, const struct audit_run *run)
{
    bool bare = jk_cli_has(cli, JK_OPTION_COUNTS);
    warn_of_key(cli, run);
    if (cli->csv)
        return run->wish.has_scope ? jk_count_sheet(cli, (const Jokbo__V1__DerivativeCount *)run->counts, &run->wish)
                                   : jk_count_sheet_all(cli, (const Jokbo__V1__ListCountsResponse *)run->counts);
    if (cli->json) return bare ? jk_print_message(cli, run->counts) : print_json(cli, run);
    if (!bare) print_facts(cli, run);
    if (!bare && run->counts) fputc('\n', cli->out);
    if (run->counts) {
        if (run->wish.has_scope)
            jk_count_print(cli, (const Jokbo__V1__DerivativeCount *)run->counts, &run->wish);
        else
            jk_count_print_all(cli, (const Jokbo__V1__ListCountsResponse *)run->counts);
    }
    return JK_OK;
}

/* ---- the command ---- */

/* The log is told of before its reports or its evidence: these may take a while. */
static enum jk_status check_whole_log(struct jk_cli *cli, struct audit_run *run)
{
    JK_TRY(jk_witnessed_read(cli));
    JK_TRY(jk_audit_log_check(cli, run->source, true, &run->log));
    run->size = jk_audit_size(run->log.audit);
    run->root = run->log.head.checkpoint.root;
    warn_of_key(cli, run);
    if (!cli->json) print_facts(cli, run);
    return JK_OK;
}

/* Whatever was found is printed, whether or not it fails. */
static enum jk_status run_evidence(struct jk_cli *cli, struct audit_run *run)
{
    JK_TRY(check_whole_log(cli, run));
    enum jk_status status = jk_audit_evidence(cli, &run->log, &run->evidence);
    if (!run->evidence) return status;
    cli->told = status != JK_OK;
    JK_TRY(print_json(cli, run));
    return status;
}

static enum jk_status run_audit(struct jk_cli *cli, struct audit_run *run)
{
    /* The one given, or where the settings say that the log's files are served. */
    run->source = cli->options.operand_count > 0 ? jk_cli_operand(cli, 0) : cli->settings.http;
    if (!run->source) return jk_cli_usage(cli, "where are the log's files? Give URL or DIR");
    JK_TRY(jk_audit_stage_options(cli));
    JK_TRY(jk_audit_evidence_options(cli));
    if (jk_cli_has(cli, JK_OPTION_EVIDENCE_OF_WEIGHTS)) return run_evidence(cli, run);
    if (jk_cli_has(cli, JK_OPTION_STAGE)) {
        JK_TRY(check_whole_log(cli, run));
        JK_TRY(jk_audit_stage(cli, &run->log, &run->revisions));
        return cli->json ? print_json(cli, run) : JK_OK;
    }
    JK_TRY(read_wish(cli, run));
    JK_TRY(jk_witnessed_read(cli));
    JK_TRY(jk_audit_log_check(cli, run->source, !jk_cli_has(cli, JK_OPTION_VERIFY_ONLY), &run->log));
    JK_TRY(choose_size(cli, run));
    JK_TRY(jk_audit_root(run->log.audit, run->size, &run->root, &cli->error));
    JK_TRY(count(cli, run));
    if (run->expected) {
        json_t *found = jk_json_message(run->counts);
        if (!found) return jk_out_of_memory(&cli->error);
        enum jk_status status = jk_expect_compare(run->expected, found, &cli->error);
        json_decref(found);
        JK_TRY(status);
    }
    if (jk_cli_has(cli, JK_OPTION_EXPORT))
        JK_TRY(jk_exporting_compare(cli, &run->log, jk_cli_text(cli, JK_OPTION_EXPORT), &run->tables));
    return print_all(cli, run);
}

enum jk_status jk_run_audit(struct jk_cli *cli)
{
    struct audit_run *run = calloc(1, sizeof *run);
    if (!run) return jk_out_of_memory(&cli->error);
    jk_audit_log_init(&run->log);
    enum jk_status status = run_audit(cli, run);
    jk_audit_log_done(&run->log);
    json_decref(run->expected);
    json_decref(run->revisions);
    json_decref(run->evidence);
    free(run);
    return status;
}
