/* Recomputes a stage's report from a verified log, and compares it with the log's closing entry and with what is served
 * beside the log. One revision at a time; every revision after the first needs its own folded book.
 *
 * Differences are DATA_LOSS with the facts `file`, `expected` (what the log gives) and `found`. Reasons: AUDIT_REPORT
 * (a digest in the closing entry), AUDIT_SERVED (a served text), AUDIT_CERTIFICATE (the certificate's text or
 * signatures). A file that is not served at all is also DATA_LOSS, AUDIT_ABSENT with the fact `file`. Thread: the
 * audit's. */
#ifndef JK_AUDIT_STAGE_H
#define JK_AUDIT_STAGE_H

#include "audit/audit.h"
#include "book/stage.h"
#include "report/certificate.h"

#define JK_AUDIT_TEXTS     4
#define JK_AUDIT_SERVED    ((size_t)1 << 30) /* bytes of a served text at most */
#define JK_AUDIT_FILE_ROOM 160

struct jk_audit_revision {
    const struct jk_stage *stage; /* as of the cut-off */
    const struct jk_closing *closing;
    struct jk_digest root_n, root_m;
    struct jk_report_texts texts;
    struct jk_text certificate; /* the body */
};

/* Accepts a zeroed struct. */
void jk_audit_revision_done(struct jk_audit_revision *revision);
JK_MUST_USE enum jk_status jk_audit_revision_make(struct jk_audit *audit, const struct jk_closing *closing,
                                                  struct jk_audit_revision *out_revision, struct jk_error *error);

/* The canonical texts by number, 0 to JK_AUDIT_TEXTS - 1: the name of their file, their bytes, the digest of these, and
 * the one in the closing entry. */
struct jk_audit_text {
    const char *file;
    struct jk_span bytes;
    struct jk_digest made, closed;
};
struct jk_audit_text jk_audit_revision_text(const struct jk_audit_revision *revision, unsigned number);
/* "stage/<id>/<revision>/<file>", where it is served. */
void jk_audit_revision_path(const struct jk_audit_revision *revision, const char *file,
                            char out_path[JK_AUDIT_FILE_ROOM]);

/* Checks that every text has the digest in the closing entry. */
JK_MUST_USE enum jk_status jk_audit_revision_hold(const struct jk_audit_revision *revision, struct jk_error *error);
/* A text as it is served. */
JK_MUST_USE enum jk_status jk_audit_revision_served(const struct jk_audit_revision *revision, unsigned number,
                                                    struct jk_span bytes, struct jk_error *error);

/* Notes that nothing is served at `path`, although there must be (formats/log.md). The first one missing is reported.
 */
enum jk_status jk_audit_revision_absent(const struct jk_audit_revision *revision, const char *path,
                                        struct jk_error *error);

/* Checks the served certificate: its body equals ours to the byte; it is signed by a key that signs for the log at some
 * size after the closing (the entries name them; `head`, who signed the checkpoint, if they do not), and by the counts
 * key (NULL: not checked). `out_log_key`: which of the log's keys signed. */
JK_MUST_USE enum jk_status jk_audit_revision_certified(const struct jk_audit_revision *revision,
                                                       const struct jk_book *book, struct jk_span note,
                                                       const struct jk_verifier *head,
                                                       const struct jk_verifier *counts_key,
                                                       struct jk_verifier *out_log_key, struct jk_error *error);

#endif
