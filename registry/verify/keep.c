/* See keep.h. */
#include "verify/keep.h"

#include "cli/console/print.h"
#include "verify/anchor.h"
#include "verify/receipts.h"

#define LOG (&jokbo__v1__log__descriptor)

/* ---- the entry ---- */

struct wanted {
    struct jk_arena *arena;
    struct jk_span entry;
};

static enum jk_status take_entry(void *context, const ProtobufCMessage *message, struct jk_error *error)
{
    struct wanted *wanted = context;
    const Jokbo__V1__ReadEntriesResponse *reply = (const Jokbo__V1__ReadEntriesResponse *)message;
    if (reply->n_entries == 0 || wanted->entry.len > 0) return JK_OK;
    const char *copy = jk_arena_copy(wanted->arena, reply->entries[0].data, reply->entries[0].len);
    if (!copy) return jk_out_of_memory(error);
    wanted->entry = (struct jk_span){copy, reply->entries[0].len};
    return JK_OK;
}

enum jk_status jk_keep_fetch_entry(struct jk_cli *cli, uint64_t index, struct jk_span *out_entry,
                                   struct jk_error *error)
{
    Jokbo__V1__ReadEntriesRequest request = JOKBO__V1__READ_ENTRIES_REQUEST__INIT;
    struct wanted wanted = {.arena = &cli->arena};
    request.start = (int64_t)index;
    request.end = (int64_t)index + 1;
    if (!cli->client) JK_TRY(jk_client_new(&cli->settings, &cli->arena, &cli->client, error));
    JK_TRY(jk_client_download(cli->client, LOG, "ReadEntries", &request.base, take_entry, &wanted, error));
    if (wanted.entry.len == 0)
        return jk_fail(error, JK_NOT_FOUND, "ENTRY_NOT_FOUND", "the server has no entry %llu",
                       (unsigned long long)index);
    *out_entry = wanted.entry;
    return JK_OK;
}

/* ---- checking ---- */

static void warn(struct jk_cli *cli, const char *what, const struct jk_error *why)
{
    fprintf(cli->err, "jokbo: note: %s: %s\n", what, why->message[0] ? why->message : jk_status_text(why->status));
}

/* The entry is about the release that was sent. */
static const char *other_release(const struct jk_keep *keep, const struct jk_evidence *evidence)
{
    const struct jk_statement *statement = &evidence->statement;
    char hex[JK_DIGEST_HEX + 1];
    enum jk_kind kind = evidence->entry.kind;
    if (!keep->registers)
        return kind == JK_KIND_YANK || kind == JK_KIND_UNYANK ? NULL : "its entry is neither a yank nor an unyank";
    if (!evidence->statement_read) return "its entry contains no statement";
    if (!jk_span_equal(statement->version, jk_span_of(keep->version))) return "its entry is of another version";
    if (!keep->renamed && !jk_span_equal(statement->model, jk_span_of(keep->model)))
        return "its entry is of another model";
    if (!keep->artifact || !keep->artifact[0]) return NULL;
    jk_digest_hex(&statement->artifact, hex);
    return strcmp(hex, keep->artifact) == 0 ? NULL : "its entry has another artifact digest than the one declared";
}

static const char *first_failure(const struct jk_results *results)
{
    for (size_t i = 0; i < results->count; i++)
        if (results->items[i].state == JK_RESULT_FAILS) return results->items[i].text;
    return NULL;
}

static enum jk_status wrong_receipt(struct jk_cli *cli, const struct jk_keep *keep, const char *why)
{
    jk_error_init(&cli->error, &cli->arena);
    (void)jk_fail(&cli->error, JK_DATA_LOSS, "RECEIPT_WRONG",
                  "the server says that %s@%s is in the log, but the receipt is invalid: %.400s", keep->model,
                  keep->version, why);
    jk_error_fact(&cli->error, "lineage_hash", "%s", keep->lineage_hash);
    jk_error_fact_text(&cli->error, "receipt", jk_span_of(keep->receipt));
    return cli->error.status;
}

static enum jk_status check_kept(struct jk_cli *cli, struct jk_keep *keep, struct jk_evidence *evidence,
                                 bool *out_checked)
{
    struct jk_results results;
    struct jk_anchor anchor;
    const char *other;
    jk_results_init(&results, &cli->arena);
    jk_evidence_read(evidence, &results);
    if (!evidence->receipt_read) return wrong_receipt(cli, keep, first_failure(&results));
    if (jk_anchor_open(cli, evidence->receipt.checkpoint.origin, false, &anchor) != JK_OK) return cli->error.status;
    jk_evidence_check(evidence, &anchor.keys, &results);
    if (results.fails > 0) return wrong_receipt(cli, keep, first_failure(&results));
    if ((other = other_release(keep, evidence))) return wrong_receipt(cli, keep, other);
    *out_checked = evidence->signed_well;
    if (!*out_checked) {
        warn(cli, "the receipt is not stored, since it could not be checked", &anchor.keyless);
        return JK_OK;
    }

    /* the signature held: what that teaches about the log is remembered; only a contradiction matters here */
    struct jk_error why;
    enum jk_growth growth;
    jk_error_init(&why, &cli->arena);
    const struct jk_verifier *key = jk_anchor_keep_key(&anchor, evidence->receipt.note);
    if (key) keep->new_key = jk_keys_text(key, &cli->arena);
    keep->remembered = anchor.key_kept;
    if (jk_anchor_advance(&anchor, evidence->receipt.note, &growth, &why) == JK_OK || !anchor.clash[0]) return JK_OK;
    fprintf(cli->err, "Seen before:\n\n%s\nNow:\n\n%s\n", anchor.clash[0], anchor.clash[1]);
    jk_error_init(&cli->error, &cli->arena);
    (void)jk_fail(&cli->error, why.status, "LOG_FORKED", "%s", why.message);
    jk_error_fact_text(&cli->error, "seen_before", jk_span_of(anchor.clash[0]));
    jk_error_fact_text(&cli->error, "now", jk_span_of(anchor.clash[1]));
    return cli->error.status;
}

static void store(struct jk_cli *cli, struct jk_keep *keep, const struct jk_evidence *evidence)
{
    struct jk_receipt_file file = {
        .receipt = evidence->receipt_text, .entry = evidence->entry_text, .manifest = keep->manifest};
    struct jk_span model = evidence->statement_read ? evidence->statement.model : jk_span_of(keep->model);
    const char *about = "";
    struct jk_error why;
    jk_error_init(&why, &cli->arena);
    if (!keep->registers)
        about = jk_arena_printf(&cli->arena, "@%s-%llu", jk_kind_text(evidence->entry.kind),
                                (unsigned long long)evidence->receipt.index);
    if (jk_receipts_write(keep->home, model, jk_span_of(keep->version), about ? about : "@", &file, &cli->arena,
                          &why) != JK_OK) {
        warn(cli, "the receipt could not be stored", &why);
        return;
    }
    keep->file = file.path;
    if (file.yields_to)
        fprintf(cli->err, "jokbo: note: %s is of another log, and stays: this log's receipt has another name\n",
                jk_print_safe(cli, file.yields_to));
}

enum jk_status jk_keep_receipt(struct jk_cli *cli, struct jk_keep *keep)
{
    struct jk_evidence evidence = {.receipt_text = jk_span_of(keep->receipt ? keep->receipt : "")};
    struct jk_digest lineage;
    struct jk_receipt receipt;
    struct jk_error why;
    bool checked = false;
    if (jk_cli_has(cli, JK_OPTION_NO_RECEIPT)) return JK_OK;
    jk_error_init(&why, &cli->arena);
    if (evidence.receipt_text.len == 0) {
        fprintf(cli->err, "jokbo: note: the server gave no receipt\n");
        return JK_OK;
    }
    if (jk_receipt_parse(evidence.receipt_text, &receipt, &why) != JK_OK) return wrong_receipt(cli, keep, why.message);
    if (jk_digest_parse(jk_span_of(keep->lineage_hash), &lineage)) evidence.expected = &lineage;
    if (jk_keep_fetch_entry(cli, receipt.index, &evidence.entry_text, &why) != JK_OK) {
        warn(cli, "the receipt is not stored, since its entry could not be read", &why);
        return JK_OK;
    }
    JK_TRY(check_kept(cli, keep, &evidence, &checked));
    if (checked) store(cli, keep, &evidence);
    return JK_OK;
}

const char *jk_keep_key_text(const struct jk_keep *keep)
{
    return keep->remembered ? "trusted on first use, remembered: compare it with one obtained another way"
                            : "trusted on first use, not remembered (there is no writable home folder)";
}
