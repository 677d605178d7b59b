/* A release to be registered: gathered, asked for, resolved, shown, sent. Used by `register` and `publish`. One thread;
 * memory is in the run's arena. Local mistakes and the server's are collected, and reported together. */
#ifndef JK_CLI_SUBMISSION_H
#define JK_CLI_SUBMISSION_H

#include "base/digest.h"
#include "cli/console/cli.h"
#include "declare/declaration.h"
#include "declare/licensing.h"
#include "declare/pin.h"

struct jk_submission {
    struct jk_cli *cli;
    bool publish; /* another release of a registered model, rather than a new model */
    struct jk_sources sources;
    struct jk_declaration declaration;
    struct jk_pins pins;            /* the parents, as they are registered */
    const Jokbo__V1__Model *before; /* publishing: the model as it is */
    struct jk_error mistakes;
    bool findings_shown;           /* before it was sent, and what is said of its publisher */
    bool incomplete;               /* a field is missing, and nobody can be asked */
    struct jk_licensing licensing; /* what the files declare */
    const char *license, *license_from;
    struct jk_span manifest, license_bytes; /* to upload; empty for none */
    char license_text[JK_DIGEST_HEX + 1], artifact[JK_DIGEST_HEX + 1], weights[JK_DIGEST_HEX + 1]; /* "" for none */
    const char *license_text_from, *digests_from;
    Jokbo__V1__Derivative derivative;
    Jokbo__V1__Parent *parents[JK_PARENTS_MAX];
};

/* Gathers and resolves everything; afterwards `derivative` is ready to send. Fails with all mistakes at once. */
JK_MUST_USE enum jk_status jk_submission_prepare(struct jk_cli *cli, bool publish, struct jk_submission *out);
/* Manifest, licence text and digests, from options; mistakes are collected. */
JK_MUST_USE enum jk_status jk_submission_attach(struct jk_submission *submission);
/* The licence: from the option, the card, the previous release, or the user at the terminal. */
void jk_submission_license(struct jk_submission *submission);
/* Uploads what is attached. */
JK_MUST_USE enum jk_status jk_submission_upload(struct jk_submission *submission);
/* Sends it. *out_registration is NULL on failure; if the identical statement already exists, cli->error.facts has its
 * log_index and lineage_hash, and the status is JK_ALREADY_EXISTS. */
JK_MUST_USE enum jk_status jk_submission_send(struct jk_submission *submission, bool validate_only,
                                              Jokbo__V1__Registration **out_registration);

#endif
