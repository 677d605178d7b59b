/* What the keeper does: what is due, by the book in memory, and doing it, on a reader thread. One at a time. */
#ifndef JK_CLOSING_TEND_H
#define JK_CLOSING_TEND_H

#include "closing/closer.h"

struct jk_tend {
    struct jk_store *store;
    struct jk_closer *closer;
    int64_t clock_us, learned_ms; /* the database's time, and when it was learned; 0: never */
    uint32_t tended;              /* log size up to which the files of all closings are there, or given up */
    uint32_t given_up;            /* closings whose files cannot be made here */
};

struct jk_tend_look {
    int64_t now_us;    /* the database's time, as well as can be told */
    int64_t cutoff_us; /* the next one of a stage that is not closed; JK_TIME_NONE: there is none */
    uint32_t closed;   /* stages */
    uint32_t untended; /* closings whose files are to be looked at */
    uint32_t missing;  /* those, and those given up */
};

void jk_tend_init(struct jk_tend *tend, struct jk_store *store, struct jk_closer *closer);
void jk_tend_look(const struct jk_tend *tend, struct jk_tend_look *out_look);
/* Closes every stage that is due, then makes the files of every closing, in the log's order. Fails with the first that
 * may go well another time; what came before it is done. */
JK_MUST_USE enum jk_status jk_tend_all(struct jk_tend *tend, struct jk_reader *reader, int64_t deadline_ms,
                                       struct jk_error *error);

#endif
