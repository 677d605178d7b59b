/* Shared by the files of a report: the parts of a row that are computed in one walk for all rows. */
#ifndef JK_REPORT_REPORT_INSIDE_H
#define JK_REPORT_REPORT_INSIDE_H

#include "report/report.h"

#define JK_REPORT_STRIDE 4096 /* derivatives walked before the books are released */

static inline void jk_report_hold(const struct jk_report *report, bool held)
{
    if (report->source.hold) report->source.hold(report->source.hold_context, held);
}
/* Lets threads that wait for the books proceed. */
static inline void jk_report_breathe(const struct jk_report *report)
{
    jk_report_hold(report, false);
    jk_report_hold(report, true);
}

/* Adds the late ones to registered and left_out of each row. */
JK_MUST_USE enum jk_status jk_report_add_late(struct jk_report *report, struct jk_error *error);
/* The publishers of each row. */
JK_MUST_USE enum jk_status jk_report_add_publishers(struct jk_report *report, struct jk_error *error);
const char *jk_report_scope_word(enum jk_scope_type type);
/* The table's columns under a rule set, tabs between them, without a line end; and a row's numbers, in the order of the
 * columns from "registered" on. Says how many there are. */
void jk_report_columns(uint32_t rules, struct jk_text *out);
#define JK_REPORT_FACTS 9 /* "counted" to "pending"; the last two under rule set 2 */
#define JK_REPORT_NUMBERS                                                                                              \
    (1 + JK_REASON_COUNT + JK_REPORT_FACTS + (JK_RELATION_COUNT - JK_RELATION_FINETUNE) + JK_LICENSE_CLASSES +         \
     JK_COUNT_DEPTHS)
size_t jk_report_numbers(const struct jk_policy_total *total, uint32_t rules, uint32_t out_numbers[JK_REPORT_NUMBERS]);
/* "jokbo/report/v<number>": its texts say what the rule set has. */
const char *jk_report_format(uint32_t rules);

#endif
