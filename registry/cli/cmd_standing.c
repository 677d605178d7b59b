/* `explain`: why a derivative does not count under a rule. `watch`: a count that follows the log. */
#include <jokbo/v1/evaluation.pb-c.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/console/print.h"
#include "cli/count_sheet.h"
#include "cli/explain_here.h"
#include "cli/overview.h"
#include "cli/policy_file.h"

#define EVALUATION (&jokbo__v1__evaluation__descriptor)
#define PAUSE_MS   2000 /* before a server that is away is asked again */

/* ---- explain ---- */

static bool in_language(const struct jk_cli *cli, const char *language)
{
    const char *asked = jk_cli_text(cli, JK_OPTION_LANG);
    return !*asked || strcmp(asked, "both") == 0 || strcmp(asked, language) == 0;
}

/* What is missing as yet follows from no entry. */
static void print_fact(struct jk_cli *cli, const Jokbo__V1__ReasonFact *fact, bool pending)
{
    const char *word =
        jk_print_painted(cli, JK_PAINT_YELLOW, jk_print_word(cli, &jokbo__v1__reason__descriptor, (int)fact->reason));
    if (pending)
        fprintf(cli->out, "  pending: %s\n", word);
    else
        fprintf(cli->out, "  %s  (entry %lld)\n", word, (long long)fact->log_index);
    const char *english = jk_arena_printf(&cli->arena, "    %s", fact->fact);
    const char *korean = jk_arena_printf(&cli->arena, "    %s", fact->fact_ko);
    if (english && in_language(cli, "en")) jk_print_folded(cli, english, 4);
    if (korean && in_language(cli, "ko")) jk_print_folded(cli, korean, 4);
}

/* Depth 0: the policy leaves adoptions out, and nothing else leads there. */
static const char *distance(struct jk_cli *cli, const Jokbo__V1__Root *root)
{
    return root->depth ? jk_arena_printf(&cli->arena, "depth %d", root->depth) : "by adoption only";
}

static void print_verdict(struct jk_cli *cli, const Jokbo__V1__Standing *standing)
{
    const char *rest = jk_arena_printf(&cli->arena, " %s%s", standing->counts ? "counts" : "does not count: ",
                                       jk_print_word(cli, &jokbo__v1__reason__descriptor, (int)standing->reason));
    const char *whole = rest ? jk_arena_printf(&cli->arena, "%s%s", standing->name, rest) : NULL;
    if (!whole) return;
    if (jk_print_width(cli) > 0 && jk_utf8_columns(jk_span_of(whole)) > jk_print_width(cli))
        jk_print_folded(cli, whole, 2);
    else
        fprintf(cli->out, "%s%s\n", jk_print_painted(cli, JK_PAINT_BOLD, standing->name), rest);
}

static void print_standing(struct jk_cli *cli, const Jokbo__V1__Standing *standing)
{
    print_verdict(cli, standing);
    for (size_t i = 0; i < standing->n_roots; i++) {
        const Jokbo__V1__RootStanding *root = standing->roots[i];
        const char *line = jk_arena_printf(&cli->arena, "for %s of team %s, %s: %s", root->root->name, root->root->team,
                                           distance(cli, root->root), root->counts ? "counts" : "left out");
        fputc('\n', cli->out);
        jk_print_folded(cli, line ? line : "", 2);
        for (size_t k = 0; k < root->n_reasons; k++)
            print_fact(cli, root->reasons[k], false);
        for (size_t k = 0; k < root->n_pending; k++)
            print_fact(cli, root->pending[k], true);
    }
    for (size_t i = 0; i < standing->n_open_disputes; i++)
        fprintf(cli->out, "%sentry %lld%s", i == 0 ? "\nOpen disputes, which change nothing: " : ", ",
                (long long)standing->open_disputes[i], i + 1 == standing->n_open_disputes ? "\n" : "");
    const char *rule =
        jk_arena_printf(&cli->arena, "Policy %s, at log size %s.", jk_policy_title(cli, standing->policy_sha256),
                        jk_print_number(cli, standing->log_size));
    fputc('\n', cli->out);
    jk_print_folded(cli, rule ? rule : "", 0);
    if (standing->revision)
        jk_print_folded(cli,
                        jk_count_revision_text(cli, standing->revision, standing->log_size, standing->rulings_size), 0);
}

static void add_reason_row(json_t *rows, const Jokbo__V1__Standing *standing, const Jokbo__V1__RootStanding *root,
                           const Jokbo__V1__ReasonFact *fact)
{
    json_t *row = fact ? jk_json_message(&fact->base) : json_object();
    if (row && root->root) json_object_set_new(row, "root", jk_json_message(&root->root->base));
    if (row) json_object_set_new(row, "name", json_string(standing->name));
    if (row) json_object_set_new(row, "counts", json_boolean(root->counts));
    json_array_append_new(rows, row);
}

/* A row a root and reason; a root for which it counts has one for each reason that is pending, or one without a reason. */
static enum jk_status explain_csv(struct jk_cli *cli, const Jokbo__V1__Standing *standing)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < standing->n_roots; i++) {
        const Jokbo__V1__RootStanding *root = standing->roots[i];
        if (root->n_reasons + root->n_pending == 0) add_reason_row(rows, standing, root, NULL);
        for (size_t k = 0; k < root->n_reasons; k++)
            add_reason_row(rows, standing, root, root->reasons[k]);
        for (size_t k = 0; k < root->n_pending; k++)
            add_reason_row(rows, standing, root, root->pending[k]);
    }
    return jk_sheet_print(
        cli, "name,root=root.name,team=root.team,depth=root.depth,counts,reason,log_index,fact,fact_ko,other,detail",
        rows);
}

static bool is_in_file(const struct jk_cli *cli)
{
    return jk_cli_has(cli, JK_OPTION_POLICY) && jk_policy_is_file(jk_cli_text(cli, JK_OPTION_POLICY));
}

enum jk_status jk_run_explain(struct jk_cli *cli)
{
    Jokbo__V1__ExplainStandingRequest request = JOKBO__V1__EXPLAIN_STANDING_REQUEST__INIT;
    Jokbo__V1__Standing *standing;
    struct jk_count_wish wish = {0};
    jokbo__v1__as_of__init(&wish.as_of);
    JK_TRY(jk_count_rule_read(cli, &wish.rule, &wish.has_rule));
    if (!wish.has_rule) return jk_cli_usage(cli, "give --policy POLICY or --stage STAGE");
    JK_TRY(jk_count_as_of_read(cli, &wish));
    request.name = jk_cli_operand(cli, 0);
    request.rule = &wish.rule;
    if (wish.has_as_of) request.as_of = &wish.as_of;
    if (is_in_file(cli)) {
        struct jk_policy policy;
        JK_TRY(jk_policy_file_read(cli, jk_cli_text(cli, JK_OPTION_POLICY), &policy));
        JK_TRY(jk_explain_here(cli, &policy, request.name, request.as_of, &standing));
    } else {
        JK_TRY(jk_cli_call(cli, EVALUATION, "ExplainStanding", &request.base, &standing));
    }
    if (cli->json) return jk_print_message(cli, &standing->base);
    if (cli->csv) return explain_csv(cli, standing);
    print_standing(cli, standing);
    return JK_OK;
}

/* ---- watch ---- */

struct watching {
    struct jk_cli *cli;
    struct jk_count_wish wish;
    bool headed;  /* --csv: the header was written */
    int64_t told; /* a fingerprint of the numbers told last: a stream taken up again begins with the present ones */
};

static int64_t fingerprint(const Jokbo__V1__DerivativeCount *count)
{
    const int64_t numbers[] = {
        count->registered,       count->yanked,      count->counted,       count->direct,
        count->transitive,       count->independent, count->license_clean, count->distinct_publishers,
        count->distinct_weights, count->pending};
    uint64_t sum = 14695981039346656037u;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sum = (sum ^ (uint64_t)numbers[i]) * 1099511628211u;
    for (size_t i = 0; i < count->n_left_out; i++)
        sum = (sum ^ (uint64_t)count->left_out[i]->count) * 1099511628211u;
    return (int64_t)(sum >> 1);
}

static void print_line(struct jk_cli *cli, const Jokbo__V1__DerivativeCount *count)
{
    fprintf(cli->out, "%lld  %s  %s  counted %lld  registered %lld", (long long)count->log_size,
            jk_print_time(cli, count->log_time), jk_print_safe(cli, jk_overview_scope(count)),
            (long long)count->counted, (long long)count->registered);
    for (size_t i = 0; i < count->n_left_out; i++)
        if (count->left_out[i]->count > 0)
            fprintf(cli->out, "  %s %lld",
                    jk_print_word(cli, &jokbo__v1__reason__descriptor, (int)count->left_out[i]->reason),
                    (long long)count->left_out[i]->count);
    if (count->pending > 0) fprintf(cli->out, "  pending %lld", (long long)count->pending);
    fputc('\n', cli->out);
}

static enum jk_status show_count(struct watching *watching, const Jokbo__V1__DerivativeCount *count)
{
    struct jk_cli *cli = watching->cli;
    if (cli->json) return jk_print_json_line(cli, jk_json_message(&count->base));
    if (cli->csv) {
        /* The header comes with the first row: it depends on whether there is a rule. */
        const char *columns = jk_count_columns(cli, watching->wish.has_rule);
        if (!watching->headed) JK_TRY(jk_sheet_begin(cli, columns));
        watching->headed = true;
        return jk_sheet_row(cli, columns, jk_count_row(count));
    }
    if (cli->out_terminal) {
        fputs("\033[H\033[2J", cli->out);
        jk_count_print(cli, count, &watching->wish);
    } else {
        print_line(cli, count);
    }
    return JK_OK;
}

/* Each message has memory of its own: a wall display stands for months. */
static enum jk_status take_count(void *context, const ProtobufCMessage *message, struct jk_error *error)
{
    struct watching *watching = context;
    struct jk_cli *cli = watching->cli;
    const Jokbo__V1__DerivativeCount *count = (const Jokbo__V1__DerivativeCount *)message;
    struct jk_arena kept = cli->arena;
    int64_t print = fingerprint(count);
    if (print == watching->told) return JK_OK;
    watching->told = print;
    jk_arena_init(&cli->arena, JK_CLI_ARENA);
    enum jk_status status = show_count(watching, count);
    jk_arena_done(&cli->arena);
    cli->arena = kept;
    fflush(cli->out);
    if (status == JK_OK && ferror(cli->out))
        status = jk_fail(error, JK_INTERNAL, "OUTPUT", "the result could not be written");
    return status;
}

/* A stream that ended is taken up again; so is one whose server went away, once it had answered. */
static bool goes_on(const struct watching *watching, enum jk_status status)
{
    bool away = status == JK_UNAVAILABLE || status == JK_DEADLINE_EXCEEDED;
    return status == JK_OK || (away && watching->told >= 0);
}

enum jk_status jk_run_watch(struct jk_cli *cli)
{
    struct watching watching = {.cli = cli, .told = -1};
    JK_TRY(jk_count_wish_read(cli, 0, &watching.wish));
    JK_TRY(jk_count_rule_asked(cli, &watching.wish.rule, &watching.wish.has_rule));
    if (!watching.wish.has_scope) {
        watching.wish.scope.kind_case = JOKBO__V1__COUNT_SCOPE__KIND_ALL;
        watching.wish.scope.all = true;
    }
    JK_TRY(jk_cli_connect(cli));
    Jokbo__V1__WatchCountsRequest request = JOKBO__V1__WATCH_COUNTS_REQUEST__INIT;
    enum jk_status status = JK_OK;
    request.scope = &watching.wish.scope;
    if (watching.wish.has_rule) request.rule = &watching.wish.rule;
    while (goes_on(&watching, status)) {
        if (status != JK_OK) jk_sleep_ms(PAUSE_MS);
        jk_error_init(&cli->error, &cli->arena);
        status = jk_client_download(cli->client, EVALUATION, "WatchCounts", &request.base, take_count, &watching,
                                    &cli->error);
    }
    return jk_policy_answered(cli, jk_cli_text(cli, JK_OPTION_POLICY), status);
}
