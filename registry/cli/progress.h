/* A progress bar on a terminal's last line, for what takes long. Draws at most ten times a second. */
#ifndef JK_CLI_PROGRESS_H
#define JK_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JK_PROGRESS_LEAST (1u << 20) /* bytes below which no bar is shown */

struct jk_progress {
    FILE *file; /* NULL: nothing is shown */
    const char *what;
    uint64_t done, total;
    int64_t drawn_ms;
    bool utf8;
};

/* `terminal`: whether `file` is one. */
void jk_progress_begin(struct jk_progress *progress, FILE *file, bool terminal, bool utf8, const char *what,
                       uint64_t total);
void jk_progress_add(struct jk_progress *progress, uint64_t bytes);
void jk_progress_end(struct jk_progress *progress); /* clears the line */

#endif
