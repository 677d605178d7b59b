/* Standings that are kept, so that counts under a rule come from memory.
 *
 * The present: for each of the rules asked for last (JK_KEPT_RULES), the totals of every scope at one size. Whoever
 * asks gets them as long as the log has not grown, or they are younger than JK_KEPT_MS (or than four times what making
 * them took, so that a large book is not walked all the time); else a reader makes them anew. Any size: the rows of the
 * JK_KEPT_STANDINGS standings used last, about 45 bytes a pair of derivative and root each.
 *
 * Threads: any; making only on a reader's. What two want at once one makes, the other waits. Lock order: the store's
 * view, then ours. What was given out stays until it is released. */
#ifndef JK_SERVICE_STANDING_H
#define JK_SERVICE_STANDING_H

#include "service/count_rule.h"

#define JK_KEPT_RULES     16
#define JK_KEPT_STANDINGS 4
#define JK_KEPT_MS        200

struct jk_standings;

struct jk_kept_totals { /* read-only */
    atomic_uint holders;
    struct jk_count_rule rule;
    uint32_t size;
    int64_t made_ms, cost_ms;
    size_t count;
    struct jk_scope *scopes;
    struct jk_policy_total *totals;
};

struct jk_kept_standing { /* read-only */
    atomic_uint holders;
    struct jk_count_rule rule;
    uint32_t size;
    struct jk_standing *standing;
};

struct jk_standings *jk_standings_new(void); /* NULL when out of memory */
void jk_standings_free(struct jk_standings *standings);

/* The kept totals, where they are good enough for a log of `size`, and of at least `least`; NULL: renew them. */
struct jk_kept_totals *jk_standings_totals(struct jk_standings *standings, const struct jk_count_rule *rule,
                                           uint32_t size, uint32_t least);
/* On a reader thread, without a view: the same, made where they must be. */
JK_MUST_USE enum jk_status jk_standings_renew(struct jk_standings *standings, struct jk_store *store,
                                              const struct jk_count_rule *rule, uint32_t least,
                                              struct jk_kept_totals **out_totals, struct jk_error *error);
/* An empty total where the scope has nothing. */
const struct jk_policy_total *jk_kept_total(const struct jk_kept_totals *totals, struct jk_scope scope);
void jk_kept_totals_release(struct jk_kept_totals *totals); /* accepts NULL */

/* On a reader thread, without a view: the standing at a size. */
JK_MUST_USE enum jk_status jk_standings_at(struct jk_standings *standings, struct jk_store *store,
                                           const struct jk_count_rule *rule, uint32_t size,
                                           struct jk_kept_standing **out_kept, struct jk_error *error);
void jk_kept_standing_release(struct jk_kept_standing *kept); /* accepts NULL */

#endif
