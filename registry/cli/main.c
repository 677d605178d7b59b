/* The command line `jokbo`: everything is in jk_cli_run. */
#include "cli/cli.h"

int main(int argc, char **argv)
{
    return jk_cli_run(argc, argv);
}
