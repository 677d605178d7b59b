/* A published log with two stages, without a server: the first closed once, the second twice (a ruling and late
 * registrations between), each revision with its files and its signed certificate. The second revision's state is
 * folded here from the entries. Ends the test program on failure. One thread. */
#ifndef JK_TESTS_STAGE_LOG_H
#define JK_TESTS_STAGE_LOG_H

#include "report/certificate.h"
#include "support/ledger.h"
#include "support/public_log.h"

#define JK_STAGE_LOG_REPORTS 3
#define JK_STAGE_LOG_TEXTS   4

struct jk_stage_log_report {
    const char *stage;
    unsigned revision;
    uint32_t n, m, entry;                     /* the closing's index */
    struct jk_text texts[JK_STAGE_LOG_TEXTS]; /* in the order of jk_stage_log_names */
    struct jk_text body, note;                /* of the certificate */
};
extern const char *const jk_stage_log_names[JK_STAGE_LOG_TEXTS];

struct jk_stage_log {
    struct jk_ledger ledger;
    struct jk_signer *log_key, *counts_key;
    struct jk_signer *old_key; /* after a rotation: entry 0's; else NULL */
    struct jk_stage_log_report reports[JK_STAGE_LOG_REPORTS];
    struct jk_public_log published;
    bool is_published;
};

/* `lie`: 0, or one more than the number of a text (report * JK_STAGE_LOG_TEXTS + text) whose digest the closing entry
 * has with a bit turned over. */
void jk_stage_log_make(struct jk_stage_log *log, unsigned lie);
/* The same, and once the first stage is closed the log changes its key, and retires the old one. */
void jk_stage_log_make_rotated(struct jk_stage_log *log);
void jk_stage_log_done(struct jk_stage_log *log);
/* Into a folder that exists. `replaced` (empty: none) stands in the place of the entry at that index. */
void jk_stage_log_publish(struct jk_stage_log *log, const char *folder, uint32_t index, struct jk_span replaced);
/* "stage/<id>/<revision>/<file>" */
void jk_stage_log_path(const struct jk_stage_log_report *report, const char *file, char out_path[128]);
/* A note of that body by these keys (NULL: not by this one). */
void jk_stage_log_sign(struct jk_span body, const struct jk_signer *counts, const struct jk_signer *log_key,
                       struct jk_text *out_note);

#endif
