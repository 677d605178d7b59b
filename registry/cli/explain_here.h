/* Whether a derivative counts under a policy in a file, which no server knows, and if not, why: computed locally, from
 * the entries that the server sends (fold.h). All teams are treated as taking part, since only a stage says which do.
 */
#ifndef JK_CLI_EXPLAIN_HERE_H
#define JK_CLI_EXPLAIN_HERE_H

#include <jokbo/v1/evaluation.pb-c.h>

#include "cli/console/cli.h"
#include "domain/policy.h"

/* As ExplainStanding answers of a recorded policy, with the same failures. `as_of` may be NULL. The message lies in the
 * run's arena. */
JK_MUST_USE enum jk_status jk_explain_here(struct jk_cli *cli, const struct jk_policy *policy, const char *name,
                                           const Jokbo__V1__AsOf *as_of, Jokbo__V1__Standing **out_standing);

#endif
