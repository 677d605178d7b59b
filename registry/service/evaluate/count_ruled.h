/* Counts under a rule: what CountDerivatives and WatchCounts share. */
#ifndef JK_SERVICE_EVALUATE_COUNT_RULED_H
#define JK_SERVICE_EVALUATE_COUNT_RULED_H

#include "service/evaluate/count.h"
#include "service/evaluate/count_rule.h"
#include "service/call/page.h"

/* The reply to a request that has a rule, in `arena`. JK_CANCELLED without an error: it belongs on a reader thread. */
JK_MUST_USE enum jk_status jk_count_ruled(struct jk_call *call, const Jokbo__V1__CountDerivativesRequest *request,
                                          const struct jk_page *page, struct jk_arena *arena, bool on_reader,
                                          Jokbo__V1__DerivativeCount **out_reply);
/* What a count, a list or an explanation under a rule is made at. */
struct jk_ruled_at {
    struct jk_count_rule rule;
    uint32_t size;     /* log size that the reply names */
    uint32_t revision; /* of a closed stage's report, counted as that; 0: of none */
    uint32_t m;        /* with `revision`: its second size; else `size` */
    bool ask;          /* entries before the time asked for may be on their way */
};
/* In a view. `page` NULL: no list. What the call asks for must have been settled before it is answered (`ask`). */
JK_MUST_USE enum jk_status jk_count_ruled_at(struct jk_call *call, const struct jk_view *view,
                                             const Jokbo__V1__AsOf *as_of, const Jokbo__V1__CountRule *rule,
                                             const struct jk_page *page, struct jk_ruled_at *out_at);
/* Whether a scope of the log's book has a row in what is counted: a report has none for what is newer. NOT_FOUND
 * (NOT_IN_REPORT). */
JK_MUST_USE enum jk_status jk_count_ruled_scope(struct jk_call *call, const struct jk_view *view,
                                                const struct jk_ruled_at *at, struct jk_scope scope);
/* Every base model, team and all under a rule, on a reader thread; the time that as_of may give has been settled. */
JK_MUST_USE enum jk_status jk_list_counts_ruled(struct jk_call *call, const Jokbo__V1__ListCountsRequest *request,
                                                Jokbo__V1__ListCountsResponse *reply);

#endif
