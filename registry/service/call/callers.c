/* See callers.h. */
#include "service/call/callers.h"

#define RETRY_MS 5000

void jk_caller_of(struct jk_call *call, struct jk_sharer *out_caller)
{
    *out_caller = (struct jk_sharer){.account = call->principal.account};
    if (out_caller->account || !call->ops->peer) return;
    call->ops->peer(call, &out_caller->peer);
    jk_peer_group(&out_caller->peer);
}

enum jk_status jk_callers_refuse(const struct jk_shares *shares, const struct jk_sharer *caller,
                                 enum jk_shares_word word, const char *reason, const char *what, struct jk_error *error)
{
    const struct jk_shares_limits *limits = jk_shares_limits_of(shares);
    char from[JK_PEER_TEXT];
    error->retry_ms = RETRY_MS;
    if (word == JK_SHARES_FULL)
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, reason,
                       "%u %s on this server, which is the limit; try again later", limits->most, what);
    if (word == JK_SHARES_FULL_ANONYMOUS)
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
