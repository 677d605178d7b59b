/* See artifact.h. */
#include "verify/artifact.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/defer.h"
#include "base/text.h"
#include "domain/manifest.h"
#include "scan/scan.h"
#include "scan/walk.h"
#include "verify/form.h"
#include "verify/listed.h"
#include "verify/placed.h"

#define ARENA (256u << 20)

/* What the manifest says of a file, beside what was found. */
struct said {
    uint64_t size;
    struct jk_digest digest;
    const struct jk_walked *other; /* it lies there under another form of its name; NULL: not so */
};

struct tally {
    struct jk_artifact *artifact;
    struct jk_results *results;
    struct jk_manifest_summary summary;
    struct jk_progress progress;
    struct jk_arena arena;
    struct jk_scan_file *files;
    struct said *said;
    size_t count;
    struct jk_walk walk;   /* its files */
    struct jk_span *names; /* of each: what the manifest calls it; empty: it does not list it */
    uint64_t differ, unread, lines_differ, unlisted, slipped_in, unnamed, named, renamed;
};

static void end_tally(struct tally *tally)
{
    for (size_t i = 0; i < tally->count; i++)
        jk_scan_file_done(&tally->files[i]);
    free(tally->files);
    free(tally->said);
    jk_walk_done(&tally->walk);
    jk_arena_done(&tally->arena);
}

/* The first are named, all are counted. */
__attribute__((format(printf, 4, 5))) static void fails(struct tally *tally, const char *check, struct jk_span path,
                                                        const char *format, ...)
{
    char why[400], shown[256];
    va_list args;
    if (tally->named >= JK_ARTIFACT_NAMED) return;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    jk_text_shorten(path, shown, sizeof shown);
    tally->named++;
    jk_results_add(tally->results, check, JK_RESULT_FAILS, "%s: %s", shown, why);
}

/* Local trouble stays in mind even where it is not among the first. */
static void fails_here(struct tally *tally, const char *check, struct jk_span path, const char *why)
{
    char shown[256], text[800];
    jk_text_shorten(path, shown, sizeof shown);
    snprintf(text, sizeof text, "%s: %s", shown, why);
    if (tally->named++ < JK_ARTIFACT_NAMED || !tally->results->local) jk_results_add_local(tally->results, check, text);
}

/* ---- the manifest ---- */

/* NULL, or why this is not the statement's manifest. A statement may leave the weights digest out. */
static const char *manifest_fault(const struct jk_artifact *artifact, struct jk_manifest_summary *summary,
                                  struct jk_error *error)
{
    const struct jk_statement *statement = artifact->statement;
    struct jk_digest digest = jk_digest_of(artifact->manifest);
    if (statement && !jk_digest_equal(&digest, &statement->artifact))
        return "its SHA-256 is not the artifact digest in the statement";
    if (jk_manifest_check(artifact->manifest, summary, error) != JK_OK) return error->message;
    if (!statement || jk_digest_is_zero(&statement->weights) || jk_digest_equal(&summary->weights, &statement->weights))
        return NULL;
    return "its weights digest is not the one in the statement";
}

static bool check_manifest(struct tally *tally)
{
    const struct jk_statement *statement = tally->artifact->statement;
    char hex[JK_DIGEST_HEX + 1];
    struct jk_error error;
    jk_error_init(&error, NULL);
    const char *fault = manifest_fault(tally->artifact, &tally->summary, &error);
    jk_digest_hex(statement ? &statement->artifact : &tally->summary.artifact, hex);
    if (fault && jk_error_is_set(&error) && error.status != JK_INVALID_ARGUMENT)
        jk_results_add_local(tally->results, "manifest", fault);
    else if (fault && statement)
        jk_results_add(tally->results, "manifest", JK_RESULT_FAILS, "%s (which says %s)", fault, hex);
    else if (fault)
        jk_results_add(tally->results, "manifest", JK_RESULT_FAILS, "%s", fault);
    else if (statement)
        jk_results_add(tally->results, "manifest", JK_RESULT_HOLDS,
                       "its SHA-256 is the artifact digest in the statement, %s", hex);
    else
        jk_results_add(tally->results, "manifest", JK_RESULT_HOLDS,
                       "well-formed, of version %u; its SHA-256, the artifact digest, is %s", tally->summary.version,
                       hex);
    return !fault;
}

/* ---- files ---- */

/* Once its content is known: a file that was a guess and has other content is none of the manifest's. True: it is. */
static bool settle_other_form(struct tally *tally, const struct jk_scan_file *file, const struct said *said)
{
    char shown[256];
    JK_CLEANUP(jk_text_done) struct jk_text path;
    jk_text_init(&path, 0);
    bool sure =
        jk_percent_decode(&path, file->named) && jk_form_same(jk_text_span(&path), jk_span_of(said->other->path));
    if (!sure && (!file->done || !jk_digest_equal(&file->digest, &said->digest))) {
        tally->names[said->other - tally->walk.files] = (struct jk_span){0};
        return false;
    }
    jk_text_shorten(file->named, shown, sizeof shown);
    if (tally->renamed++ < JK_ARTIFACT_NAMED)
        jk_results_add(tally->results, "name", JK_RESULT_NOTE, "%s has the same name in another Unicode form, %s",
                       shown, said->other->path);
    return true;
}

/* A path as it is on the disk; NULL: out of memory. */
static const char *decoded(struct tally *tally, struct jk_span path)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    jk_text_init(&text, 0);
    bool read = jk_percent_decode(&text, path) && !text.failed;
    return read ? jk_arena_copy(&tally->arena, text.bytes, text.len) : NULL;
}

static bool take_files(struct tally *tally)
{
    struct jk_span rest = jk_manifest_lines(tally->artifact->manifest);
    struct jk_manifest_line line;
    tally->files = calloc(tally->summary.files, sizeof *tally->files);
    tally->said = calloc(tally->summary.files, sizeof *tally->said);
    if (!tally->files || !tally->said) return false;
    while (jk_manifest_next(&rest, &line) && line.kind == JK_MANIFEST_FILE) {
        const char *path = decoded(tally, line.path);
        if (!path) return false;
        tally->said[tally->count] = (struct said){.size = line.size, .digest = line.digest};
        tally->files[tally->count++] = (struct jk_scan_file){.path = path, .named = line.path, .facts.size = line.size};
    }
    return true;
}

static bool read_listed_files(struct tally *tally)
{
    const struct jk_artifact *artifact = tally->artifact;
    struct jk_scan_options options = {.folder = artifact->folder,
                                      .files = tally->files,
                                      .count = tally->count,
                                      .threads = artifact->threads,
                                      .sketches = tally->summary.version >= 2,
                                      .progress = jk_progress_show,
                                      .user = &tally->progress};
    struct jk_error error;
    jk_error_init(&error, NULL);
    jk_progress_begin(&tally->progress, artifact->shown, artifact->terminal, artifact->utf8, "files",
                      tally->summary.bytes);
    enum jk_status status = jk_scan_run(&options, &error);
    jk_progress_end(&tally->progress);
    if (status != JK_OK) jk_results_add_local(tally->results, "files", error.message);
    return status == JK_OK;
}

/* A file that is not the manifest's: what stands in its lines is not looked at any more. Damage in a weight file is
 * told by its lines in version 1, which need not have any, and by itself in version 2. */
static void judge_file(struct tally *tally, struct jk_scan_file *file, const struct said *said)
{
    char wanted[JK_DIGEST_HEX + 1], found[JK_DIGEST_HEX + 1];
    jk_digest_hex(&file->digest, found);
    jk_digest_hex(&said->digest, wanted);
    if (file->unread) {
        tally->unread++;
        fails_here(tally, "file", file->named, file->fault);
        file->done = false;
        return;
    }
    uint64_t before = tally->differ++;
    if (said->other && !settle_other_form(tally, file, said))
        fails(tally, "file", file->named, "it is missing");
    else if (!file->done)
        fails(tally, "file", file->named, "%s", file->fault);
    else if (file->facts.size != said->size)
        fails(tally, "file", file->named, "%llu bytes here, %llu in the manifest", (unsigned long long)file->facts.size,
              (unsigned long long)said->size);
    else if (!jk_digest_equal(&file->digest, &said->digest))
        fails(tally, "file", file->named, "SHA-256 %.16s… here, %.16s… in the manifest", found, wanted);
    else {
        if (file->fault[0] && (tally->summary.version >= 2 || !file->unsound))
            fails(tally, "file", file->named, "%s", file->fault);
        else
            tally->differ = before;
        tally->artifact->partial |= file->fault[0] != '\0';
        return;
    }
    file->done = false;
}

static void tell_files(struct tally *tally)
{
    unsigned long long files = tally->count, bytes = tally->summary.bytes, differ = tally->differ;
    if (tally->unread > 0)
        jk_results_add(tally->results, "files", JK_RESULT_FAILS,
                       "%llu of %llu differ from the manifest, and %llu could not be read", differ, files,
                       (unsigned long long)tally->unread);
    else if (differ == 0)
        jk_results_add(tally->results, "files", JK_RESULT_HOLDS, "%llu %s of %llu bytes in all, as in the manifest",
                       files, files == 1 ? "file" : "files", bytes);
    else
        jk_results_add(tally->results, "files", JK_RESULT_FAILS, "%llu of %llu differ from the manifest", differ,
                       files);
}

/* Of files that are the manifest's: what of them nothing can be compared with, for numbers that are not finite, say. */
static void tell_notes(struct tally *tally)
{
    unsigned told = 0;
    for (size_t i = 0; i < tally->count && told < JK_ARTIFACT_NAMED; i++) {
        const struct jk_scan_file *file = &tally->files[i];
        char shown[256];
        if (!file->done || !file->note[0]) continue;
        jk_text_shorten(file->named, shown, sizeof shown);
        jk_results_add(tally->results, "file", JK_RESULT_NOTE, "%s: %s", shown, file->note);
        told++;
    }
}

/* ---- header, tensor and sketch lines ---- */

static void tell_line(void *user, enum jk_listed_fault fault, const struct jk_manifest_line *line)
{
    static const char *const words[] = {[JK_MANIFEST_FILE] = "file",
                                        [JK_MANIFEST_HEADER] = "header",
                                        [JK_MANIFEST_TENSOR] = "tensor",
                                        [JK_MANIFEST_SKETCH] = "sketch"};
    static const char *const faults[] = {[JK_LISTED_DIFFERS] = "is another one in the file",
                                         [JK_LISTED_INVENTED] = "stands in the manifest, and the file has none",
                                         [JK_LISTED_LEFT_OUT] = "is in the file, and not in the manifest"};
    struct tally *tally = user;
    char shown[128];
    jk_text_shorten(line->name, shown, sizeof shown);
    tally->lines_differ++;
    fails(tally, words[line->kind], line->path, "the %s%s%s %s", words[line->kind], line->name.len ? " " : "", shown,
          faults[fault]);
}

static void check_lines(struct tally *tally)
{
    struct jk_listed listed = {.manifest = tally->artifact->manifest,
                               .version = tally->summary.version,
                               .files = tally->files,
                               .count = tally->count,
                               .differs = tell_line,
                               .user = tally};
    bool compared = jk_listed_check(&listed);
    tally->artifact->partial |= listed.partial;
    if (!compared)
        jk_results_add_local(tally->results, "tensors", "there is not enough memory to compare them");
    else if (tally->lines_differ > 0)
        jk_results_add(tally->results, "tensors", JK_RESULT_FAILS,
                       "%llu %s of headers, tensors and sketches differ from the files",
                       (unsigned long long)tally->lines_differ, tally->lines_differ == 1 ? "line" : "lines");
    else if (listed.lines > 0)
        jk_results_add(tally->results, "tensors", JK_RESULT_HOLDS, "%u tensors and %u sketches, as the files hold them",
                       tally->summary.tensors, tally->summary.sketches);
}

/* ---- what is not listed ---- */

/* NULL: it does no harm. What is no file may hide weights or code: a link to a folder, say. */
static const char *unlisted_fault(const struct jk_walked *file)
{
    if (file->odd) return file->odd;
    if (jk_manifest_is_weights(file->named)) return "it is weights";
    if (jk_manifest_is_code(file->named)) return "it is code";
    return jk_manifest_is_container(file->named) ? "it is of a format that holds weights or code" : NULL;
}

static void judge_unlisted(struct tally *tally, const struct jk_walked *file, struct jk_text *others)
{
    char shown[100];
    if (tally->names[file - tally->walk.files].len > 0) return;
    const char *why = unlisted_fault(file);
    if (file->unread) {
        fails_here(tally, "unlisted", file->named, why);
        return;
    }
    if (why) {
        tally->slipped_in++;
        tally->unnamed += tally->named >= JK_ARTIFACT_NAMED;
        fails(tally, "unlisted", file->named, "the manifest does not list it, and %s", why);
        return;
    }
    jk_text_shorten(file->named, shown, sizeof shown);
    if (tally->unlisted++ < JK_ARTIFACT_NAMED) jk_text_addf(others, "%s%s", others->len ? ", " : "", shown);
}

static void check_unlisted(struct tally *tally)
{
    JK_CLEANUP(jk_text_done) struct jk_text others;
    jk_text_init(&others, 0);
    for (size_t i = 0; i < tally->walk.count; i++)
        judge_unlisted(tally, &tally->walk.files[i], &others);
    if (tally->unnamed > 0)
        jk_results_add(tally->results, "unlisted", JK_RESULT_FAILS,
                       "the manifest does not list %llu that are weights, code or no files; %llu of them are not named",
                       (unsigned long long)tally->slipped_in, (unsigned long long)tally->unnamed);
    if (tally->unlisted > 0)
        jk_results_add(tally->results, "unlisted", JK_RESULT_NOTE,
                       "neither weights nor code, and not in the manifest: %s%s", others.bytes ? others.bytes : "",
                       tally->unlisted > JK_ARTIFACT_NAMED ? ", …" : "");
}

/* ---- the whole ---- */

static int by_manifest_name(const void *key, const void *item)
{
    return jk_span_compare(*(const struct jk_span *)key, ((const struct jk_scan_file *)item)->named);
}

/* Files that lie there under another form of their name are read where they lie. False: out of memory. */
static bool place_files(struct tally *tally)
{
    tally->names = jk_arena_zalloc(&tally->arena, tally->walk.count + 1, sizeof *tally->names);
    if (!tally->names || !jk_placed_names(&tally->walk, tally->artifact->manifest, tally->names)) return false;
    for (size_t i = 0; i < tally->walk.count; i++) {
        const struct jk_walked *walked = &tally->walk.files[i];
        if (tally->names[i].len == 0 || jk_span_equal(tally->names[i], walked->named)) continue;
        struct jk_scan_file *file =
            bsearch(&tally->names[i], tally->files, tally->count, sizeof *tally->files, by_manifest_name);
        tally->said[file - tally->files].other = walked;
        file->path = walked->path;
    }
    return true;
}

static bool find_files(struct tally *tally)
{
    const struct jk_artifact *artifact = tally->artifact;
    struct jk_error error;
    jk_error_init(&error, NULL);
    bool taken = take_files(tally);
    if (taken && jk_walk_folder(artifact->folder, &tally->walk, &error) != JK_OK) {
        jk_results_add_local(tally->results, "files", error.message);
        return false;
    }
    jk_walk_leave_out(&tally->walk, artifact->manifest_path);
    if (taken && place_files(tally)) return true;
    jk_results_add_local(tally->results, "files", "there is not enough memory to read them");
    return false;
}

void jk_artifact_check(struct jk_artifact *artifact, struct jk_results *results)
{
    JK_CLEANUP(end_tally) struct tally tally = {.artifact = artifact, .results = results};
    artifact->partial = false;
    jk_arena_init(&tally.arena, ARENA);
    if (!check_manifest(&tally) || !find_files(&tally) || !read_listed_files(&tally)) return;
    for (size_t i = 0; i < tally.count; i++)
        judge_file(&tally, &tally.files[i], &tally.said[i]);
    tell_files(&tally);
    tell_notes(&tally);
    check_lines(&tally);
    check_unlisted(&tally);
}
