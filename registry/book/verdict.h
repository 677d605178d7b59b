/* What a standing consists of: a verdict for each derivative and root. Pure data. */
#ifndef JK_BOOK_VERDICT_H
#define JK_BOOK_VERDICT_H

#include "domain/policy.h"

/* One derivative and one of its roots. Rows are in order of registration of the derivative, then of the root. */
struct jk_verdict {
    uint32_t model, root; /* slots */
    uint32_t release;     /* deciding release */
    uint32_t publisher;   /* of the name at the size */
    uint32_t weights;     /* slot of the digest, JK_NONE for none */
    uint32_t brought;     /* entry with which the derivative first had that digest; JK_NONE for none */
    jk_reasons reasons;   /* all reasons that apply and are switched on */
    uint16_t flags;       /* of the spell, as the policy sees it: below */
    uint16_t month;       /* of the registration entry */
    uint16_t depth;
    uint8_t relation, license_class : 7, census : 1; /* census: it brought the derivative in */
};
/* In a verdict's flags the licence and ancestor flags are those of the declared paths if the policy ignores adoptions,
 * and three have another meaning: */
#define JK_VERDICT_COPY    (1u << 13) /* a duplicate by an ancestor or a ruling, by the policy's rule set */
#define JK_VERDICT_PENDING (1u << 14) /* a reason does not hold only because a verifier's word is missing */
#define JK_VERDICT_ADOPTED (1u << 15) /* only an adoption leads to the root */

struct jk_root_facts { /* of a base model at the size */
    bool listed, takes_part;
    uint32_t team;
};

struct jk_verdicts {
    struct jk_verdict *rows; /* in order of registration of the derivative, then of the root */
    size_t count, room;
    uint32_t *first_row;         /* by model: its first row + 1, 0 for none */
    struct jk_root_facts *roots; /* by model: as far as it is a base model */
    uint32_t models;
    uint32_t counted_n; /* the size whose newest entry says what time it is */
};

/* How many rows the derivative has whose first row is at this position. */
static inline size_t jk_verdicts_at(const struct jk_verdicts *verdicts, size_t at)
{
    size_t end = at + 1;
    while (end < verdicts->count && verdicts->rows[end].model == verdicts->rows[at].model)
        end++;
    return end - at;
}

/* Whether there is a root for which no reason holds, but for those that do not matter. */
static inline bool jk_verdicts_stand(const struct jk_verdict *rows, size_t count, jk_reasons but)
{
    for (size_t i = 0; i < count; i++)
        if (!(rows[i].reasons & ~but)) return true;
    return false;
}

/* The rows of one derivative; NULL and 0 where it is none. */
static inline const struct jk_verdict *jk_verdicts_of(const struct jk_verdicts *verdicts, uint32_t model,
                                                      size_t *out_count)
{
    *out_count = 0;
    if (model >= verdicts->models || verdicts->first_row[model] == 0) return NULL;
    size_t at = verdicts->first_row[model] - 1;
    *out_count = jk_verdicts_at(verdicts, at);
    return &verdicts->rows[at];
}

#endif
