/* The interface below "/v1/": from a path and its query to a call, and from what it answers to ProtoJSON or CSV. Two
 * parameters are no field's: `format` (json, csv) and `excel` (1: CSV with a byte order mark). */
#include <stdio.h>

#include "http/accept.h"
#include "service/call/entries.h"
#include "service/call/services.h"
#include "web/body.h"
#include "web/field.h"
#include "web/path.h"
#include "web/protojson.h"
#include "web/query.h"
#include "web/grid.h"
#include "web/web_inside.h"

#define LINK_MOST      2048 /* longer ones are left out: the body has the token */
#define PARAMETER_TEXT 128

/* ---- the answer ---- */

const char *jk_v1_next(const struct jk_request *request, const char *name, const char *value)
{
    struct jk_arena *arena = (struct jk_arena *)&request->arena;
    struct jk_span rest = request->query, pair, key;
    struct jk_text link;
    jk_text_init(&link, LINK_MOST);
    jk_text_addf(&link, "<%.*s?", JK_SPAN_ARG(request->path));
    while (rest.len > 0) {
        (void)jk_span_cut(&rest, '&', &pair);
        struct jk_span whole = pair;
        (void)jk_span_cut(&pair, '=', &key);
        bool same = jk_span_equal(key, jk_span_of(name)) ||
                    (strcmp(name, "page_token") == 0 && jk_span_equal(key, JK_SPAN("pageToken")));
        if (!same && whole.len > 0) jk_text_addf(&link, "%.*s&", JK_SPAN_ARG(whole));
    }
    jk_text_addf(&link, "%s=%s>; rel=\"next\"", name, value);
    char *copy = link.failed ? NULL : jk_arena_copy(arena, link.bytes, link.len);
    jk_text_done(&link);
    return copy;
}

static const char *next_page(const struct jk_request *request, const ProtobufCMessage *message)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(message->descriptor, "next_page_token");
    if (!field || !jk_protojson_has(message, field)) return NULL;
    return jk_v1_next(request, "page_token",
                      *(const char *const *)(const void *)((const char *)message + field->offset));
}

void jk_v1_answer(struct jk_v1_way *way, const ProtobufCMessage *message, const char *link)
{
    struct jk_text body;
    char tag[JK_TAG_TEXT];
    jk_text_init(&body, JK_ANSWER_MOST);
    if (way->csv) {
        jk_grid_write(message, way->bom, &body);
    } else {
        jk_protojson_write(message, &body);
        jk_text_add_char(&body, '\n');
    }
    bool kept = way->request->verb != JK_HTTP_POST;
    jk_keeping_tag(message, way->csv, jk_text_span(&body), tag);
    const struct jk_reply_head head = {.status = 200,
                                       .type = way->csv ? "text/csv; charset=utf-8" : "application/json",
                                       .cache = kept ? jk_keeping_cache(&way->keeping) : NULL,
                                       .etag = kept ? tag : NULL,
                                       .link = link};
    jk_request_answer(way->request, &head, &body);
}

static void unary_ended(void *context, const struct jk_error *error, const ProtobufCMessage *message)
{
    struct jk_v1_way *way = context;
    if (error)
        jk_request_fail(way->request, error);
    else
        jk_v1_answer(way, message, next_page(way->request, message));
}

/* ---- the request ---- */

static enum jk_status read_path(const struct jk_path_match *match, ProtobufCMessage *message, struct jk_call *call)
{
    struct jk_span value;
    for (size_t i = 0; i < match->rule->variable_count; i++) {
        struct jk_span field = match->rule->variables[i].field;
        const char *name = jk_arena_copy(&call->arena, field.at, field.len);
        if (jk_path_value(match, i, &call->arena, &value))
            jk_query_set(message, field, value, &call->arena, &call->error);
        else if (call->arena.exhausted || !name)
            return jk_out_of_memory(&call->error);
        else
            jk_error_field(&call->error, name, "is not well percent-encoded in the path: write \"%%\" as %%25");
    }
    return jk_error_result(&call->error);
}

static bool is_ours(struct jk_span name)
{
    return jk_span_equal(name, JK_SPAN("format")) || jk_span_equal(name, JK_SPAN("excel"));
}

/* JSON, unless CSV is asked for; in a header only where there is such a form. */
static void read_form(struct jk_v1_way *way)
{
    struct jk_call *call = way->call;
    struct jk_span format, excel;
    bool table = way->method->stream == JK_UNARY && jk_grid_is_one(way->method->response);
    way->csv = table && jk_accept_prefers(way->request->accept, JK_SPAN("text/csv"), JK_SPAN("application/json"));
    if (jk_query_find(way->request->query, "format", &call->arena, &format)) {
        way->csv = jk_span_equal(format, JK_SPAN("csv"));
        if (!way->csv && !jk_span_equal(format, JK_SPAN("json")))
            jk_error_field(&call->error, "format", "is json or csv");
        if (way->csv && !table) jk_error_field(&call->error, "format", "csv is there for lists and counts only");
    }
    if (jk_query_find(way->request->query, "excel", &call->arena, &excel)) {
        way->bom = jk_span_equal(excel, JK_SPAN("1"));
        if (!way->bom && !jk_span_equal(excel, JK_SPAN("0"))) jk_error_field(&call->error, "excel", "is 0 or 1");
    }
}

/* Where the body is the request, a query could only contradict it. */
static void refuse_parameters(struct jk_span query, struct jk_call *call)
{
    char name[PARAMETER_TEXT];
    struct jk_span pair, key;
    while (query.len > 0) {
        (void)jk_span_cut(&query, '&', &pair);
        (void)jk_span_cut(&pair, '=', &key);
        jk_text_shorten(key, name, sizeof name);
        if (key.len > 0 && !is_ours(key))
            jk_error_field(&call->error, name, "is no parameter here: give it in the body");
    }
}

static enum jk_status fill_request(struct jk_v1_way *way, const struct jk_path_match *match,
                                   ProtobufCMessage **out_message)
{
    struct jk_call *call = way->call;
    ProtobufCMessage *message = jk_field_message(call->method->request, &call->arena);
    if (!message) return jk_out_of_memory(&call->error);
    JK_TRY(read_path(match, message, call));
    if (match->rule->post) {
        refuse_parameters(way->request->query, call);
        jk_body_read(message, way->request->body, &call->arena, &call->error);
    } else {
        jk_query_read(message, way->request->query, is_ours, &call->arena, &call->error);
    }
    read_form(way);
    *out_message = message;
    return jk_error_result(&call->error);
}

/* ---- the call ---- */

static enum jk_status choose_taker(struct jk_v1_way *way, ProtobufCMessage *message, struct jk_web_taker *out_taker)
{
    const char *path = way->method->path;
    if (way->method->stream == JK_UNARY) {
        *out_taker = (struct jk_web_taker){.ended = unary_ended, .context = way};
        return JK_OK;
    }
    if (strcmp(path, "/jokbo.v1.Log/ReadEntries") == 0) return jk_v1_entries(way, message, out_taker);
    if (strcmp(path, "/jokbo.v1.Stages/GetReport") == 0) return jk_v1_report(way, message, out_taker);
    return jk_v1_events(way, message, out_taker);
}

static void refuse_request(struct jk_request *request, enum jk_status status, const char *reason, const char *message)
{
    struct jk_error error;
    jk_error_init(&error, &request->arena);
    (void)jk_fail(&error, status, reason, "%s", message);
    jk_request_fail(request, &error);
}

/* What is asked for is what the client has, and need not be made again. */
static bool is_unchanged(struct jk_v1_way *way)
{
    char tag[JK_TAG_TEXT];
    struct jk_text nothing;
    uint32_t size = jk_size_now(jk_store_of(way->call));
    if (!way->keeping.follows || !jk_keeping_same(way->request->if_none_match, size, way->csv, tag)) return false;
    const struct jk_reply_head head = {.status = 200, .cache = jk_keeping_cache(&way->keeping), .etag = tag};
    struct jk_request *request = way->request;
    jk_web_call_drop(way->call);
    jk_text_init(&nothing, 0);
    jk_request_answer(request, &head, &nothing);
    return true;
}

/* A stream to HEAD: what would come, without coming. */
static bool is_head_of_stream(struct jk_v1_way *way)
{
    static const struct jk_reply_head head = {.status = 200, .type = "text/event-stream"};
    struct jk_request *request = way->request;
    struct jk_text nothing;
    if (request->verb != JK_HTTP_HEAD || !jk_v1_is_watch(way->method)) return false;
    jk_web_call_drop(way->call);
    jk_text_init(&nothing, 0);
    jk_request_answer(request, &head, &nothing);
    return true;
}

/* Of the log's last entry; before all times where there is none. */
static int64_t newest_time_us(struct jk_call *call)
{
    struct jk_view view;
    jk_store_view(jk_store_of(call), &view);
    int64_t time_us = view.size > 0 ? jk_book_time(view.book, view.size - 1) : INT64_MIN;
    jk_store_view_end(jk_store_of(call));
    return time_us;
}

static void go(struct jk_v1_way *way, const struct jk_path_match *match)
{
    ProtobufCMessage *message = NULL;
    struct jk_call *call = way->call;
    struct jk_web_taker taker;
    enum jk_status status = fill_request(way, match, &message);
    if (status == JK_OK) status = choose_taker(way, message, &taker);
    if (status != JK_OK) {
        jk_request_fail(way->request, &call->error);
        jk_web_call_drop(call);
        return;
    }
    way->keeping = jk_keeping_of(way->method->path, message);
    if (way->keeping.timed) jk_keeping_settle(&way->keeping, newest_time_us(call));
    if (is_unchanged(way) || is_head_of_stream(way)) return;
    jk_web_call_start(call, message, &taker);
}

/* ---- verbs and bodies ---- */

static const char *verbs_of(const struct jk_http_rule *rule)
{
    return rule->post ? "POST, OPTIONS" : "GET, HEAD, OPTIONS";
}

const char *jk_v1_verbs(const struct jk_web *web, struct jk_span path)
{
    struct jk_path_match match;
    static const struct jk_http_rule read = {0};
    return verbs_of(jk_path_match(&web->rules, path, &match) ? match.rule : &read);
}

/* False: it was refused. */
static bool check_verb(struct jk_request *request, const struct jk_http_rule *rule)
{
    struct jk_error error;
    struct jk_span type = request->content_type, media;
    jk_error_init(&error, &request->arena);
    if ((request->verb == JK_HTTP_POST) != rule->post) {
        (void)jk_fail(&error, JK_UNIMPLEMENTED, "WRONG_VERB", "this path is called with %s", verbs_of(rule));
        jk_request_refuse(request, &error, 405, verbs_of(rule));
        return false;
    }
    (void)jk_span_cut(&type, ';', &media);
    if (!rule->post || jk_span_equal_fold(jk_span_trim(media), JK_SPAN("application/json"))) return true;
    (void)jk_fail(&error, JK_INVALID_ARGUMENT, "NOT_JSON",
                  "the body must be JSON, and be said to be: Content-Type: application/json");
    jk_request_refuse(request, &error, 415, NULL);
    return false;
}

void jk_v1(struct jk_request *request)
{
    struct jk_path_match match;
    struct jk_web *web = request->web;
    if (!jk_path_match(&web->rules, request->path, &match)) {
        refuse_request(request, JK_NOT_FOUND, "NO_SUCH_PATH",
                       "the interface has no such path; /openapi.json describes it");
        return;
    }
    if (!check_verb(request, match.rule)) return;
    struct jk_v1_way *way = jk_arena_zalloc(&request->arena, 1, sizeof *way);
    const struct jk_method *method = jk_web_method(&web->carrier, match.rule->method);
    struct jk_call *call = way && method ? jk_web_call_new(&web->carrier, method, &request->peer) : NULL;
    if (!call) {
        refuse_request(request, JK_RESOURCE_EXHAUSTED, "OUT_OF_MEMORY", "the server is out of memory; try again later");
        return;
    }
    *way = (struct jk_v1_way){.request = request, .method = method, .call = call};
    go(way, &match);
}
