#include "web/pages/pages.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "http/accept.h"
#include "service/call/services.h"
#include "web/pages/atom.h"
#include "web/pages/page.h"
#include "web/pages/recent.h"
#include "web/pace.h"

/* Scripts, styles and pictures come from here alone; nothing may frame a page. */
#define POLICY    "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
#define IMMUTABLE "public, max-age=31536000, immutable"
#define HOST_MAX  253 /* bytes of a host, with its port */
#define RETRY_MS  1000

struct jk_pages {
    struct jk_site *site;
    struct jk_web_carrier carrier;
    struct jk_pace *pace;
    struct jk_recent *recent;
    pthread_mutex_t lock;
    struct jk_web_page_log log; /* under the lock: as it was looked at last, … */
    int64_t looked_us;          /* … and when */
    struct jk_text tag;         /* made once there is a first entry, and then fixed */
};

static struct jk_store *store_of(const struct jk_pages *pages)
{
    return ((const struct jk_services *)pages->carrier.services)->store;
}

/* Writes go before pages: nobody's registration is to wait for who only reads. */
static bool is_writing(void *context)
{
    return jk_store_is_writing(store_of(context));
}

enum jk_status jk_pages_start(const struct jk_web_carrier *carrier, struct jk_pages **out_pages, struct jk_error *error)
{
    struct jk_pages *pages = calloc(1, sizeof *pages);
    if (!pages) return jk_out_of_memory(error);
    pages->carrier = *carrier;
    jk_text_init(&pages->tag, 0);
    pthread_mutex_init(&pages->lock, NULL);
    enum jk_status status = jk_site_open(&pages->site, error);
    if (status == JK_OK) status = (pages->recent = jk_recent_new()) ? JK_OK : jk_out_of_memory(error);
    if (status == JK_OK) status = jk_pace_start(0, is_writing, pages, &pages->pace, error);
    if (status == JK_OK)
        *out_pages = pages;
    else
        jk_pages_free(pages);
    return status;
}

void jk_pages_free(struct jk_pages *pages)
{
    if (!pages) return;
    jk_pace_stop(pages->pace);
    jk_recent_free(pages->recent);
    jk_site_close(pages->site);
    jk_text_done(&pages->tag);
    pthread_mutex_destroy(&pages->lock);
    free(pages);
}

/* ---- calls ---- */

/* A page being made for a request. */
struct making {
    struct jk_paced turn; /* first */
    struct jk_pages *pages;
    struct jk_request *request;
    int64_t asked_us, log_size;
    struct jk_span key; /* of the page among recent ones; empty: it is not kept */
};

/* One of its calls. Of a stream the first message is kept until the stream's end, when nothing of the call needs the page
 * any more. */
struct asking {
    struct jk_call *call;
    jk_web_page_reply_fn *then;
    void *then_context;
    const ProtobufCMessageDescriptor *type; /* of what is kept; NULL: nothing is */
    unsigned char *kept;
    size_t kept_len;
};

static void keep_first(void *context, const ProtobufCMessage *message)
{
    struct asking *asking = context;
    if (!asking->type) {
        asking->type = message->descriptor;
        asking->kept = malloc(protobuf_c_message_get_packed_size(message) + 1);
        if (asking->kept) asking->kept_len = protobuf_c_message_pack(message, asking->kept);
    }
    jk_web_call_next(asking->call, false);
}

static void end_stream(struct asking *asking, const struct jk_error *error)
{
    ProtobufCMessage *first = NULL;
    jk_web_call_closed(asking->call);
    if (!error && asking->kept) first = protobuf_c_message_unpack(asking->type, NULL, asking->kept_len, asking->kept);
    struct jk_error no_memory;
    jk_error_init(&no_memory, NULL);
    if (!error && !first) (void)jk_out_of_memory(&no_memory);
    asking->then(asking->then_context, first, error ? error : &no_memory);
    if (first) protobuf_c_message_free_unpacked(first, NULL);
    free(asking->kept);
}

static void ended(void *context, const struct jk_error *error, const ProtobufCMessage *message)
{
    struct asking *asking = context;
    struct jk_error empty;
    if (asking->type) {
        end_stream(asking, error);
    } else {
        jk_error_init(&empty, NULL);
        if (!error && !message) (void)jk_fail(&empty, JK_NOT_FOUND, "NO_SUCH_PATH", "there is nothing to show");
        asking->then(asking->then_context, message, error ? error : &empty);
    }
    free(asking);
}

static void ask_method(void *context, const char *path, const ProtobufCMessage *request, jk_web_page_reply_fn *then,
                       void *then_context)
{
    struct making *making = context;
    const struct jk_web_carrier *carrier = &making->pages->carrier;
    const struct jk_method *method = jk_web_method(carrier, path);
    struct asking *asking = calloc(1, sizeof *asking);
    struct jk_web_taker taker = {.ended = ended, .told = keep_first, .context = asking};
    struct jk_call *call = method && asking ? jk_web_call_new(carrier, method, &making->request->peer) : NULL;
    if (!call) {
        struct jk_error error;
        jk_error_init(&error, NULL);
        (void)jk_out_of_memory(&error);
        free(asking);
        then(then_context, NULL, &error);
        return;
    }
    asking->call = call;
    asking->then = then;
    asking->then_context = then_context;
    jk_web_call_start(call, request, &taker);
}

/* ---- answers ---- */

/* What failed is a page for those who read pages; programs, and whatever shows pictures, get it as below /v1. */
static void answer_page(struct jk_request *request, const struct jk_web_page_answer *page)
{
    bool reads_pages = jk_accept_prefers(request->accept, JK_SPAN("text/html"), JK_SPAN("application/json"));
    if (page->error && !reads_pages) {
        jk_request_fail(request, page->error);
        return;
    }
    struct jk_reply_head answer = {.status = (unsigned)page->status,
                                   .type = page->type,
                                   .cache = page->cache,
                                   .etag = page->etag,
                                   .language = page->language,
                                   .policy = POLICY};
    jk_request_answer(request, &answer, page->body);
}

/* ---- how the client came here ---- */

static bool is_host(struct jk_span host)
{
    for (size_t i = 0; i < host.len; i++)
        if (!jk_ascii_alnum(host.at[i]) && !strchr(".-:[]_", host.at[i])) return false;
    return host.len > 0 && host.len <= HOST_MAX;
}

/* How the client reached the site, for addresses that must be whole (of sitemaps). What it says wrongly only it gets. */
static struct jk_span address_of(struct jk_request *request)
{
    bool secure = jk_span_equal(request->forwarded_proto, JK_SPAN("https"));
    if (!is_host(request->host)) return JK_SPAN("");
    const char *address =
        jk_arena_printf(&request->arena, "%s://%.*s", secure ? "https" : "http", JK_SPAN_ARG(request->host));
    return address ? jk_span_of(address) : JK_SPAN("");
}

/* ---- pages made a moment ago ---- */

/* What tells pages of one log size apart: the language that the reader's browser asks for, all of the URL, and how it came
 * here, which sitemaps say. */
static struct jk_span recent_key(struct jk_request *request, struct jk_span address)
{
    const char *language = jk_language_tag(jk_language_for(JK_SPAN(""), request->accept_language));
    if (request->path.len + request->query.len > JK_RECENT_KEY) return JK_SPAN("");
    char *key = jk_arena_printf(&request->arena, "%s %.*s %.*s?%.*s", language, JK_SPAN_ARG(address),
                                JK_SPAN_ARG(request->path), JK_SPAN_ARG(request->query));
    return key ? jk_span_of(key) : JK_SPAN("");
}

static void keep_recent(const struct making *making, const struct jk_web_page_answer *page)
{
    struct jk_recent_head head = {page->type, page->language, ""};
    if (!page->etag || !page->language || strlen(page->etag) >= sizeof head.etag) return;
    strcpy(head.etag, page->etag);
    jk_recent_put(making->pages->recent, making->key, making->log_size, jk_monotonic_ms(), &head,
                  jk_text_span(page->body));
}

/* With the answer the making is gone. */
static void done(void *context, const struct jk_web_page_answer *page)
{
    struct making *making = context;
    struct jk_pace *pace = making->pages->pace;
    uint64_t ticket = making->turn.ticket;
    if (page->follows) keep_recent(making, page);
    answer_page(making->request, page);
    jk_pace_over(pace, ticket);
}

static void answer_bytes(struct jk_request *request, const char *type, struct jk_span bytes, const char *cache)
{
    struct jk_text body;
    jk_text_init(&body, 0);
    jk_text_add(&body, bytes);
    struct jk_reply_head answer = {.status = 200, .type = type, .cache = cache, .policy = POLICY};
    jk_request_answer(request, &answer, &body);
}

static void answer_robots(struct jk_request *request, struct jk_span address)
{
    struct jk_text body;
    jk_text_init(&body, 1024);
    jk_text_add_str(&body, "User-agent: *\nDisallow: /search\n");
    if (address.len > 0) jk_text_addf(&body, "Sitemap: %.*s/sitemap.xml\n", JK_SPAN_ARG(address));
    answer_bytes(request, "text/plain; charset=utf-8", jk_text_span(&body), "public, max-age=86400");
    jk_text_done(&body);
}

/* What browsers ask for by themselves, and what shows no page's head: the icon that pages name, which may change here. */
static bool is_icon(const struct jk_site *site, struct jk_span path, struct jk_site_asset *out_asset)
{
    char icon[sizeof site->assets_path + sizeof "/icon.svg"];
    (void)snprintf(icon, sizeof icon, "%s/icon.svg", site->assets_path);
    return jk_span_equal(path, JK_SPAN("/favicon.ico")) && jk_site_asset(site, jk_span_of(icon), out_asset);
}

/* The first key is no change: entry 0 has it. */
static void add_key_entries(const struct jk_view *view, struct jk_web_page_log *log)
{
    uint32_t count = jk_book_key_count(view->book);
    for (uint32_t i = count > JK_PAGE_KEYS ? count - JK_PAGE_KEYS : 1; i < count; i++) {
        struct jk_book_key key = jk_book_key_at(view->book, i);
        if (key.after < view->size) log->key_entries[log->key_count++] = key.after;
    }
}

/* Under the lock. */
static const char *tag_of(struct jk_pages *pages, const struct jk_view *view)
{
    if (pages->tag.len == 0 && view->size > 0)
        jk_atom_tag(jk_book_origin(view->book), jk_book_time(view->book, 0), &pages->tag);
    return pages->tag.len > 0 && !pages->tag.failed ? pages->tag.bytes : NULL;
}

/* Under the lock. */
static struct jk_web_page_log newest_log(struct jk_pages *pages)
{
    struct jk_view view;
    jk_store_view(store_of(pages), &view);
    struct jk_web_page_log log = {.size = view.size,
                                  .demo = jk_span_equal(jk_book_purpose(view.book), JK_SPAN("demo"))};
    if (view.size > 0) log.time_us = jk_book_time(view.book, view.size - 1);
    add_key_entries(&view, &log);
    log.tag = tag_of(pages, &view);
    jk_store_view_end(store_of(pages));
    return log;
}

/* The log as it was at some moment since the page was asked for: pages that waited together have the same, so that what was
 * made for one serves the others. */
static struct jk_web_page_log log_since(struct jk_pages *pages, int64_t asked_us)
{
    pthread_mutex_lock(&pages->lock);
    if (pages->looked_us <= asked_us) {
        int64_t now_us = jk_monotonic_us();
        pages->log = newest_log(pages);
        pages->looked_us = now_us;
    }
    struct jk_web_page_log log = pages->log;
    pthread_mutex_unlock(&pages->lock);
    return log;
}

/* ---- a page's turn ---- */

static bool answer_recent(struct making *making)
{
    struct jk_recent_head head;
    struct jk_text body;
    jk_text_init(&body, 0);
    bool found = jk_recent_find(making->pages->recent, making->key, making->log_size, jk_monotonic_ms(), &head, &body);
    if (found)
        done(making, &(struct jk_web_page_answer){.status = 200,
                                                  .type = head.type,
                                                  .cache = "no-cache",
                                                  .language = head.language,
                                                  .etag = head.etag,
                                                  .body = &body});
    jk_text_done(&body);
    return found;
}

static void make_page(struct jk_paced *turn)
{
    struct making *making = (struct making *)turn;
    struct jk_request *request = making->request;
    const struct jk_web_page_log log = log_since(making->pages, making->asked_us);
    making->log_size = log.size;
    struct jk_span address = address_of(request);
    making->key = recent_key(request, address);
    if (answer_recent(making)) return;
    struct jk_web_page_request wanted = {.log = log,
                                         .path = request->path,
                                         .query = request->query,
                                         .address = address,
                                         .accept_language = request->accept_language,
                                         .if_none_match = request->if_none_match,
                                         .caller = {ask_method, making}};
    jk_web_page_serve(making->pages->site, &wanted, done, making);
}

static void fail_full(struct jk_request *request, struct jk_error *error)
{
    error->retry_ms = RETRY_MS;
    (void)jk_fail(error, JK_RESOURCE_EXHAUSTED, "QUEUE_FULL", "too many pages are waiting; try again shortly");
    jk_request_fail(request, error);
}

static void queue_page(struct jk_pages *pages, struct jk_request *request)
{
    struct making *making = jk_arena_alloc(&request->arena, sizeof *making);
    struct jk_error error;
    jk_error_init(&error, &request->arena);
    if (!making) {
        (void)jk_out_of_memory(&error);
        jk_request_fail(request, &error);
        return;
    }
    *making =
        (struct making){{.client = request->peer, .run = make_page}, pages, request, .asked_us = jk_monotonic_us()};
    jk_peer_group(&making->turn.client);
    if (!jk_pace_wait(pages->pace, &making->turn)) fail_full(request, &error);
}

void jk_pages_answer(void *context, struct jk_request *request)
{
    struct jk_pages *pages = context;
    struct jk_site_asset asset;
    if (jk_site_asset(pages->site, request->path, &asset))
        answer_bytes(request, asset.type, asset.bytes, IMMUTABLE);
    else if (is_icon(pages->site, request->path, &asset))
        answer_bytes(request, asset.type, asset.bytes, "public, max-age=86400");
    else if (jk_span_equal(request->path, JK_SPAN("/robots.txt")))
        answer_robots(request, address_of(request));
    else
        queue_page(pages, request);
}
