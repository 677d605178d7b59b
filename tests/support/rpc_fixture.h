/* A gRPC server in this process on a port that the system chose, with a table of test methods whose messages are
 * borrowed from google.rpc, and a client on it. One fixture a test.
 * Threads: the test's own; slow calls run on threads of theirs, which rpc_tear_down waits for. */
#ifndef JK_TESTS_SUPPORT_RPC_FIXTURE_H
#define JK_TESTS_SUPPORT_RPC_FIXTURE_H

#include <pthread.h>

#include "rpc/server.h"
#include "support/rpc_client.h"

/* What the test methods leave behind. */
struct rpc_seen {
    atomic_int cancelled; /* slow calls that saw their cancellation */
    atomic_int started;   /* slow calls that began */
    atomic_int running;   /* slow calls on their threads */
    atomic_int released;  /* release hooks that ran */
    atomic_int observed;  /* calls reported */
    atomic_int probe_deaths;
    atomic_bool stubborn; /* slow calls ignore their cancellation */
    char authorization[64];
    char request_id[64];
};

struct rpc_fixture {
    struct jk_rpc_server *server;
    struct rpc_client *client;
    struct jk_rpc_options options;
    struct rpc_seen seen;
};

/* A thread that makes the same call again and again. */
struct rpc_caller {
    pthread_t thread;
    struct rpc_client *client;
    const char *path;
    int calls;
    int code;
    int good; /* calls that got the right answer */
};

/* Options for the table of test methods: Echo, Fail, Slow, Count, Collect, Big, Stored, Silent of test.v1.Echo, and
 * test.v1.Other/Enum. No grace time, no probes. */
struct jk_rpc_options rpc_fixture_options(struct rpc_seen *seen, const char *listen);
int rpc_set_up(void **state);
int rpc_tear_down(void **state);
/* Starts with fixture->options; without a client when they ask for TLS. */
void rpc_fixture_start(struct rpc_fixture *fixture);
void rpc_fixture_stop(struct rpc_fixture *fixture);
void rpc_fixture_restart(struct rpc_fixture *fixture);
void rpc_wait_idle(struct rpc_fixture *fixture);

/* A call with a google.rpc.Status, and the code in the one that came back. */
void rpc_call_status(struct rpc_client *client, const char *path, int code, const struct rpc_options *options,
                     struct rpc_reply *out_reply);
int rpc_status_code(const struct rpc_reply *reply);

void rpc_callers_start(struct rpc_caller *callers, size_t count, struct rpc_client *client, const char *path, int calls,
                       int code);
/* Joins them; false when any call failed. */
bool rpc_callers_join(struct rpc_caller *callers, size_t count);

#endif
