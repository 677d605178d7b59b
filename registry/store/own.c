/* The server's own writes and jobs, for callers that wait: see store.h. */
#include <pthread.h>

#include "store/store.h"

struct waiting {
    pthread_mutex_t lock;
    pthread_cond_t settled;
    bool done;
    enum jk_status outcome;
};

#define WAITING                                                                                                        \
    {                                                                                                                  \
        .lock = PTHREAD_MUTEX_INITIALIZER, .settled = PTHREAD_COND_INITIALIZER                                         \
    }

static void settle_waiting(struct waiting *waiting, enum jk_status outcome)
{
    pthread_mutex_lock(&waiting->lock);
    waiting->outcome = outcome;
    waiting->done = true;
    pthread_cond_signal(&waiting->settled);
    pthread_mutex_unlock(&waiting->lock);
}

static enum jk_status wait_for_outcome(struct waiting *waiting)
{
    pthread_mutex_lock(&waiting->lock);
    while (!waiting->done)
        pthread_cond_wait(&waiting->settled, &waiting->lock);
    pthread_mutex_unlock(&waiting->lock);
    pthread_cond_destroy(&waiting->settled);
    pthread_mutex_destroy(&waiting->lock);
    return waiting->outcome;
}

/* ---- writes ---- */

static void settle_write(struct jk_write *write, enum jk_status outcome)
{
    settle_waiting(((struct jk_own_write *)write)->waiting, outcome);
}

enum jk_status jk_store_write_own(struct jk_store *store, struct jk_own_write *own, struct jk_error *error)
{
    struct waiting waiting = WAITING;
    own->waiting = &waiting;
    own->write.settle = settle_write;
    own->write.error = error;
    if (jk_store_write(store, &own->write)) return wait_for_outcome(&waiting);
    return jk_fail(error, JK_UNAVAILABLE, "BUSY", "the store takes no writes: too many are waiting, or it is stopping");
}

/* ---- jobs on a reader ---- */

struct awaited {
    struct jk_job job; /* first */
    jk_own_job *work;
    void *context;
    struct jk_error *error;
    struct waiting waiting;
};

static void run_job(struct jk_job *job, struct jk_reader *reader)
{
    struct awaited *awaited = (struct awaited *)job;
    settle_waiting(&awaited->waiting, awaited->work(awaited->context, reader, awaited->error));
}

static enum jk_status read_own(struct jk_store *store, struct jk_job job, jk_own_job *work, void *context,
                               struct jk_error *error)
{
    struct awaited awaited = {.job = job, .work = work, .context = context, .error = error, .waiting = WAITING};
    awaited.job.run = run_job;
    if (jk_store_read(store, &awaited.job)) return wait_for_outcome(&awaited.waiting);
    return jk_fail(error, JK_UNAVAILABLE, "BUSY", "%s, or the store is stopping",
                   job.closing ? "the reader for closings has too much to do" : "the readers have too much to do");
}

enum jk_status jk_store_read_own(struct jk_store *store, jk_own_job *work, void *context, int64_t deadline_ms,
                                 struct jk_error *error)
{
    return read_own(store, (struct jk_job){.deadline_ms = deadline_ms}, work, context, error);
}

enum jk_status jk_store_closing_own(struct jk_store *store, jk_own_job *work, void *context, int64_t deadline_ms,
                                    struct jk_error *error)
{
    return read_own(store, (struct jk_job){.deadline_ms = deadline_ms, .closing = true}, work, context, error);
}
