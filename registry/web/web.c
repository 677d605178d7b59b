/* See web.h. */
#include "web/web.h"

#include <stdlib.h>

#include "base/check.h"
#include "service/methods.h"
#include "web/body.h"
#include "web/path.h"
#include "web/web_inside.h"

#define RETRY_MS 1000

enum jk_status jk_web_start(const struct jk_web_options *options, struct jk_web **out_web, struct jk_error *error)
{
    static const struct jk_shares_limits limits = {
        .most = JK_WEB_MOST, .anonymous = JK_WEB_MOST, .each = JK_WEB_EACH, .nameless = JK_WEB_MOST};
    struct jk_web *web = calloc(1, sizeof *web);
    if (!web) return jk_out_of_memory(error);
    web->carrier =
        (struct jk_web_carrier){options->services, options->methods, options->method_count, options->observe};
    web->page = options->page;
    web->pages = options->pages;
    JK_CHECK(pthread_mutex_init(&web->lock, NULL) == 0);
    web->shares = jk_shares_new(&limits);
    enum jk_status status = web->shares ? jk_http_rules_own(&web->rules, error) : jk_out_of_memory(error);
    if (status == JK_OK)
        *out_web = web;
    else
        jk_web_free(web);
    return status;
}

void jk_web_free(struct jk_web *web)
{
    if (!web) return;
    jk_http_rules_done(&web->rules);
    jk_shares_free(web->shares);
    pthread_mutex_destroy(&web->lock);
    free(web);
}

/* ---- places ---- */

static enum jk_status enter(struct jk_request *request, struct jk_error *error)
{
    struct jk_web *web = request->web;
    struct jk_sharer client = {.peer = request->peer};
    jk_peer_group(&client.peer);
    pthread_mutex_lock(&web->lock);
    enum jk_shares_word word = jk_shares_enter(web->shares, &client, &request->share);
    pthread_mutex_unlock(&web->lock);
    request->placed = word == JK_SHARES_IN;
    if (request->placed) return JK_OK;
    error->retry_ms = RETRY_MS;
    if (word == JK_SHARES_FULL_EACH)
        return jk_fail(
            error, JK_RESOURCE_EXHAUSTED, "TOO_MANY_CALLS",
            "%d requests from this address are in progress, which is the limit; try again when one has ended",
            JK_WEB_EACH);
    return jk_fail(error, JK_RESOURCE_EXHAUSTED, "TOO_MANY_CALLS",
                   "%d requests are in progress on this server, which is the limit; try again later", JK_WEB_MOST);
}

void jk_web_leave(struct jk_request *request)
{
    struct jk_web *web = request->web;
    if (!request->placed) return;
    pthread_mutex_lock(&web->lock);
    jk_shares_leave(web->shares, request->share);
    pthread_mutex_unlock(&web->lock);
}

/* ---- requests ---- */

static struct jk_span copy_header(struct jk_request *request, const char *name)
{
    struct jk_span value = jk_http_ask_header(request->ask, name);
    if (value.len > JK_REQUEST_HEADER) value.len = JK_REQUEST_HEADER;
    const char *copy = value.len > 0 ? jk_arena_copy(&request->arena, value.at, value.len) : NULL;
    return copy ? (struct jk_span){copy, value.len} : (struct jk_span){"", 0};
}

static struct jk_request *new_request(struct jk_web *web, struct jk_http_ask *ask)
{
    const struct jk_http_asked *asked = jk_http_asked(ask);
    struct jk_request *request = calloc(1, sizeof *request);
    if (!request) return NULL;
    request->web = web;
    request->ask = ask;
    request->verb = asked->verb;
    request->peer = asked->peer;
    request->query = asked->target;
    (void)jk_span_cut(&request->query, '?', &request->path);
    jk_arena_init(&request->arena, JK_REQUEST_BUDGET);
    request->accept = copy_header(request, "Accept");
    request->accept_language = copy_header(request, "Accept-Language");
    request->if_none_match = copy_header(request, "If-None-Match");
    request->last_event_id = copy_header(request, "Last-Event-ID");
    request->host = copy_header(request, "Host");
    request->forwarded_proto = copy_header(request, "X-Forwarded-Proto");
    request->content_type = copy_header(request, "Content-Type");
    request->body = asked->body;
    return request;
}

static void fail_not_found(struct jk_request *request)
{
    struct jk_error error;
    jk_error_init(&error, &request->arena);
    (void)jk_fail(&error, JK_NOT_FOUND, "NO_SUCH_PATH", "there is nothing at this path");
    jk_request_fail(request, &error);
}

/* The document is the program's, so that it is compared by its own tag. */
static void answer_openapi(struct jk_request *request)
{
    struct jk_span document = jk_methods_openapi();
    struct jk_text body;
    char tag[JK_TAG_TEXT];
    jk_text_init(&body, 0);
    jk_text_add(&body, document);
    jk_keeping_tag(NULL, false, document, tag);
    const struct jk_reply_head head = {.status = 200, .type = "application/json", .cache = "no-cache", .etag = tag};
    jk_request_answer(request, &head, &body);
}

size_t jk_web_room(void *context, struct jk_span target)
{
    const struct jk_web *web = context;
    struct jk_path_match match;
    struct jk_span path;
    (void)jk_span_cut(&target, '?', &path);
    return jk_path_match(&web->rules, path, &match) && match.rule->post ? JK_BODY_MOST : 0;
}

static void say_refused(enum jk_http_fixed why, const char *allow, struct jk_error *error)
{
    switch (why) {
    case JK_HTTP_NOT_ALLOWED:
        (void)jk_fail(error, JK_UNIMPLEMENTED, "WRONG_VERB", "this path is called with %s", allow);
        return;
    case JK_HTTP_BODY:
        (void)jk_fail(error, JK_INVALID_ARGUMENT, "BODY_NOT_TAKEN", "requests to this path have no body");
        return;
    case JK_HTTP_NO_LENGTH:
        (void)jk_fail(error, JK_INVALID_ARGUMENT, "LENGTH_MISSING", "say how long the body is: Content-Length");
        return;
    case JK_HTTP_LARGE:
        (void)jk_fail(error, JK_RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE", "a body has at most %zu bytes", JK_BODY_MOST);
        return;
    case JK_HTTP_LONG:
        (void)jk_fail(error, JK_RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE",
                      "a target, path and parameters, has at most %d bytes", JK_HTTP_TARGET_MOST);
        return;
    case JK_HTTP_MALFORMED:
        (void)jk_fail(error, JK_INVALID_ARGUMENT, "MALFORMED_REQUEST",
                      "a request has exactly one header Host, and no space in its target");
        return;
    default:
        (void)jk_fail(error, JK_UNAVAILABLE, "BUSY", "the server is busy or stopping; try again in a second");
    }
}

bool jk_web_refusal(void *context, struct jk_span target, enum jk_http_fixed why, struct jk_http_head *head,
                    struct jk_text *body)
{
    struct jk_error error;
    struct jk_span path;
    (void)jk_span_cut(&target, '?', &path);
    const char *allow = jk_v1_verbs(context, path);
    jk_error_init(&error, NULL);
    say_refused(why, allow, &error);
    error.retry_ms = why == JK_HTTP_BUSY ? RETRY_MS : 0;
    jk_request_refusal(&error, head->status, why == JK_HTTP_NOT_ALLOWED ? allow : NULL,
                       why == JK_HTTP_BUSY ? "1" : NULL, head, body);
    return true;
}

void jk_web_ask(void *context, struct jk_http_ask *ask)
{
    struct jk_request *request = new_request(context, ask);
    struct jk_error error;
    if (!request) {
        static const struct jk_http_head no_memory = {.status = 503};
        jk_http_reply(ask, &no_memory, NULL, 0);
        return;
    }
    jk_error_init(&error, &request->arena);
    if (enter(request, &error) != JK_OK)
        jk_request_fail(request, &error);
    else if (request->verb == JK_HTTP_OPTIONS)
        jk_request_options(request, jk_v1_verbs(request->web, request->path));
    else if (jk_span_starts(request->path, JK_SPAN("/v1/")))
        jk_v1(request);
    else if (jk_span_equal(request->path, JK_SPAN("/openapi.json")))
        answer_openapi(request);
    else if (request->web->page)
        request->web->page(request->web->pages, request);
    else
        fail_not_found(request);
}
