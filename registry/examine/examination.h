/* The evidence of one release at a log size, from beginning to end: whom it is compared with, and what that comes to. What
 * it needs from outside it asks for: the book, for short times, manifests, and what an index finds. Used by the server,
 * and by whoever checks it. Source: registry/formats/evidence.md. */
#ifndef JK_EXAMINE_EXAMINATION_H
#define JK_EXAMINE_EXAMINATION_H

#include "examine/lineup.h"
#include "examine/model.h"

#define JK_FOUND_AT_ONCE 4096 /* artifacts that a finder gives at once */

struct jk_examination {
    void *context;
    /* The book, until `leave`: others may write meanwhile, but nothing below the size changes. */
    const struct jk_book *(*enter)(void *context);
    void (*leave)(void *context);
    /* A model, until `close`. At most two are open: the release's own, and another. Lasting: a base model or a reference,
     * with which many releases are compared. NULL: it is not to be had any more, and left out, so that what comes of the
     * rest is not the evidence text. */
    enum jk_status (*open)(void *context, const struct jk_digest *artifact, bool lasting,
                           const struct jk_examined **out_model, struct jk_error *error);
    void (*close)(void *context, const struct jk_examined *model);
    /* Gives `take` the artifacts of all manifests that have something equal to the model's (JK_FOUND_EQUAL), or whose
     * signature is alike (JK_FOUND_ALIKE), at most JK_FOUND_AT_ONCE at once. `take` returns false if it is to end. */
    enum jk_status (*find)(void *context, const struct jk_examined *model, unsigned found,
                           bool (*take)(void *taking, const struct jk_digest *artifacts, size_t count), void *taking,
                           struct jk_error *error);
    /* True: it is to end, with UNAVAILABLE (STOPPING). */
    bool (*is_stopping)(void *context);
};

/* A release whose manifest is held at n: what the entry says, and the text. *figures is filled in, the text appended;
 * the caller has set its limit and checks `failed`. NOT_FOUND (BLOB_NOT_FOUND): that manifest is not to be had. */
JK_MUST_USE enum jk_status jk_examine(const struct jk_examination *examination, uint32_t release, uint32_t n,
                                      struct jk_evidence_figures *figures, struct jk_text *out_text,
                                      struct jk_error *error);

/* The same from the challenge text of an attestation (slot), whose bytes are given, at n. INVALID_ARGUMENT: the text is not
 * sound, or not of this release and challenge. */
JK_MUST_USE enum jk_status jk_examine_attest(const struct jk_examination *examination, uint32_t attest, uint32_t n,
                                             struct jk_span challenge_text, struct jk_evidence_figures *figures,
                                             struct jk_text *out_text, struct jk_error *error);

#endif
