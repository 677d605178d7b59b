/* A stage's report on a terminal: what it covers; one line for the total, each team and each base, with what was left
 * out by reason and the change since the previous stage; the steps from registered to counted; and everything counted,
 * split. Pure: text from summaries. */
#ifndef JK_CLI_CONSOLE_REPORT_TABLE_H
#define JK_CLI_CONSOLE_REPORT_TABLE_H

#include "report/summary.h"

struct jk_report_style {
    bool color, utf8;
    size_t width; /* of the screen in columns; 0: without an end */
};

/* `previous`: the report of the stage that summary->previous names, or NULL. Cells lie in the arena. */
void jk_report_table(const struct jk_summary *summary, const struct jk_summary *previous, struct jk_report_style style,
                     struct jk_arena *arena, struct jk_text *out);

#endif
