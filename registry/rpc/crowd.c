/* See crowd.h. The share is the highest level at which everything below it fits, as water finds its level. What room
 * remains goes to the oldest connections just above it. */
#include "rpc/crowd.h"

#include <stdlib.h>
#include <string.h>

#include "base/search.h"

static int compare_peers(const struct jk_peer *a, const struct jk_peer *b)
{
    if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
    return memcmp(a->address, b->address, sizeof a->address);
}

/* By peer, the oldest of each first. */
static int compare_connections(const void *one, const void *other)
{
    const struct jk_connection *a = one, *b = other;
    int order = compare_peers(&a->peer, &b->peer);
    if (order != 0) return order;
    if (a->since != b->since) return a->since < b->since ? -1 : 1;
    return a->fd < b->fd ? -1 : a->fd > b->fd;
}

/* How many at the start are of one peer. */
static size_t run_of(const struct jk_connection *all, size_t count)
{
    size_t run = 1;
    while (run < count && jk_peer_equal(&all[run].peer, &all[0].peer))
        run++;
    return run;
}

static size_t share(const struct jk_connection *first, size_t level, size_t each)
{
    bool own = first->peer.kind == JK_PEER_ADDRESS && !jk_peer_is_loopback(&first->peer);
    return own && each < level ? each : level;
}

/* How many stay at this level. */
static size_t staying(const struct jk_connection *all, size_t count, size_t level, size_t each)
{
    size_t stay = 0;
    for (size_t i = 0, run; i < count; i += run) {
        run = run_of(&all[i], count - i);
        size_t most = share(&all[i], level, each);
        stay += run < most ? run : most;
    }
    return stay;
}

static int compare_ages(const void *one, const void *other)
{
    const struct jk_connection *a = one, *b = other;
    if (a->since != b->since) return a->since < b->since ? -1 : 1;
    return compare_connections(one, other);
}

size_t jk_crowd_thin(struct jk_connection *all, size_t count, size_t most, size_t each)
{
    qsort(all, count, sizeof *all, compare_connections);
    /* the highest level at which no more than `most` stay */
    size_t level = JK_LOWER_BOUND(count, at, staying(all, count, at + 1, each) <= most),
           room = most - staying(all, count, level, each), gone = 0;

    /* marks what is above the level, and notes the first of each peer that is */
    for (size_t i = 0, run; i < count; i += run) {
        run = run_of(&all[i], count - i);
        size_t stay = share(&all[i], level, each);
        for (size_t n = 0; n < run; n++) {
            all[i + n].out = n >= stay;
            all[i + n].marginal = n == stay && n < share(&all[i], level + 1, each);
        }
    }

    qsort(all, count, sizeof *all, compare_ages);
    for (size_t i = 0; i < count; i++) {
        if (all[i].marginal && room > 0) {
            all[i].out = false;
            room--;
        }
        gone += all[i].out;
    }
    return gone;
}
