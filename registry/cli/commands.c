/* Maps the rows of commands.def to functions. The table itself is in console/, where parsing, help and completion read
 * it without knowing what the commands do. */
#include "cli/commands.h"

#include "cli/console/cli.h"

static enum jk_status (*const functions[])(struct jk_cli *cli) = {
#define JK_COMMAND(run, who, name, operands, least, most, options, summary, details) jk_run_##run,
#include "cli/console/commands.def"
#undef JK_COMMAND
};

enum jk_status jk_commands_run(struct jk_cli *cli)
{
    return functions[cli->options.command - jk_command_table](cli);
}
