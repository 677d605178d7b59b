/* What the methods of Evaluation share: scope and size of a count. */
#ifndef JK_SERVICE_EVALUATE_COUNT_H
#define JK_SERVICE_EVALUATE_COUNT_H

#include "service/call/convert.h"
#include "service/call/services.h"

/* The scope asked for; NOT_FOUND for a base or team that is not there. */
JK_MUST_USE enum jk_status jk_count_scope(struct jk_call *call, const struct jk_view *view,
                                          const Jokbo__V1__CountScope *scope, struct jk_scope *out_scope);
/* The log size asked for. *out_ask: the answer needs jk_count_settle_time first, since entries before that time may
 * still be on their way. */
JK_MUST_USE enum jk_status jk_count_size(struct jk_call *call, const struct jk_view *view, const Jokbo__V1__AsOf *as_of,
                                         uint32_t *out_size, bool *out_ask);
/* On a reader thread: refuses a time in the future. JK_CANCELLED without an error: the book does not hold every entry
 * before the time yet, and jk_call_answer has the work done anew when it does. */
JK_MUST_USE enum jk_status jk_count_settle_time(struct jk_call *call, const Jokbo__V1__AsOf *as_of);

#endif
