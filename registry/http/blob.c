/* Stored manifests and licence texts, out of PostgreSQL. What is known of a blob lies in memory, so that what is
 * absent, withdrawn or unchanged is answered at once. Bytes come chunk by chunk through the store's readers:
 *
 *   handler --suspend, job--> reader thread --resume--> handler: answer with its first chunk
 *   body needs the next chunk: suspend, job --> resume --> body goes on
 *
 * One job a stream at a time; while it is under way the connection is suspended, so nobody else touches the stream.
 * Limits: so many streams as there are places (share.c), each a chunk of at most 1 MiB. Its reading has CHUNK_MS, and
 * from when it is asked for to the next one passes PIECE_MS at most: who takes longer loses the connection. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/inside.h"

#define CHUNK_MS     10000
#define PIECE_MS     30000
#define CHUNK_BUDGET ((1u << 20) + (64u << 10))

#define STREAM_MAGIC 0x4a4b4853u

enum state { LOADING, LOADED, FAILED };

struct jk_http_stream {
    struct jk_job job; /* first */
    unsigned magic;
    struct jk_http *http;
    struct MHD_Connection *connection;
    struct jk_http_peer *peer; /* the connection's */
    unsigned share;            /* its place's key */
    int64_t end_ms;            /* when all of it has to be sent */
    struct jk_digest digest;
    uint64_t size;
    struct jk_bundled where; /* index 0: in no bundle */
    _Atomic(enum state) state;
    uint32_t sequence;
    uint64_t begins; /* where in the blob the chunk lies */
    struct jk_span chunk;
    struct jk_arena arena;
};

void jk_http_stream_free(struct jk_http_stream *stream)
{
    if (!stream) return;
    JK_CHECK_MAGIC(stream, STREAM_MAGIC);
    jk_http_share_leave(stream->http, stream->share);
    jk_arena_done(&stream->arena);
    stream->magic = 0;
    free(stream);
}

static struct jk_http_stream *new_stream(struct jk_http *http, struct MHD_Connection *connection,
                                         struct jk_http_peer *peer, const struct jk_blob_facts *facts)
{
    unsigned share;
    if (!jk_http_share_take(http, connection, &share)) return NULL;
    struct jk_http_stream *stream = calloc(1, sizeof *stream);
    if (!stream) {
        jk_http_share_leave(http, share);
        return NULL;
    }
    stream->share = share;
    stream->peer = peer;
    stream->end_ms = atomic_load(&peer->due_ms);
    stream->magic = STREAM_MAGIC;
    stream->http = http;
    stream->connection = connection;
    stream->digest = facts->digest;
    stream->size = facts->size;
    if (facts->bundle)
        stream->where = (struct jk_bundled){facts->digest, facts->bundle, facts->bundle_at, (uint32_t)facts->size};
    jk_arena_init(&stream->arena, CHUNK_BUDGET);
    return stream;
}

/* ---- a chunk ---- */

/* What came with a request lies in a bundle, but for what is older than bundles. */
static enum jk_status read_chunk(struct jk_http_stream *stream, struct jk_reader *reader, struct jk_error *error)
{
    if (stream->where.index && stream->sequence == 0) {
        JK_TRY(jk_reader_bundle_read(reader, &stream->where, &stream->arena, &stream->chunk, error));
        if (stream->chunk.len > 0) return JK_OK;
    }
    return jk_reader_blob_read(reader, &stream->digest, stream->sequence, &stream->arena, &stream->chunk, error);
}

/* On a reader thread. After the resume the stream is the pool's again. */
static void load_chunk(struct jk_job *job, struct jk_reader *reader)
{
    struct jk_http_stream *stream = (struct jk_http_stream *)job;
    struct jk_http *http = stream->http;
    struct jk_error error;
    jk_error_init(&error, NULL);
    JK_CHECK_MAGIC(stream, STREAM_MAGIC);
    jk_arena_reset(&stream->arena);
    bool good = read_chunk(stream, reader, &error) == JK_OK;
    if (!good) jk_log(JK_LOG_WARN, "blob-unreadable", "detail", error.message, NULL);
    stream->state = good && stream->chunk.len > 0 ? LOADED : FAILED;
    MHD_resume_connection(stream->connection);
    atomic_fetch_sub(&http->jobs, 1);
}

/* On the connection's thread; suspends it until the job is done, which may be before this returns. */
static void begin_load(struct jk_http_stream *stream)
{
    struct jk_http *http = stream->http;
    struct MHD_Connection *connection = stream->connection;
    stream->job = (struct jk_job){.run = load_chunk, .deadline_ms = jk_monotonic_ms() + CHUNK_MS};
    int64_t due_ms = jk_monotonic_ms() + PIECE_MS;
    atomic_store(&stream->peer->due_ms, due_ms < stream->end_ms ? due_ms : stream->end_ms);
    stream->state = LOADING;
    atomic_fetch_add(&http->jobs, 1);
    MHD_suspend_connection(connection);
    if (!atomic_load(&http->ending) && jk_store_read(http->options.store, &stream->job)) return;
    stream->state = FAILED;
    MHD_resume_connection(connection);
    atomic_fetch_sub(&http->jobs, 1);
}

/* ---- the body ---- */

static ssize_t read_body(void *context, uint64_t at, char *out, size_t room)
{
    struct jk_http_stream *stream = context;
    JK_CHECK_MAGIC(stream, STREAM_MAGIC);
    if (stream->state == FAILED) return MHD_CONTENT_READER_END_WITH_ERROR;
    if (stream->state == LOADING) return 0; /* suspended: it comes again */
    uint64_t ends = stream->begins + stream->chunk.len;
    JK_CHECK(at >= stream->begins && at <= ends);
    if (at == ends) {
        stream->begins = ends;
        stream->sequence++;
        begin_load(stream);
        return 0;
    }
    size_t left = (size_t)(ends - at), len = left < room ? left : room;
    memcpy(out, stream->chunk.at + (at - stream->begins), len);
    return (ssize_t)len;
}

static void free_body(void *context)
{
    jk_http_stream_free(context);
}

/* ---- answers ---- */

static void make_etag(const struct jk_digest *digest, char out_etag[JK_DIGEST_HEX + 3])
{
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(digest, hex);
    snprintf(out_etag, JK_DIGEST_HEX + 3, "\"%s\"", hex);
}

/* The bytes never change, but they can be withdrawn: whoever keeps them asks again within the hour. */
static void describe_blob(struct MHD_Response *response, const struct jk_digest *digest)
{
    char etag[JK_DIGEST_HEX + 3];
    make_etag(digest, etag);
    jk_http_add(response, MHD_HTTP_HEADER_ETAG, etag);
    jk_http_add(response, MHD_HTTP_HEADER_CACHE_CONTROL, "public, max-age=3600");
    jk_http_add(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/octet-stream");
    jk_http_add(response, MHD_HTTP_HEADER_CONTENT_DISPOSITION, "attachment");
    jk_http_add(response, MHD_HTTP_HEADER_ACCEPT_RANGES, "none");
}

/* The same headers as with the bytes; without reading one. */
static enum MHD_Result without_bytes(struct jk_http *http, struct MHD_Connection *connection,
                                     const struct jk_blob_facts *facts, unsigned status)
{
    struct MHD_Response *response = jk_http_bare(facts->size);
    describe_blob(response, &facts->digest);
    return jk_http_answer(http, connection, JK_ROUTE_BLOB, status, response);
}

static enum MHD_Result with_bytes(struct jk_http *http, struct MHD_Connection *connection, struct jk_http_peer *peer)
{
    struct jk_http_stream *stream = peer->stream;
    peer->stream = NULL;
    if (stream->state != LOADED) {
        jk_http_stream_free(stream);
        return jk_http_answer_fixed(http, connection, JK_ROUTE_BLOB, JK_HTTP_BUSY);
    }
    struct MHD_Response *response =
        MHD_create_response_from_callback(stream->size, 64 << 10, read_body, stream, free_body);
    if (!response)
        jk_http_stream_free(stream);
    else
        describe_blob(response, &stream->digest);
    return jk_http_answer(http, connection, JK_ROUTE_BLOB, MHD_HTTP_OK, response);
}

enum MHD_Result jk_http_blob(struct jk_http *http, struct MHD_Connection *connection, struct jk_http_peer *peer,
                             bool head)
{
    struct jk_directory *directory = jk_store_directory(http->options.store);
    struct jk_blob_facts facts;
    char etag[JK_DIGEST_HEX + 3];
    bool known = jk_directory_blob(directory, &peer->route.digest, &facts);
    if (known && facts.state == JK_BLOB_WITHDRAWN) {
        /* a tombstone: which, when, and the digest under which the reason was recorded */
        char text[320], hex[JK_DIGEST_HEX + 1], reason[JK_DIGEST_HEX + 1], time[JK_TIME_TEXT];
        jk_digest_hex(&facts.digest, hex);
        jk_digest_hex(&facts.reason, reason);
        jk_time_format(facts.withdrawn_us, time);
        int len = snprintf(text, sizeof text, "withdrawn\nsha256 %s\ntime %s\nreason sha256:%s\n", hex, time, reason);
        return jk_http_answer(
            http, connection, JK_ROUTE_BLOB, MHD_HTTP_GONE,
            jk_http_text((struct jk_span){text, (size_t)len}, "text/plain; charset=utf-8", "no-cache"));
    }
    if (!known || facts.state != JK_BLOB_STORED)
        return jk_http_answer_fixed(http, connection, JK_ROUTE_BLOB, JK_HTTP_NOT_FOUND);
    if (peer->stream) return with_bytes(http, connection, peer);
    make_etag(&facts.digest, etag);
    struct jk_span condition = jk_http_header(connection, MHD_HTTP_HEADER_IF_NONE_MATCH);
    if (condition.len > 0 && jk_route_etag_listed(condition, jk_span_of(etag)))
        return without_bytes(http, connection, &facts, MHD_HTTP_NOT_MODIFIED);
    if (head || facts.size == 0) return without_bytes(http, connection, &facts, MHD_HTTP_OK);

    peer->stream = new_stream(http, connection, peer, &facts);
    if (!peer->stream) return jk_http_answer_fixed(http, connection, JK_ROUTE_BLOB, JK_HTTP_BUSY);
    begin_load(peer->stream);
    return MHD_YES;
}
