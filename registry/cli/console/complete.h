/* Completion scripts for shells, from the tables. */
#ifndef JK_CLI_CONSOLE_COMPLETE_H
#define JK_CLI_CONSOLE_COMPLETE_H

#include <stdbool.h>
#include <stdio.h>

/* `shell` is bash, zsh or fish; false for any other. */
bool jk_complete_write(const char *shell, FILE *file);

#endif
