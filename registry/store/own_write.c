/* The server's own writes, waited for: see store.h. */
#include <pthread.h>

#include "store/store.h"

struct waiting {
    pthread_mutex_t lock;
    pthread_cond_t settled;
    bool done;
    enum jk_status outcome;
};

static void settle(struct jk_write *write, enum jk_status outcome)
{
    struct waiting *waiting = ((struct jk_own_write *)write)->waiting;
    pthread_mutex_lock(&waiting->lock);
    waiting->outcome = outcome;
    waiting->done = true;
    pthread_cond_signal(&waiting->settled);
    pthread_mutex_unlock(&waiting->lock);
}

enum jk_status jk_store_write_own(struct jk_store *store, struct jk_own_write *own, struct jk_error *error)
{
    struct waiting waiting = {.lock = PTHREAD_MUTEX_INITIALIZER, .settled = PTHREAD_COND_INITIALIZER};
    own->waiting = &waiting;
    own->write.settle = settle;
    own->write.error = error;
    if (!jk_store_write(store, &own->write))
        return jk_fail(error, JK_UNAVAILABLE, "BUSY", "the store takes no writes: it has too many, or it stops");
    pthread_mutex_lock(&waiting.lock);
    while (!waiting.done)
        pthread_cond_wait(&waiting.settled, &waiting.lock);
    pthread_mutex_unlock(&waiting.lock);
    pthread_cond_destroy(&waiting.settled);
    pthread_mutex_destroy(&waiting.lock);
    return waiting.outcome;
}
