/* The test client. See rpc_client.h. Each call has a pluck queue of its own, so that waiting is simple. */
#include "support/rpc_client.h"

#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc_security.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

struct rpc_client {
    grpc_channel *channel;
};

struct rpc_stream {
    grpc_call *call;
    grpc_completion_queue *queue;
    grpc_metadata headers[RPC_HEADERS];
    size_t header_count;
    grpc_metadata_array initial, trailing;
    grpc_status_code code;
    grpc_slice message;
};

/* Tags of the batches of a call. */
static char tag_start, tag_status, tag_send, tag_receive;

struct rpc_client *rpc_client_new(const char *target, const char *ca_pem)
{
    struct rpc_client *client = calloc(1, sizeof *client);
    JK_CHECK(client != NULL);
    grpc_init();
    grpc_arg args[] = {
        {.type = GRPC_ARG_INTEGER, .key = (char *)GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, .value.integer = 1},
        {.type = GRPC_ARG_INTEGER, .key = (char *)GRPC_ARG_ENABLE_RETRIES, .value.integer = 0},
        {.type = GRPC_ARG_STRING,
         .key = (char *)GRPC_SSL_TARGET_NAME_OVERRIDE_ARG,
         .value.string = (char *)"localhost"},
    };
    grpc_channel_args all = {ca_pem ? 3 : 2, args};
    grpc_channel_credentials *credentials =
        ca_pem ? grpc_ssl_credentials_create(ca_pem, NULL, NULL, NULL) : grpc_insecure_credentials_create();
    client->channel = grpc_channel_create(target, credentials, &all);
    grpc_channel_credentials_release(credentials);
    return client;
}

void rpc_client_free(struct rpc_client *client)
{
    if (!client) return;
    grpc_channel_destroy(client->channel);
    grpc_shutdown();
    free(client);
}

static gpr_timespec deadline_of(const struct rpc_options *options)
{
    if (!options || options->timeout_ms == 0) return gpr_inf_future(GPR_CLOCK_MONOTONIC);
    return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(options->timeout_ms, GPR_TIMESPAN));
}

static bool wait_for(struct rpc_stream *stream, void *tag)
{
    grpc_event event = grpc_completion_queue_pluck(stream->queue, tag, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
    JK_CHECK(event.type == GRPC_OP_COMPLETE);
    return event.success != 0;
}

static void start(struct rpc_stream *stream, const grpc_op *ops, size_t count, void *tag)
{
    grpc_call_error result = grpc_call_start_batch(stream->call, ops, count, tag, NULL);
    JK_CHECK(result == GRPC_CALL_OK);
}

static void add_header(struct rpc_stream *stream, const char *key, const char *value)
{
    stream->headers[stream->header_count++] =
        (grpc_metadata){.key = grpc_slice_from_copied_string(key), .value = grpc_slice_from_copied_string(value)};
}

struct rpc_stream *rpc_stream_open(struct rpc_client *client, const char *path, const struct rpc_options *options)
{
    struct rpc_stream *stream = calloc(1, sizeof *stream);
    JK_CHECK(stream != NULL);
    stream->queue = grpc_completion_queue_create_for_pluck(NULL);
    grpc_metadata_array_init(&stream->initial);
    grpc_metadata_array_init(&stream->trailing);
    stream->call = grpc_channel_create_call(client->channel, NULL, GRPC_PROPAGATE_DEFAULTS, stream->queue,
                                            grpc_slice_from_static_string(path), NULL, deadline_of(options), NULL);
    for (size_t i = 0; options && i < RPC_HEADERS && options->headers[i].key; i++)
        add_header(stream, options->headers[i].key, options->headers[i].value);
    if (options && options->compression != GRPC_COMPRESS_NONE)
        add_header(stream, "grpc-internal-encoding-request",
                   options->compression == GRPC_COMPRESS_GZIP ? "gzip" : "deflate");
    grpc_op ops[3] = {0};
    ops[0].op = GRPC_OP_SEND_INITIAL_METADATA;
    ops[0].data.send_initial_metadata.count = stream->header_count;
    ops[0].data.send_initial_metadata.metadata = stream->headers;
    ops[1].op = GRPC_OP_RECV_INITIAL_METADATA;
    ops[1].data.recv_initial_metadata.recv_initial_metadata = &stream->initial;
    start(stream, ops, 2, &tag_start);
    ops[2].op = GRPC_OP_RECV_STATUS_ON_CLIENT;
    ops[2].data.recv_status_on_client.trailing_metadata = &stream->trailing;
    ops[2].data.recv_status_on_client.status = &stream->code;
    ops[2].data.recv_status_on_client.status_details = &stream->message;
    start(stream, &ops[2], 1, &tag_status);
    return stream;
}

bool rpc_stream_send_bytes(struct rpc_stream *stream, const void *bytes, size_t len)
{
    grpc_slice slice = grpc_slice_from_copied_buffer(bytes, len);
    grpc_byte_buffer *buffer = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_slice_unref(slice);
    grpc_op op = {.op = GRPC_OP_SEND_MESSAGE};
    op.data.send_message.send_message = buffer;
    start(stream, &op, 1, &tag_send);
    bool sent = wait_for(stream, &tag_send);
    grpc_byte_buffer_destroy(buffer);
    return sent;
}

bool rpc_stream_send(struct rpc_stream *stream, const ProtobufCMessage *message)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    unsigned char *bytes = malloc(size + 1);
    JK_CHECK(bytes != NULL);
    protobuf_c_message_pack(message, bytes);
    bool sent = rpc_stream_send_bytes(stream, bytes, size);
    free(bytes);
    return sent;
}

void rpc_stream_close(struct rpc_stream *stream)
{
    grpc_op op = {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT};
    start(stream, &op, 1, &tag_send);
    (void)wait_for(stream, &tag_send);
}

static unsigned char *copy_out(grpc_byte_buffer *buffer, size_t *out_len)
{
    grpc_byte_buffer_reader reader;
    JK_CHECK(grpc_byte_buffer_reader_init(&reader, buffer));
    grpc_slice all = grpc_byte_buffer_reader_readall(&reader);
    unsigned char *bytes = malloc(GRPC_SLICE_LENGTH(all) + 1);
    JK_CHECK(bytes != NULL);
    *out_len = GRPC_SLICE_LENGTH(all);
    memcpy(bytes, GRPC_SLICE_START_PTR(all), *out_len);
    grpc_slice_unref(all);
    grpc_byte_buffer_reader_destroy(&reader);
    grpc_byte_buffer_destroy(buffer);
    return bytes;
}

unsigned char *rpc_stream_receive(struct rpc_stream *stream, size_t *out_len)
{
    grpc_byte_buffer *buffer = NULL;
    grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};
    op.data.recv_message.recv_message = &buffer;
    start(stream, &op, 1, &tag_receive);
    (void)wait_for(stream, &tag_receive);
    return buffer ? copy_out(buffer, out_len) : NULL;
}

void rpc_stream_cancel(struct rpc_stream *stream)
{
    grpc_call_cancel(stream->call, NULL);
}

static void copy_text(grpc_slice slice, char *out, size_t room)
{
    size_t len = GRPC_SLICE_LENGTH(slice) < room - 1 ? GRPC_SLICE_LENGTH(slice) : room - 1;
    memcpy(out, GRPC_SLICE_START_PTR(slice), len);
    out[len] = '\0';
}

static void read_trailers(const struct rpc_stream *stream, struct rpc_reply *reply)
{
    for (size_t i = 0; i < stream->trailing.count; i++) {
        const grpc_metadata *row = &stream->trailing.metadata[i];
        if (grpc_slice_str_cmp(row->key, "x-request-id") == 0)
            copy_text(row->value, reply->request_id, sizeof reply->request_id);
        if (grpc_slice_str_cmp(row->key, "grpc-status-details-bin") != 0) continue;
        reply->details_len = GRPC_SLICE_LENGTH(row->value);
        JK_CHECK(reply->details_len <= sizeof reply->details);
        memcpy(reply->details, GRPC_SLICE_START_PTR(row->value), reply->details_len);
    }
}

void rpc_stream_end(struct rpc_stream *stream, struct rpc_reply *out_reply)
{
    (void)wait_for(stream, &tag_status);
    (void)wait_for(stream, &tag_start);
    out_reply->code = (int)stream->code;
    copy_text(stream->message, out_reply->message, sizeof out_reply->message);
    read_trailers(stream, out_reply);
    grpc_slice_unref(stream->message);
    grpc_metadata_array_destroy(&stream->initial);
    grpc_metadata_array_destroy(&stream->trailing);
    for (size_t i = 0; i < stream->header_count; i++) {
        grpc_slice_unref(stream->headers[i].key);
        grpc_slice_unref(stream->headers[i].value);
    }
    grpc_call_unref(stream->call);
    grpc_completion_queue_shutdown(stream->queue);
    grpc_completion_queue_destroy(stream->queue);
    free(stream);
}

void rpc_unary(struct rpc_client *client, const char *path, const void *bytes, size_t len,
               const struct rpc_options *options, struct rpc_reply *out_reply)
{
    memset(out_reply, 0, sizeof *out_reply);
    struct rpc_stream *stream = rpc_stream_open(client, path, options);
    if (rpc_stream_send_bytes(stream, bytes, len)) rpc_stream_close(stream);
    out_reply->payload = rpc_stream_receive(stream, &out_reply->payload_len);
    rpc_stream_end(stream, out_reply);
}

void rpc_call(struct rpc_client *client, const char *path, const ProtobufCMessage *request,
              const struct rpc_options *options, struct rpc_reply *out_reply)
{
    size_t size = protobuf_c_message_get_packed_size(request);
    unsigned char *bytes = malloc(size + 1);
    JK_CHECK(bytes != NULL);
    protobuf_c_message_pack(request, bytes);
    rpc_unary(client, path, bytes, size, options, out_reply);
    free(bytes);
}

void rpc_reply_done(struct rpc_reply *reply)
{
    free(reply->payload);
    reply->payload = NULL;
}
