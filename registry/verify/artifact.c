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
#include "domain/manifest.h"

#define PIECE (1u << 20)

struct tally {
    const struct jk_artifact *artifact;
    struct jk_results *results;
    struct jk_sha256 *hash;
    char *buffer; /* PIECE bytes */
    struct jk_progress progress;
    uint64_t files, bytes, differ;
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

static int open_file(struct tally *tally, struct jk_span path, const char **out_why)
{
    JK_CLEANUP(jk_text_done) struct jk_text full;
    jk_text_init(&full, 0);
    jk_text_addf(&full, "%s/", tally->artifact->folder);
    if (jk_percent_decode(&full, path) && !full.failed) return jk_regular_open(AT_FDCWD, full.bytes, true, out_why);
    errno = 0;
    *out_why = "its path cannot be read";
    return -1;
}

static void check_file(struct tally *tally, struct jk_span path, uint64_t size, const struct jk_digest *digest)
{
    char wanted[JK_DIGEST_HEX + 1], found[JK_DIGEST_HEX + 1];
    struct jk_digest here;
    uint64_t bytes = 0;
    const char *why = NULL;
    JK_CLEANUP(close_fd) int fd = open_file(tally, path, &why);
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

void jk_artifact_check(const struct jk_artifact *artifact, struct jk_results *results)
{
    JK_CLEANUP(end_tally) struct tally tally = {.artifact = artifact, .results = results};
    struct jk_manifest_summary summary;
    if (!check_manifest(artifact, &summary, results)) return;
    tally.hash = jk_sha256_new();
    tally.buffer = malloc(PIECE);
    if (!tally.hash || !tally.buffer) {
        jk_results_add(results, "files", JK_RESULT_FAILS, "there is not enough memory to read them");
        return;
    }
    jk_progress_begin(&tally.progress, artifact->shown, artifact->terminal, artifact->utf8, "files", summary.bytes);
    check_files(&tally);
    jk_progress_end(&tally.progress);
    tell_files(&tally);
}
