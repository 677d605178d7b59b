/* See receipts.h. */
#include "verify/receipts.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>

#include "base/ascii.h"
#include "base/text.h"
#include "cli/console/local.h"
#include "cli/console/place.h"
#include "domain/entry.h"
#include "domain/ident.h"
#include "domain/manifest.h"
#include "tlog/receipt.h"

#define TAIL_LONGEST 32 /* with the longest names still a file's name */
#define TAIL_HEX     16

const char *jk_receipts_home(const char *card_or_folder, struct jk_arena *arena)
{
    const char *slash = card_or_folder ? strrchr(card_or_folder, '/') : NULL;
    if (!card_or_folder || strcmp(card_or_folder, "-") == 0) return ".";
    if (jk_local_is_folder(card_or_folder)) return card_or_folder;
    if (!slash) return ".";
    size_t len = slash == card_or_folder ? 1 : (size_t)(slash - card_or_folder);
    const char *folder = jk_arena_copy(arena, card_or_folder, len);
    return folder ? folder : ".";
}

/* ---- writing ---- */

static enum jk_status write_one(const char *folder, const char *base, const char *suffix, struct jk_span bytes,
                                struct jk_arena *arena, struct jk_error *error)
{
    const char *name = jk_arena_printf(arena, "%s%s", base, suffix);
    if (!name) return jk_out_of_memory(error);
    return bytes.len > 0 ? jk_place_file(folder, name, bytes, arena, error) : JK_OK;
}

/* A receipt of another log lies there, or what cannot be read and might be one. What is no receipt may be replaced. */
static bool is_taken(const char *path, struct jk_span origin, struct jk_arena *arena)
{
    struct jk_span text;
    struct jk_receipt there;
    struct jk_error unused;
    jk_error_init(&unused, NULL);
    if (!jk_local_exists(path)) return false;
    if (jk_local_read(path, JK_RECEIPT_MAX, arena, &text, &unused) != JK_OK) return true;
    return jk_receipt_parse(text, &there, &unused) == JK_OK && !jk_span_equal(there.checkpoint.origin, origin);
}

/* What tells this log's receipts from another's: the last part of the origin, where that can be a file's name. */
static const char *tail_of(struct jk_span origin, struct jk_arena *arena)
{
    struct jk_span last = jk_span_after_last(origin, '/');
    bool plain = last.len > 0 && last.len <= TAIL_LONGEST;
    for (size_t i = 0; i < last.len; i++)
        plain = plain && (jk_ascii_alnum(last.at[i]) || strchr("._-", last.at[i]));
    return plain ? jk_arena_printf(arena, "@of-%.*s", JK_SPAN_ARG(last)) : NULL;
}

/* Sets stem and path to the first name that no other log's receipt has. */
static enum jk_status choose_name(const char *folder, const char *base, struct jk_span origin,
                                  struct jk_receipt_file *file, struct jk_arena *arena, struct jk_error *error)
{
    struct jk_digest digest = jk_digest_of(origin);
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&digest, hex);
    const char *const tails[] = {"", tail_of(origin, arena), jk_arena_printf(arena, "@of-%.*s", TAIL_HEX, hex)};
    file->yields_to = NULL;
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        if (!tails[i]) continue;
        file->stem = jk_arena_printf(arena, "%s/%s%s", folder, base, tails[i]);
        file->path = file->stem ? jk_arena_printf(arena, "%s" JK_RECEIPT_SUFFIX, file->stem) : NULL;
        if (!file->path) return jk_out_of_memory(error);
        if (!is_taken(file->path, origin, arena)) return JK_OK;
        if (!file->yields_to) file->yields_to = file->path;
    }
    return jk_fail(error, JK_INVALID_ARGUMENT, "LOCAL_FILE", "%s: it is another log's receipt, or cannot be read",
                   file->path);
}

enum jk_status jk_receipts_write(const char *home, struct jk_span model, struct jk_span version, const char *about,
                                 struct jk_receipt_file *file, struct jk_arena *arena, struct jk_error *error)
{
    struct jk_span name = model, publisher;
    struct jk_receipt receipt;
    const char *fault = jk_ident_model_fault(model);
    if (!fault) fault = jk_ident_version_fault(version);
    if (fault)
        return jk_fail(error, JK_INVALID_ARGUMENT, "INVALID_FIELD", "the release's name is not well-formed: it %s",
                       fault);
    JK_TRY(jk_receipt_parse(file->receipt, &receipt, error));
    (void)jk_span_cut(&name, '/', &publisher);
    const char *slash = strcmp(home, ".") == 0 ? "" : "/";
    const char *folder =
        jk_arena_printf(arena, "%s%s" JK_RECEIPTS_FOLDER "/%.*s", slash[0] ? home : "", slash, JK_SPAN_ARG(publisher));
    const char *base = jk_arena_printf(arena, "%.*s@%.*s%s", JK_SPAN_ARG(name), JK_SPAN_ARG(version), about);
    if (!folder || !base) return jk_out_of_memory(error);
    JK_TRY(choose_name(folder, base, receipt.checkpoint.origin, file, arena, error));
    base = file->stem + strlen(folder) + 1;
    JK_TRY(jk_place_folder(folder, 0777, arena, error));
    JK_TRY(write_one(folder, base, ".entry", file->entry, arena, error));
    JK_TRY(write_one(folder, base, ".manifest", file->manifest, arena, error));
    return write_one(folder, base, JK_RECEIPT_SUFFIX, file->receipt, arena, error);
}

/* ---- reading ---- */

static enum jk_status read_beside(const char *stem, const char *suffix, size_t most, struct jk_arena *arena,
                                  struct jk_span *out_bytes, struct jk_error *error)
{
    const char *path = jk_arena_printf(arena, "%s%s", stem, suffix);
    if (!path) return jk_out_of_memory(error);
    return jk_local_exists(path) ? jk_local_read(path, most, arena, out_bytes, error) : JK_OK;
}

enum jk_status jk_receipts_read(const char *path, struct jk_arena *arena, struct jk_receipt_file *out_file,
                                struct jk_error *error)
{
    struct jk_receipt_file file = {.path = path};
    struct jk_span stem = jk_span_of(path);
    if (jk_span_ends(stem, JK_SPAN(JK_RECEIPT_SUFFIX))) stem.len -= sizeof JK_RECEIPT_SUFFIX - 1;
    file.stem = jk_arena_copy(arena, stem.at, stem.len);
    if (!file.stem) return jk_out_of_memory(error);
    JK_TRY(jk_local_read(path, JK_RECEIPT_MAX, arena, &file.receipt, error));
    JK_TRY(read_beside(file.stem, ".entry", JK_ENTRY_MAX, arena, &file.entry, error));
    JK_TRY(read_beside(file.stem, ".manifest", JK_MANIFEST_MAX, arena, &file.manifest, error));
    *out_file = file;
    return JK_OK;
}

static enum jk_status copy_paths(const glob_t *found, struct jk_arena *arena, const char ***out_paths,
                                 struct jk_error *error)
{
    const char **paths = jk_arena_zalloc(arena, found->gl_pathc + 1, sizeof *paths);
    if (!paths) return jk_out_of_memory(error);
    for (size_t i = 0; i < found->gl_pathc; i++)
        if (!(paths[i] = jk_arena_copy(arena, found->gl_pathv[i], strlen(found->gl_pathv[i]))))
            return jk_out_of_memory(error);
    *out_paths = paths;
    return JK_OK;
}

enum jk_status jk_receipts_list(const char *home, struct jk_arena *arena, const char ***out_paths, size_t *out_count,
                                struct jk_error *error)
{
    glob_t found = {0};
    /* The folder's name may hold what glob(3) takes for patterns. */
    size_t len = strlen(home), used = 0;
    char *safe = jk_arena_alloc(arena, 2 * len + 1);
    for (size_t i = 0; safe && i < len; i++) {
        if (strchr("*?[]\\", home[i])) safe[used++] = '\\';
        safe[used++] = home[i];
    }
    if (safe) safe[used] = '\0';
    const char *pattern = safe ? jk_arena_printf(arena, "%s/" JK_RECEIPTS_FOLDER "/*/*" JK_RECEIPT_SUFFIX, safe) : NULL;
    if (!pattern) return jk_out_of_memory(error);
    enum jk_status status = JK_OK;
    if (glob(pattern, 0, NULL, &found) == GLOB_NOSPACE)
        status = jk_out_of_memory(error);
    else if (found.gl_pathc > JK_RECEIPTS_MAX)
        status = jk_fail(error, JK_RESOURCE_EXHAUSTED, "RECEIPTS_MANY",
                         "there are %zu receipts beside the card, and at most %d are checked at once: name one of them",
                         found.gl_pathc, JK_RECEIPTS_MAX);
    else
        status = copy_paths(&found, arena, out_paths, error);
    if (status == JK_OK) *out_count = found.gl_pathc;
    globfree(&found);
    return status;
}
