/* --csv: results as rows for spreadsheets and statistics, with the values of --json (base/csv.h says how a cell is
 * written). `columns` describes a command's rows: names separated by commas, in the order of the cells. Each is the
 * field of that name; "roots=roots.name" is called roots and shows the names of all roots. The values of a list share
 * one cell, separated by ";"; null is an empty cell. On a terminal, control characters in untrusted text become "?". */
#ifndef JK_CLI_CONSOLE_SHEET_H
#define JK_CLI_CONSOLE_SHEET_H

#include <jansson.h>

#include "cli/console/pages.h"

/* The header, after the byte-order mark where --csv-bom asks for one. */
JK_MUST_USE enum jk_status jk_sheet_begin(struct jk_cli *cli, const char *columns);
/* One row, and frees it: for streams. NULL (out of memory) is RESOURCE_EXHAUSTED. */
JK_MUST_USE enum jk_status jk_sheet_row(struct jk_cli *cli, const char *columns, json_t *row);
/* Header and rows, an array, which it frees. */
JK_MUST_USE enum jk_status jk_sheet_print(struct jk_cli *cli, const char *columns, json_t *rows);
/* The same for a list's items, followed by the note if not all were asked for. */
JK_MUST_USE enum jk_status jk_sheet_list(struct jk_cli *cli, const char *columns, const struct jk_list *list);
/* Only the byte-order mark, if asked for: for CSV that is made elsewhere. */
const char *jk_sheet_mark(const struct jk_cli *cli);

#endif
