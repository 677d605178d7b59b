/* Running text in lines of a given width. Pure except for the file that it writes to. */
#ifndef JK_CLI_CONSOLE_WRAP_H
#define JK_CLI_CONSOLE_WRAP_H

#include <stdio.h>

/* Where a text stands. Columns are counted in bytes, which is exact for ASCII. */
struct jk_column_of_text {
    size_t at;     /* the column that the line has reached already */
    size_t indent; /* of the lines that follow */
    size_t width;
};

/* Breaks at spaces and line ends, which count alike, and after "|"; what is longer than a line stays whole. The last
 * line is ended. */
void jk_wrap_print(const char *text, struct jk_column_of_text place, FILE *file);

#endif
