/* A stage's report from the log alone: the same bytes as were closed and are served, for a first and a later revision;
 * and whatever says something else is noticed, with the file, and what was wanted and found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "audit/copy.h"
#include "audit/stage.h"
#include "support/stage_log.h"

struct opened { /* an audited log */
    char folder[64];
    int descriptor;
    struct jk_text note;
    struct jk_audit_keys keys;
    struct jk_audit *audit;
};

static struct jk_arena arena;
static struct jk_error error;

static enum jk_status open_log(struct jk_stage_log *log, uint32_t index, struct jk_span replaced, struct opened *out)
{
    struct jk_audit_signed head;
    bool found;
    *out = (struct opened){.keys = {.keys = {*jk_signer_verifier(log->log_key)}, .count = 1}};
    strcpy(out->folder, "/tmp/jokbo-stage-XXXXXX");
    assert_non_null(mkdtemp(out->folder));
    jk_stage_log_publish(log, out->folder, index, replaced);
    jk_arena_reset(&arena);
    jk_error_init(&error, &arena);
    assert_int_equal(jk_copy_open(out->folder, &out->descriptor, &error), JK_OK);
    assert_int_equal(jk_copy_read(out->descriptor, "checkpoint", JK_NOTE_MAX, &out->note, &found, &error), JK_OK);
    assert_int_equal(jk_audit_open_note(jk_text_span(&out->note), &out->keys, &head, &error), JK_OK);
    struct jk_audit_options options = {.folder = out->descriptor, .jobs = 2, .fold = true};
    return jk_audit_run(&options, &head, &out->audit, &error);
}

static void close_log(struct jk_stage_log *log, struct opened *opened)
{
    char command[128];
    jk_audit_free(opened->audit);
    jk_text_done(&opened->note);
    close(opened->descriptor);
    snprintf(command, sizeof command, "rm -rf '%s'", opened->folder);
    assert_int_equal(system(command), 0);
    jk_stage_log_done(log);
}

static void make(const struct opened *opened, const struct jk_stage_log_report *report, struct jk_audit_revision *out)
{
    const struct jk_book *book = jk_audit_book(opened->audit);
    uint32_t size = jk_book_size(book), stage = jk_book_find_stage(book, jk_span_of(report->stage), size);
    jk_arena_reset(&arena);
    jk_error_init(&error, &arena);
    const struct jk_closing *closing = jk_book_closing(book, stage, report->revision, size);
    assert_non_null(closing);
    assert_int_equal(jk_audit_revision_make(opened->audit, closing, out, &error), JK_OK);
}

static void fresh(void)
{
    jk_arena_reset(&arena);
    jk_error_init(&error, &arena);
}

static const char *fact(const char *key)
{
    for (size_t i = 0; i < error.fact_count; i++)
        if (strcmp(error.facts[i].key, key) == 0) return error.facts[i].value;
    return "";
}

static void found(const char *reason, const char *file)
{
    assert_int_equal(error.status, JK_DATA_LOSS);
    assert_string_equal(error.reason, reason);
    assert_string_equal(fact("file"), file);
    assert_non_null(strstr(error.message, file));
}

static enum jk_status certify(const struct opened *opened, const struct jk_audit_revision *revision,
                              struct jk_span note, const struct jk_verifier *counts)
{
    struct jk_verifier by;
    fresh();
    return jk_audit_revision_certified(revision, jk_audit_book(opened->audit), note, &opened->keys.keys[0], counts, &by,
                                       &error);
}

/* ---- what agrees ---- */

static void test_agrees(void **state)
{
    struct jk_stage_log log;
    struct opened opened;
    (void)state;
    jk_stage_log_make(&log, 0);
    assert_int_equal(open_log(&log, 0, JK_SPAN(""), &opened), JK_OK);
    for (int i = 0; i < JK_STAGE_LOG_REPORTS; i++) {
        const struct jk_stage_log_report *report = &log.reports[i];
        struct jk_audit_revision revision;
        make(&opened, report, &revision);
        assert_int_equal(jk_audit_revision_hold(&revision, &error), JK_OK);
        for (unsigned j = 0; j < JK_AUDIT_TEXTS; j++) {
            struct jk_audit_text text = jk_audit_revision_text(&revision, j);
            assert_string_equal(text.file, jk_stage_log_names[j]);
            assert_true(jk_span_equal(text.bytes, jk_text_span(&report->texts[j])));
            assert_int_equal(jk_audit_revision_served(&revision, j, text.bytes, &error), JK_OK);
        }
        assert_true(jk_span_equal(jk_text_span(&revision.certificate), jk_text_span(&report->body)));
        struct jk_span note = jk_text_span(&report->note);
        assert_int_equal(certify(&opened, &revision, note, jk_signer_verifier(log.counts_key)), JK_OK);
        assert_int_equal(certify(&opened, &revision, note, NULL), JK_OK);
        jk_audit_revision_done(&revision);
    }
    /* The ruling counts from the second revision on; what was yanked or registered after n does not matter. */
    assert_null(strstr(log.reports[2].texts[2].bytes, "publisher-1/one"));
    assert_non_null(strstr(log.reports[2].texts[2].bytes, "publisher-4/two"));
    assert_non_null(strstr(log.reports[1].texts[2].bytes, "publisher-1/one"));
    assert_non_null(strstr(log.reports[2].texts[3].bytes, "publisher-6/later"));
    close_log(&log, &opened);
}

/* ---- what does not ---- */

static void test_closing(void **state)
{
    (void)state;
    for (unsigned lie = 1; lie <= JK_STAGE_LOG_REPORTS * JK_STAGE_LOG_TEXTS; lie++) {
        unsigned number = (lie - 1) / JK_STAGE_LOG_TEXTS, text = (lie - 1) % JK_STAGE_LOG_TEXTS;
        struct jk_stage_log log;
        struct opened opened;
        struct jk_audit_revision revision;
        char want[JK_DIGEST_HEX + 1], index[16];
        jk_stage_log_make(&log, lie);
        assert_int_equal(open_log(&log, 0, JK_SPAN(""), &opened), JK_OK);
        for (unsigned i = 0; i < JK_STAGE_LOG_REPORTS; i++) {
            make(&opened, &log.reports[i], &revision);
            enum jk_status status = jk_audit_revision_hold(&revision, &error);
            jk_audit_revision_done(&revision);
            assert_int_equal(status, i == number ? JK_DATA_LOSS : JK_OK);
            if (i != number) continue;
            found("AUDIT_REPORT", jk_stage_log_names[text]);
            struct jk_digest made = jk_digest_of(jk_text_span(&log.reports[i].texts[text]));
            jk_digest_hex(&made, want);
            assert_string_equal(fact("expected"), want);
            assert_memory_equal(fact("found"), want, JK_DIGEST_HEX - 1);
            assert_string_not_equal(fact("found"), want);
            snprintf(index, sizeof index, "%u", log.reports[i].entry);
            assert_string_equal(fact("index"), index);
        }
        close_log(&log, &opened);
    }
}

static void test_served(void **state)
{
    struct jk_stage_log log;
    struct opened opened;
    (void)state;
    jk_stage_log_make(&log, 0);
    assert_int_equal(open_log(&log, 0, JK_SPAN(""), &opened), JK_OK);
    for (int i = 0; i < JK_STAGE_LOG_REPORTS; i++) {
        struct jk_stage_log_report *report = &log.reports[i];
        struct jk_audit_revision revision;
        make(&opened, report, &revision);
        for (unsigned j = 0; j < JK_AUDIT_TEXTS; j++) {
            struct jk_text *bytes = &report->texts[j];
            char path[128];
            fresh();
            bytes->bytes[bytes->len / 2] ^= 1;
            assert_int_equal(jk_audit_revision_served(&revision, j, jk_text_span(bytes), &error), JK_DATA_LOSS);
            jk_stage_log_path(report, jk_stage_log_names[j], path);
            found("AUDIT_SERVED", path);
            assert_int_equal(strlen(fact("expected")), JK_DIGEST_HEX);
            fresh();
            struct jk_span shorter = {bytes->bytes, bytes->len - 1};
            bytes->bytes[bytes->len / 2] ^= 1;
            assert_int_equal(jk_audit_revision_served(&revision, j, shorter, &error), JK_DATA_LOSS);
        }
        jk_audit_revision_done(&revision);
    }
    close_log(&log, &opened);
}

static void test_absent(void **state)
{
    struct jk_stage_log log;
    struct opened opened;
    struct jk_audit_revision revision;
    (void)state;
    jk_stage_log_make(&log, 0);
    assert_int_equal(open_log(&log, 0, JK_SPAN(""), &opened), JK_OK);
    make(&opened, &log.reports[1], &revision);
    fresh();
    assert_int_equal(jk_audit_revision_absent(&revision, "stage/a/1/report.tsv", &error), JK_DATA_LOSS);
    assert_int_equal(jk_audit_revision_absent(&revision, "stage/a/1/members.txt", &error), JK_DATA_LOSS);
    found("AUDIT_ABSENT", "stage/a/1/report.tsv");
    assert_int_equal(error.fact_count, 1);
    jk_audit_revision_done(&revision);
    close_log(&log, &opened);
}

/* Each byte of the note turned over: it is never found right by both keys. */
static void test_certificate_bytes(void **state)
{
    struct jk_stage_log log;
    struct opened opened;
    struct jk_audit_revision revision;
    (void)state;
    jk_stage_log_make(&log, 0);
    assert_int_equal(open_log(&log, 0, JK_SPAN(""), &opened), JK_OK);
    make(&opened, &log.reports[2], &revision);
    struct jk_text *note = &log.reports[2].note;
    for (size_t i = 0; i < note->len; i++) {
        note->bytes[i] ^= 1;
        assert_int_equal(certify(&opened, &revision, jk_text_span(note), jk_signer_verifier(log.counts_key)),
                         JK_DATA_LOSS);
        found("AUDIT_CERTIFICATE", "stage/stage-2/2/certificate");
        note->bytes[i] ^= 1;
    }
    jk_audit_revision_done(&revision);
    close_log(&log, &opened);
}

static void test_signers(void **state)
{
    static const unsigned char seed[32] = {77};
    struct jk_stage_log log;
    struct opened opened;
    struct jk_audit_revision revision;
    struct jk_text note = {0};
    (void)state;
    jk_stage_log_make(&log, 0);
    assert_int_equal(open_log(&log, 0, JK_SPAN(""), &opened), JK_OK);
    make(&opened, &log.reports[1], &revision);
    struct jk_span body = jk_text_span(&log.reports[1].body);
    const struct jk_verifier *counts = jk_signer_verifier(log.counts_key);
    struct jk_signer *other_log = jk_signer_new(jk_span_of(jk_signer_verifier(log.log_key)->name), seed);
    struct jk_signer *other_counts = jk_signer_new(jk_span_of(counts->name), seed);

    jk_stage_log_sign(body, log.counts_key, NULL, &note);
    assert_int_equal(certify(&opened, &revision, jk_text_span(&note), counts), JK_DATA_LOSS);
    assert_non_null(strstr(error.message, "no key of the log has signed it"));
    jk_stage_log_sign(body, log.counts_key, other_log, &note);
    assert_int_equal(certify(&opened, &revision, jk_text_span(&note), counts), JK_DATA_LOSS);
    assert_non_null(strstr(error.message, "no key of the log has signed it"));
    jk_stage_log_sign(body, other_counts, log.log_key, &note);
    assert_int_equal(certify(&opened, &revision, jk_text_span(&note), counts), JK_DATA_LOSS);
    assert_non_null(strstr(error.message, counts->name));
    assert_int_equal(certify(&opened, &revision, jk_text_span(&note), NULL), JK_OK); /* nobody asked for that key */
    assert_int_equal(certify(&opened, &revision, jk_text_span(&note), jk_signer_verifier(other_counts)), JK_OK);

    jk_signer_free(other_log);
    jk_signer_free(other_counts);
    jk_text_done(&note);
    jk_audit_revision_done(&revision);
    close_log(&log, &opened);
}

/* Whoever signs for the log at some size after the closing may have made the certificate; nobody before. */
static void test_rotated_keys(void **state)
{
    struct jk_stage_log log;
    struct opened opened;
    struct jk_text note = {0};
    (void)state;
    jk_stage_log_make_rotated(&log);
    assert_int_equal(open_log(&log, 0, JK_SPAN(""), &opened), JK_OK);
    for (int i = 0; i < 2; i++) {
        struct jk_audit_revision revision;
        make(&opened, &log.reports[i], &revision);
        assert_int_equal(certify(&opened, &revision, jk_text_span(&log.reports[i].note), NULL), JK_OK);
        struct jk_span body = jk_text_span(&log.reports[i].body);
        jk_stage_log_sign(body, NULL, log.log_key, &note); /* made again, after the file was lost */
        assert_int_equal(certify(&opened, &revision, jk_text_span(&note), NULL), JK_OK);
        jk_stage_log_sign(body, NULL, log.old_key, &note);
        assert_int_equal(certify(&opened, &revision, jk_text_span(&note), NULL), i == 0 ? JK_OK : JK_DATA_LOSS);
        jk_audit_revision_done(&revision);
    }
    jk_text_done(&note);
    close_log(&log, &opened);
}

/* A certificate that says something else under good signatures: the line is told. */
static void test_words(void **state)
{
    struct jk_stage_log log;
    struct opened opened;
    struct jk_audit_revision revision;
    struct jk_text body = {0}, note = {0};
    char moved[200];
    (void)state;
    jk_stage_log_make(&log, 0);
    assert_int_equal(open_log(&log, 0, JK_SPAN(""), &opened), JK_OK);
    make(&opened, &log.reports[1], &revision);
    struct jk_certificate certificate;
    assert_int_equal(jk_certificate_parse(jk_text_span(&log.reports[1].body), &certificate, &error), JK_OK);
    assert_int_equal(certificate.n, log.reports[1].n);
    certificate.n--;
    jk_certificate_text(&certificate, &body);
    jk_stage_log_sign(jk_text_span(&body), log.counts_key, log.log_key, &note);
    assert_int_equal(certify(&opened, &revision, jk_text_span(&note), jk_signer_verifier(log.counts_key)),
                     JK_DATA_LOSS);
    found("AUDIT_CERTIFICATE", "stage/stage-2/1/certificate");
    assert_string_equal(fact("line"), "5");
    snprintf(moved, sizeof moved, "n %u ", log.reports[1].n);
    assert_memory_equal(fact("expected"), moved, strlen(moved));
    snprintf(moved, sizeof moved, "n %u ", log.reports[1].n - 1);
    assert_memory_equal(fact("found"), moved, strlen(moved));
    jk_text_done(&body);
    jk_text_done(&note);
    jk_audit_revision_done(&revision);
    close_log(&log, &opened);
}

/* A closing whose n is one more or less cannot follow: the log itself is at fault. */
static void test_sizes(void **state)
{
    (void)state;
    for (int move = -1; move <= 1; move += 2) {
        struct jk_stage_log log;
        struct opened opened;
        char replaced[2048], from[32], to[32];
        jk_stage_log_make(&log, 0);
        const struct jk_stage_log_report *report = &log.reports[2];
        struct jk_span entry = log.ledger.entries[report->entry];
        int before = snprintf(from, sizeof from, "\nn %u\n", report->n);
        snprintf(to, sizeof to, "\nn %u\n", (unsigned)((int)report->n + move));
        const char *at = memmem(entry.at, entry.len, from, (size_t)before);
        assert_non_null(at);
        int len = snprintf(replaced, sizeof replaced, "%.*s%s%.*s", (int)(at - entry.at), entry.at, to,
                           (int)(entry.len - (size_t)(at - entry.at) - (size_t)before), at + before);
        assert_int_equal(open_log(&log, report->entry, (struct jk_span){replaced, (size_t)len}, &opened), JK_DATA_LOSS);
        assert_string_equal(error.reason, "AUDIT_ENTRY");
        assert_non_null(strstr(error.message, "has another number of entries before its cut-off"));
        close_log(&log, &opened);
    }
}

/* A bundle that changes after it was verified is not folded. */
static void test_changed_meanwhile(void **state)
{
    static const char *const files[] = {"tile/entries/000", "tile/entries/001.p/"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct jk_stage_log log;
        struct opened opened;
        struct jk_audit_revision revision;
        char path[64];
        jk_stage_log_make(&log, 0);
        assert_int_equal(open_log(&log, 0, JK_SPAN(""), &opened), JK_OK);
        snprintf(path, sizeof path, "%s", files[i]);
        if (i == 1) snprintf(path, sizeof path, "%s%u", files[i], log.ledger.count - 256);
        jk_public_log_flip(&log.published, path, 100);
        const struct jk_book *book = jk_audit_book(opened.audit);
        const struct jk_closing *closing = jk_book_closing(book, 1, 2, jk_book_size(book));
        fresh();
        assert_int_equal(jk_audit_revision_make(opened.audit, closing, &revision, &error), JK_DATA_LOSS);
        assert_string_equal(error.reason, "AUDIT_MISSING");
        jk_audit_revision_done(&revision);
        close_log(&log, &opened);
    }
}

static int set_up(void **state)
{
    (void)state;
    jk_digest_setup();
    jk_arena_init(&arena, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    jk_arena_done(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees),
        cmocka_unit_test(test_closing),
        cmocka_unit_test(test_served),
        cmocka_unit_test(test_absent),
        cmocka_unit_test(test_certificate_bytes),
        cmocka_unit_test(test_signers),
        cmocka_unit_test(test_rotated_keys),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_changed_meanwhile),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
