/* What a census would write: from the lines of a run and the book, a step for each repository, with why. Pure. It keeps
 * of each line what it decides by, and where the line is, not its bytes: less than a kilobyte for
 * each repository, names and step included.
 *
 * Which registered model a repository is of: the one that was observed with its identity; else the one that was observed
 * under its id, unless with another identity; else the one registered under that name, unless its publisher is somebody's
 * who has not proven that the organisation on the hub is theirs. What is not changed since it was observed is passed over
 * by the record's digest. A further release is planned where relation, parents, licence or weight files are not those of
 * the release that decides. A parent is the registered model, if there is one or the run registers it; otherwise the
 * hub's own, external. */
#ifndef JK_CENSUS_PLAN_H
#define JK_CENSUS_PLAN_H

#include "book/book.h"
#include "census/run.h"

#define JK_PLAN_REVISION 12 /* digits of a commit in a version: hub-<digits> */

enum jk_plan_action {
    JK_PLAN_RENAME,   /* it has another name, under the same publisher */
    JK_PLAN_TRANSFER, /* … under another one */
    JK_PLAN_MOVED,    /* it has another name on the hub, and keeps the one it has here: it has to, as `why` says */
    JK_PLAN_REGISTER,
    JK_PLAN_RELEASE,
    JK_PLAN_OBSERVE, /* the hub says something else of it than before, but there is nothing to release */
    JK_PLAN_ABSENT,
    JK_PLAN_UNCHANGED, /* this one and those that follow write nothing; it has no step, there being nothing to say */
    JK_PLAN_BLOCKED,   /* it should be written, but may not be */
    JK_PLAN_LEFT       /* left alone */
};

struct jk_plan_parent {
    bool external;
    struct jk_span name;    /* publisher/model, or host/id */
    struct jk_span version; /* of the release, or the revision; empty for revision none */
};

struct jk_plan_step {
    enum jk_plan_action action;
    struct jk_span id;       /* on the hub; of what has moved, the old one */
    struct jk_span identity; /* empty: not told */
    struct jk_span to;       /* of what has moved: its id now */
    struct jk_span model;    /* registered, by its present name, after the renames before this step; empty: none */
    struct jk_span version, license; /* of what is registered or released */
    struct jk_digest weight_files;   /* of a record that is read: the set of them; zero for none */
    enum jk_relation relation;
    const struct jk_plan_parent *parents;
    uint32_t parent_count;
    const char *why; /* a phrase; empty for nothing to say */
    uint64_t offset; /* of its line */
    uint32_t length; /* … with its line feed, if it was given with it */
    bool record;     /* the step needs the record of that line */
    bool no_path;    /* left alone, or not released anew, for it leads to no base model (any more) */
};

struct jk_plan;

/* `hub` is the host; the book is read at n and must not change meanwhile. `complete`: the run is whole, so that an
 * identity that is nowhere in it is gone. NULL without memory. */
struct jk_plan *jk_plan_new(const struct jk_book *book, uint32_t n, struct jk_span hub, bool complete);
void jk_plan_free(struct jk_plan *plan);
/* A line of models.jsonl, which begins at that offset. INVALID_ARGUMENT: INVALID_RUN, INVALID_RECORD. */
JK_MUST_USE enum jk_status jk_plan_add(struct jk_plan *plan, struct jk_span line, uint64_t offset,
                                       struct jk_error *error);
/* After the last line, and once: makes the steps, which are all that is kept then. */
JK_MUST_USE enum jk_status jk_plan_finish(struct jk_plan *plan, struct jk_error *error);

/* The steps, in the order in which they can be applied: what has moved, what is there (parents before children), what is
 * gone; then those that write nothing, in the order of their lines. */
size_t jk_plan_count(const struct jk_plan *plan);
const struct jk_plan_step *jk_plan_step(const struct jk_plan *plan, size_t at);
size_t jk_plan_of(const struct jk_plan *plan, enum jk_plan_action action); /* how many */
const char *jk_plan_action_text(enum jk_plan_action action);               /* "register", … */

#endif
