/* A counting rule as requested: the policy, and with a stage the participating teams. Pure. */
#ifndef JK_SERVICE_EVALUATE_COUNT_RULE_H
#define JK_SERVICE_EVALUATE_COUNT_RULE_H

#include "book/stage.h"
#include "book/standing.h"
#include "service/call/convert.h"
#include "service/call/services.h"

struct jk_count_rule {
    struct jk_policy policy;
    struct jk_digest digest;
    bool staged;
    uint32_t teams[JK_STAGE_TEAMS_MAX]; /* slots, rising; with a stage */
    size_t team_count;
    uint32_t from; /* the entry since which it has been as it is; a present count is for a later size */
    uint32_t m;    /* of a report's revision with two sizes: up to which rulings are taken; 0: as all else */
};

/* The rule at size n, so that the answer for n never changes: a policy by name alone is its highest version at n, a
 * stage is as stated before n; anything not stated by n is taken as first stated later. NOT_FOUND (policy, stage),
 * INVALID_ARGUMENT (empty). */
JK_MUST_USE enum jk_status jk_count_rule_find(struct jk_call *call, const struct jk_view *view,
                                              const Jokbo__V1__CountRule *asked, uint32_t n,
                                              struct jk_count_rule *out_rule);
/* The closing whose revision a rule is counted as: for a closed stage, without as_of, the newest or the requested one;
 * otherwise NULL. `page_size`: the log size of a page token, 0 without one: all pages of a list use the revision of the
 * first, which is identified by its m. `asked` may be NULL, or name something that does not exist. INVALID_ARGUMENT,
 * NOT_FOUND (REVISION_NOT_FOUND), FAILED_PRECONDITION (STAGE_NOT_CLOSED). */
JK_MUST_USE enum jk_status jk_count_rule_closing(struct jk_call *call, const struct jk_view *view,
                                                 const Jokbo__V1__CountRule *asked, const Jokbo__V1__AsOf *as_of,
                                                 uint32_t page_size, const struct jk_closing **out_closing);
/* Whether both count the same way. */
bool jk_count_rule_equal(const struct jk_count_rule *a, const struct jk_count_rule *b);
/* The question to jk_standing_make; points into the rule. */
struct jk_standing_query jk_count_rule_query(const struct jk_count_rule *rule, uint32_t n);

#endif
