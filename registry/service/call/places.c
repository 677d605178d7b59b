/* See places.h. */
#include "service/call/places.h"

#include <pthread.h>
#include <stdlib.h>

struct jk_places {
    pthread_mutex_t mutex; /* guards callers */
    struct jk_shares *callers;
};

struct jk_places *jk_places_new(const struct jk_shares_limits *limits)
{
    struct jk_places *places = calloc(1, sizeof *places);
    if (!places) return NULL;
    pthread_mutex_init(&places->mutex, NULL);
    places->callers = jk_shares_new(limits);
    if (places->callers) return places;
    jk_places_free(places);
    return NULL;
}

void jk_places_free(struct jk_places *places)
{
    if (!places) return;
    jk_shares_free(places->callers);
    pthread_mutex_destroy(&places->mutex);
    free(places);
}

enum jk_status jk_places_take(struct jk_places *places, struct jk_call *call, const char *reason, const char *what,
                              unsigned *out_key, struct jk_error *error)
{
    struct jk_sharer caller;
    jk_caller_of(call, &caller);
    pthread_mutex_lock(&places->mutex);
    enum jk_shares_word word = jk_shares_enter(places->callers, &caller, out_key);
    pthread_mutex_unlock(&places->mutex);
    if (word == JK_SHARES_IN) return JK_OK;
    return jk_callers_refuse(places->callers, &caller, word, reason, what, error);
}

void jk_places_leave(struct jk_places *places, unsigned key)
{
    pthread_mutex_lock(&places->mutex);
    jk_shares_leave(places->callers, key);
    pthread_mutex_unlock(&places->mutex);
}
