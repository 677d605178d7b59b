/* Shared by `count` and `audit`: which count is wanted, and how it is printed. */
#ifndef JK_CLI_COUNTING_H
#define JK_CLI_COUNTING_H

#include <jokbo/v1/evaluation.pb-c.h>

#include "cli/console/cli.h"

#define JK_COUNT_GROUPINGS 8

/* Must not be moved: its parts point at one another. */
struct jk_count_wish {
    Jokbo__V1__CountScope scope;
    Jokbo__V1__AsOf as_of;
    Google__Protobuf__Timestamp time;
    Jokbo__V1__CountRule rule;
    bool has_scope; /* otherwise: every base model, every team, and all */
    bool has_as_of;
    bool has_rule;
    Jokbo__V1__Grouping groupings[JK_COUNT_GROUPINGS];
    size_t grouping_count;
    int32_t page_size;  /* of the groups by licence, publisher and hub's month */
    const char *policy; /* what is shown of the rule's policy; NULL: the digest that the reply gives */
};

/* From --team and --all if the command has them, --by, --as-of, --limit and the operand at `base_operand`. USAGE. */
JK_MUST_USE enum jk_status jk_count_wish_read(struct jk_cli *cli, size_t base_operand, struct jk_count_wish *out_wish);
/* --policy, as it was given, or --stage with --revision, alone. USAGE for both. */
JK_MUST_USE enum jk_status jk_count_rule_read(struct jk_cli *cli, Jokbo__V1__CountRule *out_rule, bool *out_given);
/* The same for a rule that the server is asked for: the policy of a file by its digest (cli/policy_file.h). */
JK_MUST_USE enum jk_status jk_count_rule_asked(struct jk_cli *cli, Jokbo__V1__CountRule *out_rule, bool *out_given);
/* --as-of alone; `time` and `as_of` belong together. USAGE. */
JK_MUST_USE enum jk_status jk_count_as_of_read(struct jk_cli *cli, struct jk_count_wish *wish);
/* The request for it; shares the wish's parts. */
void jk_count_request(struct jk_count_wish *wish, Jokbo__V1__CountDerivativesRequest *out_request);

/* "As in revision 2 of the stage's report, with rulings up to log size 5,300."; empty for revision 0. */
const char *jk_count_revision_text(struct jk_cli *cli, int32_t revision, int64_t log_size, int64_t rulings_size);

/* How many derivatives count without a rule, as of a log size: of a base model, and of every scope. */
JK_MUST_USE enum jk_status jk_count_of_base(struct jk_cli *cli, const char *name, int64_t log_size,
                                            int64_t *out_counted);
JK_MUST_USE enum jk_status jk_count_of_all(struct jk_cli *cli, int64_t log_size,
                                           Jokbo__V1__ListCountsResponse **out_counts);
/* Of a base model among those of jk_count_of_all; 0 where there is none. */
int64_t jk_count_in_all(const Jokbo__V1__ListCountsResponse *counts, const char *name);

/* For people. */
void jk_count_print(struct jk_cli *cli, const Jokbo__V1__DerivativeCount *count, const struct jk_count_wish *wish);
void jk_count_print_all(struct jk_cli *cli, const Jokbo__V1__ListCountsResponse *counts);

#endif
