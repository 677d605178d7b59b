/* A progress bar on a terminal's last line, for long operations, with rate and time left; without a terminal, lines.
 * Drawn at most ten times a second, as lines every ten seconds. */
#ifndef JK_CLI_CONSOLE_PROGRESS_H
#define JK_CLI_CONSOLE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/text.h"

#define JK_PROGRESS_LEAST (1u << 20) /* bytes below which no bar is shown */

struct jk_progress {
    FILE *file;              /* NULL: nothing is shown */
    const char *what, *unit; /* unit NULL: bytes */
    uint64_t done, total;
    int64_t begun_ms, drawn_ms;
    bool utf8;
    bool lines; /* no terminal: a line now and then */
};

/* `terminal`: whether `file` is one. */
void jk_progress_begin(struct jk_progress *progress, FILE *file, bool terminal, bool utf8, const char *what,
                       uint64_t total);
void jk_progress_add(struct jk_progress *progress, uint64_t count);
/* The same over items that `unit` names ("entries"), shown once it has taken half a second; jk_progress_to says how
 * many are done, and of how many. */
void jk_progress_begin_items(struct jk_progress *progress, FILE *file, bool terminal, bool utf8, const char *what,
                             const char *unit);
void jk_progress_to(struct jk_progress *progress, uint64_t done, uint64_t total);
/* The same as a callback, whose context is the progress. */
void jk_progress_show(void *progress, uint64_t done, uint64_t total);
/* Where there is no terminal: a line each ten seconds. */
void jk_progress_begin_lines(struct jk_progress *progress, FILE *file, const char *what, uint64_t total);
void jk_progress_end(struct jk_progress *progress); /* clears the line */
/* The line as it stands after so many milliseconds, without line ends. */
void jk_progress_write(const struct jk_progress *progress, int64_t after_ms, struct jk_text *out);

#endif
