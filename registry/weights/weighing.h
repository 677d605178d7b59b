/* Makes the evidence of a release: compares its weights with those of other models, one after the other, and finds what
 * it has in common with models that it does not descend from. Each other model is needed only while it is compared.
 * Pure; one thread. Source: registry/formats/evidence.md. */
#ifndef JK_WEIGHTS_WEIGHING_H
#define JK_WEIGHTS_WEIGHING_H

#include "weights/challenge_text.h"
#include "weights/evidence_text.h"

struct jk_weighing;

/* A model's manifest and what it says. Both must outlive their use. */
struct jk_weighed {
    struct jk_span manifest;
    const struct jk_sketches *sketches;
};

/* `child` is compared, and must outlive the weighing. The evidence is by public signs; see jk_weigh_challenge for that
 * of a challenge. NULL: out of memory. */
struct jk_weighing *jk_weighing_new(const struct jk_digest *release, const struct jk_digest *artifact, uint64_t at,
                                    struct jk_weighed child);
void jk_weighing_free(struct jk_weighing *weighing); /* accepts NULL */
/* In the order of the format: declared parents, further ancestors, then all others. `other` NULL: its manifest is not
 * held, which is said of parents alone. False: out of memory. */
bool jk_weighing_add(struct jk_weighing *weighing, const struct jk_compared *who, const struct jk_weighed *other);
/* After the last: what was found, which stays the weighing's. Once. NULL: out of memory. */
const struct jk_evidence_text *jk_weighing_end(struct jk_weighing *weighing);

/* The evidence of an `attest` entry: the release with each of its declared parents, whose lineage hashes are given in
 * the statement's order (at most JK_GRADED_MAX). `text`: the challenge text, whose digest is `digest`. To be
 * ended and freed; NULL: out of memory. */
struct jk_weighing *jk_weigh_challenge(const struct jk_challenge_text *text, const struct jk_digest *digest,
                                       uint64_t attest, uint64_t at, const struct jk_digest *parents, size_t count);

#endif
