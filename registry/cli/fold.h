/* The server's log, read from its beginning and folded into a local book: for questions that no method answers, such as
 * what an unrecorded policy would do. It trusts the server, unlike `jokbo audit`. Time grows with the log, the book's
 * memory too; a progress bar is shown on a terminal. */
#ifndef JK_CLI_FOLD_H
#define JK_CLI_FOLD_H

#include "book/book.h"
#include "cli/console/cli.h"

/* Folds all entries up to the newest checkpoint. The caller frees the book. */
JK_MUST_USE enum jk_status jk_fold_log(struct jk_cli *cli, struct jk_book **out_book);

#endif
