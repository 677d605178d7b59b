/* --help, from the tables. */
#ifndef JK_CLI_CONSOLE_HELP_H
#define JK_CLI_CONSOLE_HELP_H

#include <stdio.h>

#include "cli/console/options.h"

/* All commands; those of one group ("publisher"); or one command with its options. `width` is the
 * terminal's, in columns. */
void jk_help_overview(FILE *file, size_t width);
void jk_help_group(const char *group, FILE *file, size_t width);
void jk_help_command(const struct jk_command *command, FILE *file, size_t width);

#endif
