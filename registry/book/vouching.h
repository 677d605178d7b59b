/* What verifiers say of a derivative of a root: whether its artifact is attested, and what its weights show along its paths.
 * Pure; for standings of rule set 2 whose policy asks. Source: registry/formats/policy.md, Verifiers that have a say.
 *
 * Memory: 8 bytes a release, from the first question about paths on. Time of such a question: the releases above over
 * edges that pass, and their attestations. Belongs to whoever makes the standing. */
#ifndef JK_BOOK_VOUCHING_H
#define JK_BOOK_VOUCHING_H

#include "book/verdict.h"
#include "book/vouched.h"

struct jk_vouching {
    const struct jk_book *book;
    const struct jk_policy *policy;
    uint32_t n;
    bool pending_passes;          /* what is merely missing does not count against anybody */
    bool declared;                /* adoptions are left out */
    uint32_t *seen, *queue, walk; /* by release: the last walk that met it */
    uint64_t steps;               /* releases looked at since the last breath */
};

/* The book and the policy must outlive it. */
void jk_vouching_init(struct jk_vouching *vouching, const struct jk_book *book, const struct jk_policy *policy,
                      uint32_t n, bool pending_passes);
void jk_vouching_done(struct jk_vouching *vouching); /* accepts a zeroed struct */

/* A derivative, by its deciding release, and one of its roots, whose team is `team`; JK_NONE: no root, nobody's team. */
struct jk_vouched_pair {
    uint32_t model, release, root, team;
};

static inline struct jk_vouched_pair jk_vouched_pair_of(const struct jk_verdicts *verdicts,
                                                        const struct jk_verdict *row)
{
    return (struct jk_vouched_pair){row->model, row->release, row->root, verdicts->roots[row->root].team};
}

/* Whether an attestation is its verifier's newest of that release, and the verifier has a say on the pair. */
bool jk_attest_speaks(const struct jk_vouching *vouching, const struct jk_vouched_pair *pair, uint32_t attest);

/* Of the newest attestation of each verifier in effect that has a say on the pair. `newest`: slot of the newest of those
 * that differ, where they are not fewer, or else of those that agree; JK_NONE: none. */
struct jk_votes {
    uint32_t agree, differ;
    uint32_t newest;
};
struct jk_votes jk_votes_on(const struct jk_vouching *vouching, const struct jk_vouched_pair *pair);

/* The grade of the edge from `release` to its parent at that place, by those who have a say on the pair; none where all
 * of them say nothing of it. False: unproven. */
bool jk_edge_grade(const struct jk_vouching *vouching, const struct jk_vouched_pair *pair, uint32_t release,
                   uint32_t parent, enum jk_grade *out_grade);
/* The newest `evidence` from which the edges of the pair's own release have grades, rather one with another grade than
 * none; slot, JK_NONE: none. */
uint32_t jk_deciding_evidence(const struct jk_vouching *vouching, const struct jk_vouched_pair *pair);
/* The root's grade: JK_GRADE_NONE where it is unproven, JK_GRADES where no path leads there. False: out of memory. */
bool jk_root_grade(struct jk_vouching *vouching, const struct jk_vouched_pair *pair, enum jk_grade *out_grade);
/* Whether the root's grade would be at least this if each unproven edge were `same`. False: out of memory. */
bool jk_root_may_have(struct jk_vouching *vouching, const struct jk_vouched_pair *pair, enum jk_grade least,
                      bool *out_may);

/* The reasons `unattested` and `evidence`, as far as the policy has them; and whether any of them does not hold only because
 * something is missing. False: out of memory. */
bool jk_vouching_reasons(struct jk_vouching *vouching, const struct jk_vouched_pair *pair, enum jk_relation relation,
                         jk_reasons *out_reasons, bool *out_pending);

#endif
