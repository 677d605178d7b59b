/* Who has how many of a limited number of places. Each account is counted separately; those without one are counted by
 * address (base/peer.h). So no single client can take all of them, nor anonymous ones those reserved for accounts.
 *
 * Not thread-safe: the owner of the places has a lock. Limits: as many keys as places; look-ups scan them. */
#ifndef JK_BASE_SHARES_H
#define JK_BASE_SHARES_H

#include "base/peer.h"

/* Who asks for a place. */
struct jk_sharer {
    uint64_t account;    /* 0: none … */
    struct jk_peer peer; /* … then grouped; else unset */
};

struct jk_shares_limits {
    unsigned most;      /* in total */
    unsigned anonymous; /* of them without an account */
    unsigned each;      /* of one account or address */
    unsigned nameless;  /* of what has neither: all who come through a Unix socket, say; 0: each */
};

enum jk_shares_word { JK_SHARES_IN, JK_SHARES_FULL, JK_SHARES_FULL_ANONYMOUS, JK_SHARES_FULL_EACH };

struct jk_shares;

/* NULL: out of memory. */
struct jk_shares *jk_shares_new(const struct jk_shares_limits *limits);
void jk_shares_free(struct jk_shares *shares); /* accepts NULL */
/* JK_SHARES_IN: *out_key must be returned together with the place. */
enum jk_shares_word jk_shares_enter(struct jk_shares *shares, const struct jk_sharer *sharer, unsigned *out_key);
void jk_shares_leave(struct jk_shares *shares, unsigned key);
unsigned jk_shares_count(const struct jk_shares *shares);
/* As they were given; they never change, so this needs no lock. */
const struct jk_shares_limits *jk_shares_limits_of(const struct jk_shares *shares);

#endif
