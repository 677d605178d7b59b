/* What the keeper does: what is due, by the book in memory, and doing it, on a reader thread. One at a time: the
 * keeper's thread looks while no job runs. */
#ifndef JK_CLOSING_TEND_H
#define JK_CLOSING_TEND_H

#include "closing/closer.h"

/* A stage that is not closed, between two looks. */
struct jk_tend_stage {
    int64_t passed_ms; /* as in struct jk_due_facts */
    enum jk_due due;   /* at the last look */
    bool told;         /* that it waits for people */
};

struct jk_tend {
    struct jk_store *store;
    struct jk_closer *closer;
    const struct jk_closing_witnesses *witnesses; /* NULL: none */
    struct jk_moment moment;                      /* the last look at the clocks … */
    int64_t learned_ms;                           /* … and when it was; 0: never */
    struct jk_tend_stage *stages;                 /* by slot; owned */
    uint32_t stage_count;
    int64_t asked_ms;  /* when witnesses were last asked for a time */
    uint32_t tended;   /* log size up to which the files of all closings are there, or given up */
    uint32_t given_up; /* closings whose files cannot be made here */
};

struct jk_tend_look {
    int64_t wait_ms;   /* until there is something to do; 0: now. At most JK_TEND_LOOK_MS */
    int64_t passed_ms; /* of the stages that are past their cut-off and not closed, the newest's; 0: there are none */
    uint32_t closed;   /* stages */
    uint32_t waiting;  /* stages that only people can close */
    uint32_t missing;  /* closings whose files are to be looked at, or given up */
};

#define JK_TEND_LOOK_MS 1000

void jk_tend_init(struct jk_tend *tend, struct jk_store *store, struct jk_closer *closer,
                  const struct jk_closing_witnesses *witnesses);
void jk_tend_done(struct jk_tend *tend);
void jk_tend_look(const struct jk_tend *tend, struct jk_tend_look *out_look);
/* Has witnesses say what time it is where a stage, or the store's clock, waits for that; once a second at most. */
void jk_tend_ask(struct jk_tend *tend, const struct jk_tend_look *look);
/* Closes every stage that is due, then makes the files of every closing, in the log's order. Fails with the first that
 * may go well another time; what came before it is done. */
JK_MUST_USE enum jk_status jk_tend_all(struct jk_tend *tend, struct jk_reader *reader, int64_t deadline_ms,
                                       struct jk_error *error);

#endif
