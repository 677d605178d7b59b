/* See doorman.h. Each counter is incremented first, then compared, and decremented if it is too high: so two calls can
 * never both take the last place, though both may be refused it. */
#include "base/doorman.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mix.h"

#define PLACES 65536 /* the first is nobody's */

struct place {
    atomic_uint calls;
    atomic_size_t unread;
};

struct jk_doorman {
    struct jk_doorman_limits limits;
    uint64_t seed;
    atomic_uint calls;
    atomic_size_t unread;
    struct place places[PLACES];
};

struct jk_doorman *jk_doorman_new(const struct jk_doorman_limits *limits)
{
    struct jk_doorman *doorman = calloc(1, sizeof *doorman);
    if (!doorman) return NULL;
    doorman->limits = *limits;
    jk_random_bytes(&doorman->seed, sizeof doorman->seed);
    return doorman;
}

void jk_doorman_free(struct jk_doorman *doorman)
{
    free(doorman);
}

/* ---- who it is ---- */

static uint64_t mix_bytes(uint64_t state, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    for (; len > 0; at += 8) {
        uint64_t word = 0;
        size_t taken = len < sizeof word ? len : sizeof word;
        memcpy(&word, at, taken);
        state = jk_mix64(state ^ word) + taken;
        len -= taken;
    }
    return state;
}

unsigned jk_doorman_guest(const struct jk_doorman *doorman, const struct jk_peer *peer, struct jk_span connection)
{
    struct jk_peer group = *peer;
    if (peer->kind != JK_PEER_ADDRESS) return 0;
    bool here = jk_peer_is_loopback(peer);
    jk_peer_group(&group);
    uint64_t hash = here ? mix_bytes(doorman->seed, connection.at, connection.len)
                         : mix_bytes(~doorman->seed, group.address, sizeof group.address);
    return 1 + (unsigned)(hash % (PLACES - 1));
}

/* ---- calls ---- */

enum jk_doorman_word jk_doorman_enter(struct jk_doorman *doorman, unsigned guest, bool health)
{
    const struct jk_doorman_limits *limits = &doorman->limits;
    unsigned calls = atomic_fetch_add(&doorman->calls, 1) + 1;
    unsigned each = guest ? atomic_fetch_add(&doorman->places[guest].calls, 1) + 1 : JK_DOORMAN_MODEST + 1;
    if (health) return calls > limits->calls + JK_DOORMAN_HEALTH ? JK_DOORMAN_FULL : JK_DOORMAN_IN;
    if (guest && each > limits->calls_each) return JK_DOORMAN_FULL_EACH;
    /* An eighth of the places is reserved for guests that have few. */
    if (calls > limits->calls || (calls > limits->calls - limits->calls / 8 && each > JK_DOORMAN_MODEST))
        return JK_DOORMAN_FULL;
    return JK_DOORMAN_IN;
}

void jk_doorman_leave(struct jk_doorman *doorman, unsigned guest)
{
    atomic_fetch_sub(&doorman->calls, 1);
    if (guest) atomic_fetch_sub(&doorman->places[guest].calls, 1);
}

/* ---- bytes ---- */

/* With `bytes`, the limits are `all` in total and `each` per guest. Those that cannot be told apart have no share of
 * their own, and nothing of the reserve. */
static enum jk_doorman_word judge_bytes(const struct jk_doorman *doorman, unsigned guest, size_t bytes, size_t all,
                                        size_t each)
{
    if (guest && each > doorman->limits.unread_each) return JK_DOORMAN_FULL_EACH;
    bool modest = guest && each - bytes <= JK_DOORMAN_MODEST_BYTES;
    /* A quarter of the bytes is reserved for guests with hardly any unread. */
    if (all > doorman->limits.unread || (all > doorman->limits.unread - doorman->limits.unread / 4 && !modest))
        return JK_DOORMAN_FULL;
    return JK_DOORMAN_IN;
}

enum jk_doorman_word jk_doorman_hold(struct jk_doorman *doorman, unsigned guest, size_t bytes)
{
    if (bytes <= JK_DOORMAN_SMALL) return JK_DOORMAN_IN;
    size_t all = atomic_fetch_add(&doorman->unread, bytes) + bytes;
    size_t each = atomic_fetch_add(&doorman->places[guest].unread, bytes) + bytes;
    enum jk_doorman_word word = judge_bytes(doorman, guest, bytes, all, each);
    if (word != JK_DOORMAN_IN) jk_doorman_give_back(doorman, guest, bytes);
    return word;
}

void jk_doorman_give_back(struct jk_doorman *doorman, unsigned guest, size_t bytes)
{
    if (bytes <= JK_DOORMAN_SMALL) return;
    atomic_fetch_sub(&doorman->unread, bytes);
    atomic_fetch_sub(&doorman->places[guest].unread, bytes);
}

bool jk_doorman_is_laden(const struct jk_doorman *doorman, unsigned guest)
{
    return guest && atomic_load(&doorman->places[guest].unread) >= doorman->limits.unread_each;
}

/* ---- how it stands ---- */

unsigned jk_doorman_calls(const struct jk_doorman *doorman)
{
    return atomic_load(&doorman->calls);
}

size_t jk_doorman_unread(const struct jk_doorman *doorman)
{
    return atomic_load(&doorman->unread);
}

/* 0 up to a half, 1 from three quarters on. */
static double crowding(size_t taken, size_t most)
{
    double part = (double)taken / (double)most;
    return part <= 0.5 ? 0 : part >= 0.75 ? 1 : (part - 0.5) * 4;
}

int jk_doorman_patience_ms(const struct jk_doorman *doorman, int most_ms)
{
    double bytes = crowding(jk_doorman_unread(doorman), doorman->limits.unread);
    double calls = crowding(jk_doorman_calls(doorman), doorman->limits.calls);
    double least_ms = (double)most_ms / JK_DOORMAN_LEAST_PART;
    return (int)(most_ms - (most_ms - least_ms) * (bytes > calls ? bytes : calls));
}
