/* Asking a person on the terminal. Questions go to `err`, so that results stay clean. */
#ifndef JK_CLI_CONSOLE_PROMPT_H
#define JK_CLI_CONSOLE_PROMPT_H

#include "cli/console/cli.h"

#define JK_PROMPT_MAX 4096

/* One line, trimmed, in the arena; empty where nothing was answered or the input ended. */
struct jk_span jk_prompt_line(struct jk_cli *cli, const char *question);
/* About what cannot be undone: "y" or "yes" is yes, all else is no. */
bool jk_prompt_yes(struct jk_cli *cli, const char *question);

#endif
