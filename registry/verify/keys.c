/* See keys.h. */
#include "verify/keys.h"

#include "base/defer.h"
#include "base/text.h"
#include "cli/console/local.h"

static bool parse_key_lines(struct jk_span lines, bool ends, struct jk_keys *keys)
{
    size_t count = 0;
    for (struct jk_span line, key; jk_span_line(&lines, &line);) {
        line = jk_span_trim(line);
        if (line.len == 0) continue;
        if (count == JK_KEYS_MAX) return false;
        keys->until[count] = JK_KEYS_STILL;
        bool ended = ends && jk_span_cut(&line, ' ', &key);
        if (ended && (!jk_span_to_u64(line, &keys->until[count]) || keys->until[count] == 0)) return false;
        if (!jk_verifier_parse(ends ? key : line, &keys->items[count])) return false;
        count++;
    }
    keys->count = count;
    return count > 0;
}

bool jk_keys_parse(struct jk_span lines, struct jk_keys *keys)
{
    return parse_key_lines(lines, false, keys);
}

bool jk_keys_parse_kept(struct jk_span lines, struct jk_keys *keys)
{
    return parse_key_lines(lines, true, keys);
}

void jk_keys_write_kept(const struct jk_keys *keys, struct jk_text *out)
{
    for (size_t i = 0; i < keys->count; i++) {
        jk_verifier_write(&keys->items[i], out);
        if (keys->until[i] != JK_KEYS_STILL) jk_text_addf(out, " %llu", (unsigned long long)keys->until[i]);
        jk_text_add_char(out, '\n');
    }
}

size_t jk_keys_find(const struct jk_keys *keys, const struct jk_verifier *key)
{
    for (size_t i = 0; i < keys->count; i++)
        if (memcmp(keys->items[i].public_key, key->public_key, sizeof key->public_key) == 0 &&
            strcmp(keys->items[i].name, key->name) == 0)
            return i;
    return keys->count;
}

/* All keys that are newer than the oldest one given: those stand before it. */
void jk_keys_follow(struct jk_keys *keys, const struct jk_keys *kept, struct jk_arena *arena)
{
    size_t given = keys->count, oldest = 0;
    bool found = false;
    for (size_t i = 0; i < given; i++) {
        size_t at = jk_keys_find(kept, &keys->items[i]);
        if (at == kept->count) continue;
        keys->until[i] = kept->until[at];
        if (!found || at > oldest) oldest = at;
        found = true;
    }
    for (size_t i = 0; found && i < oldest && keys->count < JK_KEYS_MAX; i++) {
        if (jk_keys_find(keys, &kept->items[i]) < keys->count) continue;
        if (!keys->followed) keys->followed = jk_keys_text(&kept->items[i], arena);
        keys->until[keys->count] = kept->until[i];
        keys->items[keys->count++] = kept->items[i];
    }
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
                           "%s: it must have one verifier key per line (name+id+base64), at most %d", shown,
                           JK_KEYS_MAX);
    }
    *out_keys = keys;
    return JK_OK;
}

const char *jk_keys_other_log(const struct jk_keys *keys, struct jk_arena *arena)
{
    const char *text = NULL;
    if (keys->count > 0 && keys->since)
        text =
            jk_arena_printf(arena,
                            "The key %s+%08x is remembered since %s, in %s. If this is another registry of the same "
                            "name: jokbo log forget %s",
                            keys->items[0].name, keys->items[0].key_id, keys->since, keys->where, keys->items[0].name);
    return text ? text : "";
}

/* Whether some line is in the log's own name. */
static bool names_log(struct jk_span note, struct jk_span origin)
{
    struct jk_error unused;
    struct jk_span body, lines, line, word;
    jk_error_init(&unused, NULL);
    if (jk_note_open(note, &body, &lines, &unused) != JK_OK) return false;
    while (jk_span_line(&lines, &line)) /* "— <name> <base64>" */
        if (jk_span_cut(&line, ' ', &word) && jk_span_cut(&line, ' ', &word) && jk_span_equal(word, origin))
            return true;
    return false;
}

static enum jk_status verify_one(const struct jk_keys *keys, size_t at, struct jk_span note, struct jk_error *error)
{
    struct jk_checkpoint checkpoint;
    struct jk_span body;
    JK_TRY(jk_note_verify(note, &keys->items[at], &body, error));
    if (keys->until[at] == JK_KEYS_STILL) return JK_OK;
    JK_TRY(jk_checkpoint_parse(body, &checkpoint, error));
    if (checkpoint.size <= keys->until[at]) return JK_OK;
    return jk_fail(error, JK_INVALID_ARGUMENT, "KEY_RETIRED",
                   "the key that signed it was retired: it signs no checkpoint above size %llu",
                   (unsigned long long)keys->until[at]);
}

static enum jk_status none_signed(const struct jk_keys *keys, const struct jk_error *first, struct jk_span origin,
                                  struct jk_span note, struct jk_error *error)
{
    bool changed = strcmp(first->reason, "NOTE_UNSIGNED") == 0 && names_log(note, origin);
    if (changed && keys->from == JK_KEYS_REMEMBERED)
        return jk_fail(
            error, first->status, "KEY_CHANGED",
            "another key signed it than %.255s+%08x, remembered since %s in %s. If this is another registry of "
            "the same name: jokbo log forget %s. If the log changed its key: jokbo audit follows that",
            keys->items[0].name, keys->items[0].key_id, keys->since, keys->where, keys->items[0].name);
    if (changed)
        return jk_fail(error, first->status, "KEY_CHANGED",
                       "it is signed in the log's name by another key than %.255s+%08x. If the log changed its key: "
                       "jokbo audit follows the changes from key to key, and remembers the result",
                       keys->items[0].name, keys->items[0].key_id);
    return jk_fail(error, first->status, first->reason, "%s", first->message);
}

enum jk_status jk_keys_verify(const struct jk_keys *keys, struct jk_span origin, struct jk_span note,
                              const struct jk_verifier **out_key, struct jk_error *error)
{
    struct jk_error first; /* what is reported: an invalid signature rather than a missing one */
    bool tried = false;
    for (size_t i = 0; i < keys->count; i++) {
        const struct jk_verifier *key = &keys->items[i];
        struct jk_error why;
        if (!jk_span_equal(jk_span_of(key->name), origin)) continue;
        jk_error_init(&why, NULL);
        if (verify_one(keys, i, note, &why) == JK_OK) {
            if (out_key) *out_key = key;
            return JK_OK;
        }
        bool told = tried && strcmp(first.reason, "NOTE_UNSIGNED") != 0;
        if (!told) first = why;
        tried = true;
    }
    if (!tried)
        return jk_fail(error, JK_INVALID_ARGUMENT, "KEY_OF_OTHER_LOG",
                       "it is of the log %.*s, and the key is that of %s", JK_SPAN_ARG(origin),
                       keys->count > 0 ? keys->items[0].name : "none");
    return none_signed(keys, &first, origin, note, error);
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
