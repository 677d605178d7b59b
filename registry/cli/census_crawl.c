/* See census_crawl.h. */
#include "cli/census_crawl.h"

#include <stdlib.h>

#include "base/clock.h"
#include "cli/census_crawler.h"
#include "cli/console/print.h"
#include "domain/ident.h"

#define FAILURES   4 /* one after the other, of the API or of heads, before the hub is left alone */
#define PAGE_ARENA (64u << 20)
#define DOUBT_MS   1000 /* before what a list shows and the hub does not know is asked for once more */

/* ---- what was asked for ---- */

void jk_crawler_url(struct jk_crawler *crawler, const char *path)
{
    jk_text_clear(&crawler->url);
    jk_text_addf(&crawler->url, "%s%s", crawler->hub.url, path);
}

/* The names that the grammar permits need no percent-encoding. */
enum jk_status jk_crawler_get(struct jk_crawler *crawler, struct jk_span id, const char *query,
                              struct jk_fetch_reply *out_reply, struct jk_error *error)
{
    jk_crawler_url(crawler, "/api/models/");
    jk_text_add(&crawler->url, id);
    jk_text_add_str(&crawler->url, query);
    if (crawler->url.failed) return jk_out_of_memory(error);
    return jk_hub_get(&crawler->hub, crawler->url.bytes, out_reply, error);
}

/* Where a redirect leads, if that is another model of the same hub; else empty. */
struct jk_span jk_crawler_redirect(struct jk_crawler *crawler, struct jk_span from, struct jk_text *out_id)
{
    struct jk_text url;
    const char *location = jk_fetch_header(crawler->hub.fetch, "location");
    jk_text_init(&url, 0);
    bool good = location && jk_headers_resolve(jk_text_span(&crawler->url), jk_span_of(location), &url);
    if (good) {
        struct jk_span base = jk_span_of(crawler->hub.url), path = jk_text_span(&url);
        size_t skipped = jk_headers_origin(base).len; /* a hub may lie below a path of its own */
        if (jk_span_starts(path, base))
            path = (struct jk_span){path.at + base.len, path.len - base.len};
        else
            path = (struct jk_span){path.at + skipped, path.len - skipped};
        good = jk_percent_decode(out_id, jk_headers_model(path));
    }
    jk_text_done(&url);
    struct jk_span id = jk_text_span(out_id);
    return good && !jk_ident_model_fault(id) && !jk_span_equal(id, from) ? id : JK_SPAN("");
}

/* One failure says nothing of a model; many say that it is the hub. */
enum jk_status jk_crawler_fail(struct jk_crawler *crawler, unsigned *failures, const struct jk_error *fault)
{
    if (crawler->hub.is_closed)
        return jk_fail(&crawler->cli->error, JK_UNAVAILABLE, "HUB_FAILED", "%.300s", fault->message);
    if (fault->status != JK_UNAVAILABLE || ++*failures < FAILURES) return JK_OK;
    return jk_fail(&crawler->cli->error, JK_UNAVAILABLE, "HUB_FAILED",
                   "the hub failed %u times one after the other: %.300s", FAILURES, fault->message);
}

enum jk_status jk_crawler_meet(struct jk_crawler *crawler, struct jk_span id, enum jk_crawl_way way, uint32_t *out_at)
{
    struct jk_crawl_item met = {.id = id, .way = way};
    return jk_crawl_meet(crawler->crawl, &met, &crawler->out->note, out_at, &crawler->cli->error);
}

/* ---- the base models, and the estimate ---- */

static uint64_t sum_of(const json_t *counts)
{
    const char *relation;
    json_t *count;
    uint64_t sum = json_is_integer(counts) ? (uint64_t)json_integer_value(counts) : 0;
    json_object_foreach((json_t *)counts, relation, count) sum += (uint64_t)json_integer_value(count);
    return sum;
}

static enum jk_status note_children(struct jk_crawler *crawler, struct jk_span id, struct jk_span body)
{
    json_t *root = json_loadb(body.len > 0 ? body.at : "", body.len, 0, NULL);
    uint64_t count = sum_of(json_object_get(root, "childrenModelCount"));
    json_decref(root);
    return jk_census_out_count(crawler->out, id, count);
}

/* How many children the hub counts for a base model, under the name that it has there. */
static enum jk_status ask_base(struct jk_crawler *crawler, const char *base)
{
    struct jk_fetch_reply reply;
    struct jk_text to;
    uint32_t at;
    jk_text_init(&to, 0);
    enum jk_status status = jk_crawler_meet(crawler, jk_span_of(base), JK_CRAWL_BASE, &at);
    if (status == JK_OK && crawler->control && jk_census_out_counted(crawler->out, jk_span_of(base), NULL))
        return JK_OK;
    if (status == JK_OK)
        status =
            jk_crawler_get(crawler, jk_span_of(base), "?expand[]=childrenModelCount", &reply, &crawler->cli->error);
    if (status == JK_OK && reply.status == 200) {
        if (!crawler->control) crawler->control = base;
        if (!jk_census_out_counted(crawler->out, jk_span_of(base), NULL))
            status = note_children(crawler, jk_span_of(base), reply.body);
    } else if (status == JK_OK && jk_hub_is_redirect(reply.status)) {
        struct jk_span id = jk_crawler_redirect(crawler, jk_span_of(base), &to);
        if (id.len > 0) status = jk_crawler_meet(crawler, id, JK_CRAWL_BASE, &at);
    }
    jk_text_done(&to);
    return status == JK_OK ? jk_census_out_note(crawler->out) : status;
}

static void add_duration(struct jk_text *out, uint64_t seconds)
{
    if (seconds >= 7200)
        jk_text_addf(out, "%llu hours", (unsigned long long)(seconds + 1800) / 3600);
    else if (seconds >= 120)
        jk_text_addf(out, "%llu minutes", (unsigned long long)(seconds + 30) / 60);
    else
        jk_text_addf(out, "%llu s", (unsigned long long)seconds);
}

/* Each model takes a request for its children, and one for its details where it changed. */
static void tell_estimate(struct jk_crawler *crawler, size_t bases)
{
    struct jk_text text;
    uint64_t children = 0, before = crawler->known->seen.count, done = crawler->out->lines;
    for (size_t i = 0; i < crawler->out->children_count; i++)
        children += crawler->out->children[i].count;
    uint64_t all = children > before ? children : before, left = all > done ? all - done : 0;
    uint64_t requests = 2 * left - (before < left ? before : left);
    jk_text_init(&text, 0);
    jk_text_addf(&text, "The hub counts %s made directly from %s.",
                 jk_print_plural(crawler->cli, (int64_t)children, "model", "models"),
                 jk_print_plural(crawler->cli, (int64_t)bases, "base model", "base models"));
    if (before > 0)
        jk_text_addf(&text, " Observed before: %s.", jk_print_plural(crawler->cli, (int64_t)before, "model", "models"));
    if (crawler->out->resumed)
        jk_text_addf(&text, " Done already: %s.", jk_print_plural(crawler->cli, (int64_t)done, "model", "models"));
    jk_text_addf(&text, " That takes about %s",
                 jk_print_plural(crawler->cli, (int64_t)requests, "request", "requests"));
    if (crawler->hub.quota > 0) {
        jk_text_addf(&text, ", and with the hub's limit of %llu in %llu s about ",
                     (unsigned long long)crawler->hub.quota, (unsigned long long)crawler->hub.window_s);
        add_duration(&text, requests * crawler->hub.window_s / crawler->hub.quota);
    }
    if (crawler->with_heads) jk_text_add_str(&text, ", and as many at most for the heads of weight files");
    jk_text_add_str(&text, ". It may be interrupted: --resume continues it.");
    if (!text.failed) jk_print_note(crawler->cli, text.bytes);
    jk_text_done(&text);
}

static enum jk_status ask_bases(struct jk_crawler *crawler, const struct jk_census_run_of *of)
{
    for (size_t i = 0; i < of->base_count; i++)
        JK_TRY(ask_base(crawler, of->bases[i]));
    if (!crawler->control)
        return jk_fail(
            &crawler->cli->error, JK_NOT_FOUND, "HUB_EMPTY",
            "%.200s has none of the base models: is it the address of a hub's API, and --hub-token-file right?",
            crawler->hub.url);
    tell_estimate(crawler, of->base_count);
    return JK_OK;
}

/* ---- all of it ---- */

static enum jk_status visit_item(struct jk_crawler *crawler, uint32_t at, bool *out_any)
{
    struct jk_crawl_item *item = &crawler->crawl->items[at];
    bool waits = item->doubted != JK_CRAWL_NONE && !crawler->crawl->items[item->doubted].list_asked;
    if (!item->done && !item->asked && waits) *out_any = true; /* for its list, in the next pass */
    if (!item->done && !item->asked && !waits) {
        item->asked = *out_any = true;
        JK_TRY(jk_crawler_read(crawler, at));
        item = &crawler->crawl->items[at]; /* the queue may have moved */
    }
    if (!jk_crawl_is_listable(item) || item->listed || item->list_asked) return JK_OK;
    item->list_asked = *out_any = true;
    return jk_crawler_list(crawler, at);
}

/* The queue, which grows meanwhile. A model known by a card alone may turn out to be a child after its turn, so that there
 * is another pass while there is anything to ask. */
static enum jk_status visit_all(struct jk_crawler *crawler)
{
    for (bool any = true; any;) {
        any = false;
        if (crawler->doubts) jk_sleep_ms(DOUBT_MS);
        crawler->doubts = false;
        for (uint32_t at = 0; at < crawler->crawl->count; at++)
            JK_TRY(visit_item(crawler, at, &any));
    }
    return jk_crawler_settle(crawler);
}

static enum jk_status meet_those_before(struct jk_crawler *crawler)
{
    const struct jk_crawl *seen = &crawler->known->seen;
    uint32_t at;
    for (uint32_t i = 0; i < seen->count; i++)
        if (seen->items[i].done || seen->items[i].listed)
            JK_TRY(jk_crawler_meet(crawler, seen->items[i].id, JK_CRAWL_BEFORE, &at));
    return jk_census_out_note(crawler->out);
}

static enum jk_status crawl_all(struct jk_crawler *crawler, const struct jk_census_run_of *of, bool *out_complete)
{
    JK_TRY(ask_bases(crawler, of));
    jk_progress_begin_items(&crawler->progress, crawler->cli->err, crawler->cli->err_terminal && !crawler->cli->json,
                            crawler->cli->utf8, "models", "models");
    enum jk_status status = visit_all(crawler);
    if (status == JK_OK) status = meet_those_before(crawler);
    if (status == JK_OK) status = visit_all(crawler);
    jk_progress_end(&crawler->progress);
    jk_crawler_tell_nameless(crawler);
    jk_crawler_tell_unreadable(crawler);
    return status == JK_OK ? jk_crawler_put_unknown(crawler, out_complete) : status;
}

enum jk_status jk_census_crawl(struct jk_cli *cli, const char *url, const struct jk_census_run_of *of,
                               const struct jk_census_known *known, struct jk_crawl *crawl, struct jk_census_out *out,
                               bool *out_complete)
{
    struct jk_crawler *crawler = jk_arena_zalloc(&cli->arena, 1, sizeof *crawler);
    if (!crawler) return jk_out_of_memory(&cli->error);
    *crawler = (struct jk_crawler){.cli = cli, .known = known, .crawl = crawl, .out = out};
    jk_reading_init(&crawler->reading);
    jk_arena_init(&crawler->page, PAGE_ARENA);
    jk_text_init(&crawler->url, 0);
    enum jk_status status = jk_hub_open(cli, url, &crawler->hub);
    crawler->with_heads = jk_cli_has(cli, JK_OPTION_HEADERS);
    if (status == JK_OK && crawler->with_heads) status = jk_heads_open(&crawler->hub, &crawler->heads);
    if (status == JK_OK) status = crawl_all(crawler, of, out_complete);
    jk_hub_close(&crawler->hub);
    jk_heads_close(&crawler->heads);
    jk_reading_done(&crawler->reading);
    jk_arena_done(&crawler->page);
    jk_text_done(&crawler->url);
    free(crawler->unknown);
    free(crawler->pages.slots);
    return status;
}
