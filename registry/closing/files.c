/* See files.h. */
#include "closing/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/defer.h"
#include "base/regular.h"
#include "report/certificate.h"
#include "report/summary.h"
#include "tiles/grow.h"

#define LOCK_MS 10000

static const char *const names[JK_REPORT_FILES] = {[JK_REPORT_TABLE] = "report.tsv",
                                                   [JK_REPORT_JSON] = "report.json",
                                                   [JK_REPORT_MEMBERS] = "members.txt",
                                                   [JK_REPORT_LEFT_OUT] = "left-out.tsv",
                                                   [JK_REPORT_CERTIFICATE] = JK_CERTIFICATE_FILE,
                                                   [JK_REPORT_HTML] = "report.html",
                                                   [JK_REPORT_CSV] = "report.csv",
                                                   [JK_REPORT_COUNTED_CSV] = "counted.csv",
                                                   [JK_REPORT_LEFT_OUT_CSV] = "left-out.csv"};

const char *jk_report_file_name(enum jk_report_file file)
{
    return names[file];
}

static void report_path(const char *stage, uint32_t revision, enum jk_report_file file, char out_path[JK_FOLDER_PATH])
{
    int len = snprintf(out_path, JK_FOLDER_PATH, "%s/%u/%s", stage, revision, names[file]);
    JK_CHECK(len > 0 && len < JK_FOLDER_PATH);
}

static bool full_path(const char *public_dir, const char *path, char out_path[PATH_MAX])
{
    int len = snprintf(out_path, PATH_MAX, "%s/" JK_STAGE_FOLDER "%s%s", public_dir, *path ? "/" : "", path);
    return len > 0 && len < PATH_MAX;
}

/* Another version's page begins otherwise. */
static bool is_newest_page(const char *full)
{
    static const char head[] = JK_PAGE_HEAD;
    char begins[sizeof head - 1];
    const char *why;
    int fd = jk_regular_open(AT_FDCWD, full, false, &why);
    if (fd < 0) return false;
    ssize_t len = read(fd, begins, sizeof begins);
    close(fd);
    return len == (ssize_t)sizeof begins && memcmp(begins, head, sizeof begins) == 0;
}

bool jk_report_files_there(const char *public_dir, const char *stage, uint32_t revision)
{
    char path[JK_FOLDER_PATH], full[PATH_MAX];
    struct stat facts;
    for (int file = 0; file < JK_REPORT_FILES; file++) {
        report_path(stage, revision, (enum jk_report_file)file, path);
        if (!full_path(public_dir, path, full) || lstat(full, &facts) != 0 || !S_ISREG(facts.st_mode)) return false;
        if (file == JK_REPORT_HTML && !is_newest_page(full)) return false;
    }
    return true;
}

enum jk_status jk_report_file_open(const char *public_dir, const char *stage, uint32_t revision,
                                   enum jk_report_file file, int *out_fd, uint64_t *out_size, struct jk_error *error)
{
    char path[JK_FOLDER_PATH], full[PATH_MAX];
    struct stat facts;
    report_path(stage, revision, file, path);
    int fd = full_path(public_dir, path, full) ? open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return jk_fail(error, JK_NOT_FOUND, "FILE_ABSENT", "there is no file %s of that revision", names[file]);
    if (fd >= 0 && fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode)) {
        *out_fd = fd;
        *out_size = (uint64_t)facts.st_size;
        return JK_OK;
    }
    if (fd >= 0) close(fd);
    return jk_fail(error, JK_UNAVAILABLE, "REPORT_UNREADABLE", "the file %s cannot be read now", path);
}

const struct jk_digest *jk_report_file_digest(const struct jk_closing *closing, enum jk_report_file file)
{
    switch (file) {
    case JK_REPORT_TABLE:
        return &closing->table;
    case JK_REPORT_JSON:
        return &closing->json;
    case JK_REPORT_MEMBERS:
        return &closing->members;
    case JK_REPORT_LEFT_OUT:
        return &closing->left_out;
    default:
        return NULL;
    }
}

bool jk_report_file_read(const char *public_dir, const char *stage, const struct jk_closing *closing,
                         enum jk_report_file file, struct jk_text *out_bytes)
{
    char path[JK_FOLDER_PATH], full[PATH_MAX];
    struct jk_folder *folder;
    struct jk_error absent;
    jk_error_init(&absent, NULL);
    report_path(stage, closing->revision, file, path);
    if (!full_path(public_dir, "", full) || jk_folder_open(full, false, &folder, &absent) != JK_OK) return false;
    enum jk_status status = jk_folder_read(folder, path, out_bytes, &absent);
    jk_folder_close(folder);
    struct jk_digest found = jk_digest_of(jk_text_span(out_bytes));
    return status == JK_OK && jk_digest_equal(&found, jk_report_file_digest(closing, file));
}

/* ---- what is written ---- */

struct made {
    struct jk_folder *folder;
    struct jk_text html, csv, counted_csv, left_out_csv, certificate;
};

static struct jk_span canonical(const struct jk_computed *computed, enum jk_report_file file)
{
    const struct jk_text *const texts[] = {[JK_REPORT_TABLE] = &computed->texts.table,
                                           [JK_REPORT_JSON] = &computed->texts.json,
                                           [JK_REPORT_MEMBERS] = &computed->texts.members,
                                           [JK_REPORT_LEFT_OUT] = &computed->texts.left_out};
    return jk_text_span(texts[file]);
}

/* From the texts as they are here, not as their author describes them. */
static enum jk_status check_texts(const struct jk_report_making *making, struct jk_error *error)
{
    const struct jk_closing *closing = making->closing;
    for (enum jk_report_file file = 0; file <= JK_REPORT_LEFT_OUT; file++) {
        const struct jk_digest *wanted = jk_report_file_digest(closing, file);
        struct jk_digest found = jk_digest_of(canonical(making->computed, file));
        char want[JK_DIGEST_HEX + 1], have[JK_DIGEST_HEX + 1];
        if (jk_digest_equal(&found, wanted)) continue;
        jk_digest_hex(wanted, want);
        jk_digest_hex(&found, have);
        return jk_fail(error, JK_DATA_LOSS, "REPORT_DIFFERS",
                       "%s of stage %s, revision %u: log entry %u commits to sha256 %s, but it is computed as %s",
                       names[file], making->computed->stage, closing->revision, closing->from, want, have);
    }
    return JK_OK;
}

/* Files that merely present the canonical texts. */
static enum jk_status render(const struct jk_report_making *making, struct made *made, struct jk_error *error)
{
    struct jk_page page = {.members = canonical(making->computed, JK_REPORT_MEMBERS),
                           .left_out = canonical(making->computed, JK_REPORT_LEFT_OUT),
                           .team_names = jk_text_span(&making->computed->texts.team_names),
                           .listing = jk_text_span(&making->computed->texts.listing)};
    struct jk_summary *summary = NULL, *previous = NULL;
    enum jk_status status = jk_summary_read(canonical(making->computed, JK_REPORT_JSON), &summary, error);
    if (status == JK_OK && making->previous.len > 0) status = jk_summary_read(making->previous, &previous, error);
    page.summary = summary;
    page.previous = previous;
    if (status == JK_OK) status = jk_summary_html(&page, &made->html, error);
    if (status == JK_OK) jk_summary_csv(summary, &made->csv);
    jk_summary_free(previous);
    jk_summary_free(summary);
    JK_TRY(status);
    jk_summary_counted_csv(page.listing, &made->counted_csv);
    jk_summary_left_out_csv(page.left_out, &made->left_out_csv);
    bool failed = made->html.failed || made->csv.failed || made->counted_csv.failed || made->left_out_csv.failed;
    return failed ? jk_out_of_memory(error) : JK_OK;
}

/* ---- writing, under the folder's lock ---- */

static enum jk_status replace(const struct jk_report_making *making, struct made *made, enum jk_report_file file,
                              const struct jk_text *text, struct jk_error *error)
{
    char path[JK_FOLDER_PATH];
    report_path(making->computed->stage, making->computed->plan.revision, file, path);
    return jk_folder_replace(made->folder, path, jk_text_span(text), error);
}

/* An existing one stays, whoever signed it: its content is what matters. */
static enum jk_status keep_certificate(const struct jk_report_making *making, struct made *made, bool *out_kept,
                                       struct jk_error *error)
{
    JK_CLEANUP(jk_text_done) struct jk_text there;
    struct jk_span body, signatures;
    char path[JK_FOLDER_PATH];
    struct jk_error why;
    jk_text_init(&there, JK_NOTE_MAX);
    jk_error_init(&why, NULL);
    report_path(making->computed->stage, making->computed->plan.revision, JK_REPORT_CERTIFICATE, path);
    enum jk_status status = jk_folder_read(made->folder, path, &there, &why);
    *out_kept = status == JK_OK;
    if (status == JK_NOT_FOUND) return JK_OK;
    if (status == JK_OK && jk_note_open(jk_text_span(&there), &body, &signatures, &why) == JK_OK &&
        jk_span_equal(body, jk_text_span(&making->computed->certificate)))
        return JK_OK;
    if (status != JK_OK && status != JK_RESOURCE_EXHAUSTED)
        return jk_fail(error, status, why.reason, "%s", why.message);
    return jk_fail(error, JK_DATA_LOSS, "CERTIFICATE_DIFFERS", "%s/%s is a certificate for something else",
                   jk_folder_path(made->folder), path);
}

static enum jk_status put_files(const struct jk_report_making *making, struct made *made, struct jk_error *error)
{
    JK_TRY(jk_grow_drafts(made->folder, error)); /* left by a crash */

    char path[JK_FOLDER_PATH];
    for (enum jk_report_file file = 0; file <= JK_REPORT_LEFT_OUT; file++) {
        report_path(making->computed->stage, making->computed->plan.revision, file, path);
        JK_TRY(jk_folder_put(made->folder, path, canonical(making->computed, file), error));
    }
    JK_TRY(jk_folder_flush(made->folder, error));

    JK_TRY(replace(making, made, JK_REPORT_HTML, &made->html, error));
    JK_TRY(replace(making, made, JK_REPORT_CSV, &made->csv, error));
    JK_TRY(replace(making, made, JK_REPORT_COUNTED_CSV, &made->counted_csv, error));
    JK_TRY(replace(making, made, JK_REPORT_LEFT_OUT_CSV, &made->left_out_csv, error));

    bool kept;
    JK_TRY(keep_certificate(making, made, &kept, error));
    if (kept) return JK_OK;
    JK_TRY(jk_reader_certify(making->reader, jk_text_span(&making->computed->certificate), &made->certificate, error));
    return replace(making, made, JK_REPORT_CERTIFICATE, &made->certificate, error);
}

static enum jk_status write_files(const struct jk_report_making *making, struct made *made, struct jk_error *error)
{
    const char *public_dir = jk_store_public_dir(making->store);
    char path[PATH_MAX];
    JK_TRY(check_texts(making, error));
    JK_TRY(render(making, made, error));
    if (!full_path(public_dir, "", path))
        return jk_fail(error, JK_UNAVAILABLE, "PUBLIC_FOLDER", "the path of %s is too long", public_dir);
    JK_TRY(jk_folder_open(path, true, &made->folder, error));
    JK_TRY(jk_folder_lock(made->folder, LOCK_MS, error));
    enum jk_status status = put_files(making, made, error);
    if (status != JK_OK) jk_folder_discard(made->folder);
    jk_folder_unlock(made->folder);
    return status;
}

enum jk_status jk_report_files_write(const struct jk_report_making *making, struct jk_error *error)
{
    struct made made = {0};
    enum jk_status status = write_files(making, &made, error);
    jk_folder_close(made.folder);
    jk_text_done(&made.html);
    jk_text_done(&made.csv);
    jk_text_done(&made.counted_csv);
    jk_text_done(&made.left_out_csv);
    jk_text_done(&made.certificate);
    return status;
}
