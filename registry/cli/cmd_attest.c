/* `attest`: a verifier says whether weights are what was registered, and shows what they have in common with their
 * parents'; with --check, anybody looks whether that is so. */
#include "cli/attest_check.h"
#include "cli/attest_make.h"
#include "cli/commands.h"

enum jk_status jk_run_attest(struct jk_cli *cli)
{
    return jk_cli_has(cli, JK_OPTION_CHECK) ? jk_attest_check(cli) : jk_attest_make(cli);
}
