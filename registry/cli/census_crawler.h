/* The inside of a reading of a hub's API: what its files share. One thread. */
#ifndef JK_CLI_CENSUS_CRAWLER_H
#define JK_CLI_CENSUS_CRAWLER_H

#include "census/reading.h"
#include "cli/census_heads.h"
#include "cli/census_hub.h"
#include "cli/census_known.h"
#include "cli/census_out.h"
#include "cli/console/progress.h"

#define JK_CRAWLER_NAMES_TOLD  5
#define JK_CRAWLER_WAITING_MAX 64 /* answers that await the hub's proof that it answers at all */

struct jk_crawler_unknown {
    uint32_t at;
    const char *why;
};

struct jk_crawler_waiting {
    uint32_t at;
    int refusal; /* the status by which the hub refused to show it; 0: it said that it is not there */
};

/* Of the list that is being read. */
struct jk_crawler_pages {
    uint64_t *slots; /* a hash of the address of each page so far, by open addressing; 0: free; owned */
    unsigned count, room, empty;
    uint64_t first, items; /* objects on the first page, and on all */
    uint64_t nameless;     /* of these, such as are no model's */
    bool large;            /* the newest page has what is too large to be looked at */
    bool brief;            /* asked for with the fields that are read alone: with all of them a page was too large */
    unsigned limit;        /* objects a page; 0: as many as the hub likes */
};

struct jk_crawler {
    struct jk_cli *cli;
    struct jk_hub_client hub;
    struct jk_heads heads;
    bool with_heads; /* --headers */
    const struct jk_census_known *known;
    struct jk_crawl *crawl;
    struct jk_census_out *out;
    struct jk_reading reading;
    struct jk_arena page;
    struct jk_text url; /* that was asked for last */
    struct jk_progress progress;
    struct jk_crawler_waiting waiting[JK_CRAWLER_WAITING_MAX];
    size_t waiting_count;
    unsigned refusals; /* in all, one of each model at most */
    struct jk_crawler_unknown *unknown;
    size_t unknown_count, unknown_room;
    unsigned failures;      /* of the API, one after the other */
    unsigned head_failures; /* of heads, which may be kept elsewhere: likewise */
    uint64_t lists_failed;
    bool doubts;                                 /* some models are to be asked for once more */
    const char *nameless[JK_CRAWLER_NAMES_TOLD]; /* objects of lists that are no model's, as they call themselves */
    size_t nameless_count;
    const char *unreadable[JK_CRAWLER_NAMES_TOLD]; /* models, each with why */
    size_t unreadable_count;
    struct jk_crawler_pages pages;
    const char *control; /* a base model that the hub has */
};

/* ---- census_crawl.c ---- */

/* Puts the address of the hub's `path` into crawler->url. */
void jk_crawler_url(struct jk_crawler *crawler, const char *path);
/* What the hub says of a model; the answer as of jk_hub_get. */
JK_MUST_USE enum jk_status jk_crawler_get(struct jk_crawler *crawler, struct jk_span id, const char *query,
                                          struct jk_fetch_reply *out_reply, struct jk_error *error);
/* Where the last answer redirects, if that is another model of the same hub; else empty. */
struct jk_span jk_crawler_redirect(struct jk_crawler *crawler, struct jk_span from, struct jk_text *out_id);
JK_MUST_USE enum jk_status jk_crawler_meet(struct jk_crawler *crawler, struct jk_span id, enum jk_crawl_way way,
                                           uint32_t *out_at);
/* Counts a request that failed in `failures`, which is one of the crawler's: HUB_FAILED once it is the hub, not what was
 * asked for. */
JK_MUST_USE enum jk_status jk_crawler_fail(struct jk_crawler *crawler, unsigned *failures,
                                           const struct jk_error *fault);
static inline struct jk_span jk_crawler_id(const struct jk_crawler *crawler, uint32_t at)
{
    return crawler->crawl->items[at].id;
}

/* ---- census_repository.c: what the hub says of one model ---- */

JK_MUST_USE enum jk_status jk_crawler_read(struct jk_crawler *crawler, uint32_t at);
/* Writes those that are absent or refused, once the hub has shown that it answers for what it has. */
JK_MUST_USE enum jk_status jk_crawler_settle(struct jk_crawler *crawler);
/* Writes those that could not be found out; *out_complete: none, and no list failed. */
JK_MUST_USE enum jk_status jk_crawler_put_unknown(struct jk_crawler *crawler, bool *out_complete);
void jk_crawler_tell_unreadable(struct jk_crawler *crawler);

/* ---- census_pages.c: what is made from it ---- */

JK_MUST_USE enum jk_status jk_crawler_list(struct jk_crawler *crawler, uint32_t at);
void jk_crawler_tell_nameless(struct jk_crawler *crawler);

#endif
