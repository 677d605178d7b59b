/* Remaking the public folder from the database; see repair.h. The log is loaded and checked as at a server's start. */
#include "store/repair.h"

#include <stdio.h>

#include "base/clock.h"
#include "store/source.h"
#include "tiles/grow.h"

#define CONNECT_MS 30000
#define LOCK_MS    10000

struct rebuild {
    struct jk_store *store;
    struct jk_conn conn;
    struct jk_folder *folder;
    const struct jk_repair_watch *watch;
    uint64_t done, total, replaced;
    bool wrong_checkpoint;
};

static void tell_rebuild(const struct rebuild *rebuild, const char *text)
{
    if (rebuild->watch->told) rebuild->watch->told(rebuild->watch->context, text);
}

/* ---- the log ---- */

static enum jk_status load_log(struct rebuild *rebuild, struct jk_error *error)
{
    struct jk_published published;
    struct jk_query query;
    struct jk_head head;
    enum jk_status status;

    status = jk_load_head(&rebuild->conn, &query, &head, error);
    if (status != JK_OK) return status;
    status = jk_store_join_log(rebuild->store, &head, error);
    jk_queries_done(&query, 1);
    JK_TRY(status);
    jk_published_init(&published);

    /* a checkpoint that is damaged, or not signed by our key, is just one more wrong file; any other is checked as
     * at start */
    struct jk_error why;
    bool good;
    jk_error_init(&why, NULL);
    good = jk_published_read(rebuild->folder, &published, &why) == JK_OK;
    if (good && published.present)
        good = jk_signkeys_signed(&rebuild->store->keys, jk_text_span(&published.note), &why);
    if (!good) {
        published.present = false;
        rebuild->wrong_checkpoint = true;
        rebuild->replaced++;
        tell_rebuild(rebuild, "replaced " JK_PUBLISHED_FILE ": it was not a checkpoint signed by this log's key");
    }

    status = jk_load(rebuild->store, &rebuild->conn, &published, error);
    jk_published_done(&published);
    return status;
}

/* ---- its files ---- */

static enum jk_status rebuild_hashes(void *context, unsigned level, uint64_t first, unsigned count,
                                     struct jk_digest *out_hashes, struct jk_error *error)
{
    struct rebuild *rebuild = context;

    (void)error;
    jk_source_hashes(rebuild->store, level, first, count, out_hashes);
    return JK_OK;
}

static enum jk_status rebuild_entries(void *context, uint64_t first, unsigned count, struct jk_text *bundle,
                                      struct jk_error *error)
{
    struct rebuild *rebuild = context;
    unsigned added;

    return jk_source_entries(&rebuild->conn, first, count, CONNECT_MS, bundle, &added, error);
}

static void wrote(void *context, const struct jk_tile *tile)
{
    struct rebuild *rebuild = context;

    (void)tile;
    rebuild->done++;
    if (rebuild->watch->progress)
        rebuild->watch->progress(rebuild->watch->context, "files", rebuild->done, rebuild->total);
}

static void note_replaced(void *context, const char *path)
{
    struct rebuild *rebuild = context;
    char text[JK_FOLDER_PATH + 64];

    rebuild->replaced++;
    (void)snprintf(text, sizeof(text), "replaced %s: its bytes differed from the log's", path);
    tell_rebuild(rebuild, text);
}

static enum jk_status rebuild_folder(struct rebuild *rebuild, struct jk_error *error)
{
    struct jk_store *store = rebuild->store;

    JK_TRY(jk_guard_open(&store->guard, store->guard_path, error));
    JK_TRY(jk_folder_open(store->public_dir, true, &rebuild->folder, error));
    JK_TRY(jk_folder_lock(rebuild->folder, LOCK_MS, error));
    JK_TRY(jk_conn_wait(&rebuild->conn, jk_monotonic_ms() + CONNECT_MS, error));
    JK_TRY(load_log(rebuild, error));

    const struct jk_grow_source source = {
        .hashes = rebuild_hashes, .entries = rebuild_entries, .wrote = wrote, .context = rebuild};
    uint64_t size = rebuild->store->size;

    rebuild->total = jk_grow_count(0, size);
    jk_folder_mend(rebuild->folder, note_replaced, rebuild);
    JK_TRY(jk_grow_tidy(rebuild->folder, size, error));
    JK_TRY(jk_grow(rebuild->folder, &source, 0, size, error));
    JK_TRY(jk_grow_mend(rebuild->folder, &source, size, error));
    JK_TRY(jk_public_put_keys(rebuild->store, rebuild->folder, size, error));
    struct jk_span note = {rebuild->store->checkpoint, rebuild->store->checkpoint_len};
    return rebuild->wrong_checkpoint ? jk_folder_replace(rebuild->folder, JK_PUBLISHED_FILE, note, error)
                                     : jk_published_put(rebuild->folder, note, error);
}

enum jk_status jk_store_rebuild(const struct jk_store_options *options, const struct jk_repair_watch *watch,
                                uint64_t *out_replaced, struct jk_error *error)
{
    struct rebuild rebuild = {.watch = watch};
    enum jk_status status;

    JK_TRY(jk_store_begin(options, &rebuild.store, error));
    jk_conn_init(&rebuild.conn, rebuild.store->database, JK_CONN_WRITER);
    status = rebuild_folder(&rebuild, error);
    *out_replaced = rebuild.replaced;
    jk_folder_close(rebuild.folder);
    jk_conn_drop(&rebuild.conn);
    jk_store_stop(rebuild.store);
    return status;
}
