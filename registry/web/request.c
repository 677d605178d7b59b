/* See request.h. */
#include "web/request.h"

#include <stdio.h>
#include <stdlib.h>

#include "reply/failure.h"
#include "http/routes.h"
#include "web/protojson.h"
#include "web/web_inside.h"

#define STATUS_ROOM    (64u << 10)
#define STATUS_SCRATCH (256u << 10)

/* As google.rpc.Code says. */
static unsigned http_status_of(enum jk_status status)
{
    switch (status) {
    case JK_OK:
        return 200;
    case JK_CANCELLED:
        return 499;
    case JK_INVALID_ARGUMENT:
    case JK_FAILED_PRECONDITION:
    case JK_OUT_OF_RANGE:
        return 400;
    case JK_DEADLINE_EXCEEDED:
        return 504;
    case JK_NOT_FOUND:
        return 404;
    case JK_ALREADY_EXISTS:
    case JK_ABORTED:
        return 409;
    case JK_PERMISSION_DENIED:
        return 403;
    case JK_UNAUTHENTICATED:
        return 401;
    case JK_RESOURCE_EXHAUSTED:
        return 429;
    case JK_UNIMPLEMENTED:
        return 501;
    case JK_UNAVAILABLE:
        return 503;
    default:
        return 500;
    }
}

void jk_failure_write(const struct jk_error *error, struct jk_text *out)
{
    struct jk_arena arena;
    jk_arena_init(&arena, STATUS_SCRATCH);
    const Google__Rpc__Status *status = jk_failure_status(error, STATUS_ROOM, &arena);
    if (status)
        jk_protojson_write(&status->base, out);
    else
        out->failed = true;
    jk_arena_done(&arena);
}

/* ---- answers ---- */

static void field(struct jk_http_head *head, const char *name, const char *value)
{
    if (value) head->fields[head->field_count++] = (struct jk_http_field){name, value};
}

void jk_request_head(const struct jk_reply_head *answer, struct jk_http_head *out_head)
{
    *out_head = (struct jk_http_head){.status = answer->status, .compressible = true};
    field(out_head, "Content-Type", answer->type);
    field(out_head, "Cache-Control", answer->cache ? answer->cache : "no-store");
    field(out_head, "ETag", answer->etag);
    field(out_head, "Link", answer->link);
    field(out_head, "Content-Language", answer->language);
    field(out_head, "Vary", "Accept, Accept-Language, Accept-Encoding");
    field(out_head, "Access-Control-Allow-Origin", "*");
    field(out_head, "Access-Control-Expose-Headers", "ETag, Link, Retry-After");
    field(out_head, "Content-Security-Policy",
          answer->policy ? answer->policy : "default-src 'none'; frame-ancestors 'none'");
}

void jk_request_free(struct jk_request *request)
{
    jk_web_leave(request);
    jk_arena_done(&request->arena);
    free(request);
}

static void reply(struct jk_request *request, const struct jk_http_head *head, char *bytes, size_t len)
{
    jk_http_reply(request->ask, head, bytes, len);
    jk_request_free(request);
}

void jk_request_answer(struct jk_request *request, const struct jk_reply_head *answer, struct jk_text *body)
{
    struct jk_http_head head;
    char retry[16];
    jk_request_head(answer, &head);
    snprintf(retry, sizeof retry, "%d", answer->retry_s);
    if (answer->retry_s > 0) field(&head, "Retry-After", retry);
    if (body->failed) {
        struct jk_error error;
        jk_text_done(body);
        jk_error_init(&error, &request->arena);
        (void)jk_fail(&error, JK_INTERNAL, "REPLY_TOO_LARGE",
                      "the reply is larger than %zu bytes, or there is no memory for it; ask for a smaller page",
                      JK_ANSWER_MOST);
        jk_request_fail(request, &error);
        return;
    }
    struct jk_span tag = jk_span_of(answer->etag);
    if (jk_span_starts(tag, JK_SPAN("W/"))) tag = (struct jk_span){tag.at + 2, tag.len - 2};
    if (answer->status == 200 && tag.len > 0 && jk_route_etag_listed(request->if_none_match, tag)) {
        head.status = 304; /* whose length is that of what is not sent */
    }
    size_t len = body->len;
    reply(request, &head, len > 0 ? jk_text_take(body) : NULL, len);
}

/* A failure's body; always one. */
static void write_refusal(const struct jk_error *error, struct jk_text *body)
{
    jk_failure_write(error, body);
    jk_text_add_char(body, '\n');
    if (!body->failed) return;
    jk_text_clear(body);
    jk_text_add_str(body, "{\"code\":8,\"message\":\"out of memory\"}\n");
}

void jk_request_refusal(const struct jk_error *error, unsigned http_status, const char *allow, const char *retry,
                        struct jk_http_head *out_head, struct jk_text *body)
{
    const struct jk_reply_head answer = {.status = http_status, .type = "application/json"};
    write_refusal(error, body);
    jk_request_head(&answer, out_head);
    field(out_head, "Retry-After", retry);
    field(out_head, "Allow", allow);
}

void jk_request_refuse(struct jk_request *request, const struct jk_error *error, unsigned http_status,
                       const char *allow)
{
    struct jk_http_head head;
    struct jk_text body;
    char retry[16];
    int retry_s = (error->retry_ms + 999) / 1000;
    snprintf(retry, sizeof retry, "%d", retry_s);
    jk_text_init(&body, 0);
    jk_request_refusal(error, http_status, allow, retry_s > 0 ? retry : NULL, &head, &body);
    size_t len = body.len;
    reply(request, &head, jk_text_take(&body), len);
}

void jk_request_fail(struct jk_request *request, const struct jk_error *error)
{
    jk_request_refuse(request, error, http_status_of(error->status), NULL);
}

void jk_request_options(struct jk_request *request, const char *allow)
{
    struct jk_reply_head answer = {.status = 204, .cache = "public, max-age=86400"};
    struct jk_http_head head;
    jk_request_head(&answer, &head);
    field(&head, "Allow", allow);
    field(&head, "Access-Control-Allow-Methods", allow);
    field(&head, "Access-Control-Allow-Headers", "Accept, Accept-Language, Content-Type, If-None-Match, Last-Event-ID");
    field(&head, "Access-Control-Max-Age", "86400");
    reply(request, &head, NULL, 0);
}
