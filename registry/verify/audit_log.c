/* See audit_log.h. */
#include "verify/audit_log.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/defer.h"
#include "cli/console/faults.h"
#include "cli/console/local.h"
#include "cli/console/progress.h"
#include "reply/message.h"
#include "verify/witnessed.h"

#define FETCH_JOBS         4
#define REMOVE_DESCRIPTORS 16

void jk_audit_log_init(struct jk_audit_log *log)
{
    memset(log, 0, sizeof *log);
    log->descriptor = -1;
}

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *walk)
{
    (void)facts;
    (void)kind;
    (void)walk;
    return remove(path);
}

void jk_audit_log_done(struct jk_audit_log *log)
{
    jk_audit_free(log->audit);
    if (log->mirror)
        jk_mirror_close(log->mirror);
    else if (log->descriptor >= 0)
        close(log->descriptor);
    if (log->temporary) (void)nftw(log->temporary, remove_one, REMOVE_DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
    jk_text_done(&log->note);
    jk_text_done(&log->offered);
    jk_text_done(&log->earlier_note);
    jk_text_done(&log->earlier_keys);
}

/* ---- where the files are ---- */

static unsigned jobs_of(const struct jk_cli *cli, unsigned otherwise)
{
    uint64_t given = jk_options_count(&cli->options, JK_OPTION_JOBS, 0);
    if (given == 0) given = otherwise;
    return given > JK_AUDIT_JOBS_MAX ? JK_AUDIT_JOBS_MAX : (unsigned)given;
}

/* Where the user's mirrors lie; NULL where there is no such place. */
static const char *mirrors(struct jk_cli *cli)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (cache && cache[0]) return jk_arena_printf(&cli->arena, "%s/jokbo/mirror", cache);
    return home && home[0] ? jk_arena_printf(&cli->arena, "%s/.cache/jokbo/mirror", home) : NULL;
}

/* A mirror is of a log's name and of a key that signs it: whatever else was once at the same address has its own. */
static const char *mirror_of(struct jk_cli *cli, const struct jk_audit_log *log, const struct jk_verifier *key)
{
    const char *root = mirrors(cli), *name = jk_memory_folder_name(log->claimed.origin, &cli->arena);
    return root && name ? jk_arena_printf(&cli->arena, "%s/%s+%08x", root, name, key->key_id) : NULL;
}

/* Of all keys that the audit believes, or that are remembered to lead to those, the one that has a mirror; else the
 * newest. */
static const char *choose_mirror(struct jk_cli *cli, const struct jk_audit_log *log)
{
    const struct jk_audit_keys *trusted = &log->trust.keys;
    const struct jk_keys *kept = &log->memory.keys;
    bool leads = trusted->count == 0;
    for (size_t i = 0; i < trusted->count; i++) {
        const char *path = mirror_of(cli, log, &trusted->keys[i]);
        if (path && jk_local_exists(path)) return path;
        leads = leads || jk_keys_find(kept, &trusted->keys[i]) < kept->count;
    }
    for (size_t i = 0; leads && i < kept->count; i++) {
        const char *path = mirror_of(cli, log, &kept->items[i]);
        if (path && jk_local_exists(path)) return path;
    }
    return mirror_of(cli, log, trusted->count > 0 ? &trusted->keys[0] : &kept->items[0]);
}

/* Without a home folder, or with one that is not writable, an audit still works; it just takes longer each time. */
static enum jk_status place_temporarily(struct jk_cli *cli, struct jk_audit_log *log, const char *why)
{
    const char *root = getenv("TMPDIR");
    char *path = jk_arena_printf(&cli->arena, "%s/jokbo-mirror-XXXXXX", root && root[0] ? root : "/tmp");
    if (!path) return jk_out_of_memory(&cli->error);
    fprintf(cli->err,
            "jokbo: note: the mirror is not kept, and the next audit fetches everything anew: %s; "
            "--mirror DIR keeps it in DIR\n",
            why);
    if (!mkdtemp(path))
        return jk_fail(&cli->error, JK_INTERNAL, "LOCAL_FILE", "%.200s cannot be created: %s; give --mirror DIR", path,
                       strerror(errno));
    log->folder = log->temporary = path;
    return jk_mirror_place(log->mirror, path, &cli->error);
}

static enum jk_status place_in_home(struct jk_cli *cli, struct jk_audit_log *log)
{
    struct jk_error fault;
    jk_error_init(&fault, &cli->arena);
    if (!mirrors(cli)) return place_temporarily(cli, log, "neither XDG_CACHE_HOME nor HOME is set");
    log->folder = choose_mirror(cli, log);
    if (!log->folder) return jk_out_of_memory(&cli->error);
    enum jk_status status = jk_mirror_place(log->mirror, log->folder, &fault);
    if (status == JK_OK) return JK_OK;
    if (strcmp(fault.reason, "LOCAL_FILE") == 0) return place_temporarily(cli, log, fault.message);
    cli->error = fault;
    return status;
}

/* ---- checkpoint and keys ---- */

/* What is in the folder; empty where there is none. */
static enum jk_status read_local(struct jk_cli *cli, const struct jk_audit_log *log, const char *path, size_t most,
                                 struct jk_text *out)
{
    bool found;
    return jk_copy_read(log->descriptor, path, most, out, &found, &cli->error);
}

static enum jk_status read_note(struct jk_cli *cli, struct jk_audit_log *log)
{
    if (log->mirror) return jk_mirror_get(log->mirror, "checkpoint", &log->note, &cli->error);
    JK_TRY(read_local(cli, log, "checkpoint", JK_NOTE_MAX, &log->note));
    if (log->note.len > 0) return JK_OK;
    return jk_fail(&cli->error, JK_NOT_FOUND, "LOCAL_FILE", "%.300s/checkpoint is missing: is it the folder of a log?",
                   log->folder);
}

static void tell_of_earlier(const struct jk_cli *cli, const struct jk_audit_log *log)
{
    fprintf(cli->err,
            "jokbo: the fault is in the mirror's previous checkpoint, in %s. If that is another log's, give another "
            "--mirror.\n",
            log->folder);
}

/* The mirror's checkpoint was verified when it was put there; its signature still has to hold as a proof. */
static enum jk_status read_earlier(struct jk_cli *cli, struct jk_audit_log *log)
{
    if (!log->mirror) return JK_OK;
    JK_TRY(read_local(cli, log, "checkpoint", JK_NOTE_MAX, &log->earlier_note));
    log->has_earlier = log->earlier_note.len > 0;
    if (!log->has_earlier) return JK_OK;
    if (jk_audit_claim_note(jk_text_span(&log->earlier_note), &log->trust.keys, &log->earlier, &cli->error) == JK_OK)
        return JK_OK;
    tell_of_earlier(cli, log);
    return cli->error.status;
}

static enum jk_status open_log(struct jk_cli *cli, struct jk_audit_log *log)
{
    JK_TRY(read_note(cli, log));

    /* by the origin that the note gives itself; its signature comes later: who cannot remember is told, and audits */
    const char *state = jk_memory_state(&cli->arena);
    struct jk_checkpoint claimed;
    struct jk_span body, signatures;
    struct jk_error own;
    jk_error_init(&own, &cli->arena);
    if (jk_note_open(jk_text_span(&log->note), &body, &signatures, &own) == JK_OK &&
        jk_checkpoint_parse(body, &claimed, &own) == JK_OK) {
        log->claimed = claimed;
        log->remembers = jk_memory_open(state, claimed.origin, &cli->arena, &log->memory, &own) == JK_OK;
        if (!log->remembers) fprintf(cli->err, "jokbo: note: what is remembered of the log: %s\n", own.message);
    }

    /* the keys of mirror and source are read only where they are needed */
    struct jk_audit_key_places places = {.first_use = log->remembers ? &log->memory.keys : NULL,
                                         .claimed = log->claimed};
    bool known = jk_audit_key_is_known(cli, &places);
    if (!known && log->mirror && log->folder)
        JK_TRY(read_local(cli, log, "log.vkey", JK_VKEY_FILE_MAX, &log->earlier_keys));
    places.mirror = jk_text_span(&log->earlier_keys);
    known = known || places.mirror.len > 0;
    if (!known && log->mirror) JK_TRY(jk_mirror_get(log->mirror, "log.vkey", &log->offered, &cli->error));
    if (!known && !log->mirror) JK_TRY(read_local(cli, log, "log.vkey", JK_VKEY_FILE_MAX, &log->offered));
    places.offered = jk_text_span(&log->offered);
    JK_TRY(jk_audit_key(cli, &places, &log->trust));

    JK_TRY(jk_audit_claim_note(jk_text_span(&log->note), &log->trust.keys, &log->head, &cli->error));

    /* where --mirror does not say it, the folder follows from what the source said, and from whose word is taken */
    if (log->mirror && !log->folder) {
        JK_TRY(place_in_home(cli, log));
        log->descriptor = jk_mirror_folder(log->mirror);
    }

    JK_TRY(read_earlier(cli, log));
    log->unsettled = !log->head.key || (log->has_earlier && !log->earlier.key);
    if (log->head.key || log->head.checkpoint.size < JK_NONE) return JK_OK;
    return jk_fail(&cli->error, JK_DATA_LOSS, "AUDIT_SIGNATURE",
                   "no known key signed the checkpoint, and its %llu entries are more than can be read for another",
                   (unsigned long long)log->head.checkpoint.size);
}

/* ---- checking ---- */

static void begin_progress(struct jk_cli *cli, struct jk_progress *progress, const char *what, const char *unit)
{
    jk_progress_begin_items(progress, cli->err, cli->err_terminal && !cli->json, cli->utf8, what, unit);
}

static void print_fork(struct jk_cli *cli, struct jk_span before, struct jk_span now)
{
    fprintf(cli->err, "The checkpoint seen before:\n\n%.*s\nThe checkpoint now:\n\n%.*s\n", JK_SPAN_ARG(before),
            JK_SPAN_ARG(now));
}

/* From the hashes that were verified: nobody is asked. */
static enum jk_status prove_from_audit(void *context, uint64_t old_size, uint64_t size, struct jk_proof *out_proof,
                                       struct jk_error *error)
{
    struct jk_audit_log *log = context;
    if (jk_audit_prove(log->audit, old_size, size, out_proof)) return JK_OK;
    return jk_fail(error, JK_UNAVAILABLE, "LOG_BEHIND", "size %llu was seen before, and this is an older state",
                   (unsigned long long)size);
}

/* ---- whose word the checkpoint is ---- */

/* What was trusted so far, where it came from, and how to make way for another log. */
static const char *believed(struct jk_cli *cli, const struct jk_audit_log *log)
{
    if (strcmp(log->trust.origin, "first-use") == 0) return jk_keys_other_log(&log->memory.keys, &cli->arena);
    if (strcmp(log->trust.origin, "mirror") != 0) return "";
    const char *text = jk_arena_printf(
        &cli->arena, "The mirror %.200s has a log with that key: for another log, give another --mirror", log->folder);
    return text ? text : "";
}

static enum jk_status other_key(struct jk_cli *cli, const struct jk_audit_log *log, const char *what)
{
    const char *why = believed(cli, log);
    return jk_fail(&cli->error, JK_DATA_LOSS, "AUDIT_SIGNATURE", "%.240s%s%s", what, why[0] ? ". " : "", why);
}

/* Both notes, by the keys that the verified entries name for their sizes. */
static enum jk_status settle_head(struct jk_cli *cli, struct jk_audit_log *log, const struct jk_audit_keys *trusted,
                                  struct jk_audit_keys *keys)
{
    struct jk_audit_signed *head = &log->head;
    struct jk_error own;
    jk_error_init(&own, &cli->arena);
    if (jk_audit_follow(log->audit, trusted, head->checkpoint.size, keys)) {
        if (jk_audit_open_note(head->note, keys, head, &own) == JK_OK) return JK_OK;
        return other_key(cli, log, own.message);
    }
    if (head->key) return JK_OK; /* by a trusted key that the entries do not name */
    const char *what = jk_arena_printf(&cli->arena,
                                       "the checkpoint is not signed by the key %.100s+%08x, and the log's entries "
                                       "name no key that comes after it",
                                       trusted->keys[0].name, trusted->keys[0].key_id);
    return other_key(cli, log, what ? what : "");
}

/* Where no trusted key signed the checkpoint, a mirror of a trusted key's log lent its tiles to what may be another log.
 * That entries then do not follow, or a root does not come out, says no more than that: it is the key that is told. */
static enum jk_status blame_key(struct jk_cli *cli, const struct jk_audit_log *log, enum jk_status status)
{
    const struct jk_audit_keys *trusted = &log->trust.keys;
    const char *reason = cli->error.reason ? cli->error.reason : "";
    if (log->head.key || !log->has_earlier || trusted->count == 0) return status;
    if (strcmp(reason, "AUDIT_ROOT") != 0 && strcmp(reason, "AUDIT_ENTRY") != 0) return status;
    const char *what = jk_arena_printf(&cli->arena,
                                       "the checkpoint is not signed by the key %.100s+%08x, and is not of the log "
                                       "whose tiles are in the mirror",
                                       trusted->keys[0].name, trusted->keys[0].key_id);
    jk_error_init(&cli->error, &cli->arena);
    return other_key(cli, log, what ? what : "");
}

static enum jk_status settle_earlier(struct jk_cli *cli, struct jk_audit_log *log)
{
    struct jk_audit_signed *earlier = &log->earlier;
    struct jk_audit_keys *keys = &log->earlier_signers;
    if (!log->has_earlier || earlier->key) return JK_OK;
    if (jk_audit_follow(log->audit, NULL, earlier->checkpoint.size, keys) &&
        jk_audit_open_note(earlier->note, keys, earlier, &cli->error) == JK_OK)
        return JK_OK;
    tell_of_earlier(cli, log);
    return jk_fail(&cli->error, JK_DATA_LOSS, "AUDIT_SIGNATURE", "no key of the log signed it");
}

static enum jk_status settle(struct jk_cli *cli, struct jk_audit_log *log)
{
    JK_TRY(settle_head(cli, log, &log->trust.keys, &log->signers));
    JK_TRY(settle_earlier(cli, log));

    /* a log that the policy names is to be signed by the policy's key, or one that it leads to, whatever --key says */
    struct jk_audit_signed *head = &log->head, by_policy;
    struct jk_audit_keys keys;
    struct jk_error why;
    if (!cli->witnessed) return JK_OK;
    jk_error_init(&why, &cli->arena);
    jk_audit_key_named(cli, head->checkpoint.origin, &keys);
    if (keys.count > 0) {
        (void)jk_audit_follow(log->audit, &keys, head->checkpoint.size, &keys);
        JK_TRY(jk_audit_open_note(head->note, &keys, &by_policy, &cli->error));
    }
    if (jk_witnessed_check(cli->witnessed, head->note, head->key, &log->verdict, &why) == JK_OK) return JK_OK;
    return jk_fail(&cli->error, JK_DATA_LOSS, "AUDIT_POLICY", "%s: %s", cli->witnessed->path, why.message);
}

/* ---- what is remembered ---- */

/* The first use remembers a key; and once a log has changed its key, the whole chain of them is kept. */
static enum jk_status keep_keys(struct jk_audit_log *log, struct jk_error *error)
{
    struct jk_keys keys = {.count = 0};
    if (log->signers.count > 0) {
        /* every key that the entries name, newest first, with the size up to which it signs */
        const struct jk_book *book = jk_audit_book(log->audit);
        keys.count = 0;
        for (uint32_t i = jk_book_key_count(book); i-- > 0 && keys.count < JK_KEYS_MAX;) {
            struct jk_book_key key = jk_book_key_at(book, i);
            keys.until[keys.count] = key.until == JK_NONE ? JK_KEYS_STILL : key.until;
            if (jk_verifier_parse(key.key, &keys.items[keys.count])) keys.count++;
        }
    }
    if (keys.count > 1) return jk_memory_follow_keys(&log->memory, &keys, error);
    return log->trust.is_offered ? jk_memory_keep_key(&log->memory, log->head.key, error) : JK_OK;
}

/* Only a contradiction fails the audit: an old copy, or a folder that cannot be written to, is just reported. */
static enum jk_status hold_memory(struct jk_cli *cli, struct jk_audit_log *log)
{
    struct jk_memory *memory = &log->memory;
    enum jk_growth growth;
    struct jk_error own;
    if (!log->remembers) return JK_OK;
    uint64_t before = memory->note.len > 0 ? memory->checkpoint.size : 0;
    jk_error_init(&own, &cli->arena);
    enum jk_status status = jk_memory_advance(memory, log->head.note, prove_from_audit, log, &growth, &own);
    if (status == JK_OK && before <= log->head.checkpoint.size) {
        log->seen = before;
        if (keep_keys(log, &own) != JK_OK || memory->unkept)
            fprintf(cli->err, "jokbo: note: of this log nothing new is remembered: %s\n",
                    memory->unkept ? memory->unkept : own.message);
    }
    if (status == JK_OK) return JK_OK;
    if (!own.reason || strcmp(own.reason, "LOG_FORKED") != 0) {
        fprintf(cli->err, "jokbo: note: not compared with what is remembered of the log: %s\n", own.message);
        return JK_OK;
    }
    print_fork(cli, memory->note, log->head.note);
    return jk_fail(&cli->error, own.status, "LOG_FORKED", "%s", own.message);
}

static enum jk_status run_checks(struct jk_cli *cli, struct jk_audit_log *log, bool fold)
{
    struct jk_progress progress;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct jk_audit_options options = {.folder = log->descriptor,
                                       .jobs = jobs_of(cli, cores > 0 ? (unsigned)cores : 1),
                                       .fold = fold || log->unsettled || cli->witnessed,
                                       .progress = jk_progress_show,
                                       .context = &progress};
    begin_progress(cli, &progress, "checking", "entries");
    enum jk_status status = jk_audit_run(&options, &log->head, &log->audit, &cli->error);
    jk_progress_end(&progress);
    if (status != JK_OK) return blame_key(cli, log, status);
    status = settle(cli, log);
    if (status == JK_OK && log->has_earlier) {
        status = jk_audit_follows(log->audit, &log->earlier, &log->head, &cli->error);
        if (jk_faults_exit(&cli->error) == JK_EXIT_FORKED) print_fork(cli, log->earlier.note, log->head.note);
    }
    return status == JK_OK ? hold_memory(cli, log) : status;
}

/* A log that has shrunk, or signs two roots for one size, is told before anything is fetched. */
static enum jk_status check_sizes(struct jk_cli *cli, const struct jk_audit_log *log)
{
    const struct jk_checkpoint *now = &log->head.checkpoint, *before = &log->earlier.checkpoint;
    if (!log->has_earlier || log->unsettled || before->size < now->size) return JK_OK;
    enum jk_status status = jk_audit_contradicts(&log->earlier, &log->head, &cli->error);
    if (jk_faults_exit(&cli->error) == JK_EXIT_FORKED) print_fork(cli, log->earlier.note, log->head.note);
    return status;
}

static enum jk_status fill_mirror(struct jk_cli *cli, struct jk_audit_log *log, struct jk_progress *progress)
{
    begin_progress(cli, progress, "fetching", "tiles");
    enum jk_status status = jk_mirror_fill(log->mirror, log->head.checkpoint.size, &log->fetched, &cli->error);
    jk_progress_end(progress);
    return status;
}

static enum jk_status accept_mirror(struct jk_cli *cli, struct jk_audit_log *log)
{
    JK_CLEANUP(jk_text_done) struct jk_text keys;
    jk_text_init(&keys, 0);
    jk_audit_key_write(log->signers.count > 0 ? &log->signers : &log->trust.keys, &keys);
    return jk_mirror_accept(log->mirror, jk_text_span(&keys), log->head.note, log->head.checkpoint.size, &cli->error);
}

/* Files that are not of the log seen so far are fetched anew by the next audit; what the log did sign stays: an entry
 * that cannot follow, a checkpoint that lacks witnesses. */
static void reject_mirror(struct jk_cli *cli, struct jk_audit_log *log)
{
    const char *reason = cli->error.reason ? cli->error.reason : "";
    enum jk_exit exit = jk_faults_exit(&cli->error);
    if (strcmp(reason, "AUDIT_POLICY") == 0 || (strcmp(reason, "AUDIT_ENTRY") == 0 && log->head.key)) return;
    if (exit != JK_EXIT_NOT_VERIFIED && exit != JK_EXIT_FORKED) return;
    unsigned moved = jk_mirror_reject(log->mirror, log->head.checkpoint.size, jk_faults_fact(&cli->error, "file"),
                                      jk_faults_fact(&cli->error, "other_file"));
    if (moved > 0)
        fprintf(cli->err, "The faulty files were moved to %s/.rejected; the next audit fetches them again.\n",
                log->folder);
}

enum jk_status jk_audit_log_check(struct jk_cli *cli, const char *at, bool fold, struct jk_audit_log *log)
{
    log->at = at;
    if (jk_options_count(&cli->options, JK_OPTION_JOBS, 1) - 1 >= JK_AUDIT_JOBS_MAX)
        return jk_cli_usage(cli, "--jobs must be 1 to %d", JK_AUDIT_JOBS_MAX);
    if (jk_span_is_url(jk_span_of(at))) {
        struct jk_progress progress;
        struct jk_mirror_options options = {.url = log->at,
                                            .jobs = jobs_of(cli, FETCH_JOBS),
                                            .timeout_ms = (int)cli->settings.timeout_s * 1000,
                                            .ca_file = cli->settings.ca,
                                            .progress = jk_progress_show,
                                            .context = &progress};
        log->folder = options.folder = jk_options_text(&cli->options, JK_OPTION_MIRROR);
        JK_TRY(jk_mirror_open(&options, &log->mirror, &cli->error));
        log->descriptor = jk_mirror_folder(log->mirror);
        JK_TRY(open_log(cli, log));
        enum jk_status status = check_sizes(cli, log);
        if (status == JK_OK) status = fill_mirror(cli, log, &progress);
        if (status == JK_OK) status = run_checks(cli, log, fold);
        if (status == JK_OK) return accept_mirror(cli, log);
        reject_mirror(cli, log);
        return status;
    }
    if (jk_cli_has(cli, JK_OPTION_MIRROR)) return jk_cli_usage(cli, "--mirror needs a URL");
    log->folder = log->at;
    JK_TRY(jk_copy_open(log->at, &log->descriptor, &cli->error));
    JK_TRY(open_log(cli, log));
    return run_checks(cli, log, fold);
}
