/* What the weights of a release show, in words: a paragraph about one, a word in a list, and a table of those that
 * contradict what they declare. */
#ifndef JK_CLI_WEIGHTS_WORDS_H
#define JK_CLI_WEIGHTS_WORDS_H

#include <jokbo/v1/registry.pb-c.h>

#include "cli/console/cli.h"
#include "cli/console/pages.h"

/* "kin, attested", "part, screened"; "" where there is no grade. In the arena. */
const char *jk_weights_word(struct jk_cli *cli, Jokbo__V1__Grade grade, bool attested);
/* The same of a release, which may be NULL. */
const char *jk_weights_release_word(struct jk_cli *cli, const Jokbo__V1__Release *release);
/* What was compared, by whom and when, and what came of it. `model`: whose deciding release it is, with its roots; NULL:
 * only the release was asked for. */
void jk_weights_print(struct jk_cli *cli, const Jokbo__V1__Release *release, const Jokbo__V1__Model *model);
/* Models whose weights contradict a declared parent: which parent, by what, and in which entry. */
void jk_weights_print_contradicted(struct jk_cli *cli, const struct jk_list *models);

#endif
