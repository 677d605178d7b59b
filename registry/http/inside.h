/* What the files of this folder share: the server, its connections, and how a request is answered. Internal to the
 * folder. */
#ifndef JK_HTTP_INSIDE_H
#define JK_HTTP_INSIDE_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/doorman.h"
#include "base/shares.h"
#include "http/accept.h"
#include "http/ask.h"
#include "http/routes.h"
#include "http/server.h"

#define JK_HTTP_CONNECTION_MAGIC 0x4a4b4843u
#define JK_HTTP_STREAMS_MOST     32                        /* blobs being sent, … */
#define JK_HTTP_STREAMS_EACH     8                         /* … of them to one address */
#define JK_HTTP_UNSENT_MOST      ((size_t)128 << 20)       /* bytes of replies that are not taken, … */
#define JK_HTTP_UNSENT_EACH      (JK_HTTP_UNSENT_MOST / 4) /* … of them of one client */
#define JK_HTTP_BODIES_MOST      ((size_t)32 << 20)        /* bytes of bodies that are being read, … */
#define JK_HTTP_BODIES_EACH      (JK_HTTP_BODIES_MOST / 8) /* … of them of one client */

struct jk_http_zips;
struct jk_http_ready;
struct jk_http_stream;

/* A request's body. */
struct jk_http_body {
    char *bytes; /* owned, of `size`, counted by the doorman of bodies; NULL: none */
    size_t size, len;
    unsigned guest;
};

/* One TCP connection, from accept to close. Its request is the pool thread's that serves it; the list is the server's.
 */
struct jk_http_peer {
    unsigned magic;
    int fd;
    struct jk_http_peer *next, *previous; /* under http->lock */
    _Atomic int64_t due_ms;               /* then it has taken too long */
    struct jk_route route;
    bool admitted;                  /* the request's headers are there */
    bool settled;                   /* and nothing more is read for it */
    bool begun;                     /* and its service was asked before: it was suspended */
    struct jk_http_stream *stream;  /* of a blob; until its answer owns it */
    bool spaced;                    /* the target has a space, so that it is none */
    bool cut;                       /* the target is too long, and only its beginning kept */
    char *target;                   /* of what is for the hook, owned; NULL: no memory */
    struct jk_http_body body;       /* until the hook has it */
    struct jk_http_ask *ask;        /* until its answer is queued */
    struct jk_http_ask *stream_ask; /* under http->lock: of the stream that it sends, for the watchman */
    bool ready;                     /* what the readiness prober found out for us */
    char findings[256];
};

struct jk_http {
    struct jk_http_options options;
    struct jk_address address, metrics_address;
    struct MHD_Daemon *daemon, *metrics_daemon;
    struct MHD_Response *fixed[JK_HTTP_FIXED];
    struct jk_http_zips *zips;
    struct jk_http_ready *ready;
    int parent_fd;             /* of the folder that holds the public one, which may be replaced */
    char folder[256];          /* the public one's name there */
    int quiet_fd;              /* the listening socket that quiescing gave back, else -1 */
    atomic_bool quiet;         /* no new connections, and none is kept */
    atomic_bool ending;        /* nothing is suspended any more */
    atomic_uint active;        /* requests that are not answered in full */
    atomic_uint jobs;          /* that others work on: chunks of blobs, asks and streams */
    struct jk_doorman *unsent; /* bytes of replies and pieces that their clients have not taken */
    struct jk_doorman *bodies; /* bytes of bodies */
    pthread_mutex_t share_lock;
    struct jk_shares *shares; /* of blobs being sent, under share_lock */
    pthread_mutex_t lock;
    pthread_cond_t wake; /* of the watchman, at the end */
    struct jk_http_peer *peers;
    size_t peer_count;
    pthread_t watchman;
    bool watching; /* under lock */
};

/* ---- answering; each returns what the library's handler returns ---- */
/* Takes ownership of the response (NULL: out of memory, 500). Counts it, and adds the headers common to all answers. */
enum MHD_Result jk_http_answer(struct jk_http *http, struct MHD_Connection *connection, enum jk_route_kind route,
                               unsigned status, struct MHD_Response *response);
enum MHD_Result jk_http_answer_fixed(struct jk_http *http, struct MHD_Connection *connection, enum jk_route_kind route,
                                     enum jk_http_fixed fixed);
/* The same for a request that is refused before it is asked: what is for the hook gets the hook's form of it. */
enum MHD_Result jk_http_refuse(struct jk_http *http, struct MHD_Connection *connection, enum jk_route_kind route,
                               struct jk_span target, enum jk_http_fixed why);
/* A response without its bytes, of which there would be so many; MHD_SIZE_UNKNOWN: nobody knows, which ends the
 * connection. For HEAD and for 304 alone. NULL: out of memory. */
struct MHD_Response *jk_http_bare(uint64_t size);
/* A response of bytes that it copies. NULL: out of memory. */
struct MHD_Response *jk_http_text(struct jk_span bytes, const char *type, const char *cache);
/* A request's header, empty if it has none. */
struct jk_span jk_http_header(struct MHD_Connection *connection, const char *name);
void jk_http_add(struct MHD_Response *response, const char *name, const char *value);
void jk_http_add_fields(struct MHD_Response *response, const struct jk_http_head *head);

/* ---- one file each ---- */
enum MHD_Result jk_http_static(struct jk_http *http, struct MHD_Connection *connection, struct jk_http_peer *peer,
                               bool head);
enum MHD_Result jk_http_blob(struct jk_http *http, struct MHD_Connection *connection, struct jk_http_peer *peer,
                             bool head);
/* What is for the hook: gives it the ask, or sends its answer. */
enum MHD_Result jk_http_web(struct jk_http *http, struct MHD_Connection *connection, struct jk_http_peer *peer,
                            enum jk_http_verb verb);
void jk_http_web_over(struct jk_http_peer *peer); /* the request is over, answered or not */
/* A POST's headers are there: makes room for its body, or refuses it. */
enum MHD_Result jk_http_body_begin(struct jk_http *http, struct MHD_Connection *connection, struct jk_http_peer *peer);
/* The next bytes of it. */
void jk_http_body_take(struct jk_http_peer *peer, struct jk_span bytes);
void jk_http_body_drop(struct jk_http *http, struct jk_http_peer *peer);
/* Sends a beat, or ends a stream: whose client is gone, whose time is up, or all (`end`). Under http->lock. */
void jk_http_tend_stream(struct jk_http_ask *ask, int64_t now_ms, bool end);
/* Where the client is, as a trusted proxy says. */
void jk_http_client(struct jk_http *http, struct MHD_Connection *connection, struct jk_peer *out_peer);
/* Whether so many bytes are sent as gzip, if they can be: a few become no fewer. */
bool jk_http_wants_gzip(enum jk_accept_coding coding, uint64_t len);
/* The source as gzip, from malloc, with `before` bytes left free in front of it. False: no memory. */
bool jk_http_gzip(struct jk_span source, int level, size_t before, char **out_bytes, size_t *out_len);
/* The places for blobs to be sent, of which there are `shares`. NULL: out of memory. */
struct jk_shares *jk_http_shares_new(void);
/* One of them, whose *out_key is to be given back; false: all are taken, or all that its client may have. */
bool jk_http_share_take(struct jk_http *http, struct MHD_Connection *connection, unsigned *out_key);
void jk_http_share_leave(struct jk_http *http, unsigned key);
void jk_http_stream_free(struct jk_http_stream *stream); /* accepts NULL; no job of it may be under way */
enum MHD_Result jk_http_readiness(struct jk_http *http, struct MHD_Connection *connection, struct jk_http_peer *peer);
struct jk_http_ready *jk_http_ready_new(struct jk_http *http); /* NULL: no memory or no thread */
void jk_http_ready_end(struct jk_http_ready *ready);           /* answers who waits, and who asks later: stopping */
void jk_http_ready_free(struct jk_http_ready *ready);          /* accepts NULL */
/* The bytes of a file from `first` on; false if it has fewer. */
bool jk_http_read(int fd, char *bytes, size_t len, uint64_t first);
/* A file's bytes, compressed, from the cache if they are there. NULL: there are none, or no memory. */
struct jk_http_zips *jk_http_zips_new(void);
void jk_http_zips_free(struct jk_http_zips *zips);
struct MHD_Response *jk_http_zip(struct jk_http_zips *zips, const char *file, int fd, size_t size);
/* The metrics page, with everything that is measured when asked. NULL: out of memory. */
struct MHD_Response *jk_http_measure(struct jk_http *http);

#endif
