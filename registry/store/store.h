/* The port to storage: the book and the directory in memory, PostgreSQL underneath, the sequencer that writes and the
 * readers that fetch. Only this folder sees libpq and SQL.
 *
 * Threads: 1 sequencer (write connection, right edge, signing key, guard copy), R readers (one connection each) and one
 * more for closing stages, 1 listener (LISTEN; hears what other servers committed), 1 publisher (the public folder; one
 * connection), 1 warden (ends sessions of frozen servers; a connection while somebody waits), 1 proofreader (rereads
 * published files). Callers' threads only put mail and read the book. Order of a write: COMMIT (entries, head with
 * signed checkpoint, replies and records in one transaction), guard copy with fdatasync, answer. */
#ifndef JK_STORE_STORE_H
#define JK_STORE_STORE_H

#include "auth/directory.h"
#include "base/mailbox.h"
#include "book/book.h"
#include "book/count.h"
#include "tlog/forest.h"
#include "tlog/merkle.h"
#include "tlog/note.h"

#define JK_BATCH_MAX         512  /* most writes in one transaction */
#define JK_WRITE_ENTRIES_MAX 3100 /* per write: a batch of 1,000 items needs up to three each, and a few */
#define JK_SEQUENCER_BOX     4096 /* most writes waiting; beyond that RESOURCE_EXHAUSTED at once */
#define JK_READER_BOX        4096

struct jk_store;

/* This server's clocks: the one since boot, which includes suspension and is never set, and the real-time one. */
struct jk_clocks {
    int64_t (*boot_us)(void);
    int64_t (*real_us)(void);
};

struct jk_store_options {
    const char *database;   /* libpq URL or key=value; several hosts allowed */
    const char *data_dir;   /* for the signing key, the guard copy */
    const char *public_dir; /* where the log is published as files; NULL: <data_dir>/public */
    const char *key_file;   /* NULL: <data_dir>/log.key; made if the log is empty, never for a log that has entries */
    const char *origin;     /* for a new log; otherwise it must match the log's (NULL: take the log's) */
    const char *purpose;    /* "registry" or "demo"; the log's must match. NULL: any; a new log becomes a registry */
    const char *after;      /* for a new log: file with the last checkpoint of the log it continues; NULL: none */
    unsigned readers;       /* 1 … 32; closing stages has one more */
    unsigned batch_max;     /* 1 … JK_BATCH_MAX */
    int64_t confirmed_us;   /* the time as an operator confirms it, if a stop of writes requires that; 0: none */
    const struct jk_clocks *clocks; /* NULL: the system's; outlives the store */
    bool migrate; /* apply migrations at start, as their owner; otherwise check the version and our role's rights */
};

/* Connects (waiting up to 30 s for the database), migrates or checks, makes entry 0 on an empty log (followed by the
 * SPDX list and licence facts), loads the book and the directory, checks origin, key and guard copy, and starts the
 * threads. FAILED_PRECONDITION says what to do if the log is not ours. */
JK_MUST_USE enum jk_status jk_store_start(const struct jk_store_options *options, struct jk_store **out_store,
                                          struct jk_error *error);
/* Migrates the schema and ends: a separate step, with the owner's role. Then grants server_role (NULL: nobody) the
 * rights that a server needs: it may insert entries, but not update, delete or truncate them. */
JK_MUST_USE enum jk_status jk_store_migrate(const char *database, const char *server_role, struct jk_error *error);
/* Stops taking mail, finishes what was taken, ends the threads. The caller must have drained its calls. */
void jk_store_stop(struct jk_store *store);

/* ---- reading the book ---- */
/* Takes the read lock; gives the size that may be asked for. The book and the cube do not change until the end. */
struct jk_view {
    const struct jk_book *book;
    const struct jk_cube *cube;
    struct jk_forest *forest; /* hashes of at least `size` entries: context of jk_forest_read */
    uint32_t size;
};
void jk_store_view(struct jk_store *store, struct jk_view *out_view);
void jk_store_view_end(struct jk_store *store);
struct jk_directory *jk_store_directory(struct jk_store *store);
/* The newest checkpoint that this server knows (signed note), in arena; in a view, the one of the view's size. It
 * includes the cosignatures there are for that size. */
JK_MUST_USE enum jk_status jk_store_checkpoint(struct jk_store *store, struct jk_arena *arena, struct jk_span *out_note,
                                               struct jk_error *error);
/* The newest that a quorum of the witness policy cosigned; if there is none, that any witness did. FAILED_PRECONDITION
 * (NOT_COSIGNED): none did. */
JK_MUST_USE enum jk_status jk_store_checkpoint_cosigned(struct jk_store *store, struct jk_arena *arena,
                                                        struct jk_span *out_note, struct jk_error *error);
/* Size of the newest checkpoint whose tiles are published; 0 before the first. */
uint64_t jk_store_published_size(const struct jk_store *store);
/* The receipt of a committed entry for the newest checkpoint (tlog/receipt.h), appended to `out`. NOT_FOUND beyond it. */
JK_MUST_USE enum jk_status jk_store_receipt(struct jk_store *store, uint64_t index, struct jk_text *out,
                                            struct jk_error *error);
/* The same for the newest cosigned one. FAILED_PRECONDITION (NOT_COSIGNED) if that does not include the entry yet. */
JK_MUST_USE enum jk_status jk_store_receipt_cosigned(struct jk_store *store, uint64_t index, struct jk_text *out,
                                                     struct jk_error *error);
/* The same for the tree of an earlier size, without cosignatures, and byte for byte as given then, if the same keys
 * still sign; otherwise for the newest. On the sequencer only, which has the signing keys. */
JK_MUST_USE enum jk_status jk_store_receipt_at(struct jk_store *store, uint64_t index, uint64_t size,
                                               struct jk_text *out, struct jk_error *error);
/* The verifier keys that sign checkpoints of that size (UINT32_MAX: of the current one), newest first, a line each. */
void jk_store_keys(struct jk_store *store, uint32_t size, struct jk_text *out_lines);
/* This host's clock, shifted like a demo's log: for what must agree with the log's times without asking the database (a
 * token's end), never for an entry. */
int64_t jk_store_clock_us(const struct jk_store *store);
/* The clocks disagreed but agree again: a witness's time would help now. */
bool jk_store_wants_witness(struct jk_store *store);
/* A witness cosigned just now, with this time. Any thread. */
void jk_store_witnessed(struct jk_store *store, int64_t time_us);
/* Whether a cut-off falls in a period of a day or more in which nobody saw the log alive, according to the newest
 * record. */
bool jk_store_rested(struct jk_store *store, int64_t cutoff_us);
/* True while the database answers: health depends on it. */
bool jk_store_is_healthy(struct jk_store *store);
/* Called on a thread of the store whenever health changes. Set before any traffic. */
void jk_store_on_health(struct jk_store *store, void (*changed)(void *context, bool healthy), void *context);
/* Called on a thread of the store after each growth, with the size that may be asked for now; must be short, and must
 * not call the store. */
struct jk_growth_hook {
    void (*grown)(void *context, uint32_t size);
    void *context;
    struct jk_growth_hook *next; /* the store's */
};
void jk_store_on_growth(struct jk_store *store, struct jk_growth_hook *hook);
/* Once this returns, the hook is not running and will not run again. */
void jk_store_off_growth(struct jk_store *store, struct jk_growth_hook *hook);
/* Waits until the book has at least `size`; false at the deadline. On a thread that nobody else waits for: closing's
 * reader, never one that serves calls (service/call/parking.h). */
bool jk_store_wait_size(struct jk_store *store, uint32_t size, int64_t deadline_ms);

/* ---- the published log: files in the public folder, at most 10 publications a second, within 1 s of a commit ---- */
const char *jk_store_public_dir(struct jk_store *store);
struct jk_publish_state {
    uint64_t size;     /* published */
    int64_t lag_ms;    /* how long something has been waiting to be published; 0: nothing is */
    int64_t unread_ms; /* the longest time since any published file was last reread */
    bool stopped;      /* for good: the folder or the database contradicts the log (alarm publication-stopped) */
};
void jk_store_publish_state(struct jk_store *store, struct jk_publish_state *out_state);
/* Called on the publisher's thread after each publication with the checkpoint of that size as this log signed it, and
 * once soon after it is set if something is already published. It must not block for long. One at a time. */
typedef void jk_published_fn(void *context, uint64_t size, struct jk_span note);
void jk_store_on_published(struct jk_store *store, jk_published_fn *published, void *context);
/* Adds signature lines (each with its LF) to the checkpoint of that size, which was published recently: answers include
 * them from now on, and the file is rewritten with them, unless a larger size has been published. Any thread; the lines
 * are copied. */
void jk_store_cosign(struct jk_store *store, uint64_t size, struct jk_span lines);
/* A quorum of the witness policy has cosigned the checkpoint of that size by now. */
void jk_store_cosigned(struct jk_store *store, uint64_t size);

/* ---- writing ---- */
/* Somebody saw a longer log than the database has: from now on every write is refused (UNAVAILABLE, LOG_ROLLED_BACK)
 * until the server is restarted. Any thread. */
void jk_store_stop_writes(struct jk_store *store);
struct jk_write;

/* What a write may do in its turn, under the head lock. The book and directory are up to date with the database. */
struct jk_turn {
    struct jk_book *book;
    struct jk_directory *directory;
    int64_t time_us;        /* the batch's time: entries take it */
    struct jk_arena *arena; /* the batch's: for records and reply bytes */
    void *batch;            /* internal */
};
/* Writes the entry (with the turn's time), applies it to the book, and queues it for the insert. Out: its index.
 * DATA_LOSS/INVALID_ARGUMENT if it cannot follow. */
JK_MUST_USE enum jk_status jk_turn_append(struct jk_turn *turn, struct jk_entry *entry, uint32_t *out_index,
                                          struct jk_error *error);
/* Puts a record into the directory and queues it. */
JK_MUST_USE enum jk_status jk_turn_record(struct jk_turn *turn, const struct jk_record *record, struct jk_error *error);
/* Starts a key rotation with an entry that names the key in "<key file>.next": from then on both keys sign. Every
 * server of the log needs that file beforehand: one without it refuses writes (KEY_FILE) until it has it.
 * FAILED_PRECONDITION: KEY_PENDING (two sign already), KEY_NEXT_ABSENT, KEY_ROTATED. */
JK_MUST_USE enum jk_status jk_turn_rotate_key(struct jk_turn *turn, struct jk_error *error);
/* From this entry on the older of two keys no longer signs. FAILED_PRECONDITION (KEY_SINGLE) if there is only one. */
JK_MUST_USE enum jk_status jk_turn_retire_key(struct jk_turn *turn, struct jk_error *error);
/* Before both: the key in "<key file>.next", made (mode 0600) if there is none. No store is needed. */
JK_MUST_USE enum jk_status jk_store_next_key(const char *key_file, struct jk_text *out_key, bool *out_made,
                                             struct jk_error *error);
/* Either of the two steps, on a demo: the server makes the next key itself, while the book is locked. Their errors, and
 * FAILED_PRECONDITION (NOT_A_DEMO) on any other log. */
JK_MUST_USE enum jk_status jk_turn_change_demo_key(struct jk_turn *turn, bool retire, struct jk_error *error);
/* Sets a demo's clock, forward only, from the next batch on. FAILED_PRECONDITION (NOT_A_DEMO) on any other log. */
JK_MUST_USE enum jk_status jk_turn_set_clock(struct jk_turn *turn, int64_t time_us, struct jk_error *error);
/* With the batch, the bytes of an upload become those of the blob, replacing any earlier ones: they are stored if and
 * only if the record of the same batch says so. If the upload's chunks are gone (after a day), the batch fails. */
JK_MUST_USE enum jk_status jk_turn_blob_name(struct jk_turn *turn, const struct jk_digest *digest, uint64_t upload,
                                             struct jk_error *error);
/* With the batch, these bytes become those of the blob: for blobs so small that a request brings many of them. The
 * caller has computed the digest from the bytes, which must stay until the write is settled. INVALID_ARGUMENT
 * (BLOB_TOO_LARGE) beyond JK_BLOB_SMALL. */
#define JK_BLOB_SMALL (64u << 10)
JK_MUST_USE enum jk_status jk_turn_blob_store(struct jk_turn *turn, const struct jk_digest *digest,
                                              struct jk_span bytes, struct jk_error *error);
/* The same for many that lie one behind the other as the hub records of this index, which a record of the same batch
 * lists in this order. INVALID_ARGUMENT (BLOB_TOO_LARGE) beyond JK_BUNDLE_MAX bytes in all. */
#define JK_BUNDLE_MAX (16u << 20)
JK_MUST_USE enum jk_status jk_turn_bundle_store(struct jk_turn *turn, uint64_t index, const struct jk_span *blobs,
                                                size_t count, struct jk_error *error);
/* Deletes a stored blob's bytes with the batch; before the record that says so is put, since the one before says where
 * they lie. */
JK_MUST_USE enum jk_status jk_turn_blob_drop(struct jk_turn *turn, const struct jk_digest *digest,
                                             struct jk_error *error);
/* A free text with its salt, kept outside the log under its digest; at most 4 KiB. */
JK_MUST_USE enum jk_status jk_turn_text(struct jk_turn *turn, struct jk_span text, struct jk_digest *out_digest,
                                        struct jk_error *error);

struct jk_write {
    struct jk_mail mail; /* first */
    /* Runs on the sequencer: checks everything and appends, or sets write->error. On failure whatever it appended is
     * undone; no other write fails with it. Leaves the serialised reply in write->reply (in turn->arena or its own). */
    enum jk_status (*decide)(struct jk_write *write, struct jk_turn *turn);
    /* Runs on the sequencer after the guard copy (or after the failure): answers the caller. If outcome is OK,
     * write->reply holds the reply, and write->replayed says whether it is a stored one. Otherwise write->error is set.
     */
    void (*settle)(struct jk_write *write, enum jk_status outcome);
    /* If true, the write is dropped without being run: the caller is gone or past its deadline (decide is not called,
     * settle is). */
    bool (*abandoned)(struct jk_write *write);
    struct jk_error *error;
    uint64_t account;             /* whose request_id; 0 for none */
    unsigned char request_id[16]; /* all zero: none */
    struct jk_digest fingerprint; /* SHA-256 of method and request; must match if request_id is reused */
    bool dry;                     /* validate_only: decide runs, everything is undone, the reply is given */
    struct jk_span reply;
    /* What is stored to reproduce the reply if the request is repeated; four bytes are added, the log size after the
     * batch, big-endian. Empty: the reply itself is stored. */
    struct jk_span keep;
    /* Runs on the sequencer in a repeated request's turn: makes the reply from what was stored (within the same batch
     * without the four bytes). NULL: what was stored is the reply. */
    enum jk_status (*repeat)(struct jk_write *write, struct jk_turn *turn, struct jk_span stored);
    bool replayed;
    uint32_t first_index, entry_count; /* what was appended */
    int64_t time_us;
};
/* False: full or stopping; the write was not taken. */
bool jk_store_write(struct jk_store *store, struct jk_write *write);
/* A write by the server itself, from a thread that may wait for it: not the sequencer's, and without a view. */
struct jk_own_write {
    struct jk_write write; /* first; `decide` is set by the caller, the rest is filled in */
    void *waiting;         /* internal */
};
/* Returns once it is settled. UNAVAILABLE: the store did not take the write; otherwise its outcome. */
JK_MUST_USE enum jk_status jk_store_write_own(struct jk_store *store, struct jk_own_write *own, struct jk_error *error);
size_t jk_store_write_backlog(struct jk_store *store); /* writes that wait */
bool jk_store_is_writing(struct jk_store *store);      /* writes wait, or are being committed */
size_t jk_store_read_backlog(struct jk_store *store);  /* jobs waiting for a reader, except closing's */

/* ---- reading from PostgreSQL: jobs on reader threads ---- */
struct jk_reader;
struct jk_job {
    struct jk_mail mail; /* first */
    void (*run)(struct jk_job *job, struct jk_reader *reader);
    int64_t deadline_ms; /* becomes the statement timeout */
    bool closing;        /* closes a stage: for the reader that only has such jobs, however busy the others are */
};
bool jk_store_read(struct jk_store *store, struct jk_job *job);
/* A job of the server itself, from a thread that may wait for it: not a reader's, and without a view. Returns what
 * `work` does; UNAVAILABLE (BUSY) if the job was not taken. */
typedef enum jk_status jk_own_job(void *context, struct jk_reader *reader, struct jk_error *error);
JK_MUST_USE enum jk_status jk_store_read_own(struct jk_store *store, jk_own_job *work, void *context,
                                             int64_t deadline_ms, struct jk_error *error);
/* The same on the reader for closings. */
JK_MUST_USE enum jk_status jk_store_closing_own(struct jk_store *store, jk_own_job *work, void *context,
                                                int64_t deadline_ms, struct jk_error *error);
/* From here on, every statement of a reader gets the time left until then as its timeout. */
void jk_reader_deadline(struct jk_reader *reader, int64_t deadline_ms);

struct jk_entry_row {
    uint64_t index;
    struct jk_span bytes;
};
/* Entries first … first+count-1, up to the end of the log and max_bytes (at least one), in arena. */
JK_MUST_USE enum jk_status jk_reader_entries(struct jk_reader *reader, uint64_t first, uint32_t count, size_t max_bytes,
                                             struct jk_arena *arena, struct jk_entry_row **out_rows, size_t *out_count,
                                             struct jk_error *error);
struct jk_moment {
    int64_t now_us;  /* the log's clock: the database's, or a demo's shifted one */
    int64_t both_us; /* the time that both the database's clock and this server's have reached, shifted likewise */
    uint64_t stops;  /* how often clocks have disagreed: if equal at two moments, they did not in between */
    uint64_t size;   /* committed size at a moment not earlier: no batch with a time before now_us is still open */
};
/* UNAVAILABLE (CLOCK_DISAGREES, CLOCK_UNSURE) if the database's clock cannot be trusted. */
JK_MUST_USE enum jk_status jk_reader_moment(struct jk_reader *reader, struct jk_moment *out_moment,
                                            struct jk_error *error);
/* The log's clock for display, whatever it shows; *out_believed: it may be relied on. */
JK_MUST_USE enum jk_status jk_reader_clock(struct jk_reader *reader, int64_t *out_now_us, bool *out_believed,
                                           struct jk_error *error);
/* The committed size, after any write in progress, whatever the clocks show. */
JK_MUST_USE enum jk_status jk_reader_size(struct jk_reader *reader, uint64_t *out_size, struct jk_error *error);
/* Blobs in chunks of at most JK_BLOB_CHUNK bytes under an upload's own number; nothing is visible before the sequencer
 * writes its digest and record (jk_turn_blob_name), and chunks of unfinished uploads are deleted after a day. Bytes
 * that an account uploads count on the UTC day of the log's clock, at least JK_BLOB_LEAST for each blob; the counts are
 * in the database. Bytes that are already stored cost nothing. */
#define JK_BLOB_CHUNK (1u << 20)
#define JK_BLOB_LEAST 4096u /* the minimum that storing anything costs */
struct jk_blob_upload {
    struct jk_digest digest;
    uint64_t size;
    uint64_t account;
    uint64_t bytes_per_day; /* the account's quota */
    bool here;              /* it is known to be stored: costs nothing, and is given no number */
    bool machine;           /* by a token limited to half of it; the rest is for the account's others */
};
/* Whether it may be uploaded now; counts nothing. RESOURCE_EXHAUSTED (BLOB_QUOTA), with what was uploaded, the limit
 * and when the next day begins. */
JK_MUST_USE enum jk_status jk_reader_blob_check(struct jk_reader *reader, const struct jk_blob_upload *what,
                                                struct jk_error *error);
/* A number for bytes that the server itself makes, which count for nobody. */
JK_MUST_USE enum jk_status jk_reader_blob_begin_own(struct jk_reader *reader, uint64_t *out_upload,
                                                    struct jk_error *error);
/* Counts it, whether or not the upload completes, and gives it a number; 0, counting nothing, if its bytes are already
 * stored. */
JK_MUST_USE enum jk_status jk_reader_blob_begin(struct jk_reader *reader, const struct jk_blob_upload *what,
                                                uint64_t *out_upload, struct jk_error *error);
JK_MUST_USE enum jk_status jk_reader_blob_chunk(struct jk_reader *reader, uint64_t upload, uint32_t sequence,
                                                struct jk_span bytes, struct jk_error *error);
JK_MUST_USE enum jk_status jk_reader_blob_read(struct jk_reader *reader, const struct jk_digest *digest,
                                               uint32_t sequence, struct jk_arena *arena, struct jk_span *out_bytes,
                                               struct jk_error *error); /* empty: no such chunk */
/* A blob out of a bundle; empty where its bytes do not lie there. */
struct jk_bundled {
    struct jk_digest digest;
    uint64_t index; /* the bundle's */
    uint32_t at, size;
};
JK_MUST_USE enum jk_status jk_reader_bundle_read(struct jk_reader *reader, const struct jk_bundled *where,
                                                 struct jk_arena *arena, struct jk_span *out_bytes,
                                                 struct jk_error *error);
/* A free text by its digest; NOT_FOUND if unknown or withdrawn. */
JK_MUST_USE enum jk_status jk_reader_text(struct jk_reader *reader, const struct jk_digest *digest,
                                          struct jk_arena *arena, struct jk_span *out_text, struct jk_error *error);
/* Signs a count certificate's body (report/certificate.h) with the certificates' own key, <data directory>/counts.key,
 * and with the log's current signing keys: the whole note, appended. The key is made at the first call, mode 0600; its
 * verifier key is kept in the database, since all servers of the log share it, and published as counts.vkey in the
 * public folder. No view may be held; takes that folder's lock for a moment. FAILED_PRECONDITION, and the alarm
 * counts-key in the log: COUNTS_KEY_ABSENT (another server made it: its file must be copied here), COUNTS_KEY_DIFFERS
 * (from the database's or the published one), KEY_FILE. INVALID_ARGUMENT (CERTIFICATE_FOREIGN): not a certificate of
 * this log. */
JK_MUST_USE enum jk_status jk_reader_certify(struct jk_reader *reader, struct jk_span body, struct jk_text *out_note,
                                             struct jk_error *error);

#endif
