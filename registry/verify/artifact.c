/* See artifact.h. */
#include "verify/artifact.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/defer.h"
#include "base/regular.h"
#include "base/text.h"
#include "cli/console/folder.h"
#include "domain/manifest.h"
#include "verify/form.h"

#define PIECE        (1u << 20)
#define FOLDERS_DEEP 16
#define FILES_MAX    100000

struct tally {
    const struct jk_artifact *artifact;
    struct jk_results *results;
    struct jk_sha256 *hash;
    char *buffer; /* PIECE bytes */
    struct jk_progress progress;
    uint64_t files, bytes, differ, renamed;
    struct jk_folder folder; /* what lies there */
    bool *listed;            /* of each: it stands in the manifest */
};

static void end_tally(struct tally *tally)
{
    jk_sha256_free(tally->hash);
    free(tally->buffer);
}

static void close_fd(int *fd)
{
    if (*fd >= 0) close(*fd);
}

__attribute__((format(printf, 3, 4))) static void differs(struct tally *tally, struct jk_span path, const char *format,
                                                          ...)
{
    char why[256], shown[256];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    jk_text_shorten(path, shown, sizeof shown);
    if (tally->differ++ < JK_ARTIFACT_NAMED)
        jk_results_add(tally->results, "file", JK_RESULT_FAILS, "%s: %s", shown, why);
}

/* NULL, or why not. */
static const char *hash_file(struct tally *tally, int fd, struct jk_digest *out_digest, uint64_t *out_size)
{
    uint64_t size = 0;
    jk_sha256_begin(tally->hash);
    for (;;) {
        ssize_t got = read(fd, tally->buffer, PIECE);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return strerror(errno);
        if (got == 0) break;
        jk_sha256_add(tally->hash, tally->buffer, (size_t)got);
        size += (uint64_t)got;
        jk_progress_add(&tally->progress, (uint64_t)got);
    }
    jk_sha256_end(tally->hash, out_digest);
    *out_size = size;
    return NULL;
}

static int open_file(struct tally *tally, struct jk_span name, const char **out_why)
{
    JK_CLEANUP(jk_text_done) struct jk_text full;
    jk_text_init(&full, 0);
    jk_text_addf(&full, "%s/", tally->artifact->folder);
    jk_text_add(&full, name);
    if (!full.failed) return jk_regular_open(AT_FDCWD, full.bytes, true, out_why);
    errno = 0;
    *out_why = "its path cannot be read";
    return -1;
}

static struct jk_span folder_of(struct jk_span name)
{
    size_t len = name.len;
    while (len > 0 && name.at[len - 1] != '/')
        len--;
    return (struct jk_span){name.at, len};
}

static int by_name(const void *key, const void *item)
{
    return jk_span_compare(*(const struct jk_span *)key, ((const struct jk_folder_file *)item)->name);
}

/* The file of that name, which is then one that the manifest lists. */
static void mark_listed(struct tally *tally, struct jk_span name)
{
    const struct jk_folder *folder = &tally->folder;
    const struct jk_folder_file *found =
        folder->count > 0 ? bsearch(&name, folder->files, folder->count, sizeof *folder->files, by_name) : NULL;
    if (found) tally->listed[found - folder->files] = true;
}

static bool has_content(struct tally *tally, struct jk_span name, const struct jk_digest *digest)
{
    struct jk_digest here;
    uint64_t size;
    const char *why;
    JK_CLEANUP(close_fd) int fd = open_file(tally, name, &why);
    return fd >= 0 && !hash_file(tally, fd, &here, &size) && jk_digest_equal(&here, digest);
}

/* The file that lies there under the same name in another Unicode form. Where no rule says that the forms are of one
 * name, its content has to be the one that is looked for. Empty for none. */
static struct jk_span other_form(struct tally *tally, struct jk_span name, uint64_t size,
                                 const struct jk_digest *digest)
{
    for (size_t i = 0; jk_form_varies(name) && i < tally->folder.count; i++) {
        const struct jk_folder_file *file = &tally->folder.files[i];
        bool beside = jk_span_equal(folder_of(file->name), folder_of(name)) || jk_form_same(file->name, name);
        if (tally->listed[i] || !beside || !jk_form_varies(file->name)) continue;
        if (jk_form_same(file->name, name) || (file->size == size && has_content(tally, file->name, digest)))
            return file->name;
    }
    return (struct jk_span){0};
}

/* Opens what the manifest's path means. */
static int open_listed(struct tally *tally, struct jk_span path, uint64_t size, const struct jk_digest *digest,
                       const char **out_why)
{
    JK_CLEANUP(jk_text_done) struct jk_text name;
    char shown[256];
    jk_text_init(&name, 0);
    *out_why = "its path cannot be read";
    errno = 0;
    if (!jk_percent_decode(&name, path) || name.failed) return -1;
    mark_listed(tally, jk_text_span(&name));
    int fd = open_file(tally, jk_text_span(&name), out_why);
    if (fd >= 0 || errno != ENOENT) return fd;
    struct jk_span other = other_form(tally, jk_text_span(&name), size, digest);
    errno = ENOENT;
    if (other.len == 0) return -1;
    mark_listed(tally, other);
    jk_text_shorten(path, shown, sizeof shown);
    if (tally->renamed++ < JK_ARTIFACT_NAMED)
        jk_results_add(tally->results, "name", JK_RESULT_NOTE,
                       "%s lies there under the same name in another Unicode form, %.*s", shown, JK_SPAN_ARG(other));
    return open_file(tally, other, out_why);
}

static void check_file(struct tally *tally, struct jk_span path, uint64_t size, const struct jk_digest *digest)
{
    char wanted[JK_DIGEST_HEX + 1], found[JK_DIGEST_HEX + 1];
    struct jk_digest here;
    uint64_t bytes = 0;
    const char *why = NULL;
    JK_CLEANUP(close_fd) int fd = open_listed(tally, path, size, digest, &why);
    if (fd < 0 && errno == ENOENT) why = "it is missing";
    if (fd >= 0) why = hash_file(tally, fd, &here, &bytes);
    tally->files++;
    tally->bytes += size;
    if (why) {
        differs(tally, path, "%s", why);
    } else if (bytes != size) {
        differs(tally, path, "%llu bytes here, %llu in the manifest", (unsigned long long)bytes,
                (unsigned long long)size);
    } else if (!jk_digest_equal(&here, digest)) {
        jk_digest_hex(&here, found);
        jk_digest_hex(digest, wanted);
        differs(tally, path, "SHA-256 %.16s… here, %.16s… in the manifest", found, wanted);
    }
}

/* The manifest's form was checked: its file lines come first, after the head line. */
static void check_files(struct tally *tally)
{
    struct jk_span rest = tally->artifact->manifest, line, word;
    (void)jk_span_line(&rest, &line);
    while (jk_span_line(&rest, &line) && jk_span_starts(line, JK_SPAN("file "))) {
        struct jk_digest digest;
        uint64_t size;
        (void)jk_span_cut(&line, ' ', &word);
        (void)jk_span_cut(&line, ' ', &word);
        if (!jk_digest_parse(word, &digest)) continue;
        (void)jk_span_cut(&line, ' ', &word);
        if (jk_span_to_u64(word, &size)) check_file(tally, line, size, &digest);
    }
}

/* NULL, or why this is not the statement's manifest. A statement may leave the weights digest out. */
static const char *manifest_fault(const struct jk_artifact *artifact, struct jk_manifest_summary *summary,
                                  struct jk_error *error)
{
    const struct jk_statement *statement = artifact->statement;
    struct jk_digest digest = jk_digest_of(artifact->manifest);
    if (!jk_digest_equal(&digest, &statement->artifact))
        return "its SHA-256 is not the artifact digest in the statement";
    if (jk_manifest_check(artifact->manifest, summary, error) != JK_OK) return error->message;
    if (jk_digest_is_zero(&statement->weights) || jk_digest_equal(&summary->weights, &statement->weights)) return NULL;
    return "its weights digest is not the one in the statement";
}

static bool check_manifest(const struct jk_artifact *artifact, struct jk_manifest_summary *summary,
                           struct jk_results *results)
{
    char hex[JK_DIGEST_HEX + 1];
    struct jk_error error;
    jk_error_init(&error, NULL);
    const char *fault = manifest_fault(artifact, summary, &error);
    jk_digest_hex(&artifact->statement->artifact, hex);
    if (fault)
        jk_results_add(results, "manifest", JK_RESULT_FAILS, "%s (which says %s)", fault, hex);
    else
        jk_results_add(results, "manifest", JK_RESULT_HOLDS, "its SHA-256 is the artifact digest in the statement, %s",
                       hex);
    return !fault;
}

static void tell_files(const struct tally *tally)
{
    unsigned long long files = tally->files, bytes = tally->bytes, differ = tally->differ;
    if (differ == 0)
        jk_results_add(tally->results, "files", JK_RESULT_HOLDS, "%llu %s of %llu bytes in all, as in the manifest",
                       files, files == 1 ? "file" : "files", bytes);
    else
        jk_results_add(tally->results, "files", JK_RESULT_FAILS, "%llu of %llu differ from the manifest", differ,
                       files);
}

static bool is_code(struct jk_span name)
{
    static const char *const endings[] = {".py", ".pyc", ".so",  ".dll",    ".dylib",  ".exe",
                                          ".sh", ".js",  ".pkl", ".pickle", ".joblib", ".wasm"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (jk_span_ends(name, jk_span_of(endings[i]))) return true;
    return false;
}

/* Whoever loads a model loads whatever weights and code lie in its folder: what nobody vouches for is named. */
static void tell_unlisted(struct tally *tally)
{
    JK_CLEANUP(jk_text_done) struct jk_text names;
    size_t count = 0;
    jk_text_init(&names, 0);
    for (size_t i = 0; i < tally->folder.count; i++) {
        struct jk_span name = tally->folder.files[i].name;
        char shown[256];
        if (tally->listed[i] || (!jk_manifest_is_weights(name) && !is_code(name))) continue;
        jk_text_shorten(name, shown, sizeof shown);
        if (count++ < JK_ARTIFACT_NAMED) jk_text_addf(&names, "%s%s", count > 1 ? ", " : "", shown);
    }
    if (count > JK_ARTIFACT_NAMED) jk_text_addf(&names, " and %zu more", count - JK_ARTIFACT_NAMED);
    if (count > 0 && !names.failed)
        jk_results_add(tally->results, "unlisted", JK_RESULT_NOTE,
                       "weights or code beside the model that the manifest does not list: %s", names.bytes);
}

static bool list_folder(struct tally *tally, struct jk_arena *arena)
{
    if (!jk_folder_list(tally->artifact->folder, FOLDERS_DEEP, FILES_MAX, arena, &tally->folder)) return false;
    tally->listed = jk_arena_zalloc(arena, tally->folder.count + 1, sizeof *tally->listed);
    return tally->listed != NULL;
}

void jk_artifact_check(const struct jk_artifact *artifact, struct jk_results *results)
{
    JK_CLEANUP(end_tally) struct tally tally = {.artifact = artifact, .results = results};
    struct jk_manifest_summary summary;
    if (!check_manifest(artifact, &summary, results)) return;
    tally.hash = jk_sha256_new();
    tally.buffer = malloc(PIECE);
    if (!tally.hash || !tally.buffer || !list_folder(&tally, results->arena)) {
        jk_results_add(results, "files", JK_RESULT_FAILS, "there is not enough memory to read them");
        return;
    }
    jk_progress_begin(&tally.progress, artifact->shown, artifact->terminal, artifact->utf8, "files", summary.bytes);
    check_files(&tally);
    jk_progress_end(&tally.progress);
    tell_files(&tally);
    tell_unlisted(&tally);
}
