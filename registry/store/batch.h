/* One batch: the writes that share a transaction, what they append beside it, and how that is taken back.
 *
 * Thread: the sequencer. Life (sequencer.c drives it):
 *   fill -> jk_batch_lock (round trip 1, catch up) -> jk_batch_decide (pure, under the book's write lock)
 *        -> jk_batch_commit (round trip 2) -> jk_batch_keep or jk_batch_take_back -> jk_batch_settle
 * Limits: JK_BATCH_MAX writes; once JK_BATCH_ENTRIES entries or JK_BATCH_BYTES bytes are in, the rest waits for the
 * next. */
#ifndef JK_STORE_BATCH_H
#define JK_STORE_BATCH_H

#include "store/state.h"

#define JK_BATCH_ENTRIES 4000
#define JK_BATCH_BYTES   (4u << 20)
#define JK_BATCH_ARENA   ((size_t)256 << 20)
#define JK_REPLY_MAX     (8u << 20)
#define JK_TEXT_MAX      4096
#define JK_TURN_RECORDS  8192 /* records or texts in one batch */

struct jk_slot {
    struct jk_write *write;
    enum jk_status outcome;
    int stored;      /* row of the stored reply, -1 for none */
    bool keep_reply; /* its reply is stored with the batch */
    bool final;      /* the outcome is final whatever happens to the transaction */
};

struct jk_batch_record {
    struct jk_record record;
    struct jk_record before; /* key NULL: there was none */
    bool replaced;           /* by a later one of the batch, which alone is written */
};

struct jk_batch_text {
    struct jk_digest digest;
    unsigned char salt[32];
    struct jk_span body;
};

/* What happens to a blob's bytes: they are deleted, and those of an upload, if any, take their place; or those given
 * here, which nothing but the digest has to agree with, are stored unless they are there. */
struct jk_batch_blob {
    struct jk_digest digest;
    uint64_t upload;      /* 0: none */
    struct jk_span bytes; /* at NULL: none */
    uint64_t bundle;      /* where its bytes lie, which are erased; 0: in none */
    uint32_t bundle_at, bundle_size;
    bool replaced; /* as of a record */
};

struct jk_batch_bundle {
    uint64_t index;
    struct jk_span bytes;
};

struct jk_batch {
    struct jk_store *store;
    struct jk_arena arena;
    struct jk_turn turn;
    int64_t clock_us; /* the database's, under the lock */
    unsigned char id[16];
    struct jk_slot slots[JK_BATCH_MAX];
    size_t count;

    struct jk_head head; /* as it was when locked; its spans are no longer valid */
    PGresult *replies;   /* stored ones, kept until everything is settled */
    struct jk_book_mark mark;
    bool speculative; /* the book is ahead of the database */

    struct jk_text entry; /* the one being written; its room serves all */
    struct jk_span *entries;
    struct jk_digest *leaves; /* of the entries, once the batch is sealed */
    size_t entry_count, entry_room, bytes;
    struct jk_batch_record *records;
    size_t record_count, record_room;
    struct jk_batch_text *texts;
    size_t text_count, text_room;
    struct jk_batch_blob *blobs;
    size_t blob_count, blob_room;
    struct jk_batch_bundle *bundles;
    size_t bundle_count, bundle_room;
    struct jk_write *current;
    struct jk_edge edge; /* after the batch */
    struct jk_text note; /* its checkpoint */
};

void jk_batch_init(struct jk_batch *batch, struct jk_store *store);
void jk_batch_done(struct jk_batch *batch);
void jk_batch_clear(struct jk_batch *batch); /* for the next one */
void jk_batch_add(struct jk_batch *batch, struct jk_write *write);

/* Begins the transaction, locks the head, applies what others committed, and looks up the requests. ABORTED if it had
 * to release the lock because it is too far behind: follow without the lock, then retry. */
JK_MUST_USE enum jk_status jk_batch_lock(struct jk_batch *batch, struct jk_conn *conn, struct jk_error *error);
/* Decides the writes in order; returns how many were taken (the rest must be put off). */
size_t jk_batch_decide(struct jk_batch *batch);
/* Nothing to store: the transaction may be rolled back. */
bool jk_batch_is_empty(const struct jk_batch *batch);
/* Writes everything and commits. If it fails with the connection lost, the outcome is unknown. */
JK_MUST_USE enum jk_status jk_batch_commit(struct jk_batch *batch, struct jk_conn *conn, struct jk_error *error);
/* Whether it was committed after all; UNAVAILABLE if that cannot be found out. Locks the head, and so waits for a
 * commit still in progress. */
JK_MUST_USE enum jk_status jk_batch_find(struct jk_batch *batch, struct jk_conn *conn, bool *out_committed,
                                         struct jk_error *error);
/* After the commit: makes the changes to the book final and visible to readers. */
void jk_batch_keep(struct jk_batch *batch);
/* After a failure: restores book and directory to the state before the batch. */
void jk_batch_take_back(struct jk_batch *batch);
/* Fails every write whose outcome is not final with `failure`. */
void jk_batch_fail(struct jk_batch *batch, const struct jk_error *failure);
/* Answers all. */
void jk_batch_settle(struct jk_batch *batch);

/* Reads the head and what others committed, without the lock. */
JK_MUST_USE enum jk_status jk_batch_follow(struct jk_store *store, struct jk_conn *conn, bool *out_more,
                                           struct jk_error *error);

#endif
