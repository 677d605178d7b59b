/* Commands that need no server: completion, version, help. */
#include "cli/commands.h"
#include "cli/console/complete.h"
#include "cli/console/help.h"
#include "cli/console/print.h"

enum jk_status jk_run_completion(struct jk_cli *cli)
{
    if (jk_complete_write(jk_cli_operand(cli, 0), cli->out)) return JK_OK;
    return jk_cli_usage(cli, "the shell must be bash, zsh or fish");
}

enum jk_status jk_run_version(struct jk_cli *cli)
{
    if (cli->json) return jk_print_json(cli, json_pack("{s:s, s:s}", "version", JK_VERSION, "interface", "jokbo.v1"));
    fprintf(cli->out, "jokbo %s, interface jokbo.v1\n", JK_VERSION);
    return JK_OK;
}

enum jk_status jk_run_help(struct jk_cli *cli)
{
    const struct jk_command *command;
    JK_TRY(jk_command_for_help(cli->options.operands, cli->options.operand_count, &command, &cli->error));
    if (command)
        jk_help_command(command, cli->out, cli->width);
    else if (cli->options.operand_count > 0)
        jk_help_group(cli->options.operands[0], cli->out, cli->width);
    else
        jk_help_overview(cli->out, cli->width);
    return JK_OK;
}
