/* Reads the files of closed stages again, all of them within a day and at the rate of tiles/reread.h. Damaged or
 * missing files are made again from the log, with an alarm (report-damaged). One thread; making them is a job on a
 * reader. It pauses while publication is stopped. */
#ifndef JK_CLOSING_INSPECTOR_H
#define JK_CLOSING_INSPECTOR_H

#include "closing/closer.h"

struct jk_inspector;

JK_MUST_USE enum jk_status jk_inspector_start(struct jk_store *store, struct jk_closer *closer,
                                              struct jk_inspector **out_inspector, struct jk_error *error);
/* Waits for work in progress. Before the closer's end and the store's stop. Accepts NULL. */
void jk_inspector_stop(struct jk_inspector *inspector);

#endif
