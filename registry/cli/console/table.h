/* Tables for people: columns as wide as their widest cell, counted in terminal columns, so that Korean text lines up.
 * On a narrow screen, cells that may wrap are wrapped, and then columns that can be spared are dropped (table_fit.h).
 * Pure except for printing; cells are copied into the arena, made safe for a terminal. At most 16 columns. */
#ifndef JK_CLI_CONSOLE_TABLE_H
#define JK_CLI_CONSOLE_TABLE_H

#include <stdio.h>

#include "base/arena.h"
#include "base/text.h"

#define JK_TABLE_COLUMNS_MAX 16

struct jk_column {
    const char *title;
    bool right;     /* numbers */
    bool wrap;      /* may wrap over several lines on a narrow screen */
    unsigned spare; /* on a narrow screen, columns with the highest number are dropped first; 0 stays */
};

struct jk_table {
    struct jk_arena *arena;
    const struct jk_column *columns;
    size_t column_count;
    const char **cells; /* row by row */
    size_t cell_count, room;
    size_t width;                      /* of the screen in columns; 0: without an end */
    bool hidden[JK_TABLE_COLUMNS_MAX]; /* columns that had no room when it was written last */
    bool failed;                       /* out of memory: prints what there is */
};

void jk_table_init(struct jk_table *table, struct jk_arena *arena, const struct jk_column *columns, size_t count);
/* The next cell, from left to right, row by row. NULL is "". */
void jk_table_cell(struct jk_table *table, const char *text);
void jk_table_cellf(struct jk_table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The header (where any column has a title) and the rows; no spaces at line ends. `color`: a dim header. */
void jk_table_write(struct jk_table *table, bool color, struct jk_text *out);
void jk_table_print(struct jk_table *table, bool color, FILE *file);
/* "No room for direct, publishers: a wider terminal, --csv or --json shows them." and a line end, folded; nothing where
 * all had room. */
void jk_table_add_hidden(const struct jk_table *table, struct jk_text *out);

/* Untrusted text made safe for a terminal: control characters become "?", line breaks a space. In the arena. */
const char *jk_table_safe(struct jk_arena *arena, const char *text);
/* A bar of `value` out of `most`, `width` columns at most, in eighths of a block; '#' without Unicode. */
void jk_table_bar(uint64_t value, uint64_t most, unsigned width, bool utf8, struct jk_text *out);

#endif
