/* `attest` without --check: a verifier holds a folder against what is registered, challenges the release, and attests.
 * Whatever was begun is taken up again: the folder is read anew, an open challenge of this verifier is answered. */
#ifndef JK_CLI_ATTEST_MAKE_H
#define JK_CLI_ATTEST_MAKE_H

#include "cli/console/cli.h"

/* NOT_VERIFIED where a parent's folder, the log's proofs or the server's key do not hold: then nothing is attested. */
JK_MUST_USE enum jk_status jk_attest_make(struct jk_cli *cli);

#endif
