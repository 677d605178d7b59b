/* `attest --check`: a challenge text held against the weights that it is made of, and the grades that follow from it. A
 * text in a file is taken as it is; of one that the log names, the log is asked what it says. */
#ifndef JK_CLI_ATTEST_CHECK_H
#define JK_CLI_ATTEST_CHECK_H

#include "cli/console/cli.h"

/* NOT_VERIFIED where a check failed; what was checked is printed in any case. */
JK_MUST_USE enum jk_status jk_attest_check(struct jk_cli *cli);

#endif
