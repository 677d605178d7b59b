/* An HTTP client: bounded GET and POST over libcurl, which only this folder uses. One struct jk_fetch per thread; it
 * keeps its connections open. Refuses bodies above the limit, follows no redirects, refuses schemes other than http and https, and user
 * names in URLs. Proxies from the environment are not used for loopback. Failures: UNAVAILABLE (FETCH_FAILED: no
 * connection, timeout, TLS), RESOURCE_EXHAUSTED (FETCH_TOO_LARGE), INVALID_ARGUMENT (FETCH_URL). An HTTP error status
 * is not a failure: the caller checks it. */
#ifndef JK_FETCH_FETCH_H
#define JK_FETCH_FETCH_H

#include "base/error.h"
#include "base/text.h"

struct jk_fetch;

struct jk_fetch_options {
    int timeout_ms;      /* for one whole exchange; 0: 30,000 */
    size_t body_max;     /* limit of an answer in bytes; 0: 1 MiB */
    const char *ca_file; /* PEM; NULL: the system's */
    const char *bearer;  /* sent with every request as Authorization: Bearer …, never logged; NULL: none */
    bool compressed;     /* ask for compressed answers; body_max is what they unpack to */
};

struct jk_fetch_reply {
    int status; /* HTTP status */
    char content_type[96];
    struct jk_span body; /* valid until the next call with the same fetch */
};

/* Once per process, before any thread, as libcurl requires. */
void jk_fetch_setup(void);
struct jk_fetch *jk_fetch_new(const struct jk_fetch_options *options); /* NULL: out of memory */
void jk_fetch_free(struct jk_fetch *fetch);
JK_MUST_USE enum jk_status jk_fetch_get(struct jk_fetch *fetch, const char *url, struct jk_fetch_reply *out_reply,
                                        struct jk_error *error);
/* The first `most` bytes of what is there, by Range: status 206; of a server that sends all of it regardless, with 200, no
 * more is taken, and the connection is closed. An answer of another status is cut likewise. `most` at least 1. */
JK_MUST_USE enum jk_status jk_fetch_get_head(struct jk_fetch *fetch, const char *url, size_t most,
                                             struct jk_fetch_reply *out_reply, struct jk_error *error);
/* A header of the last answer, without regard to case: the first of that name, NUL-terminated, valid until the next call
 * with the same fetch. NULL: it has none. */
const char *jk_fetch_header(struct jk_fetch *fetch, const char *name);
JK_MUST_USE enum jk_status jk_fetch_post(struct jk_fetch *fetch, const char *url, const char *content_type,
                                         struct jk_span body, struct jk_fetch_reply *out_reply, struct jk_error *error);

#endif
