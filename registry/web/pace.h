/* Turns: work that gives way. What waits for its turn is begun one after the other by a few threads, one a core less one,
 * each of which begins nothing new before its last turn is over, or has taken JK_PACE_PATIENCE_MS. As long as there is
 * something more important to do (`busy`), a thread then rests for JK_PACE_REST times as long as the turn took, at most
 * JK_PACE_REST_MS: so turns take a tenth of its core at most, however many wait, and at their own speed, since they hold
 * locks meanwhile that the more important work wants.
 *
 * Threads: its own run the turns; waiting and saying that a turn is over is for any. Limits: JK_PACE_MOST wait; of two
 * clients that wait neither has two turns in a row. */
#ifndef JK_WEB_PACE_H
#define JK_WEB_PACE_H

#include "base/error.h"
#include "base/peer.h"

#define JK_PACE_MOST        512
#define JK_PACE_THREADS     8 /* at most */
#define JK_PACE_REST        9
#define JK_PACE_REST_MS     500
#define JK_PACE_PATIENCE_MS 250

struct jk_pace;

/* Owned by whoever waits, until it is run. */
struct jk_paced {
    struct jk_paced *next;
    struct jk_peer client; /* grouped */
    uint64_t ticket;       /* from when it is run: names it when it is over */
    void (*run)(struct jk_paced *turn);
};

/* `threads`: 0 for one a core less one. `busy` must not wait; the threads call it before and after a turn, and every few
 * milliseconds while they rest. */
JK_MUST_USE enum jk_status jk_pace_start(unsigned threads, bool (*busy)(void *context), void *context,
                                         struct jk_pace **out_pace, struct jk_error *error);
/* What still waits is run first, without rests. Accepts NULL. */
void jk_pace_stop(struct jk_pace *pace);
/* The turn is run some time, on another thread. False: too many wait, and it is not. */
bool jk_pace_wait(struct jk_pace *pace, struct jk_paced *turn);
/* Once for each that was run; the turn itself may be gone. */
void jk_pace_over(struct jk_pace *pace, uint64_t ticket);

#endif
