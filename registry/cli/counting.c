/* See counting.h. */
#include "cli/counting.h"

#include "cli/console/number.h"
#include "cli/console/pages.h"
#include "cli/console/print.h"
#include "cli/overview.h"
#include "cli/policy_file.h"

#define EVALUATION (&jokbo__v1__evaluation__descriptor)
#define BAR_WIDTH  24
#define PAGE_MOST  1000

/* ---- what is wanted ---- */

/* Digits are a log size, all else is a moment. */
enum jk_status jk_count_as_of_read(struct jk_cli *cli, struct jk_count_wish *wish)
{
    const char *text = jk_options_text(&cli->options, JK_OPTION_AS_OF);
    uint64_t size;
    int64_t time_us;
    if (!text) return JK_OK;
    wish->has_as_of = true;
    if (jk_number_parse(text, &size) && size <= INT64_MAX) {
        wish->as_of.kind_case = JOKBO__V1__AS_OF__KIND_LOG_SIZE;
        wish->as_of.log_size = (int64_t)size;
        return JK_OK;
    }
    if (!jk_time_parse(jk_span_of(text), &time_us))
        return jk_cli_usage(
            cli, "--as-of must be a log size, a date such as 2026-01-15, or a time such as 2026-01-15T09:00:00+09:00");
    jk_json_time_set(time_us, &wish->time);
    wish->as_of.kind_case = JOKBO__V1__AS_OF__KIND_TIME;
    wish->as_of.time = &wish->time;
    return JK_OK;
}

enum jk_status jk_count_rule_read(struct jk_cli *cli, Jokbo__V1__CountRule *out_rule, bool *out_given)
{
    bool policy = jk_cli_has(cli, JK_OPTION_POLICY), stage = jk_cli_has(cli, JK_OPTION_STAGE);
    jokbo__v1__count_rule__init(out_rule);
    if (policy && stage) return jk_cli_usage(cli, "give one of --policy and --stage");
    *out_given = policy || stage;
    if (policy) {
        out_rule->kind_case = JOKBO__V1__COUNT_RULE__KIND_POLICY;
        out_rule->policy = jk_cli_text(cli, JK_OPTION_POLICY);
    } else if (stage) {
        out_rule->kind_case = JOKBO__V1__COUNT_RULE__KIND_STAGE;
        out_rule->stage = jk_cli_text(cli, JK_OPTION_STAGE);
    }
    uint64_t revision = jk_options_count(&cli->options, JK_OPTION_REVISION, 0);
    if (!jk_cli_has(cli, JK_OPTION_REVISION)) return JK_OK;
    if (out_rule->kind_case != JOKBO__V1__COUNT_RULE__KIND_STAGE)
        return jk_cli_usage(cli, "--revision needs --stage: it is the revision of a closed stage's report");
    if (jk_cli_has(cli, JK_OPTION_AS_OF))
        return jk_cli_usage(cli, "--revision and --as-of cannot be combined: a revision has its own log size");
    if (revision == 0 || revision > INT32_MAX) return jk_cli_usage(cli, "--revision must be a number from 1 up");
    out_rule->revision = (int32_t)revision;
    return JK_OK;
}

enum jk_status jk_count_rule_asked(struct jk_cli *cli, Jokbo__V1__CountRule *out_rule, bool *out_given)
{
    JK_TRY(jk_count_rule_read(cli, out_rule, out_given));
    if (out_rule->kind_case != JOKBO__V1__COUNT_RULE__KIND_POLICY) return JK_OK;
    return jk_policy_asked(cli, out_rule->policy, &out_rule->policy);
}

static size_t wanted_groupings(const struct jk_cli *cli, Jokbo__V1__Grouping out_groupings[JK_COUNT_GROUPINGS])
{
    const char *values[JK_OPTION_VALUES_MAX];
    size_t given = jk_options_list(&cli->options, JK_OPTION_BY, values, JK_OPTION_VALUES_MAX), count = 0;
    for (size_t i = 0; i < given; i++) {
        int value = 0;
        bool known = jk_json_enum_parse(&jokbo__v1__grouping__descriptor, values[i], &value), twice = false;
        for (size_t k = 0; k < count; k++)
            twice |= (int)out_groupings[k] == value;
        if (known && !twice && count < JK_COUNT_GROUPINGS) out_groupings[count++] = (Jokbo__V1__Grouping)value;
    }
    return count;
}

enum jk_status jk_count_wish_read(struct jk_cli *cli, size_t base_operand, struct jk_count_wish *out_wish)
{
    memset(out_wish, 0, sizeof *out_wish);
    jokbo__v1__count_scope__init(&out_wish->scope);
    jokbo__v1__as_of__init(&out_wish->as_of);
    bool base = cli->options.operand_count > base_operand, team = jk_cli_has(cli, JK_OPTION_TEAM),
         all = jk_cli_has(cli, JK_OPTION_ALL);
    if (base + team + all > 1) return jk_cli_usage(cli, "give one of BASE, --team and --all");
    out_wish->has_scope = base || team || all;
    if (base) {
        out_wish->scope.kind_case = JOKBO__V1__COUNT_SCOPE__KIND_BASE_MODEL;
        out_wish->scope.base_model = jk_cli_operand(cli, base_operand);
    } else if (team) {
        out_wish->scope.kind_case = JOKBO__V1__COUNT_SCOPE__KIND_TEAM;
        out_wish->scope.team = jk_cli_text(cli, JK_OPTION_TEAM);
    } else if (all) {
        out_wish->scope.kind_case = JOKBO__V1__COUNT_SCOPE__KIND_ALL;
        out_wish->scope.all = true;
    }
    out_wish->grouping_count = wanted_groupings(cli, out_wish->groupings);
    uint64_t limit = jk_pages_limit(cli);
    out_wish->page_size = limit == 0 || limit > PAGE_MOST ? PAGE_MOST : (int32_t)limit;
    return jk_count_as_of_read(cli, out_wish);
}

void jk_count_request(struct jk_count_wish *wish, Jokbo__V1__CountDerivativesRequest *out_request)
{
    jokbo__v1__count_derivatives_request__init(out_request);
    out_request->scope = &wish->scope;
    if (wish->has_as_of) out_request->as_of = &wish->as_of;
    if (wish->has_rule) out_request->rule = &wish->rule;
    out_request->n_group_by = wish->grouping_count;
    out_request->group_by = wish->groupings;
    out_request->page_size = wish->page_size;
}

/* ---- for pages that show a count among other things ---- */

static void at_size(Jokbo__V1__AsOf *as_of, int64_t log_size)
{
    jokbo__v1__as_of__init(as_of);
    as_of->kind_case = JOKBO__V1__AS_OF__KIND_LOG_SIZE;
    as_of->log_size = log_size;
}

enum jk_status jk_count_of_base(struct jk_cli *cli, const char *name, int64_t log_size, int64_t *out_counted)
{
    Jokbo__V1__CountDerivativesRequest request = JOKBO__V1__COUNT_DERIVATIVES_REQUEST__INIT;
    Jokbo__V1__CountScope scope = JOKBO__V1__COUNT_SCOPE__INIT;
    Jokbo__V1__DerivativeCount *count;
    Jokbo__V1__AsOf as_of;
    at_size(&as_of, log_size);
    scope.kind_case = JOKBO__V1__COUNT_SCOPE__KIND_BASE_MODEL;
    scope.base_model = (char *)(uintptr_t)name;
    request.scope = &scope;
    request.as_of = &as_of;
    JK_TRY(jk_cli_call(cli, EVALUATION, "CountDerivatives", &request.base, &count));
    *out_counted = count->counted;
    return JK_OK;
}

enum jk_status jk_count_of_all(struct jk_cli *cli, int64_t log_size, Jokbo__V1__ListCountsResponse **out_counts)
{
    Jokbo__V1__ListCountsRequest request = JOKBO__V1__LIST_COUNTS_REQUEST__INIT;
    Jokbo__V1__AsOf as_of;
    at_size(&as_of, log_size);
    request.as_of = &as_of;
    return jk_cli_call(cli, EVALUATION, "ListCounts", &request.base, out_counts);
}

int64_t jk_count_in_all(const Jokbo__V1__ListCountsResponse *counts, const char *name)
{
    for (size_t i = 0; i < counts->n_bases; i++)
        if (strcmp(counts->bases[i]->scope->base_model, name) == 0) return counts->bases[i]->counted;
    return 0;
}

/* ---- printing ---- */

const char *jk_count_revision_text(struct jk_cli *cli, int32_t revision, int64_t log_size, int64_t rulings_size)
{
    const char *text = "", *rulings = "";
    if (!revision) return text;
    if (rulings_size > log_size)
        rulings = jk_arena_printf(&cli->arena, ", with rulings up to log size %s", jk_print_number(cli, rulings_size));
    text = jk_arena_printf(&cli->arena, "As in revision %d of the stage's report%s.", revision, rulings ? rulings : "");
    return text ? text : "";
}

struct state {
    int64_t log_size;
    const Google__Protobuf__Timestamp *time;
    int32_t revision;
    int64_t rulings_size;
};

static void print_state(struct jk_cli *cli, const struct state *state)
{
    fprintf(cli->out, "\nAt log size %s%s%s.\n", jk_print_number(cli, state->log_size),
            state->time ? ", last entry " : "", jk_print_time(cli, state->time));
    if (state->revision)
        fprintf(cli->out, "%s\n", jk_count_revision_text(cli, state->revision, state->log_size, state->rulings_size));
}

/* Of months of registration also how many a census brought in, if it brought any. */
static void groups_table(struct jk_cli *cli, const Jokbo__V1__DerivativeCount *count, Jokbo__V1__Grouping grouping)
{
    struct jk_column columns[] = {{"", false, .wrap = true}, {"counted", true}, {"", false, .spare = 1}, {""}};
    struct jk_table table;
    int64_t most = 0, brought = 0;
    for (size_t i = 0; i < count->n_groups; i++) {
        if (count->groups[i]->grouping != grouping) continue;
        if (count->groups[i]->count > most) most = count->groups[i]->count;
        brought += count->groups[i]->from_census;
    }
    columns[0].title = jk_print_word(cli, &jokbo__v1__grouping__descriptor, (int)grouping);
    if (brought > 0) {
        columns[3] = columns[2];
        columns[2] = (struct jk_column){"by a census", true};
    }
    jk_table_init(&table, &cli->arena, columns, brought > 0 ? 4 : 3);
    for (size_t i = 0; i < count->n_groups; i++) {
        const Jokbo__V1__CountGroup *group = count->groups[i];
        if (group->grouping != grouping || group->count == 0) continue;
        jk_table_cell(&table, group->key);
        jk_table_cell(&table, jk_print_number(cli, group->count));
        if (brought > 0) jk_table_cell(&table, jk_print_number(cli, group->from_census));
        jk_table_cell(&table, jk_overview_bar(cli, group->count, most, BAR_WIDTH));
    }
    fputc('\n', cli->out);
    jk_print_table(cli, &table);
}

/* "3 of those counted wait for a verifier": what a stage's later revision decides. */
static const char *pending_text(struct jk_cli *cli, int64_t pending)
{
    const char *text = jk_arena_printf(&cli->arena, "%s of those counted %s for a verifier",
                                       jk_print_number(cli, pending), pending == 1 ? "waits" : "wait");
    return text ? text : "";
}

/* With a rule: what is left out, by reason, as a funnel takes it. */
static void left_out_table(struct jk_cli *cli, const Jokbo__V1__DerivativeCount *count)
{
    static const struct jk_column columns[] = {{"left out", false}, {"derivatives", true}, {"", false, .spare = 1}};
    struct jk_table table;
    int64_t most = 0;
    for (size_t i = 0; i < count->n_left_out; i++)
        if (count->left_out[i]->count > most) most = count->left_out[i]->count;
    if (most == 0) return;
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < count->n_left_out; i++) {
        const Jokbo__V1__ReasonCount *one = count->left_out[i];
        if (one->count == 0) continue;
        jk_table_cell(&table, jk_print_word(cli, &jokbo__v1__reason__descriptor, (int)one->reason));
        jk_table_cell(&table, jk_print_number(cli, one->count));
        jk_table_cell(&table, jk_overview_bar(cli, one->count, most, BAR_WIDTH));
    }
    fputc('\n', cli->out);
    jk_print_table(cli, &table);
}

void jk_count_print(struct jk_cli *cli, const Jokbo__V1__DerivativeCount *count, const struct jk_count_wish *wish)
{
    struct jk_table table;
    fprintf(cli->out, "%s: %s\n", jk_print_painted(cli, JK_PAINT_BOLD, jk_overview_scope(count)),
            jk_print_plural(cli, count->counted, "derivative", "derivatives"));
    jk_print_facts_wrapped(&table, cli);
    jk_print_fact(&table, "direct", jk_print_number(cli, count->direct));
    jk_print_fact(&table, "transitive", jk_print_number(cli, count->transitive));
    jk_print_fact(&table, "independent", jk_print_number(cli, count->independent));
    jk_print_fact(&table, "licence clean", jk_print_number(cli, count->license_clean));
    jk_print_fact(&table, "distinct publishers", jk_print_number(cli, count->distinct_publishers));
    jk_print_fact(&table, "distinct weights", jk_print_number(cli, count->distinct_weights));
    jk_print_fact(&table, "by adoption only", jk_print_number(cli, count->adopted));
    if (count->pending > 0) jk_print_fact(&table, "pending", pending_text(cli, count->pending));
    jk_print_fact(&table, "registered", jk_print_number(cli, count->registered));
    if (!*count->policy_sha256) jk_print_fact(&table, "yanked", jk_print_number(cli, count->yanked));
    jk_print_fact(&table, "policy", wish->policy ? wish->policy : count->policy_sha256);
    jk_print_table(cli, &table);
    left_out_table(cli, count);
    for (size_t i = 0; count->counted > 0 && i < wish->grouping_count; i++)
        groups_table(cli, count, wish->groupings[i]);
    print_state(cli, &(struct state){count->log_size, count->log_time, count->revision, count->rulings_size});
}

void jk_count_print_all(struct jk_cli *cli, const Jokbo__V1__ListCountsResponse *counts)
{
    jk_overview_print(cli, counts);
    if (counts->all && counts->all->pending > 0)
        fprintf(cli->out, "\nPending: %s.\n", pending_text(cli, counts->all->pending));
    print_state(cli, &(struct state){counts->log_size, counts->log_time, counts->revision, counts->rulings_size});
}
