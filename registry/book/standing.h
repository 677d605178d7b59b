/* Standing: which derivatives count under a policy at a size, and every reason why not. Pure. Rules:
 * registry/formats/policy.md. A standing is made completely in one walk of the book (about 50 bytes a pair of
 * derivative and root), belongs to whoever made it, and does not change while the book grows; it contains slots, so it
 * must not outlive the book. */
#ifndef JK_BOOK_STANDING_H
#define JK_BOOK_STANDING_H

#include "book/breath.h"
#include "book/count.h"
#include "book/verdict.h"
#include "domain/policy.h"

struct jk_standing_query {
    const struct jk_policy *policy;
    uint32_t n;
    uint32_t counted_n; /* of a cut-off's state: the report's n, whose newest entry says what time it was; 0: n */
    /* Slots of the teams that take part; NULL: every team does. */
    const uint32_t *teams;
    size_t team_count;
    bool pending_passes;     /* what verifiers have not said yet counts against nobody: a stage's first revision */
    struct jk_breath breath; /* taken every few thousand models; where it says so, the making ends with its error */
};

struct jk_standing;

JK_MUST_USE enum jk_status jk_standing_make(const struct jk_book *book, const struct jk_standing_query *query,
                                            struct jk_standing **out_standing, struct jk_error *error);
void jk_standing_free(struct jk_standing *standing);
uint32_t jk_standing_size(const struct jk_standing *standing);
size_t jk_standing_bytes(const struct jk_standing *standing); /* of memory */
const struct jk_verdicts *jk_standing_verdicts(const struct jk_standing *standing);
const struct jk_verdict *jk_standing_rows(const struct jk_standing *standing, size_t *out_count);
/* The rows of one derivative; NULL and 0 if it is not one. */
const struct jk_verdict *jk_standing_of(const struct jk_standing *standing, uint32_t model, size_t *out_count);

/* Its place in a scope: JK_REASON_COUNT means that it counts; otherwise the reason it is listed under. False: no root
 * there. */
bool jk_standing_place(const struct jk_standing *standing, const struct jk_verdict *rows, size_t count,
                       struct jk_scope scope, enum jk_reason *out_reason);

/* Of one that counts in a scope: for each root there that it counts for, a verifier's word is still missing. */
bool jk_standing_is_pending(const struct jk_standing *standing, const struct jk_verdict *rows, size_t count,
                            struct jk_scope scope);

/* Adjusts a share of the plain count to the policy: if that ignores adoptions, least depth and independence are those
 * of the declared roots; depth 0 if there is none. */
void jk_standing_look(const struct jk_standing *standing, const struct jk_verdict *rows, size_t count,
                      struct jk_scope scope, struct jk_share *share);

/* A total under the policy. `plain` is about those that count, except for plain.registered: all with a root in the
 * scope; plain.yanked is 0. Always: plain.registered = plain.counted + the sum of left_out. */
struct jk_policy_total {
    struct jk_total plain;
    uint32_t left_out[JK_REASON_COUNT];
    uint32_t pending; /* of those that count: only as long as verifiers say no more */
};
JK_MUST_USE enum jk_status jk_standing_total(const struct jk_standing *standing, const struct jk_book *book,
                                             struct jk_scope scope, struct jk_policy_total *out_total,
                                             struct jk_error *error);
/* Totals of many different scopes, in one pass as long as 64 MiB are enough for the distinct numbers. */
JK_MUST_USE enum jk_status jk_standing_totals(const struct jk_standing *standing, const struct jk_book *book,
                                              const struct jk_scope *scopes, size_t count,
                                              struct jk_policy_total *out_totals, struct jk_error *error);
/* Those that count in a scope, by publisher or licence expression: like jk_count_groups. */
JK_MUST_USE enum jk_status jk_standing_groups(const struct jk_standing *standing, const struct jk_book *book,
                                              struct jk_scope scope, enum jk_group_by by, struct jk_arena *arena,
                                              struct jk_group **out_groups, size_t *out_count, struct jk_error *error);

#endif
