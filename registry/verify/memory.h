/* What this user remembers of each log: the newest checkpoint that was verified here, and the verifier key from the
 * first use, or those that an audit followed from it (registry/formats/entry.md, Keys). This catches a log that shows
 * another past than the remembered one, as a client of Go's checksum database would. One folder per log,
 * <state>/<origin, percent-encoded>, with the files "checkpoint" (a signed note), "key" (verifier keys,
 * jk_keys_parse_kept) and "lock"; written atomically under the lock, so that several processes may work at once. The
 * remembered size never decreases. One thread. File failures have reason LOCAL_FILE. */
#ifndef JK_VERIFY_MEMORY_H
#define JK_VERIFY_MEMORY_H

#include "tlog/merkle.h"
#include "verify/keys.h"

struct jk_memory {
    struct jk_arena *arena;
    const char *folder;              /* of this log; NULL: there is no place to remember it */
    struct jk_span note;             /* the remembered signed checkpoint; empty for none */
    struct jk_checkpoint checkpoint; /* of that note */
    struct jk_keys keys;             /* what is remembered, newest first; none: count 0 */
    const char *unkept;              /* why `note` could not be written: it counts until the run ends. NULL: it was */
};

/* How a checkpoint relates to the remembered one. */
enum jk_growth {
    JK_GROWTH_FIRST,    /* none was remembered: this one is now */
    JK_GROWTH_SAME,     /* the same size and root */
    JK_GROWTH_GREW,     /* the remembered tree is a prefix of its tree; this one is remembered now */
    JK_GROWTH_OLDER,    /* its tree is a prefix of the remembered one, which stays */
    JK_GROWTH_UNPROVEN, /* sizes differ, and there is nobody to ask for a proof; the remembered one stays */
};

/* $XDG_STATE_HOME/jokbo/log, or ~/.local/state/jokbo/log; NULL where there is neither. */
const char *jk_memory_state(struct jk_arena *arena);
/* The name of a log's folder, here and wherever else logs have folders: one segment, never "." or "..", never that of
 * another origin, at most 200 bytes. NULL: out of memory. */
const char *jk_memory_folder_name(struct jk_span origin, struct jk_arena *arena);
/* The origins of the logs that are remembered, in the arena, at most `room`, by their folders; returns how many. What cannot be
 * read, and a log with a name of more than 200 bytes of which no checkpoint is remembered, is left out. */
size_t jk_memory_list(const char *state, struct jk_arena *arena, const char **out_origins, size_t room);
/* Reads what is remembered of the log; creates nothing on disk yet. `state` NULL: nothing, and nothing can be.
 * LOCAL_FILE if a file cannot be read or is malformed. */
JK_MUST_USE enum jk_status jk_memory_open(const char *state, struct jk_span origin, struct jk_arena *arena,
                                          struct jk_memory *out_memory, struct jk_error *error);
/* Remembers the key where none is yet; `memory->keys` then holds what is remembered, which may be another process's. */
JK_MUST_USE enum jk_status jk_memory_keep_key(struct jk_memory *memory, const struct jk_verifier *key,
                                              struct jk_error *error);
/* All keys of a log whose entries were verified, newest first, take the place of what is remembered, if the newest key
 * remembered is one of them, or none is. */
JK_MUST_USE enum jk_status jk_memory_follow_keys(struct jk_memory *memory, const struct jk_keys *keys,
                                                 struct jk_error *error);

/* Forgets the log: its key, its checkpoint, and their folder. */
JK_MUST_USE enum jk_status jk_memory_forget(struct jk_memory *memory, struct jk_error *error);

/* Gets the consistency proof between two sizes, the first below the second. */
typedef enum jk_status jk_memory_prove_fn(void *context, uint64_t old_size, uint64_t size, struct jk_proof *out_proof,
                                          struct jk_error *error);
/* Compares a checkpoint, whose signature the caller has verified, with the remembered one. `prove` may be NULL. If they
 * contradict each other: FAILED_PRECONDITION, reason LOG_FORKED, nothing is written, and `memory->note` is the
 * remembered one, as evidence. Failures of `prove` are passed on. That it cannot be written is no failure: see `unkept`. */
JK_MUST_USE enum jk_status jk_memory_advance(struct jk_memory *memory, struct jk_span note, jk_memory_prove_fn *prove,
                                             void *context, enum jk_growth *out_growth, struct jk_error *error);

#endif
