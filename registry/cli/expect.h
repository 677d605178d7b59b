/* Comparing counts with ones that were saved earlier. */
#ifndef JK_CLI_EXPECT_H
#define JK_CLI_EXPECT_H

#include <jansson.h>

#include "cli/counting.h"

/* Reads what `jokbo count --json` printed, or the counts within what `jokbo audit --json` printed. *out_expected is the
 * caller's (json_decref). LOCAL_FILE, or INVALID_ARGUMENT where it holds no counts. */
JK_MUST_USE enum jk_status jk_expect_load(struct jk_cli *cli, const char *path, json_t **out_expected);
/* Fills in what the wish leaves open from the saved counts: the log size, the scope, the splits. The wish points into
 * `expected`. */
JK_MUST_USE enum jk_status jk_expect_wish(struct jk_cli *cli, const json_t *expected, struct jk_count_wish *wish);
/* DATA_LOSS, reason AUDIT_COUNT, naming the first difference with the facts `expected` and `found`. Page tokens are no
 * counts, and are left out. */
JK_MUST_USE enum jk_status jk_expect_compare(const json_t *expected, const json_t *found, struct jk_error *error);

#endif
