/* The key of count certificates, and signing with it; see jk_reader_certify in store.h. It is loaded anew each time:
 * certificates are rare, and a key file can be fixed without a restart. Thread: a reader's, one at a time. */
#include <unistd.h>

#include "base/defer.h"
#include "base/log.h"
#include "store/files.h"
#include "store/keyfile.h"
#include "store/readers.h"

#define KEY_FILE      "/counts.key"
#define KEY_END       "/counts"
#define VERSION       "jokbo/count-certificate/v1"
#define PUBLISHED     "counts.vkey"
#define FOLDER_MS     10000
#define PUBLISHED_MAX 1024

struct certifier {
    char path[JK_PATH_MAX];
    struct jk_text name, verifier; /* the key's */
    struct jk_signer *signer;
};

/* ---- the key file ---- */

static enum jk_status take_signer(struct certifier *certifier, struct jk_signer *signer, struct jk_error *error)
{
    certifier->signer = signer;
    jk_verifier_write(jk_signer_verifier(signer), &certifier->verifier);
    if (certifier->verifier.failed) return jk_out_of_memory(error);
    if (jk_span_equal(jk_span_of(jk_signer_verifier(signer)->name), jk_text_span(&certifier->name))) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "KEY_FILE", "the key %s is for \"%s\", not for \"%s\"",
                   certifier->path, jk_signer_verifier(signer)->name, certifier->name.bytes);
}

/* OK without a signer: there is no file. */
static enum jk_status load_signer(struct certifier *certifier, struct jk_error *error)
{
    struct jk_signer *signer = NULL;
    struct jk_error failure;

    jk_error_init(&failure, NULL);
    enum jk_status status = jk_keyfile_load(certifier->path, &signer, &failure);
    if (status == JK_NOT_FOUND) return JK_OK;
    if (status != JK_OK) return jk_fail(error, status, failure.reason, "%s", failure.message);
    return take_signer(certifier, signer, error);
}

/* ---- the database's copy: one key for all servers ---- */

/* Whether ours is the right one. */
static enum jk_status compare_keys(const struct certifier *certifier, struct jk_span wanted, const char *where,
                                   struct jk_error *error)
{
    if (!certifier->signer)
        return jk_fail(error, JK_FAILED_PRECONDITION, "COUNTS_KEY_ABSENT",
                       "there is no key %s, and %s says that certificates are signed with %.*s: copy counts.key here "
                       "from the server that signed the first one",
                       certifier->path, where, JK_SPAN_ARG(wanted));
    if (jk_span_equal(wanted, jk_text_span(&certifier->verifier))) return JK_OK;
    return jk_fail(
        error, JK_FAILED_PRECONDITION, "COUNTS_KEY_DIFFERS",
        "the key %s is %s, but %s says %.*s: copy counts.key here from the server that signed the first certificate",
        certifier->path, certifier->verifier.bytes, where, JK_SPAN_ARG(wanted));
}

static enum jk_status read_row(struct jk_reader *reader, struct certifier *certifier, bool *out_found,
                               struct jk_error *error)
{
    struct jk_query queries[2];
    enum jk_status status = JK_OK;

    jk_reader_queries(queries);
    jk_query_init(&queries[1], JK_SQL_COUNTS_KEY_READ);
    JK_TRY(jk_reader_run(reader, queries, 2, error));
    *out_found = PQntuples(queries[1].result) == 1;
    if (*out_found) status = compare_keys(certifier, jk_result_span(queries[1].result, 0, 0), "the database", error);
    jk_queries_done(queries, 2);
    return status;
}

static enum jk_status claim_row(struct jk_reader *reader, const struct certifier *certifier, struct jk_error *error)
{
    struct jk_query queries[3];
    enum jk_status status;

    jk_reader_queries(queries);
    jk_query_init(&queries[1], JK_SQL_COUNTS_KEY_CLAIM);
    jk_query_span(&queries[1], jk_text_span(&certifier->verifier));
    jk_query_init(&queries[2], JK_SQL_COUNTS_KEY_READ);
    JK_TRY(jk_reader_run(reader, queries, 3, error));
    status = PQntuples(queries[2].result) == 1
                 ? compare_keys(certifier, jk_result_span(queries[2].result, 0, 0), "the database", error)
                 : jk_fail(error, JK_UNAVAILABLE, "COUNTS_KEY", "the database did not keep the key of certificates");
    jk_queries_done(queries, 3);
    return status;
}

/* ---- what is published ---- */

/* OK and *out_there: the published one is ours. */
static enum jk_status look_at_published(struct jk_folder *folder, const struct certifier *certifier, bool *out_there,
                                        struct jk_error *error)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    struct jk_error why;

    jk_text_init(&text, PUBLISHED_MAX);
    jk_error_init(&why, NULL);
    enum jk_status status = jk_folder_read(folder, PUBLISHED, &text, &why);
    *out_there = status == JK_OK;
    if (status == JK_NOT_FOUND) return JK_OK;
    if (status != JK_OK) return jk_fail(error, status, why.reason, "%s", why.message);
    return compare_keys(certifier, jk_span_trim(jk_text_span(&text)), "the published " PUBLISHED, error);
}

/* Another process may have been faster, so it is checked again under the lock. */
static enum jk_status put_up(struct jk_folder *folder, struct certifier *certifier, struct jk_error *error)
{
    JK_CLEANUP(jk_text_done) struct jk_text line = {0};
    bool there;

    JK_TRY(look_at_published(folder, certifier, &there, error));
    if (there) return JK_OK;
    jk_text_addf(&line, "%s\n", certifier->verifier.bytes);
    JK_TRY(jk_folder_lock(folder, FOLDER_MS, error));
    enum jk_status status = look_at_published(folder, certifier, &there, error);
    if (status == JK_OK && !there) status = jk_folder_replace(folder, PUBLISHED, jk_text_span(&line), error);
    jk_folder_unlock(folder);
    return status;
}

/* ---- opening ---- */

/* What is published or in the database takes precedence: a key is made only if no server has one. If we lose a race, no
 * key remains here; the next call then says COUNTS_KEY_ABSENT. */
static enum jk_status open_key(struct jk_reader *reader, struct jk_folder *folder, struct certifier *certifier,
                               struct jk_error *error)
{
    bool found, published, made;

    JK_TRY(load_signer(certifier, error));
    JK_TRY(read_row(reader, certifier, &found, error));
    JK_TRY(look_at_published(folder, certifier, &published, error));
    if (found) return JK_OK;
    made = !certifier->signer;
    if (made) {
        struct jk_signer *signer = NULL;
        JK_TRY(jk_keyfile_make(certifier->path, jk_text_span(&certifier->name), &signer, error));
        JK_TRY(take_signer(certifier, signer, error));
    }
    enum jk_status status = claim_row(reader, certifier, error);
    if (made && status == JK_FAILED_PRECONDITION) (void)unlink(certifier->path);
    return status;
}

static enum jk_status certifier_open(struct jk_reader *reader, struct certifier *certifier, struct jk_error *error)
{
    struct jk_store *store = reader->store;
    struct jk_folder *folder;

    if (!jk_path_join(certifier->path, store->data_dir, KEY_FILE))
        return jk_fail(error, JK_FAILED_PRECONDITION, "KEY_FILE", "the data directory's path is too long");
    jk_text_addf(&certifier->name, "%s" KEY_END, store->origin);
    JK_TRY(jk_folder_open(store->public_dir, true, &folder, error));
    enum jk_status status = open_key(reader, folder, certifier, error);
    if (status == JK_OK) status = put_up(folder, certifier, error);
    jk_folder_close(folder);
    return status;
}

/* ---- signing ---- */

/* The log's keys belong to the sequencer, so they are read from their files again, just for this. */
static enum jk_status add_log_lines(struct jk_store *store, struct jk_span body, struct jk_text *note,
                                    struct jk_error *error)
{
    struct jk_signkeys keys;

    jk_signkeys_init(&keys, store->keys.paths[0]);
    enum jk_status status = jk_signkeys_read(&keys, error);
    if (status == JK_OK) {
        pthread_rwlock_rdlock(&store->lock);
        status = jk_signkeys_choose(&keys, store->book, store->size, error);
        pthread_rwlock_unlock(&store->lock);
    }
    for (size_t i = 0; i < keys.count && status == JK_OK; i++)
        status = jk_note_sign_line(keys.signing[i], body, note, error);
    jk_signkeys_done(&keys);
    return status;
}

/* With the log's keys nothing is signed here unless its second line says that it is a certificate. */
static bool is_our_certificate(const struct jk_store *store, struct jk_span body)
{
    struct jk_span origin, version;

    return jk_span_cut(&body, '\n', &origin) && jk_span_equal(origin, jk_span_of(store->origin)) &&
           jk_span_cut(&body, '\n', &version) && jk_span_equal(version, JK_SPAN(VERSION));
}

enum jk_status jk_reader_certify(struct jk_reader *reader, struct jk_span body, struct jk_text *out_note,
                                 struct jk_error *error)
{
    struct jk_store *store = reader->store;
    JK_CLEANUP(jk_text_done) struct jk_text note = {0};

    if (!is_our_certificate(store, body))
        return jk_fail(error, JK_INVALID_ARGUMENT, "CERTIFICATE_FOREIGN",
                       "this is not a count certificate of the log \"%s\"", store->origin);
    pthread_mutex_lock(&store->certify_lock);

    struct certifier certifier = {.signer = NULL};
    enum jk_status status = certifier_open(reader, &certifier, error);
    if (status == JK_OK) status = jk_note_sign(certifier.signer, body, &note, error);
    if (status == JK_OK) status = add_log_lines(reader->store, body, &note, error);
    jk_signer_free(certifier.signer);
    jk_text_done(&certifier.name);
    jk_text_done(&certifier.verifier);

    pthread_mutex_unlock(&store->certify_lock);
    if (status == JK_FAILED_PRECONDITION)
        jk_log(JK_LOG_ERROR, "counts-key", "reason", error->reason, "detail", error->message, NULL);
    if (status != JK_OK) return status;
    jk_text_add(out_note, jk_text_span(&note));
    return out_note->failed ? jk_out_of_memory(error) : JK_OK;
}
