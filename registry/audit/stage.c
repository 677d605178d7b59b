/* Recomputing a revision and comparing it; see stage.h. */
#include "audit/stage.h"

#include <stdio.h>

#include "base/check.h"
#include "base/defer.h"
#include "report/subject.h"

#define ARENA_MAX ((size_t)1 << 20) /* what a report's subject takes */

void jk_audit_revision_done(struct jk_audit_revision *revision)
{
    jk_report_texts_free(&revision->texts);
    jk_text_done(&revision->certificate);
}

/* ---- the state of the cut-off ---- */

struct cutting {
    struct jk_book *book;
    uint32_t n;
};

static enum jk_status take_cut_entry(void *context, uint64_t index, struct jk_span entry, struct jk_error *error)
{
    struct cutting *cutting = context;
    if (index < cutting->n) return jk_book_apply(cutting->book, entry, error);
    return jk_book_apply_cut(cutting->book, entry, error);
}

static enum jk_status cut_book(struct jk_audit *audit, const struct jk_closing *closing, struct jk_book **out_book,
                               struct jk_error *error)
{
    struct cutting cutting = {.book = jk_book_new(), .n = closing->n};
    if (!cutting.book) return jk_out_of_memory(error);
    enum jk_status status = jk_audit_entries(audit, closing->m, take_cut_entry, &cutting, error);
    if (status == JK_OK)
        *out_book = cutting.book;
    else
        jk_book_free(cutting.book);
    return status;
}

/* ---- making ---- */

static enum jk_status write_texts(const struct jk_report_stage *stage, const struct jk_report_source *source,
                                  struct jk_audit_revision *out, struct jk_error *error)
{
    struct jk_report *report = NULL;
    JK_TRY(jk_report_make(stage, source, &report, error));
    enum jk_status status = jk_report_texts_make(report, &out->texts, error);
    if (status == JK_OK) {
        struct jk_certificate certificate = jk_certificate_of(report, &out->texts);
        jk_certificate_text(&certificate, &out->certificate);
        if (out->certificate.failed) status = jk_out_of_memory(error);
    }
    jk_report_free(report);
    return status;
}

/* Where nothing lies between n and m, the whole log's book is the cut-off's as well. */
static enum jk_status write_cut(struct jk_audit *audit, const struct jk_report_stage *stage,
                                struct jk_audit_revision *out, struct jk_error *error)
{
    const struct jk_closing *closing = out->closing;
    struct jk_report_source source = {
        .cut = jk_audit_book(audit), .cut_size = closing->n, .full = jk_audit_book(audit)};
    struct jk_book *own = NULL;
    if (closing->m > closing->n) {
        JK_TRY(cut_book(audit, closing, &own, error));
        source.cut = own;
        source.cut_size = closing->m;
    }
    enum jk_status status = write_texts(stage, &source, out, error);
    jk_book_free(own);
    return status;
}

enum jk_status jk_audit_revision_make(struct jk_audit *audit, const struct jk_closing *closing,
                                      struct jk_audit_revision *out_revision, struct jk_error *error)
{
    const struct jk_book *book = jk_audit_book(audit);
    struct jk_report_stage stage;
    struct jk_arena arena;
    *out_revision =
        (struct jk_audit_revision){.stage = jk_book_stage(book, closing->stage, closing->n), .closing = closing};
    JK_TRY(jk_audit_root(audit, closing->n, &out_revision->root_n, error));
    JK_TRY(jk_audit_root(audit, closing->m, &out_revision->root_m, error));
    jk_arena_init(&arena, ARENA_MAX);
    enum jk_status status = jk_report_stage_of(book, closing->stage, closing->revision, closing->n, closing->m,
                                               &out_revision->root_n, &out_revision->root_m, &arena, &stage, error);
    if (status == JK_OK) status = write_cut(audit, &stage, out_revision, error);
    jk_arena_done(&arena);
    return status;
}

/* ---- comparing ---- */

struct jk_audit_text jk_audit_revision_text(const struct jk_audit_revision *revision, unsigned number)
{
    const struct jk_report_texts *texts = &revision->texts;
    const struct jk_closing *closing = revision->closing;
    const struct jk_audit_text all[JK_AUDIT_TEXTS] = {
        {"report.tsv", jk_text_span(&texts->table), texts->table_sha256, closing->table},
        {"report.json", jk_text_span(&texts->json), texts->json_sha256, closing->json},
        {"members.txt", jk_text_span(&texts->members), texts->members_sha256, closing->members},
        {"left-out.tsv", jk_text_span(&texts->left_out), texts->left_out_sha256, closing->left_out},
    };
    JK_CHECK(number < JK_AUDIT_TEXTS);
    return all[number];
}

void jk_audit_revision_path(const struct jk_audit_revision *revision, const char *file,
                            char out_path[JK_AUDIT_FILE_ROOM])
{
    int len = snprintf(out_path, JK_AUDIT_FILE_ROOM, "stage/%.*s/%u/%s", JK_SPAN_ARG(revision->stage->id),
                       revision->closing->revision, file);
    JK_CHECK(len > 0 && len < JK_AUDIT_FILE_ROOM);
}

static void note_digests(struct jk_error *error, const char *file, const struct jk_digest *want,
                         const struct jk_digest *have, char want_hex[JK_DIGEST_HEX + 1],
                         char have_hex[JK_DIGEST_HEX + 1])
{
    jk_digest_hex(want, want_hex);
    jk_digest_hex(have, have_hex);
    jk_error_fact(error, "file", "%s", file);
    jk_error_fact(error, "expected", "%s", want_hex);
    jk_error_fact(error, "found", "%s", have_hex);
}

enum jk_status jk_audit_revision_hold(const struct jk_audit_revision *revision, struct jk_error *error)
{
    char want[JK_DIGEST_HEX + 1], have[JK_DIGEST_HEX + 1];
    for (unsigned i = 0; i < JK_AUDIT_TEXTS; i++) {
        struct jk_audit_text text = jk_audit_revision_text(revision, i);
        if (jk_digest_equal(&text.made, &text.closed)) continue;
        note_digests(error, text.file, &text.made, &text.closed, want, have);
        jk_error_fact(error, "index", "%u", revision->closing->from);
        return jk_fail(
            error, JK_DATA_LOSS, "AUDIT_REPORT",
            "stage %.*s, revision %u: the log gives a %s of sha256 %s; its entry %u closes the stage with %s",
            JK_SPAN_ARG(revision->stage->id), revision->closing->revision, text.file, want, revision->closing->from,
            have);
    }
    return JK_OK;
}

enum jk_status jk_audit_revision_served(const struct jk_audit_revision *revision, unsigned number, struct jk_span bytes,
                                        struct jk_error *error)
{
    char want[JK_DIGEST_HEX + 1], have[JK_DIGEST_HEX + 1], path[JK_AUDIT_FILE_ROOM];
    struct jk_audit_text text = jk_audit_revision_text(revision, number);
    struct jk_digest found = jk_digest_of(bytes);
    if (jk_digest_equal(&text.made, &found)) return JK_OK;
    jk_audit_revision_path(revision, text.file, path);
    note_digests(error, path, &text.made, &found, want, have);
    return jk_fail(error, JK_DATA_LOSS, "AUDIT_SERVED", "%s: expected sha256 %s, which the log gives; found %s", path,
                   want, have);
}

enum jk_status jk_audit_revision_absent(const struct jk_audit_revision *revision, const char *path,
                                        struct jk_error *error)
{
    if (jk_error_is_set(error)) return error->status;
    jk_error_fact(error, "file", "%s", path);
    return jk_fail(error, JK_DATA_LOSS, "AUDIT_ABSENT",
                   "%s is missing: entry %u closes stage %.*s, and the file must be served within seconds of that",
                   path, revision->closing->from, JK_SPAN_ARG(revision->stage->id));
}

/* ---- the certificate ---- */

static enum jk_status uncertified(const struct jk_audit_revision *revision, const char *why, struct jk_error *error)
{
    char path[JK_AUDIT_FILE_ROOM];
    jk_audit_revision_path(revision, JK_CERTIFICATE_FILE, path);
    jk_error_fact(error, "file", "%s", path);
    return jk_fail(error, JK_DATA_LOSS, "AUDIT_CERTIFICATE", "%s: %.300s", path, why);
}

/* The first line that is another one. */
static enum jk_status check_body(const struct jk_audit_revision *revision, struct jk_span body, struct jk_error *error)
{
    struct jk_span ours = jk_text_span(&revision->certificate), want = {"", 0}, have = {"", 0};
    char path[JK_AUDIT_FILE_ROOM], want_text[256], have_text[256];
    unsigned line = 0;
    if (jk_span_equal(ours, body)) return JK_OK;
    do {
        line++;
        if (!jk_span_line(&ours, &want)) want = JK_SPAN("");
        if (!jk_span_line(&body, &have)) have = JK_SPAN("");
    } while (jk_span_equal(want, have) && (ours.len > 0 || body.len > 0));
    jk_text_shorten(want, want_text, sizeof want_text);
    jk_text_shorten(have, have_text, sizeof have_text);
    jk_audit_revision_path(revision, JK_CERTIFICATE_FILE, path);
    jk_error_fact(error, "file", "%s", path);
    jk_error_fact(error, "line", "%u", line);
    jk_error_fact(error, "expected", "%.*s", JK_SPAN_ARG(want));
    have = jk_utf8_cut(have, JK_ORIGIN_MAX);
    jk_error_fact(error, "found", "%.*s", JK_SPAN_ARG(have));
    return jk_fail(error, JK_DATA_LOSS, "AUDIT_CERTIFICATE",
                   "%s, line %u: expected \"%s\", which the log gives; found \"%s\"", path, line, want_text, have_text);
}

/* UNSIGNED is no answer yet: *out_signed false. A wrong signature is one. */
static enum jk_status try_key(const struct jk_audit_revision *revision, struct jk_span note,
                              const struct jk_verifier *key, bool *out_signed, struct jk_error *error)
{
    struct jk_span body;
    struct jk_error why;
    jk_error_init(&why, NULL);
    *out_signed = jk_note_verify(note, key, &body, &why) == JK_OK;
    if (*out_signed || strcmp(why.reason, "NOTE_UNSIGNED") == 0) return JK_OK;
    return uncertified(revision, why.message, error);
}

static enum jk_status check_counts_key(const struct jk_audit_revision *revision, struct jk_span note,
                                       const struct jk_verifier *key, struct jk_error *error)
{
    char why[JK_ORIGIN_MAX + 64];
    bool is_signed;
    if (!key) return JK_OK;
    JK_TRY(try_key(revision, note, key, &is_signed, error));
    if (is_signed) return JK_OK;
    snprintf(why, sizeof why, "the key %s+%08x has not signed it", key->name, key->key_id);
    return uncertified(revision, why, error);
}

enum jk_status jk_audit_revision_certified(const struct jk_audit_revision *revision, const struct jk_book *book,
                                           struct jk_span note, const struct jk_verifier *head,
                                           const struct jk_verifier *counts_key, struct jk_verifier *out_log_key,
                                           struct jk_error *error)
{
    struct jk_span body, signatures;
    struct jk_error why;
    jk_error_init(&why, NULL);
    if (jk_note_open(note, &body, &signatures, &why) != JK_OK) return uncertified(revision, why.message, error);
    JK_TRY(check_body(revision, body, error));

    /* Keys that sign at some size above the closing's entry: the certificate may be made again whenever its file is
     * lost. */
    bool is_signed = false;
    for (uint32_t i = jk_book_key_count(book); i-- > 0 && !is_signed;) {
        struct jk_book_key key = jk_book_key_at(book, i);
        if (key.until <= revision->closing->from || !jk_verifier_parse(key.key, out_log_key)) continue;
        JK_TRY(try_key(revision, note, out_log_key, &is_signed, error));
    }
    if (!is_signed) {
        *out_log_key = *head;
        JK_TRY(try_key(revision, note, head, &is_signed, error));
        if (!is_signed) return uncertified(revision, "no key of the log has signed it", error);
    }

    return check_counts_key(revision, note, counts_key, error);
}
