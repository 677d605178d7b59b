/* See memory.h. Reading needs no lock, since files are replaced atomically. Writing locks, reads again, and starts over
 * if another process was faster, so that no proof is fetched under the lock. */
#include "verify/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/defer.h"
#include "base/text.h"
#include "cli/console/local.h"
#include "cli/console/place.h"
#include "reply/json.h"

#define CHECKPOINT_FILE "checkpoint"
#define KEY_FILE        "key"
#define KEY_MAX         JK_KEYS_FILE_MAX
#define TRIES           16
#define NAME_LONGEST    200 /* an encoded origin above this is named by its digest: file systems allow 255 */

const char *jk_memory_state(struct jk_arena *arena)
{
    const char *base = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (base && base[0] == '/') return jk_arena_printf(arena, "%s/jokbo/log", base);
    return home && home[0] ? jk_arena_printf(arena, "%s/.local/state/jokbo/log", home) : NULL;
}

const char *jk_memory_folder_name(struct jk_span origin, struct jk_arena *arena)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    jk_text_init(&text, 0);
    jk_percent_encode(&text, origin, "/:", true);
    if (!text.failed && text.len > 0 && text.len <= NAME_LONGEST && text.bytes[0] != '.')
        return jk_arena_copy(arena, text.bytes, text.len);
    struct jk_digest digest = jk_digest_of(origin);
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&digest, hex);
    return jk_arena_printf(arena, "%%sha256-%s", hex);
}

/* An absent file is empty. */
static enum jk_status read_memory_file(struct jk_memory *memory, const char *name, size_t most,
                                       struct jk_span *out_bytes, struct jk_error *error)
{
    const char *path = jk_arena_printf(memory->arena, "%s/%s", memory->folder, name);
    *out_bytes = (struct jk_span){0};
    if (!path) return jk_out_of_memory(error);
    return jk_local_exists(path) ? jk_local_read(path, most, memory->arena, out_bytes, error) : JK_OK;
}

static enum jk_status damaged(const struct jk_memory *memory, const char *name, const char *why, struct jk_error *error)
{
    return jk_fail(error, JK_INVALID_ARGUMENT, "LOCAL_FILE",
                   "%s/%s, which remembers the log, is damaged (%s): move it away to start afresh", memory->folder,
                   name, why);
}

static enum jk_status open_checkpoint(struct jk_span note, struct jk_checkpoint *out, struct jk_error *error)
{
    struct jk_span body, signatures;
    JK_TRY(jk_note_open(note, &body, &signatures, error));
    return jk_checkpoint_parse(body, out, error);
}

static enum jk_status read_memory_checkpoint(struct jk_memory *memory, struct jk_error *error)
{
    struct jk_error why;
    JK_TRY(read_memory_file(memory, CHECKPOINT_FILE, JK_NOTE_MAX, &memory->note, error));
    if (memory->note.len == 0) return JK_OK;
    jk_error_init(&why, NULL);
    if (open_checkpoint(memory->note, &memory->checkpoint, &why) == JK_OK) return JK_OK;
    return damaged(memory, CHECKPOINT_FILE, why.message, error);
}

static enum jk_status read_key(struct jk_memory *memory, struct jk_error *error)
{
    struct jk_span text;
    memory->keys.count = 0;
    JK_TRY(read_memory_file(memory, KEY_FILE, KEY_MAX, &text, error));
    if (text.len == 0) return JK_OK;
    if (jk_keys_parse_kept(text, &memory->keys)) {
        /* where the keys are remembered, and since when */
        char since[JK_TIME_TEXT];
        Google__Protobuf__Timestamp written = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
        struct stat facts = {0};
        memory->keys.where = jk_arena_printf(memory->arena, "%s/" KEY_FILE, memory->folder);
        if (!memory->keys.where) return jk_out_of_memory(error);
        (void)stat(memory->keys.where, &facts);
        jk_json_time_set((int64_t)facts.st_mtime * 1000000, &written);
        jk_json_time_people(&written, since);
        memory->keys.since = jk_arena_copy(memory->arena, since, strlen(since));
        return memory->keys.since ? JK_OK : jk_out_of_memory(error);
    }
    return damaged(memory, KEY_FILE, "no verifier key", error);
}

enum jk_status jk_memory_open(const char *state, struct jk_span origin, struct jk_arena *arena,
                              struct jk_memory *out_memory, struct jk_error *error)
{
    struct jk_memory memory = {.arena = arena};
    const char *name = jk_memory_folder_name(origin, arena);
    if (!state) {
        *out_memory = memory;
        return JK_OK;
    }
    memory.folder = name ? jk_arena_printf(arena, "%s/%s", state, name) : NULL;
    if (!memory.folder) return jk_out_of_memory(error);
    JK_TRY(read_memory_checkpoint(&memory, error));
    JK_TRY(read_key(&memory, error));
    if (memory.note.len > 0 && !jk_span_equal(memory.checkpoint.origin, origin))
        return damaged(&memory, CHECKPOINT_FILE, "it is another log's", error);
    *out_memory = memory;
    return JK_OK;
}

/* The origin of a folder's name; where that is a digest, of its checkpoint. NULL: it is no folder of a log. */
static const char *origin_of(const char *state, const char *name, struct jk_arena *arena)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    struct jk_memory memory = {.arena = arena, .folder = jk_arena_printf(arena, "%s/%s", state, name)};
    struct jk_error ignored;
    struct jk_span origin = {0};
    jk_text_init(&text, 0);
    jk_error_init(&ignored, NULL);
    if (jk_percent_decode(&text, jk_span_of(name)) && !text.failed)
        origin = jk_text_span(&text);
    else if (memory.folder && read_memory_checkpoint(&memory, &ignored) == JK_OK)
        origin = memory.checkpoint.origin;
    const char *folder = origin.len > 0 ? jk_memory_folder_name(origin, arena) : NULL;
    return folder && strcmp(folder, name) == 0 ? jk_arena_copy(arena, origin.at, origin.len) : NULL;
}

size_t jk_memory_list(const char *state, struct jk_arena *arena, const char **out_origins, size_t room)
{
    struct dirent **items;
    int found = scandir(state, &items, NULL, alphasort);
    size_t count = 0;
    for (int i = 0; i < found; i++) {
        const char *origin = count < room ? origin_of(state, items[i]->d_name, arena) : NULL;
        if (origin) out_origins[count++] = origin;
        free(items[i]);
    }
    if (found >= 0) free(items);
    return count;
}

/* ---- writing ---- */

static void unlock(int *fd)
{
    if (*fd >= 0) close(*fd); /* which gives the lock back */
}

static enum jk_status lock(struct jk_memory *memory, int *out_fd, struct jk_error *error)
{
    if (!memory->folder) return jk_fail(error, JK_UNAVAILABLE, "LOCAL_FILE", "neither XDG_STATE_HOME nor HOME is set");
    const char *path = jk_arena_printf(memory->arena, "%s/lock", memory->folder);
    if (!path) return jk_out_of_memory(error);
    JK_TRY(jk_place_folder(memory->folder, 0700, memory->arena, error));
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), got;
    do
        got = fd < 0 ? -1 : flock(fd, LOCK_EX);
    while (fd >= 0 && got != 0 && errno == EINTR);
    if (got == 0) {
        *out_fd = fd;
        return JK_OK;
    }
    enum jk_status status = jk_fail(error, JK_INVALID_ARGUMENT, "LOCAL_FILE", "%s: %s", path, strerror(errno));
    unlock(&fd);
    return status;
}

/* Under the lock. */
static enum jk_status place_keys(struct jk_memory *memory, const struct jk_keys *keys, struct jk_error *error)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    jk_text_init(&text, KEY_MAX);
    jk_keys_write_kept(keys, &text);
    if (text.failed) return jk_out_of_memory(error);
    JK_TRY(jk_place_file(memory->folder, KEY_FILE, jk_text_span(&text), memory->arena, error));
    return read_key(memory, error);
}

enum jk_status jk_memory_keep_key(struct jk_memory *memory, const struct jk_verifier *key, struct jk_error *error)
{
    JK_CLEANUP(unlock) int held = -1;
    struct jk_keys one = {.items = {*key}, .until = {JK_KEYS_STILL}, .count = 1};
    JK_TRY(lock(memory, &held, error));
    JK_TRY(read_key(memory, error));
    return memory->keys.count > 0 ? JK_OK : place_keys(memory, &one, error);
}

enum jk_status jk_memory_follow_keys(struct jk_memory *memory, const struct jk_keys *keys, struct jk_error *error)
{
    JK_CLEANUP(unlock) int held = -1;
    JK_TRY(lock(memory, &held, error));
    JK_TRY(read_key(memory, error));
    if (memory->keys.count > 0 && jk_keys_find(keys, &memory->keys.items[0]) == keys->count) return JK_OK;
    return place_keys(memory, keys, error);
}

enum jk_status jk_memory_forget(struct jk_memory *memory, struct jk_error *error)
{
    static const char *const names[] = {CHECKPOINT_FILE, KEY_FILE, "lock"};
    JK_CLEANUP(unlock) int held = -1;
    JK_TRY(lock(memory, &held, error));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *path = jk_arena_printf(memory->arena, "%s/%s", memory->folder, names[i]);
        if (!path) return jk_out_of_memory(error);
        if (unlink(path) != 0 && errno != ENOENT)
            return jk_fail(error, JK_INVALID_ARGUMENT, "LOCAL_FILE", "%s: %s", path, strerror(errno));
    }
    (void)rmdir(memory->folder); /* another process may remember it anew by now */
    return JK_OK;
}

/* For this run only, since it cannot be written. */
static enum jk_status keep_for_now(struct jk_memory *memory, struct jk_span note, const char *why,
                                   struct jk_error *error)
{
    const char *copy = jk_arena_copy(memory->arena, note.at, note.len);
    memory->unkept = jk_arena_copy(memory->arena, why, strlen(why));
    if (!copy || !memory->unkept) return jk_out_of_memory(error);
    memory->note = (struct jk_span){copy, note.len};
    return open_checkpoint(memory->note, &memory->checkpoint, error);
}

/* Puts the note in the remembered one's place, unless that is another by now: then reads it, and says so. */
static enum jk_status replace(struct jk_memory *memory, struct jk_span note, bool *out_done, struct jk_error *error)
{
    JK_CLEANUP(unlock) int held = -1;
    struct jk_span before = memory->note;
    struct jk_error why;
    jk_error_init(&why, NULL);
    if (memory->unkept) return keep_for_now(memory, note, memory->unkept, error);
    if (lock(memory, &held, &why) != JK_OK) return keep_for_now(memory, note, why.message, error);
    JK_TRY(read_memory_checkpoint(memory, error));
    *out_done = jk_span_equal(before, memory->note);
    if (!*out_done) return JK_OK;
    if (jk_place_file(memory->folder, CHECKPOINT_FILE, note, memory->arena, &why) != JK_OK)
        return keep_for_now(memory, note, why.message, error);
    return read_memory_checkpoint(memory, error);
}

/* ---- growing ---- */

struct candidate {
    struct jk_checkpoint checkpoint;
    jk_memory_prove_fn *prove;
    void *context;
};

static enum jk_status forked(const struct jk_memory *memory, const struct jk_checkpoint *checkpoint,
                             struct jk_error *error)
{
    return jk_fail(
        error, JK_FAILED_PRECONDITION, "LOG_FORKED",
        "the log %.*s has two histories: its checkpoint of size %llu contradicts the one of size %llu seen before",
        JK_SPAN_ARG(checkpoint->origin), (unsigned long long)checkpoint->size,
        (unsigned long long)memory->checkpoint.size);
}

static enum jk_status prove_growth(const struct jk_memory *memory, const struct candidate *candidate,
                                   enum jk_growth *out_growth, struct jk_error *error)
{
    const struct jk_checkpoint *seen = &memory->checkpoint, *shown = &candidate->checkpoint;
    bool grew = shown->size > seen->size;
    const struct jk_checkpoint *first = grew ? seen : shown, *second = grew ? shown : seen;
    struct jk_proof proof;
    *out_growth = JK_GROWTH_UNPROVEN;
    if (!candidate->prove) return JK_OK;
    JK_TRY(candidate->prove(candidate->context, first->size, second->size, &proof, error));
    if (!jk_merkle_verify_consistency(first->size, &first->root, second->size, &second->root, &proof))
        return forked(memory, shown, error);
    *out_growth = grew ? JK_GROWTH_GREW : JK_GROWTH_OLDER;
    return JK_OK;
}

static enum jk_status compare_growth(const struct jk_memory *memory, const struct candidate *candidate,
                                     enum jk_growth *out_growth, struct jk_error *error)
{
    const struct jk_checkpoint *seen = &memory->checkpoint, *shown = &candidate->checkpoint;
    *out_growth = JK_GROWTH_FIRST;
    if (memory->note.len == 0) return JK_OK;
    if (!jk_span_equal(seen->origin, shown->origin))
        return jk_fail(error, JK_INVALID_ARGUMENT, "LOG_OTHER", "the checkpoint is of the log %.*s, not of %.*s",
                       JK_SPAN_ARG(shown->origin), JK_SPAN_ARG(seen->origin));
    if (shown->size != seen->size) return prove_growth(memory, candidate, out_growth, error);
    if (!jk_digest_equal(&seen->root, &shown->root)) return forked(memory, shown, error);
    *out_growth = JK_GROWTH_SAME;
    return JK_OK;
}

enum jk_status jk_memory_advance(struct jk_memory *memory, struct jk_span note, jk_memory_prove_fn *prove,
                                 void *context, enum jk_growth *out_growth, struct jk_error *error)
{
    struct candidate candidate = {.prove = prove, .context = context};
    JK_TRY(open_checkpoint(note, &candidate.checkpoint, error));
    for (int i = 0; i < TRIES; i++) {
        bool done = true;
        enum jk_growth growth;
        JK_TRY(compare_growth(memory, &candidate, &growth, error));
        if (growth == JK_GROWTH_FIRST || growth == JK_GROWTH_GREW) JK_TRY(replace(memory, note, &done, error));
        if (!done) continue;
        *out_growth = growth;
        return JK_OK;
    }
    return jk_fail(error, JK_UNAVAILABLE, "MEMORY_BUSY", "%s: other processes keep writing to it", memory->folder);
}
