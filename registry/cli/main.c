/* The command line `jokbo`. */
#include "cli/commands.h"
#include "cli/console/cli.h"

int main(int argc, char **argv)
{
    return jk_cli_main(argc, argv, jk_commands_run);
}
