/* The verifier keys that a log's checkpoints are checked with, and where they came from: --key, JOKBO_KEY, the config
 * file, the policy's log lines, or else the first use, which is remembered (memory.h). A key trusted on first use came
 * from the very server that it is meant to check: it proves only that nothing has changed since. One thread. */
#ifndef JK_VERIFY_KEYS_H
#define JK_VERIFY_KEYS_H

#include "base/error.h"
#include "tlog/note.h"

#define JK_KEYS_MAX      16
#define JK_KEYS_FILE_MAX (16u << 10)

enum jk_keys_from { JK_KEYS_NONE, JK_KEYS_GIVEN, JK_KEYS_FIRST_USE, JK_KEYS_REMEMBERED };

struct jk_keys {
    struct jk_verifier items[JK_KEYS_MAX]; /* several while a log's key is being rotated, and after */
    uint64_t until[JK_KEYS_MAX];           /* the largest size that it signs; JK_KEYS_STILL: no end is known */
    size_t count;
    enum jk_keys_from from;
    const char *where;    /* of a given one: "--key", "JOKBO_KEY", "the config file", "--trust-policy"; of a
                           * remembered one the file that remembers it */
    const char *since;    /* of a remembered one: when that file was written, for people */
    const char *followed; /* the newest key that a given one is known to lead to; NULL: none */
};
#define JK_KEYS_STILL 0

/* `text` is a verifier key, or names a file that holds one a line. USAGE, LOCAL_FILE. */
JK_MUST_USE enum jk_status jk_keys_read(const char *text, const char *where, struct jk_arena *arena,
                                        struct jk_keys *out_keys, struct jk_error *error);
/* One key per line, at least one; empty lines are ignored. False for anything else. */
bool jk_keys_parse(struct jk_span lines, struct jk_keys *keys);
/* What is remembered: the same, each key with " <size>" after it where it has an end; and written so. */
bool jk_keys_parse_kept(struct jk_span lines, struct jk_keys *keys);
void jk_keys_write_kept(const struct jk_keys *keys, struct jk_text *out);
/* Where the key stands among them, or `count`. */
size_t jk_keys_find(const struct jk_keys *keys, const struct jk_verifier *key);
/* If the given keys are in `kept` (newest first), they take on its end sizes and successors. */
void jk_keys_follow(struct jk_keys *keys, const struct jk_keys *kept, struct jk_arena *arena);
/* One of the keys has the origin for its name and signed the note, whose size is within its time; *out_key, where not
 * NULL, is that one. Fails as jk_note_verify does, or with reason KEY_OF_OTHER_LOG, KEY_RETIRED, or KEY_CHANGED, where
 * only other keys signed in the log's name. */
JK_MUST_USE enum jk_status jk_keys_verify(const struct jk_keys *keys, struct jk_span origin, struct jk_span note,
                                          const struct jk_verifier **out_key, struct jk_error *error);
/* For remembered keys that did not sign what should be the log's: what is remembered, since when, where, and how to
 * make way for another log of that name. In the arena; empty for keys from elsewhere. */
const char *jk_keys_other_log(const struct jk_keys *keys, struct jk_arena *arena);
/* "<name>+<hex key id>", which is short and names a key; in the arena. Never NULL. */
const char *jk_keys_short(const struct jk_verifier *key, struct jk_arena *arena);
const char *jk_keys_text(const struct jk_verifier *key, struct jk_arena *arena);

#endif
