/* See holders.h. */
#include "store/holders.h"

struct jk_suspect *jk_holders_find(struct jk_holders *holders, const struct jk_holder *holder)
{
    for (size_t i = 0; i < holders->count; i++) {
        if (holders->suspects[i].holder.pid == holder->pid &&
            holders->suspects[i].holder.session_us == holder->session_us &&
            holders->suspects[i].holder.transaction_us == holder->transaction_us)
            return &holders->suspects[i];
    }
    return NULL;
}

/* If a session does some work in between, its count starts again. */
static void begin_suspicion(struct jk_suspect *suspect, const struct jk_holder *holder, int64_t now_ms,
                            uint32_t timeouts)
{
    *suspect = (struct jk_suspect){.holder = *holder,
                                   .seen_ms = now_ms,
                                   .looks = holder->waits_for_client,
                                   .timeouts = timeouts,
                                   .told = suspect->told,
                                   .ended_ms = suspect->ended_ms};
}

static void see(struct jk_holders *holders, const struct jk_holder *holder, int64_t now_ms, uint32_t timeouts)
{
    struct jk_suspect *suspect = jk_holders_find(holders, holder);
    int64_t gap_ms;

    if (!suspect) {
        if (holders->count == JK_HOLDERS_MAX) return;
        suspect = &holders->suspects[holders->count++];
        *suspect = (struct jk_suspect){.looks = 0};
        begin_suspicion(suspect, holder, now_ms, timeouts);
        return;
    }
    if (!holder->waits_for_client || !suspect->holder.waits_for_client) {
        begin_suspicion(suspect, holder, now_ms, timeouts);
        return;
    }
    gap_ms = now_ms - suspect->seen_ms;
    suspect->stood_ms += gap_ms < JK_HOLDER_GAP_MS ? gap_ms : JK_HOLDER_GAP_MS;
    suspect->seen_ms = now_ms;
    suspect->looks++;
}

void jk_holders_see(struct jk_holders *holders, const struct jk_holder *seen, size_t count, int64_t now_ms,
                    uint32_t timeouts)
{
    /* those not seen for a while */
    size_t kept = 0;
    for (size_t i = 0; i < holders->count; i++) {
        if (now_ms - holders->suspects[i].seen_ms > JK_HOLDER_GONE_MS) continue;
        holders->suspects[kept++] = holders->suspects[i];
    }
    holders->count = kept;

    for (size_t i = 0; i < count; i++)
        see(holders, &seen[i], now_ms, timeouts);
}

bool jk_holder_is_stuck(const struct jk_suspect *suspect, uint32_t timeouts)
{
    if (!suspect->holder.waits_for_client || suspect->looks < JK_HOLDER_LOOKS) return false;
    return timeouts - suspect->timeouts >= JK_HOLDER_TIMEOUTS || suspect->stood_ms >= JK_HOLDER_STOOD_MS;
}

bool jk_holder_may_end(const struct jk_holder *holder)
{
    return holder->ours && holder->session_us != 0 && holder->transaction_us != 0;
}
