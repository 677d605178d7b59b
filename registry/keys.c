/* Rotating the signing key; see keys.h. */
#include "keys.h"

#include <pthread.h>
#include <stdio.h>

#include "base/defer.h"

enum jk_status jk_key_prepare(const struct jk_config *config, bool *out_made, struct jk_error *error)
{
    JK_CLEANUP(jk_text_done) struct jk_text key = {0};
    const char *file =
        *config->key_file ? config->key_file : jk_arena_printf(config->arena, "%s/log.key", config->data);

    if (!file) return jk_fail(error, JK_RESOURCE_EXHAUSTED, "OUT_OF_MEMORY", "out of memory");
    JK_TRY(jk_store_next_key(file, &key, out_made, error));
    if (!*out_made) return JK_OK;
    printf("made the next signing key %s.next\n"
           "  %s\n"
           "Nothing has changed yet. Now\n"
           "  1. keep a copy of it where the present key's copy lies;\n"
           "  2. copy it to every other server of this log, beside its key file, under the same name and mode 0600;\n"
           "     a server without it will refuse writes from the next step on;\n"
           "  3. stop this server, and run \"jokbod key rotate\" once more: it writes the entry, and both keys sign.\n",
           file, key.bytes);
    return JK_OK;
}

struct change {
    struct jk_write write; /* first */
    bool rotate;
    pthread_mutex_t lock;
    pthread_cond_t cond;
    bool settled;
    enum jk_status outcome;
};

static enum jk_status decide(struct jk_write *write, struct jk_turn *turn)
{
    struct change *change = (struct change *)write;

    return change->rotate ? jk_turn_rotate_key(turn, write->error) : jk_turn_retire_key(turn, write->error);
}

static void settle(struct jk_write *write, enum jk_status outcome)
{
    struct change *change = (struct change *)write;

    pthread_mutex_lock(&change->lock);
    change->outcome = outcome;
    change->settled = true;
    pthread_cond_signal(&change->cond);
    pthread_mutex_unlock(&change->lock);
}

static bool abandoned(struct jk_write *write)
{
    (void)write;
    return false;
}

static void tell(struct jk_store *store, const struct change *change)
{
    JK_CLEANUP(jk_text_done) struct jk_text keys = {0};

    jk_store_keys(store, UINT32_MAX, &keys);
    printf("entry %u: the log is signed by\n%s", change->write.first_index, keys.failed ? "" : keys.bytes);
    if (change->rotate)
        printf(
            "Make the first of them known to those who check the log. When they know it, and every server signs with "
            "it, run \"jokbod key retire\".\n");
    else
        printf("The retired key lies beside the key file as \".retired\"; nothing needs it any more.\n");
}

enum jk_status jk_key_change(struct jk_store *store, bool rotate, struct jk_error *error)
{
    struct change change = {.write = {.decide = decide, .settle = settle, .abandoned = abandoned, .error = error},
                            .rotate = rotate,
                            .lock = PTHREAD_MUTEX_INITIALIZER,
                            .cond = PTHREAD_COND_INITIALIZER};

    if (!jk_store_write(store, &change.write))
        return jk_fail(error, JK_UNAVAILABLE, "BUSY", "the store takes no writes");
    pthread_mutex_lock(&change.lock);
    while (!change.settled)
        pthread_cond_wait(&change.cond, &change.lock);
    pthread_mutex_unlock(&change.lock);
    if (change.outcome == JK_OK) tell(store, &change);
    return change.outcome;
}
