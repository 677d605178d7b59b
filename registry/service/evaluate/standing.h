/* Cached standings, so that counts under a rule come from memory.
 *
 * The present: for each of the most recently requested rules (JK_KEPT_RULES), the totals of every scope at one size.
 * They are returned as long as the log has not grown, or they are younger than JK_KEPT_MS (or than four times the time
 * it took to make them, so that a large book is not walked all the time); otherwise a reader makes them anew. Any size:
 * the rows of the most recently used standings, each about 55 bytes a pair of derivative and root: so many as fit in
 * JK_KEPT_BYTES, but at least JK_KEPT_LEAST and at most JK_KEPT_STANDINGS. At most one of these is for a report's revision with two sizes: it needs a second book (700 bytes a derivative), folded
 * from PostgreSQL, which is kept with it.
 *
 * Threads: any; making only on a reader's, which lets writers pass every few thousand models and ends when its call has
 * no more time or no client. Nothing is made twice at once: others who want it wait for it, as long as their own calls
 * last. A second book is not waited for longer than JK_KEPT_WAIT_MS, and not at all by those who want another one, so
 * that readers stay free for others. Lock order: the store's view, then ours. What was given out stays until it is
 * released.
 */
#ifndef JK_SERVICE_EVALUATE_STANDING_H
#define JK_SERVICE_EVALUATE_STANDING_H

#include "book/late.h"
#include "service/evaluate/count_rule.h"

#define JK_KEPT_RULES     16
#define JK_KEPT_STANDINGS 32
#define JK_KEPT_LEAST     4
#define JK_KEPT_BYTES     ((size_t)64 << 20)
#define JK_KEPT_MS        200
#define JK_KEPT_WAIT_MS   2000

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
    size_t bytes;
    struct jk_book *cut; /* where the rule has an `m`: the state of the cut-off; else NULL: the log's book */
    struct jk_standing *standing;
};

struct jk_standings *jk_standings_new(void); /* NULL when out of memory */
void jk_standings_free(struct jk_standings *standings);

/* The cached totals, if they are good enough for a log of `size`, and are of at least `least`; NULL: renew them. */
struct jk_kept_totals *jk_standings_totals(struct jk_standings *standings, const struct jk_count_rule *rule,
                                           uint32_t size, uint32_t least);
/* On a reader thread, without a view: the same, made if necessary. */
JK_MUST_USE enum jk_status jk_standings_renew(struct jk_call *call, const struct jk_count_rule *rule, uint32_t least,
                                              struct jk_kept_totals **out_totals);
/* An empty total if the scope has nothing. */
const struct jk_policy_total *jk_kept_total(const struct jk_kept_totals *totals, struct jk_scope scope);
void jk_kept_totals_release(struct jk_kept_totals *totals); /* accepts NULL */

/* On a reader thread, without a view: the standing at a size. UNAVAILABLE (COMPUTING) if it needs a second book and
 * another call is making one. */
JK_MUST_USE enum jk_status jk_standings_at(struct jk_call *call, const struct jk_count_rule *rule, uint32_t size,
                                           struct jk_kept_standing **out_kept);
/* The book to query about those in it, and the size to use. */
const struct jk_book *jk_kept_book(const struct jk_kept_standing *kept, const struct jk_view *view);
uint32_t jk_kept_book_size(const struct jk_kept_standing *kept);
/* Those that came too late for it; none, except for a rule with an `m`. */
struct jk_late jk_kept_late(const struct jk_kept_standing *kept, const struct jk_view *view);
void jk_kept_standing_release(struct jk_kept_standing *kept); /* accepts NULL */

#endif
