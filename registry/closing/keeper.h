/* The keeper of stages: closes each once its time has come (due.h), and sees to it that the files of every closing are
 * there, whichever server wrote it.
 *
 *   WAITING --a cut-off may be over, files are missing--> TENDING (a job on closing's reader) -done--> WAITING
 *      ^                                                    |
 *      +------------ back-off, 1 s to 60 s <-----cannot-----+
 *
 * One thread. It looks at the book in memory each second, asks the database for the time every 5 s while a stage is
 * not closed, once a second while one waits past its cut-off, and has witnesses say theirs where that is wanted. What
 * cannot be mended here (a report that is another than the log says) is told once and left alone. */
#ifndef JK_CLOSING_KEEPER_H
#define JK_CLOSING_KEEPER_H

#include "closing/closer.h"

struct jk_keeper;

/* `witnesses` NULL: none are configured; outlives the keeper. */
JK_MUST_USE enum jk_status jk_keeper_start(struct jk_store *store, struct jk_closer *closer,
                                           const struct jk_closing_witnesses *witnesses, struct jk_keeper **out_keeper,
                                           struct jk_error *error);
/* Waits for work in progress. Before the store's stop. Accepts NULL. */
void jk_keeper_stop(struct jk_keeper *keeper);

#endif
