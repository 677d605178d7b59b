/* See scan.h. A list of open files under one lock; whatever takes long (hashing, sketching) is done without it. */
#include "scan/scan.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/condition.h"
#include "scan/opened.h"

#define TOLD_MS 100

struct jk_scan {
    const struct jk_scan_options *options;
    struct jk_signs *signs;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct jk_opened *opened; /* oldest first */
    size_t next;              /* file to open */
    size_t open;              /* files that are not closed */
    unsigned workers;         /* that have not ended */
    unsigned threads;         /* that there are */
    uint64_t unopened;        /* bytes of files that were not opened yet */
    uint64_t done, total;     /* half bytes: each byte of a weight file is read for its hash, and for its sketch */
    bool no_memory;
};

struct worker {
    struct jk_scan *scan;
    struct jk_sha256_pair *pair;
    unsigned char *room; /* JK_PIECE_READ bytes */
    pthread_t thread;
};

enum jk_scan_kind jk_scan_kind_of(struct jk_span named)
{
    if (jk_span_ends(named, JK_SPAN(".safetensors"))) return JK_SCAN_SAFETENSORS;
    return jk_span_ends(named, JK_SPAN(".gguf")) ? JK_SCAN_GGUF : JK_SCAN_OPAQUE;
}

void jk_scan_file_done(struct jk_scan_file *file)
{
    jk_text_done(&file->lines);
}

/* ---- counting ---- */

static void count_bytes(struct jk_scan *scan, struct jk_opened *opened, uint64_t bytes)
{
    __atomic_add_fetch(&opened->counted, bytes, __ATOMIC_RELAXED);
    __atomic_add_fetch(&scan->done, bytes, __ATOMIC_RELAXED);
}

struct counting {
    struct jk_scan *scan;
    struct jk_opened *opened;
    uint64_t halves; /* that a byte is done with once it is hashed: both, where nothing is sketched */
};

static void count_hashed(void *user, uint64_t bytes)
{
    struct counting *counting = user;
    count_bytes(counting->scan, counting->opened, bytes * counting->halves);
}

/* ---- files ---- */

/* The signs that its largest piece needs, made once for all. Under the lock. */
static void reserve_signs(struct jk_scan *scan, const struct jk_opened *opened)
{
    struct jk_piece_cursor cursor = {0};
    struct jk_piece piece;
    uint64_t most = 0;
    while (jk_piece_next(&opened->table, &cursor, &piece)) {
        most = piece.elements > most ? piece.elements : most;
        cursor.slice = 0;
        cursor.tensor++;
    }
    (void)jk_signs_reserve(scan->signs, most); /* what is missing is made when it is needed */
}

/* Under the lock: nobody is at it, and nothing is left to be begun. */
static void close_scanned(struct jk_scan *scan, struct jk_opened *opened)
{
    struct jk_opened **at = &scan->opened;
    while (*at && *at != opened)
        at = &(*at)->next;
    if (*at) *at = opened->next;
    if (opened->file->done && !opened->file->again) jk_opened_write(opened);
    jk_opened_close(opened);
    /* What need not be read, or could not be, is done as well. Nobody is at the file. */
    count_bytes(scan, opened, 2 * opened->expected - opened->counted);
    if (scan->options->found) scan->options->found(scan->options->user, opened->file);
    scan->open--;
    free(opened);
    pthread_cond_broadcast(&scan->changed);
}

static void leave_scan(struct jk_scan *scan, struct jk_opened *opened)
{
    struct jk_piece_cursor rest = opened->cursor;
    struct jk_piece piece;
    opened->busy--;
    bool left = opened->tabled && scan->options->sketches && jk_piece_next(&opened->table, &rest, &piece);
    left |= opened->tabled && opened->apart && opened->next_tensor < opened->table.count;
    if (opened->busy == 0 && (!left || opened->file->fault[0])) close_scanned(scan, opened);
}

/* Whether all other workers are done with the rest before one of them alone is with this file. */
static bool is_most_of_what_is_left(const struct jk_scan *scan, const struct jk_opened *opened)
{
    return scan->threads > 1 && scan->unopened / (scan->threads - 1) < opened->file->facts.size;
}

/* Lets others be at it. Under the lock. */
static void share(struct jk_scan *scan, struct jk_opened *opened)
{
    struct jk_opened **last = &scan->opened;
    while (*last)
        last = &(*last)->next;
    *last = opened;
    pthread_cond_broadcast(&scan->changed);
}

/* Opens it and hashes it. A file that is most of what is left is no matter for one core alone: others sketch its
 * tensors meanwhile, and, if there are some more of them, hash its tensors too. Otherwise all have files of their own.
 * Called and left with the lock. */
static void read_file(struct worker *worker, struct jk_opened *opened)
{
    struct jk_scan *scan = worker->scan;
    struct counting counting = {scan, opened, 2};
    const struct jk_signs *along = NULL;
    opened->busy = 1;
    bool known = scan->options->known && opened->fd >= 0 && scan->options->known(scan->options->user, opened->file);
    pthread_mutex_unlock(&scan->lock);
    bool tabled = opened->fd >= 0 && !known && jk_opened_read_header(opened);
    pthread_mutex_lock(&scan->lock);
    bool shared = tabled && is_most_of_what_is_left(scan, opened);
    opened->apart = shared && opened->tensors && scan->threads > 2;
    if (tabled && scan->options->sketches) {
        counting.halves = 1;
        reserve_signs(scan, opened);
        if (!shared) along = scan->signs;
    }
    if (shared && (scan->options->sketches || opened->apart)) share(scan, opened);
    pthread_mutex_unlock(&scan->lock);
    bool hashed =
        opened->fd >= 0 && !known && jk_opened_hash(opened, worker->pair, along, worker->room, count_hashed, &counting);
    pthread_mutex_lock(&scan->lock);
    opened->file->done = hashed || known;
    opened->file->again = known;
    leave_scan(scan, opened);
}

/* Under the lock. */
static void open_next(struct worker *worker)
{
    struct jk_scan *scan = worker->scan;
    struct jk_scan_file *file = &scan->options->files[scan->next++];
    scan->unopened -= file->facts.size;
    struct jk_opened *opened = calloc(1, sizeof *opened);
    if (!opened) {
        scan->no_memory = true;
        scan->open--;
        return;
    }
    opened->file = file;
    opened->expected = file->facts.size;
    jk_text_init(&file->lines, 0);
    (void)jk_opened_open(opened, scan->options->folder);
    read_file(worker, opened);
}

/* ---- pieces ---- */

/* The oldest open file with a piece that nobody took yet. */
static struct jk_opened *take_piece(struct jk_scan *scan, struct jk_piece *out_piece)
{
    if (!scan->options->sketches) return NULL;
    for (struct jk_opened *opened = scan->opened; opened; opened = opened->next)
        if (!opened->file->fault[0] && jk_piece_next(&opened->table, &opened->cursor, out_piece)) return opened;
    return NULL;
}

/* Called and left with the lock. */
static void sketch_piece(struct worker *worker, struct jk_opened *opened, const struct jk_piece *piece)
{
    struct jk_scan *scan = worker->scan;
    struct jk_sketch sketch;
    const char *why = NULL;
    opened->busy++;
    pthread_mutex_unlock(&scan->lock);
    enum jk_piece_outcome outcome = jk_piece_sketch(piece, opened->fd, scan->signs, worker->room, &sketch, &why);
    count_bytes(scan, opened, piece->bytes);
    pthread_mutex_lock(&scan->lock);
    jk_opened_take(opened, piece, outcome, &sketch, why);
    leave_scan(scan, opened);
}

/* ---- tensors that are hashed apart ---- */

static struct jk_opened *take_tensor_to_sketch(struct jk_scan *scan, size_t *out_tensor)
{
    for (struct jk_opened *opened = scan->opened; opened; opened = opened->next) {
        if (!opened->apart || opened->file->fault[0] || opened->next_tensor == opened->table.count) continue;
        *out_tensor = opened->next_tensor++;
        return opened;
    }
    return NULL;
}

/* Called and left with the lock. */
static void hash_tensor(struct worker *worker, struct jk_opened *opened, size_t tensor)
{
    struct jk_scan *scan = worker->scan;
    opened->busy++;
    pthread_mutex_unlock(&scan->lock);
    bool hashed = jk_opened_hash_tensor(opened, tensor, worker->pair, worker->room);
    pthread_mutex_lock(&scan->lock);
    if (!hashed) jk_opened_fault(opened, "it changed while it was read");
    leave_scan(scan, opened);
}

/* ---- workers ---- */

static void *work(void *user)
{
    struct worker *worker = user;
    struct jk_scan *scan = worker->scan;
    struct jk_piece piece;
    size_t tensor;
    pthread_mutex_lock(&scan->lock);
    while (scan->open > 0) {
        struct jk_opened *opened = take_tensor_to_sketch(scan, &tensor),
                         *sketched = opened ? NULL : take_piece(scan, &piece);
        if (opened)
            hash_tensor(worker, opened, tensor);
        else if (sketched)
            sketch_piece(worker, sketched, &piece);
        else if (scan->next < scan->options->count)
            open_next(worker);
        else
            pthread_cond_wait(&scan->changed, &scan->lock);
    }
    scan->workers--;
    pthread_cond_broadcast(&scan->changed);
    pthread_mutex_unlock(&scan->lock);
    return NULL;
}

static void done_worker(struct worker *worker)
{
    jk_sha256_pair_free(worker->pair);
    free(worker->room);
}

static unsigned start_workers(struct jk_scan *scan, struct worker *workers, unsigned count)
{
    unsigned started = 0;
    pthread_mutex_lock(&scan->lock);
    for (; started < count; started++) {
        struct worker *worker = &workers[started];
        worker->scan = scan;
        worker->pair = jk_sha256_pair_new();
        worker->room = malloc(JK_PIECE_READ);
        if (!worker->room || !worker->pair || pthread_create(&worker->thread, NULL, work, worker) != 0) {
            done_worker(worker);
            break;
        }
        scan->workers++;
    }
    pthread_mutex_unlock(&scan->lock);
    return started;
}

/* Tells how far it is until all have ended, which they may have already; the last time with all of it done. */
static void wait_for_all(struct jk_scan *scan)
{
    const struct jk_scan_options *options = scan->options;
    pthread_mutex_lock(&scan->lock);
    for (bool ended = false; !ended;) {
        if (scan->workers > 0) (void)jk_condition_wait_until(&scan->changed, &scan->lock, jk_monotonic_ms() + TOLD_MS);
        ended = scan->workers == 0;
        uint64_t done = __atomic_load_n(&scan->done, __ATOMIC_RELAXED);
        if (!options->progress) continue;
        pthread_mutex_unlock(&scan->lock);
        options->progress(options->user, done / 2, scan->total / 2);
        pthread_mutex_lock(&scan->lock);
    }
    pthread_mutex_unlock(&scan->lock);
}

static enum jk_status run_workers(struct jk_scan *scan, struct jk_error *error)
{
    struct worker workers[JK_SCAN_THREADS_MAX] = {0};
    long cores = scan->options->threads ? (long)scan->options->threads : sysconf(_SC_NPROCESSORS_ONLN);
    scan->threads = cores < 1 ? 1 : cores > JK_SCAN_THREADS_MAX ? JK_SCAN_THREADS_MAX : (unsigned)cores;
    unsigned started = start_workers(scan, workers, scan->threads);
    if (started == 0) return jk_fail(error, JK_RESOURCE_EXHAUSTED, "NO_THREAD", "no thread could be started");
    wait_for_all(scan);
    for (unsigned i = 0; i < started; i++) {
        pthread_join(workers[i].thread, NULL);
        done_worker(&workers[i]);
    }
    return scan->no_memory ? jk_out_of_memory(error) : JK_OK;
}

enum jk_status jk_scan_run(const struct jk_scan_options *options, struct jk_error *error)
{
    struct jk_scan scan = {.options = options, .signs = jk_signs_new(options->challenge), .open = options->count};
    if (!scan.signs) return jk_out_of_memory(error);
    JK_CHECK(pthread_mutex_init(&scan.lock, NULL) == 0);
    jk_condition_init(&scan.changed);
    for (size_t i = 0; i < options->count; i++)
        scan.total += 2 * options->files[i].facts.size;
    scan.unopened = scan.total / 2;
    enum jk_status status = options->count ? run_workers(&scan, error) : JK_OK;
    pthread_cond_destroy(&scan.changed);
    pthread_mutex_destroy(&scan.lock);
    jk_signs_free(scan.signs);
    return status;
}
