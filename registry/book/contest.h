/* Who goes first among derivatives that hold the same content: the same weights, artifact or set of weight files;
 * copies (copies.h) take no part. Pure; for standings of rule set 2. Source: registry/formats/policy.md.
 *
 * First claims are made, one for each derivative in order of registration; then all is settled; then it is asked.
 * Memory: 8 bytes for each different weights digest, artifact and set; about 80 for each derivative that shares any of
 * them. Time: near-linear in the claims, however many share one content. Belongs to whoever makes the standing. */
#ifndef JK_BOOK_CONTEST_H
#define JK_BOOK_CONTEST_H

#include "book/claims.h"
#include "book/verdict.h"

struct jk_claimants;
struct jk_shared;
struct jk_claim;
struct jk_contender;

struct jk_contest {
    const struct jk_book *book;
    const struct jk_verdicts *verdicts; /* those of a model are there when it claims */
    uint32_t n;
    bool failed;                               /* out of memory: said when it is settled */
    struct jk_claimants *of[JK_CONTENT_KINDS]; /* by slot of the content */
    struct jk_shared *shared;                  /* contents that several claim */
    uint32_t shared_count, shared_room;
    struct jk_claim *claims; /* to those; once settled, in the order of each */
    uint32_t claim_count, claim_room;
    struct jk_contender *contenders; /* who takes part and shares something */
    uint32_t contender_count;
    uint32_t *contender_of; /* by model: its contender + 1, 0 for none */
    uint32_t *ready;        /* contenders whom nobody beats */
    uint32_t ready_count;
    uint32_t *heads; /* claims at the head of their order, a heap by their entries; NULL until there was a circle */
    uint32_t head_count;
};

bool jk_contest_init(struct jk_contest *contest, const struct jk_book *book, const struct jk_verdicts *verdicts,
                     uint32_t n); /* false: out of memory */
void jk_contest_done(struct jk_contest *contest);
void jk_contest_claim(struct jk_contest *contest, const struct jk_verdict *rows);
bool jk_contest_settle(struct jk_contest *contest); /* false: out of memory */
/* The model that goes first before one that takes part, and for which content they share (NULL: not asked); JK_NONE: it
 * goes first itself. */
uint32_t jk_contest_first_before(const struct jk_contest *contest, uint32_t model, enum jk_content *out_kind);

#endif
