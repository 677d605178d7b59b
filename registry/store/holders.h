/* Who holds a lock that our connections wait for, and stands still: the rule by which a session may be ended. Pure; the
 * caller looks, once a second or so, while somebody waits.
 *
 * A server that is frozen in the middle of a pipeline leaves its session `active`, waiting for its client, with the
 * log's head locked for ever: PostgreSQL's idle_in_transaction_session_timeout does not hold there. A session is stuck
 * when the very same transaction (process, and the starts of session and transaction) was met waiting for its client
 * at each look, while our writes timed out JK_HOLDER_TIMEOUTS times, or for JK_HOLDER_STOOD_MS. One that works, or
 * waits for a disk or a standby, is not: ending it would free nothing sooner, and a commit must not be cut off. */
#ifndef JK_STORE_HOLDERS_H
#define JK_STORE_HOLDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JK_HOLDERS_MAX     16 /* watched at once; others wait for their turn */
#define JK_HOLDER_TIMEOUTS 3
#define JK_HOLDER_STOOD_MS 10000
#define JK_HOLDER_LOOKS    3    /* minimum number of looks: the machine may have been suspended */
#define JK_HOLDER_GAP_MS   2000 /* what a longer pause between two looks counts as */
#define JK_HOLDER_GONE_MS  5000 /* forgotten if not seen for this long */

struct jk_holder {
    int64_t pid, session_us, transaction_us; /* process, starts of session and transaction; 0: not shown to us */
    bool ours;                               /* of our role */
    bool waits_for_client;                   /* of another role, which we cannot see: true */
};

struct jk_suspect {
    struct jk_holder holder;
    int64_t seen_ms, stood_ms;
    unsigned looks;
    uint32_t timeouts; /* ours, at the first look */
    bool told;         /* the caller's, like the next */
    int64_t ended_ms;  /* when it was told to end; 0: not yet */
};

struct jk_holders {
    struct jk_suspect suspects[JK_HOLDERS_MAX];
    size_t count;
};

/* Records a look: these hold something now. `timeouts` counts the lock timeouts of our writes so far. */
void jk_holders_see(struct jk_holders *holders, const struct jk_holder *seen, size_t count, int64_t now_ms,
                    uint32_t timeouts);
/* The same process, session and transaction; NULL: not watched. */
struct jk_suspect *jk_holders_find(struct jk_holders *holders, const struct jk_holder *holder);
bool jk_holder_is_stuck(const struct jk_suspect *suspect, uint32_t timeouts);
/* Only a session of our role, and only if it can be told from another transaction of the same process. */
bool jk_holder_may_end(const struct jk_holder *holder);

#endif
