/* Checking a whole log in a folder: every entry against its leaf hash, every tile recomputed, the root against the
 * checkpoint, and all entries folded into a book of one's own. Nothing is believed but the verifier key that the caller
 * brings.
 *
 * Threads: `jobs` workers read bundles, hash leaves, and parse entries, each bundle into a slot of a ring; the calling
 * thread takes the slots in order of index, and alone applies entries to the book. Memory: the book, 32 bytes a full
 * bundle, and the ring (4 slots a worker, each as large as the largest bundle it has met).
 *
 * What is found is DATA_LOSS with a reason that begins with AUDIT_ and the facts `file`, `index`, `expected`, `found`
 * as far as they apply; always the first in the order of the log. Two histories are LOG_FORKED: the two notes are the
 * proof. Reasons: AUDIT_SIGNATURE, AUDIT_MISSING, AUDIT_MALFORMED, AUDIT_LEAF (an entry and its leaf hash), AUDIT_TILE
 * (a hash above the leaves), AUDIT_ROOT, AUDIT_ENTRY (an entry that cannot follow), AUDIT_IDENTITY (entry 0 speaks of
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
/* One a line, as in `log.vkey`. False on anything else, and for none. */
bool jk_audit_keys_parse(struct jk_span text, struct jk_audit_keys *out_keys);

/* A checkpoint whose signature was checked. Spans lie in the note. */
struct jk_audit_signed {
    struct jk_span note;
    struct jk_checkpoint checkpoint;
    const struct jk_verifier *key; /* which of the keys */
};
JK_MUST_USE enum jk_status jk_audit_open_note(struct jk_span note, const struct jk_audit_keys *keys,
                                              struct jk_audit_signed *out_signed, struct jk_error *error);
/* The same, but where only other keys signed in the log's name, `key` is NULL: the log may have changed its key, which
 * its entries tell (jk_audit_follow). Until then such a checkpoint is nobody's word. */
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

struct jk_audit; /* a log that was found right */

/* Verifies the whole tree of the checkpoint, and folds it. */
JK_MUST_USE enum jk_status jk_audit_run(const struct jk_audit_options *options, const struct jk_audit_signed *head,
                                        struct jk_audit **out_audit, struct jk_error *error);
void jk_audit_free(struct jk_audit *audit);
/* NULL where it was not folded. */
const struct jk_book *jk_audit_book(const struct jk_audit *audit);
uint64_t jk_audit_size(const struct jk_audit *audit);
/* How many entries there are of a kind; 0 where it was not folded. */
uint64_t jk_audit_kind_count(const struct jk_audit *audit, enum jk_kind kind);
/* The keys that sign at a size, newest first, by the log's own entries: each new key is named by the one before it,
 * with its signature. Only those that some key of `trusted` (NULL: the log's first) leads to. False where there are
 * none, or nothing was folded. */
bool jk_audit_follow(const struct jk_audit *audit, const struct jk_audit_keys *trusted, uint64_t size,
                     struct jk_audit_keys *out_keys);
/* The root of the first `size` entries, from hashes that were verified. */
JK_MUST_USE enum jk_status jk_audit_root(struct jk_audit *audit, uint64_t size, struct jk_digest *out_root,
                                         struct jk_error *error);
/* The first `size` entries once more, in order: the same that were verified, or DATA_LOSS (AUDIT_MISSING). Ends at the
 * first failure of `take`. */
typedef enum jk_status jk_audit_take_fn(void *context, uint64_t index, struct jk_span entry, struct jk_error *error);
JK_MUST_USE enum jk_status jk_audit_entries(struct jk_audit *audit, uint64_t size, jk_audit_take_fn *take,
                                            void *context, struct jk_error *error);
/* The consistency proof between two sizes of at most the audit's; false where a tile has changed meanwhile. */
bool jk_audit_prove(struct jk_audit *audit, uint64_t old_size, uint64_t size, struct jk_proof *out_proof);
/* Two checkpoints of one log by themselves: LOG_FORKED where it has shrunk, or has two roots for one size. */
JK_MUST_USE enum jk_status jk_audit_contradicts(const struct jk_audit_signed *earlier,
                                                const struct jk_audit_signed *head, struct jk_error *error);
/* Holds a checkpoint that was seen earlier against the log: LOG_FORKED unless the log has grown from it. */
JK_MUST_USE enum jk_status jk_audit_follows(struct jk_audit *audit, const struct jk_audit_signed *earlier,
                                            const struct jk_audit_signed *head, struct jk_error *error);

#endif
