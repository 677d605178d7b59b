/* What people and programs reach through the HTTP port besides the log's files: the interface as JSON (v1.c), by the
 * routes that its methods are annotated with, and its description, /openapi.json. The hook of http/ask.h; below it everything is a *request* (request.h), and
 * what it needs of the services is a *call* (call.h).
 *
 * Threads: a request begins on a thread of the HTTP server's pool, and is answered by whichever thread has its call.
 * Limits: JK_WEB_MOST requests that are not answered, JK_WEB_EACH of one client address (IPv6: /64; of what comes
 * through a Unix socket without a proxy's word, all), then RESOURCE_EXHAUSTED (TOO_MANY_CALLS); JK_WEB_WATCHERS streams,
 * in the list that its services have for them (service/call/waiting.h). */
#ifndef JK_WEB_WEB_H
#define JK_WEB_WEB_H

#include "base/error.h"
#include "http/ask.h"
#include "service/call/dispatch.h"
#include "store/store.h"

#define JK_WEB_MOST     1024
#define JK_WEB_EACH     128
#define JK_WEB_WATCHERS 1000

struct jk_web;
struct jk_request;

struct jk_web_options {
    void *services; /* struct jk_services */
    const struct jk_method *methods;
    size_t method_count;
    /* After each call, on the thread that ended it; must not wait. `method`: its place in `methods`. May be NULL. */
    void (*observe)(void *services, size_t method, enum jk_status status, int64_t duration_us);
    /* Answers whatever is not below /v1/. NULL: nothing is there. */
    void (*page)(void *pages, struct jk_request *request);
    void *pages;
};

/* The table and the services must outlive it. */
JK_MUST_USE enum jk_status jk_web_start(const struct jk_web_options *options, struct jk_web **out_web,
                                        struct jk_error *error);
/* When the HTTP server has stopped. Accepts NULL. */
void jk_web_free(struct jk_web *web);
/* The hook, with a struct jk_web as its context. */
void jk_web_ask(void *web, struct jk_http_ask *ask);
/* Which bodies it takes: those of paths that POST calls. */
size_t jk_web_room(void *web, struct jk_span target);
/* How requests are refused that do not come so far: as all failures are. */
bool jk_web_refusal(void *web, struct jk_span target, enum jk_http_fixed why, struct jk_http_head *head,
                    struct jk_text *body);

#endif
