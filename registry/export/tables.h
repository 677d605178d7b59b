/* The log as tables: which tables there are, and their rows. Most rows come from a single entry; those of the last
 * tables are computed from all entries at a size (models, releases, roots). Pure. Source: registry/formats/export.md;
 * tables and columns are rows of tables.def. Cells are written as base/csv.h says. */
#ifndef JK_EXPORT_TABLES_H
#define JK_EXPORT_TABLES_H

#include "base/error.h"
#include "base/text.h"
#include "book/book.h"

#define JK_EXPORT_FORMAT "jokbo/export/v1"

enum jk_export_table {
#define JK_TABLE(id, file, each, kinds, columns) JK_EXPORT_##id,
#include "export/tables.def"
#undef JK_TABLE
    JK_EXPORT_TABLES
};

/* "entries.csv". */
const char *jk_export_file(enum jk_export_table table);
/* The header line. */
void jk_export_header(enum jk_export_table table, struct jk_text *out);
/* The name of a column by its number; the last one's for a number past the end. In `room`. */
const char *jk_export_column(enum jk_export_table table, size_t number);

/* Rows, appended to the text of their table. */
struct jk_export_rows {
    struct jk_text texts[JK_EXPORT_TABLES];
};
void jk_export_rows_done(struct jk_export_rows *rows); /* accepts a zeroed struct */

struct jk_export_log {
    uint64_t size;
    struct jk_digest root;
    struct jk_span origin;
};
void jk_export_add_log(struct jk_export_rows *rows, const struct jk_export_log *log);
/* All rows of one entry. DATA_LOSS (reason INVALID_ENTRY) where it is none. */
JK_MUST_USE enum jk_status jk_export_add_entry(struct jk_export_rows *rows, uint64_t index, struct jk_span entry,
                                               struct jk_error *error);
/* What is known at n of a model, with its roots, and of a release, by slot. */
void jk_export_add_model(struct jk_export_rows *rows, const struct jk_book *book, uint32_t model, uint32_t n);
void jk_export_add_release(struct jk_export_rows *rows, const struct jk_book *book, uint32_t release, uint32_t n);

#endif
