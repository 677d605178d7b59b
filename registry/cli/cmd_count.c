/* `count`: how many derivatives, now or at any earlier moment, split or listed. */
#include <jokbo/v1/evaluation.pb-c.h>
#include <stdlib.h>

#include "base/defer.h"
#include "cli/commands.h"
#include "cli/overview.h"
#include "cli/pages.h"
#include "cli/print.h"

#define EVALUATION (&jokbo__v1__evaluation__descriptor)
#define BAR_WIDTH  24
#define GROUPINGS  7

/* What both requests share. */
struct count_wish {
    Jokbo__V1__CountScope scope;
    Jokbo__V1__AsOf as_of;
    Google__Protobuf__Timestamp time;
    bool has_scope, has_as_of;
};

static enum jk_status set_scope(struct jk_cli *cli, struct count_wish *wish)
{
    bool base = cli->options.operand_count > 0, team = jk_cli_has(cli, JK_OPTION_TEAM),
         all = jk_cli_has(cli, JK_OPTION_ALL);
    if (base + team + all > 1) return jk_cli_usage(cli, "give one of BASE, --team and --all");
    wish->has_scope = base || team || all;
    if (base) {
        wish->scope.kind_case = JOKBO__V1__COUNT_SCOPE__KIND_BASE_MODEL;
        wish->scope.base_model = jk_cli_operand(cli, 0);
    } else if (team) {
        wish->scope.kind_case = JOKBO__V1__COUNT_SCOPE__KIND_TEAM;
        wish->scope.team = jk_cli_text(cli, JK_OPTION_TEAM);
    } else if (all) {
        wish->scope.kind_case = JOKBO__V1__COUNT_SCOPE__KIND_ALL;
        wish->scope.all = true;
    }
    return JK_OK;
}

/* Digits are a log size, all else is a moment. */
static enum jk_status set_as_of(struct jk_cli *cli, struct count_wish *wish)
{
    const char *text = jk_options_text(&cli->options, JK_OPTION_AS_OF);
    uint64_t size;
    int64_t time_us;
    if (!text) return JK_OK;
    wish->has_as_of = true;
    if (jk_span_to_u64(jk_span_of(text), &size) && size <= INT64_MAX) {
        wish->as_of.kind_case = JOKBO__V1__AS_OF__KIND_LOG_SIZE;
        wish->as_of.log_size = (int64_t)size;
        return JK_OK;
    }
    if (!jk_time_parse(jk_span_of(text), &time_us))
        return jk_cli_usage(
            cli, "--as-of must be a log size, a day as 2026-01-15, or a moment as 2026-01-15T09:00:00+09:00");
    jk_json_time_set(time_us, &wish->time);
    wish->as_of.kind_case = JOKBO__V1__AS_OF__KIND_TIME;
    wish->as_of.time = &wish->time;
    return JK_OK;
}

static enum jk_status make_wish(struct jk_cli *cli, struct count_wish *wish)
{
    memset(wish, 0, sizeof *wish);
    jokbo__v1__count_scope__init(&wish->scope);
    jokbo__v1__as_of__init(&wish->as_of);
    JK_TRY(set_scope(cli, wish));
    return set_as_of(cli, wish);
}

static void print_state(struct jk_cli *cli, int64_t log_size, const Google__Protobuf__Timestamp *time)
{
    fprintf(cli->out, "\nAt log size %s%s%s.\n", jk_print_number(cli, log_size), time ? ", last entry " : "",
            jk_print_time(cli, time));
}

static enum jk_status count_everything(struct jk_cli *cli, struct count_wish *wish)
{
    Jokbo__V1__ListCountsRequest request = JOKBO__V1__LIST_COUNTS_REQUEST__INIT;
    Jokbo__V1__ListCountsResponse *reply;
    if (wish->has_as_of) request.as_of = &wish->as_of;
    JK_TRY(jk_cli_call(cli, EVALUATION, "ListCounts", &request.base, &reply));
    if (cli->json) return jk_print_message(cli, &reply->base);
    jk_overview_print(cli, reply);
    print_state(cli, reply->log_size, reply->log_time);
    return JK_OK;
}

static size_t wanted_groupings(struct jk_cli *cli, Jokbo__V1__Grouping out_groupings[GROUPINGS])
{
    const char *values[JK_OPTION_VALUES_MAX];
    size_t given = jk_options_list(&cli->options, JK_OPTION_BY, values, JK_OPTION_VALUES_MAX), count = 0;
    for (size_t i = 0; i < given; i++) {
        int value = 0;
        bool known = jk_json_enum_parse(&jokbo__v1__grouping__descriptor, values[i], &value), twice = false;
        for (size_t k = 0; k < count; k++)
            twice |= (int)out_groupings[k] == value;
        if (known && !twice && count < GROUPINGS) out_groupings[count++] = (Jokbo__V1__Grouping)value;
    }
    return count;
}

static void groups_table(struct jk_cli *cli, const Jokbo__V1__DerivativeCount *count, Jokbo__V1__Grouping grouping)
{
    struct jk_column columns[] = {{"", false}, {"counted", true}, {"", false}};
    struct jk_table table;
    columns[0].title = jk_print_word(cli, &jokbo__v1__grouping__descriptor, (int)grouping);
    jk_table_init(&table, &cli->arena, columns, 3);
    int64_t most = 0;
    for (size_t i = 0; i < count->n_groups; i++)
        if (count->groups[i]->grouping == grouping && count->groups[i]->count > most) most = count->groups[i]->count;
    for (size_t i = 0; i < count->n_groups; i++) {
        const Jokbo__V1__CountGroup *group = count->groups[i];
        if (group->grouping != grouping || group->count == 0) continue;
        jk_table_cell(&table, group->key);
        jk_table_cell(&table, jk_print_number(cli, group->count));
        jk_table_cell(&table, jk_overview_bar(cli, group->count, most, BAR_WIDTH));
    }
    fputc('\n', cli->out);
    jk_table_print(&table, cli->color, cli->out);
}

static void show_count(struct jk_cli *cli, const Jokbo__V1__DerivativeCount *count,
                       const Jokbo__V1__Grouping *groupings, size_t grouping_count)
{
    struct jk_table table;
    fprintf(cli->out, "%s: %s\n", jk_print_painted(cli, JK_PAINT_BOLD, jk_overview_scope(count)),
            jk_print_plural(cli, count->counted, "derivative", "derivatives"));
    jk_print_facts_init(&table, cli);
    jk_print_fact(&table, "direct", jk_print_number(cli, count->direct));
    jk_print_fact(&table, "transitive", jk_print_number(cli, count->transitive));
    jk_print_fact(&table, "independent", jk_print_number(cli, count->independent));
    jk_print_fact(&table, "licence clean", jk_print_number(cli, count->license_clean));
    jk_print_fact(&table, "distinct publishers", jk_print_number(cli, count->distinct_publishers));
    jk_print_fact(&table, "distinct weights", jk_print_number(cli, count->distinct_weights));
    jk_print_fact(&table, "registered", jk_print_number(cli, count->registered));
    jk_print_fact(&table, "yanked", jk_print_number(cli, count->yanked));
    jk_table_print(&table, cli->color, cli->out);
    for (size_t i = 0; count->counted > 0 && i < grouping_count; i++)
        groups_table(cli, count, groupings[i]);
    print_state(cli, count->log_size, count->log_time);
}

static enum jk_status count_scope(struct jk_cli *cli, struct count_wish *wish)
{
    Jokbo__V1__CountDerivativesRequest request = JOKBO__V1__COUNT_DERIVATIVES_REQUEST__INIT;
    Jokbo__V1__Grouping groupings[GROUPINGS];
    Jokbo__V1__DerivativeCount *count;
    request.scope = &wish->scope;
    if (wish->has_as_of) request.as_of = &wish->as_of;
    request.n_group_by = wanted_groupings(cli, groupings);
    request.group_by = groupings;
    uint64_t limit = jk_pages_limit(cli);
    request.page_size = limit == 0 || limit > 1000 ? 1000 : (int32_t)limit;
    JK_TRY(jk_cli_call(cli, EVALUATION, "CountDerivatives", &request.base, &count));
    if (cli->json) return jk_print_message(cli, &count->base);
    show_count(cli, count, groupings, request.n_group_by);
    return JK_OK;
}

static const char *roots_text(struct jk_cli *cli, const Jokbo__V1__CountedDerivative *one)
{
    const char *first = one->n_roots > 0 ? one->roots[0]->name : "";
    if (one->n_roots < 2) return first;
    const char *text = jk_arena_printf(&cli->arena, "%s +%zu", first, one->n_roots - 1);
    return text ? text : first;
}

/* The root is told where there can be several. */
static void counted_table(struct jk_cli *cli, const struct jk_list *list, bool rooted)
{
    static const struct jk_column columns[] = {{"index", true}, {"derivative", false}, {"relation", false},
                                               {"depth", true}, {"licence", false},    {"", false},
                                               {"root", false}};
    struct jk_table table;
    size_t count = sizeof columns / sizeof columns[0] - (rooted ? 0 : 1);
    jk_table_init(&table, &cli->arena, columns, count);
    for (size_t i = 0; i < list->count; i++) {
        const Jokbo__V1__CountedDerivative *one = (const Jokbo__V1__CountedDerivative *)list->items[i];
        jk_table_cell(&table, jk_print_number(cli, one->log_index));
        jk_table_cell(&table, one->name);
        jk_table_cell(&table, jk_print_word(cli, &jokbo__v1__relation__descriptor, (int)one->relation));
        jk_table_cellf(&table, "%d", one->depth);
        jk_table_cell(&table, one->license);
        jk_table_cell(&table, one->yanked ? "yanked" : one->independent ? "" : "not independent");
        if (rooted) jk_table_cell(&table, roots_text(cli, one));
    }
    if (list->count > 0)
        jk_table_print(&table, cli->color, cli->out);
    else
        fprintf(cli->err, "No derivative.\n");
    jk_pages_note(cli, list);
}

static enum jk_status list_counted(struct jk_cli *cli, struct count_wish *wish)
{
    Jokbo__V1__ListCountedRequest request = JOKBO__V1__LIST_COUNTED_REQUEST__INIT;
    struct jk_pages pages = {EVALUATION, "ListCounted", &request.base, "derivatives", jk_pages_limit(cli)};
    struct jk_list list;
    if (jk_cli_has(cli, JK_OPTION_BY)) return jk_cli_usage(cli, "--list and --by exclude each other");
    request.scope = &wish->scope;
    if (wish->has_as_of) request.as_of = &wish->as_of;
    request.include_yanked = jk_cli_has(cli, JK_OPTION_YANKED);
    JK_TRY(jk_pages_fetch(cli, &pages, &list));
    if (cli->json) return jk_pages_print_json(cli, &pages, &list);
    counted_table(cli, &list, wish->scope.kind_case != JOKBO__V1__COUNT_SCOPE__KIND_BASE_MODEL);
    return JK_OK;
}

enum jk_status jk_run_count(struct jk_cli *cli)
{
    struct count_wish wish;
    JK_TRY(make_wish(cli, &wish));
    bool split = jk_cli_has(cli, JK_OPTION_LIST) || jk_cli_has(cli, JK_OPTION_BY);
    if (!wish.has_scope && split) return jk_cli_usage(cli, "--by and --list need BASE, --team TEAM or --all");
    if (!wish.has_scope) return count_everything(cli, &wish);
    return jk_cli_has(cli, JK_OPTION_LIST) ? list_counted(cli, &wish) : count_scope(cli, &wish);
}
