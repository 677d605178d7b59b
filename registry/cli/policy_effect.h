/* What a policy does to today's counts, and what changes from one policy to another: computed locally, from the entries
 * that the server sends (fold.h). All teams are treated as taking part, since only a stage says which do. */
#ifndef JK_CLI_POLICY_EFFECT_H
#define JK_CLI_POLICY_EFFECT_H

#include "cli/console/cli.h"
#include "domain/policy.h"

/* Explains the policy, and shows the counts under it. Without a server, or with --offline, only explains. */
JK_MUST_USE enum jk_status jk_policy_check(struct jk_cli *cli, const struct jk_policy *policy);
/* Which derivatives change their place in the grand total. */
JK_MUST_USE enum jk_status jk_policy_diff(struct jk_cli *cli, const struct jk_policy *before,
                                          const struct jk_policy *after);
/* By --lang. */
void jk_policy_print_explanation(struct jk_cli *cli, const char *english, const char *korean);

#endif
