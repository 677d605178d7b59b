/* Which models of a hub a run has heard of, and what is left to do: a queue, breadth first, each model once however it was
 * met, so that cycles of names end. Everything that changes it is a line of text, and reading the lines again gives the
 * same crawl: a run that was killed at any point continues. Pure; not thread-safe. At most 2^31 models.
 *
 * Lines, each ending with LF: `found base|child|card|before <id> <identity|none> <revision|none>[ <tags>]`, `listed <id>`
 * once all pages of its children have been read, `unlisted <id>` where they are wanted once more. */
#ifndef JK_CENSUS_CRAWL_H
#define JK_CENSUS_CRAWL_H

#include "base/error.h"
#include "base/text.h"

#define JK_CRAWL_NONE UINT32_MAX

/* How a model was met. Only the first two are asked for their children. */
enum jk_crawl_way {
    JK_CRAWL_BASE,   /* a base model of the registry, or its new name */
    JK_CRAWL_CHILD,  /* a list of children */
    JK_CRAWL_CARD,   /* named as a parent by what was read */
    JK_CRAWL_BEFORE, /* observed by an earlier run */
};

struct jk_crawl_item {
    struct jk_span id, identity, revision; /* the latter two as a list said; empty for not said */
    struct jk_span tags;                   /* JSON on one line, as a line of the run has them; empty: not wanted */
    enum jk_crawl_way way;
    bool done;              /* what the hub says of it has been noted */
    bool listed;            /* its children have been */
    bool asked, list_asked; /* by this process, with or without success; for the caller */
    bool refused;           /* the hub would not show it when this process asked first; for the caller */
    bool tallied;           /* what its list has besides models is counted; for the caller */
    bool tally_noted;       /* … and the journal says how much that is */
    uint32_t shown_by;      /* whose list had it last, of those that this process read; JK_CRAWL_NONE: none */
    uint32_t doubted;       /* whose list had it though the hub said that it is not there; JK_CRAWL_NONE: none */
    uint32_t hash;
};

struct jk_crawl {
    struct jk_crawl_item *items;
    uint32_t count, room;
    uint32_t *slots; /* of items; a power of two */
    uint32_t size;
    struct jk_arena arena; /* the texts */
};

bool jk_crawl_init(struct jk_crawl *crawl); /* false: out of memory */
void jk_crawl_done(struct jk_crawl *crawl);

/* The position of a model; JK_CRAWL_NONE if the crawl has not met it. */
uint32_t jk_crawl_find(const struct jk_crawl *crawl, struct jk_span id);
/* Adds a model at the end of the queue, whose line is appended to `journal` (NULL: not wanted); one that was met before
 * stays as it is, except that a child or base makes more of a model known by a card or an earlier run alone. */
JK_MUST_USE enum jk_status jk_crawl_meet(struct jk_crawl *crawl, const struct jk_crawl_item *met,
                                         struct jk_text *journal, uint32_t *out_at, struct jk_error *error);
/* Its children are all known now. */
void jk_crawl_list(struct jk_crawl *crawl, uint32_t at, struct jk_text *journal);
/* They are wanted again. */
void jk_crawl_unlist(struct jk_crawl *crawl, uint32_t at, struct jk_text *journal);
static inline bool jk_crawl_is_listable(const struct jk_crawl_item *item)
{
    return item->way == JK_CRAWL_BASE || item->way == JK_CRAWL_CHILD;
}

/* One line of the journal, without its LF. False: it is no such line. */
JK_MUST_USE bool jk_crawl_replay(struct jk_crawl *crawl, struct jk_span line, struct jk_error *error);

#endif
