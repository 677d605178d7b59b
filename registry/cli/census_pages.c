/* The list of what is made from a model, page by page. See census_crawler.h. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mix.h"
#include "census/objects.h"
#include "cli/census_crawler.h"
#include "cli/console/print.h"

#define PAGES_MAX  100000 /* of one list */
#define PAGES_MORE 100    /* than the hub's own number of children needs, which may be old */
#define LIMIT_MOST 100    /* objects a page, once a page was too large */
#define EMPTY_MAX  10     /* pages without a model that lead to another one */
#define NAME_TOLD  96     /* bytes of one */

/* Gates and the like change without a commit, and the log does not tell them: what has one is asked for each time. */
static bool may_differ(const struct jk_crawler *crawler, const struct jk_reading_item *item)
{
    uint32_t before = jk_crawl_find(&crawler->known->seen, item->id);
    if (before == JK_CRAWL_NONE) return false;
    int64_t modified_us = crawler->known->modified_us[before];
    bool dated = modified_us != JK_TIME_NONE && item->modified_us != JK_TIME_NONE;
    return item->restricted || (dated && modified_us != item->modified_us);
}

static void note_nameless(struct jk_crawler *crawler, struct jk_span name)
{
    crawler->pages.nameless++;
    if (crawler->nameless_count == JK_CRAWLER_NAMES_TOLD) return;
    const char *copy = jk_arena_copy(&crawler->cli->arena, name.at, name.len < NAME_TOLD ? name.len : NAME_TOLD);
    const char *text = jk_print_safe(crawler->cli, copy ? copy : "");
    for (size_t i = 0; i < crawler->nameless_count; i++)
        if (strcmp(crawler->nameless[i], text) == 0) return;
    crawler->nameless[crawler->nameless_count++] = text;
}

/* What it is of, nobody can tell: it is passed over as what is no model's, unless a shorter list may tell. */
static void note_large(struct jk_crawler *crawler)
{
    crawler->pages.large = !crawler->pages.brief;
    if (crawler->pages.large) return;
    note_nameless(crawler, JK_SPAN("(larger than 32 MiB)"));
    crawler->pages.items++;
}

/* *out_good false: it cannot be read, so that nobody knows which model is missing. */
static enum jk_status meet_listed(struct jk_crawler *crawler, uint32_t parent, struct jk_span object, bool *out_good)
{
    struct jk_reading_item item;
    uint32_t at;
    jk_arena_reset(&crawler->page);
    *out_good = jk_reading_listed(&crawler->page, object, &item);
    crawler->pages.items++;
    if (*out_good && item.id.len == 0) note_nameless(crawler, item.name);
    if (item.id.len == 0) return JK_OK;
    struct jk_crawl_item met = {
        .way = JK_CRAWL_CHILD, .id = item.id, .identity = item.identity, .revision = item.revision, .tags = item.tags};
    if (may_differ(crawler, &item)) met.revision = JK_SPAN(""); /* what is not told is asked for */
    JK_TRY(jk_crawl_meet(crawler->crawl, &met, &crawler->out->note, &at, &crawler->cli->error));
    crawler->crawl->items[at].shown_by = parent;
    return JK_OK;
}

/* *out_good false: the page is cut, or no list. */
static enum jk_status take_page(struct jk_crawler *crawler, uint32_t parent, struct jk_span body, bool *out_good)
{
    struct jk_span rest = jk_span_trim(body), object;
    size_t line = 1, begun;
    *out_good = rest.len >= 2 && rest.at[0] == '[' && rest.at[rest.len - 1] == ']';
    while (*out_good) {
        enum jk_objects found = jk_objects_next(&rest, true, &line, &object, &begun);
        if (found == JK_OBJECTS_END) break;
        *out_good = found == JK_OBJECTS_ONE;
        if (*out_good && object.len > JK_HUB_RECORD_OBJECT_MAX)
            note_large(crawler);
        else if (*out_good)
            JK_TRY(meet_listed(crawler, parent, object, out_good));
    }
    return JK_OK;
}

static void put_hash(uint64_t *slots, unsigned room, uint64_t hash)
{
    unsigned at = (unsigned)hash & (room - 1);
    while (slots[at] != 0 && slots[at] != hash)
        at = (at + 1) & (room - 1);
    slots[at] = hash;
}

/* Twice as many slots as pages, at least. */
static bool grow_pages(struct jk_crawler_pages *pages)
{
    unsigned room = pages->room > 0 ? 2 * pages->room : 128;
    if (2 * pages->count < pages->room) return true;
    uint64_t *slots = calloc(room, sizeof *slots);
    if (!slots) return false;
    for (unsigned i = 0; i < pages->room; i++)
        if (pages->slots[i] != 0) put_hash(slots, room, pages->slots[i]);
    free(pages->slots);
    pages->slots = slots;
    pages->room = room;
    return true;
}

static bool has_hash(const struct jk_crawler_pages *pages, uint64_t hash)
{
    unsigned at = (unsigned)hash & (pages->room - 1);
    while (pages->slots[at] != 0 && pages->slots[at] != hash)
        at = (at + 1) & (pages->room - 1);
    return pages->slots[at] == hash;
}

/* More than the hub's own count of children can fill; where pages were made smaller, nothing is known but the end. */
static bool are_too_many(const struct jk_crawler *crawler, uint32_t parent)
{
    const struct jk_crawler_pages *pages = &crawler->pages;
    uint64_t counted, most = PAGES_MAX;
    if (pages->limit == 0 && jk_census_out_counted(crawler->out, jk_crawler_id(crawler, parent), &counted) &&
        counted > 0 && pages->first > 0)
        most = counted / pages->first + PAGES_MORE;
    return pages->count >= (most < PAGES_MAX ? most : PAGES_MAX) || pages->empty > EMPTY_MAX;
}

/* False: this list had a page of that address before, or goes on and on. */
static bool is_page_new(struct jk_crawler *crawler, uint32_t parent)
{
    struct jk_crawler_pages *pages = &crawler->pages;
    uint64_t hash = crawler->url.len;
    for (size_t i = 0; i < crawler->url.len; i++)
        hash = jk_mix64(hash ^ (unsigned char)crawler->url.bytes[i]);
    hash |= 1;
    if (are_too_many(crawler, parent) || !grow_pages(pages) || has_hash(pages, hash)) return false;
    put_hash(pages->slots, pages->room, hash);
    pages->count++;
    return true;
}

/* Puts the next page's address into the crawler's. NULL, or what is wrong with it; *out_more false: there is none. */
static const char *turn_page(struct jk_crawler *crawler, uint32_t parent, bool *out_more)
{
    const char *link = jk_fetch_header(crawler->hub.fetch, "link");
    struct jk_span next;
    struct jk_text url;
    *out_more = link && jk_headers_next(jk_span_of(link), &next);
    if (!*out_more) return NULL;
    jk_text_init(&url, 0);
    bool good = jk_headers_resolve(jk_text_span(&crawler->url), next, &url);
    if (good) {
        jk_text_clear(&crawler->url);
        jk_text_add(&crawler->url, jk_text_span(&url));
    }
    jk_text_done(&url);
    if (!good || crawler->url.failed) return "leads to another host";
    return is_page_new(crawler, parent) ? NULL : "goes round in circles, or has far more pages than models";
}

/* NULL: the page is taken; else what is wrong with the answer, or out of memory, by crawler->cli->error. */
static const char *take_list(struct jk_crawler *crawler, uint32_t parent, const struct jk_fetch_reply *reply,
                             bool *out_more)
{
    uint64_t before = crawler->pages.items;
    bool good;
    if (reply->status != 200) return jk_arena_printf(&crawler->cli->arena, "answers %d", reply->status);
    if (take_page(crawler, parent, reply->body, &good) != JK_OK || jk_census_out_note(crawler->out) != JK_OK) return "";
    if (!good) return "is cut, or none";
    crawler->pages.empty += crawler->pages.items == before;
    if (crawler->pages.first == 0) crawler->pages.first = crawler->pages.items;
    return turn_page(crawler, parent, out_more);
}

/* ---- pages that are too large ---- */

/* `expand` names what is wanted alone, so that nobody's list of 100,000 files comes along; the Hub documents it as what
 * goes with none of full, cardData and config. */
static void begin_list(struct jk_crawler *crawler, uint32_t at)
{
    struct jk_crawler_pages *pages = &crawler->pages;
    jk_crawler_url(crawler, "/api/models?filter=base_model:");
    jk_text_add(&crawler->url, jk_crawler_id(crawler, at));
    jk_text_add_str(&crawler->url, pages->brief ? "&expand[]=sha&expand[]=lastModified&expand[]=tags&expand[]=gated"
                                                  "&expand[]=private&expand[]=disabled"
                                                : "&full=true");
    if (pages->room > 0) memset(pages->slots, 0, pages->room * sizeof *pages->slots);
    pages->count = pages->empty = pages->limit = 0;
    pages->first = pages->items = pages->nameless = 0;
    (void)is_page_new(crawler, at);
}

/* The same address, for so many objects a page. */
static void limit_page(struct jk_crawler *crawler, unsigned limit)
{
    struct jk_text url;
    jk_text_init(&url, 0);
    jk_headers_limit_page(jk_text_span(&crawler->url), limit, &url);
    jk_text_clear(&crawler->url);
    jk_text_add(&crawler->url, jk_text_span(&url));
    crawler->url.failed = crawler->url.failed || url.failed;
    jk_text_done(&url);
    crawler->pages.limit = limit;
}

/* A page of one object, which is passed over. */
static const char *pass_object(struct jk_crawler *crawler, uint32_t parent, bool *out_more)
{
    note_large(crawler);
    const char *wrong = turn_page(crawler, parent, out_more);
    if (!wrong && *out_more) limit_page(crawler, LIMIT_MOST);
    return wrong;
}

/* First without what nobody reads, then ever fewer of them. */
static const char *shrink_page(struct jk_crawler *crawler, uint32_t parent, bool *out_more)
{
    struct jk_crawler_pages *pages = &crawler->pages;
    if (pages->limit == 1) return pass_object(crawler, parent, out_more);
    *out_more = true;
    if (pages->brief) {
        limit_page(crawler, pages->limit == 0 ? LIMIT_MOST : pages->limit / 10);
        return NULL;
    }
    pages->brief = true;
    begin_list(crawler, parent);
    return NULL;
}

/* NULL: the next page is to be asked for, if *out_more; else what is wrong with the answer. */
static const char *take_next(struct jk_crawler *crawler, uint32_t parent, const struct jk_fetch_reply *reply,
                             bool *out_more)
{
    struct jk_crawler_pages *pages = &crawler->pages;
    const char *wrong = take_list(crawler, parent, reply, out_more);
    if (!wrong && *out_more && pages->limit > 0 && pages->limit < LIMIT_MOST) limit_page(crawler, 10 * pages->limit);
    return wrong;
}

static enum jk_status read_pages(struct jk_crawler *crawler, uint32_t parent, bool *out_whole, struct jk_error *fault)
{
    struct jk_fetch_reply reply;
    *out_whole = false;
    crawler->pages.brief = false;
    begin_list(crawler, parent);
    for (bool more = true; more;) {
        if (crawler->url.failed) return jk_out_of_memory(&crawler->cli->error);
        enum jk_status status = jk_hub_get(&crawler->hub, crawler->url.bytes, &reply, fault);
        if (status != JK_OK && status != JK_RESOURCE_EXHAUSTED) return JK_OK;
        crawler->pages.large = status != JK_OK;
        const char *wrong = status == JK_OK ? take_next(crawler, parent, &reply, &more) : NULL;
        if (crawler->pages.large) wrong = shrink_page(crawler, parent, &more);
        if (crawler->cli->error.status != JK_OK) return crawler->cli->error.status;
        jk_error_init(fault, NULL);
        if (!wrong) continue;
        (void)jk_fail(fault, JK_UNAVAILABLE, "HUB_FAILED", "%.300s: the list %s", crawler->url.bytes, wrong);
        return JK_OK;
    }
    *out_whole = true;
    return JK_OK;
}

/* The hub's count may be old, or include what it shows to nobody, so this is a note and no fault. */
static void tell_shorter(struct jk_crawler *crawler, uint32_t at)
{
    uint64_t counted, listed = crawler->pages.items;
    if (!jk_census_out_counted(crawler->out, jk_crawler_id(crawler, at), &counted) || listed >= counted) return;
    const char *text = jk_arena_printf(
        &crawler->cli->arena, "%.*s: the hub counts %s made from it, and its list ended after %s.",
        JK_SPAN_ARG(jk_crawler_id(crawler, at)), jk_print_plural(crawler->cli, (int64_t)counted, "model", "models"),
        jk_print_number(crawler->cli, (int64_t)listed));
    if (text) jk_print_note(crawler->cli, text);
}

/* Once, though a list that is in doubt is read again. */
static void count_nameless(struct jk_crawler *crawler, uint32_t at)
{
    struct jk_crawl_item *item = &crawler->crawl->items[at];
    if (!item->tallied) crawler->out->refused += crawler->pages.nameless;
    item->tallied = true;
}

void jk_crawler_tell_nameless(struct jk_crawler *crawler)
{
    struct jk_text text;
    if (crawler->nameless_count == 0) return;
    jk_text_init(&text, 0);
    jk_text_addf(&text, "The lists have %s of no model's name:",
                 jk_print_plural(crawler->cli, (int64_t)crawler->out->refused, "object", "objects"));
    for (size_t i = 0; i < crawler->nameless_count; i++)
        jk_text_addf(&text, "%s \"%s\"", i > 0 ? "," : "", crawler->nameless[i]);
    jk_text_add_str(&text, crawler->out->refused > crawler->nameless_count ? ", …" : "");
    if (!text.failed) jk_print_note(crawler->cli, text.bytes);
    jk_text_done(&text);
}

enum jk_status jk_crawler_list(struct jk_crawler *crawler, uint32_t at)
{
    struct jk_error fault;
    bool whole;
    jk_error_init(&fault, NULL);
    JK_TRY(read_pages(crawler, at, &whole, &fault));
    count_nameless(crawler, at);
    if (!whole) {
        crawler->lists_failed++;
        jk_print_note(crawler->cli, fault.message);
        return jk_crawler_fail(crawler, &crawler->failures, &fault);
    }
    crawler->failures = 0;
    tell_shorter(crawler, at);
    if (!crawler->crawl->items[at].tally_noted && crawler->pages.nameless > 0)
        jk_census_out_nameless(crawler->out, crawler->crawl, at, crawler->pages.nameless);
    jk_crawl_list(crawler->crawl, at, &crawler->out->note);
    return jk_census_out_note(crawler->out);
}
