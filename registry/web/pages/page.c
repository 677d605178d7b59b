#include "web/pages/page.h"

#include <inttypes.h>
#include <jokbo/v1/demo.pb-c.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "http/routes.h"
#include "reply/json.h"
#include "reply/message.h"
#include "web/pages/begin.h"
#include "web/pages/frame.h"
#include "web/pages/parameters.h"
#include "web/request.h"

#define VIEW_BYTES (8u << 20)
#define PAGE_BYTES (2u << 20)
#define ASKS_MAX   96
#define PATH_MAX_  512

struct jk_web_page_ask {
    const char *method;
    const ProtobufCMessage *request;
    jk_web_page_fold_fn *fold;
    bool may_fail;
    const struct jk_web_page_blame *blame;
    struct jk_web_page_ask *next;
};

static const struct jk_web_page_row rows[] = {
#define JK_PAGE(path, shown, begin, title, clock) {path, title, JK_SITE_##shown, begin, clock},
#include "web/pages/pages.def"
#undef JK_PAGE
};

/* ---- finding the page ---- */

static bool decode_segment(struct jk_web_page *page, struct jk_span segment, struct jk_span *out_text)
{
    struct jk_text text;
    jk_text_init(&text, PATH_MAX_);
    bool good = jk_percent_decode(&text, segment) && !text.failed && jk_utf8_valid(jk_text_span(&text));
    if (good) *out_text = (struct jk_span){jk_arena_copy(&page->arena, text.bytes, text.len), text.len};
    jk_text_done(&text);
    return good && out_text->at && out_text->len > 0;
}

static bool matches(struct jk_web_page *page, struct jk_span row, struct jk_span path)
{
    size_t variables = 0;
    if (row.len == 1 || path.len == 1) return jk_span_equal(row, path);
    while (row.len > 0 && path.len > 0) {
        struct jk_span wanted, segment;
        (void)jk_span_cut(&row, '/', &wanted);
        (void)jk_span_cut(&path, '/', &segment);
        if (!jk_span_equal(wanted, JK_SPAN("*"))) {
            if (!jk_span_equal(wanted, segment)) return false;
        } else if (!decode_segment(page, segment, &page->variables[variables++])) {
            return false;
        }
    }
    return row.len == 0 && path.len == 0;
}

static const struct jk_web_page_row *find_row(struct jk_web_page *page)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (page->path.len <= PATH_MAX_ && matches(page, jk_span_of(rows[i].path), page->path)) return &rows[i];
    return NULL;
}

char *jk_web_page_string(struct jk_web_page *page, struct jk_span text)
{
    return jk_to_string(&page->arena, text);
}

struct jk_span jk_web_page_word(const struct jk_web_page *page, const char *key)
{
    return jk_site_word(page->site, page->language, key);
}

/* ---- the end ---- */

static void hand_over(struct jk_web_page *page, const struct jk_web_page_answer *answer)
{
    page->done(page->done_context, answer);
    jk_arena_done(&page->arena);
    free(page);
}

static enum jk_site_template error_template(const struct jk_web_page *page)
{
    if (page->refused) return JK_SITE_parameter;
    return page->error.status == JK_NOT_FOUND ? JK_SITE_missing : JK_SITE_trouble;
}

static void render(struct jk_web_page *page)
{
    bool failed = jk_error_result(&page->error) != JK_OK;
    struct jk_web_page_answer answer = {.status = failed ? (int)jk_status_http(page->error.status) : 200,
                                        .type = page->type && !failed ? page->type : "text/html; charset=utf-8",
                                        .cache = failed ? NULL : "no-cache",
                                        .language = jk_language_tag(page->language),
                                        .etag = failed ? NULL : page->etag,
                                        .error = failed ? &page->error : NULL,
                                        .follows = !failed && page->row->clock != JK_PAGE_MINUTE};
    struct jk_text out;
    jk_text_init(&out, PAGE_BYTES);
    if (failed) page->shown = error_template(page);
    jk_web_page_frame(page, failed);
    bool whole = !page->arena.exhausted &&
                 jk_mustache_render(page->site->templates[page->language][page->shown], page->view, &out);
    answer.body = &out;
    if (!whole) {
        answer = (struct jk_web_page_answer){
            .status = 503, .type = "text/plain; charset=utf-8", .cache = "no-store", .body = &out};
        jk_text_clear(&out);
        jk_text_add_str(&out, "out of memory, or the page is too large\n");
    }
    hand_over(page, &answer);
    jk_text_done(&out);
}

/* ---- asking ---- */

static void next(struct jk_web_page *page);

static void answered(void *context, const ProtobufCMessage *reply, const struct jk_error *error)
{
    struct jk_web_page *page = context;
    struct jk_web_page_ask *ask = page->asks;
    page->asks = ask->next;
    if (!reply && jk_web_page_refuse_failed(page, ask->blame, error)) {
        /* the page says what was refused */
    } else if (reply || ask->may_fail)
        ask->fold(page, reply);
    else
        (void)jk_fail(&page->error, error->status, error->reason, "%s", error->message);
    next(page);
}

static void next(struct jk_web_page *page)
{
    if (page->unchanged) {
        struct jk_text nothing = {0};
        hand_over(page, &(struct jk_web_page_answer){
                            .status = 304, .cache = "no-cache", .etag = page->etag, .body = &nothing});
        return;
    }
    if (!page->asks || jk_error_is_set(&page->error) || page->arena.exhausted) {
        render(page);
        return;
    }
    page->caller.call(page->caller.context, page->asks->method, page->asks->request, answered, page);
}

static void add_ask(struct jk_web_page *page, struct jk_web_page_ask wanted)
{
    struct jk_web_page_ask *made = jk_arena_alloc(&page->arena, sizeof *made);
    if (!made || !wanted.request || page->asked++ == ASKS_MAX) {
        page->arena.exhausted = true;
        return;
    }
    *made = wanted;
    made->blame = page->blame;
    if (page->asks)
        page->last_ask->next = made;
    else
        page->asks = made;
    page->last_ask = made;
}

void jk_web_page_ask(struct jk_web_page *page, const char *method, const void *request, jk_web_page_fold_fn *fold)
{
    add_ask(page, (struct jk_web_page_ask){.method = method, .request = request, .fold = fold});
}

void jk_web_page_ask_maybe(struct jk_web_page *page, const char *method, const void *request, jk_web_page_fold_fn *fold)
{
    add_ask(page, (struct jk_web_page_ask){.method = method, .request = request, .fold = fold, .may_fail = true});
}

/* ---- the beginning ---- */

/* What a page shows follows from the log's size and, of some, from which minute or day it is. */
static void go_on(struct jk_web_page *page, int64_t moment)
{
    (void)snprintf(page->etag, sizeof page->etag, "W/\"%s-%s-%" PRIx64 "-%" PRIx64 "\"", page->site->build,
                   jk_language_tag(page->language), (uint64_t)page->log.size, (uint64_t)moment);
    page->unchanged = jk_route_etag_listed(page->if_none_match, jk_span_of(page->etag + strlen("W/")));
    if (!page->unchanged) page->row->begin(page);
}

static void fold_clock(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    page->now_us = jk_json_time_us(((const Jokbo__V1__Clock *)reply)->time);
    go_on(page, page->row->clock == JK_PAGE_DAY ? jk_time_day(page->now_us) : page->now_us / 60000000);
}

static void begin_page(struct jk_web_page *page)
{
    page->row = find_row(page);
    if (!page->row) {
        (void)jk_fail(&page->error, JK_NOT_FOUND, "NO_SUCH_PATH", "there is nothing at this path");
        return;
    }
    page->shown = page->row->shown;
    if (!jk_web_page_check_parameters(page)) return;
    if (page->row->clock != 0)
        jk_web_page_ask(page, "/jokbo.v1.Demo/GetClock",
                        JK_MESSAGE(&page->arena, Jokbo__V1__GetClockRequest, jokbo__v1__get_clock_request), fold_clock);
    else
        go_on(page, 0);
}

static struct jk_span page_copy(struct jk_web_page *page, struct jk_span text)
{
    return (struct jk_span){jk_web_page_string(page, text), text.len};
}

void jk_web_page_serve(const struct jk_site *site, const struct jk_web_page_request *request, jk_web_page_done_fn *done,
                       void *context)
{
    struct jk_web_page *page = calloc(1, sizeof *page);
    if (!page) {
        done(context,
             &(struct jk_web_page_answer){.status = 503, .type = "text/plain; charset=utf-8", .cache = "no-store"});
        return;
    }
    jk_arena_init(&page->arena, VIEW_BYTES);
    jk_error_init(&page->error, &page->arena);
    page->site = site;
    page->caller = request->caller;
    page->done = done;
    page->done_context = context;
    page->path = page_copy(page, request->path);
    page->query = page_copy(page, request->query);
    page->if_none_match = page_copy(page, request->if_none_match);
    page->language = jk_language_for(jk_web_page_parameter(page, "lang"), request->accept_language);
    page->view = jk_shown_root(&page->arena);
    page->log = request->log;
    page->now_us = request->log.time_us;
    jk_shown_text(page->view, "address", request->address);
    jk_shown_flag(page->view, "demo", page->log.demo);
    begin_page(page);
    next(page);
}
