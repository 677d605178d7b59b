/* A call's entrance: what its headers say, whose it is, and whether it is accepted, before anything else of it is read.
 * On the thread of its queue. */
#include <grpc/support/alloc.h>

#include "base/ascii.h"
#include "base/metrics.h"
#include "base/mix.h"
#include "base/text.h"
#include "rpc/internal.h"

#define RETRY_ELSEWHERE_MS 1000
#define RETRY_CROWDED_MS   1000

static struct jk_span span_of(const grpc_slice *slice)
{
    return (struct jk_span){(const char *)GRPC_SLICE_START_PTR(*slice), GRPC_SLICE_LENGTH(*slice)};
}

/* ---- whose it is ---- */

/* The last header of that name is the nearest proxy's. */
static void believe_proxy(const struct jk_rpc_call *call, struct jk_peer *peer)
{
    for (size_t i = call->metadata.count; i-- > 0;) {
        struct jk_span key = span_of(&call->metadata.metadata[i].key);
        if (!jk_span_equal(key, JK_SPAN("x-forwarded-for"))) continue;
        (void)jk_peer_forwarded(span_of(&call->metadata.metadata[i].value), peer);
        return;
    }
}

/* `uri`: the connection's other end, as gRPC calls it. */
static void read_peer(const struct jk_rpc_call *call, const char *uri, struct jk_peer *out_peer)
{
    const struct jk_proxies *proxies = call->server->options.proxies;
    jk_peer_parse(jk_span_of(uri), out_peer);
    if (proxies && jk_proxies_hold(proxies, out_peer)) believe_proxy(call, out_peer);
}

void jk_rpc_call_peer(struct jk_call *base, struct jk_peer *out_peer)
{
    struct jk_rpc_call *call = jk_rpc_call_of(base);
    char *uri = grpc_call_get_peer(call->grpc);
    read_peer(call, uri, out_peer);
    gpr_free(uri);
}

/* ---- what its headers say ---- */

static bool good_request_id(struct jk_span id)
{
    if (id.len == 0 || id.len > 36) return false;
    for (size_t i = 0; i < id.len; i++) {
        char c = id.at[i];
        if (!jk_ascii_alnum(c) && c != '.' && c != '_' && c != '-') return false;
    }
    return true;
}

/* We authenticate from the metadata ourselves: gRPC's auth metadata processor has one context a connection, so it mixes
 * identities, and can be made to abort the process. More than one authorization a proxy and we might read differently.
 */
void jk_rpc_read_headers(struct jk_rpc_call *call)
{
    call->call.authorization = (struct jk_span){0};
    call->call.request_id[0] = '\0';
    call->single = true;
    for (size_t i = 0; i < call->metadata.count; i++) {
        struct jk_span key = span_of(&call->metadata.metadata[i].key);
        struct jk_span value = span_of(&call->metadata.metadata[i].value);
        if (jk_span_equal(key, JK_SPAN("authorization"))) {
            call->single = call->single && call->call.authorization.at == NULL;
            call->call.authorization = value;
        } else if (jk_span_equal(key, JK_SPAN("x-request-id")) && good_request_id(value)) {
            memcpy(call->call.request_id, value.at, value.len);
            call->call.request_id[value.len] = '\0';
        }
    }
    if (call->call.request_id[0] == '\0') {
        /* for logs, so unique is enough; secret it need not be */
        uint64_t z = jk_mix64(call->home->random += JK_MIX_STEP);
        jk_hex_encode((const unsigned char *)&z, sizeof z, call->call.request_id);
        call->call.request_id[2 * sizeof z] = '\0';
    }
}

/* ---- whether it may come in ---- */

enum bound { BOUND_CALLS, BOUND_CALLS_EACH, BOUND_UNREAD, BOUND_UNREAD_EACH }; /* places of the metric's labels */

static enum jk_status too_many_calls(struct jk_rpc_call *call, enum jk_doorman_word word)
{
    const struct jk_rpc_options *options = &call->server->options;
    struct jk_error *error = &call->call.error;
    bool each = word == JK_DOORMAN_FULL_EACH;
    jk_metrics_add(JK_METRIC_RPC_REFUSED, each ? BOUND_CALLS_EACH : BOUND_CALLS, 0, 1);
    error->retry_ms = RETRY_CROWDED_MS;
    if (each)
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, "TOO_MANY_CALLS",
                       "%u calls from this address are in progress, which is the limit; try again when one has ended",
                       options->calls_each);
    return jk_fail(error, JK_RESOURCE_EXHAUSTED, "TOO_MANY_CALLS",
                   "too many calls are in progress on this server, which allows %u; try again later", options->calls);
}

enum jk_status jk_rpc_too_much_unread(struct jk_rpc_call *call, enum jk_doorman_word word)
{
    const struct jk_rpc_options *options = &call->server->options;
    struct jk_error *error = &call->call.error;
    bool each = word == JK_DOORMAN_FULL_EACH;
    jk_metrics_add(JK_METRIC_RPC_REFUSED, each ? BOUND_UNREAD_EACH : BOUND_UNREAD, 0, 1);
    error->retry_ms = RETRY_CROWDED_MS;
    if (each)
        return jk_fail(
            error, JK_RESOURCE_EXHAUSTED, "TOO_MUCH_UNREAD",
            "%zu bytes of replies to this client are unread, which is the limit; read them before asking for more",
            options->unread / JK_RPC_UNREAD_SHARE);
    return jk_fail(error, JK_RESOURCE_EXHAUSTED, "TOO_MUCH_UNREAD",
                   "too many replies are unread on this server, which keeps %zu bytes of them; read those you asked "
                   "for, then try again with a smaller page",
                   options->unread);
}

enum jk_status jk_rpc_let_in(struct jk_rpc_call *call)
{
    struct jk_error *error = &call->call.error;
    struct jk_rpc_server *server = call->server;
    struct jk_peer peer;
    char *uri = grpc_call_get_peer(call->grpc);
    read_peer(call, uri, &peer);
    call->guest = jk_doorman_guest(server->doorman, &peer, jk_span_of(uri));
    gpr_free(uri);
    enum jk_doorman_word word = jk_doorman_enter(server->doorman, call->guest, call->row->health);
    if (!call->row->method)
        return jk_fail(error, JK_UNIMPLEMENTED, "UNKNOWN_METHOD",
                       "this server has no such method; reflection describes its interface");
    if (!call->single)
        return jk_fail(error, JK_UNAUTHENTICATED, "AMBIGUOUS_AUTHORIZATION",
                       "there is more than one authorization header; send one");
    if (atomic_load(&server->draining)) {
        atomic_fetch_add(&server->turned_away, 1);
        error->retry_ms = RETRY_ELSEWHERE_MS;
        return jk_fail(error, JK_UNAVAILABLE, "STOPPING", "the server is stopping; connect again");
    }
    if (word != JK_DOORMAN_IN) return too_many_calls(call, word);
    if (!call->row->health && jk_doorman_is_laden(server->doorman, call->guest))
        return jk_rpc_too_much_unread(call, JK_DOORMAN_FULL_EACH);
    return JK_OK;
}
