/* The keeper of stages: closes each once the database's clock is past its cut-off, and sees to it that the files of
 * every closing are there, whichever server wrote it.
 *
 *   WAITING --a cut-off is over, or files are missing--> TENDING (a job on a reader thread) --done--> WAITING
 *      ^                                                    |
 *      +------------ back-off, 1 s to 60 s <-----cannot-----+
 *
 * One thread. It looks at the book in memory each second, and asks the database for the time every 5 s while a stage is
 * not closed. What cannot be mended here (a report that is another than the log says) is told once and left alone. */
#ifndef JK_CLOSING_KEEPER_H
#define JK_CLOSING_KEEPER_H

#include "closing/closer.h"

struct jk_keeper;

JK_MUST_USE enum jk_status jk_keeper_start(struct jk_store *store, struct jk_closer *closer,
                                           struct jk_keeper **out_keeper, struct jk_error *error);
/* Waits for what is under way. Before the store's stop. Accepts NULL. */
void jk_keeper_stop(struct jk_keeper *keeper);

#endif
