/* The keeper's two steps: finding out what is due, from the book in memory, and doing it, on a reader thread. One at a
 * time: the keeper's thread looks while no job runs. */
#ifndef JK_CLOSING_TEND_H
#define JK_CLOSING_TEND_H

#include "closing/closer.h"

/* A stage that is not closed, between two looks. */
struct jk_tend_stage {
    int64_t passed_ms; /* as in struct jk_due_facts */
    enum jk_due due;   /* at the last look */
    bool told;         /* that it waits for people was logged */
};

struct jk_tend {
    struct jk_store *store;
    struct jk_closer *closer;
    const struct jk_closing_witnesses *witnesses; /* NULL: none */
    struct jk_moment moment;                      /* the last reading of the clocks … */
    int64_t learned_ms;                           /* … and when it was; 0: never */
    struct jk_tend_stage *stages;                 /* by slot; owned */
    uint32_t stage_count;
    int64_t asked_ms;  /* when witnesses were last asked for a time */
    uint32_t tended;   /* the files of all closings below this log size exist, or were given up */
    uint32_t given_up; /* closings whose files cannot be made here */
};

struct jk_tend_look {
    int64_t wait_ms;   /* time until there is something to do; 0: now. At most JK_TEND_LOOK_MS */
    int64_t passed_ms; /* the newest cut-off of the stages that are past theirs and not closed; 0: there are none */
    uint32_t closed;   /* stages */
    uint32_t waiting;  /* stages that only people can close */
    uint32_t missing;  /* closings whose files have not been checked, or were given up */
};

#define JK_TEND_LOOK_MS 1000

void jk_tend_init(struct jk_tend *tend, struct jk_store *store, struct jk_closer *closer,
                  const struct jk_closing_witnesses *witnesses);
void jk_tend_done(struct jk_tend *tend);
void jk_tend_look(const struct jk_tend *tend, struct jk_tend_look *out_look);
/* Asks the witnesses for the time if a stage, or the store's clock, is waiting for it; at most once a second. */
void jk_tend_ask(struct jk_tend *tend, const struct jk_tend_look *look);
/* Closes every stage that is due, then makes the files of every closing, in the log's order. Fails with the first
 * failure that is worth retrying; what was done before it stays done. */
JK_MUST_USE enum jk_status jk_tend_all(struct jk_tend *tend, struct jk_reader *reader, int64_t deadline_ms,
                                       struct jk_error *error);

#endif
