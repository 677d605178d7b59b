/* `count`: counts of derivatives, now or at any earlier time, split or listed. */
#include <jokbo/v1/evaluation.pb-c.h>

#include "cli/commands.h"
#include "cli/console/print.h"
#include "cli/count_sheet.h"
#include "cli/policy_file.h"
#include "cli/weights_words.h"

#define EVALUATION (&jokbo__v1__evaluation__descriptor)
#define COUNTED_COLUMNS                                                                                                \
    "log_index,name,create_time,publisher,lineage_hash,relation,license,license_class,depth,roots=roots.name,"         \
    "teams=roots.team,independent,yanked,findings,reason,reasons=root_reasons.reasons,pending,"                        \
    "grade,attested"

static enum jk_status count_everything(struct jk_cli *cli, struct jk_count_wish *wish)
{
    Jokbo__V1__ListCountsRequest request = JOKBO__V1__LIST_COUNTS_REQUEST__INIT;
    Jokbo__V1__ListCountsResponse *reply;
    if (wish->has_as_of) request.as_of = &wish->as_of;
    if (wish->has_rule) request.rule = &wish->rule;
    JK_TRY(jk_cli_call(cli, EVALUATION, "ListCounts", &request.base, &reply));
    if (cli->json) return jk_print_message(cli, &reply->base);
    if (cli->csv) return jk_count_sheet_all(cli, reply);
    jk_count_print_all(cli, reply);
    return JK_OK;
}

static enum jk_status count_scope(struct jk_cli *cli, struct jk_count_wish *wish)
{
    Jokbo__V1__CountDerivativesRequest request;
    Jokbo__V1__DerivativeCount *count;
    jk_count_request(wish, &request);
    JK_TRY(jk_cli_call(cli, EVALUATION, "CountDerivatives", &request.base, &count));
    if (cli->json) return jk_print_message(cli, &count->base);
    if (cli->csv) return jk_count_sheet(cli, count, wish);
    wish->policy = jk_policy_title(cli, count->policy_sha256);
    jk_count_print(cli, count, wish);
    return JK_OK;
}

static const char *counted_roots(struct jk_cli *cli, const Jokbo__V1__CountedDerivative *one)
{
    const char *first = one->n_roots > 0 ? one->roots[0]->name : "";
    if (one->n_roots < 2) return first;
    const char *text = jk_arena_printf(&cli->arena, "%s +%zu", first, one->n_roots - 1);
    return text ? text : first;
}

/* Under a rule all reasons, of whichever root, in their order; the one that it is shown under first. */
static const char *standing_text(struct jk_cli *cli, const Jokbo__V1__CountedDerivative *one)
{
    uint32_t others = 0;
    if (one->reason == JOKBO__V1__REASON__REASON_UNSPECIFIED)
        return one->yanked ? "yanked" : one->pending ? "pending" : one->independent ? "" : "not independent";
    const char *text = jk_print_word(cli, &jokbo__v1__reason__descriptor, (int)one->reason);
    for (size_t i = 0; i < one->n_root_reasons; i++)
        for (size_t k = 0; k < one->root_reasons[i]->n_reasons; k++)
            others |= 1u << one->root_reasons[i]->reasons[k];
    for (int reason = 1; reason < 32; reason++) {
        if (reason == (int)one->reason || !(others >> reason & 1)) continue;
        const char *longer =
            jk_arena_printf(&cli->arena, "%s, %s", text, jk_print_word(cli, &jokbo__v1__reason__descriptor, reason));
        if (longer) text = longer;
    }
    return text;
}

/* The root is told where there can be several, and weights where any were compared. */
static void counted_table(struct jk_cli *cli, const struct jk_list *list, bool rooted)
{
    enum { WEIGHTS = 6, ROOT, COLUMNS };
    static const struct jk_column columns[] = {{"index", true},
                                               {"derivative", false, .wrap = true},
                                               {"relation", false, .spare = 1},
                                               {"depth", true, .spare = 3},
                                               {"licence", false, .spare = 2},
                                               {"", false, .wrap = true},
                                               {"weights", false, .spare = 4},
                                               {"root", false, .wrap = true}};
    struct jk_column shown[COLUMNS];
    struct jk_table table;
    size_t count = 0;
    bool weighed = false;
    for (size_t i = 0; i < list->count; i++)
        weighed = weighed || ((const Jokbo__V1__CountedDerivative *)list->items[i])->grade;
    for (size_t i = 0; i < COLUMNS; i++)
        if ((i != WEIGHTS || weighed) && (i != ROOT || rooted)) shown[count++] = columns[i];
    jk_table_init(&table, &cli->arena, shown, count);
    for (size_t i = 0; i < list->count; i++) {
        const Jokbo__V1__CountedDerivative *one = (const Jokbo__V1__CountedDerivative *)list->items[i];
        jk_table_cell(&table, jk_print_number(cli, one->log_index));
        jk_table_cell(&table, one->name);
        jk_table_cell(&table, jk_print_word(cli, &jokbo__v1__relation__descriptor, (int)one->relation));
        jk_table_cellf(&table, "%d", one->depth);
        jk_table_cell(&table, one->license);
        jk_table_cell(&table, standing_text(cli, one));
        if (weighed) jk_table_cell(&table, jk_weights_word(cli, one->grade, one->attested));
        if (rooted) jk_table_cell(&table, counted_roots(cli, one));
    }
    if (list->count > 0)
        jk_print_table(cli, &table);
    else
        fprintf(cli->err, "No derivative.\n");
    if (list->revision)
        fprintf(cli->out, "\n%s\n", jk_count_revision_text(cli, list->revision, list->log_size, list->rulings_size));
    jk_pages_note(cli, list);
}

static enum jk_status list_counted(struct jk_cli *cli, struct jk_count_wish *wish)
{
    Jokbo__V1__ListCountedRequest request = JOKBO__V1__LIST_COUNTED_REQUEST__INIT;
    struct jk_pages pages = {EVALUATION, "ListCounted", &request.base, "derivatives", jk_pages_limit(cli)};
    struct jk_list list;
    int reason;
    if (jk_cli_has(cli, JK_OPTION_BY)) return jk_cli_usage(cli, "--list and --by cannot be combined");
    request.scope = &wish->scope;
    if (wish->has_as_of) request.as_of = &wish->as_of;
    if (wish->has_rule) request.rule = &wish->rule;
    request.include_yanked = jk_cli_has(cli, JK_OPTION_YANKED);
    request.left_out = jk_cli_has(cli, JK_OPTION_LEFT_OUT);
    if (jk_json_enum_parse(&jokbo__v1__reason__descriptor, jk_cli_text(cli, JK_OPTION_BECAUSE), &reason))
        request.reason = (Jokbo__V1__Reason)reason;
    JK_TRY(jk_pages_fetch(cli, &pages, &list));
    if (cli->json) return jk_pages_print_json(cli, &pages, &list);
    if (cli->csv) return jk_sheet_list(cli, COUNTED_COLUMNS, &list);
    counted_table(cli, &list, wish->scope.kind_case != JOKBO__V1__COUNT_SCOPE__KIND_BASE_MODEL);
    return JK_OK;
}

enum jk_status jk_run_count(struct jk_cli *cli)
{
    struct jk_count_wish wish;
    JK_TRY(jk_count_wish_read(cli, 0, &wish));
    JK_TRY(jk_count_rule_asked(cli, &wish.rule, &wish.has_rule));
    bool left_out = jk_cli_has(cli, JK_OPTION_LEFT_OUT) || jk_cli_has(cli, JK_OPTION_BECAUSE);
    bool list = jk_cli_has(cli, JK_OPTION_LIST) || left_out;
    if (left_out && !wish.has_rule) return jk_cli_usage(cli, "--left-out and --because need --policy or --stage");
    if (!wish.has_scope && (list || jk_cli_has(cli, JK_OPTION_BY)))
        return jk_cli_usage(cli, "--by, --list, --left-out and --because need BASE, --team TEAM or --all");
    enum jk_status status = !wish.has_scope ? count_everything(cli, &wish)
                            : list          ? list_counted(cli, &wish)
                                            : count_scope(cli, &wish);
    return jk_policy_answered(cli, jk_cli_text(cli, JK_OPTION_POLICY), status);
}
