/* See subject.h. */
#include "verify/subject.h"

#include "cli/console/local.h"
#include "cli/console/print.h"
#include "domain/manifest.h"
#include "verify/artifact.h"
#include "verify/download.h"
#include "verify/keep.h"
#include "verify/witnessed.h"
#include "verify/yanked.h"

static bool offline(const struct jk_cli *cli)
{
    return jk_cli_has(cli, JK_OPTION_OFFLINE);
}

void jk_subject_init(struct jk_subject *subject, struct jk_cli *cli, const char *title)
{
    *subject = (struct jk_subject){.title = title};
    jk_results_init(&subject->results, &cli->arena);
    jk_error_init(&subject->trouble, &cli->arena);
}

/* A check could not be made. Only the first such failure is kept, for the exit code. */
static void skip(struct jk_subject *subject, const char *check, const struct jk_error *why)
{
    const char *message = why->message[0] ? why->message : jk_status_text(why->status);
    jk_results_add(&subject->results, check, JK_RESULT_SKIPPED, "%s", message);
    (void)jk_fail(&subject->trouble, why->status, why->reason, "%s: %s", check, message);
}

bool jk_subject_set_aside(struct jk_subject *subject, const char *check, const struct jk_error *why)
{
    if (!subject->aside || !why->reason || strcmp(why->reason, "LOG_OTHER") != 0) return false;
    jk_results_add(&subject->results, check, JK_RESULT_NOTE, "%s", why->message);
    return true;
}

/* ---- what is needed ---- */

static void fetch_entry(struct jk_subject *subject, struct jk_cli *cli)
{
    struct jk_receipt receipt;
    struct jk_error why;
    jk_error_init(&why, &cli->arena);
    if (subject->file.entry.len > 0 || jk_receipt_parse(subject->file.receipt, &receipt, &why) != JK_OK) return;
    jk_error_init(&why, &cli->arena);
    if (offline(cli))
        (void)jk_fail(&why, JK_INVALID_ARGUMENT, "LOCAL_FILE",
                      "%.300s.entry is missing, and without the entry a receipt proves nothing", subject->file.stem);
    else if ((subject->release || jk_anchor_same_log(cli, receipt.checkpoint.origin, &why) == JK_OK) &&
             jk_keep_fetch_entry(cli, receipt.index, &subject->file.entry, &why) == JK_OK)
        return;
    skip(subject, "entry", &why);
}

void jk_subject_read(struct jk_subject *subject, struct jk_cli *cli)
{
    struct jk_evidence *evidence = &subject->evidence;
    fetch_entry(subject, cli);
    evidence->receipt_text = subject->file.receipt;
    evidence->entry_text = subject->file.entry;
    if (!jk_digest_is_zero(&subject->expected)) evidence->expected = &subject->expected;
    jk_evidence_read(evidence, &subject->results);
}

/* From --manifest, from beside the receipt, or from where the log's files are served. */
static enum jk_status find_manifest(struct jk_subject *subject, struct jk_cli *cli, struct jk_error *error)
{
    const char *path = jk_options_text(&cli->options, JK_OPTION_MANIFEST);
    char hex[JK_DIGEST_HEX + 1];
    if (path) return jk_local_read(path, JK_MANIFEST_MAX, &cli->arena, &subject->file.manifest, error);
    if (subject->file.manifest.len > 0) return JK_OK;
    jk_digest_hex(&subject->evidence.statement.artifact, hex);
    if (offline(cli) || !cli->settings.http)
        return jk_fail(error, JK_INVALID_ARGUMENT, "LOCAL_FILE",
                       "the manifest %s is not here: --manifest FILE gives it%s", hex,
                       offline(cli) ? "" : ", or --http URL says where the log's files are served");
    return jk_download_manifest(cli, hex, ": --manifest FILE gives the manifest", &subject->file.manifest, error);
}

/* ---- checks ---- */

static void compare_files(struct jk_subject *subject, struct jk_cli *cli, const struct jk_statement *statement)
{
    struct jk_artifact artifact = {.folder = subject->folder,
                                   .manifest = subject->file.manifest,
                                   .statement = statement,
                                   .manifest_path =
                                       statement ? jk_options_text(&cli->options, JK_OPTION_MANIFEST) : subject->title,
                                   .threads = subject->threads,
                                   .shown = cli->err,
                                   .terminal = cli->err_terminal && !cli->json,
                                   .utf8 = cli->utf8};
    jk_artifact_check(&artifact, &subject->results);
}

static void check_subject_files(struct jk_subject *subject, struct jk_cli *cli)
{
    const struct jk_statement *statement = &subject->evidence.statement;
    struct jk_error why;
    if (!subject->folder || !subject->evidence.statement_read) return;
    if (jk_digest_is_zero(&statement->artifact)) {
        jk_results_add(&subject->results, "files", JK_RESULT_NOTE,
                       "the statement names no artifact to compare them with");
        return;
    }
    jk_error_init(&why, &cli->arena);
    if (find_manifest(subject, cli, &why) != JK_OK) {
        skip(subject, "files", &why);
        return;
    }
    compare_files(subject, cli, statement);
}

static void check_growth(struct jk_subject *subject, struct jk_span note, const char *check)
{
    struct jk_error why;
    struct jk_anchor *anchor = &subject->anchor;
    jk_error_init(&why, subject->results.arena);
    jk_anchor_check_growth(anchor, note, check, &subject->results, &why);
    if (anchor->clash[0])
        (void)jk_fail(&subject->trouble, why.status, why.reason, "%s: %s", check, why.message);
    else if (jk_error_is_set(&why) && !jk_subject_set_aside(subject, check, &why))
        skip(subject, check, &why);
}

/* The server's newest checkpoint: signed, and grown from what is remembered, the receipt's among it. */
static void check_newest(struct jk_subject *subject)
{
    struct jk_anchor *anchor = &subject->anchor;
    struct jk_checkpoint checkpoint;
    struct jk_span body, signatures, note;
    struct jk_error why;
    if (anchor->offline || subject->before || subject->newest_asked || anchor->clash[0]) return;
    jk_error_init(&why, subject->results.arena);
    if (jk_anchor_newest(anchor, &why) != JK_OK) {
        if (!jk_subject_set_aside(subject, "newest checkpoint", &why)) skip(subject, "newest checkpoint", &why);
        return;
    }
    note = jk_span_of(anchor->newest->note);
    if (jk_note_open(note, &body, &signatures, &why) != JK_OK ||
        jk_checkpoint_parse(body, &checkpoint, &why) != JK_OK ||
        jk_keys_verify(&anchor->keys, jk_span_of(anchor->origin), note, NULL, &why) != JK_OK ||
        !jk_span_equal(checkpoint.origin, jk_span_of(anchor->origin)))
        jk_results_add(&subject->results, "newest checkpoint", JK_RESULT_FAILS, "the server's: %s",
                       why.message[0] ? why.message : "it is of another log");
    else
        check_growth(subject, note, "newest checkpoint");
}

/* ---- witnesses ---- */

/* The published checkpoint, or the server's newest that is cosigned. */
static enum jk_status find_cosigned(struct jk_subject *subject, struct jk_cli *cli, struct jk_span *out_note,
                                    struct jk_error *error)
{
    if (!cli->settings.http) return jk_anchor_cosigned(&subject->anchor, out_note, error);
    const char *url = jk_arena_printf(&cli->arena, "%s/checkpoint", cli->settings.http);
    return jk_download(cli, url, JK_NOTE_MAX, out_note, error);
}

/* What another log publishes says nothing about this one's witnesses. A note that is none fails the checks to come. */
static bool is_of_log(const struct jk_subject *subject, struct jk_span note, struct jk_error *out_why)
{
    struct jk_span body, signatures, origin;
    struct jk_error unused;
    jk_error_init(&unused, NULL);
    if (jk_note_open(note, &body, &signatures, &unused) != JK_OK || !jk_span_line(&body, &origin)) return true;
    if (jk_span_equal(origin, jk_span_of(subject->anchor.origin))) return true;
    (void)jk_fail(out_why, JK_INVALID_ARGUMENT, "LOG_OTHER", "%.200s publishes the log %.*s, not %.200s",
                  subject->anchor.cli->settings.http, (int)jk_utf8_cut(origin, 200).len, origin.at,
                  subject->anchor.origin);
    return false;
}

static void tell_quorum(struct jk_subject *subject, const struct jk_cli *cli, const struct jk_trust_verdict *verdict)
{
    jk_results_add(&subject->results, "trust-policy", JK_RESULT_HOLDS,
                   "the checkpoint of size %llu is cosigned as %s asks: %s",
                   (unsigned long long)verdict->checkpoint.size, cli->witnessed->path,
                   jk_witnessed_text(cli->witnessed, verdict, subject->results.arena));
}

/* Another checkpoint than the receipt's own, in whose tree the entry lies: growth has shown both to be of one log. */
static void check_cosigned(struct jk_subject *subject, struct jk_cli *cli, struct jk_span note)
{
    struct jk_trust_verdict verdict;
    struct jk_error why;
    jk_error_init(&why, &cli->arena);
    if (jk_anchor_check_policy(&subject->anchor, note, &verdict, &why) != JK_OK) {
        jk_results_add(&subject->results, "trust-policy", JK_RESULT_FAILS, "%s: %s", cli->witnessed->path, why.message);
    } else if (verdict.checkpoint.size <= subject->evidence.receipt.index) {
        (void)jk_fail(&why, JK_UNAVAILABLE, "NOT_PUBLISHED",
                      "the cosigned checkpoint of size %llu does not reach the entry yet: try again",
                      (unsigned long long)verdict.checkpoint.size);
        skip(subject, "trust-policy", &why);
    } else {
        tell_quorum(subject, cli, &verdict);
    }
}

/* The receipt's own checkpoint may be cosigned already; then nobody need be asked. */
static void check_policy(struct jk_subject *subject, struct jk_cli *cli)
{
    struct jk_span note = subject->evidence.receipt.note;
    struct jk_trust_verdict verdict;
    struct jk_error why;
    if (!cli->witnessed || subject->anchor.clash[0]) return;
    jk_error_init(&why, &cli->arena);
    if (jk_anchor_check_policy(&subject->anchor, note, &verdict, &why) == JK_OK) {
        tell_quorum(subject, cli, &verdict);
        return;
    }
    if (offline(cli) || subject->own_checkpoint) {
        jk_results_add(&subject->results, "trust-policy", JK_RESULT_FAILS, "%s: %s", cli->witnessed->path, why.message);
        return;
    }
    jk_error_init(&why, &cli->arena);
    if (find_cosigned(subject, cli, &note, &why) != JK_OK) {
        skip(subject, "trust-policy", &why);
        return;
    }
    if (cli->settings.http && !is_of_log(subject, note, &why)) {
        skip(subject, "trust-policy", &why);
        return;
    }
    if (jk_keys_verify(&subject->anchor.keys, jk_span_of(subject->anchor.origin), note, NULL, &why) == JK_OK)
        check_growth(subject, note, cli->settings.http ? "published checkpoint" : "cosigned checkpoint");
    if (!subject->anchor.clash[0]) check_cosigned(subject, cli, note);
}

/* Another log may have the same release, and what happened to it there says nothing about this one. */
static bool may_ask_about_release(struct jk_subject *subject, const struct jk_cli *cli)
{
    struct jk_error unused;
    jk_error_init(&unused, NULL);
    return !offline(cli) && subject->anchored && !subject->anchor.clash[0] && subject->evidence.statement_read &&
           jk_anchor_check_server(&subject->anchor, &unused) == JK_OK;
}

/* That it is in the log does not mean that its publisher still stands by it. Only the server can be asked; whether it
 * is there is for other checks to tell. */
static void note_yank(struct jk_subject *subject, struct jk_cli *cli)
{
    char hex[JK_DIGEST_HEX + 1];
    Jokbo__V1__Release *release;
    struct jk_error error = cli->error;
    if (!subject->release && may_ask_about_release(subject, cli)) {
        jk_digest_hex(&subject->evidence.lineage, hex);
        if (jk_release_find(cli, NULL, hex, &release) == JK_OK) subject->release = release;
        cli->error = error;
    }
    if (subject->release && subject->release->yanked)
        jk_results_add(&subject->results, "yanked", JK_RESULT_NOTE, "%s", jk_yanked_text(cli, subject->release));
}

/* What an earlier receipt of the same log brought, and the disk may not hold. */
static void follow_before(struct jk_anchor *anchor, const struct jk_anchor *before)
{
    if (!anchor->newest) anchor->newest = before->newest;
    if (before->memory.unkept) anchor->memory = before->memory;
}

enum jk_status jk_subject_check(struct jk_subject *subject, struct jk_cli *cli)
{
    struct jk_evidence *evidence = &subject->evidence;
    if (subject->is_manifest) {
        compare_files(subject, cli, NULL);
        return JK_OK;
    }
    if (evidence->receipt_read) {
        JK_TRY(jk_anchor_open(cli, evidence->receipt.checkpoint.origin, offline(cli), &subject->anchor));
        subject->anchored = true;
        if (subject->before) follow_before(&subject->anchor, &subject->before->anchor);
    }
    const struct jk_keys none = {0};
    jk_evidence_check(evidence, subject->anchored ? &subject->anchor.keys : &none, &subject->results);
    if (subject->anchored) {
        if (!subject->before) jk_anchor_tell_key(&subject->anchor, &subject->results);
        if (subject->anchor.keys.count == 0)
            (void)jk_fail(&subject->trouble, subject->anchor.keyless.status, subject->anchor.keyless.reason, "%s",
                          subject->anchor.keyless.message);
    }
    if (evidence->signed_well) {
        (void)jk_anchor_keep_key(&subject->anchor, evidence->receipt.note);
        check_growth(subject, evidence->receipt.note, "growth");
        check_newest(subject);
        check_policy(subject, cli);
    }
    note_yank(subject, cli);
    check_subject_files(subject, cli);
    return JK_OK;
}

/* ---- telling ---- */

void jk_subject_print(const struct jk_subject *subject, struct jk_cli *cli)
{
    static const struct jk_column columns[] = {{"", false}, {"", false}, {"", false}};
    struct jk_table table;
    jk_table_init(&table, &cli->arena, columns, 3);
    for (size_t i = 0; i < subject->results.count; i++) {
        const struct jk_result *result = &subject->results.items[i];
        jk_table_cell(&table, jk_result_word(result->state));
        jk_table_cell(&table, result->check);
        jk_table_cell(&table, result->text);
    }
    if (subject->outcome) {
        jk_table_cell(&table, "done");
        jk_table_cell(&table, "receipt");
        jk_table_cell(&table, subject->outcome);
    }
    fprintf(cli->out, "%s\n", jk_print_painted(cli, JK_PAINT_BOLD, subject->title));
    jk_print_table(cli, &table);
}

static json_t *span_json(struct jk_span text)
{
    return text.len > 0 ? json_stringn(text.at, text.len) : json_null();
}

static json_t *key_json(const struct jk_subject *subject)
{
    static const char *const words[] = {"none", "given", "first-use", "first-use-remembered"};
    const struct jk_keys *keys = &subject->anchor.keys;
    if (!subject->anchored || keys->count == 0) return json_null();
    return json_pack("{s:s, s:s, s:s?}", "key", jk_keys_text(&keys->items[0], subject->results.arena), "from",
                     words[keys->from], "where", keys->where);
}

json_t *jk_subject_json(const struct jk_subject *subject)
{
    const struct jk_evidence *evidence = &subject->evidence;
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&evidence->lineage, hex);
    static const char *const words[] = {"ok", "note", "skipped", "failed"};
    json_t *list = json_array();
    for (size_t i = 0; i < subject->results.count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "check", subject->results.items[i].check, "state",
                                              words[subject->results.items[i].state], "text",
                                              subject->results.items[i].text));
    json_t *root =
        json_pack("{s:s, s:o, s:o, s:s?, s:o, s:o}", "subject", subject->title, "model",
                  span_json(evidence->statement.model), "release", span_json(evidence->statement.version),
                  "lineage_hash", evidence->entry_read ? hex : NULL, "key", key_json(subject), "checks", list);
    if (root && evidence->receipt_read) {
        const struct jk_checkpoint *checkpoint = &evidence->receipt.checkpoint;
        json_object_set_new(root, "origin", span_json(checkpoint->origin));
        json_object_set_new(root, "log_index", json_integer((json_int_t)evidence->receipt.index));
        json_object_set_new(root, "log_size", json_integer((json_int_t)checkpoint->size));
    }
    if (root && subject->outcome) json_object_set_new(root, "outcome", json_string(subject->outcome));
    if (root && subject->anchor.clash[0])
        json_object_set_new(
            root, "contradiction",
            json_pack("{s:s, s:s}", "seen_before", subject->anchor.clash[0], "now", subject->anchor.clash[1]));
    return root;
}
