/* What the files of a report share: the parts of a row that are found in one walk for all rows. */
#ifndef JK_REPORT_REPORT_INSIDE_H
#define JK_REPORT_REPORT_INSIDE_H

#include "report/report.h"

/* The late ones, to registered and to left_out of each row. */
JK_MUST_USE enum jk_status jk_report_add_late(struct jk_report *report, struct jk_error *error);
/* The publishers of each row. */
JK_MUST_USE enum jk_status jk_report_add_publishers(struct jk_report *report, struct jk_error *error);
const char *jk_report_scope_word(enum jk_scope_type type);

#endif
