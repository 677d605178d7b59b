/* See census_crawl.h. */
#include "cli/census_crawl.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mix.h"
#include "census/objects.h"
#include "census/reading.h"
#include "cli/console/print.h"
#include "cli/console/progress.h"
#include "domain/ident.h"

#define FAILURES   4      /* models one after the other, before the hub is left alone */
#define PAGES_MAX  100000 /* of one list */
#define PAGES_MORE 100    /* than the hub's own number of children needs, which may be old */
#define EMPTY_MAX  10     /* pages without a model that lead to another one */
#define NAMES_TOLD 5
#define NAME_TOLD  96 /* bytes of one */
#define ABSENT_MAX 64 /* answers that await the hub's proof that it answers at all */
#define PAGE_ARENA (64u << 20)
#define DOUBT_MS   1000 /* before what a list shows and the hub does not know is asked for once more */

struct unknown {
    uint32_t at;
    const char *why;
    bool is_refused; /* the hub has it, and what it says of it breaks a limit: asking again changes nothing */
};

struct crawler {
    struct jk_cli *cli;
    struct jk_hub_client hub;
    const struct jk_census_known *known;
    struct jk_crawl *crawl;
    struct jk_census_out *out;
    struct jk_reading reading;
    struct jk_arena page;
    struct jk_text url;
    struct jk_progress progress;
    uint32_t absent[ABSENT_MAX];
    size_t absent_count;
    struct unknown *unknown;
    size_t unknown_count, unknown_room;
    unsigned failures; /* one after the other */
    uint64_t lists_failed;
    bool doubts;                      /* some models are to be asked for once more */
    const char *nameless[NAMES_TOLD]; /* objects of lists that are no model's, as they call themselves */
    size_t nameless_count;
    struct pages {
        uint64_t *seen; /* a hash of the address of each page so far; owned */
        unsigned count, room, empty;
        uint64_t first, items; /* objects on the first page, and on all */
    } pages;                   /* of the list that is being read */
    const char *control;       /* a base model that the hub has */
};

/* ---- what was asked for ---- */

static void begin_url(struct crawler *crawler, const char *path)
{
    jk_text_clear(&crawler->url);
    jk_text_addf(&crawler->url, "%s%s", crawler->hub.url, path);
}

/* The names that the grammar permits need no percent-encoding. */
static enum jk_status get_model(struct crawler *crawler, struct jk_span id, const char *query,
                                struct jk_fetch_reply *out_reply, struct jk_error *error)
{
    begin_url(crawler, "/api/models/");
    jk_text_add(&crawler->url, id);
    jk_text_add_str(&crawler->url, query);
    if (crawler->url.failed) return jk_out_of_memory(error);
    return jk_hub_get(&crawler->hub, crawler->url.bytes, out_reply, error);
}

static struct jk_span id_at(const struct crawler *crawler, uint32_t at)
{
    return crawler->crawl->items[at].id;
}

/* Where a redirect leads, if that is another model of the same hub; else empty. */
static struct jk_span redirected_to(struct crawler *crawler, struct jk_span from, struct jk_text *out_id)
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

/* ---- what could not be found out ---- */

static enum jk_status note_unknown(struct crawler *crawler, uint32_t at, bool is_refused, const char *why)
{
    if (crawler->unknown_count == crawler->unknown_room) {
        size_t room = crawler->unknown_room > 0 ? 2 * crawler->unknown_room : 64;
        struct unknown *more = realloc(crawler->unknown, room * sizeof *more);
        if (!more) return jk_out_of_memory(&crawler->cli->error);
        crawler->unknown = more;
        crawler->unknown_room = room;
    }
    why = jk_arena_printf(&crawler->cli->arena, "%s", why);
    if (!why) return jk_out_of_memory(&crawler->cli->error);
    crawler->unknown[crawler->unknown_count++] = (struct unknown){at, why, is_refused};
    return JK_OK;
}

/* One failure says nothing of a model; many say that it is the hub. */
static enum jk_status note_failure(struct crawler *crawler, const struct jk_error *fault)
{
    if (crawler->hub.is_closed)
        return jk_fail(&crawler->cli->error, JK_UNAVAILABLE, "HUB_FAILED", "%.300s", fault->message);
    if (fault->status != JK_UNAVAILABLE || ++crawler->failures < FAILURES) return JK_OK;
    return jk_fail(&crawler->cli->error, JK_UNAVAILABLE, "HUB_FAILED",
                   "the hub failed %u times one after the other: %.300s", FAILURES, fault->message);
}

static enum jk_status put_state(struct crawler *crawler, uint32_t at, struct jk_census_line *line)
{
    line->id = id_at(crawler, at);
    JK_TRY(jk_census_out_put(crawler->out, crawler->crawl, at, line));
    jk_progress_to(&crawler->progress, crawler->out->lines, crawler->crawl->count);
    return JK_OK;
}

/* Of what is not there any more: as a list said, or the registry's newest observation. */
static struct jk_span identity_of(const struct crawler *crawler, uint32_t at)
{
    const struct jk_crawl_item *item = &crawler->crawl->items[at];
    uint32_t before = item->identity.len > 0 ? JK_CRAWL_NONE : jk_crawl_find(&crawler->known->seen, item->id);
    return before == JK_CRAWL_NONE ? item->identity : crawler->known->seen.items[before].identity;
}

static enum jk_status meet_model(struct crawler *crawler, struct jk_span id, enum jk_crawl_way way, uint32_t *out_at)
{
    struct jk_crawl_item met = {.id = id, .way = way};
    return jk_crawl_meet(crawler->crawl, &met, &crawler->out->note, out_at, &crawler->cli->error);
}

/* ---- absent ---- */

/* A hub that refuses every caller, or another address, also answers 401 and 404: only where a model that is there is found
 * right after, the answers were about the models. */
static enum jk_status settle_absent(struct crawler *crawler)
{
    struct jk_fetch_reply reply;
    if (crawler->absent_count == 0) return JK_OK;
    JK_TRY(get_model(crawler, jk_span_of(crawler->control), "", &reply, &crawler->cli->error));
    if (reply.status != 200)
        return jk_fail(&crawler->cli->error, JK_UNAVAILABLE, "HUB_FAILED",
                       "the hub answers %d even for %.200s, which it has: check --hub-token-file", reply.status,
                       crawler->control);
    for (size_t i = 0; i < crawler->absent_count; i++) {
        struct jk_census_line line = {.state = JK_CENSUS_ABSENT, .identity = identity_of(crawler, crawler->absent[i])};
        JK_TRY(put_state(crawler, crawler->absent[i], &line));
    }
    crawler->absent_count = 0;
    return JK_OK;
}

/* A list has just shown it: either is behind the other, or the hub refuses somebody. The list is read again, and the model
 * asked for once more. */
static void doubt(struct crawler *crawler, uint32_t at)
{
    struct jk_crawl_item *item = &crawler->crawl->items[at];
    item->doubted = item->shown_by;
    item->shown_by = JK_CRAWL_NONE;
    item->asked = false;
    crawler->doubts = true;
    if (crawler->crawl->items[item->doubted].listed)
        jk_crawl_unlist(crawler->crawl, item->doubted, &crawler->out->note);
}

/* For this run; --resume reads the list again. */
static enum jk_status note_contradiction(struct crawler *crawler, uint32_t at)
{
    struct jk_crawl_item *parent = &crawler->crawl->items[crawler->crawl->items[at].shown_by];
    jk_crawl_unlist(crawler->crawl, crawler->crawl->items[at].shown_by, &crawler->out->note);
    parent->listed = parent->list_asked = true;
    JK_TRY(jk_census_out_note(crawler->out));
    return note_unknown(crawler, at, false, "the hub lists it, and did not have it when it was asked for twice");
}

static enum jk_status note_absent(struct crawler *crawler, uint32_t at)
{
    const struct jk_crawl_item *item = &crawler->crawl->items[at];
    if (item->shown_by != JK_CRAWL_NONE && item->doubted == JK_CRAWL_NONE) {
        doubt(crawler, at);
        return jk_census_out_note(crawler->out);
    }
    if (item->doubted != JK_CRAWL_NONE && item->shown_by != JK_CRAWL_NONE) return note_contradiction(crawler, at);
    if (item->doubted != JK_CRAWL_NONE && !crawler->crawl->items[item->doubted].listed)
        return note_unknown(crawler, at, false, "a list had it, and could not be read again");
    if (crawler->absent_count == ABSENT_MAX) JK_TRY(settle_absent(crawler));
    crawler->absent[crawler->absent_count++] = at;
    return JK_OK;
}

/* ---- moved, present ---- */

static enum jk_status note_moved(struct crawler *crawler, uint32_t at, struct jk_span to, uint32_t *out_to)
{
    struct jk_census_line line = {.state = JK_CENSUS_MOVED, .identity = identity_of(crawler, at), .to = to};
    JK_TRY(meet_model(crawler, to, crawler->crawl->items[at].way, out_to));
    if (jk_crawl_is_listable(&crawler->crawl->items[*out_to])) /* cards go on naming the old name */
        JK_TRY(meet_model(crawler, id_at(crawler, at), JK_CRAWL_CHILD, &at));
    return put_state(crawler, at, &line);
}

/* The hub's own id of a parent's text; empty for a model of another hub, and what names none. */
static struct jk_span hub_id(struct crawler *crawler, struct jk_span text)
{
    struct jk_parent_text parent;
    struct jk_span hub = crawler->known->hub;
    if (jk_parents_read(text, &crawler->reading.arena, &parent)) return JK_SPAN("");
    struct jk_span name = parent.name;
    if (parent.external && jk_span_starts(name, hub) && name.len > hub.len && name.at[hub.len] == '/')
        name = (struct jk_span){name.at + hub.len + 1, name.len - hub.len - 1};
    return jk_ident_model_fault(name) ? JK_SPAN("") : name;
}

static enum jk_status meet_parents(struct crawler *crawler, const struct jk_names *parents)
{
    uint32_t at;
    for (size_t i = 0; i < parents->count; i++) {
        struct jk_span id = hub_id(crawler, parents->items[i]);
        if (id.len > 0) JK_TRY(meet_model(crawler, id, JK_CRAWL_CARD, &at));
    }
    return JK_OK;
}

static enum jk_status note_present(struct crawler *crawler, uint32_t at)
{
    const struct jk_reading *reading = &crawler->reading;
    if (!jk_span_equal(reading->id, id_at(crawler, at))) JK_TRY(note_moved(crawler, at, reading->id, &at));
    if (crawler->crawl->items[at].done) return JK_OK;
    JK_TRY(meet_parents(crawler, &reading->declared->parents));
    JK_TRY(meet_parents(crawler, &reading->tagged));
    struct jk_census_line *line = jk_arena_zalloc(&crawler->reading.arena, 1, sizeof *line);
    if (!line) return jk_out_of_memory(&crawler->cli->error);
    jk_reading_line(reading, line);
    return put_state(crawler, at, line);
}

/* Whether the answer is the model's own, whole: not a page of somebody in between, an empty object or another's. */
static bool is_object_of(struct crawler *crawler, uint32_t at, struct jk_span body)
{
    struct jk_reading_item item;
    return jk_reading_listed(&crawler->page, body, &item) && jk_span_equal(item.id, id_at(crawler, at));
}

static enum jk_status take_answer(struct crawler *crawler, uint32_t at, const struct jk_fetch_reply *reply)
{
    struct jk_text to;
    struct jk_error fault;
    if (reply->status == 200) {
        jk_error_init(&fault, &crawler->page);
        jk_arena_reset(&crawler->page);
        if (jk_reading_take(&crawler->reading, reply->body, &fault) != JK_OK)
            return note_unknown(crawler, at, is_object_of(crawler, at, reply->body),
                                fault.violation_count > 0 ? fault.violations[0].rule : fault.message);
        if (crawler->crawl->items[at].revision.len > 0 && crawler->reading.revision.len == 0)
            return note_unknown(crawler, at, false, "the hub's list tells its commit, and its own answer does not");
        return note_present(crawler, at);
    }
    if (!jk_hub_is_redirect(reply->status)) return note_absent(crawler, at);
    jk_text_init(&to, 0);
    struct jk_span id = redirected_to(crawler, id_at(crawler, at), &to);
    enum jk_status status = id.len > 0
                                ? note_moved(crawler, at, id, &at)
                                : note_unknown(crawler, at, false, "it is redirected to what is no other model there");
    jk_text_done(&to);
    return status;
}

/* ---- one model ---- */

/* The registry has seen this revision of it, and nothing else since. */
static bool is_same(const struct crawler *crawler, const struct jk_crawl_item *item)
{
    uint32_t before = jk_crawl_find(&crawler->known->seen, item->id);
    if (before == JK_CRAWL_NONE || item->revision.len == 0) return false;
    const struct jk_crawl_item *seen = &crawler->known->seen.items[before];
    return seen->done && jk_span_equal(seen->revision, item->revision) && jk_span_equal(seen->identity, item->identity);
}

static enum jk_status read_repository(struct crawler *crawler, uint32_t at)
{
    struct jk_crawl_item item = crawler->crawl->items[at];
    struct jk_fetch_reply reply;
    struct jk_error fault;
    if (is_same(crawler, &item)) {
        struct jk_census_line same = {
            .state = JK_CENSUS_SAME, .identity = item.identity, .revision = item.revision, .tags = item.tags};
        return put_state(crawler, at, &same);
    }
    jk_error_init(&fault, NULL);
    if (get_model(crawler, item.id, "?blobs=true", &reply, &fault) != JK_OK) {
        JK_TRY(note_unknown(crawler, at, false, fault.message));
        return note_failure(crawler, &fault);
    }
    crawler->failures = 0;
    return take_answer(crawler, at, &reply);
}

/* ---- its children ---- */

/* Gates and the like change without a commit, and the log does not tell them: what has one is asked for each time. */
static bool may_differ(const struct crawler *crawler, const struct jk_reading_item *item)
{
    uint32_t before = jk_crawl_find(&crawler->known->seen, item->id);
    if (before == JK_CRAWL_NONE) return false;
    int64_t modified_us = crawler->known->modified_us[before];
    bool dated = modified_us != JK_TIME_NONE && item->modified_us != JK_TIME_NONE;
    return item->restricted || (dated && modified_us != item->modified_us);
}

static void note_nameless(struct crawler *crawler, struct jk_span name)
{
    crawler->out->refused++;
    if (crawler->nameless_count == NAMES_TOLD) return;
    const char *copy = jk_arena_copy(&crawler->cli->arena, name.at, name.len < NAME_TOLD ? name.len : NAME_TOLD);
    const char *text = jk_print_safe(crawler->cli, copy ? copy : "");
    for (size_t i = 0; i < crawler->nameless_count; i++)
        if (strcmp(crawler->nameless[i], text) == 0) return;
    crawler->nameless[crawler->nameless_count++] = text;
}

/* *out_good false: it cannot be read, so that nobody knows which model is missing. */
static enum jk_status meet_listed(struct crawler *crawler, uint32_t parent, struct jk_span object, bool *out_good)
{
    struct jk_reading_item item;
    uint32_t at;
    jk_arena_reset(&crawler->page);
    *out_good = jk_reading_listed(&crawler->page, object, &item);
    crawler->pages.items++;
    if (*out_good && item.id.len == 0) note_nameless(crawler, item.name);
    if (item.id.len == 0) return JK_OK;
    struct jk_crawl_item met = {
        .way = JK_CRAWL_CHILD, .id = item.id, .identity = item.identity, .revision = item.revision};
    if (may_differ(crawler, &item)) met.revision = JK_SPAN(""); /* what is not told is asked for */
    if (is_same(crawler, &met)) met.tags = item.tags;           /* all others are asked for, and have a record */
    JK_TRY(jk_crawl_meet(crawler->crawl, &met, &crawler->out->note, &at, &crawler->cli->error));
    crawler->crawl->items[at].shown_by = parent;
    return JK_OK;
}

/* *out_good false: the page is cut, or no list. */
static enum jk_status take_page(struct crawler *crawler, uint32_t parent, struct jk_span body, bool *out_good)
{
    struct jk_span rest = jk_span_trim(body), object;
    size_t line = 1, begun;
    *out_good = rest.len >= 2 && rest.at[0] == '[' && rest.at[rest.len - 1] == ']';
    while (*out_good) {
        enum jk_objects found = jk_objects_next(&rest, true, &line, &object, &begun);
        if (found == JK_OBJECTS_END) break;
        *out_good = found == JK_OBJECTS_ONE;
        if (*out_good) JK_TRY(meet_listed(crawler, parent, object, out_good));
    }
    return JK_OK;
}

/* False: this list had a page of that address before, or has more than the hub's own count of children can fill. */
static bool is_page_new(struct crawler *crawler, uint32_t parent)
{
    struct pages *pages = &crawler->pages;
    uint64_t hash = crawler->url.len, counted, most = PAGES_MAX;
    for (size_t i = 0; i < crawler->url.len; i++)
        hash = jk_mix64(hash ^ (unsigned char)crawler->url.bytes[i]);
    for (unsigned i = 0; i < pages->count; i++)
        if (pages->seen[i] == hash) return false;
    if (jk_census_out_counted(crawler->out, id_at(crawler, parent), &counted) && counted > 0 && pages->first > 0)
        most = counted / pages->first + PAGES_MORE;
    if (pages->count >= (most < PAGES_MAX ? most : PAGES_MAX) || pages->empty > EMPTY_MAX) return false;
    if (pages->count == pages->room) {
        unsigned room = pages->room > 0 ? 2 * pages->room : 64;
        uint64_t *more = realloc(pages->seen, room * sizeof *more);
        if (!more) return false;
        pages->seen = more;
        pages->room = room;
    }
    pages->seen[pages->count++] = hash;
    return true;
}

/* Puts the next page's address into the crawler's. NULL, or what is wrong with it; *out_more false: there is none. */
static const char *turn_page(struct crawler *crawler, uint32_t parent, bool *out_more)
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
static const char *take_list(struct crawler *crawler, uint32_t parent, const struct jk_fetch_reply *reply,
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

static enum jk_status read_pages(struct crawler *crawler, uint32_t parent, bool *out_whole, struct jk_error *fault)
{
    struct jk_fetch_reply reply;
    *out_whole = false;
    crawler->pages.count = crawler->pages.empty = 0;
    crawler->pages.first = crawler->pages.items = 0;
    (void)is_page_new(crawler, parent);
    for (bool more = true; more;) {
        if (jk_hub_get(&crawler->hub, crawler->url.bytes, &reply, fault) != JK_OK) return JK_OK;
        const char *wrong = take_list(crawler, parent, &reply, &more);
        if (crawler->cli->error.status != JK_OK) return crawler->cli->error.status;
        if (!wrong) continue;
        (void)jk_fail(fault, JK_UNAVAILABLE, "HUB_FAILED", "%.300s: the list %s", crawler->url.bytes, wrong);
        return JK_OK;
    }
    *out_whole = true;
    return JK_OK;
}

/* The hub's count may be old, or include what it shows to nobody, so this is a note and no fault. */
static void tell_shorter(struct crawler *crawler, uint32_t at)
{
    uint64_t counted, listed = crawler->pages.items;
    if (!jk_census_out_counted(crawler->out, id_at(crawler, at), &counted) || listed >= counted) return;
    const char *text = jk_arena_printf(
        &crawler->cli->arena, "%.*s: the hub counts %s made from it, and its list ended after %s.",
        JK_SPAN_ARG(id_at(crawler, at)), jk_print_plural(crawler->cli, (int64_t)counted, "model", "models"),
        jk_print_number(crawler->cli, (int64_t)listed));
    if (text) jk_print_note(crawler->cli, text);
}

static void tell_nameless(struct crawler *crawler)
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

static enum jk_status read_children(struct crawler *crawler, uint32_t at)
{
    struct jk_error fault;
    bool whole;
    jk_error_init(&fault, NULL);
    begin_url(crawler, "/api/models?filter=base_model:");
    jk_text_add(&crawler->url, id_at(crawler, at));
    jk_text_add_str(&crawler->url, "&full=true");
    if (crawler->url.failed) return jk_out_of_memory(&crawler->cli->error);
    JK_TRY(read_pages(crawler, at, &whole, &fault));
    if (!whole) {
        crawler->lists_failed++;
        jk_print_note(crawler->cli, fault.message);
        return note_failure(crawler, &fault);
    }
    crawler->failures = 0;
    tell_shorter(crawler, at);
    jk_crawl_list(crawler->crawl, at, &crawler->out->note);
    return jk_census_out_note(crawler->out);
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

static enum jk_status note_children(struct crawler *crawler, struct jk_span id, struct jk_span body)
{
    json_t *root = json_loadb(body.len > 0 ? body.at : "", body.len, 0, NULL);
    uint64_t count = sum_of(json_object_get(root, "childrenModelCount"));
    json_decref(root);
    return jk_census_out_count(crawler->out, id, count);
}

/* How many children the hub counts for a base model, under the name that it has there. */
static enum jk_status ask_base(struct crawler *crawler, const char *base)
{
    struct jk_fetch_reply reply;
    struct jk_text to;
    uint32_t at;
    jk_text_init(&to, 0);
    enum jk_status status = meet_model(crawler, jk_span_of(base), JK_CRAWL_BASE, &at);
    if (status == JK_OK && crawler->control && jk_census_out_counted(crawler->out, jk_span_of(base), NULL))
        return JK_OK;
    if (status == JK_OK)
        status = get_model(crawler, jk_span_of(base), "?expand[]=childrenModelCount", &reply, &crawler->cli->error);
    if (status == JK_OK && reply.status == 200) {
        if (!crawler->control) crawler->control = base;
        if (!jk_census_out_counted(crawler->out, jk_span_of(base), NULL))
            status = note_children(crawler, jk_span_of(base), reply.body);
    } else if (status == JK_OK && jk_hub_is_redirect(reply.status)) {
        struct jk_span id = redirected_to(crawler, jk_span_of(base), &to);
        if (id.len > 0) status = meet_model(crawler, id, JK_CRAWL_BASE, &at);
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
static void tell_estimate(struct crawler *crawler, size_t bases)
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
    jk_text_add_str(&text, ". It may be interrupted: --resume continues it.");
    if (!text.failed) jk_print_note(crawler->cli, text.bytes);
    jk_text_done(&text);
}

static enum jk_status ask_bases(struct crawler *crawler, const struct jk_census_run_of *of)
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

static enum jk_status visit_item(struct crawler *crawler, uint32_t at, bool *out_any)
{
    struct jk_crawl_item *item = &crawler->crawl->items[at];
    bool waits = item->doubted != JK_CRAWL_NONE && !crawler->crawl->items[item->doubted].list_asked;
    if (!item->done && !item->asked && waits) *out_any = true; /* for its list, in the next pass */
    if (!item->done && !item->asked && !waits) {
        item->asked = *out_any = true;
        JK_TRY(read_repository(crawler, at));
        item = &crawler->crawl->items[at]; /* the queue may have moved */
    }
    if (!jk_crawl_is_listable(item) || item->listed || item->list_asked) return JK_OK;
    item->list_asked = *out_any = true;
    return read_children(crawler, at);
}

/* The queue, which grows meanwhile. A model known by a card alone may turn out to be a child after its turn, so that there
 * is another pass while there is anything to ask. */
static enum jk_status visit_all(struct crawler *crawler)
{
    for (bool any = true; any;) {
        any = false;
        if (crawler->doubts) jk_sleep_ms(DOUBT_MS);
        crawler->doubts = false;
        for (uint32_t at = 0; at < crawler->crawl->count; at++)
            JK_TRY(visit_item(crawler, at, &any));
    }
    return settle_absent(crawler);
}

static enum jk_status meet_those_before(struct crawler *crawler)
{
    const struct jk_crawl *seen = &crawler->known->seen;
    uint32_t at;
    for (uint32_t i = 0; i < seen->count; i++)
        if (seen->items[i].done || seen->items[i].listed)
            JK_TRY(meet_model(crawler, seen->items[i].id, JK_CRAWL_BEFORE, &at));
    return jk_census_out_note(crawler->out);
}

static enum jk_status put_unknown(struct crawler *crawler, bool *out_complete)
{
    *out_complete = crawler->lists_failed == 0;
    for (size_t i = 0; i < crawler->unknown_count; i++) {
        const struct unknown *unknown = &crawler->unknown[i];
        struct jk_census_line line = {.state = JK_CENSUS_UNKNOWN, .why = jk_span_of(unknown->why)};
        if (crawler->crawl->items[unknown->at].done) continue;
        *out_complete = *out_complete && unknown->is_refused;
        JK_TRY(put_state(crawler, unknown->at, &line));
    }
    return JK_OK;
}

static enum jk_status crawl_all(struct crawler *crawler, const struct jk_census_run_of *of, bool *out_complete)
{
    JK_TRY(ask_bases(crawler, of));
    jk_progress_begin_items(&crawler->progress, crawler->cli->err, crawler->cli->err_terminal && !crawler->cli->json,
                            crawler->cli->utf8, "models", "models");
    enum jk_status status = visit_all(crawler);
    if (status == JK_OK) status = meet_those_before(crawler);
    if (status == JK_OK) status = visit_all(crawler);
    jk_progress_end(&crawler->progress);
    tell_nameless(crawler);
    return status == JK_OK ? put_unknown(crawler, out_complete) : status;
}

enum jk_status jk_census_crawl(struct jk_cli *cli, const char *url, const struct jk_census_run_of *of,
                               const struct jk_census_known *known, struct jk_crawl *crawl, struct jk_census_out *out,
                               bool *out_complete)
{
    struct crawler *crawler = jk_arena_zalloc(&cli->arena, 1, sizeof *crawler);
    if (!crawler) return jk_out_of_memory(&cli->error);
    *crawler = (struct crawler){.cli = cli, .known = known, .crawl = crawl, .out = out};
    jk_reading_init(&crawler->reading);
    jk_arena_init(&crawler->page, PAGE_ARENA);
    jk_text_init(&crawler->url, 0);
    enum jk_status status = jk_hub_open(cli, url, &crawler->hub);
    if (status == JK_OK) status = crawl_all(crawler, of, out_complete);
    jk_hub_close(&crawler->hub);
    jk_reading_done(&crawler->reading);
    jk_arena_done(&crawler->page);
    jk_text_done(&crawler->url);
    free(crawler->unknown);
    free(crawler->pages.seen);
    return status;
}
