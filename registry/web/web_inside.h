/* What the files of this folder share. Internal to the folder. */
#ifndef JK_WEB_WEB_INSIDE_H
#define JK_WEB_WEB_INSIDE_H

#include <pthread.h>

#include "base/shares.h"
#include "reply/http_rule.h"
#include "web/call.h"
#include "web/keeping.h"
#include "web/request.h"
#include "web/web.h"

struct jk_web {
    struct jk_web_carrier carrier;
    struct jk_http_rules rules;
    void (*page)(void *pages, struct jk_request *request);
    void *pages;
    pthread_mutex_t lock;
    struct jk_shares *shares; /* of requests that are not answered, under the lock */
};

/* A request below "/v1/" on its way, in the request's arena. */
struct jk_v1_way {
    struct jk_request *request;
    const struct jk_method *method;
    struct jk_call *call;
    struct jk_keeping keeping;
    bool csv, bom; /* a table, with a mark for spreadsheets */
};

/* Gives back the request's place. */
void jk_web_leave(struct jk_request *request);
/* Answers what lies below "/v1/". */
void jk_v1(struct jk_request *request);
/* What may be asked at a path, as in the header Allow. */
const char *jk_v1_verbs(const struct jk_web *web, struct jk_span path);
/* Answers with a message in the form that was asked for; `link`: as in struct jk_reply_head. */
void jk_v1_answer(struct jk_v1_way *way, const ProtobufCMessage *message, const char *link);
/* The link to a page: the same target with the parameter `name` set to `value`; NULL when it is too
 * long, or memory is out. */
const char *jk_v1_next(const struct jk_request *request, const char *name, const char *value);

/* ---- the forms of server streams: each gives the taker of such a call, or fails it ---- */
/* Server-Sent Events, for methods that watch. */
bool jk_v1_is_watch(const struct jk_method *method);
JK_MUST_USE enum jk_status jk_v1_events(struct jk_v1_way *way, ProtobufCMessage *message,
                                        struct jk_web_taker *out_taker);
/* ReadEntries, a page at a time. */
JK_MUST_USE enum jk_status jk_v1_entries(struct jk_v1_way *way, ProtobufCMessage *message,
                                         struct jk_web_taker *out_taker);
/* GetReport, as links to its files. */
JK_MUST_USE enum jk_status jk_v1_report(struct jk_v1_way *way, ProtobufCMessage *message,
                                        struct jk_web_taker *out_taker);

#endif
