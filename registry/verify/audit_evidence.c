/* See audit_evidence.h. */
#include "verify/audit_evidence.h"

#include <stdlib.h>
#include <unistd.h>

#include "audit/reweigh.h"
#include "base/array.h"
#include "cli/console/print.h"
#include "cli/console/progress.h"
#include "verify/audit_served.h"
#include "verify/audit_stage.h"

#define SHELF_ROOM   (UINT64_C(256) << 20)
#define FINDINGS_MAX 1000 /* that are told one by one */
#define BLOB_PATH    "manifest/sha256/"

enum { EVIDENCE, ATTESTS, MANIFESTS, SORTS };

struct checking {
    struct jk_cli *cli;
    struct jk_audit_log *log;
    struct jk_progress progress;
    uint64_t counts[SORTS][JK_REWEIGH_VERDICTS];
    struct jk_reweigh_finding *findings; /* but those that say SAME */
    size_t count, room;                  /* count may exceed FINDINGS_MAX: the rest were dropped */
    const struct jk_reweigh_finding *first[JK_REWEIGH_VERDICTS];
};

enum jk_status jk_audit_evidence_options(struct jk_cli *cli)
{
    if (!jk_cli_has(cli, JK_OPTION_EVIDENCE_OF_WEIGHTS)) return JK_OK;
    if (jk_cli_has(cli, JK_OPTION_STAGE)) return jk_cli_usage(cli, "--weights cannot be combined with --stage");
    if (jk_cli_operand(cli, 1)[0]) return jk_cli_usage(cli, "--weights takes no BASE: it checks all evidence");
    return jk_audit_alone(cli, "--weights");
}

/* ---- what the recomputation asks for ---- */

static void write_path(const struct jk_digest *digest, char out_path[sizeof BLOB_PATH + JK_DIGEST_HEX])
{
    memcpy(out_path, BLOB_PATH, sizeof BLOB_PATH);
    jk_digest_hex(digest, out_path + sizeof BLOB_PATH - 1);
}

static enum jk_status fetch_blob(void *context, const struct jk_digest *digest, size_t most, struct jk_text *out_bytes,
                                 bool *out_found, struct jk_error *error)
{
    struct checking *checking = context;
    char path[sizeof BLOB_PATH + JK_DIGEST_HEX];
    write_path(digest, path);
    enum jk_status status = jk_audit_served(checking->cli, checking->log, path, most, out_bytes, out_found);
    const struct jk_error *own = &checking->cli->error;
    return status == JK_OK || error == own ? status : jk_fail(error, status, own->reason, "%s", own->message);
}

static unsigned sort_of(const struct jk_reweigh_finding *finding)
{
    if (finding->kind == JK_KIND_EVIDENCE) return EVIDENCE;
    return finding->kind == JK_KIND_ATTEST ? ATTESTS : MANIFESTS;
}

static enum jk_status take_finding(void *context, const struct jk_reweigh_finding *finding, struct jk_error *error)
{
    struct checking *checking = context;
    checking->counts[sort_of(finding)][finding->verdict]++;
    if (finding->verdict == JK_REWEIGH_SAME) return JK_OK;
    if (!checking->first[finding->verdict]) {
        struct jk_reweigh_finding *first = jk_arena_zalloc(&checking->cli->arena, 1, sizeof *first);
        if (!first) return jk_out_of_memory(error);
        *first = *finding;
        checking->first[finding->verdict] = first;
    }
    if (checking->count++ >= FINDINGS_MAX) return JK_OK;
    if (!JK_ARRAY_GROW(checking->findings, checking->count - 1, checking->room)) return jk_out_of_memory(error);
    checking->findings[checking->count - 1] = *finding;
    return JK_OK;
}

static void show_progress(void *context, uint64_t done, uint64_t total)
{
    jk_progress_show(&((struct checking *)context)->progress, done, total);
}

static enum jk_status run_reweigh(struct checking *checking)
{
    struct jk_cli *cli = checking->cli;
    /* Three quarters of the machine's memory. */
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    const struct jk_reweigh_options options = {
        .audit = checking->log->audit,
        .fetch = fetch_blob,
        .take = take_finding,
        .progress = show_progress,
        .context = checking,
        .index_most = pages > 0 && size > 0 ? (uint64_t)pages / 4 * 3 * (uint64_t)size : UINT64_MAX,
        .shelf_room = SHELF_ROOM};
    jk_progress_begin_items(&checking->progress, cli->err, cli->err_terminal && !cli->json, cli->utf8, "recomputing",
                            "entries");
    enum jk_status status = jk_reweigh(&options, &cli->error);
    jk_progress_end(&checking->progress);
    return status;
}

/* ---- for people ---- */

/* What was found, as the rest of a sentence about the entry. */
static const char *finding_text(struct jk_cli *cli, const struct jk_reweigh_finding *finding)
{
    char path[sizeof BLOB_PATH + JK_DIGEST_HEX];
    write_path(&finding->blob, path);
    if (finding->verdict == JK_REWEIGH_WITHDRAWN)
        return jk_arena_printf(&cli->arena, "not recomputable: %s was withdrawn", path);
    if (finding->verdict == JK_REWEIGH_ABSENT) return jk_arena_printf(&cli->arena, "%s is missing", path);
    if (finding->line > 0)
        return jk_arena_printf(&cli->arena, "line %llu of the text: expected \"%s\", found \"%s\"",
                               (unsigned long long)finding->line, finding->expected, finding->found);
    return jk_arena_printf(&cli->arena, "%s: expected \"%s\", found \"%s\"", finding->what, finding->expected,
                           finding->found);
}

static void print_findings(struct jk_cli *cli, const struct checking *checking)
{
    static const struct jk_column columns[] = {{"log entry", true}, {"", false}, {"", false, .wrap = true}};
    size_t shown = checking->count < FINDINGS_MAX ? checking->count : FINDINGS_MAX;
    struct jk_table table;
    if (shown == 0) return;
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < shown; i++) {
        jk_table_cell(&table, jk_print_number(cli, checking->findings[i].entry));
        jk_table_cell(&table, jk_kind_text(checking->findings[i].kind));
        jk_table_cell(&table, finding_text(cli, &checking->findings[i]));
    }
    fputc('\n', cli->out);
    jk_print_table(cli, &table);
    if (checking->count > shown)
        fprintf(cli->out, "and %s more\n", jk_print_number(cli, (int64_t)(checking->count - shown)));
}

/* ---- JSON ---- */

static json_t *finding_json(const struct jk_reweigh_finding *finding)
{
    char release[JK_DIGEST_HEX + 1], blob[JK_DIGEST_HEX + 1];
    bool differs = finding->verdict == JK_REWEIGH_DIFFERS;
    jk_digest_hex(&finding->release, release);
    jk_digest_hex(&finding->blob, blob);
    return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s?, s:I, s:s?, s:s?}", "log_index", (json_int_t)finding->entry,
                     "kind", jk_kind_text(finding->kind), "lineage_hash", release, "verdict",
                     jk_reweigh_words[finding->verdict], "what", finding->what, "sha256", differs ? NULL : blob, "line",
                     (json_int_t)finding->line, "expected", differs ? finding->expected : NULL, "found",
                     differs ? finding->found : NULL);
}

static json_t *sort_json(const struct checking *checking, int sort)
{
    json_t *counts = json_object();
    for (int verdict = 0; verdict < JK_REWEIGH_VERDICTS; verdict++)
        json_object_set_new(counts, jk_reweigh_words[verdict],
                            json_integer((json_int_t)checking->counts[sort][verdict]));
    return counts;
}

static json_t *all_json(const struct checking *checking)
{
    const struct jk_error *error = &checking->cli->error;
    json_t *list = json_array();
    for (size_t i = 0; i < checking->count && i < FINDINGS_MAX; i++)
        json_array_append_new(list, finding_json(&checking->findings[i]));
    return json_pack("{s:b, s:s?, s:s?, s:o, s:o, s:I, s:o}", "verified", !jk_error_is_set(error), "reason",
                     jk_error_is_set(error) ? error->reason : NULL, "message",
                     jk_error_is_set(error) ? error->message : NULL, "evidence", sort_json(checking, EVIDENCE),
                     "challenge_texts", sort_json(checking, ATTESTS), "finding_count", (json_int_t)checking->count,
                     "findings", list);
}

/* ---- the end ---- */

static enum jk_status name_first_fault(const struct checking *checking)
{
    struct jk_cli *cli = checking->cli;
    enum jk_reweigh_verdict verdict = checking->first[JK_REWEIGH_DIFFERS] ? JK_REWEIGH_DIFFERS : JK_REWEIGH_ABSENT;
    const struct jk_reweigh_finding *first = checking->first[verdict];
    if (!first) return JK_OK;
    bool differs = verdict == JK_REWEIGH_DIFFERS;
    char path[sizeof BLOB_PATH + JK_DIGEST_HEX];
    write_path(&first->blob, path);
    const char *text = finding_text(cli, first);
    uint64_t count = 0;
    for (int sort = 0; sort < SORTS; sort++)
        count += checking->counts[sort][verdict];
    uint64_t more = count - 1;
    const char *others = more == 0 ? "" : jk_arena_printf(&cli->arena, "; and %llu more", (unsigned long long)more);
    jk_error_fact(&cli->error, "index", "%u", first->entry);
    if (!differs) jk_error_fact(&cli->error, "file", "%s", path);
    if (differs) jk_error_fact(&cli->error, "expected", "%s", first->expected);
    if (differs) jk_error_fact(&cli->error, "found", "%s", first->found);
    return jk_fail(&cli->error, JK_DATA_LOSS, differs ? "AUDIT_EVIDENCE" : "AUDIT_ABSENT", "log entry %u, %s: %s%s",
                   first->entry, jk_kind_text(first->kind), text ? text : "", others ? others : "");
}

static enum jk_status show_all(struct checking *checking, json_t **out_json, enum jk_status status)
{
    struct jk_cli *cli = checking->cli;
    if (cli->json) {
        *out_json = all_json(checking);
        return *out_json ? status : jk_out_of_memory(&cli->error);
    }
    static const struct jk_column columns[] = {
        {"", false}, {"the same", true}, {"different", true}, {"missing", true}, {"not recomputable", true}};
    static const enum jk_reweigh_verdict order[] = {JK_REWEIGH_SAME, JK_REWEIGH_DIFFERS, JK_REWEIGH_ABSENT,
                                                    JK_REWEIGH_WITHDRAWN};
    static const char *const sorts[SORTS] = {"evidence", "challenge texts", "manifests"};
    struct jk_table table;
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (int sort = 0; sort < MANIFESTS; sort++) {
        jk_table_cell(&table, sorts[sort]);
        for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
            jk_table_cell(&table, jk_print_number(cli, (int64_t)checking->counts[sort][order[i]]));
    }
    fputc('\n', cli->out);
    jk_print_table(cli, &table);
    print_findings(cli, checking);
    return status;
}

enum jk_status jk_audit_evidence(struct jk_cli *cli, struct jk_audit_log *log, json_t **out_json)
{
    struct checking checking = {.cli = cli, .log = log};
    *out_json = NULL;
    enum jk_status status = run_reweigh(&checking);
    if (status == JK_OK) status = show_all(&checking, out_json, name_first_fault(&checking));
    free(checking.findings);
    return status;
}
