/* A small list of names of parents, each once. Pure; spans are somebody else's. At most 64, the most that a release may
 * have; `dropped` counts what found no room. */
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

/* Empty names are passed over; so are those that are there already, without regard to case. */
void jk_names_add(struct jk_names *names, struct jk_span name);
bool jk_names_hold(const struct jk_names *names, struct jk_span name);

/* What a parent's text means, before anybody is asked. */
struct jk_parent_text {
    bool external;          /* surely outside the registry; else publisher/model, which may turn out to be */
    bool on_hub;            /* publisher/model that was written as a URL of the Hugging Face Hub */
    struct jk_span name;    /* publisher/model, or host/id */
    struct jk_span version; /* after "@": a release's version, or a revision; empty for none */
};

/* Reads publisher/model[@version], host/id[@revision] or a URL; a URL of the Hugging Face Hub means its
 * publisher/model. NULL, or the end of a sentence that says what is wrong and how to mend it (in the arena or static).
 */
const char *jk_parents_read(struct jk_span text, struct jk_arena *arena, struct jk_parent_text *out_parent);

#endif
