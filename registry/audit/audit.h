/* Verifying a whole log in a folder: every entry against its leaf hash, every tile recomputed, the root against the
 * checkpoint, and all entries folded into a new book. Nothing is trusted except the verifier key that the caller
 * supplies.
 *
 * Threads: `jobs` workers read bundles, hash leaves, and parse entries, each bundle into a slot of a ring; the calling
 * thread takes the slots in order of index, and alone applies entries to the book. Memory: the book, 32 bytes per full
 * bundle, and the ring (4 slots per worker, each as large as the largest bundle it has held).
 *
 * Findings are DATA_LOSS with a reason that begins with AUDIT_ and the facts `file`, `index`, `expected`, `found` where
 * they apply; always the first in log order. Two histories are LOG_FORKED: the two notes are the proof. Reasons:
 * AUDIT_SIGNATURE, AUDIT_MISSING, AUDIT_MALFORMED, AUDIT_LEAF (an entry and its leaf hash), AUDIT_TILE (a hash above
 * the leaves), AUDIT_ROOT, AUDIT_ENTRY (an entry that cannot follow the ones before it), AUDIT_IDENTITY (entry 0 names
 * another log). */
#ifndef JK_AUDIT_AUDIT_H
#define JK_AUDIT_AUDIT_H

#include "base/error.h"
#include "book/book.h"
#include "tlog/merkle.h"
#include "tlog/note.h"

#define JK_AUDIT_JOBS_MAX 16
#define JK_AUDIT_KEYS_MAX 16

/* Verifier keys, any of which may have signed: several while a key is being rotated. */
struct jk_audit_keys {
    struct jk_verifier keys[JK_AUDIT_KEYS_MAX];
    size_t count;
};
/* One per line, as in `log.vkey`. False for anything else, and for no key at all. */
bool jk_audit_keys_parse(struct jk_span text, struct jk_audit_keys *out_keys);

/* A checkpoint whose signature was checked. Spans point into the note. */
struct jk_audit_signed {
    struct jk_span note;
    struct jk_checkpoint checkpoint;
    const struct jk_verifier *key; /* which of the keys */
};
JK_MUST_USE enum jk_status jk_audit_open_note(struct jk_span note, const struct jk_audit_keys *keys,
                                              struct jk_audit_signed *out_signed, struct jk_error *error);
/* The same, but if only other keys signed in the log's name, `key` is NULL: the log may have changed its key, which its
 * entries say (jk_audit_follow). Until that is checked, such a checkpoint is not trusted. */
JK_MUST_USE enum jk_status jk_audit_claim_note(struct jk_span note, const struct jk_audit_keys *keys,
                                               struct jk_audit_signed *out_signed, struct jk_error *error);
/* The names of the note's other signature lines, one after another: NULL-safe walk with *rest set to all of them first.
 */
bool jk_audit_next_cosigner(const struct jk_audit_signed *note, struct jk_span *rest, struct jk_span *out_name);
void jk_audit_cosigners(const struct jk_audit_signed *note, struct jk_span *out_rest);

struct jk_audit_options {
    int folder;                                                     /* jk_copy_open */
    unsigned jobs;                                                  /* worker threads, 1 to JK_AUDIT_JOBS_MAX */
    bool fold;                                                      /* build the book */
    void (*progress)(void *context, uint64_t done, uint64_t total); /* entries; on the calling thread; NULL: none */
    void *context;
};

struct jk_audit; /* a log that passed verification */

/* Verifies the whole tree of the checkpoint, and folds it. */
JK_MUST_USE enum jk_status jk_audit_run(const struct jk_audit_options *options, const struct jk_audit_signed *head,
                                        struct jk_audit **out_audit, struct jk_error *error);
void jk_audit_free(struct jk_audit *audit);
/* NULL if it was not folded. */
const struct jk_book *jk_audit_book(const struct jk_audit *audit);
uint64_t jk_audit_size(const struct jk_audit *audit);
/* Number of entries of a kind; 0 if it was not folded. */
uint64_t jk_audit_kind_count(const struct jk_audit *audit, enum jk_kind kind);
/* The keys that sign at a size, newest first, by the log's own entries: each new key is named by the one before it,
 * with its signature. Only those reached from some key of `trusted` (NULL: the log's first). False if there are none,
 * or nothing was folded. */
bool jk_audit_follow(const struct jk_audit *audit, const struct jk_audit_keys *trusted, uint64_t size,
                     struct jk_audit_keys *out_keys);
/* The root of the first `size` entries, from hashes that were verified. */
JK_MUST_USE enum jk_status jk_audit_root(struct jk_audit *audit, uint64_t size, struct jk_digest *out_root,
                                         struct jk_error *error);
/* The first `size` entries again, in order: the same that were verified, or DATA_LOSS (AUDIT_MISSING). Ends at the
 * first failure of `take`. */
typedef enum jk_status jk_audit_take_fn(void *context, uint64_t index, struct jk_span entry, struct jk_error *error);
JK_MUST_USE enum jk_status jk_audit_entries(struct jk_audit *audit, uint64_t size, jk_audit_take_fn *take,
                                            void *context, struct jk_error *error);
/* The consistency proof between two sizes, at most the audit's; false if a tile has changed in the meantime. */
bool jk_audit_prove(struct jk_audit *audit, uint64_t old_size, uint64_t size, struct jk_proof *out_proof);
/* Compares two checkpoints of one log: LOG_FORKED if it has shrunk, or has two roots for one size. */
JK_MUST_USE enum jk_status jk_audit_contradicts(const struct jk_audit_signed *earlier,
                                                const struct jk_audit_signed *head, struct jk_error *error);
/* Checks the log against a checkpoint seen earlier: LOG_FORKED unless the log has grown from it. */
JK_MUST_USE enum jk_status jk_audit_follows(struct jk_audit *audit, const struct jk_audit_signed *earlier,
                                            const struct jk_audit_signed *head, struct jk_error *error);

#endif
