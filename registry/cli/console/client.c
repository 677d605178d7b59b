/* The life of a call: start (metadata, message, half-close, and the receiving operations in one batch), wait for the
 * batch, read the status. Each batch has a tag of its own, and is waited for by name (a queue for plucking).
 *
 *   unary     [all ops] ── done
 *   upload    [send metadata, receive metadata] ── ([send message])* ── [close, receive message, receive status]
 *   download  [send metadata + message + close, receive metadata] ── ([receive message])* ── [receive status]
 */
#include "cli/console/client.h"

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/support/alloc.h>
#include <grpc/support/time.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/console/faults.h"
#include "cli/console/local.h"
#include "reply/message.h"

#define CA_MAX           (4u << 20)
#define MESSAGE_ARENA    (256u << 20)
#define OPS_MAX          6
#define STREAM_TIMEOUT_S 3600 /* for uploads and downloads: what they move may be large */

struct jk_client {
    grpc_channel *channel;
    grpc_completion_queue *queue;
    const struct jk_settings *settings;
    char *authorization; /* NULL for none; secret */
    bool anonymous;      /* it is not sent */
    char refusal[256];
};

/* One call under way. */
struct call {
    struct jk_client *client;
    grpc_call *call;
    grpc_metadata header;
    grpc_metadata_array initial, trailing;
    grpc_byte_buffer *received;
    grpc_status_code status;
    grpc_slice message;
    gpr_timespec deadline;
};

static enum jk_status credentials(const struct jk_settings *settings, struct jk_arena *arena,
                                  grpc_channel_credentials **out, struct jk_error *error)
{
    struct jk_span pem = {0};
    if (!settings->tls) {
        *out = grpc_insecure_credentials_create();
        return JK_OK;
    }
    if (settings->ca) JK_TRY(jk_local_read(settings->ca, CA_MAX, arena, &pem, error));
    *out = grpc_ssl_credentials_create(pem.at, NULL, NULL, NULL);
    return *out ? JK_OK : jk_fail(error, JK_INTERNAL, "TLS", "TLS cannot be set up");
}

enum jk_status jk_client_new(const struct jk_settings *settings, struct jk_arena *arena, struct jk_client **out_client,
                             struct jk_error *error)
{
    grpc_channel_credentials *creds;
    struct jk_client *client = calloc(1, sizeof *client);
    if (!client) return jk_out_of_memory(error);
    grpc_init();
    enum jk_status status = credentials(settings, arena, &creds, error);
    if (status != JK_OK) {
        free(client);
        grpc_shutdown();
        return status;
    }
    client->settings = settings;
    client->queue = grpc_completion_queue_create_for_pluck(NULL);

    grpc_arg args[] = {
        {GRPC_ARG_INTEGER, (char *)GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, {.integer = JK_CLIENT_MESSAGE_MAX}},
        {GRPC_ARG_INTEGER, (char *)GRPC_ARG_ENABLE_HTTP_PROXY, {.integer = !settings->loopback}},
        {GRPC_ARG_INTEGER, (char *)GRPC_ARG_ENABLE_RETRIES, {.integer = 0}},
        {GRPC_ARG_STRING, (char *)GRPC_ARG_PRIMARY_USER_AGENT_STRING, {.string = (char *)"jokbo-cli"}},
    };
    grpc_channel_args list = {sizeof args / sizeof args[0], args};
    client->channel = grpc_channel_create(settings->server, creds, &list);

    grpc_channel_credentials_release(creds);
    if (settings->token) {
        size_t room = strlen(settings->token) + sizeof "Bearer ";
        client->authorization = malloc(room);
        if (client->authorization) snprintf(client->authorization, room, "Bearer %s", settings->token);
    }
    *out_client = client;
    return JK_OK;
}

void jk_client_free(struct jk_client *client)
{
    if (!client) return;
    grpc_channel_destroy(client->channel);
    grpc_completion_queue_shutdown(client->queue);
    grpc_completion_queue_destroy(client->queue);
    free(client->authorization);
    free(client);
    grpc_shutdown();
}

static bool sends_token(const struct jk_client *client)
{
    return client->authorization && !client->anonymous;
}

static void call_begin(struct call *call, struct jk_client *client, const char *path, unsigned timeout_s)
{
    *call = (struct call){.client = client, .message = grpc_empty_slice()};
    call->deadline = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_seconds(timeout_s, GPR_TIMESPAN));
    grpc_metadata_array_init(&call->initial);
    grpc_metadata_array_init(&call->trailing);
    grpc_slice method = grpc_slice_from_copied_string(path);
    call->call = grpc_channel_create_call(client->channel, NULL, GRPC_PROPAGATE_DEFAULTS, client->queue, method, NULL,
                                          call->deadline, NULL);
    grpc_slice_unref(method);
    JK_CHECK(call->call);
    if (!sends_token(client)) return;
    call->header.key = grpc_slice_from_static_string("authorization");
    call->header.value = grpc_slice_from_static_string(client->authorization);
}

static void call_end(struct call *call)
{
    grpc_call_unref(call->call);
    grpc_metadata_array_destroy(&call->initial);
    grpc_metadata_array_destroy(&call->trailing);
    if (call->received) grpc_byte_buffer_destroy(call->received);
    grpc_slice_unref(call->message);
}

static bool end_batch(struct call *call)
{
    gpr_timespec never = gpr_inf_future(GPR_CLOCK_MONOTONIC);
    grpc_event event = grpc_completion_queue_pluck(call->client->queue, call, never, NULL);
    return event.type == GRPC_OP_COMPLETE && event.success;
}

/* Runs one batch to its end; false where an operation failed (the status then says why). */
static bool run_batch(struct call *call, const grpc_op *ops, size_t count)
{
    JK_CHECK(grpc_call_start_batch(call->call, ops, count, call, NULL) == GRPC_CALL_OK);
    return end_batch(call);
}

static grpc_op send_metadata(struct call *call)
{
    grpc_op op = {.op = GRPC_OP_SEND_INITIAL_METADATA};
    op.data.send_initial_metadata.count = sends_token(call->client) ? 1 : 0;
    op.data.send_initial_metadata.metadata = &call->header;
    return op;
}

static grpc_op receive_metadata(struct call *call)
{
    grpc_op op = {.op = GRPC_OP_RECV_INITIAL_METADATA};
    op.data.recv_initial_metadata.recv_initial_metadata = &call->initial;
    return op;
}

static grpc_op send_message(grpc_byte_buffer *buffer)
{
    grpc_op op = {.op = GRPC_OP_SEND_MESSAGE};
    op.data.send_message.send_message = buffer;
    return op;
}

static grpc_op receive_message(struct call *call)
{
    grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};
    op.data.recv_message.recv_message = &call->received;
    return op;
}

static grpc_op receive_status(struct call *call)
{
    grpc_op op = {.op = GRPC_OP_RECV_STATUS_ON_CLIENT};
    op.data.recv_status_on_client.trailing_metadata = &call->trailing;
    op.data.recv_status_on_client.status = &call->status;
    op.data.recv_status_on_client.status_details = &call->message;
    return op;
}

static const grpc_op close_op = {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT};

static grpc_byte_buffer *pack(const ProtobufCMessage *message)
{
    grpc_slice slice = grpc_slice_malloc(protobuf_c_message_get_packed_size(message));
    protobuf_c_message_pack(message, GRPC_SLICE_START_PTR(slice));
    grpc_byte_buffer *buffer = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_slice_unref(slice);
    return buffer;
}

/* NULL where the bytes are no such message, or the arena is full. */
static ProtobufCMessage *unpack(grpc_byte_buffer *buffer, const ProtobufCMessageDescriptor *type,
                                struct jk_arena *arena)
{
    grpc_byte_buffer_reader reader;
    if (!grpc_byte_buffer_reader_init(&reader, buffer)) return NULL;
    grpc_slice bytes = grpc_byte_buffer_reader_readall(&reader);
    ProtobufCAllocator allocator = jk_arena_allocator(arena);
    ProtobufCMessage *message =
        protobuf_c_message_unpack(type, &allocator, GRPC_SLICE_LENGTH(bytes), GRPC_SLICE_START_PTR(bytes));
    grpc_slice_unref(bytes);
    grpc_byte_buffer_reader_destroy(&reader);
    return message;
}

static struct jk_span slice_span(const grpc_slice *slice)
{
    return (struct jk_span){(const char *)GRPC_SLICE_START_PTR(*slice), GRPC_SLICE_LENGTH(*slice)};
}

/* The call's status as an error, with the details of its trailer. */
static enum jk_status call_result(struct call *call, struct jk_error *error)
{
    struct jk_span details = {0};
    if (call->status == GRPC_STATUS_OK) return JK_OK;
    for (size_t i = 0; i < call->trailing.count; i++)
        if (grpc_slice_str_cmp(call->trailing.metadata[i].key, "grpc-status-details-bin") == 0)
            details = slice_span(&call->trailing.metadata[i].value);
    return jk_faults_from_server((int)call->status, slice_span(&call->message), details, error);
}

static enum jk_status take_reply(struct call *call, const ProtobufCMethodDescriptor *method, struct jk_arena *arena,
                                 ProtobufCMessage **out_reply, struct jk_error *error)
{
    JK_TRY(call_result(call, error));
    ProtobufCMessage *reply = call->received ? unpack(call->received, method->output, arena) : NULL;
    if (!reply)
        return jk_fail(error, JK_INTERNAL, "REPLY_MALFORMED", "the server's reply to %s cannot be read", method->name);
    *out_reply = reply;
    return JK_OK;
}

static void path_of(const ProtobufCServiceDescriptor *service, const char *method, char *out, size_t room)
{
    snprintf(out, room, "/%s/%s", service->name, method);
}

/* Waits before the next try; false where there is none. */
static bool may_retry(const struct jk_client *client, const struct jk_error *error, int tried, int64_t started_ms)
{
    int64_t wait_ms = (int64_t)200 << (2 * tried);
    if (error->status != JK_UNAVAILABLE || tried + 1 >= JK_CLIENT_TRIES) return false;
    if (error->retry_ms > wait_ms) wait_ms = error->retry_ms;
    if (jk_monotonic_ms() + wait_ms - started_ms > (int64_t)client->settings->timeout_s * 1000) return false;
    jk_sleep_ms(wait_ms);
    return true;
}

static const ProtobufCMethodDescriptor *find_method(const ProtobufCServiceDescriptor *service, const char *name)
{
    const ProtobufCMethodDescriptor *method = protobuf_c_service_descriptor_get_method_by_name(service, name);
    JK_CHECK(method);
    return method;
}

/* All of a unary call, whose batch has the call as its tag. */
static void start_unary(struct call *call, grpc_byte_buffer *buffer)
{
    grpc_op ops[OPS_MAX] = {send_metadata(call),    send_message(buffer),  close_op,
                            receive_metadata(call), receive_message(call), receive_status(call)};
    JK_CHECK(grpc_call_start_batch(call->call, ops, OPS_MAX, call, NULL) == GRPC_CALL_OK);
}

static enum jk_status call_patiently(struct jk_client *client, const ProtobufCServiceDescriptor *service,
                                     const ProtobufCMethodDescriptor *method, const ProtobufCMessage *request,
                                     struct jk_arena *arena, ProtobufCMessage **out_reply, struct jk_error *error)
{
    int64_t started_ms = jk_monotonic_ms();
    struct jk_arena *keep = error->arena;
    for (int tried = 0;; tried++) {
        jk_error_init(error, keep);

        char path[160];
        struct call call;
        path_of(service, method->name, path, sizeof path);
        call_begin(&call, client, path, client->settings->timeout_s);
        grpc_byte_buffer *buffer = pack(request);
        start_unary(&call, buffer);
        (void)end_batch(&call);
        grpc_byte_buffer_destroy(buffer);
        enum jk_status status = take_reply(&call, method, arena, out_reply, error);
        call_end(&call);

        if (status == JK_OK || strcmp(method->name, "CreateToken") == 0 || !may_retry(client, error, tried, started_ms))
            return status;
    }
}

/* A server refuses a token that is no longer in force, also where none is needed: then it is asked without. */
static bool begin_anonymous(struct jk_client *client, enum jk_status status)
{
    client->anonymous = status == JK_UNAUTHENTICATED && sends_token(client);
    return client->anonymous;
}

/* What the method says to somebody without a token holds, unless it wants one: then the token's refusal does. */
static enum jk_status end_anonymous(struct jk_client *client, enum jk_status status, const struct jk_error *refusal,
                                    struct jk_error *error)
{
    client->anonymous = false;
    if (status == JK_UNAUTHENTICATED)
        *error = *refusal;
    else
        snprintf(client->refusal, sizeof client->refusal, "%.*s", (int)sizeof client->refusal - 1, refusal->message);
    return status;
}

const char *jk_client_refusal(const struct jk_client *client)
{
    return client && client->refusal[0] ? client->refusal : NULL;
}

enum jk_status jk_client_call(struct jk_client *client, const ProtobufCServiceDescriptor *service, const char *method,
                              const ProtobufCMessage *request, struct jk_arena *arena, ProtobufCMessage **out_reply,
                              struct jk_error *error)
{
    const ProtobufCMethodDescriptor *found = find_method(service, method);
    enum jk_status status = call_patiently(client, service, found, request, arena, out_reply, error);
    if (!begin_anonymous(client, status)) return status;
    struct jk_error refusal = *error;
    status = call_patiently(client, service, found, request, arena, out_reply, error);
    return end_anonymous(client, status, &refusal, error);
}

struct jk_client_sent {
    struct call call;
    grpc_byte_buffer *buffer;
    const ProtobufCServiceDescriptor *service;
    const ProtobufCMethodDescriptor *method;
};

struct jk_client_sent *jk_client_send(struct jk_client *client, const ProtobufCServiceDescriptor *service,
                                      const char *method, const ProtobufCMessage *request)
{
    struct jk_client_sent *sent = malloc(sizeof *sent);
    char path[160];
    if (!sent) return NULL;
    sent->service = service;
    sent->method = find_method(service, method);
    sent->buffer = pack(request);
    path_of(service, method, path, sizeof path);
    call_begin(&sent->call, client, path, client->settings->timeout_s);
    start_unary(&sent->call, sent->buffer);
    return sent;
}

enum jk_status jk_client_wait(struct jk_client_sent *sent, const ProtobufCMessage *request, struct jk_arena *arena,
                              ProtobufCMessage **out_reply, struct jk_error *error)
{
    struct jk_client *client = sent->call.client;
    const ProtobufCServiceDescriptor *service = sent->service;
    const char *method = sent->method->name;
    (void)end_batch(&sent->call);
    enum jk_status status = take_reply(&sent->call, sent->method, arena, out_reply, error);
    grpc_byte_buffer_destroy(sent->buffer);
    call_end(&sent->call);
    free(sent);
    if (status != JK_UNAVAILABLE && status != JK_UNAUTHENTICATED) return status;
    jk_error_init(error, error->arena);
    return jk_client_call(client, service, method, request, arena, out_reply, error);
}

enum jk_status jk_client_upload(struct jk_client *client, const ProtobufCServiceDescriptor *service, const char *method,
                                jk_client_next_fn *next, void *context, struct jk_arena *arena,
                                ProtobufCMessage **out_reply, struct jk_error *error)
{
    const ProtobufCMethodDescriptor *found = find_method(service, method);
    char path[160];
    struct call call;
    path_of(service, method, path, sizeof path);
    call_begin(&call, client, path, STREAM_TIMEOUT_S);
    grpc_op begin[] = {send_metadata(&call)};
    if (run_batch(&call, begin, 1)) {
        /* until the source ends or the server has enough; the status says which */
        const ProtobufCMessage *message;
        bool going = true;
        while (going && (message = next(context))) {
            grpc_byte_buffer *buffer = pack(message);
            grpc_op op = send_message(buffer);
            going = run_batch(&call, &op, 1);
            grpc_byte_buffer_destroy(buffer);
        }
    }
    grpc_op end[] = {close_op, receive_metadata(&call), receive_message(&call), receive_status(&call)};
    (void)run_batch(&call, end, sizeof end / sizeof end[0]);
    enum jk_status status = take_reply(&call, found, arena, out_reply, error);
    call_end(&call);
    return status;
}

/* One message; false at the end of the stream or when the taker has had enough. */
static bool receive_one(struct call *call, const ProtobufCMethodDescriptor *method, jk_client_take_fn *take,
                        void *context, struct jk_error *error)
{
    struct jk_arena arena;
    grpc_op op = receive_message(call);
    if (!run_batch(call, &op, 1) || !call->received) return false;
    jk_arena_init(&arena, MESSAGE_ARENA);
    ProtobufCMessage *message = unpack(call->received, method->output, &arena);
    grpc_byte_buffer_destroy(call->received);
    call->received = NULL;
    enum jk_status status =
        message ? take(context, message, error)
                : jk_fail(error, JK_INTERNAL, "REPLY_MALFORMED", "a message of the stream cannot be read");
    jk_arena_done(&arena);
    return status == JK_OK;
}

static enum jk_status download_once(struct jk_client *client, const ProtobufCServiceDescriptor *service,
                                    const ProtobufCMethodDescriptor *method, const ProtobufCMessage *request,
                                    jk_client_take_fn *take, void *context, struct jk_error *error)
{
    char path[160];
    struct call call;
    path_of(service, method->name, path, sizeof path);
    call_begin(&call, client, path, STREAM_TIMEOUT_S);
    grpc_byte_buffer *buffer = pack(request);
    grpc_op begin[] = {send_metadata(&call), send_message(buffer), close_op, receive_metadata(&call)};
    (void)run_batch(&call, begin, sizeof begin / sizeof begin[0]);
    grpc_byte_buffer_destroy(buffer);
    while (receive_one(&call, method, take, context, error))
        continue;
    if (jk_error_is_set(error)) (void)grpc_call_cancel(call.call, NULL);
    grpc_op end = receive_status(&call);
    (void)run_batch(&call, &end, 1);
    enum jk_status status = jk_error_is_set(error) ? error->status : call_result(&call, error);
    call_end(&call);
    return status;
}

enum jk_status jk_client_download(struct jk_client *client, const ProtobufCServiceDescriptor *service,
                                  const char *method, const ProtobufCMessage *request, jk_client_take_fn *take,
                                  void *context, struct jk_error *error)
{
    const ProtobufCMethodDescriptor *found = find_method(service, method);
    enum jk_status status = download_once(client, service, found, request, take, context, error);
    if (!begin_anonymous(client, status)) return status;
    struct jk_error refusal = *error;
    jk_error_init(error, refusal.arena);
    status = download_once(client, service, found, request, take, context, error);
    return end_anonymous(client, status, &refusal, error);
}
