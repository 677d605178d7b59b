/* Places shared out among calls (base/shares.h): who a call counts as, and how it is refused. */
#ifndef JK_SERVICE_CALL_CALLERS_H
#define JK_SERVICE_CALL_CALLERS_H

#include "base/shares.h"
#include "service/call/call.h"

/* Any thread that has the call. */
void jk_caller_of(struct jk_call *call, struct jk_sharer *out_caller);
/* Always fails, with RESOURCE_EXHAUSTED and when to try again. `what`: what the calls do, "calls wait for the log to
 * grow". Needs no lock. */
enum jk_status jk_callers_refuse(const struct jk_shares *shares, const struct jk_sharer *caller,
                                 enum jk_shares_word word, const char *reason, const char *what,
                                 struct jk_error *error);

#endif
