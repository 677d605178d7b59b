/* See audit_stage.h. */
#include "verify/audit_stage.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/console/local.h"
#include "reply/message.h"
#include "verify/audit_finding.h"
#include "verify/audit_served.h"

#define COUNTS_KEY_FILE "counts.vkey"
#define BODY_FILE       "certificate.body"
#define TEMPORARY       ".part-out"

struct checking {
    struct jk_cli *cli;
    struct jk_audit_log *log;
    uint32_t stage; /* slot */
    struct jk_audit_keys counts_keys;
    bool counts_given;       /* by the user; else the source's own word, where there is any */
    int out;                 /* folder of --out, or -1 */
    json_t *revisions;       /* NULL: printed */
    struct jk_error *absent; /* the first file that is not served: told when everything was looked at */
};

/* ---- options ---- */

enum jk_status jk_audit_alone(struct jk_cli *cli, const char *option)
{
    static const struct {
        enum jk_option_id id;
        const char *name;
    } others[] = {{JK_OPTION_TEAM, "--team"},     {JK_OPTION_ALL, "--all"},
                  {JK_OPTION_BY, "--by"},         {JK_OPTION_AS_OF, "--as-of"},
                  {JK_OPTION_LIMIT, "--limit"},   {JK_OPTION_COUNTS, "--counts"},
                  {JK_OPTION_EXPECT, "--expect"}, {JK_OPTION_VERIFY_ONLY, "--verify-only"},
                  {JK_OPTION_CSV, "--csv"},       {JK_OPTION_CSV_BOM, "--csv-bom"},
                  {JK_OPTION_EXPORT, "--export"}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (jk_cli_has(cli, others[i].id))
            return jk_cli_usage(cli, "%s cannot be combined with %s", option, others[i].name);
    return JK_OK;
}

enum jk_status jk_audit_stage_options(struct jk_cli *cli)
{
    if (!jk_cli_has(cli, JK_OPTION_STAGE)) {
        if (jk_cli_has(cli, JK_OPTION_REVISION) || jk_cli_has(cli, JK_OPTION_OUT) ||
            jk_cli_has(cli, JK_OPTION_COUNTS_KEY))
            return jk_cli_usage(cli, "--revision, --out and --counts-key need --stage");
        return JK_OK;
    }
    if (jk_cli_operand(cli, 1)[0]) return jk_cli_usage(cli, "--stage takes no BASE: a report covers all of them");
    return jk_audit_alone(cli, "--stage");
}

/* ---- files of the source ---- */

static enum jk_status parse_keys(struct checking *checking, struct jk_span text, const char *where)
{
    if (jk_audit_keys_parse(text, &checking->counts_keys)) return JK_OK;
    return jk_fail(&checking->cli->error, JK_INVALID_ARGUMENT, "KEY_MALFORMED",
                   "%s has no verifier key (name+id+base64, of an Ed25519 key, one per line)", where);
}

/* --counts-key, a key or a file of them; else the source's, which proves only that the source agrees with itself. */
static enum jk_status read_counts_keys(struct checking *checking)
{
    struct jk_cli *cli = checking->cli;
    const char *given = jk_options_text(&cli->options, JK_OPTION_COUNTS_KEY);
    struct jk_text offered = {0};
    struct jk_span bytes;
    bool found;
    checking->counts_given = given != NULL;
    if (given) {
        if (jk_audit_keys_parse(jk_span_of(given), &checking->counts_keys)) return JK_OK;
        if (!jk_local_exists(given)) return parse_keys(checking, JK_SPAN(""), "--counts-key");
        JK_TRY(jk_local_read(given, JK_VKEY_FILE_MAX, &cli->arena, &bytes, &cli->error));
        return parse_keys(checking, bytes, given);
    }
    enum jk_status status =
        jk_audit_served(checking->cli, checking->log, COUNTS_KEY_FILE, JK_VKEY_FILE_MAX, &offered, &found);
    if (status == JK_OK && found)
        status = parse_keys(checking, jk_text_span(&offered), "the source's " COUNTS_KEY_FILE);
    jk_text_done(&offered);
    return status;
}

/* ---- one revision ---- */

/* By one of the counts keys, where there are any. */
static enum jk_status check_note(const struct checking *checking, struct jk_audit_finding *finding)
{
    const struct jk_audit_keys *keys = &checking->counts_keys;
    const struct jk_book *book = jk_audit_book(checking->log->audit);
    enum jk_status status = JK_OK;
    struct jk_error why;
    for (size_t i = 0; i == 0 || i < keys->count; i++) {
        finding->counts_key = keys->count > 0 ? &keys->keys[i] : NULL;
        jk_error_init(&why, &checking->cli->arena);
        status = jk_audit_revision_certified(&finding->revision, book, jk_text_span(&finding->note),
                                             checking->log->head.key, finding->counts_key, &finding->log_key, &why);
        if (status == JK_OK) return JK_OK;
    }
    checking->cli->error = why;
    return status;
}

static enum jk_status check_certificate(const struct checking *checking, struct jk_audit_finding *finding)
{
    char path[JK_AUDIT_FILE_ROOM];
    bool found;
    jk_audit_revision_path(&finding->revision, JK_CERTIFICATE_FILE, path);
    finding->counts_given = checking->counts_given;
    JK_TRY(jk_audit_served(checking->cli, checking->log, path, JK_NOTE_MAX, &finding->note, &found));
    if (checking->counts_keys.count == 0)
        (void)jk_audit_revision_absent(&finding->revision, COUNTS_KEY_FILE, checking->absent);
    if (found) return check_note(checking, finding);
    jk_text_clear(&finding->note);
    (void)jk_audit_revision_absent(&finding->revision, path, checking->absent);
    return JK_OK;
}

/* Files for reading are not fixed to the byte: the source may run another version. */
static enum jk_status look_at_views(const struct checking *checking, struct jk_audit_finding *finding)
{
    struct jk_text bytes = {0};
    enum jk_status status = JK_OK;
    for (int i = 0; i < JK_AUDIT_VIEWS && status == JK_OK; i++) {
        char path[JK_AUDIT_FILE_ROOM];
        bool found;
        jk_audit_revision_path(&finding->revision, jk_audit_view_files[i], path);
        status = jk_audit_served(checking->cli, checking->log, path, JK_AUDIT_SERVED, &bytes, &found);
        if (status != JK_OK || !found) continue;
        bool same = jk_span_equal(jk_text_span(&bytes), jk_text_span(&finding->views[i]));
        finding->view_served[i] = same ? JK_AUDIT_VIEW_SAME : JK_AUDIT_VIEW_OTHER;
        if (!same)
            fprintf(checking->cli->err,
                    "jokbo: note: %s differs from what this version makes of report.json: it was changed, or made by "
                    "another "
                    "version; nobody signs it, so believe report.json\n",
                    path);
    }
    jk_text_done(&bytes);
    return status;
}

/* ---- --out ---- */

static enum jk_status open_out(struct checking *checking)
{
    struct jk_cli *cli = checking->cli;
    const char *path = jk_options_text(&cli->options, JK_OPTION_OUT);
    if (!path) return JK_OK;
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        return jk_fail(&cli->error, JK_INTERNAL, "LOCAL_FILE", "%.300s cannot be created: %s", path, strerror(errno));
    return jk_copy_open(path, &checking->out, &cli->error);
}

static enum jk_status write_one(const struct checking *checking, const struct jk_audit_revision *revision,
                                const char *file, struct jk_span bytes)
{
    char path[JK_AUDIT_FILE_ROOM];
    jk_audit_revision_path(revision, file, path);
    return jk_copy_write(checking->out, TEMPORARY, path, bytes, true, &checking->cli->error);
}

/* ---- all of them ---- */

static enum jk_status check_made(const struct checking *checking, struct jk_audit_finding *finding)
{
    const struct jk_audit_revision *revision = &finding->revision;
    /* written before comparing, so that it is available when there is a difference */
    if (checking->out >= 0) {
        for (unsigned i = 0; i < JK_AUDIT_TEXTS; i++) {
            struct jk_audit_text text = jk_audit_revision_text(revision, i);
            JK_TRY(write_one(checking, revision, text.file, text.bytes));
        }
        for (int i = 0; i < JK_AUDIT_VIEWS; i++)
            JK_TRY(write_one(checking, revision, jk_audit_view_files[i], jk_text_span(&finding->views[i])));
        JK_TRY(write_one(checking, revision, BODY_FILE, jk_text_span(&revision->certificate)));
    }

    JK_TRY(jk_audit_revision_hold(revision, &checking->cli->error));

    struct jk_text bytes = {0};
    enum jk_status status = JK_OK;
    for (unsigned i = 0; i < JK_AUDIT_TEXTS && status == JK_OK; i++) {
        char path[JK_AUDIT_FILE_ROOM];
        jk_audit_revision_path(&finding->revision, jk_audit_revision_text(&finding->revision, i).file, path);
        status = jk_audit_served(checking->cli, checking->log, path, JK_AUDIT_SERVED, &bytes, &finding->served[i]);
        if (status == JK_OK && finding->served[i])
            status = jk_audit_revision_served(&finding->revision, i, jk_text_span(&bytes), &checking->cli->error);
        else if (status == JK_OK)
            (void)jk_audit_revision_absent(&finding->revision, path, checking->absent);
    }
    jk_text_done(&bytes);
    JK_TRY(status);

    JK_TRY(check_certificate(checking, finding));
    JK_TRY(look_at_views(checking, finding));

    /* the signatures are not ours to make: the note is kept as it was served, once it is found right */
    if (checking->out < 0 || finding->note.len == 0) return JK_OK;
    return write_one(checking, revision, JK_CERTIFICATE_FILE, jk_text_span(&finding->note));
}

static enum jk_status show_finding(const struct checking *checking, const struct jk_audit_finding *finding)
{
    if (!checking->revisions) return jk_audit_finding_print(checking->cli, finding);
    json_t *one = jk_audit_finding_json(checking->cli, finding);
    if (one && json_array_append_new(checking->revisions, one) == 0) return JK_OK;
    return jk_out_of_memory(&checking->cli->error);
}

static enum jk_status no_stage(struct jk_cli *cli, const struct jk_book *book, const char *id)
{
    const char *known = "";
    uint32_t size = jk_book_size(book);
    for (uint32_t i = 0; i < jk_book_stages(book, size); i++)
        known = jk_arena_printf(&cli->arena, "%s%s%.*s", known, i > 0 ? ", " : "",
                                JK_SPAN_ARG(jk_book_stage(book, i, size)->id));
    return jk_fail(&cli->error, JK_NOT_FOUND, "STAGE_NOT_FOUND", "The log has no stage \"%.63s\"; it has %.300s", id,
                   known && known[0] ? known : "none");
}

static enum jk_status not_closed(struct jk_cli *cli, const struct jk_stage *stage)
{
    char cutoff[JK_MOMENT_TEXT];
    jk_time_format_moment(stage->cutoff_us, cutoff);
    return jk_fail(&cli->error, JK_FAILED_PRECONDITION, "STAGE_OPEN",
                   "Stage %.*s is not closed in this log; its cut-off is %s", JK_SPAN_ARG(stage->id), cutoff);
}

static enum jk_status choose_revisions(struct checking *checking, uint32_t *out_first, uint32_t *out_last)
{
    struct jk_cli *cli = checking->cli;
    const struct jk_book *book = jk_audit_book(checking->log->audit);
    const char *id = jk_options_text(&cli->options, JK_OPTION_STAGE);
    uint32_t size = jk_book_size(book);
    checking->stage = jk_book_find_stage(book, jk_span_of(id), size);
    if (checking->stage == JK_NONE) return no_stage(cli, book, id);
    const struct jk_closing *newest = jk_book_closing(book, checking->stage, 0, size);
    if (!newest) return not_closed(cli, jk_book_stage(book, checking->stage, size));
    uint64_t given = jk_options_count(&cli->options, JK_OPTION_REVISION, 0);
    *out_first = 1;
    *out_last = newest->revision;
    if (!jk_cli_has(cli, JK_OPTION_REVISION)) return JK_OK;
    if (given < 1 || given > newest->revision)
        return jk_fail(&cli->error, JK_NOT_FOUND, "REVISION_NOT_FOUND", "Stage %s has the revisions 1 to %u", id,
                       newest->revision);
    *out_first = *out_last = (uint32_t)given;
    return JK_OK;
}

static enum jk_status check_all(struct checking *checking)
{
    const struct jk_book *book = jk_audit_book(checking->log->audit);
    uint32_t first = 0, last = 0;
    JK_TRY(choose_revisions(checking, &first, &last));
    JK_TRY(read_counts_keys(checking));
    JK_TRY(open_out(checking));
    for (uint32_t revision = first; revision <= last; revision++) {
        const struct jk_closing *closing = jk_book_closing(book, checking->stage, revision, jk_book_size(book));
        struct jk_audit_finding *finding = calloc(1, sizeof *finding);
        if (!finding) return jk_out_of_memory(&checking->cli->error);
        enum jk_status status = jk_audit_finding_make(checking->log->audit, closing, finding, &checking->cli->error);
        if (status == JK_OK) status = check_made(checking, finding);
        if (status == JK_OK) status = show_finding(checking, finding);
        jk_audit_finding_done(finding);
        free(finding);
        JK_TRY(status);
    }
    if (jk_error_is_set(checking->absent)) checking->cli->error = *checking->absent;
    return checking->absent->status;
}

enum jk_status jk_audit_stage(struct jk_cli *cli, struct jk_audit_log *log, json_t **out_revisions)
{
    struct jk_error absent;
    struct checking checking = {
        .cli = cli, .log = log, .out = -1, .revisions = cli->json ? json_array() : NULL, .absent = &absent};
    jk_error_init(&absent, &cli->arena);
    enum jk_status status = check_all(&checking);
    if (checking.out >= 0) close(checking.out);
    if (status == JK_OK)
        *out_revisions = checking.revisions;
    else
        json_decref(checking.revisions);
    return status;
}
