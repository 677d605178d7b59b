/* The stages, one stage with its reports, rulings and disputes, and a policy with what it does to today's counts. */
#include <jokbo/v1/stage.pb-c.h>
#include <stdio.h>

#include "reply/json.h"
#include "reply/message.h"
#include "web/pages/begin.h"
#include "web/pages/parts.h"
#include "web/pages/said.h"

#define RULINGS_SHOWN 100
#define RULING_PAGES  20 /* of 1,000, that are looked through */

static const char *title_of(const struct jk_web_page *page, const Jokbo__V1__Stage *stage)
{
    return page->language == JK_KOREAN && stage->title_ko[0] ? stage->title_ko : stage->title;
}

static const char *state_of(const struct jk_web_page *page, const Jokbo__V1__Stage *stage)
{
    if (stage->n_closings > 0) return "stage_state.closed";
    if (jk_json_time_us(stage->open_time) > page->now_us) return "stage_state.planned";
    return jk_json_time_us(stage->cutoff_time) > page->now_us ? "stage_state.open" : "stage_state.closing";
}

static void add_closing(struct jk_shown *list, const Jokbo__V1__Closing *closing)
{
    struct jk_shown *row = jk_shown_map(list, NULL);
    jk_shown_printf(row, "revision", "%d", (int)closing->revision);
    jk_shown_number(row, "n", closing->n);
    jk_shown_number(row, "m", closing->m);
    jk_shown_string(row, "table_sha256", closing->table_sha256);
    jk_shown_string(row, "json_sha256", closing->json_sha256);
    jk_shown_string(row, "members_sha256", closing->members_sha256);
    jk_shown_string(row, "left_out_sha256", closing->left_out_sha256);
    jk_shown_string(row, "closing_text", closing->text);
    jk_shown_printf(row, "closing_index", "%lld", (long long)closing->log_index);
    jk_part_time(row, "closed", closing->create_time);
}

static void add_stage(struct jk_web_page *page, struct jk_shown *map, const Jokbo__V1__Stage *stage)
{
    jk_shown_string(map, "stage", stage->id);
    jk_shown_string(map, "stage_title", title_of(page, stage));
    jk_shown_text(map, "stage_state", jk_web_page_word(page, state_of(page, stage)));
    jk_shown_string(map, "policy", stage->policy);
    jk_shown_string(map, "source", stage->source);
    jk_part_time(map, "opens", stage->open_time);
    jk_part_time(map, "cutoff", stage->cutoff_time);
    jk_part_time(map, "disputes_end", stage->dispute_end_time);
    jk_shown_flag(map, "disputable",
                  stage->dispute_end_time && jk_json_time_us(stage->dispute_end_time) > page->now_us);
    jk_shown_printf(map, "stage_index", "%lld", (long long)stage->log_index);
    struct jk_shown *teams = jk_shown_list(map, "stage_teams"), *closings = jk_shown_list(map, "closings");
    for (size_t i = 0; i < stage->n_teams; i++)
        (void)jk_part_team(page, teams, NULL, stage->teams[i]);
    for (size_t i = stage->n_closings; i > 0; i--)
        add_closing(closings, stage->closings[i - 1]);
}

static void fold_stage_list(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListStagesResponse *list = (const Jokbo__V1__ListStagesResponse *)reply;
    struct jk_shown *rows = jk_shown_list(page->view, "stages");
    for (size_t i = list->n_stages; i > 0; i--)
        add_stage(page, jk_shown_map(rows, NULL), list->stages[i - 1]);
}

static void fold_policy_list(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListPoliciesResponse *list = (const Jokbo__V1__ListPoliciesResponse *)reply;
    struct jk_shown *rows = jk_shown_list(page->view, "policies");
    for (size_t i = 0; i < list->n_policies; i++) {
        struct jk_shown *row = jk_shown_map(rows, NULL);
        (void)jk_part_policy(page, row, list->policies[i]);
        jk_shown_string(row, "explained",
                        page->language == JK_KOREAN ? list->policies[i]->explanation_ko
                                                    : list->policies[i]->explanation);
    }
}

static void ask_policies(struct jk_web_page *page)
{
    Jokbo__V1__ListPoliciesRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__ListPoliciesRequest, jokbo__v1__list_policies_request);
    if (!request) return;
    request->page_size = 1000;
    jk_web_page_ask(page, "/jokbo.v1.Stages/ListPolicies", request, fold_policy_list);
}

static void ask_stages(struct jk_web_page *page)
{
    jk_web_page_ask(page, "/jokbo.v1.Stages/ListStages",
                    JK_MESSAGE(&page->arena, Jokbo__V1__ListStagesRequest, jokbo__v1__list_stages_request),
                    fold_stage_list);
    ask_policies(page);
}

void jk_web_page_stages(struct jk_web_page *page)
{
    jk_part_ask_teams(page, ask_stages);
}

void jk_web_page_method(struct jk_web_page *page)
{
    ask_policies(page);
}

/* ---- counts of all teams under a rule ---- */

/* The ids of a stage's teams; NULL: a policy's page, with all teams. */
struct taking_part {
    char **teams;
    size_t count;
    int64_t opens_us;
    struct jk_shown *rulings;           /* list */
    size_t rulings_shown, rulings_read; /* rows; pages */
};

static bool takes_part(const struct taking_part *stage, const char *team)
{
    for (size_t i = 0; stage && i < stage->count; i++)
        if (strcmp(stage->teams[i], team) == 0) return true;
    return !stage;
}

static void fold_counts(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListCountsResponse *counts = (const Jokbo__V1__ListCountsResponse *)reply;
    struct jk_shown *list = jk_shown_list(page->view, "team_counts");
    int64_t most = 0;
    if (!counts) return;
    for (size_t i = 0; i < counts->n_teams; i++)
        if (counts->teams[i]->counted > most) most = counts->teams[i]->counted;
    for (size_t i = 0; i < counts->n_teams; i++) {
        const Jokbo__V1__DerivativeCount *count = counts->teams[i];
        if (!count->scope || count->scope->kind_case != JOKBO__V1__COUNT_SCOPE__KIND_TEAM) continue;
        if (!takes_part(page->state, count->scope->team)) continue;
        struct jk_shown *row = jk_shown_map(list, NULL);
        (void)jk_part_team(page, row, "team", count->scope->team);
        jk_shown_number(row, "total", count->counted);
        jk_shown_number(row, "left_out_total", count->registered - count->counted);
        jk_part_share(row, "share", count->counted, most);
    }
}

static void ask_rule_counts(struct jk_web_page *page, const char *policy, const char *stage)
{
    struct jk_arena *arena = &page->arena;
    Jokbo__V1__ListCountsRequest *request =
        JK_MESSAGE(arena, Jokbo__V1__ListCountsRequest, jokbo__v1__list_counts_request);
    Jokbo__V1__CountRule *rule = JK_MESSAGE(arena, Jokbo__V1__CountRule, jokbo__v1__count_rule);
    if (!request || !rule) return;
    request->rule = rule;
    rule->kind_case = stage ? JOKBO__V1__COUNT_RULE__KIND_STAGE : JOKBO__V1__COUNT_RULE__KIND_POLICY;
    if (stage)
        rule->stage = jk_web_page_string(page, jk_span_of(stage));
    else
        rule->policy = jk_web_page_string(page, jk_span_of(policy));
    jk_web_page_ask_maybe(page, "/jokbo.v1.Evaluation/ListCounts", request, fold_counts);
}

/* ---- one stage ---- */

static void fold_disputes(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListDisputesResponse *response = (const Jokbo__V1__ListDisputesResponse *)reply;
    struct jk_shown *list = jk_shown_list(page->view, "disputes");
    for (size_t i = 0; i < response->n_disputes; i++) {
        const Jokbo__V1__Dispute *dispute = response->disputes[i];
        if (!jk_span_equal(jk_span_of(dispute->stage), page->variables[0])) continue;
        jk_part_dispute(page, list, dispute);
    }
}

/* Rulings since the stage opened, in order. */
static void ask_rulings(struct jk_web_page *page, char *token);

static void fold_stage_rulings(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListRulingsResponse *response = (const Jokbo__V1__ListRulingsResponse *)reply;
    struct taking_part *stage = page->state;
    for (size_t i = 0; i < response->n_rulings; i++) {
        if (jk_json_time_us(response->rulings[i]->create_time) < stage->opens_us) continue;
        if (stage->rulings_shown++ < RULINGS_SHOWN) jk_part_ruling(page, stage->rulings, response->rulings[i]);
    }
    bool full = stage->rulings_shown >= RULINGS_SHOWN || ++stage->rulings_read == RULING_PAGES;
    jk_shown_flag(page->view, "more_rulings",
                  stage->rulings_shown > RULINGS_SHOWN || (full && response->next_page_token[0]));
    if (!full && response->next_page_token[0])
        ask_rulings(page, jk_web_page_string(page, jk_span_of(response->next_page_token)));
}

static void ask_rulings(struct jk_web_page *page, char *token)
{
    Jokbo__V1__ListRulingsRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__ListRulingsRequest, jokbo__v1__list_rulings_request);
    if (!request) return;
    request->page_size = 1000;
    request->page_token = token;
    jk_web_page_ask(page, "/jokbo.v1.Stages/ListRulings", request, fold_stage_rulings);
}

/* What is left of the time for disputes, in days and hours. */
static void add_time_left(struct jk_web_page *page, const Jokbo__V1__Stage *stage)
{
    int64_t left_us = stage->dispute_end_time ? jk_json_time_us(stage->dispute_end_time) - page->now_us : 0;
    if (left_us <= 0) return;
    struct jk_shown *map = jk_shown_map(page->view, "time_left");
    jk_shown_number(map, "days_left", left_us / JK_DAY_US);
    jk_shown_number(map, "hours_left", left_us % JK_DAY_US / JK_HOUR_US);
}

static struct taking_part *taking_part(struct jk_web_page *page, const Jokbo__V1__Stage *stage)
{
    struct taking_part *copy = jk_arena_zalloc(&page->arena, 1, sizeof *copy);
    char **teams = jk_arena_zalloc(&page->arena, stage->n_teams + 1, sizeof *teams);
    for (size_t i = 0; copy && teams && i < stage->n_teams; i++)
        teams[i] = jk_web_page_string(page, jk_span_of(stage->teams[i]));
    if (copy && teams)
        *copy = (struct taking_part){.teams = teams,
                                     .count = stage->n_teams,
                                     .opens_us = jk_json_time_us(stage->open_time),
                                     .rulings = jk_shown_list(page->view, "rulings")};
    return copy;
}

static void fold_stage(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__Stage *stage = (const Jokbo__V1__Stage *)reply;
    Jokbo__V1__ListDisputesRequest *disputes =
        JK_MESSAGE(&page->arena, Jokbo__V1__ListDisputesRequest, jokbo__v1__list_disputes_request);
    if (!disputes) return;
    jk_shown_string(page->view, "title", title_of(page, stage));
    add_stage(page, page->view, stage);
    add_time_left(page, stage);
    page->state = taking_part(page, stage);
    if (jk_json_time_us(stage->open_time) <= page->now_us) ask_rule_counts(page, NULL, stage->id);
    disputes->page_size = 1000;
    jk_web_page_ask(page, "/jokbo.v1.Stages/ListDisputes", disputes, fold_disputes);
    if (page->state) ask_rulings(page, "");
}

static void ask_stage(struct jk_web_page *page)
{
    Jokbo__V1__GetStageRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__GetStageRequest, jokbo__v1__get_stage_request);
    if (!request) return;
    request->id = jk_web_page_string(page, page->variables[0]);
    jk_web_page_ask(page, "/jokbo.v1.Stages/GetStage", request, fold_stage);
}

void jk_web_page_stage(struct jk_web_page *page)
{
    jk_part_ask_teams(page, ask_stage);
}

/* ---- one policy ---- */

static void fold_policy(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__Policy *policy = (const Jokbo__V1__Policy *)reply;
    struct jk_shown *view = page->view, *sentences = jk_shown_list(view, "sentences");
    char name[160];
    (void)snprintf(name, sizeof name, "%s@%d", policy->name, (int)policy->version);
    struct jk_span rest = jk_span_of(page->language == JK_KOREAN ? policy->explanation_ko : policy->explanation), line;
    while (jk_span_line(&rest, &line))
        jk_shown_text(sentences, NULL, line);
    jk_shown_string(view, "title", name);
    jk_shown_string(view, "policy", name);
    jk_shown_string(view, "policy_text", policy->text);
    jk_shown_string(view, "policy_sha256", policy->sha256);
    jk_shown_printf(view, "index", "%lld", (long long)policy->log_index);
    jk_part_time(view, "when", policy->create_time);
    ask_rule_counts(page, name, NULL);
}

static void ask_policy(struct jk_web_page *page)
{
    Jokbo__V1__GetPolicyRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__GetPolicyRequest, jokbo__v1__get_policy_request);
    if (!request) return;
    request->policy = jk_web_page_string(page, page->variables[0]);
    jk_web_page_ask(page, "/jokbo.v1.Stages/GetPolicy", request, fold_policy);
}

void jk_web_page_policy(struct jk_web_page *page)
{
    jk_part_ask_teams(page, ask_policy);
}
