/* See uploads.h. */
#include "service/records/uploads.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"

#define GRACE_MS     3000        /* from its begin on an upload keeps its place */
#define RATE_LEAST   (64u << 10) /* bytes a second, from the begin on: what is slower gives way to anybody */
#define RETRY_MS     5000
#define ENDED_BEFORE 1 /* of a call's due_ms: long ago */

#define WITH_PLACES "manifests, lists of a census and challenge texts"

static const struct jk_shares_limits limits = {.most = 12, .each = 3};

struct jk_uploads {
    pthread_mutex_t mutex; /* guards all */
    struct jk_shares *callers;
    struct jk_upload_place *first; /* those that have a place */
};

struct jk_uploads *jk_uploads_new(void)
{
    struct jk_uploads *uploads = calloc(1, sizeof *uploads);
    if (!uploads) return NULL;
    pthread_mutex_init(&uploads->mutex, NULL);
    uploads->callers = jk_shares_new(&limits);
    if (uploads->callers) return uploads;
    jk_uploads_free(uploads);
    return NULL;
}

void jk_uploads_free(struct jk_uploads *uploads)
{
    if (!uploads) return;
    jk_shares_free(uploads->callers);
    pthread_mutex_destroy(&uploads->mutex);
    free(uploads);
}

/* ---- with the lock ---- */

static unsigned count_of(const struct jk_uploads *uploads, uint64_t account)
{
    unsigned count = 0;
    for (const struct jk_upload_place *place = uploads->first; place; place = place->next)
        count += place->call->principal.account == account;
    return count;
}

static uint64_t rate_of(const struct jk_upload_place *place, int64_t now_ms)
{
    int64_t taken_ms = now_ms > place->begun_ms ? now_ms - place->begun_ms : 1;
    return place->received * 1000 / (uint64_t)taken_ms;
}

/* The slowest that has to give way to a further upload of the account; NULL: none. */
static struct jk_upload_place *find_slowest(const struct jk_uploads *uploads, uint64_t account, int64_t now_ms)
{
    struct jk_upload_place *slowest = NULL;
    unsigned own = count_of(uploads, account);
    if (own >= limits.each) return NULL;
    for (struct jk_upload_place *place = uploads->first; place; place = place->next) {
        if (!place->coming || now_ms - place->begun_ms < GRACE_MS) continue;
        unsigned theirs = count_of(uploads, place->call->principal.account);
        bool gives_way = theirs > own + 1 || (theirs > own && rate_of(place, now_ms) < RATE_LEAST);
        if (gives_way && (!slowest || rate_of(place, now_ms) < rate_of(slowest, now_ms))) slowest = place;
    }
    return slowest;
}

static void give_up(struct jk_uploads *uploads, struct jk_upload_place *place)
{
    struct jk_upload_place **at = &uploads->first;
    while (*at != place)
        at = &(*at)->next;
    *at = place->next;
    place->held = false;
    jk_shares_leave(uploads->callers, place->key);
}

static enum jk_shares_word enter(struct jk_uploads *uploads, struct jk_call *call, struct jk_upload_place *place,
                                 const struct jk_sharer *caller)
{
    int64_t now_ms = jk_monotonic_ms();
    enum jk_shares_word word = jk_shares_enter(uploads->callers, caller, &place->key);
    struct jk_upload_place *slowest =
        word == JK_SHARES_FULL ? find_slowest(uploads, call->principal.account, now_ms) : NULL;
    if (slowest) {
        give_up(uploads, slowest);
        atomic_store(&slowest->call->due_ms, ENDED_BEFORE); /* its carrier ends it, unless it goes on before */
        word = jk_shares_enter(uploads->callers, caller, &place->key);
    }
    if (word != JK_SHARES_IN) return word;
    *place = (struct jk_upload_place){call, uploads->first, 0, now_ms, place->key, true, true};
    uploads->first = place;
    return word;
}

/* ---- without it ---- */

enum jk_status jk_uploads_enter(struct jk_uploads *uploads, struct jk_call *call, struct jk_upload_place *place,
                                struct jk_error *error)
{
    struct jk_sharer caller;
    jk_caller_of(call, &caller);
    pthread_mutex_lock(&uploads->mutex);
    enum jk_shares_word word = enter(uploads, call, place, &caller);
    pthread_mutex_unlock(&uploads->mutex);
    if (word == JK_SHARES_IN) return JK_OK;
    return jk_callers_refuse(uploads->callers, &caller, word, "UPLOADS_BUSY", WITH_PLACES " are being uploaded", error);
}

static enum jk_status fail_given_up(struct jk_error *error)
{
    error->retry_ms = RETRY_MS;
    return jk_fail(error, JK_RESOURCE_EXHAUSTED, "UPLOADS_BUSY",
                   "%u " WITH_PLACES " are being uploaded on this server, which is the limit, and the place of "
                   "this one went to another: it came too slowly, or the account has more; try again later",
                   limits.most);
}

enum jk_status jk_uploads_go_on(struct jk_uploads *uploads, struct jk_upload_place *place, uint64_t received,
                                int64_t due_ms, struct jk_error *error)
{
    pthread_mutex_lock(&uploads->mutex);
    bool held = place->held;
    place->received = received;
    if (held && due_ms) atomic_store(&place->call->due_ms, due_ms);
    pthread_mutex_unlock(&uploads->mutex);
    return held ? JK_OK : fail_given_up(error);
}

enum jk_status jk_uploads_arrived(struct jk_uploads *uploads, struct jk_upload_place *place, struct jk_error *error)
{
    pthread_mutex_lock(&uploads->mutex);
    bool held = place->held;
    place->coming = false;
    pthread_mutex_unlock(&uploads->mutex);
    return held ? JK_OK : fail_given_up(error);
}

void jk_uploads_leave(struct jk_uploads *uploads, struct jk_upload_place *place)
{
    pthread_mutex_lock(&uploads->mutex);
    if (place->held) give_up(uploads, place);
    pthread_mutex_unlock(&uploads->mutex);
}
