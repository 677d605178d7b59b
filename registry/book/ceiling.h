/* What is known of the licences above a derivative, as far as those whose they are have a say: base models, and models
 * of verified publishers where the policy asks for a verification. Pure; for standings of rule set 2. Source:
 * registry/formats/policy.md.
 *
 * A spell says whether there is a conflict with anybody above; only where it does is this asked. Memory: 12 bytes a
 * release and 4 a licence, from the first question on. Time: each release and each of its parents once, however many
 * derivatives are asked about. Belongs to whoever makes the standing. */
#ifndef JK_BOOK_CEILING_H
#define JK_BOOK_CEILING_H

#include "book/book.h"
#include "domain/policy.h"

struct jk_ceiling_row;
struct jk_ceiling_step;

struct jk_ceiling {
    const struct jk_book *book;
    uint32_t n;
    bool declared;                 /* adoptions are left out */
    bool verified;                 /* who is not verified has no say */
    struct jk_ceiling_row *above;  /* by release: what was met over it */
    struct jk_ceiling_row *given;  /* by licence: what it permits */
    struct jk_ceiling_step *steps; /* from the release asked about up to where the walk is */
};

void jk_ceiling_init(struct jk_ceiling *ceiling, const struct jk_book *book, const struct jk_policy *policy,
                     uint32_t n);
void jk_ceiling_done(struct jk_ceiling *ceiling);
/* Whether the licences of a model's releases bind those who descend from them. */
bool jk_ceiling_has_say(const struct jk_ceiling *ceiling, uint32_t model);
/* The last of the sizes in (after, until] at which they do; JK_NONE: at none of them. */
uint32_t jk_ceiling_last_say(const struct jk_ceiling *ceiling, uint32_t model, uint32_t after, uint32_t until);
/* Whether one ancestor's licence, as far as it is known, permits less than the release's. Only once it was asked whether
 * there is a conflict at all. */
bool jk_ceiling_permits_less(struct jk_ceiling *ceiling, uint32_t ancestor, uint32_t release);
/* Whether the release's licence permits what a known one above it that binds does not. False: out of memory. */
bool jk_ceiling_conflicts(struct jk_ceiling *ceiling, uint32_t release, bool *out_conflicts);

#endif
