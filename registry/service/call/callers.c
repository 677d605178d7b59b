/* See callers.h. */
#include "service/call/callers.h"

#include <stdlib.h>

#include "base/check.h"

#define RETRY_MS 5000

struct key {
    struct jk_caller caller;
    unsigned places; /* 0: the key is free */
};

struct jk_callers {
    struct jk_callers_limits limits;
    unsigned count, anonymous;
    unsigned used; /* keys beyond were never taken */
    struct key keys[];
};

struct jk_callers *jk_callers_new(const struct jk_callers_limits *limits)
{
    struct jk_callers *callers = calloc(1, sizeof *callers + limits->most * sizeof callers->keys[0]);
    if (callers) callers->limits = *limits;
    return callers;
}

void jk_callers_free(struct jk_callers *callers)
{
    free(callers);
}

void jk_caller_of(struct jk_call *call, struct jk_caller *out_caller)
{
    *out_caller = (struct jk_caller){.account = call->principal.account};
    if (out_caller->account || !call->ops->peer) return;
    call->ops->peer(call, &out_caller->peer);
    jk_peer_group(&out_caller->peer);
}

static bool is_same_caller(const struct jk_caller *a, const struct jk_caller *b)
{
    return a->account == b->account && jk_peer_equal(&a->peer, &b->peer);
}

/* The caller's key, otherwise a free one: there are as many as places. */
static unsigned key_of_caller(const struct jk_callers *callers, const struct jk_caller *caller)
{
    unsigned unused = callers->used;
    for (unsigned i = 0; i < callers->used; i++) {
        if (callers->keys[i].places == 0)
            unused = i;
        else if (is_same_caller(&callers->keys[i].caller, caller))
            return i;
    }
    return unused;
}

enum jk_callers_word jk_callers_enter(struct jk_callers *callers, const struct jk_caller *caller, unsigned *out_key)
{
    const struct jk_callers_limits *limits = &callers->limits;
    if (callers->count >= limits->most) return JK_CALLERS_FULL;
    if (!caller->account && callers->anonymous >= limits->anonymous) return JK_CALLERS_FULL_ANONYMOUS;
    unsigned at = key_of_caller(callers, caller);
    struct key *key = &callers->keys[at];
    if (key->places >= limits->each) return JK_CALLERS_FULL_EACH;
    if (at == callers->used) callers->used++;
    key->caller = *caller;
    key->places++;
    callers->count++;
    callers->anonymous += !caller->account;
    *out_key = at;
    return JK_CALLERS_IN;
}

void jk_callers_leave(struct jk_callers *callers, unsigned key)
{
    JK_CHECK(key < callers->used && callers->keys[key].places > 0);
    callers->keys[key].places--;
    callers->count--;
    callers->anonymous -= !callers->keys[key].caller.account;
}

unsigned jk_callers_count(const struct jk_callers *callers)
{
    return callers->count;
}

enum jk_status jk_callers_refuse(const struct jk_callers *callers, const struct jk_caller *caller,
                                 enum jk_callers_word word, const char *reason, const char *what,
                                 struct jk_error *error)
{
    const struct jk_callers_limits *limits = &callers->limits;
    char from[JK_PEER_TEXT];
    error->retry_ms = RETRY_MS;
    if (word == JK_CALLERS_FULL)
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, reason,
                       "%u %s on this server, which is the limit; try again later", limits->most, what);
    if (word == JK_CALLERS_FULL_ANONYMOUS)
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, reason,
                       "%u %s without an account on this server, which is the limit; try again later, or with a token: "
                       "some places are reserved for accounts",
                       limits->anonymous, what);
    if (caller->account)
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, reason,
                       "%u %s for this account, which is the limit; try again when one has ended", limits->each, what);
    jk_peer_text(&caller->peer, from);
    return jk_fail(
        error, JK_RESOURCE_EXHAUSTED, reason,
        "%u %s without an account from %s, which is the limit; try again when one has ended, or with a token",
        limits->each, what, from);
}
