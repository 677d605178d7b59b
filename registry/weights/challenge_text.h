/* The challenge text: the sketches of a release and of its parents, made by a verifier from their weights under a key
 * that did not exist when the weights were fixed. Anybody recomputes the grades from it alone (weighing.h). Pure; one
 * thread. Source: registry/formats/challenge.md. */
#ifndef JK_WEIGHTS_CHALLENGE_TEXT_H
#define JK_WEIGHTS_CHALLENGE_TEXT_H

#include "base/text.h"
#include "domain/grade.h"
#include "weights/sketches.h"

#define JK_CHALLENGE_TEXT_MAX (64u << 20)

/* The release, or a parent of it whose weights the verifier had. */
struct jk_challenge_model {
    struct jk_digest release;  /* lineage hash */
    struct jk_digest artifact; /* of the release's own manifest, as its statement has it */
    struct jk_span manifest;   /* of the same files, with sketches by the challenge's signs; points into the text */
    struct jk_sketches sketches;
};

struct jk_challenge_text {
    struct jk_digest release; /* lineage hash */
    uint64_t challenge;       /* index of the entry `challenge` */
    struct jk_digest key;
    struct jk_challenge_model models[1 + JK_GRADED_MAX]; /* the release first, then parents by lineage hash */
    size_t count;                                        /* at least 1 */
};

/* The key of a challenge: from the root of the tree that ends with the challenge's entry. */
struct jk_digest jk_challenge_key(const struct jk_digest *root, const struct jk_digest *release);

/* Writing: the head, then the release, then its parents in the order of their lineage hashes. The caller sets the
 * text's limit to JK_CHALLENGE_TEXT_MAX, and checks `failed` at the end. */
void jk_challenge_text_begin(struct jk_text *out, const struct jk_digest *release, uint64_t challenge,
                             const struct jk_digest *key);
void jk_challenge_text_add(struct jk_text *out, const struct jk_digest *release, const struct jk_digest *artifact,
                           struct jk_span manifest);

/* INVALID_ARGUMENT (INVALID_CHALLENGE_TEXT) names line and rule. The text must outlive what is read; *out is to be
 * done() in any case. */
JK_MUST_USE enum jk_status jk_challenge_text_read(struct jk_span text, struct jk_challenge_text *out,
                                                  struct jk_error *error);
/* Only whether a text could be read, with less memory: the sketches are not taken. */
JK_MUST_USE enum jk_status jk_challenge_text_check(struct jk_span text, struct jk_error *error);
void jk_challenge_text_done(struct jk_challenge_text *text);

/* Whether two manifests that have been checked list the same files and tensors, whatever their versions and sketches. */
bool jk_manifests_agree(struct jk_span one, struct jk_span two);

#endif
