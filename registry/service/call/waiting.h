/* Calls that wait for the log to grow: server streams that have sent everything there is, and continue when there is
 * more.
 *
 * A stream joins, sends its messages one at a time, and hands itself over with jk_waiting_wait when it has nothing to
 * send. No thread waits with it. When the log has grown, one job on one reader thread calls `woken` for all that are
 * due, one after another, at most every JK_WAITING_PAUSE_MS: so a thousand streams cost a steady writer no more than
 * that one reader, and those at the same index share what it read (struct jk_wake). A stream ends with OK after
 * JK_WAITING_LIFE_MS (before the carrier's ceiling) and when the server drains; it leaves at once when its client is
 * gone.
 *
 * Owns: one thread, which decides who is due and whose time is up. Lock order: the store's, then ours; the store is
 * never called under ours. Limits: JK_WAITING_MOST streams, of which JK_WAITING_ANONYMOUS without an account,
 * JK_WAITING_EACH of one account or address; then RESOURCE_EXHAUSTED (TOO_MANY_WATCHERS). Unary calls that wait for a
 * size have a list of their own (parking.h). */
#ifndef JK_SERVICE_CALL_WAITING_H
#define JK_SERVICE_CALL_WAITING_H

#include "base/metrics.h"
#include "service/call/callers.h"
#include "service/call/entries.h"

#define JK_WAITING_MOST      1000
#define JK_WAITING_ANONYMOUS 800
#define JK_WAITING_EACH      100
#define JK_WAITING_LIFE_MS   570000
#define JK_WAITING_PAUSE_MS  50
#define JK_WAITING_BYTES     (128u << 10) /* of a piece: a message of each stream may lie unread in memory */

struct jk_waiting;

/* What streams woken together share. */
struct jk_wake {
    struct jk_store *store;
    struct jk_reader *reader;
    struct jk_arena arena;
    Jokbo__V1__ReadEntriesResponse piece; /* jk_wake_piece */
    bool read;
};

/* First in a stream's state, in its call's arena. The fields belong to the list. */
struct jk_waiter {
    struct jk_waiting *waiting;
    struct jk_call *call;
    /* On a reader thread: sends a message, waits again, or ends the call. */
    void (*woken)(struct jk_waiter *waiter, struct jk_wake *wake);
    struct jk_waiter *next, *previous;
    uint32_t size;         /* due when the log has more entries … */
    int64_t not_before_ms; /* … and not earlier; 0: at once */
    int64_t end_ms;
    unsigned key; /* of its caller */
    enum { JK_WAITER_OUT, JK_WAITER_WORKING, JK_WAITER_WAITING } state;
    bool gone; /* the client is */
};

struct jk_waiting_options { /* zero: the limits above */
    struct jk_shares_limits limits;
    int life_ms;
    enum jk_metric gauge; /* how many there are; zero: JK_METRIC_WATCHERS */
};

JK_MUST_USE enum jk_status jk_waiting_start(struct jk_store *store, const struct jk_waiting_options *options,
                                            struct jk_waiting **out_waiting, struct jk_error *error);
/* Ends all that wait with OK; the others end when they next would wait. Final. */
void jk_waiting_drain(struct jk_waiting *waiting);
/* When all calls are over, and before the store stops. Accepts NULL. */
void jk_waiting_stop(struct jk_waiting *waiting);

/* In the handler: makes the call a waiter until it ends, however that happens. Sets call->state, release and closed. */
JK_MUST_USE enum jk_status jk_waiting_join(struct jk_waiting *waiting, struct jk_waiter *waiter, struct jk_call *call,
                                           void (*woken)(struct jk_waiter *waiter, struct jk_wake *wake),
                                           struct jk_error *error);
/* True if the stream's time is up or the server drains: finish the call. */
bool jk_waiting_is_over(const struct jk_waiter *waiter);
/* Hands the call over until the log has more than `size` entries; ends it if its time is up or its client gone. */
void jk_waiting_wait(struct jk_waiter *waiter, uint32_t size);
/* The same, but not before a moment on jk_monotonic_ms()'s scale. */
void jk_waiting_wait_until(struct jk_waiter *waiter, uint32_t size, int64_t not_before_ms);

/* The chunk from `start` on: newly read, or shared with an earlier stream of this wake. */
JK_MUST_USE enum jk_status jk_wake_piece(struct jk_wake *wake, uint64_t start,
                                         const Jokbo__V1__ReadEntriesResponse **out_piece, struct jk_error *error);

#endif
