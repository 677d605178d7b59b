/* Reading and choosing the signing keys; see signkeys.h. */
#include "store/signkeys.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "store/files.h"
#include "store/keyfile.h"

#define RETIRED 2 /* of the files */

void jk_signkeys_init(struct jk_signkeys *keys, const char *path)
{
    static const char *const ends[JK_KEY_FILES] = {"", JK_KEY_NEXT, JK_KEY_RETIRED};

    *keys = (struct jk_signkeys){0};
    for (size_t i = 0; i < JK_KEY_FILES; i++) {
        size_t room = strlen(path) + strlen(ends[i]) + 1;

        keys->paths[i] = malloc(room);
        JK_CHECK(keys->paths[i]); /* at start: nothing to save */
        (void)snprintf(keys->paths[i], room, "%s%s", path, ends[i]);
    }
}

void jk_signkeys_done(struct jk_signkeys *keys)
{
    for (size_t i = 0; i < JK_KEY_FILES; i++) {
        free(keys->paths[i]);
        free(keys->texts[i]);
        jk_signer_free(keys->held[i]);
    }
    *keys = (struct jk_signkeys){0};
}

enum jk_status jk_signkeys_take(struct jk_signkeys *keys, size_t file, struct jk_signer *signer, struct jk_error *error)
{
    struct jk_text text;
    char *taken;

    jk_text_init(&text, 0);
    jk_verifier_write(jk_signer_verifier(signer), &text);
    taken = jk_text_take(&text);
    if (!taken) {
        jk_signer_free(signer);
        return jk_out_of_memory(error);
    }
    keys->count = 0; /* whoever held a pointer to the old one chooses again */
    jk_signer_free(keys->held[file]);
    free(keys->texts[file]);
    keys->held[file] = signer;
    keys->texts[file] = taken;
    return JK_OK;
}

enum jk_status jk_signkeys_read(struct jk_signkeys *keys, struct jk_error *error)
{
    for (size_t i = 0; i < JK_KEY_FILES; i++) {
        struct jk_signer *signer = NULL;
        struct jk_error failure;
        enum jk_status status;

        jk_error_init(&failure, NULL);
        status = jk_keyfile_load(keys->paths[i], &signer, &failure);
        if (status == JK_OK)
            JK_TRY(jk_signkeys_take(keys, i, signer, error));
        else if (status != JK_NOT_FOUND && i < RETIRED) /* what is retired is no longer needed */
            return jk_fail(error, status, failure.reason, "%s", failure.message);
    }
    if (keys->held[0] || keys->held[1]) return JK_OK;
    return jk_fail(error, JK_NOT_FOUND, "KEY_FILE_ABSENT", "there is no signing key %s", keys->paths[0]);
}

static const struct jk_signer *find_signkey(const struct jk_signkeys *keys, struct jk_span text)
{
    for (size_t i = 0; i < JK_KEY_FILES; i++) {
        if (keys->held[i] && jk_span_equal(jk_span_of(keys->texts[i]), text)) return keys->held[i];
    }
    return NULL;
}

/* How many of the required keys are here. */
static size_t pick(struct jk_signkeys *keys, const struct jk_span *wanted, size_t count)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        keys->signing[i] = find_signkey(keys, wanted[i]);
        found += keys->signing[i] != NULL;
    }
    keys->count = found == count ? count : 0;
    return found;
}

static enum jk_status foreign(const struct jk_signkeys *keys, struct jk_span theirs, struct jk_error *error)
{
    return jk_fail(
        error, JK_FAILED_PRECONDITION, "LOG_FOREIGN",
        "the database's log has the key \"%.*s\", this server's is \"%s\": give this server the right database, "
        "or the key file and origin of the log's first server",
        JK_SPAN_ARG(theirs), keys->texts[0] ? keys->texts[0] : keys->texts[1]);
}

enum jk_status jk_signkeys_recognise(const struct jk_signkeys *keys, struct jk_span lines, struct jk_error *error)
{
    struct jk_span rest = lines, line;

    while (jk_span_line(&rest, &line)) {
        if (find_signkey(keys, line)) return JK_OK;
    }
    rest = lines;
    (void)jk_span_cut(&rest, '\n', &line);
    return foreign(keys, line, error);
}

static enum jk_status missing(const struct jk_signkeys *keys, const struct jk_span *wanted, size_t found,
                              struct jk_error *error)
{
    struct jk_span lost = found > 0 && keys->signing[0] ? wanted[1] : wanted[0];

    if (found > 0)
        return jk_fail(error, JK_FAILED_PRECONDITION, "KEY_FILE",
                       "the log is signed by the key \"%.*s\" too, and neither %s nor %s holds it: copy the file from "
                       "the server where the key was rotated",
                       JK_SPAN_ARG(lost), keys->paths[0], keys->paths[1]);
    return foreign(keys, lost, error);
}

enum jk_status jk_signkeys_choose(struct jk_signkeys *keys, const struct jk_book *book, uint32_t n,
                                  struct jk_error *error)
{
    struct jk_span wanted[JK_BOOK_KEYS];
    size_t count = jk_book_keys(book, n, wanted), found;

    JK_CHECK(count > 0);
    if (pick(keys, wanted, count) == count) return JK_OK;
    JK_TRY(jk_signkeys_read(keys, error));
    found = pick(keys, wanted, count);
    return found == count ? JK_OK : missing(keys, wanted, found, error);
}

static void move_signkey(struct jk_signkeys *keys, size_t from, size_t to)
{
    jk_signer_free(keys->held[to]);
    free(keys->texts[to]);
    keys->held[to] = keys->held[from];
    keys->texts[to] = keys->texts[from];
    keys->held[from] = NULL;
    keys->texts[from] = NULL;
    keys->count = 0;
}

bool jk_signkeys_tidy(struct jk_signkeys *keys, const struct jk_book *book)
{
    struct jk_span now[JK_BOOK_KEYS];
    struct jk_error error;

    jk_error_init(&error, NULL);
    if (jk_book_keys(book, jk_book_size(book), now) != 1 || !keys->held[1]) return true;
    if (!jk_span_equal(jk_span_of(keys->texts[1]), now[0])) return true;
    if (keys->held[0]) {
        if (rename(keys->paths[0], keys->paths[RETIRED]) != 0) return false;
        move_signkey(keys, 0, RETIRED);
    }
    if (rename(keys->paths[1], keys->paths[0]) != 0) return false;
    move_signkey(keys, 1, 0);
    return jk_folder_sync_of(keys->paths[0], &error) == JK_OK;
}

void jk_signkeys_lines(const struct jk_book *book, uint32_t n, struct jk_text *out)
{
    struct jk_span keys[JK_BOOK_KEYS];
    size_t count = jk_book_keys(book, n, keys);

    for (size_t i = 0; i < count; i++)
        jk_text_addf(out, "%.*s\n", JK_SPAN_ARG(keys[i]));
}

bool jk_signkeys_equal(const struct jk_book *book, uint32_t n, struct jk_span lines)
{
    struct jk_span keys[JK_BOOK_KEYS], line;
    size_t count = jk_book_keys(book, n, keys), i = 0;

    for (; jk_span_line(&lines, &line); i++) {
        if (i >= count || !jk_span_equal(line, keys[i])) return false;
    }
    return i == count;
}

bool jk_signkeys_any_signed(const struct jk_verifier *verifiers, size_t count, struct jk_span note,
                            struct jk_error *why)
{
    struct jk_span body;

    for (size_t i = 0; i < count; i++) {
        jk_error_init(why, NULL);
        if (jk_note_verify(note, &verifiers[i], &body, why) == JK_OK) return true;
    }
    return false;
}

bool jk_signkeys_signed(const struct jk_signkeys *keys, struct jk_span note, struct jk_error *why)
{
    for (size_t i = 0; i < JK_KEY_FILES; i++) {
        if (keys->held[i] && jk_signkeys_any_signed(jk_signer_verifier(keys->held[i]), 1, note, why)) return true;
    }
    return false;
}

size_t jk_signkeys_verifiers(const struct jk_book *book, uint32_t n, struct jk_verifier out_verifiers[JK_BOOK_KEYS])
{
    struct jk_span keys[JK_BOOK_KEYS];
    size_t count = jk_book_keys(book, n, keys);

    for (size_t i = 0; i < count; i++) {
        if (!jk_verifier_parse(keys[i], &out_verifiers[i])) return 0;
    }
    return count;
}
