/* Tables for spreadsheets and statisticians: RFC 4180, UTF-8, lines that end in CR LF, cells quoted where they must be.
 * A cell of text that a spreadsheet would take for a formula (it begins with = + - @, a tab or a carriage return) has
 * an apostrophe before it; numbers are numbers. Pure; writes into a text that remembers its failures. */
#ifndef JK_BASE_CSV_H
#define JK_BASE_CSV_H

#include "base/text.h"

#define JK_CSV_BOM "\xEF\xBB\xBF" /* how a spreadsheet knows UTF-8; only ever before the header */

struct jk_csv {
    struct jk_text *out;
    bool within; /* a row has begun */
};

/* The next cell of the row. */
void jk_csv_cell(struct jk_csv *csv, struct jk_span text);
void jk_csv_number(struct jk_csv *csv, int64_t number);
void jk_csv_end(struct jk_csv *csv); /* of the row */
/* A row of names, separated by commas: "log_index,name". */
void jk_csv_header(struct jk_csv *csv, const char *names);

#endif
