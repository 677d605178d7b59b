/* What a hub says of one model: present, moved, absent, or not found out. See census_crawler.h. */
#include <stdlib.h>

#include "cli/census_crawler.h"
#include "base/array.h"
#include "cli/console/print.h"
#include "domain/ident.h"

#define LARGE    (1u << 20) /* bytes of an answer that is no page of a fault */
#define REFUSALS 16         /* before the hub is asked whether it refuses everything */

/* ---- what could not be found out ---- */

static enum jk_status note_unknown(struct jk_crawler *crawler, uint32_t at, const char *why)
{
    if (!JK_ARRAY_GROW(crawler->unknown, crawler->unknown_count, crawler->unknown_room))
        return jk_out_of_memory(&crawler->cli->error);
    why = jk_arena_printf(&crawler->cli->arena, "%s", why);
    if (!why) return jk_out_of_memory(&crawler->cli->error);
    crawler->unknown[crawler->unknown_count++] = (struct jk_crawler_unknown){at, why};
    return JK_OK;
}

static enum jk_status put_state(struct jk_crawler *crawler, uint32_t at, struct jk_census_line *line)
{
    line->id = jk_crawler_id(crawler, at);
    JK_TRY(jk_census_out_put(crawler->out, crawler->crawl, at, line));
    jk_progress_to(&crawler->progress, crawler->out->lines, crawler->crawl->count);
    return JK_OK;
}

/* Of what is not there any more: as a list said, or the registry's newest observation. */
static struct jk_span identity_of(const struct jk_crawler *crawler, uint32_t at)
{
    const struct jk_crawl_item *item = &crawler->crawl->items[at];
    uint32_t before = item->identity.len > 0 ? JK_CRAWL_NONE : jk_crawl_find(&crawler->known->seen, item->id);
    return before == JK_CRAWL_NONE ? item->identity : crawler->known->seen.items[before].identity;
}

/* ---- unreadable ---- */

/* What the hub will not say otherwise when it is asked again: the run can be complete with it. */
static enum jk_status put_unreadable(struct jk_crawler *crawler, uint32_t at, struct jk_census_line *line)
{
    line->state = JK_CENSUS_UNREADABLE;
    if (line->identity.len == 0) line->identity = identity_of(crawler, at);
    if (crawler->unreadable_count < JK_CRAWLER_NAMES_TOLD) {
        const char *told = jk_arena_printf(&crawler->cli->arena, "%.*s (%.*s)", JK_SPAN_ARG(jk_crawler_id(crawler, at)),
                                           JK_SPAN_ARG(line->why));
        if (!told) return jk_out_of_memory(&crawler->cli->error);
        crawler->unreadable[crawler->unreadable_count++] = told;
    }
    return put_state(crawler, at, line);
}

/* All that is known of it is what a list said, if one did. */
static enum jk_status put_refused(struct jk_crawler *crawler, uint32_t at, int status)
{
    const struct jk_crawl_item *item = &crawler->crawl->items[at];
    char why[64];
    (void)snprintf(why, sizeof why, "the hub answers %d: %s", status,
                   status == 451 ? "it is withheld for legal reasons" : "it is shown to nobody with these rights");
    struct jk_census_line line = {.revision = item->revision, .tags = item->tags, .why = jk_span_of(why)};
    return put_unreadable(crawler, at, &line);
}

/* Whether the bytes are an object of that model. */
static bool is_object_of(struct jk_crawler *crawler, uint32_t at, struct jk_span body, struct jk_reading_item *out_item)
{
    jk_arena_reset(&crawler->page);
    return jk_reading_listed(&crawler->page, body, out_item) && jk_span_equal(out_item->id, jk_crawler_id(crawler, at));
}

/* The hub's record of it cannot be taken. That it is there says the record itself; one that is too large to be looked at,
 * another without its files. Anything else is somebody's page in between. `why` is copied. */
static enum jk_status note_untaken(struct jk_crawler *crawler, uint32_t at, struct jk_span body, bool is_large,
                                   const char *why)
{
    struct jk_span id = jk_crawler_id(crawler, at);
    struct jk_reading_item item;
    struct jk_fetch_reply reply;
    struct jk_error ignored;
    jk_error_init(&ignored, NULL);
    why = jk_arena_printf(&crawler->cli->arena, "%s", why);
    if (!why) return jk_out_of_memory(&crawler->cli->error);
    bool there = is_object_of(crawler, at, body, &item);
    if (!there && is_large)
        there = jk_crawler_get(crawler, id, "?expand[]=sha&expand[]=tags", &reply, &ignored) == JK_OK &&
                reply.status == 200 && is_object_of(crawler, at, reply.body, &item);
    if (!there) return note_unknown(crawler, at, why);
    struct jk_census_line line = {
        .identity = item.identity, .revision = item.revision, .tags = item.tags, .why = jk_span_of(why)};
    return put_unreadable(crawler, at, &line);
}

/* ---- absent, refused ---- */

/* A hub that refuses every caller, or another address, also answers 401, 403 and 404: only where a model that is there is
 * found right after, the answers were about the models. */
static enum jk_status prove_hub(struct jk_crawler *crawler)
{
    struct jk_fetch_reply reply;
    JK_TRY(jk_crawler_get(crawler, jk_span_of(crawler->control), "", &reply, &crawler->cli->error));
    if (reply.status == 200) return JK_OK;
    return jk_fail(&crawler->cli->error, JK_UNAVAILABLE, "HUB_FAILED",
                   "the hub answers %d even for %.200s, which it has: check --hub-token-file", reply.status,
                   crawler->control);
}

enum jk_status jk_crawler_settle(struct jk_crawler *crawler)
{
    if (crawler->waiting_count == 0) return JK_OK;
    JK_TRY(prove_hub(crawler));
    for (size_t i = 0; i < crawler->waiting_count; i++) {
        uint32_t at = crawler->waiting[i].at;
        struct jk_census_line absent = {.state = JK_CENSUS_ABSENT, .identity = identity_of(crawler, at)};
        JK_TRY(crawler->waiting[i].refusal ? put_refused(crawler, at, crawler->waiting[i].refusal)
                                           : put_state(crawler, at, &absent));
    }
    crawler->waiting_count = 0;
    return JK_OK;
}

static enum jk_status await_proof(struct jk_crawler *crawler, uint32_t at, int refusal)
{
    if (crawler->waiting_count == JK_CRAWLER_WAITING_MAX) JK_TRY(jk_crawler_settle(crawler));
    crawler->waiting[crawler->waiting_count++] = (struct jk_crawler_waiting){at, refusal};
    return JK_OK;
}

/* Asked for once more after all others, and then taken at its word. */
static enum jk_status note_refusal(struct jk_crawler *crawler, uint32_t at, int status)
{
    struct jk_crawl_item *item = &crawler->crawl->items[at];
    bool again = item->refused;
    item->refused = true;
    if (again) return await_proof(crawler, at, status);
    item->asked = false;
    crawler->doubts = true;
    return ++crawler->refusals % REFUSALS == 0 ? prove_hub(crawler) : JK_OK;
}

/* A list has just shown it: either is behind the other, or the hub refuses somebody. The list is read again, and the model
 * asked for once more. */
static void doubt(struct jk_crawler *crawler, uint32_t at)
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
static enum jk_status note_contradiction(struct jk_crawler *crawler, uint32_t at)
{
    struct jk_crawl_item *parent = &crawler->crawl->items[crawler->crawl->items[at].shown_by];
    jk_crawl_unlist(crawler->crawl, crawler->crawl->items[at].shown_by, &crawler->out->note);
    parent->listed = parent->list_asked = true;
    JK_TRY(jk_census_out_note(crawler->out));
    return note_unknown(crawler, at, "the hub lists it, and did not have it when it was asked for twice");
}

/* The Hub's own word for it, and not that of somebody in between; a 401 says it of what the caller may not see, too. */
static bool is_none_there(const struct jk_crawler *crawler, int status)
{
    const char *code = jk_fetch_header(crawler->hub.fetch, "x-error-code");
    return status == 404 && code && strcmp(code, "RepoNotFound") == 0;
}

/* A list is built of what was there a while ago: where the hub itself says, twice, that there is no such repository, the
 * list is behind, however often it is read. */
static enum jk_status note_absent(struct jk_crawler *crawler, uint32_t at, bool none_there)
{
    const struct jk_crawl_item *item = &crawler->crawl->items[at];
    if (item->shown_by != JK_CRAWL_NONE && item->doubted == JK_CRAWL_NONE) {
        doubt(crawler, at);
        return jk_census_out_note(crawler->out);
    }
    if (item->doubted != JK_CRAWL_NONE && item->shown_by != JK_CRAWL_NONE && !none_there)
        return note_contradiction(crawler, at);
    if (item->doubted != JK_CRAWL_NONE && !crawler->crawl->items[item->doubted].listed)
        return note_unknown(crawler, at, "a list had it, and could not be read again");
    return await_proof(crawler, at, 0);
}

/* ---- moved, present ---- */

static enum jk_status note_moved(struct jk_crawler *crawler, uint32_t at, struct jk_span to, uint32_t *out_to)
{
    struct jk_census_line line = {.state = JK_CENSUS_MOVED, .identity = identity_of(crawler, at), .to = to};
    JK_TRY(jk_crawler_meet(crawler, to, crawler->crawl->items[at].way, out_to));
    if (jk_crawl_is_listable(&crawler->crawl->items[*out_to])) /* cards go on naming the old name */
        JK_TRY(jk_crawler_meet(crawler, jk_crawler_id(crawler, at), JK_CRAWL_CHILD, &at));
    return put_state(crawler, at, &line);
}

/* The hub's own id of a parent's text; empty for a model of another hub, and what names none. */
static struct jk_span hub_id(struct jk_crawler *crawler, struct jk_span text)
{
    struct jk_parent_text parent;
    if (jk_parents_read(text, &crawler->reading.arena, &parent)) return JK_SPAN("");
    return jk_parents_id_on(&parent, crawler->known->hub);
}

static enum jk_status meet_parents(struct jk_crawler *crawler, const struct jk_names *parents)
{
    uint32_t at;
    for (size_t i = 0; i < parents->count; i++) {
        struct jk_span id = hub_id(crawler, parents->items[i]);
        if (id.len > 0) JK_TRY(jk_crawler_meet(crawler, id, JK_CRAWL_CARD, &at));
    }
    return JK_OK;
}

/* Of a base model nobody writes how it was made. */
static bool wants_head(const struct jk_crawler *crawler, uint32_t at)
{
    const struct jk_reading *reading = &crawler->reading;
    return crawler->with_heads && crawler->crawl->items[at].way != JK_CRAWL_BASE && reading->weights.name.len > 0 &&
           reading->revision.len > 0;
}

/* The model is read again, with the head of its weights. *out_why: why that was not to be had. */
static enum jk_status read_with_head(struct jk_crawler *crawler, struct jk_span object, struct jk_span *out_file,
                                     const char **out_why, struct jk_error *fault)
{
    struct jk_reading *reading = &crawler->reading;
    struct jk_arena *page = &crawler->page;
    struct jk_file head = reading->weights;
    jk_arena_reset(page);
    const char *name = jk_arena_copy(page, head.name.at, head.name.len);
    if (!name) return jk_out_of_memory(fault);
    *out_file = head.name = (struct jk_span){name, head.name.len};
    JK_TRY(jk_heads_get(&crawler->heads, reading->id, reading->revision, &head, page, out_why, fault));
    if (*out_why) return JK_OK;
    struct jk_weight_head read;
    *out_why = jk_weight_head_read(head.bytes, head.size, page, &read);
    return *out_why ? JK_OK : jk_reading_take(reading, object, &head, fault);
}

static enum jk_status note_present(struct jk_crawler *crawler, uint32_t at, const struct jk_census_head *head)
{
    const struct jk_reading *reading = &crawler->reading;
    if (!jk_span_equal(reading->id, jk_crawler_id(crawler, at))) JK_TRY(note_moved(crawler, at, reading->id, &at));
    if (crawler->crawl->items[at].done) return JK_OK;
    JK_TRY(meet_parents(crawler, &reading->declared->parents));
    JK_TRY(meet_parents(crawler, &reading->tagged));
    struct jk_census_line *line = jk_arena_zalloc(&crawler->reading.arena, 1, sizeof *line);
    if (!line) return jk_out_of_memory(&crawler->cli->error);
    jk_reading_line(reading, line);
    if (head->why.len > 0) line->head = *head;
    return put_state(crawler, at, line);
}

/* A hub that fails at the head fails at the model: what it declares would be another thing without. */
static enum jk_status note_read(struct jk_crawler *crawler, uint32_t at, struct jk_span object)
{
    struct jk_census_head head = {.tensors = 0};
    const char *why = NULL;
    struct jk_error fault;
    jk_error_init(&fault, NULL);
    bool wanted = wants_head(crawler, at);
    if (wanted && read_with_head(crawler, object, &head.file, &why, &fault) != JK_OK) {
        JK_TRY(note_unknown(crawler, at, fault.message));
        crawler->hub.is_closed = crawler->heads.hub.is_closed || crawler->heads.away.is_closed;
        return jk_crawler_fail(crawler, &crawler->head_failures, &fault);
    }
    if (wanted) crawler->head_failures = 0;
    if (why) head.why = jk_span_of(why);
    return note_present(crawler, at, &head);
}

static enum jk_status take_answer(struct jk_crawler *crawler, uint32_t at, const struct jk_fetch_reply *reply)
{
    struct jk_text to;
    struct jk_error fault;
    if (reply->status == 200) {
        jk_error_init(&fault, &crawler->page);
        jk_arena_reset(&crawler->page);
        if (jk_reading_take(&crawler->reading, reply->body, NULL, &fault) != JK_OK)
            return note_untaken(crawler, at, reply->body, reply->body.len > LARGE,
                                fault.violation_count > 0 ? fault.violations[0].rule : fault.message);
        if (crawler->crawl->items[at].revision.len > 0 && crawler->reading.revision.len == 0)
            return note_unknown(crawler, at, "the hub's list tells its commit, and its own answer does not");
        return note_read(crawler, at, reply->body);
    }
    if (jk_hub_is_refusal(reply->status)) return note_refusal(crawler, at, reply->status);
    if (!jk_hub_is_redirect(reply->status)) return note_absent(crawler, at, is_none_there(crawler, reply->status));
    jk_text_init(&to, 0);
    struct jk_span id = jk_crawler_redirect(crawler, jk_crawler_id(crawler, at), &to);
    enum jk_status status = id.len > 0 ? note_moved(crawler, at, id, &at)
                                       : note_unknown(crawler, at, "it is redirected to what is no other model there");
    jk_text_done(&to);
    return status;
}

/* ---- one model ---- */

/* The registry has seen this revision of it, and nothing else since. */
static bool is_as_seen(const struct jk_crawler *crawler, const struct jk_crawl_item *item)
{
    uint32_t before = jk_crawl_find(&crawler->known->seen, item->id);
    if (before == JK_CRAWL_NONE || item->revision.len == 0) return false;
    const struct jk_crawl_item *seen = &crawler->known->seen.items[before];
    return seen->done && jk_span_equal(seen->revision, item->revision) && jk_span_equal(seen->identity, item->identity);
}

enum jk_status jk_crawler_read(struct jk_crawler *crawler, uint32_t at)
{
    struct jk_crawl_item item = crawler->crawl->items[at];
    struct jk_fetch_reply reply;
    struct jk_error fault;
    if (is_as_seen(crawler, &item)) {
        struct jk_census_line same = {
            .state = JK_CENSUS_SAME, .identity = item.identity, .revision = item.revision, .tags = item.tags};
        return put_state(crawler, at, &same);
    }
    jk_error_init(&fault, NULL);
    enum jk_status status = jk_crawler_get(crawler, item.id, "?blobs=true", &reply, &fault);
    if (status == JK_RESOURCE_EXHAUSTED)
        return note_untaken(crawler, at, JK_SPAN(""), true, "its record is larger than 64 MiB");
    if (status != JK_OK) {
        JK_TRY(note_unknown(crawler, at, fault.message));
        return jk_crawler_fail(crawler, &crawler->failures, &fault);
    }
    crawler->failures = 0;
    return take_answer(crawler, at, &reply);
}

/* ---- at the end ---- */

enum jk_status jk_crawler_put_unknown(struct jk_crawler *crawler, bool *out_complete)
{
    *out_complete = crawler->lists_failed == 0;
    for (size_t i = 0; i < crawler->unknown_count; i++) {
        const struct jk_crawler_unknown *unknown = &crawler->unknown[i];
        struct jk_census_line line = {.state = JK_CENSUS_UNKNOWN, .why = jk_span_of(unknown->why)};
        if (crawler->crawl->items[unknown->at].done) continue;
        *out_complete = false;
        JK_TRY(put_state(crawler, unknown->at, &line));
    }
    return JK_OK;
}

void jk_crawler_tell_unreadable(struct jk_crawler *crawler)
{
    uint64_t count = crawler->out->tally[JK_CENSUS_UNREADABLE];
    struct jk_text text;
    if (crawler->unreadable_count == 0) return;
    jk_text_init(&text, 0);
    jk_text_addf(&text, "%s cannot be read, however often the hub is asked:",
                 jk_print_plural(crawler->cli, (int64_t)count, "model", "models"));
    for (size_t i = 0; i < crawler->unreadable_count; i++)
        jk_text_addf(&text, "%s %s", i > 0 ? "," : "", crawler->unreadable[i]);
    jk_text_add_str(&text, count > crawler->unreadable_count ? ", …" : ".");
    if (!text.failed) jk_print_note(crawler->cli, text.bytes);
    jk_text_done(&text);
}
