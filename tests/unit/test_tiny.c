/* The tiny log of registry/formats/tiny, by the registry's own book and report code: each entry's leaf hash and the
 * root of the tree that ends with it, and for every closed revision the pairs of derivative and root with all that is
 * found about them, the four texts, and the words of the certificate. What an audit finds: integration/test_tiny.py. */
#include "support/golden.h"

#include <stdlib.h>

#include "base/clock.h"
#include "book/book_internal.h"
#include "book/stage.h"
#include "report/certificate.h"
#include "report/subject.h"
#include "tlog/forest.h"

#define TINY      "../../registry/formats/tiny/"
#define ENTRIES   128
#define FILE_ROOM 65536

static char files[ENTRIES][4096];
static struct jk_span entries[ENTRIES];
static uint32_t count;
static char buffer[FILE_ROOM];

/* ---- the log ---- */

static int read_entries(void **state)
{
    char path[256], name[64];
    (void)state;
    for (count = 0; count < ENTRIES; count++) {
        snprintf(name, sizeof name, TINY "entries/%02u.txt", count);
        snprintf(path, sizeof path, "%s/golden/%s", JK_TESTS_DIR, name);
        FILE *file = fopen(path, "rb");
        if (!file) break;
        fclose(file);
        entries[count] = golden_read(name, files[count], sizeof files[count]);
    }
    return count == 0;
}

static struct jk_book *fold(uint32_t n, uint32_t m)
{
    struct jk_book *book = jk_book_new();
    struct jk_error error;
    assert_non_null(book);
    jk_error_init(&error, NULL);
    for (uint32_t i = 0; i < m; i++)
        if ((i < n ? jk_book_apply(book, entries[i], &error) : jk_book_apply_cut(book, entries[i], &error)) != JK_OK)
            fail_msg("%s", error.message);
    return book;
}

static struct jk_digest root_at(uint32_t size)
{
    struct jk_forest *forest = jk_forest_new();
    struct jk_digest root;
    assert_true(forest && jk_forest_reserve(forest, size));
    for (uint32_t i = 0; i < size; i++) {
        struct jk_digest leaf = jk_merkle_leaf(entries[i]);
        jk_forest_append(forest, &leaf);
    }
    assert_true(jk_merkle_root_at(jk_forest_read, forest, size, &root));
    jk_forest_free(forest);
    return root;
}

static void hex_is(struct jk_span hex, const struct jk_digest *digest)
{
    char found[JK_DIGEST_HEX + 1];
    jk_digest_hex(digest, found);
    assert_span_equal(hex, jk_span_of(found));
}

static void leaves_and_roots(void **state)
{
    struct jk_span rest = golden_read(TINY "index.tsv", buffer, sizeof buffer), line, word;
    (void)state;
    assert_true(jk_span_line(&rest, &line));
    for (uint32_t i = 0; i < count; i++) {
        struct jk_digest leaf = jk_merkle_leaf(entries[i]), root = root_at(i + 1);
        uint64_t index;
        assert_true(jk_span_line(&rest, &line) && jk_span_cut(&line, '\t', &word));
        assert_true(jk_span_to_u64(word, &index) && index == i);
        assert_true(jk_span_cut(&line, '\t', &word) && jk_span_cut(&line, '\t', &word));
        hex_is(word, &leaf);
        assert_true(jk_span_cut(&line, '\t', &word));
        hex_is(word, &root);
    }
    assert_int_equal(rest.len, 0);
}

/* ---- a revision ---- */

struct revision {
    struct jk_book *full, *cut;
    struct jk_arena arena;
    struct jk_report_stage stage;
    struct jk_report *report;
    const struct jk_closing *closing;
};

static void make(const char *id, uint32_t number, struct revision *out)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    jk_arena_init(&out->arena, 1 << 20);
    out->full = fold(count, count);
    uint32_t slot = jk_book_find_stage(out->full, jk_span_of(id), count);
    assert_int_not_equal(slot, JK_NONE);
    out->closing = jk_book_closing(out->full, slot, number, count);
    assert_non_null(out->closing);
    uint32_t n = out->closing->n, m = out->closing->m;
    struct jk_digest root_n = root_at(n), root_m = root_at(m);
    out->cut = fold(n, m);
    struct jk_report_source source = {.cut = out->cut, .cut_size = m, .full = out->full};
    assert_int_equal(
        jk_report_stage_of(out->full, slot, number, n, m, &root_n, &root_m, &out->arena, &out->stage, &error), JK_OK);
    assert_int_equal(jk_report_make(&out->stage, &source, &out->report, &error), JK_OK);
}

static void drop(struct revision *revision)
{
    jk_report_free(revision->report);
    jk_arena_done(&revision->arena);
    jk_book_free(revision->cut);
    jk_book_free(revision->full);
}

/* ---- pairs ---- */

static void add_permissions(const enum jk_permission permissions[JK_PERMISSION_KINDS], struct jk_text *out)
{
    for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++)
        jk_text_addf(out, "%c%s", kind ? '/' : '\t', jk_permission_text(permissions[kind]));
}

/* The licence, what it permits, its class, and the ceiling. */
static void add_license(struct jk_book *book, const struct jk_verdict *row, uint32_t n, struct jk_text *out)
{
    enum jk_permission own[JK_PERMISSION_KINDS], least[JK_PERMISSION_KINDS];
    struct jk_span license = jk_book_license_text(book, jk_book_release(book, row->release)->license);
    jk_book_permissions(book, license, n, own);
    jk_book_summarize(book, row->release);
    for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++) {
        unsigned met = jk_release_row(book, row->release)->met[kind]; /* a bit for each permission */
        least[kind] = met ? (enum jk_permission)__builtin_ctz(met) : JK_PERMISSION_YES;
    }
    jk_text_addf(out, "\t%.*s", JK_SPAN_ARG(license));
    add_permissions(own, out);
    jk_text_addf(out, "\t%s", jk_license_class_text((enum jk_license_class)row->license_class));
    add_permissions(least, out);
}

static const char *yes(bool value)
{
    return value ? "yes" : "no";
}

static void add_derivative(struct jk_book *book, const struct jk_verdict *row, uint32_t n, struct jk_text *out)
{
    const struct jk_model *model = jk_book_model(book, row->model);
    const struct jk_release *release = jk_book_release(book, row->release);
    char hex[JK_DIGEST_HEX + 1], month[8];
    struct jk_share share;
    jk_digest_hex(&release->hash, hex);
    jk_month_format(row->month, month);
    jk_share_of(book, row->model, (struct jk_scope){.type = JK_SCOPE_ALL}, n, &share);
    jk_text_addf(out, "%u\t%.*s@%.*s\t%s\t", model->index, JK_SPAN_ARG(jk_book_alias(book, row->model, n)->name),
                 JK_SPAN_ARG(release->version), hex);
    if (row->brought == JK_NONE)
        jk_text_add_str(out, "none");
    else
        jk_text_addf(out, "%u", row->brought);
    jk_text_addf(out, "\t%.*s\t%.*s\t%s", JK_SPAN_ARG(jk_book_publisher(book, model->publisher)->name),
                 JK_SPAN_ARG(jk_book_publisher(book, row->publisher)->name), month);
    add_license(book, row, n, out);
    jk_text_addf(out, "\t%s", yes(share.license_clean));
}

static void add_root(const struct jk_book *book, const struct jk_verdict *row, uint32_t n, struct jk_text *out)
{
    char mark = '\t';
    jk_text_addf(out, "\t%.*s\t%u\t%s\t%s", JK_SPAN_ARG(jk_book_alias(book, row->root, n)->name), row->depth,
                 yes(row->flags & JK_FLAG_SELF), yes(row->flags & JK_FLAG_AFFILIATE));
    for (int reason = 0; reason < JK_REASON_COUNT; reason++) {
        if (!(row->reasons >> reason & 1)) continue;
        jk_text_addf(out, "%c%s", mark, jk_reason_word((enum jk_reason)reason));
        mark = ',';
    }
    jk_text_add_str(out, row->reasons ? "\n" : "\tnone\n");
}

static void check_pairs(struct revision *revision, const char *id, uint32_t number)
{
    struct jk_text found;
    char name[128];
    size_t rows;
    const struct jk_verdict *row = jk_standing_rows(revision->report->standing, &rows);
    snprintf(name, sizeof name, TINY "pairs/%s-%u.tsv", id, number);
    struct jk_span rest = golden_read(name, buffer, sizeof buffer), head;
    assert_true(jk_span_line(&rest, &head) && rows > 0);
    jk_text_init(&found, 0);
    for (size_t i = 0; i < rows; i++) {
        add_derivative(revision->cut, &row[i], revision->stage.m, &found);
        add_root(revision->cut, &row[i], revision->stage.m, &found);
    }
    assert_span_equal(jk_text_span(&found), rest);
    jk_text_done(&found);
}

/* ---- texts ---- */

static void text_is(const struct jk_text *text, const struct jk_digest *closed, const char *folder, const char *file)
{
    char name[128];
    struct jk_digest digest = jk_digest_of(jk_text_span(text));
    snprintf(name, sizeof name, "%s%s", folder, file);
    assert_span_equal(jk_text_span(text), golden_read(name, buffer, sizeof buffer));
    assert_true(jk_digest_equal(&digest, closed));
}

static void check_texts(const struct revision *revision, const char *id, uint32_t number)
{
    const struct jk_closing *closing = revision->closing;
    struct jk_report_texts texts = {.table = {0}};
    struct jk_text body;
    char folder[96], name[128];
    struct jk_error error;
    jk_error_init(&error, NULL);
    snprintf(folder, sizeof folder, TINY "log/stage/%s/%u/", id, number);
    assert_int_equal(jk_report_texts_make(revision->report, &texts, &error), JK_OK);
    text_is(&texts.table, &closing->table, folder, "report.tsv");
    text_is(&texts.members, &closing->members, folder, "members.txt");
    text_is(&texts.left_out, &closing->left_out, folder, "left-out.tsv");
    text_is(&texts.json, &closing->json, folder, "report.json");
    struct jk_certificate certificate = jk_certificate_of(revision->report, &texts);
    jk_text_init(&body, 0);
    jk_certificate_text(&certificate, &body);
    snprintf(name, sizeof name, "%scertificate", folder);
    struct jk_span served = golden_read(name, buffer, sizeof buffer);
    assert_true(jk_span_starts(served, jk_text_span(&body)) && served.at[body.len] == '\n');
    jk_text_done(&body);
    jk_report_texts_free(&texts);
}

static void every_revision(void **state)
{
    static const struct {
        const char *stage;
        uint32_t number;
    } revisions[] = {{"first", 1}, {"tied", 1}, {"main", 1}, {"main", 2}};
    (void)state;
    for (size_t i = 0; i < sizeof revisions / sizeof *revisions; i++) {
        struct revision revision;
        make(revisions[i].stage, revisions[i].number, &revision);
        check_pairs(&revision, revisions[i].stage, revisions[i].number);
        check_texts(&revision, revisions[i].stage, revisions[i].number);
        drop(&revision);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup(leaves_and_roots, read_entries),
                                       cmocka_unit_test_setup(every_revision, read_entries)};
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
