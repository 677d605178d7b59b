/* Calls that ask for a log size which this server has not reached: they stand in a list, and no thread waits with them.
 *
 *   its worker --jk_park--> PARKED --the log is so large------------------------> `then`, on our thread
 *                             |-----its time is nearly over: UNAVAILABLE, BEHIND-> ended
 *                             |-----the client is gone: CANCELLED----------------> ended
 *                             `-----the server drains: UNAVAILABLE, STOPPING-----> ended
 *
 * Streams that follow the log have a list of their own (waiting.h).
 *
 * Owns: one thread, which decides who goes on. It sleeps until the log has reached the least size that is waited for,
 * or the first one's time is over; one pass then takes all who are due. Lock order: the store's, then ours; the store
 * is never asked under ours. Limits: JK_PARKING_MOST calls, of them JK_PARKING_ANONYMOUS without an account,
 * JK_PARKING_EACH of one account or address; then RESOURCE_EXHAUSTED (TOO_MANY_WAITING). Sizes more than
 * JK_PARKING_AHEAD beyond the log are for the caller to refuse (dispatch.c). */
#ifndef JK_SERVICE_CALL_PARKING_H
#define JK_SERVICE_CALL_PARKING_H

#include "service/call/callers.h"
#include "store/store.h"

#define JK_PARKING_MOST      256
#define JK_PARKING_ANONYMOUS 128
#define JK_PARKING_EACH      16
#define JK_PARKING_AHEAD                                                                                               \
    100000 /* entries: a server that follows the log is never so far behind one that wrote them                        \
            */

struct jk_parking;

JK_MUST_USE enum jk_status jk_parking_start(struct jk_store *store, struct jk_parking **out_parking,
                                            struct jk_error *error);
/* Ends all parked calls, and any that come later. Final. */
void jk_parking_drain(struct jk_parking *parking);
/* When all calls are over, and before the store stops. Accepts NULL. */
void jk_parking_stop(struct jk_parking *parking);

/* Hands the call over. Once the log has `size` entries `then` gets it, on our thread and so only briefly: it answers
 * from memory, or passes the call on. At until_ms (jk_monotonic_ms) the call ends. */
void jk_park(struct jk_parking *parking, struct jk_call *call, uint32_t size, int64_t until_ms, jk_call_fn *then);
/* The call's client is gone (call->cancelled is set): if the call is parked it ends. Any thread, while the call exists.
 */
void jk_parking_gone(struct jk_parking *parking, struct jk_call *call);

#endif
