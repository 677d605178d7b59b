/* See files.h. */
#include "closing/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "base/metrics.h"
#include "tiles/grow.h"

#define LOCK_MS 10000

static const char *const names[JK_REPORT_FILES] = {[JK_REPORT_TABLE] = "report.tsv",
                                                   [JK_REPORT_JSON] = "report.json",
                                                   [JK_REPORT_MEMBERS] = "members.txt",
                                                   [JK_REPORT_LEFT_OUT] = "left-out.tsv"};

const char *jk_report_file_name(enum jk_report_file file)
{
    return names[file];
}

static void path_of(const char *stage, uint32_t revision, enum jk_report_file file, char out_path[JK_FOLDER_PATH])
{
    int len = snprintf(out_path, JK_FOLDER_PATH, "%s/%u/%s", stage, revision, names[file]);
    JK_CHECK(len > 0 && len < JK_FOLDER_PATH);
}

static bool full_path(const char *public_dir, const char *path, char out_path[PATH_MAX])
{
    int len = snprintf(out_path, PATH_MAX, "%s/" JK_STAGE_FOLDER "%s%s", public_dir, *path ? "/" : "", path);
    return len > 0 && len < PATH_MAX;
}

bool jk_report_files_there(const char *public_dir, const char *stage, uint32_t revision)
{
    char path[JK_FOLDER_PATH], full[PATH_MAX];
    struct stat facts;
    for (int file = 0; file < JK_REPORT_FILES; file++) {
        path_of(stage, revision, (enum jk_report_file)file, path);
        if (!full_path(public_dir, path, full) || lstat(full, &facts) != 0 || !S_ISREG(facts.st_mode)) return false;
    }
    return true;
}

enum jk_status jk_report_file_open(const char *public_dir, const char *stage, uint32_t revision,
                                   enum jk_report_file file, int *out_fd, uint64_t *out_size, struct jk_error *error)
{
    char path[JK_FOLDER_PATH], full[PATH_MAX];
    struct stat facts;
    path_of(stage, revision, file, path);
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

/* ---- writing ---- */

static const struct jk_text *text_of(const struct jk_computed *computed, enum jk_report_file file)
{
    const struct jk_text *const texts[] = {
        [JK_REPORT_TABLE] = &computed->texts.table,
        [JK_REPORT_JSON] = &computed->texts.json,
        [JK_REPORT_MEMBERS] = &computed->texts.members,
        [JK_REPORT_LEFT_OUT] = &computed->texts.left_out,
    };
    return texts[file];
}

/* Of the texts as they lie here, and not as whoever made them says. */
static enum jk_status check(const struct jk_computed *computed, const struct jk_closing *closing,
                            struct jk_error *error)
{
    for (int file = 0; file <= JK_REPORT_LEFT_OUT; file++) {
        const struct jk_digest *wanted = jk_report_file_digest(closing, (enum jk_report_file)file);
        struct jk_digest found = jk_digest_of(jk_text_span(text_of(computed, (enum jk_report_file)file)));
        char want[JK_DIGEST_HEX + 1], have[JK_DIGEST_HEX + 1];
        if (jk_digest_equal(&found, wanted)) continue;
        jk_digest_hex(wanted, want);
        jk_digest_hex(&found, have);
        return jk_fail(error, JK_DATA_LOSS, "REPORT_DIFFERS",
                       "%s of stage %s, revision %u: log entry %u commits to sha256 %s, but it is computed as %s",
                       names[file], computed->stage, closing->revision, closing->from, want, have);
    }
    return JK_OK;
}

static enum jk_status put(struct jk_folder *folder, const struct jk_computed *computed, struct jk_error *error)
{
    char path[JK_FOLDER_PATH];
    for (int file = 0; file < JK_REPORT_FILES; file++) {
        path_of(computed->stage, computed->plan.revision, (enum jk_report_file)file, path);
        JK_TRY(jk_folder_put(folder, path, jk_text_span(text_of(computed, (enum jk_report_file)file)), error));
    }
    return jk_folder_flush(folder, error);
}

static enum jk_status write_files(const char *path, const struct jk_computed *computed, struct jk_error *error)
{
    struct jk_folder *folder;
    JK_TRY(jk_folder_open(path, true, &folder, error));
    enum jk_status status = jk_folder_lock(folder, LOCK_MS, error);
    if (status == JK_OK) {
        status = jk_grow_drafts(folder, error);
        if (status == JK_OK) status = put(folder, computed, error);
        if (status != JK_OK) jk_folder_discard(folder);
        jk_folder_unlock(folder);
    }
    jk_folder_close(folder);
    return status;
}

enum jk_status jk_report_files_write(const char *public_dir, const struct jk_computed *computed,
                                     const struct jk_closing *closing, struct jk_error *error)
{
    char path[PATH_MAX];
    enum jk_status status = check(computed, closing, error);
    if (status == JK_OK)
        status = full_path(public_dir, "", path)
                     ? write_files(path, computed, error)
                     : jk_fail(error, JK_UNAVAILABLE, "PUBLIC_FOLDER", "the path of %s is too long", public_dir);
    if (status != JK_DATA_LOSS) return status;
    jk_metrics_add(JK_METRIC_REPORTS_DIFFERENT, 0, 0, 1);
    jk_log(JK_LOG_ERROR, "report-different", "reason", error->reason, "detail", error->message, NULL);
    return status;
}
