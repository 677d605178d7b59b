/* Replacing the log's signing key, through entries; and making the next key. See store.h. */
#include "base/defer.h"
#include "store/batch.h"
#include "store/clock.h"
#include "store/files.h"
#include "store/keyfile.h"
#include "tlog/rotation.h"

static enum jk_status append_rotation(struct jk_turn *turn, struct jk_entry *entry, struct jk_error *error)
{
    uint32_t index;

    entry->actor.type = JK_ACTOR_SERVER;
    return jk_turn_append(turn, entry, &index, error);
}

/* The next key: the one in the ".next" file, unless it has ever been the log's. */
static enum jk_status find_next(struct jk_signkeys *keys, struct jk_span now, struct jk_error *error)
{
    JK_TRY(jk_signkeys_read(keys, error));
    if (!keys->held[1])
        return jk_fail(error, JK_FAILED_PRECONDITION, "KEY_NEXT_ABSENT",
                       "there is no next key %s: \"jokbod key rotate\" makes it", keys->paths[1]);
    if (!jk_span_equal(jk_span_of(keys->texts[1]), now)) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "KEY_ROTATED", "the key in %s already signs the log", keys->paths[1]);
}

enum jk_status jk_turn_rotate_key(struct jk_turn *turn, struct jk_error *error)
{
    struct jk_store *store = ((struct jk_batch *)turn->batch)->store;
    struct jk_signkeys *keys = &store->keys;
    uint32_t size = jk_book_size(turn->book);
    JK_CLEANUP(jk_text_done) struct jk_text signature = {0};
    struct jk_span now[JK_BOOK_KEYS];
    struct jk_entry entry = {.kind = JK_KIND_KEY};

    if (jk_book_keys(turn->book, size, now) > 1)
        return jk_fail(error, JK_FAILED_PRECONDITION, "KEY_PENDING",
                       "two keys already sign the log: \"jokbod key retire\" retires the older one");
    JK_TRY(find_next(keys, now[0], error));
    JK_TRY(jk_signkeys_choose(keys, turn->book, size, error));
    if (!jk_rotation_sign(keys->signing[0], jk_signer_verifier(keys->held[1]), &signature))
        return jk_fail(error, JK_INTERNAL, "SIGNING_FAILED", "OpenSSL could not sign the next key");
    entry.key = jk_span_of(keys->texts[1]);
    entry.previous = now[0];
    entry.signature = jk_text_span(&signature);
    return append_rotation(turn, &entry, error);
}

enum jk_status jk_turn_retire_key(struct jk_turn *turn, struct jk_error *error)
{
    struct jk_span now[JK_BOOK_KEYS];
    struct jk_entry entry = {.kind = JK_KIND_RETIRE};

    if (jk_book_keys(turn->book, jk_book_size(turn->book), now) < 2)
        return jk_fail(error, JK_FAILED_PRECONDITION, "KEY_SINGLE",
                       "only one key signs the log, so it cannot be retired; \"jokbod key rotate\" adds a new one");
    entry.key = now[1];
    return append_rotation(turn, &entry, error);
}

/* On any other log an operator brings the next key to every server before it signs; a demo has one server, and nothing
 * hangs on its key. */
enum jk_status jk_turn_change_demo_key(struct jk_turn *turn, bool retire, struct jk_error *error)
{
    struct jk_store *store = ((struct jk_batch *)turn->batch)->store;
    JK_CLEANUP(jk_text_done) struct jk_text key = {0};
    bool made;

    if (!jk_clock_is_demo(store))
        return jk_fail(error, JK_FAILED_PRECONDITION, "NOT_A_DEMO",
                       "This log is not a demo: its key is changed by its operator alone, with \"jokbod key rotate\"");
    if (retire) return jk_turn_retire_key(turn, error);
    (void)jk_signkeys_tidy(&store->keys, turn->book); /* else ".next" may hold the key that signs already */
    JK_TRY(jk_store_next_key(store->keys.paths[0], &key, &made, error));
    return jk_turn_rotate_key(turn, error);
}

enum jk_status jk_store_next_key(const char *key_file, struct jk_text *out_key, bool *out_made, struct jk_error *error)
{
    struct jk_signer *signer = NULL, *next = NULL;
    char path[JK_PATH_MAX];
    struct jk_error failure;
    enum jk_status status;

    jk_digest_setup();
    if (!jk_path_join(path, key_file, JK_KEY_NEXT))
        return jk_fail(error, JK_FAILED_PRECONDITION, "KEY_FILE", "the signing key's path is too long");
    jk_error_init(&failure, NULL);
    status = jk_keyfile_load(path, &next, &failure);
    *out_made = status == JK_NOT_FOUND;
    if (*out_made) {
        JK_TRY(jk_keyfile_load(key_file, &signer, error));
        status = jk_keyfile_make(path, jk_span_of(jk_signer_verifier(signer)->name), &next, error);
        jk_signer_free(signer);
        JK_TRY(status);
    } else if (status != JK_OK) {
        return jk_fail(error, status, failure.reason, "%s", failure.message);
    }
    jk_verifier_write(jk_signer_verifier(next), out_key);
    jk_signer_free(next);
    return JK_OK;
}
