/* A log fetched and checked, for `audit`: from a folder, or from a URL by way of a mirror. */
#ifndef JK_VERIFY_AUDIT_LOG_H
#define JK_VERIFY_AUDIT_LOG_H

#include "audit/mirror.h"
#include "tlog/trust.h"
#include "verify/audit_key.h"
#include "verify/memory.h"

struct jk_audit_log {
    const char *at;                                           /* as given */
    const char *folder;                                       /* where the files lie */
    const char *temporary;                                    /* the same, where it goes at the end; NULL: it stays */
    struct jk_mirror *mirror;                                 /* NULL: a folder was given */
    int descriptor;                                           /* of the folder */
    uint64_t fetched;                                         /* tiles */
    struct jk_text note, offered, earlier_note, earlier_keys; /* what the spans below lie in */
    struct jk_checkpoint claimed; /* what the source's checkpoint says, unsigned; zero: it is malformed */
    struct jk_audit_trust trust;
    struct jk_audit_signed head;  /* `key` lies in trust, or in the keys below */
    bool unsettled;               /* nobody trusted has signed head or earlier: the entries are to tell who may */
    struct jk_audit_keys signers; /* of head, by the log's entries; count 0: the trusted keys are none of the log's */
    struct jk_audit_keys earlier_signers;
    struct jk_trust_verdict verdict; /* with --trust-policy */
    bool has_earlier;                /* the mirror held a checkpoint */
    struct jk_audit_signed earlier;
    struct jk_memory memory; /* what this user remembers of the log */
    bool remembers;          /* `memory` is open */
    uint64_t seen;           /* size that was remembered and is now known to be the log's beginning; 0: none */
    struct jk_audit *audit;
};

void jk_audit_log_init(struct jk_audit_log *log);
void jk_audit_log_done(struct jk_audit_log *log);
/* Everything up to the fold, and the log checked against what is remembered of it. On a finding the failure is in
 * cli->error; wrong files that a mirror fetched are moved aside, and for a fork both checkpoints are printed to
 * cli->err. */
JK_MUST_USE enum jk_status jk_audit_log_check(struct jk_cli *cli, const char *at, bool fold, struct jk_audit_log *log);

#endif
