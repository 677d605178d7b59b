/* Cells shared by rows of entries and rows computed from them. */
#ifndef JK_EXPORT_TABLES_INSIDE_H
#define JK_EXPORT_TABLES_INSIDE_H

#include "base/csv.h"
#include "base/digest.h"

void jk_export_cell_digest(struct jk_csv *csv, const struct jk_digest *digest);
void jk_export_cell_yes(struct jk_csv *csv, bool yes);

#endif
