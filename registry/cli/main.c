/* The command line `jokbo`. */
#include "cli/cli.h"
#include "cli/commands.h"

int main(int argc, char **argv)
{
    return jk_cli_main(argc, argv, jk_commands_run);
}
