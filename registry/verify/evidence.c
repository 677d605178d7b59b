/* See evidence.h. */
#include "verify/evidence.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/defer.h"
#include "base/text.h"

#define LINE_MAX_BYTES 1024
#define NOTE_DASH      "\xe2\x80\x94 "

void jk_results_init(struct jk_results *results, struct jk_arena *arena)
{
    *results = (struct jk_results){.arena = arena};
}

void jk_results_add(struct jk_results *results, const char *check, enum jk_result_state state, const char *format, ...)
{
    char text[LINE_MAX_BYTES + 4]; /* a character may begin before the limit and end after it */
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (state == JK_RESULT_FAILS) results->fails++;
    if (results->count == JK_RESULTS_MAX) return;
    struct jk_span whole = jk_utf8_cut(jk_span_of(text), LINE_MAX_BYTES);
    const char *copy = jk_arena_copy(results->arena, whole.at, whole.len);
    results->items[results->count++] = (struct jk_result){check, state, copy ? copy : ""};
}

void jk_results_add_local(struct jk_results *results, const char *check, const char *text)
{
    const char *copy = jk_arena_copy(results->arena, text, strlen(text));
    if (!results->local) results->local = copy ? copy : check;
    jk_results_add(results, check, JK_RESULT_FAILS, "%s", text);
}

const char *jk_result_word(enum jk_result_state state)
{
    static const char *const words[] = {"ok", "note", "skipped", "FAILED"};
    return words[state];
}

static void read_entry(struct jk_evidence *evidence, struct jk_results *results)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    evidence->entry_read = jk_entry_parse(evidence->entry_text, &evidence->entry, &error) == JK_OK;
    if (!evidence->entry_read) {
        jk_results_add(results, "entry", JK_RESULT_FAILS, "it is not a log entry: %s", error.message);
        return;
    }
    enum jk_kind kind = evidence->entry.kind;
    if (kind == JK_KIND_REGISTER || kind == JK_KIND_RELEASE) {
        jk_error_init(&error, NULL);
        evidence->lineage = jk_statement_hash(evidence->entry.statement);
        evidence->statement_read = jk_statement_parse(evidence->entry.statement, &evidence->statement, &error) == JK_OK;
        if (!evidence->statement_read)
            jk_results_add(results, "entry", JK_RESULT_FAILS, "its statement: %s", error.message);
    }
    if (kind == JK_KIND_YANK || kind == JK_KIND_UNYANK) evidence->lineage = evidence->entry.release;
}

void jk_evidence_read(struct jk_evidence *evidence, struct jk_results *results)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    evidence->receipt_read = jk_receipt_parse(evidence->receipt_text, &evidence->receipt, &error) == JK_OK;
    if (!evidence->receipt_read) jk_results_add(results, "receipt", JK_RESULT_FAILS, "%s", error.message);
    if (evidence->entry_text.len > 0) read_entry(evidence, results);
}

/* The lineage hash, and the hash that it should be. */
static void check_lineage(const struct jk_evidence *evidence, struct jk_results *results)
{
    char hex[JK_DIGEST_HEX + 1], wanted[JK_DIGEST_HEX + 1];
    bool same = !evidence->expected || jk_digest_equal(evidence->expected, &evidence->lineage);
    jk_digest_hex(&evidence->lineage, hex);
    if (!same) {
        jk_digest_hex(evidence->expected, wanted);
        jk_results_add(results, "lineage hash", JK_RESULT_FAILS, "%s in the entry, but it should be %s", hex, wanted);
    } else if (evidence->statement_read) {
        jk_results_add(results, "lineage hash", JK_RESULT_HOLDS, "%s is the SHA-256 of the statement of %.*s@%.*s", hex,
                       JK_SPAN_ARG(evidence->statement.model), JK_SPAN_ARG(evidence->statement.version));
    } else if (evidence->entry.statement.len == 0) {
        jk_results_add(results, "entry", JK_RESULT_HOLDS, "%s of the release with lineage hash %s",
                       jk_kind_text(evidence->entry.kind), hex);
    }
}

static void check_inclusion(const struct jk_evidence *evidence, struct jk_results *results)
{
    const struct jk_receipt *receipt = &evidence->receipt;
    struct jk_digest leaf = jk_merkle_leaf(evidence->entry_text);
    JK_CLEANUP(jk_text_done) struct jk_text root = {0};
    jk_base64_encode(&root, receipt->checkpoint.root.bytes, JK_DIGEST_SIZE);
    bool holds = jk_merkle_verify_inclusion(&leaf, receipt->index, receipt->checkpoint.size, &receipt->proof,
                                            &receipt->checkpoint.root);
    jk_results_add(results, "inclusion", holds ? JK_RESULT_HOLDS : JK_RESULT_FAILS,
                   holds ? "entry %llu is in the tree of %llu entries with root %s"
                         : "the receipt does not prove this entry to be entry %llu of the tree of %llu with root %s",
                   (unsigned long long)receipt->index, (unsigned long long)receipt->checkpoint.size,
                   root.bytes ? root.bytes : "");
}

static const char *key_from(const struct jk_keys *keys)
{
    if (keys->from == JK_KEYS_GIVEN) return keys->where;
    return keys->from == JK_KEYS_REMEMBERED ? "first use, remembered" : "first use";
}

/* Names on signature lines that are not the log's own, which stand for themselves until somebody verifies them. */
static void list_cosignatures(struct jk_span signatures, struct jk_span origin, struct jk_results *results)
{
    JK_CLEANUP(jk_text_done) struct jk_text names;
    size_t count = 0;
    jk_text_init(&names, LINE_MAX_BYTES / 2);
    for (struct jk_span line, name; jk_span_line(&signatures, &line);) {
        line = (struct jk_span){line.at + sizeof NOTE_DASH - 1, line.len - (sizeof NOTE_DASH - 1)};
        (void)jk_span_cut(&line, ' ', &name);
        if (jk_span_equal(name, origin)) continue;
        jk_text_addf(&names, "%s%.*s", count++ > 0 ? ", " : "", JK_SPAN_ARG(name));
    }
    if (count == 0)
        jk_results_add(results, "cosignatures", JK_RESULT_NOTE, "none");
    else
        jk_results_add(results, "cosignatures", JK_RESULT_NOTE, "%zu, not verified here: %s", count,
                       names.bytes && !names.failed ? names.bytes : "their names are too long to show");
}

/* Results "signature" and "cosignatures". */
static bool check_signature(struct jk_span note, const struct jk_checkpoint *checkpoint, const struct jk_keys *keys,
                            struct jk_results *results)
{
    const struct jk_verifier *key;
    struct jk_span body, signatures;
    struct jk_error error;
    jk_error_init(&error, NULL);
    if (jk_note_open(note, &body, &signatures, &error) != JK_OK) {
        jk_results_add(results, "signature", JK_RESULT_FAILS, "%s", error.message);
        return false;
    }
    bool holds = jk_keys_verify(keys, checkpoint->origin, note, &key, &error) == JK_OK;
    if (holds)
        jk_results_add(results, "signature", JK_RESULT_HOLDS,
                       "the checkpoint of size %llu is signed by %s, key from %s", (unsigned long long)checkpoint->size,
                       jk_keys_short(key, results->arena), key_from(keys));
    else
        jk_results_add(results, "signature", JK_RESULT_FAILS, "the checkpoint of size %llu: %s (key from %s)",
                       (unsigned long long)checkpoint->size, error.message, key_from(keys));
    list_cosignatures(signatures, checkpoint->origin, results);
    return holds;
}

void jk_evidence_check(struct jk_evidence *evidence, const struct jk_keys *keys, struct jk_results *results)
{
    if (evidence->entry_read) {
        if (evidence->expected || !jk_digest_is_zero(&evidence->lineage))
            check_lineage(evidence, results);
        else
            jk_results_add(results, "entry", JK_RESULT_HOLDS, "of kind %s", jk_kind_text(evidence->entry.kind));
    }
    if (!evidence->receipt_read) return;
    if (evidence->entry_text.len > 0) check_inclusion(evidence, results);
    if (keys->count > 0)
        evidence->signed_well = check_signature(evidence->receipt.note, &evidence->receipt.checkpoint, keys, results);
}
