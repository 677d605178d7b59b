/* The public folder as evidence of our own past: what was published there had been committed, so a database that has
 * less was rolled back, and one that differs is another log. Threads: start, the publisher. */
#include "store/state.h"

enum jk_status jk_public_read(const char *public_dir, struct jk_published *out_published, struct jk_error *error)
{
    struct jk_folder *folder;
    struct jk_error why;
    enum jk_status status;

    jk_error_init(&why, NULL);
    status = jk_folder_open(public_dir, false, &folder, &why);
    if (status == JK_NOT_FOUND) return JK_OK;
    if (status != JK_OK) return jk_fail(error, status, why.reason, "%s", why.message);
    status = jk_published_read(folder, out_published, error);
    jk_folder_close(folder);
    return status;
}

enum jk_status jk_public_check(struct jk_store *store, const struct jk_published *published, struct jk_error *error)
{
    const struct jk_checkpoint *theirs = &published->checkpoint;
    struct jk_digest root;
    bool known;

    if (!jk_span_equal(theirs->origin, jk_span_of(store->origin)))
        return jk_fail(error, JK_FAILED_PRECONDITION, "WRONG_DATA_DIRECTORY",
                       "wrong data directory: %s holds the log \"%.*s\", the database holds \"%s\"", store->public_dir,
                       JK_SPAN_ARG(theirs->origin), store->origin);
    pthread_rwlock_rdlock(&store->lock);
    known = theirs->size <= store->size && jk_merkle_root_at(jk_forest_read, store->forest, theirs->size, &root);
    pthread_rwlock_unlock(&store->lock);
    if (!known || jk_digest_equal(&root, &theirs->root)) return JK_OK;
    return jk_fail(
        error, JK_FAILED_PRECONDITION, "LOG_DIVERGED",
        "the database's first %llu entries are not those that %s published: the database was restored from a different "
        "history, or the folder is another log's; restore a backup of the published log, or empty the "
        "database and run jokbod recover --from DIR|URL on a copy of it",
        (unsigned long long)theirs->size, store->public_dir);
}

/* At start, before any entry is read, the signature is checked against the keys in our files; later against those that
 * the entries name. */
bool jk_public_is_signed(struct jk_store *store, struct jk_span note, struct jk_error *why)
{
    struct jk_verifier keys[JK_BOOK_KEYS];
    size_t count;

    if (store->size == 0) return jk_signkeys_signed(&store->keys, note, why);
    pthread_rwlock_rdlock(&store->lock);
    count = jk_signkeys_verifiers(store->book, store->size, keys);
    pthread_rwlock_unlock(&store->lock);
    return jk_signkeys_any_signed(keys, count, note, why);
}

enum jk_status jk_public_rolled_back(struct jk_store *store, const struct jk_published *published, uint64_t head_size,
                                     struct jk_error *error)
{
    unsigned long long held = head_size, there = published->checkpoint.size;
    struct jk_error why;

    jk_error_init(&why, NULL);
    if (!jk_span_equal(published->checkpoint.origin, jk_span_of(store->origin)))
        return jk_fail(error, JK_FAILED_PRECONDITION, "WRONG_DATA_DIRECTORY",
                       "wrong data directory: %s holds the log \"%.*s\", the database holds \"%s\"", store->public_dir,
                       JK_SPAN_ARG(published->checkpoint.origin), store->origin);
    if (!jk_public_is_signed(store, jk_text_span(&published->note), &why))
        return jk_fail(error, JK_FAILED_PRECONDITION, "PUBLIC_CHECKPOINT",
                       "the checkpoint in %s names %llu entries, more than the database's %llu, and is not signed by "
                       "this log's key (%.120s): remove it, and run jokbod tiles rebuild",
                       store->public_dir, there, held, why.message);
    return jk_fail(
        error, JK_FAILED_PRECONDITION, "LOG_ROLLED_BACK",
        "the database holds %llu entries, but %llu were published: it was rolled back; restore a backup that "
        "holds at least %llu entries, or replay them: jokbod recover --from %s (or a mirror's folder or URL)",
        held, there, there, store->public_dir);
}

enum jk_status jk_public_put_keys(struct jk_store *store, struct jk_folder *folder, uint64_t size,
                                  struct jk_error *error)
{
    struct jk_text wanted, there;
    enum jk_status status = JK_OK;
    struct jk_error why;

    jk_text_init(&wanted, 0);
    jk_text_init(&there, JK_NOTE_MAX);
    jk_store_keys(store, (uint32_t)size, &wanted);
    jk_error_init(&why, NULL);
    if (wanted.failed)
        status = jk_out_of_memory(error);
    else if (jk_folder_read(folder, JK_PUBLISHED_KEY, &there, &why) != JK_OK ||
             !jk_span_equal(jk_text_span(&there), jk_text_span(&wanted)))
        status = jk_folder_replace(folder, JK_PUBLISHED_KEY, jk_text_span(&wanted), error);
    jk_text_done(&wanted);
    jk_text_done(&there);
    return status;
}
