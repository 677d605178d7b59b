/* The gRPC server: carries calls between clients and the services (service/call/call.h), and with them health (Check and
 * Watch) and reflection. Only this folder sees gRPC's C library.
 *
 * Owns: the listening socket, one completion queue and thread each for calls (min(cores, 8)), one queue and thread for
 * long-lived streams, one thread that probes the own port. A call is given to `dispatch` on an rpc thread and may be
 * answered from any thread.
 * Threads: start, drain and free belong to one thread; jk_rpc_set_serving and jk_rpc_address to any.
 * Limits: a message 1 MiB in and 4 MiB out, 100 streams a connection, 16 KiB of metadata, 4,096 health watchers; calls
 * 30 s, streams 10 min, whatever deadline the client gave; calls, unread replies and connections in all and of one
 * client (below), from a call's headers on, before any message. One server a process is usual, several are allowed.
 *
 * On the open internet a hardened HTTP/2 proxy must stand in front: rapid resets and floods of CONTINUATION frames cost
 * this library far more than the sender (CVE-2023-33953), and nothing in this folder can prevent that. */
#ifndef JK_RPC_SERVER_H
#define JK_RPC_SERVER_H

#include "base/error.h"
#include "service/call/dispatch.h"

#define JK_RPC_MESSAGE_LIMIT (1 << 20)
#define JK_RPC_REPLY_LIMIT   (4 << 20)
#define JK_RPC_UNREAD_SHARE  4   /* of what may lie unread, the part that one guest may have is a … */
#define JK_RPC_METHODS       160 /* rows at most, health and reflection not counted */

struct jk_rpc_server;

/* Zero means the default, where one is named. Strings and tables must outlive the server. */
struct jk_rpc_options {
    const char *listen;   /* "ADDR:PORT", "[V6]:PORT", "localhost:PORT" or "unix:/path"; port 0: the system chooses */
    const char *tls_cert; /* PEM files: chain and key, both or none; read again when they change */
    const char *tls_key;
    const char *tls_client_ca; /* PEM file; where given, clients must show a certificate signed by it */
    bool plaintext_anywhere;   /* plain text beyond loopback: a proxy in front ends TLS, on a network of its own */
    unsigned threads;          /* default min(cores, 8); at most 8 */
    int drain_ms;              /* for calls in flight when stopping; default 10,000 */
    int grace_ms;              /* between "not serving" and the end of new calls; default 200, negative: none */
    int probe_ms;              /* between probes of the own port; default 5,000, negative: no probes */
    int unary_ceiling_ms;      /* default 30,000 */
    int stream_ceiling_ms;     /* default 600,000 */
    int first_message_ms;      /* for a call's first message to be there; default 15,000 */
    int next_message_ms;       /* for each further one of a client's stream; default 60,000 */
    int unread_ms;             /* for a reply to be read; default 20,000, less when there is much unread (doorman.h) */
    size_t message_limit;      /* bytes in; default JK_RPC_MESSAGE_LIMIT */
    unsigned connections;      /* at once; default 4,096 … */
    unsigned connections_each; /* … and of one address beyond this machine; default 256 */
    unsigned calls;            /* at once; default 8,192 … */
    unsigned calls_each;       /* … and of one guest (doorman.h); default 1,024 */
    size_t unread;             /* bytes of replies that lie unread; default 128 MiB, a quarter of it for one guest */
    const struct jk_method *methods;
    size_t method_count;
    jk_call_fn *dispatch;
    void *services;                   /* given to each call */
    const struct jk_proxies *proxies; /* whose X-Forwarded-For says where a client is; NULL: nobody's */
    /* The client of a unary call that is not answered yet is gone: whoever holds the call idle may end it. On a thread of
     * a queue, after call->cancelled was set. May be NULL. */
    void (*gone)(struct jk_call *call);
    /* After each call, on the thread that ended it; must not wait. `method`: its place in `methods`, method_count for
     * health, reflection and unknown ones. May be NULL. */
    void (*observe)(void *services, size_t method, enum jk_status status, int64_t duration_us);
    /* Once, when draining begins: the time to end streams that wait for news. May be NULL. */
    void (*draining)(void *services);
    /* Three probes in a row have failed, so nobody can connect any more. NULL: log it and end the process with 70. */
    void (*probe_failed)(void *services);
};

/* Health is NOT_SERVING until jk_rpc_set_serving. INVALID_ARGUMENT: an option is wrong; FAILED_PRECONDITION: plain text
 * beyond loopback; UNAVAILABLE: the address is taken or cannot be had. Raises RLIMIT_NOFILE and ignores SIGPIPE. No
 * fork after this. */
JK_MUST_USE enum jk_status jk_rpc_start(const struct jk_rpc_options *options, struct jk_rpc_server **out_server,
                                        struct jk_error *error);
/* Where it listens, with the port that the system chose. Lives as long as the server. */
const char *jk_rpc_address(const struct jk_rpc_server *server);
/* What health says. Without effect once draining has begun. */
void jk_rpc_set_serving(struct jk_rpc_server *server, bool serving);
/* Whether a connection to the own port is answered, as a stranger's would be; waits timeout_ms at most. */
bool jk_rpc_answers(const struct jk_rpc_server *server, int timeout_ms);
/* Calls that were given to the services and are not answered yet. */
size_t jk_rpc_live_calls(const struct jk_rpc_server *server);
/* Stops: health first, then new calls, then the calls in flight get drain_ms before they are cancelled. False: some
 * worker still holds a call 5 s after it was cancelled; then the process must end without jk_rpc_free. */
bool jk_rpc_drain(struct jk_rpc_server *server);
/* Accepts NULL; otherwise after a drain that succeeded. */
void jk_rpc_free(struct jk_rpc_server *server);

#endif
