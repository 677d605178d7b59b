/* A small blocking gRPC client over the C library, for tests: unary calls and streams of raw bytes.
 * Owns channels and calls. Threads: a client may be shared, a call belongs to one thread. Limits: texts are cut at the
 * sizes below; a reply's payload must be freed with rpc_reply_done. */
#ifndef JK_TESTS_SUPPORT_RPC_CLIENT_H
#define JK_TESTS_SUPPORT_RPC_CLIENT_H

#include <grpc/grpc.h>
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

#define RPC_HEADERS 4

struct rpc_client;
struct rpc_stream;

struct rpc_header {
    const char *key;
    const char *value;
};

struct rpc_options {
    int timeout_ms; /* 0: no deadline */
    struct rpc_header headers[RPC_HEADERS];
    grpc_compression_algorithm compression;
};

struct rpc_reply {
    int code; /* gRPC status */
    char message[2048];
    char request_id[64];
    unsigned char details[16384]; /* grpc-status-details-bin */
    size_t details_len;
    unsigned char *payload; /* NULL for none */
    size_t payload_len;
};

/* `ca_pem`: NULL for plain text, else the certificate to trust; the server is called "localhost". */
struct rpc_client *rpc_client_new(const char *target, const char *ca_pem);
void rpc_client_free(struct rpc_client *client);

void rpc_unary(struct rpc_client *client, const char *path, const void *bytes, size_t len,
               const struct rpc_options *options, struct rpc_reply *out_reply);
/* The same with a message. */
void rpc_call(struct rpc_client *client, const char *path, const ProtobufCMessage *request,
              const struct rpc_options *options, struct rpc_reply *out_reply);
void rpc_reply_done(struct rpc_reply *reply);

struct rpc_stream *rpc_stream_open(struct rpc_client *client, const char *path, const struct rpc_options *options);
bool rpc_stream_send(struct rpc_stream *stream, const ProtobufCMessage *message);
bool rpc_stream_send_bytes(struct rpc_stream *stream, const void *bytes, size_t len);
void rpc_stream_close(struct rpc_stream *stream); /* no more messages from us */
/* The next message, to be freed; NULL at the end. */
unsigned char *rpc_stream_receive(struct rpc_stream *stream, size_t *out_len);
void rpc_stream_cancel(struct rpc_stream *stream);
/* Waits for the status; frees the stream. */
void rpc_stream_end(struct rpc_stream *stream, struct rpc_reply *out_reply);

#endif
