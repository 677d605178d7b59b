/* Rulings and disputes as text and in JSON: shared by `rule`, `dispute` and `show`. */
#ifndef JK_CLI_CASES_H
#define JK_CLI_CASES_H

#include <jansson.h>
#include <jokbo/v1/stage.pb-c.h>

#include "cli/console/cli.h"

/* What a ruling just made or decided says, and what comes next; or its JSON. */
JK_MUST_USE enum jk_status jk_cases_show_ruling(struct jk_cli *cli, const Jokbo__V1__Ruling *ruling);
void jk_cases_print_dispute(struct jk_cli *cli, const Jokbo__V1__Dispute *dispute);

/* A table, a line each. */
void jk_cases_print_disputes(struct jk_cli *cli, const Jokbo__V1__Dispute *const *disputes, size_t count);

/* Everything about one model. Empty if the server does not know these methods. */
struct jk_cases {
    const Jokbo__V1__Ruling *const *rulings;
    const Jokbo__V1__Dispute *const *disputes;
    size_t ruling_count, dispute_count;
};
JK_MUST_USE enum jk_status jk_cases_fetch(struct jk_cli *cli, const char *model, struct jk_cases *out_cases);
void jk_cases_print(struct jk_cli *cli, const struct jk_cases *cases);
/* Sets "rulings" and "disputes". */
void jk_cases_json(const struct jk_cases *cases, json_t *root);

#endif
