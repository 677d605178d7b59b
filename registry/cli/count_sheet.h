/* Counts as CSV: one row per scope (or, with --by, per group), with the names and values of the interface's messages.
 * Shared by `count`, `audit --counts`, `watch` and `policy check`. */
#ifndef JK_CLI_COUNT_SHEET_H
#define JK_CLI_COUNT_SHEET_H

#include "cli/console/sheet.h"
#include "cli/counting.h"

/* The columns with one more for every reason, left_out_<reason>, whose numbers are in the row's object "left_out". In
 * the arena. */
const char *jk_count_reason_columns(struct jk_cli *cli, const char *columns);
/* Columns and row of one count, told under a rule or not. */
const char *jk_count_columns(struct jk_cli *cli, bool ruled);
json_t *jk_count_row(const Jokbo__V1__DerivativeCount *count);

JK_MUST_USE enum jk_status jk_count_sheet(struct jk_cli *cli, const Jokbo__V1__DerivativeCount *count,
                                          const struct jk_count_wish *wish);
JK_MUST_USE enum jk_status jk_count_sheet_all(struct jk_cli *cli, const Jokbo__V1__ListCountsResponse *counts);

#endif
