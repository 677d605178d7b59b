/* One thing that `jokbo verify` checks: a receipt with its entry, and perhaps files. One thread; memory is in the run's
 * arena. */
#ifndef JK_VERIFY_SUBJECT_H
#define JK_VERIFY_SUBJECT_H

#include <jansson.h>
#include <jokbo/v1/registry.pb-c.h>

#include "verify/anchor.h"
#include "verify/receipts.h"

struct jk_subject {
    const char *title;                 /* the receipt's path, or the model asked for */
    struct jk_receipt_file file;       /* texts that are not here are empty */
    struct jk_digest expected;         /* the lineage hash that it should have; zero for none */
    const Jokbo__V1__Release *release; /* as the server has it now; NULL: it was not asked yet */
    const char *folder;                /* whose files are compared with the manifest; NULL: none */
    unsigned threads;                  /* that read them; 0: one a core */
    struct jk_evidence evidence;
    struct jk_results results;
    struct jk_anchor anchor;
    bool anchored;                   /* `anchor` is open */
    bool is_manifest;                /* by itself, in `file`: only `folder` is held against it */
    bool is_certificate;             /* of counts, at `title`: certified.h checks it */
    const struct jk_subject *before; /* whose check covered the same log's newest checkpoint already; NULL: none */
    bool aside;              /* the server keeps another log, of which other receipts are: this one can do without it */
    bool own_checkpoint;     /* a policy is asked about the receipt's own checkpoint alone */
    const char *outcome;     /* what happened to the stored receipt; NULL: nothing was to be done */
    bool newest_asked;       /* the receipt is as new as the server could give it: no need to ask again */
    struct jk_error trouble; /* the first thing that kept a check from being made; not set offline */
};

void jk_subject_init(struct jk_subject *subject, struct jk_cli *cli, const char *title);
/* Reads receipt and entry; gets the entry from the server where it is not here. */
void jk_subject_read(struct jk_subject *subject, struct jk_cli *cli);
/* All checks. Fails only on invalid user input: a malformed key, an unreadable file. */
JK_MUST_USE enum jk_status jk_subject_check(struct jk_subject *subject, struct jk_cli *cli);
/* Of a receipt that is aside, that the server keeps another log is a note; false: that is not why it failed. */
bool jk_subject_set_aside(struct jk_subject *subject, const char *check, const struct jk_error *why);
void jk_subject_print(const struct jk_subject *subject, struct jk_cli *cli);
json_t *jk_subject_json(const struct jk_subject *subject);

#endif
