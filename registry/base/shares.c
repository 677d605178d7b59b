/* See shares.h. */
#include "base/shares.h"

#include <stdlib.h>

#include "base/check.h"

struct key {
    struct jk_sharer sharer;
    unsigned places; /* 0: the key is free */
};

struct jk_shares {
    struct jk_shares_limits limits;
    unsigned count, anonymous;
    unsigned used; /* keys beyond were never taken */
    struct key keys[];
};

struct jk_shares *jk_shares_new(const struct jk_shares_limits *limits)
{
    struct jk_shares *shares = calloc(1, sizeof *shares + limits->most * sizeof shares->keys[0]);
    if (shares) shares->limits = *limits;
    return shares;
}

void jk_shares_free(struct jk_shares *shares)
{
    free(shares);
}

/* The sharer's key, otherwise a free one: there are as many as places. */
static unsigned key_of_sharer(const struct jk_shares *shares, const struct jk_sharer *sharer)
{
    unsigned unused = shares->used;
    for (unsigned i = 0; i < shares->used; i++) {
        if (shares->keys[i].places == 0)
            unused = i;
        else if (shares->keys[i].sharer.account == sharer->account &&
                 jk_peer_equal(&shares->keys[i].sharer.peer, &sharer->peer))
            return i;
    }
    return unused;
}

enum jk_shares_word jk_shares_enter(struct jk_shares *shares, const struct jk_sharer *sharer, unsigned *out_key)
{
    const struct jk_shares_limits *limits = &shares->limits;
    if (shares->count >= limits->most) return JK_SHARES_FULL;
    if (!sharer->account && shares->anonymous >= limits->anonymous) return JK_SHARES_FULL_ANONYMOUS;
    unsigned at = key_of_sharer(shares, sharer);
    struct key *key = &shares->keys[at];
    bool named = sharer->account || sharer->peer.kind == JK_PEER_ADDRESS;
    unsigned each = named || !limits->nameless ? limits->each : limits->nameless;
    if (key->places >= each) return JK_SHARES_FULL_EACH;
    if (at == shares->used) shares->used++;
    key->sharer = *sharer;
    key->places++;
    shares->count++;
    shares->anonymous += !sharer->account;
    *out_key = at;
    return JK_SHARES_IN;
}

void jk_shares_leave(struct jk_shares *shares, unsigned key)
{
    JK_CHECK(key < shares->used && shares->keys[key].places > 0);
    shares->keys[key].places--;
    shares->count--;
    shares->anonymous -= !shares->keys[key].sharer.account;
}

unsigned jk_shares_count(const struct jk_shares *shares)
{
    return shares->count;
}

const struct jk_shares_limits *jk_shares_limits_of(const struct jk_shares *shares)
{
    return &shares->limits;
}
