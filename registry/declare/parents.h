/* A small list of parents' names, each once. Pure; the spans belong to the caller. At most 64, the most that a release
 * may have; `dropped` counts those that did not fit. */
#ifndef JK_DECLARE_PARENTS_H
#define JK_DECLARE_PARENTS_H

#include "base/arena.h"
#include "base/span.h"
#include "domain/lineage.h"

struct jk_names {
    struct jk_span items[JK_PARENTS_MAX];
    size_t count;
    size_t dropped;
};

/* Ignores blank names, and names already in the list, without regard to case. */
void jk_names_add(struct jk_names *names, struct jk_span name);
bool jk_names_hold(const struct jk_names *names, struct jk_span name);
void jk_names_add_all(struct jk_names *names, const struct jk_names *more);

/* What a parent's text means, before the registry is asked. */
struct jk_parent_text {
    bool external;          /* surely outside the registry; else publisher/model, which may turn out to be */
    bool on_hub;            /* publisher/model that was written as one of the Hugging Face Hub: a URL, a cache's path */
    bool by_host;           /* the same, as host/id: huggingface.co/publisher/model */
    struct jk_span name;    /* publisher/model, or host/id */
    struct jk_span version; /* after "@", or in the URL: a release's version, or a revision; empty for none */
};

/* Reads publisher/model[@version], host/id[@revision], a URL, or a path in the Hugging Face Hub's cache
 * (models--PUBLISHER--MODEL/snapshots/COMMIT), with common remains of pasting: quotes, a final "/", invisible spaces, a
 * Markdown link. A model on the Hub means its publisher/model; the branch main or master means nothing more. NULL, or
 * the end of a sentence that says what is wrong and how to fix it (in the arena or static). */
const char *jk_parents_read(struct jk_span text, struct jk_arena *arena, struct jk_parent_text *out_parent);
/* Its id on the hub of that host, whether or not it was written with the host; empty: it is on another one. */
struct jk_span jk_parents_id_on(const struct jk_parent_text *parent, struct jk_span hub);
/* Whether both mean the same models, whatever their spelling or order. */
bool jk_parents_same(const struct jk_names *a, const struct jk_names *b, struct jk_arena *arena);

#endif
