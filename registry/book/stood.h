/* Since when a derivative has stood without a break, by the reasons before `duplicate`; for who goes first among those
 * with the same content. Pure; for standings of rule set 2. Source: registry/formats/policy.md, Since when one stands.
 *
 * Each size is judged by the spells of that size, but for what is taken as at the end: rulings, the stage's teams, whose
 * own a model is, what licences permit. Spells do not say what its hub showed, nor whether there was a licence conflict
 * with those whose licences bound: the latter is looked for in the ancestors, where there is any at all: 8 bytes a release
 * and those of ceiling.h, from the first such question on. Time of a question: the spells of the derivative, more than
 * once only where its hub did not show it for a time; and with a conflict its ancestors for each release that decided.
 * Belongs to whoever makes the standing. */
#ifndef JK_BOOK_STOOD_H
#define JK_BOOK_STOOD_H

#include "book/breath.h"
#include "book/ceiling.h"
#include "book/flag_reasons.h"
#include "book/gone.h"
#include "book/verdict.h"

struct jk_stood {
    const struct jk_book *book;
    const struct jk_policy *policy;
    const struct jk_verdicts *verdicts;
    uint32_t n;
    bool declared; /* adoptions are left out */
    struct jk_flag_reasons of_flags;
    struct jk_gone gone;
    struct jk_ceiling ceiling;           /* whose licences bind: by the policy */
    struct jk_ceiling all;               /* everybody's do */
    uint32_t *seen, *queue, walk, count; /* by release: the last walk that met it; what this walk found */
    uint32_t walked;                     /* the release that it was for */
    uint64_t steps;                      /* spells and ancestors looked at since the last breath */
};

/* The policy and the verdicts, which have all reasons but `duplicate` and what comes after it, must outlive it. */
void jk_stood_init(struct jk_stood *stood, const struct jk_book *book, const struct jk_policy *policy,
                   const struct jk_verdicts *verdicts, uint32_t n);
void jk_stood_done(struct jk_stood *stood);
/* Of a derivative that stands, with its rows: the entry since which it has stood without a break, but no earlier one than
 * `since`. Takes a breath whenever it has been long: one derivative may have many releases with many ancestors. */
JK_MUST_USE enum jk_status jk_stood_since(struct jk_stood *stood, const struct jk_verdict *rows, size_t count,
                                          uint32_t since, const struct jk_breath *breath, uint32_t *out_entry,
                                          struct jk_error *error);

#endif
