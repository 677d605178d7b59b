/* A job of the server's own on a reader, waited for: see store.h. */
#include <pthread.h>

#include "store/store.h"

struct awaited {
    struct jk_job job; /* first */
    enum jk_status (*work)(void *context, struct jk_reader *reader, struct jk_error *error);
    void *context;
    struct jk_error *error;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool done;
    enum jk_status outcome;
};

static void run(struct jk_job *job, struct jk_reader *reader)
{
    struct awaited *awaited = (struct awaited *)job;
    enum jk_status outcome = awaited->work(awaited->context, reader, awaited->error);
    pthread_mutex_lock(&awaited->lock);
    awaited->outcome = outcome;
    awaited->done = true;
    pthread_cond_signal(&awaited->ended);
    pthread_mutex_unlock(&awaited->lock);
}

enum jk_status jk_store_read_own(struct jk_store *store,
                                 enum jk_status (*work)(void *context, struct jk_reader *reader,
                                                        struct jk_error *error),
                                 void *context, int64_t deadline_ms, struct jk_error *error)
{
    struct awaited awaited = {.job = {.run = run, .deadline_ms = deadline_ms},
                              .work = work,
                              .context = context,
                              .error = error,
                              .lock = PTHREAD_MUTEX_INITIALIZER,
                              .ended = PTHREAD_COND_INITIALIZER};
    if (!jk_store_read(store, &awaited.job))
        return jk_fail(error, JK_UNAVAILABLE, "BUSY", "the readers have too much to do");
    pthread_mutex_lock(&awaited.lock);
    while (!awaited.done)
        pthread_cond_wait(&awaited.ended, &awaited.lock);
    pthread_mutex_unlock(&awaited.lock);
    pthread_cond_destroy(&awaited.ended);
    pthread_mutex_destroy(&awaited.lock);
    return awaited.outcome;
}
