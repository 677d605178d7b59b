/* See keys.h. */
#include "cli/keys.h"

#include "base/defer.h"
#include "base/text.h"
#include "cli/local.h"

bool jk_keys_parse(struct jk_span lines, struct jk_keys *keys)
{
    size_t count = 0;
    for (struct jk_span line; jk_span_line(&lines, &line);) {
        line = jk_span_trim(line);
        if (line.len == 0) continue;
        if (count == JK_KEYS_MAX || !jk_verifier_parse(line, &keys->items[count])) return false;
        count++;
    }
    keys->count = count;
    return count > 0;
}

enum jk_status jk_keys_read(const char *text, const char *where, struct jk_arena *arena, struct jk_keys *out_keys,
                            struct jk_error *error)
{
    struct jk_keys keys = {.from = JK_KEYS_GIVEN, .where = where};
    struct jk_span bytes = jk_span_of(text);
    char shown[160];
    if (!jk_keys_parse(bytes, &keys)) {
        jk_text_shorten(bytes, shown, sizeof shown);
        if (!jk_local_exists(text))
            return jk_fail(error, JK_INVALID_ARGUMENT, "USAGE",
                           "%s \"%s\" is neither a verifier key (name+id+base64) nor a file that holds one", where,
                           shown);
        JK_TRY(jk_local_read(text, JK_KEYS_FILE_MAX, arena, &bytes, error));
        if (!jk_keys_parse(bytes, &keys))
            return jk_fail(error, JK_INVALID_ARGUMENT, "LOCAL_FILE",
                           "%s: it must hold a verifier key a line (name+id+base64), at most %d", shown, JK_KEYS_MAX);
    }
    *out_keys = keys;
    return JK_OK;
}

static enum jk_status none_named(const struct jk_keys *keys, struct jk_span origin, struct jk_error *error)
{
    return jk_fail(error, JK_INVALID_ARGUMENT, "KEY_OF_OTHER_LOG", "it is of the log %.*s, and the key is that of %s",
                   JK_SPAN_ARG(origin), keys->count > 0 ? keys->items[0].name : "none");
}

enum jk_status jk_keys_verify(const struct jk_keys *keys, struct jk_span origin, struct jk_span note,
                              const struct jk_verifier **out_key, struct jk_error *error)
{
    struct jk_error first; /* what the newest key says is told, since that is the one that should have signed */
    bool tried = false;
    for (size_t i = 0; i < keys->count; i++) {
        const struct jk_verifier *key = &keys->items[i];
        struct jk_error why;
        struct jk_span body;
        if (!jk_span_equal(jk_span_of(key->name), origin)) continue;
        jk_error_init(&why, NULL);
        if (jk_note_verify(note, key, &body, &why) == JK_OK) {
            if (out_key) *out_key = key;
            return JK_OK;
        }
        if (!tried) first = why;
        tried = true;
    }
    if (!tried) return none_named(keys, origin, error);
    return jk_fail(error, first.status, first.reason, "%s", first.message);
}

const char *jk_keys_short(const struct jk_verifier *key, struct jk_arena *arena)
{
    const char *text = jk_arena_printf(arena, "%s+%08x", key->name, key->key_id);
    return text ? text : "";
}

const char *jk_keys_text(const struct jk_verifier *key, struct jk_arena *arena)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    jk_text_init(&text, 0);
    jk_verifier_write(key, &text);
    const char *copy = text.failed ? NULL : jk_arena_copy(arena, text.bytes, text.len);
    return copy ? copy : "";
}
