/* Checking a revision's files again; see files.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/defer.h"
#include "base/regular.h"
#include "closing/files.h"
#include "report/certificate.h"
#include "tiles/folder.h"

#define LOCK_MS 1000
#define PIECE   (64u << 10)
#define WHY     160
#define KEY_MAX 1024

static void close_file(int *fd)
{
    if (*fd >= 0) close(*fd);
}

/* ---- a canonical file ---- */

/* False, with errno: it could not be read. */
static bool hash_file(int fd, struct jk_digest *out_digest, uint64_t *bytes)
{
    struct jk_sha256 *hash = jk_sha256_new();
    char piece[PIECE];
    ssize_t len;
    errno = ENOMEM;
    if (!hash) return false;
    jk_sha256_begin(hash);
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    while ((len = read(fd, piece, sizeof piece)) > 0) {
        jk_sha256_add(hash, piece, (size_t)len);
        *bytes += (uint64_t)len;
    }
    int why = errno;
    jk_sha256_end(hash, out_digest);
    jk_sha256_free(hash);
    errno = why;
    return len == 0;
}

/* NULL: it matches the digest. */
static const char *file_fault(int fd, const struct jk_digest *wanted, uint64_t *bytes, char room[WHY])
{
    char hex[JK_DIGEST_HEX + 1];
    struct jk_digest digest;
    uint64_t before = *bytes;
    if (!hash_file(fd, &digest, bytes)) return errno == EIO ? "it cannot be read from the disk" : NULL;
    if (jk_digest_equal(&digest, wanted)) return NULL;
    jk_digest_hex(&digest, hex);
    snprintf(room, WHY, "%llu bytes, sha256 %s", (unsigned long long)(*bytes - before), hex);
    return room;
}

/* ---- the certificate ---- */

static bool same_certificate(const struct jk_certificate *certificate, const struct jk_report_inspection *inspection)
{
    const struct jk_closing *closing = inspection->closing;
    return jk_span_equal(certificate->stage, jk_span_of(inspection->stage)) &&
           certificate->revision == closing->revision && certificate->n == closing->n && certificate->m == closing->m &&
           jk_digest_equal(&certificate->policy, &closing->policy) &&
           jk_digest_equal(&certificate->table, &closing->table) &&
           jk_digest_equal(&certificate->json, &closing->json) &&
           jk_digest_equal(&certificate->members, &closing->members) &&
           jk_digest_equal(&certificate->left_out, &closing->left_out);
}

/* By the keys known here: a signature line of a retired key proves nothing. */
static bool is_forged(struct jk_span note, struct jk_span keys)
{
    struct jk_span line, body;
    while (jk_span_line(&keys, &line)) {
        struct jk_verifier verifier;
        struct jk_error why;
        jk_error_init(&why, NULL);
        if (jk_verifier_parse(line, &verifier) && jk_note_verify(note, &verifier, &body, &why) != JK_OK &&
            strcmp(why.reason, "NOTE_SIGNATURE_WRONG") == 0)
            return true;
    }
    return false;
}

static bool is_signed_wrongly(struct jk_store *store, struct jk_span note)
{
    JK_CLEANUP(jk_text_done) struct jk_text log_keys = {0};
    JK_CLEANUP(jk_text_done) struct jk_text counts_key = {.limit = KEY_MAX};
    jk_store_keys(store, UINT32_MAX, &log_keys);

    /* the published certificate key; nothing if it cannot be read */
    const char *public_dir = jk_store_public_dir(store);
    struct jk_folder *folder;
    struct jk_error why;
    jk_error_init(&why, NULL);
    if (jk_folder_open(public_dir, false, &folder, &why) == JK_OK) {
        if (jk_folder_read(folder, "counts.vkey", &counts_key, &why) != JK_OK) jk_text_clear(&counts_key);
        jk_folder_close(folder);
    }

    return is_forged(note, jk_text_span(&log_keys)) || is_forged(note, jk_text_span(&counts_key));
}

static const char *certificate_fault(const struct jk_report_inspection *inspection, struct jk_span note)
{
    struct jk_certificate certificate;
    struct jk_span body, signatures;
    struct jk_error why;
    jk_error_init(&why, NULL);
    if (jk_note_open(note, &body, &signatures, &why) != JK_OK ||
        jk_certificate_parse(body, &certificate, &why) != JK_OK)
        return "no certificate";
    if (!same_certificate(&certificate, inspection)) return "a certificate for something else";
    return is_signed_wrongly(inspection->store, note) ? "a certificate with a wrong signature" : NULL;
}

/* ---- all of them ---- */

static bool inspected_path(const struct jk_report_inspection *inspection, enum jk_report_file file,
                           char out_path[PATH_MAX])
{
    int len = snprintf(out_path, PATH_MAX, "%s/" JK_STAGE_FOLDER "/%s/%u/%s", jk_store_public_dir(inspection->store),
                       inspection->stage, inspection->closing->revision, jk_report_file_name(file));
    return len > 0 && len < PATH_MAX;
}

/* What is wrong with it; NULL if nothing is, if it is absent, or if that cannot be told now: a file is removed only if
 * certainly damaged. */
static const char *fault_of(const struct jk_report_inspection *inspection, enum jk_report_file file, uint64_t *bytes,
                            char room[WHY])
{
    const struct jk_digest *wanted = jk_report_file_digest(inspection->closing, file);
    char path[PATH_MAX];
    const char *why;
    JK_CLEANUP(close_file)
    int fd = inspected_path(inspection, file, path) ? jk_regular_open(AT_FDCWD, path, false, &why) : -1;
    if (fd < 0) return errno == 0 || errno == ELOOP ? "no file" : NULL;
    if (file == JK_REPORT_CERTIFICATE) {
        char note[PIECE];
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        ssize_t len = read(fd, note, sizeof note);
        if (len < 0) return errno == EIO ? "it cannot be read from the disk" : NULL;
        *bytes += (uint64_t)len;
        return certificate_fault(inspection, (struct jk_span){note, (size_t)len});
    }
    return wanted ? file_fault(fd, wanted, bytes, room) : NULL;
}

/* Under the lock, so that nobody is just writing it: checked once more, then removed. */
static enum jk_status remove_damaged_file(const struct jk_report_inspection *inspection, enum jk_report_file file,
                                          uint64_t *bytes, struct jk_error *error)
{
    char path[PATH_MAX], room[WHY];
    const char *fault = fault_of(inspection, file, bytes, room);
    if (!fault || !inspected_path(inspection, file, path)) return JK_OK;
    if (unlink(path) != 0 && errno != ENOENT)
        return jk_fail(error, JK_UNAVAILABLE, "PUBLIC_FOLDER", "the damaged file %.300s cannot be removed: %s", path,
                       strerror(errno));
    inspection->told(inspection->context, file, fault);
    return JK_OK;
}

enum jk_status jk_report_files_inspect(const struct jk_report_inspection *inspection, bool *out_whole, uint64_t *bytes,
                                       struct jk_error *error)
{
    bool damaged[JK_REPORT_FILES], any = false;
    char room[WHY];
    for (int file = 0; file < JK_REPORT_FILES; file++) {
        damaged[file] = fault_of(inspection, (enum jk_report_file)file, bytes, room) != NULL;
        any = any || damaged[file];
    }
    if (any) {
        char path[PATH_MAX];
        struct jk_folder *folder;
        int len = snprintf(path, sizeof path, "%s/" JK_STAGE_FOLDER, jk_store_public_dir(inspection->store));
        if (len < 0 || len >= (int)sizeof path)
            return jk_fail(error, JK_UNAVAILABLE, "PUBLIC_FOLDER", "the public folder's path is too long");
        JK_TRY(jk_folder_open(path, false, &folder, error));
        enum jk_status status = jk_folder_lock(folder, LOCK_MS, error);
        bool locked = status == JK_OK;
        for (int file = 0; file < JK_REPORT_FILES && status == JK_OK; file++)
            if (damaged[file]) status = remove_damaged_file(inspection, (enum jk_report_file)file, bytes, error);
        if (locked) jk_folder_unlock(folder);
        jk_folder_close(folder);
        JK_TRY(status);
    }
    *out_whole =
        jk_report_files_there(jk_store_public_dir(inspection->store), inspection->stage, inspection->closing->revision);
    return JK_OK;
}
