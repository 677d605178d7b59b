/* The verifier keys that a log's checkpoints are held against, and where they came from: --key, JOKBO_KEY, the config
 * file, or else the first use, which is remembered (memory.h). A key of first use came from the server that it is to
 * check: it proves only that nothing changed since. One thread. */
#ifndef JK_CLI_KEYS_H
#define JK_CLI_KEYS_H

#include "base/error.h"
#include "tlog/note.h"

#define JK_KEYS_MAX      16
#define JK_KEYS_FILE_MAX (16u << 10)

enum jk_keys_from { JK_KEYS_NONE, JK_KEYS_GIVEN, JK_KEYS_FIRST_USE, JK_KEYS_REMEMBERED };

struct jk_keys {
    struct jk_verifier items[JK_KEYS_MAX]; /* several while a log's key is being rotated */
    size_t count;
    enum jk_keys_from from;
    const char *where; /* of a given one: "--key", "JOKBO_KEY", "the config file" */
};

/* `text` is a verifier key, or names a file that holds one a line. USAGE, LOCAL_FILE. */
JK_MUST_USE enum jk_status jk_keys_read(const char *text, const char *where, struct jk_arena *arena,
                                        struct jk_keys *out_keys, struct jk_error *error);
/* One key a line, at least one, empty lines passed over. False on anything else. */
bool jk_keys_parse(struct jk_span lines, struct jk_keys *keys);
/* One of the keys has the origin for its name and signed the note; *out_key, where not NULL, is that one. Fails as
 * jk_note_verify does, or with reason KEY_OF_OTHER_LOG. */
JK_MUST_USE enum jk_status jk_keys_verify(const struct jk_keys *keys, struct jk_span origin, struct jk_span note,
                                          const struct jk_verifier **out_key, struct jk_error *error);
/* "<name>+<hex key id>", which is short and names a key; in the arena. Never NULL. */
const char *jk_keys_short(const struct jk_verifier *key, struct jk_arena *arena);
const char *jk_keys_text(const struct jk_verifier *key, struct jk_arena *arena);

#endif
