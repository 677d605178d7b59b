/* A request for /v1 or a page, from the hook to its answer: what it asks for, the headers that matter, and the ways to
 * answer. Whoever has it answers once, from any thread; then it is gone. Limits: its arena, JK_REQUEST_BUDGET; headers
 * are cut off at JK_REQUEST_HEADER bytes; an answer has at most JK_ANSWER_MOST bytes. */
#ifndef JK_WEB_REQUEST_H
#define JK_WEB_REQUEST_H

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "http/ask.h"

#define JK_REQUEST_BUDGET ((size_t)1 << 20)
#define JK_REQUEST_HEADER 1024
#define JK_ANSWER_MOST    ((size_t)32 << 20)

struct jk_web;

struct jk_request {
    struct jk_web *web;
    struct jk_http_ask *ask;
    enum jk_http_verb verb;
    struct jk_peer peer;        /* not grouped */
    struct jk_span path, query; /* as received: percent-encoded, the path from its "/" on */
    struct jk_span accept, accept_language, if_none_match, last_event_id, content_type;
    struct jk_span host, forwarded_proto; /* how the client reached us: Host, and X-Forwarded-Proto of a proxy */
    struct jk_span body;                  /* of POST; until the hook returns, on its thread */
    struct jk_arena arena;                /* until it is answered */
    bool placed;                          /* it has one of the places for requests (web.c), … */
    unsigned share;                       /* … of this key */
};

/* What an answer says of itself. Texts are static or in the request's arena. */
struct jk_reply_head {
    unsigned status;
    const char *type;     /* Content-Type */
    const char *cache;    /* Cache-Control; NULL: no-store */
    const char *etag;     /* with its quotes; NULL: none */
    const char *link;     /* Link; NULL: none */
    const char *policy;   /* Content-Security-Policy; NULL: default-src 'none' */
    const char *language; /* Content-Language; NULL: none */
    int retry_s;          /* Retry-After; 0: none */
};

/* Answers with the text's bytes, which are taken (a text that failed is 500), or 304 where the client has what the tag
 * names. Every answer may be read by scripts of any origin, and varies with what a request accepts. */
void jk_request_answer(struct jk_request *request, const struct jk_reply_head *answer, struct jk_text *body);
/* Answers as google.rpc.Status in ProtoJSON, with the HTTP status of its code (google.rpc.Code). */
void jk_request_fail(struct jk_request *request, const struct jk_error *error);
/* The same with another HTTP status. `allow`: what may be asked instead, as in the header Allow; NULL: nothing to say. */
void jk_request_refuse(struct jk_request *request, const struct jk_error *error, unsigned http_status,
                       const char *allow);
/* The same as head and text, for what is no request yet. `retry`: as in Retry-After, NULL for none; kept like `allow` until
 * the head is copied. */
void jk_request_refusal(const struct jk_error *error, unsigned http_status, const char *allow, const char *retry,
                        struct jk_http_head *out_head, struct jk_text *body);
/* To OPTIONS: what may be asked, as in the header Allow. */
void jk_request_options(struct jk_request *request, const char *allow);
/* The head of every answer, for a stream: fields are added to those that are there. */
void jk_request_head(const struct jk_reply_head *answer, struct jk_http_head *out_head);
/* The request without an answer: a stream has begun. */
void jk_request_free(struct jk_request *request);

/* An error as one line of ProtoJSON. */
void jk_failure_write(const struct jk_error *error, struct jk_text *out);

#endif
