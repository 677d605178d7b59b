/* The inside of the store: what its threads share, and who owns which part. Included only by this folder.
 *
 * book, cube, forest, size: written by the sequencer (and start) under the write lock, read under the read lock. `size`
 * is what readers may ask for; the book may hold more while a batch is open. edge, record_version, keys, guard: only
 * the sequencer's. checkpoint, health, and what the publisher is told: under `publish_lock`. The rest is set at start.
 */
#ifndef JK_STORE_STATE_H
#define JK_STORE_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/conn.h"
#include "store/cosigned.h"
#include "store/guard.h"
#include "store/head.h"
#include "store/signkeys.h"
#include "store/store.h"
#include "store/timekeeper.h"
#include "tiles/published.h"

#define JK_READERS_MAX  32
#define JK_CHANGED_ROOM 1024

struct jk_sequencer;
struct jk_log_publisher;
struct jk_warden;
struct jk_proofreader;

struct jk_reader {
    struct jk_store *store;
    struct jk_mailbox *jobs;
    struct jk_conn conn;
    int64_t deadline_ms;
    pthread_t thread;
    bool started;
};

struct jk_store {
    char *database, *data_dir, *public_dir, *guard_path, *origin, *purpose,
        *after; /* owned; origin NULL until known, purpose NULL: any */
    unsigned reader_count, batch_max;
    int lock_fd;

    pthread_rwlock_t lock;
    struct jk_book *book;
    struct jk_cube *cube;
    struct jk_forest *forest;
    _Atomic uint32_t size;
    struct jk_directory *directory;

    struct jk_edge edge;
    int64_t last_time_us;
    _Atomic int64_t ahead_us; /* offset of a demo's clock from the database's; 0 for any other log (clock.h) */
    struct jk_timekeeper time;
    _Atomic int64_t record_version;
    struct jk_signkeys keys;
    pthread_mutex_t certify_lock; /* one certificate at a time: its key may just be being made */
    struct jk_guard guard;

    pthread_mutex_t publish_lock;
    pthread_cond_t published; /* on CLOCK_MONOTONIC */
    char *checkpoint;
    size_t checkpoint_len;
    uint64_t checkpoint_size; /* of the log, in it */
    _Atomic uint64_t published_size;
    atomic_bool healthy;
    void (*health_changed)(void *context, bool healthy);
    void *health_context;
    int64_t behind_since_ms; /* 0: the checkpoint is published */
    int64_t reread_since_ms; /* every published file was read again since then; initially the start */
    jk_published_fn *published_fn;
    void *published_context;
    bool tell_published;     /* published_fn must be called */
    struct jk_text cosigned; /* more signature lines for the checkpoint of cosigned_size */
    uint64_t cosigned_size;
    bool cosigned_new;
    struct jk_cosigned cosignatures;
    atomic_bool publication_stopped;
    struct jk_growth_hook *growth_hooks; /* called under publish_lock */

    /* What the listener heard: the sequencer checks if it is more than its own. */
    _Atomic uint64_t heard_size;
    _Atomic int64_t heard_version;

    /* What the connections that take locks are doing: the sequencer's, then each reader's. */
    struct jk_conn_watch watches[1 + JK_READERS_MAX + 1];

    struct jk_mailbox *writes, *jobs, *closing_jobs;
    struct jk_sequencer *sequencer;
    struct jk_log_publisher *publisher;
    struct jk_warden *warden;
    struct jk_proofreader *proofreader;
    pthread_t sequencer_thread, listener_thread;
    bool sequencer_started, listener_started;
    int listener_wake; /* eventfd */
    atomic_bool stopping;
    atomic_bool writing;                          /* the sequencer has a batch with writes */
    atomic_bool rolled_back;                      /* as a witness says */
    struct jk_reader readers[JK_READERS_MAX + 1]; /* reader_count, then the one for closing */
};

/* ---- fold.c: applying committed entries and records ---- */
struct jk_fold_result {
    bool more;  /* the results ended before the head */
    bool moved; /* anything was applied */
};
/* Applies entries (index, bytes) and records (key, value, version) up to the head, and checks the edge once it is
 * reached; keeps and publishes. Any failure means that the database's log is not the one we know. */
JK_MUST_USE enum jk_status jk_fold_follow(struct jk_store *store, const struct jk_head *head, const PGresult *entries,
                                          const PGresult *records, struct jk_fold_result *out_result,
                                          struct jk_error *error);
/* The rows of one chunk, up to `limit` entries in total: nothing is checked, kept or published. */
JK_MUST_USE enum jk_status jk_fold_entries(struct jk_store *store, uint64_t limit, const PGresult *entries,
                                           struct jk_error *error);
JK_MUST_USE enum jk_status jk_fold_records(struct jk_store *store, const PGresult *records, struct jk_error *error);
/* Keeps the book, adds the leaves that the forest lacks (there is room), advances the cube, and lets readers see
 * everything applied so far. */
void jk_fold_publish(struct jk_store *store, struct jk_span checkpoint, const struct jk_digest *leaves, size_t count);
/* Whether this head is of the log that we know: same origin, and not behind us. */
JK_MUST_USE enum jk_status jk_fold_check_head(struct jk_store *store, const struct jk_head *head,
                                              struct jk_error *error);
/* With all entries up to the head applied: its keys must be those that the entries name, and all must have signed. */
JK_MUST_USE enum jk_status jk_fold_check_keys(struct jk_store *store, const struct jk_head *head,
                                              struct jk_error *error);

/* The same for one entry, which must be the next. */
JK_MUST_USE enum jk_status jk_fold_entry(struct jk_store *store, uint64_t index, struct jk_span bytes,
                                         struct jk_error *error);

/* ---- start ---- */
/* A store without threads: locks the data directory and checks the schema. jk_store_stop ends it. */
JK_MUST_USE enum jk_status jk_store_begin(const struct jk_store_options *options, struct jk_store **out_store,
                                          struct jk_error *error);
/* The signing key from its file, and the origin it determines. */
JK_MUST_USE enum jk_status jk_store_load_key(struct jk_store *store, struct jk_error *error);
/* The same, if the head's origin is the one that was asked for. */
JK_MUST_USE enum jk_status jk_store_join_log(struct jk_store *store, const struct jk_head *head,
                                             struct jk_error *error);
JK_MUST_USE enum jk_status jk_migrate(struct jk_conn *plain, bool apply, struct jk_error *error);
/* grants.c. Gives the role exactly what a server needs: run with the owner's role, after the migrations. */
JK_MUST_USE enum jk_status jk_grants_give(struct jk_conn *plain, const char *role, struct jk_error *error);
/* Whether our role has what a server needs. If it could change entries, that is logged. */
JK_MUST_USE enum jk_status jk_grants_check(struct jk_conn *plain, struct jk_error *error);
/* Writes entry 0 and those after it; ALREADY_EXISTS if another server was first. */
JK_MUST_USE enum jk_status jk_init_log(struct jk_store *store, struct jk_conn *writer, struct jk_error *error);
/* Loads book, directory and cube, checking edge, checkpoint, guard copy, and the public folder's checkpoint. That was
 * read before the head, so a head behind it means a rollback, and not just an old reading. */
JK_MUST_USE enum jk_status jk_load(struct jk_store *store, struct jk_conn *writer, const struct jk_published *published,
                                   struct jk_error *error);
/* Folds the database's entries up to `limit`; nothing is published. */
JK_MUST_USE enum jk_status jk_load_entries(struct jk_store *store, struct jk_conn *writer, uint64_t limit,
                                           struct jk_error *error);
JK_MUST_USE enum jk_status jk_load_head(struct jk_conn *writer, struct jk_query *query, struct jk_head *out_head,
                                        struct jk_error *error);

/* ---- public.c: what the public folder says ---- */
/* Its checkpoint; not present if there is no folder yet. */
JK_MUST_USE enum jk_status jk_public_read(const char *public_dir, struct jk_published *out_published,
                                          struct jk_error *error);
/* Whether it is signed by a current signing key or, before any entry was read, by one in our files. */
bool jk_public_is_signed(struct jk_store *store, struct jk_span note, struct jk_error *why);
/* Checks the origin, and the root if our log reaches that far. FAILED_PRECONDITION (WRONG_DATA_DIRECTORY,
 * LOG_DIVERGED). */
JK_MUST_USE enum jk_status jk_public_check(struct jk_store *store, const struct jk_published *published,
                                           struct jk_error *error);
/* The verifier key file: a line for each key that signs checkpoints of that size. Written under the folder's lock,
 * before the checkpoint that a new key signs, so whoever reads both finds the key. */
JK_MUST_USE enum jk_status jk_public_put_keys(struct jk_store *store, struct jk_folder *folder, uint64_t size,
                                              struct jk_error *error);
/* The error for a folder ahead of a head of that size: FAILED_PRECONDITION (LOG_ROLLED_BACK; PUBLIC_CHECKPOINT if the
 * folder's is not signed by our key). */
JK_MUST_USE enum jk_status jk_public_rolled_back(struct jk_store *store, const struct jk_published *published,
                                                 uint64_t head_size, struct jk_error *error);

/* ---- threads ---- */
JK_MUST_USE enum jk_status jk_sequencer_start(struct jk_store *store, struct jk_error *error);
void jk_sequencer_stop(struct jk_store *store);
JK_MUST_USE enum jk_status jk_readers_start(struct jk_store *store, struct jk_error *error);
void jk_readers_stop(struct jk_store *store);
JK_MUST_USE enum jk_status jk_listener_start(struct jk_store *store, struct jk_error *error);
void jk_listener_stop(struct jk_store *store);
/* Makes the public folder if it is absent, and writes the verifier key. */
JK_MUST_USE enum jk_status jk_publisher_start(struct jk_store *store, struct jk_error *error);
/* Publishes what is left, within a few seconds, and ends. After the sequencer's stop. */
void jk_publisher_stop(struct jk_store *store);
/* proofreader.c: rereads published files, and remakes what is damaged. After the publisher's start. */
JK_MUST_USE enum jk_status jk_proofreader_start(struct jk_store *store, struct jk_error *error);
void jk_proofreader_stop(struct jk_store *store);
/* warden.c: ends the sessions of frozen servers that hold locks which our connections wait for. */
JK_MUST_USE enum jk_status jk_warden_start(struct jk_store *store, struct jk_error *error);
void jk_warden_stop(struct jk_store *store);
/* Deletes what has expired, a little at each call; true while there is more. Listener's connection. */
bool jk_prune(struct jk_conn *plain);
void jk_store_set_healthy(struct jk_store *store, bool healthy);

#endif
