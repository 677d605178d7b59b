/* Asking a person on the terminal. Questions go to `err`, so that results stay clean. */
#ifndef JK_CLI_CONSOLE_PROMPT_H
#define JK_CLI_CONSOLE_PROMPT_H

#include "cli/console/cli.h"

#define JK_PROMPT_MAX 4096

/* One line, trimmed, in the arena; empty if nothing was answered or the input ended. */
struct jk_span jk_prompt_line(struct jk_cli *cli, const char *question);
/* For actions that cannot be undone: "y" or "yes" is yes, everything else no. */
bool jk_prompt_yes(struct jk_cli *cli, const char *question);

#endif
