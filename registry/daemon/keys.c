/* Rotating the signing key; see keys.h. */
#include "daemon/keys.h"

#include <pthread.h>
#include <stdio.h>

#include "base/defer.h"

enum jk_status jk_key_prepare(const struct jk_config *config, bool *out_made, struct jk_error *error)
{
    JK_CLEANUP(jk_text_done) struct jk_text key = {0};
    const char *file =
        *config->key_file ? config->key_file : jk_arena_printf(config->arena, "%s/log.key", config->data);

    if (!file) return jk_out_of_memory(error);
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
    struct jk_own_write own; /* first */
    bool rotate;
};

static enum jk_status decide_key_change(struct jk_write *write, struct jk_turn *turn)
{
    struct change *change = (struct change *)write;

    return change->rotate ? jk_turn_rotate_key(turn, write->error) : jk_turn_retire_key(turn, write->error);
}

static void tell(struct jk_store *store, const struct change *change)
{
    JK_CLEANUP(jk_text_done) struct jk_text keys = {0};

    jk_store_keys(store, UINT32_MAX, &keys);
    printf("entry %u: the log is signed by\n%s", change->own.write.first_index, keys.failed ? "" : keys.bytes);
    if (change->rotate)
        printf("Publish the first of them to those who check the log. When they know it, and every server signs with "
               "it, run \"jokbod key retire\".\n");
    else
        printf("The retired key is beside the key file as \".retired\"; nothing needs it any more.\n");
}

enum jk_status jk_key_change(struct jk_store *store, bool rotate, struct jk_error *error)
{
    struct change change = {.own.write.decide = decide_key_change, .rotate = rotate};

    JK_TRY(jk_store_write_own(store, &change.own, error));
    tell(store, &change);
    return JK_OK;
}
