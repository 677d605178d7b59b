/* CSV tables for spreadsheets and statistics software: RFC 4180, UTF-8, CR LF line ends, cells quoted only if
 * necessary. Text that a spreadsheet would take for a formula (starting with = + - @, a tab or a carriage return) gets
 * an apostrophe in front; numbers are written as they are. Pure; writes into a text that remembers its failures. */
#ifndef JK_BASE_CSV_H
#define JK_BASE_CSV_H

#include "base/text.h"

#define JK_CSV_BOM "\xEF\xBB\xBF" /* tells a spreadsheet that this is UTF-8; only before the header */

struct jk_csv {
    struct jk_text *out;
    bool within; /* the row has at least one cell */
};

/* The next cell of the row. */
void jk_csv_cell(struct jk_csv *csv, struct jk_span text);
void jk_csv_number(struct jk_csv *csv, int64_t number);
void jk_csv_end(struct jk_csv *csv); /* ends the row */
/* A row of names, separated by commas: "log_index,name". */
void jk_csv_header(struct jk_csv *csv, const char *names);

#endif
