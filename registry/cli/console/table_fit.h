/* How a table fits a screen: first the columns that may wrap are narrowed, down to their longest word; if that is not
 * enough, columns that can be spared are dropped, one after another. Whatever still does not fit runs over the edge.
 * Pure. */
#ifndef JK_CLI_CONSOLE_TABLE_FIT_H
#define JK_CLI_CONSOLE_TABLE_FIT_H

#include "cli/console/table.h"

#define JK_TABLE_GAP 2 /* between columns */

/* Sets the widths of all columns, and table->hidden. */
void jk_table_fit(struct jk_table *table, size_t rows, size_t widths[JK_TABLE_COLUMNS_MAX]);
/* Takes off *rest what goes on one line of that width, at least a character: up to a comma, a space, a slash or a
 * hyphen where there is one, without the space. */
struct jk_span jk_table_piece(struct jk_span *rest, size_t width);
/* A line of text, folded to the width (0: left alone), its further lines set in by `indent` spaces; with a line end.
 * The first `indent` bytes are a label, and stay together. */
void jk_table_fold(struct jk_span text, size_t width, size_t indent, struct jk_text *out);

#endif
