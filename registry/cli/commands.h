/* The commands, one function each; the table is commands.def, and jk_commands_run picks from it. Each writes its result
 * to cli->out and leaves its failure in cli->error. */
#ifndef JK_CLI_COMMANDS_H
#define JK_CLI_COMMANDS_H

#include "base/status.h"

struct jk_cli;

#define JK_COMMAND(run, who, name, operands, least, most, options, summary, details)                                   \
    JK_MUST_USE enum jk_status jk_run_##run(struct jk_cli *cli);
#include "cli/console/commands.def"
#undef JK_COMMAND

/* Runs the command that cli->options names. */
JK_MUST_USE enum jk_status jk_commands_run(struct jk_cli *cli);

#endif
