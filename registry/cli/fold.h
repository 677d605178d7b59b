/* The log as the server gives it, folded into a book here: for questions about the counts that no method answers, such
 * as what a policy that is not recorded would do. It believes the server; `jokbo audit` does not. Memory and time grow
 * with the log; a bar on the terminal shows how far it is. */
#ifndef JK_CLI_FOLD_H
#define JK_CLI_FOLD_H

#include "book/book.h"
#include "cli/console/cli.h"

/* All entries up to the newest checkpoint. The caller frees the book. */
JK_MUST_USE enum jk_status jk_fold_log(struct jk_cli *cli, struct jk_book **out_book);

#endif
