/* The four canonical texts of a report with their digests: what a closing commits to, and what anybody can recompute
 * byte by byte; and what the page for people shows beside them. Pure. Memory: about 280 bytes per derivative. Belongs to one thread. */
#ifndef JK_REPORT_TEXTS_H
#define JK_REPORT_TEXTS_H

#include "report/report.h"

struct jk_report_texts {
    struct jk_text table, json, members, left_out;
    struct jk_text team_names, listing; /* of listing.h: in no digest */
    struct jk_digest table_sha256, json_sha256, members_sha256, left_out_sha256;
};

/* On failure nothing is kept; jk_report_texts_free accepts what is left, and a zeroed struct. */
JK_MUST_USE enum jk_status jk_report_texts_make(const struct jk_report *report, struct jk_report_texts *out_texts,
                                                struct jk_error *error);
void jk_report_texts_free(struct jk_report_texts *texts);

#endif
