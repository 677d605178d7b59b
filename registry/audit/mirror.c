/* See mirror.h. The fetchers take tiles from one walk under a lock; the calling thread waits and shows progress. */
#include "audit/mirror.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/condition.h"
#include "base/defer.h"
#include "fetch/fetch.h"
#include "tlog/note.h"

#define TRIES       6
#define PAUSE_MS    200
#define PROGRESS_MS 100
#define URL_MAX     2048
#define REJECTED    ".rejected"

struct jk_mirror {
    struct jk_mirror_options options;
    int folder, lock_file;
    struct jk_fetch *fetch; /* the calling thread's */
    struct jk_fetch *large; /* the same for large files; NULL: none was asked for yet */
    size_t large_most;
    char url[URL_MAX]; /* without "/" at its end */

    pthread_mutex_t lock; /* of all below */
    pthread_cond_t moved;
    struct jk_tile_walk walk;
    uint64_t turn;         /* of the tile that is handed out next */
    uint64_t done, total;  /* tiles that were missing */
    unsigned working;      /* fetchers */
    uint64_t failed_turn;  /* of the first failure in the walk's order; UINT64_MAX: none */
    struct jk_error error; /* that failure; its facts lie in `arena` */
    struct jk_arena arena;
    struct jk_tile *fetched; /* in this run */
    size_t fetched_count, fetched_room;
};

struct fetcher {
    struct jk_mirror *mirror;
    struct jk_fetch *fetch;
    pthread_t thread;
    unsigned number;
};

/* ---- one file ---- */

static bool is_worth_again(enum jk_status status, int http)
{
    if (status == JK_OK) return http == 429 || http >= 500;
    return status == JK_UNAVAILABLE;
}

static enum jk_status bad_answer(const char *url, int http, struct jk_error *error)
{
    if (http == 404 || http == 410)
        return jk_fail(error, JK_NOT_FOUND, "MIRROR_ABSENT", "%.300s does not exist (%d)", url, http);
    return jk_fail(error, JK_UNAVAILABLE, "FETCH_FAILED", "%.300s: the answer was %d", url, http);
}

/* The file's bytes, valid until the next call with the same fetch. */
static enum jk_status fetch_file(const struct jk_mirror *mirror, struct jk_fetch *fetch, const char *path,
                                 struct jk_span *out_bytes, struct jk_error *error)
{
    char url[URL_MAX + JK_TILE_PATH + 2];
    int64_t pause_ms = mirror->options.pause_ms ? mirror->options.pause_ms : PAUSE_MS;
    snprintf(url, sizeof url, "%s/%s", mirror->url, path);
    for (int tries = 1;; tries++, pause_ms *= 2) {
        struct jk_fetch_reply reply = {.status = 0};
        struct jk_error own;
        jk_error_init(&own, NULL);
        enum jk_status status = jk_fetch_get(fetch, url, &reply, &own);
        if (status == JK_OK && reply.status == 200) {
            *out_bytes = reply.body;
            return JK_OK;
        }
        if (tries < TRIES && is_worth_again(status, reply.status)) {
            jk_sleep_ms(pause_ms);
            continue;
        }
        return status == JK_OK ? bad_answer(url, reply.status, error)
                               : jk_fail(error, status, own.reason, "%s", own.message);
    }
}

enum jk_status jk_mirror_get(struct jk_mirror *mirror, const char *path, struct jk_text *out_bytes,
                             struct jk_error *error)
{
    struct jk_span bytes;
    JK_TRY(fetch_file(mirror, mirror->fetch, path, &bytes, error));
    jk_text_clear(out_bytes);
    jk_text_add(out_bytes, bytes);
    return out_bytes->failed ? jk_out_of_memory(error) : JK_OK;
}

/* ---- tiles ---- */

static bool has_size(int folder, const struct jk_tile *tile)
{
    char path[JK_TILE_PATH];
    uint64_t size;
    jk_tile_path(tile, path);
    if (!jk_copy_has(folder, path, &size)) return false;
    return tile->kind == JK_TILE_ENTRIES ? size > 0 : size == (uint64_t)tile->width * JK_DIGEST_SIZE;
}

/* The full tile serves for a partial one. */
static bool is_mirrored(const struct jk_mirror *mirror, const struct jk_tile *tile)
{
    struct jk_tile full = *tile;
    full.width = JK_TILE_WIDTH;
    return has_size(mirror->folder, tile) || has_size(mirror->folder, &full);
}

static enum jk_status put_fetched_tile(const struct fetcher *fetcher, const struct jk_tile *tile, struct jk_span bytes,
                                       struct jk_error *error)
{
    char path[JK_TILE_PATH], temporary[64];
    jk_tile_path(tile, path);
    if (!jk_tile_formed(tile, bytes, NULL)) {
        jk_error_fact(error, "file", "%s", path);
        return jk_fail(error, JK_DATA_LOSS, "AUDIT_MALFORMED",
                       "%s: the source gives %zu bytes, which is not a tile of %u %s", path, bytes.len, tile->width,
                       tile->kind == JK_TILE_ENTRIES ? "entries" : "hashes");
    }
    snprintf(temporary, sizeof temporary, ".part-%u", fetcher->number);
    return jk_copy_write(fetcher->mirror->folder, temporary, path, bytes, false, error);
}

/* A partial tile that is gone has become a full one. */
static enum jk_status fetch_tile(const struct fetcher *fetcher, struct jk_tile *tile, struct jk_error *error)
{
    char path[JK_TILE_PATH];
    struct jk_span bytes;
    struct jk_error own;
    jk_error_init(&own, NULL);
    jk_tile_path(tile, path);
    enum jk_status status = fetch_file(fetcher->mirror, fetcher->fetch, path, &bytes, &own);
    if (status == JK_NOT_FOUND && tile->width < JK_TILE_WIDTH) {
        char full[JK_TILE_PATH];
        tile->width = JK_TILE_WIDTH;
        jk_tile_path(tile, full);
        jk_error_init(&own, NULL);
        status = fetch_file(fetcher->mirror, fetcher->fetch, full, &bytes, &own);
    }
    if (status == JK_OK) return put_fetched_tile(fetcher, tile, bytes, error);
    if (status != JK_NOT_FOUND) return jk_fail(error, status, own.reason, "%s", own.message);
    jk_error_fact(error, "file", "%s", path);
    if (tile->level == 0) jk_error_fact(error, "index", "%llu", (unsigned long long)(tile->index * JK_TILE_WIDTH));
    return jk_fail(error, JK_DATA_LOSS, "AUDIT_MISSING", "%s is missing, though the checkpoint's size needs it", path);
}

/* ---- the fetchers ---- */

/* The next tile that is missing, and its turn. The lock is held. */
static bool next_missing_tile(struct jk_mirror *mirror, struct jk_tile *out_tile, uint64_t *out_turn)
{
    while (mirror->failed_turn == UINT64_MAX && jk_tile_walk_next(&mirror->walk, out_tile)) {
        *out_turn = mirror->turn++;
        if (!is_mirrored(mirror, out_tile)) return true;
    }
    return false;
}

static void note_failure(struct jk_mirror *mirror, uint64_t turn, const struct jk_error *error)
{
    if (turn >= mirror->failed_turn) return;
    mirror->failed_turn = turn;
    jk_arena_reset(&mirror->arena);
    jk_error_init(&mirror->error, &mirror->arena);
    for (size_t i = 0; i < error->fact_count; i++)
        jk_error_fact(&mirror->error, error->facts[i].key, "%s", error->facts[i].value);
    (void)jk_fail(&mirror->error, error->status, error->reason, "%s", error->message);
}

static bool note_fetched(struct jk_mirror *mirror, const struct jk_tile *tile)
{
    if (!JK_ARRAY_GROW(mirror->fetched, mirror->fetched_count, mirror->fetched_room)) return false;
    mirror->fetched[mirror->fetched_count++] = *tile;
    return true;
}

static void *run_fetcher(void *context)
{
    struct fetcher *fetcher = context;
    struct jk_mirror *mirror = fetcher->mirror;
    struct jk_tile tile;
    struct jk_arena arena;
    struct jk_error error;
    uint64_t turn;
    jk_arena_init(&arena, 1u << 16);
    pthread_mutex_lock(&mirror->lock);
    while (next_missing_tile(mirror, &tile, &turn)) {
        pthread_mutex_unlock(&mirror->lock);
        jk_error_init(&error, &arena);
        enum jk_status status = fetch_tile(fetcher, &tile, &error);
        pthread_mutex_lock(&mirror->lock);
        if (status == JK_OK && !note_fetched(mirror, &tile)) status = jk_out_of_memory(&error);
        if (status != JK_OK) note_failure(mirror, turn, &error);
        mirror->done++;
    }
    mirror->working--;
    pthread_cond_signal(&mirror->moved);
    pthread_mutex_unlock(&mirror->lock);
    jk_arena_done(&arena);
    return NULL;
}

static struct jk_fetch *new_fetch(const struct jk_mirror_options *options, size_t body_max)
{
    struct jk_fetch_options own = {
        .timeout_ms = options->timeout_ms, .body_max = body_max, .ca_file = options->ca_file};
    return jk_fetch_new(&own);
}

static unsigned start_fetchers(struct jk_mirror *mirror, struct fetcher *fetchers)
{
    unsigned count = 0;
    for (; count < mirror->options.jobs && count < mirror->total; count++) {
        struct fetcher *fetcher = &fetchers[count];
        *fetcher =
            (struct fetcher){.mirror = mirror, .fetch = new_fetch(&mirror->options, JK_BUNDLE_MAX), .number = count};
        if (!fetcher->fetch) break;
        mirror->working++;
        if (pthread_create(&fetcher->thread, NULL, run_fetcher, fetcher) == 0) continue;
        mirror->working--;
        jk_fetch_free(fetcher->fetch);
        break;
    }
    return count;
}

enum jk_status jk_mirror_fill(struct jk_mirror *mirror, uint64_t size, uint64_t *out_fetched, struct jk_error *error)
{
    struct fetcher fetchers[JK_MIRROR_JOBS_MAX];
    struct jk_tile tile;
    mirror->total = mirror->done = mirror->turn = 0;
    mirror->failed_turn = UINT64_MAX;
    jk_tile_walk_init(&mirror->walk, 0, size);
    while (jk_tile_walk_next(&mirror->walk, &tile))
        mirror->total += !is_mirrored(mirror, &tile);
    jk_tile_walk_init(&mirror->walk, 0, size);

    *out_fetched = mirror->total;
    if (mirror->total == 0) return JK_OK;
    pthread_mutex_lock(&mirror->lock);
    unsigned count = start_fetchers(mirror, fetchers);

    /* Shows progress until every fetcher is through. The lock is held, but not while progress is shown. */
    while (mirror->working > 0) {
        (void)jk_condition_wait_until(&mirror->moved, &mirror->lock, jk_monotonic_ms() + PROGRESS_MS);
        uint64_t done = mirror->done;
        pthread_mutex_unlock(&mirror->lock);
        if (mirror->options.progress) mirror->options.progress(mirror->options.context, done, mirror->total);
        pthread_mutex_lock(&mirror->lock);
    }

    pthread_mutex_unlock(&mirror->lock);
    for (unsigned i = 0; i < count; i++) {
        pthread_join(fetchers[i].thread, NULL);
        jk_fetch_free(fetchers[i].fetch);
    }
    if (count == 0) return jk_fail(error, JK_RESOURCE_EXHAUSTED, "NO_THREAD", "no thread could be started");
    if (mirror->failed_turn == UINT64_MAX) return JK_OK;
    for (size_t i = 0; i < mirror->error.fact_count; i++)
        jk_error_fact(error, mirror->error.facts[i].key, "%s", mirror->error.facts[i].value);
    return jk_fail(error, mirror->error.status, mirror->error.reason, "%s", mirror->error.message);
}

/* ---- accepted or refused ---- */

/* Partial tiles of a folder <N>.p but the one of that width; 0: all. */
static void remove_partials(const struct jk_mirror *mirror, const char *folder, unsigned width)
{
    int file = openat(mirror->folder, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *listing = file >= 0 ? fdopendir(file) : NULL;
    char kept[16];
    if (!listing) {
        if (file >= 0) close(file);
        return;
    }
    snprintf(kept, sizeof kept, "%u", width);
    for (const struct dirent *item; (item = readdir(listing)) != NULL;)
        if (item->d_name[0] != '.' && strcmp(item->d_name, kept) != 0) (void)unlinkat(file, item->d_name, 0);
    closedir(listing);
    if (width == 0) (void)unlinkat(mirror->folder, folder, AT_REMOVEDIR);
}

/* The right edge moves, and leaves the partial tiles of the sizes before behind: at each level only those of its last
 * tile now, and of the last tile at the size before, can be there. */
static void remove_old_partials(const struct jk_mirror *mirror, unsigned level, bool entries, uint64_t before,
                                uint64_t size)
{
    uint64_t first = (before >> (JK_TILE_BITS * level)) / JK_TILE_WIDTH;
    uint64_t last = (size >> (JK_TILE_BITS * level)) / JK_TILE_WIDTH;
    uint64_t ends[2] = {first, last};
    for (int i = 0; i < 2; i++) {
        struct jk_tile tile = {entries ? JK_TILE_ENTRIES : JK_TILE_HASHES, level, 1, ends[i]};
        unsigned width = jk_tile_width_at(level, ends[i], size);
        char path[JK_TILE_PATH];
        jk_tile_path(&tile, path);
        path[strlen(path) - strlen("/1")] = '\0';
        remove_partials(mirror, path, width == JK_TILE_WIDTH ? 0 : width);
    }
}

/* The size that the mirror's checkpoint has now; its text is what was verified once. 0 where there is none. */
static uint64_t size_before(const struct jk_mirror *mirror)
{
    JK_CLEANUP(jk_text_done) struct jk_text note;
    struct jk_checkpoint checkpoint;
    struct jk_span body, signatures;
    struct jk_error error;
    bool found;
    jk_text_init(&note, 0);
    jk_error_init(&error, NULL);
    bool known = jk_copy_read(mirror->folder, "checkpoint", JK_NOTE_MAX, &note, &found, &error) == JK_OK && found &&
                 jk_note_open(jk_text_span(&note), &body, &signatures, &error) == JK_OK &&
                 jk_checkpoint_parse(body, &checkpoint, &error) == JK_OK;
    return known ? checkpoint.size : 0;
}

enum jk_status jk_mirror_accept(struct jk_mirror *mirror, struct jk_span keys, struct jk_span note, uint64_t size,
                                struct jk_error *error)
{
    uint64_t before = size_before(mirror);
    JK_TRY(jk_copy_write(mirror->folder, ".part-key", "log.vkey", keys, true, error));
    JK_TRY(jk_copy_write(mirror->folder, ".part-checkpoint", "checkpoint", note, true, error));
    if (before > size) before = size;
    remove_old_partials(mirror, 0, true, before, size);
    for (unsigned level = 0; level < JK_TILE_LEVELS; level++)
        remove_old_partials(mirror, level, false, before, size);
    return JK_OK;
}

static bool move_aside(const struct jk_mirror *mirror, const char *path)
{
    char aside[JK_TILE_PATH + sizeof REJECTED + 1];
    struct jk_tile tile;
    if (!path || !jk_tile_parse(jk_span_of(path), &tile)) return false;
    (void)mkdirat(mirror->folder, REJECTED, 0755);
    snprintf(aside, sizeof aside, REJECTED "/%.*s", JK_TILE_PATH, path);
    for (size_t at = sizeof REJECTED; aside[at]; at++)
        if (aside[at] == '/') aside[at] = '-';
    return renameat(mirror->folder, path, mirror->folder, aside) == 0;
}

static void remove_tile(const struct jk_mirror *mirror, const struct jk_tile *tile)
{
    char path[JK_TILE_PATH];
    jk_tile_path(tile, path);
    (void)unlinkat(mirror->folder, path, 0);
}

/* Leftovers of earlier runs may be faulty too: removes everything that no accepted checkpoint covers. */
unsigned jk_mirror_reject(struct jk_mirror *mirror, uint64_t size, const char *path, const char *other_path)
{
    unsigned moved = (unsigned)move_aside(mirror, path) + (unsigned)move_aside(mirror, other_path);
    uint64_t before = size_before(mirror);
    struct jk_tile_walk walk;
    struct jk_tile tile;
    for (size_t i = 0; i < mirror->fetched_count; i++)
        remove_tile(mirror, &mirror->fetched[i]);
    mirror->fetched_count = 0;
    jk_tile_walk_init(&walk, before < size ? before : size, size);
    while (jk_tile_walk_next(&walk, &tile)) {
        remove_tile(mirror, &tile);
        tile.width = JK_TILE_WIDTH;
        remove_tile(mirror, &tile);
    }
    return moved;
}

/* ---- open and close ---- */

static enum jk_status lock_folder(struct jk_mirror *mirror, struct jk_error *error)
{
    mirror->lock_file = openat(mirror->folder, ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (mirror->lock_file < 0)
        return jk_fail(error, JK_INTERNAL, "LOCAL_FILE", "%.300s/.lock cannot be created: %s", mirror->options.folder,
                       strerror(errno));
    if (flock(mirror->lock_file, LOCK_EX | LOCK_NB) == 0) return JK_OK;
    return jk_fail(error, JK_ABORTED, "MIRROR_BUSY", "another process works in the mirror %.300s",
                   mirror->options.folder);
}

enum jk_status jk_mirror_place(struct jk_mirror *mirror, const char *folder, struct jk_error *error)
{
    JK_CHECK(mirror->folder < 0);
    mirror->options.folder = folder;

    char part[JK_COPY_PATH];
    size_t len = strlen(folder);
    if (len == 0 || len >= sizeof part)
        return jk_fail(error, JK_INVALID_ARGUMENT, "USAGE", "the mirror's path must have 1 to %zu bytes",
                       sizeof part - 1);
    for (size_t i = 1; i <= len; i++) {
        if (folder[i] != '/' && folder[i] != '\0') continue;
        memcpy(part, folder, i);
        part[i] = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            return jk_fail(error, JK_INTERNAL, "LOCAL_FILE", "the folder %.300s cannot be created: %s", part,
                           strerror(errno));
    }

    JK_TRY(jk_copy_open(folder, &mirror->folder, error));
    enum jk_status status = lock_folder(mirror, error);
    if (status == JK_OK) return JK_OK;
    close(mirror->folder);
    mirror->folder = -1;
    return status;
}

static enum jk_status set_up(struct jk_mirror *mirror, struct jk_error *error)
{
    size_t len = strlen(mirror->options.url);
    while (len > 0 && mirror->options.url[len - 1] == '/')
        len--;
    if (len >= sizeof mirror->url)
        return jk_fail(error, JK_INVALID_ARGUMENT, "FETCH_URL", "the URL has more than %zu bytes",
                       sizeof mirror->url - 1);
    memcpy(mirror->url, mirror->options.url, len);
    if (mirror->options.folder) JK_TRY(jk_mirror_place(mirror, mirror->options.folder, error));
    jk_fetch_setup();
    mirror->fetch = new_fetch(&mirror->options, JK_BUNDLE_MAX);
    return mirror->fetch ? JK_OK : jk_out_of_memory(error);
}

/* One connection for all files with the same limit, of which there may be many. */
static bool open_large(struct jk_mirror *mirror, size_t most)
{
    if (mirror->large && mirror->large_most == most) return true;
    jk_fetch_free(mirror->large);
    mirror->large = new_fetch(&mirror->options, most);
    mirror->large_most = most;
    return mirror->large != NULL;
}

enum jk_status jk_mirror_get_large(struct jk_mirror *mirror, const char *path, size_t most, struct jk_text *out_bytes,
                                   struct jk_error *error)
{
    struct jk_span bytes;
    jk_text_clear(out_bytes);
    if (!open_large(mirror, most)) return jk_out_of_memory(error);
    JK_TRY(fetch_file(mirror, mirror->large, path, &bytes, error));
    jk_text_add(out_bytes, bytes);
    return out_bytes->failed ? jk_out_of_memory(error) : JK_OK;
}

enum jk_status jk_mirror_open(const struct jk_mirror_options *options, struct jk_mirror **out_mirror,
                              struct jk_error *error)
{
    struct jk_mirror *mirror = calloc(1, sizeof *mirror);
    if (!mirror) return jk_out_of_memory(error);
    JK_CHECK(options->jobs >= 1 && options->jobs <= JK_MIRROR_JOBS_MAX);
    JK_CHECK(pthread_mutex_init(&mirror->lock, NULL) == 0);
    jk_condition_init(&mirror->moved);
    mirror->options = *options;
    mirror->folder = mirror->lock_file = -1;
    jk_arena_init(&mirror->arena, 1u << 16);
    enum jk_status status = set_up(mirror, error);
    if (status == JK_OK)
        *out_mirror = mirror;
    else
        jk_mirror_close(mirror);
    return status;
}

void jk_mirror_close(struct jk_mirror *mirror)
{
    if (!mirror) return;
    jk_fetch_free(mirror->fetch);
    jk_fetch_free(mirror->large);
    if (mirror->lock_file >= 0) close(mirror->lock_file);
    if (mirror->folder >= 0) close(mirror->folder);
    pthread_cond_destroy(&mirror->moved);
    pthread_mutex_destroy(&mirror->lock);
    jk_arena_done(&mirror->arena);
    free(mirror->fetched);
    free(mirror);
}

int jk_mirror_folder(const struct jk_mirror *mirror)
{
    return mirror->folder;
}
