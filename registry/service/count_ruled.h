/* Counts under a rule: what CountDerivatives and WatchCounts share. */
#ifndef JK_SERVICE_COUNT_RULED_H
#define JK_SERVICE_COUNT_RULED_H

#include "service/count.h"
#include "service/count_rule.h"
#include "service/page.h"

/* The reply to a request that has a rule, in `arena`. JK_CANCELLED without an error: it belongs on a reader thread. */
JK_MUST_USE enum jk_status jk_count_ruled(struct jk_call *call, const Jokbo__V1__CountDerivativesRequest *request,
                                          const struct jk_page *page, struct jk_arena *arena, bool on_reader,
                                          Jokbo__V1__DerivativeCount **out_reply);
/* What a list or an explanation under a rule needs, on a reader thread: size and rule, and the standing of then, to be
 * released. The time that as_of may give has been settled. */
struct jk_ruled_at {
    struct jk_count_rule rule;
    uint32_t size;
    bool cut_off; /* that of a closed stage's cut-off, since none was asked for */
};
JK_MUST_USE enum jk_status jk_count_ruled_at(struct jk_call *call, const Jokbo__V1__AsOf *as_of,
                                             const Jokbo__V1__CountRule *rule, const struct jk_page *page,
                                             struct jk_ruled_at *out_at);

#endif
