/* The least that a gRPC server on this library can do: bench_echo_server [threads] [posted]. It answers
 * /bench.Echo/Echo with as many bytes as the request's first four say (little end first), and knows nothing else: no
 * protobuf, no authentication, no deadline of its own. Queues, threads, registered methods and posted requests are as
 * in jokbod, so that the difference between the two is what jokbod does.
 *
 * Prints "ready <port>" and ends when its standard input does. Listens on loopback only. */
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/support/time.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"

#define THREADS_MOST 8
#define POSTED_MOST  200
#define REPLY_MOST   (1u << 20)

struct queue {
    grpc_completion_queue *queue;
    pthread_t thread;
};

struct slot {
    struct queue *queue;
    bool arrived; /* the next event is the end of the reply */
    grpc_call *call;
    gpr_timespec deadline;
    grpc_metadata_array metadata;
    grpc_byte_buffer *message, *reply;
    int cancelled;
};

static grpc_server *server;
static void *method;
static struct queue queues[THREADS_MOST];

static void post(struct slot *slot)
{
    slot->arrived = false;
    grpc_metadata_array_init(&slot->metadata);
    grpc_call_error result =
        grpc_server_request_registered_call(server, method, &slot->call, &slot->deadline, &slot->metadata,
                                            &slot->message, slot->queue->queue, slot->queue->queue, slot);
    JK_CHECK(result == GRPC_CALL_OK);
}

/* How long a reply the caller wants. The message may lie in several pieces, or be missing. */
static size_t wanted(const grpc_byte_buffer *message)
{
    uint32_t len = 0;
    unsigned shift = 0;
    for (size_t i = 0; message && i < message->data.raw.slice_buffer.count; i++) {
        grpc_slice piece = message->data.raw.slice_buffer.slices[i];
        for (size_t at = 0; at < GRPC_SLICE_LENGTH(piece) && shift < 32; at++, shift += 8)
            len |= (uint32_t)GRPC_SLICE_START_PTR(piece)[at] << shift;
    }
    return len < REPLY_MOST ? len : REPLY_MOST;
}

static void answer(struct slot *slot)
{
    grpc_slice bytes = grpc_slice_malloc(wanted(slot->message));
    memset(GRPC_SLICE_START_PTR(bytes), 1, GRPC_SLICE_LENGTH(bytes));
    slot->reply = grpc_raw_byte_buffer_create(&bytes, 1);
    grpc_slice_unref(bytes);
    grpc_op ops[4] = {{.op = GRPC_OP_SEND_INITIAL_METADATA},
                      {.op = GRPC_OP_SEND_MESSAGE},
                      {.op = GRPC_OP_SEND_STATUS_FROM_SERVER},
                      {.op = GRPC_OP_RECV_CLOSE_ON_SERVER}};
    ops[1].data.send_message.send_message = slot->reply;
    ops[2].data.send_status_from_server.status = GRPC_STATUS_OK;
    ops[3].data.recv_close_on_server.cancelled = &slot->cancelled;
    slot->arrived = true;
    JK_CHECK(grpc_call_start_batch(slot->call, ops, 4, slot, NULL) == GRPC_CALL_OK);
}

static void give_back(struct slot *slot)
{
    if (slot->message) grpc_byte_buffer_destroy(slot->message);
    if (slot->reply) grpc_byte_buffer_destroy(slot->reply);
    grpc_metadata_array_destroy(&slot->metadata);
    grpc_call_unref(slot->call);
    slot->message = slot->reply = NULL;
}

/* A call that has come keeps its slot until it is answered; another is posted in its place. */
static void *serve(void *context)
{
    struct queue *queue = context;
    for (;;) {
        grpc_event event = grpc_completion_queue_next(queue->queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
        struct slot *slot = event.tag;
        if (event.type == GRPC_QUEUE_SHUTDOWN) return NULL;
        if (slot->arrived) {
            give_back(slot);
            free(slot);
        } else if (event.success) {
            struct slot *next = calloc(1, sizeof *next);
            JK_CHECK(next != NULL);
            next->queue = queue;
            post(next);
            answer(slot);
        } else {
            grpc_metadata_array_destroy(&slot->metadata);
            free(slot);
        }
    }
}

static int start(unsigned threads, unsigned posted)
{
    server = grpc_server_create(NULL, NULL);
    method =
        grpc_server_register_method(server, "/bench.Echo/Echo", NULL, GRPC_SRM_PAYLOAD_READ_INITIAL_BYTE_BUFFER, 0);
    for (unsigned i = 0; i < threads; i++) {
        queues[i].queue = grpc_completion_queue_create_for_next(NULL);
        grpc_server_register_completion_queue(server, queues[i].queue, NULL);
    }
    grpc_server_credentials *insecure = grpc_insecure_server_credentials_create();
    int port = grpc_server_add_http2_port(server, "127.0.0.1:0", insecure);
    grpc_server_credentials_release(insecure);
    JK_CHECK(method != NULL && port != 0);
    grpc_server_start(server);
    for (unsigned i = 0; i < threads; i++) {
        for (unsigned n = 0; n < posted; n++) {
            struct slot *slot = calloc(1, sizeof *slot);
            JK_CHECK(slot != NULL);
            slot->queue = &queues[i];
            post(slot);
        }
        JK_CHECK(pthread_create(&queues[i].thread, NULL, serve, &queues[i]) == 0);
    }
    return port;
}

static unsigned number(const char *text, unsigned most)
{
    unsigned long value = strtoul(text, NULL, 10);
    return value >= 1 && value <= most ? (unsigned)value : most;
}

int main(int argc, char **argv)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    char byte;
    unsigned threads = argc > 1 ? number(argv[1], THREADS_MOST) : cores < THREADS_MOST ? (unsigned)cores : THREADS_MOST;
    unsigned posted = argc > 2 ? number(argv[2], POSTED_MOST) : 32;
    grpc_init();
    printf("ready %d\n", start(threads, posted));
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
    return 0; /* without ceremony: nothing here outlives the process */
}
