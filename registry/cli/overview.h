/* The table of all counts: base models that have derivatives, largest first, every team, and the total. As many columns
 * as fit the screen; JSON has all of them. */
#ifndef JK_CLI_OVERVIEW_H
#define JK_CLI_OVERVIEW_H

#include <jokbo/v1/evaluation.pb-c.h>

#include "cli/console/cli.h"

/* The name of what was counted: a base model, a team's id, "all". */
const char *jk_overview_scope(const Jokbo__V1__DerivativeCount *count);
/* A bar of `width` columns at most, in the arena. */
const char *jk_overview_bar(struct jk_cli *cli, int64_t value, int64_t most, unsigned width);
void jk_overview_print(struct jk_cli *cli, const Jokbo__V1__ListCountsResponse *counts);

#endif
