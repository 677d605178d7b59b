/* What the files of reweigh.h share; for these alone. */
#ifndef JK_AUDIT_REWEIGH_INSIDE_H
#define JK_AUDIT_REWEIGH_INSIDE_H

#include "audit/reweigh.h"
#include "examine/examination.h"
#include "examine/catalogue.h"

struct jk_unread_list {
    struct jk_unread *items;
    size_t count, room;
};

struct jk_reweighing {
    const struct jk_reweigh_options *options;
    const struct jk_book *book;
    uint32_t size;
    struct jk_examination outside;
    struct jk_shelf *shelf;
    struct jk_catalogue *catalogue;
    uint32_t holdings;            /* entered into the index so far */
    bool *entered;                /* by release: its manifest is in the index, or among those that are not to be had */
    struct jk_unread_list unread; /* of all that the index should have */
    struct jk_unread_list left_out;    /* of the examination under way */
    struct jk_digest challenge_digest; /* of `challenge` */
    struct jk_text challenge;          /* the challenge text fetched last */
    uint64_t done, total;
};

/* The bytes with a digest, held against it. False: they are not to be had, which the finding then says. */
JK_MUST_USE enum jk_status jk_reweigh_fetch(const struct jk_reweighing *reweighing, const struct jk_digest *digest,
                                            const char *what, size_t most, struct jk_text *out_bytes,
                                            struct jk_reweigh_finding *finding, bool *out_found,
                                            struct jk_error *error);
/* A challenge text, in reweighing->challenge. */
JK_MUST_USE enum jk_status jk_reweigh_challenge(struct jk_reweighing *reweighing, const struct jk_digest *digest,
                                                struct jk_reweigh_finding *finding, bool *out_found,
                                                struct jk_error *error);
/* A stored manifest. *out_model NULL: *out_why says why. */
JK_MUST_USE enum jk_status jk_reweigh_open(struct jk_reweighing *reweighing, const struct jk_digest *artifact,
                                           bool lasting, const struct jk_examined **out_model,
                                           enum jk_reweigh_verdict *out_why, struct jk_error *error);
bool jk_unread_add(struct jk_unread_list *list, const struct jk_unread *unread); /* false: out of memory */
/* That what was asked for rests on a manifest that is not to be had. */
void jk_reweigh_tell_unread(struct jk_reweigh_finding *finding, const struct jk_unread *unread);

/* The index, with all manifests that the log says were stored before n. */
JK_MUST_USE enum jk_status jk_reweigh_enter(struct jk_reweighing *reweighing, uint32_t n, struct jk_error *error);

/* An attestation whose entry names a challenge text; *finding has entry, kind and release, and says SAME. */
JK_MUST_USE enum jk_status jk_reweigh_attest(struct jk_reweighing *reweighing, uint32_t attest,
                                             struct jk_reweigh_finding *finding, struct jk_error *error);
/* An entry `evidence`; the same. */
JK_MUST_USE enum jk_status jk_reweigh_evidence(struct jk_reweighing *reweighing, uint32_t evidence,
                                               struct jk_reweigh_finding *finding, struct jk_error *error);

#endif
