/* What was made from a base model, or from all of a team's: numbers, how they divide, and the derivatives as a list that the URL
 * filters: ?policy= or ?stage=, one of ?relation=, ?class=, ?month=, ?license=, ?depth=, ?publisher=, and ?since= or ?days=, then
 * ?left_out=1, ?order=newest, ?after= (a page token). */
#include <jokbo/v1/stage.pb-c.h>
#include <stdio.h>

#include "reply/json.h"
#include "reply/message.h"
#include "web/pages/asked.h"
#include "web/pages/begin.h"
#include "web/pages/growth.h"
#include "web/pages/parameters.h"
#include "web/pages/parts.h"
#include "web/pages/since.h"
#include "web/pages/tree.h"

#define ROWS    50
#define LARGEST 10 /* publishers, and licences */

struct scope {
    char *name;
    bool base;
    char *policy, *stage; /* one of them, or both "": the plain count */
};

static Jokbo__V1__CountScope *scope_message(struct jk_web_page *page)
{
    const struct scope *scope = page->state;
    char *none = (char *)(uintptr_t)protobuf_c_empty_string;
    return scope->base ? jk_asked_scope_of(page, none, scope->name) : jk_asked_scope_of(page, scope->name, none);
}

static Jokbo__V1__CountRule *rule_message(struct jk_web_page *page)
{
    const struct scope *scope = page->state;
    if (!scope->stage[0]) return jk_asked_rule_of(page, scope->policy);
    Jokbo__V1__CountRule *rule = JK_MESSAGE(&page->arena, Jokbo__V1__CountRule, jokbo__v1__count_rule);
    if (!rule) return NULL;
    rule->kind_case = JOKBO__V1__COUNT_RULE__KIND_STAGE;
    rule->stage = scope->stage;
    return rule;
}

/* ---- numbers ---- */

static void show_left_out(struct jk_web_page *page, const Jokbo__V1__DerivativeCount *count)
{
    struct jk_shown *list = jk_shown_list(page->view, "left_out");
    int64_t most = 0;
    for (size_t i = 0; i < count->n_left_out; i++)
        if (count->left_out[i]->count > most) most = count->left_out[i]->count;
    for (size_t i = 0; i < count->n_left_out; i++) {
        if (count->left_out[i]->count == 0) continue;
        struct jk_shown *row = jk_shown_map(list, NULL);
        jk_part_reason(page, row, "label", count->left_out[i]->reason);
        jk_shown_number(row, "count", count->left_out[i]->count);
        jk_part_share(row, "share", count->left_out[i]->count, most);
    }
}

static void fold_count(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__DerivativeCount *count = (const Jokbo__V1__DerivativeCount *)reply;
    struct jk_shown *view = page->view;
    jk_shown_number(view, "counted", count->counted);
    jk_shown_number(view, "registered", count->registered);
    if (count->registered > count->counted) jk_shown_number(view, "left_out_total", count->registered - count->counted);
    jk_shown_number(view, "direct", count->direct);
    jk_shown_number(view, "transitive", count->transitive);
    jk_shown_number(view, "independent", count->independent);
    jk_shown_number(view, "license_clean", count->license_clean);
    jk_shown_number(view, "publishers", count->distinct_publishers);
    jk_shown_number(view, "distinct_weights", count->distinct_weights);
    jk_part_groups(page, view, "by_relation", count, JOKBO__V1__GROUPING__GROUPING_RELATION);
    jk_part_groups(page, view, "by_class", count, JOKBO__V1__GROUPING__GROUPING_LICENSE_CLASS);
    jk_part_groups(page, view, "by_depth", count, JOKBO__V1__GROUPING__GROUPING_DEPTH);
    jk_part_groups(page, view, "by_month", count, JOKBO__V1__GROUPING__GROUPING_MONTH);
    jk_web_page_growth(page, count);
    show_left_out(page, count);
}

/* Of the largest groups, and how many are in no group that is shown. */
static void show_largest(struct jk_web_page *page, const char *key, const char *rest_key,
                         const Jokbo__V1__DerivativeCount *count, Jokbo__V1__Grouping grouping)
{
    int64_t rest = count->counted;
    for (size_t i = 0; i < count->n_groups; i++)
        if (count->groups[i]->grouping == grouping) rest -= count->groups[i]->count;
    jk_part_groups(page, page->view, key, count, grouping);
    if (rest > 0) jk_shown_number(page->view, rest_key, rest);
}

static void fold_many(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__DerivativeCount *count = (const Jokbo__V1__DerivativeCount *)reply;
    show_largest(page, "by_publisher", "other_publishers", count, JOKBO__V1__GROUPING__GROUPING_PUBLISHER);
    show_largest(page, "by_license", "other_licenses", count, JOKBO__V1__GROUPING__GROUPING_LICENSE);
}

/* First what is known in memory, then by what there may be many of, for which the book is walked once. */
static void ask_counts(struct jk_web_page *page)
{
    static Jokbo__V1__Grouping few[] = {JOKBO__V1__GROUPING__GROUPING_RELATION,
                                        JOKBO__V1__GROUPING__GROUPING_LICENSE_CLASS,
                                        JOKBO__V1__GROUPING__GROUPING_DEPTH, JOKBO__V1__GROUPING__GROUPING_MONTH};
    static Jokbo__V1__Grouping many[] = {JOKBO__V1__GROUPING__GROUPING_PUBLISHER,
                                         JOKBO__V1__GROUPING__GROUPING_LICENSE};
    for (int walked = 0; walked < 2; walked++) {
        Jokbo__V1__CountDerivativesRequest *request =
            JK_MESSAGE(&page->arena, Jokbo__V1__CountDerivativesRequest, jokbo__v1__count_derivatives_request);
        if (!request) return;
        request->scope = scope_message(page);
        request->rule = rule_message(page);
        if (request->rule)
            request->min_log_size = page->log.size; /* as the list is: not what was counted a moment ago */
        request->group_by = walked ? many : few;
        request->n_group_by = walked ? sizeof many / sizeof many[0] : sizeof few / sizeof few[0];
        request->page_size = LARGEST;
        jk_web_page_ask(page, "/jokbo.v1.Evaluation/CountDerivatives", request, walked ? fold_many : fold_count);
    }
}

/* ---- the last seven days ---- */

static void fold_scope_week(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    jk_since_week_show(page, page->view, (const Jokbo__V1__ListPublisherCountsResponse *)reply);
}

static void ask_scope_week(struct jk_web_page *page)
{
    jk_web_page_ask(page, "/jokbo.v1.Evaluation/ListPublisherCounts",
                    jk_since_week_request(page, scope_message(page), rule_message(page)), fold_scope_week);
}

/* ---- the list ---- */

/* Why it is left out: first the reason that it is listed under, then any others, of whichever root. */
static void add_left_out_reasons(struct jk_web_page *page, struct jk_shown *row,
                                 const Jokbo__V1__CountedDerivative *counted)
{
    uint64_t seen = UINT64_C(1) << JOKBO__V1__REASON__REASON_UNSPECIFIED;
    struct jk_shown *list = jk_shown_list(row, "left_out_for");
    if (counted->reason == JOKBO__V1__REASON__REASON_UNSPECIFIED) return;
    for (size_t i = 0; i <= counted->n_root_reasons; i++) {
        const Jokbo__V1__RootReasons *root = i > 0 ? counted->root_reasons[i - 1] : NULL;
        for (size_t k = 0; k < (root ? root->n_reasons : 1); k++) {
            Jokbo__V1__Reason reason = root ? root->reasons[k] : counted->reason;
            if ((unsigned)reason < 64 && seen >> reason & 1) continue;
            if ((unsigned)reason < 64) seen |= UINT64_C(1) << reason;
            jk_part_reason(page, jk_shown_map(list, NULL), "reason", reason);
        }
    }
}

static void add_counted(struct jk_web_page *page, struct jk_shown *list, const Jokbo__V1__CountedDerivative *counted)
{
    struct jk_shown *row = jk_shown_map(list, NULL);
    jk_part_name(row, counted->name);
    jk_shown_printf(row, "index", "%lld", (long long)counted->log_index);
    jk_shown_number(row, "depth", counted->depth);
    jk_shown_string(row, "license", counted->license);
    jk_shown_flag(row, "yanked", counted->yanked);
    jk_part_word(page, row, "relation", "relation", &jokbo__v1__relation__descriptor, (int)counted->relation);
    add_left_out_reasons(page, row, counted);
    jk_part_time(row, "when", counted->create_time);
}

static void fold_list(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListCountedResponse *response = (const Jokbo__V1__ListCountedResponse *)reply;
    struct jk_shown *list = jk_shown_list(page->view, "derivatives");
    for (size_t i = 0; i < response->n_derivatives; i++)
        add_counted(page, list, response->derivatives[i]);
    jk_shown_number(page->view, "list_total", response->total_size);
    jk_shown_string(page->view, "next_page", response->next_page_token);
    const struct scope *scope = page->state;
    if (scope->base) jk_web_page_tree(page, scope->name); /* asked last */
}

static const struct filter {
    const char *parameter;
    Jokbo__V1__Grouping grouping;
} filters[] = {
    {"relation", JOKBO__V1__GROUPING__GROUPING_RELATION}, {"class", JOKBO__V1__GROUPING__GROUPING_LICENSE_CLASS},
    {"month", JOKBO__V1__GROUPING__GROUPING_MONTH},       {"depth", JOKBO__V1__GROUPING__GROUPING_DEPTH},
    {"license", JOKBO__V1__GROUPING__GROUPING_LICENSE},   {"publisher", JOKBO__V1__GROUPING__GROUPING_PUBLISHER}};

/* The filter that the URL gives; NULL for none. A second one is refused. */
static const struct filter *filter_asked(struct jk_web_page *page)
{
    const struct filter *found = NULL;
    for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++) {
        struct jk_span value = jk_web_page_parameter(page, filters[i].parameter);
        if (value.len == 0) continue;
        if (found)
            jk_web_page_refuse(page, filters[i].parameter, value, "parameter.one_filter",
                               JK_SPAN("relation, class, month, depth, license, publisher"));
        else
            found = &filters[i];
    }
    return found;
}

static void show_filter(struct jk_web_page *page, const struct filter *filter, const Jokbo__V1__CountGroup *group)
{
    struct jk_shown *map = jk_shown_map(page->view, "filter");
    jk_shown_string(map, "filter_name", filter->parameter);
    jk_shown_string(map, "filter_value", group->key);
    jk_part_url(map, "filter_url", group->key);
    jk_part_group_label(page, map, "filter_label", filter->grouping, group->key);
}

/* The same as the method wants it. */
static Jokbo__V1__CountGroup *group_asked(struct jk_web_page *page)
{
    const struct filter *filter = filter_asked(page);
    Jokbo__V1__CountGroup *group =
        filter ? JK_MESSAGE(&page->arena, Jokbo__V1__CountGroup, jokbo__v1__count_group) : NULL;
    if (!group) return NULL;
    struct jk_span value = jk_web_page_parameter(page, filter->parameter);
    bool license = filter->grouping == JOKBO__V1__GROUPING__GROUPING_LICENSE;
    group->grouping = filter->grouping;
    group->key = license ? jk_part_license(page, value) : jk_web_page_string(page, value);
    if (group->key) show_filter(page, filter, group);
    return group;
}

static void ask_list(struct jk_web_page *page)
{
    Jokbo__V1__ListCountedRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__ListCountedRequest, jokbo__v1__list_counted_request);
    if (!request) return;
    request->scope = scope_message(page);
    request->rule = rule_message(page);
    request->group = group_asked(page);
    request->registered_since = jk_since_asked(page);
    request->page_size = ROWS;
    request->page_token = jk_web_page_string(page, jk_web_page_parameter(page, "after"));
    request->left_out = jk_span_equal(jk_web_page_parameter(page, "left_out"), JK_SPAN("1"));
    request->newest_first = jk_span_equal(jk_web_page_parameter(page, "order"), JK_SPAN("newest"));
    jk_shown_flag(page->view, "shows_left_out", request->left_out);
    jk_shown_flag(page->view, "newest_first", request->newest_first);
    jk_web_page_blame_token(page, "after");
    jk_web_page_ask(page, "/jokbo.v1.Evaluation/ListCounted", request, fold_list);
    page->blame = NULL;
}

static void fold_choices(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListPoliciesResponse *response = (const Jokbo__V1__ListPoliciesResponse *)reply;
    struct scope *scope = page->state;
    struct jk_shown *list = jk_shown_list(page->view, "policies");
    jk_web_page_check_policy(page, "policy", response);
    for (size_t i = 0; i < response->n_policies; i++) {
        struct jk_shown *row = jk_shown_map(list, NULL);
        const char *name = jk_part_policy(page, row, response->policies[i]);
        jk_shown_flag(row, "chosen", name && strcmp(name, scope->policy) == 0);
    }
}

/* ---- which team, which base ---- */

static void fold_bases(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListBaseModelsResponse *response = (const Jokbo__V1__ListBaseModelsResponse *)reply;
    struct jk_shown *list = jk_shown_list(page->view, "bases");
    for (size_t i = 0; i < response->n_models; i++) {
        const Jokbo__V1__Model *model = response->models[i];
        struct jk_shown *row = jk_shown_map(list, NULL);
        jk_shown_string(row, "base", model->name);
        if (!model->base_facts) continue;
        jk_shown_string(row, "parameters", model->base_facts->parameters);
        jk_shown_string(row, "published", model->base_facts->released);
        jk_shown_flag(row, "programme", model->base_facts->programme);
        jk_part_word(page, row, "from_scratch", "answer", &jokbo__v1__answer__descriptor,
                     (int)model->base_facts->from_scratch);
    }
}

/* ---- by which rule ---- */

static void fold_stage(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__Stage *stage = (const Jokbo__V1__Stage *)reply;
    struct jk_shown *map = jk_shown_map(page->view, "in_stage");
    bool korean = page->language == JK_KOREAN && stage->title_ko[0];
    jk_shown_string(page->view, "rule", stage->policy);
    jk_shown_string(map, "stage", stage->id);
    jk_shown_string(map, "stage_title", korean ? stage->title_ko : stage->title);
}

static void ask_stage(struct jk_web_page *page)
{
    static const struct jk_web_page_blame blame[] = {{"STAGE_NOT_FOUND", "stage", "parameter.stage", {"", 0}},
                                                     {NULL, NULL, NULL, {"", 0}}};
    struct scope *scope = page->state;
    Jokbo__V1__GetStageRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__GetStageRequest, jokbo__v1__get_stage_request);
    if (!request) return;
    request->id = scope->stage;
    page->blame = blame;
    jk_web_page_ask(page, "/jokbo.v1.Stages/GetStage", request, fold_stage);
    page->blame = NULL;
}

/* From the URL, and as links of the page go on with it. */
static void read_rule(struct jk_web_page *page)
{
    struct scope *scope = page->state;
    struct jk_text query;
    scope->policy = jk_web_page_string(page, jk_web_page_parameter(page, "policy"));
    scope->stage = jk_web_page_string(page, jk_web_page_parameter(page, "stage"));
    if (!scope->policy || !scope->stage) return;
    if (scope->policy[0] && scope->stage[0])
        jk_web_page_refuse(page, "stage", jk_span_of(scope->stage), "parameter.stage_or_policy", JK_SPAN(""));
    jk_text_init(&query, 4096);
    jk_text_add_str(&query, scope->stage[0] ? "stage=" : "policy=");
    jk_percent_encode(&query, jk_span_of(scope->stage[0] ? scope->stage : scope->policy), "&+#=?/", true);
    jk_shown_text(page->view, "rule_query", jk_text_span(&query));
    jk_text_done(&query);
    if (scope->stage[0])
        ask_stage(page);
    else
        jk_shown_string(page->view, "rule", scope->policy);
}

static void ask_scope(struct jk_web_page *page)
{
    struct scope *scope = page->state;
    struct jk_arena *arena = &page->arena;
    Jokbo__V1__ListPoliciesRequest *policies =
        JK_MESSAGE(arena, Jokbo__V1__ListPoliciesRequest, jokbo__v1__list_policies_request);
    if (!policies) return;
    policies->page_size = 1000;
    read_rule(page);
    jk_part_url(page->view, "subject", scope->name);
    jk_shown_string(page->view, "scope_name", scope->base ? "base" : "team");
    jk_shown_printf(page->view, "week_list", "%.*s?", JK_SPAN_ARG(page->path));
    jk_web_page_ask(page, "/jokbo.v1.Stages/ListPolicies", policies, fold_choices);
    ask_counts(page);
    if (!scope->stage[0]) ask_scope_week(page);
    ask_list(page);
}

static void begin_team(struct jk_web_page *page)
{
    struct jk_arena *arena = &page->arena;
    struct scope *scope = page->state = jk_arena_zalloc(arena, 1, sizeof *scope);
    Jokbo__V1__ListBaseModelsRequest *bases =
        JK_MESSAGE(arena, Jokbo__V1__ListBaseModelsRequest, jokbo__v1__list_base_models_request);
    if (!scope || !bases) return;
    scope->name = bases->team = jk_web_page_string(page, page->variables[0]);
    bases->page_size = 1000;
    struct jk_shown *team = jk_part_team(page, page->view, "team", scope->name);
    const struct jk_shown *name = team ? jk_shown_find(team, JK_SPAN("team_name")) : NULL;
    if (name) jk_shown_text(page->view, "title", name->text);
    ask_scope(page);
    jk_web_page_ask(page, "/jokbo.v1.Registry/ListBaseModels", bases, fold_bases);
}

static void fold_base(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__Model *model = (const Jokbo__V1__Model *)reply;
    struct scope *scope = page->state;
    if (!model->base_facts) {
        (void)jk_fail(&page->error, JK_NOT_FOUND, "NOT_A_BASE_MODEL", "%s is not on the roster of base models",
                      model->name);
        return;
    }
    scope->name = jk_web_page_string(page, jk_span_of(model->name));
    jk_shown_string(page->view, "title", model->name);
    jk_shown_string(page->view, "base_model", model->name);
    (void)jk_part_team(page, page->view, "team", model->base_facts->team);
    jk_shown_string(page->view, "parameters", model->base_facts->parameters);
    jk_shown_string(page->view, "published", model->base_facts->released);
    jk_part_word(page, page->view, "from_scratch", "answer", &jokbo__v1__answer__descriptor,
                 (int)model->base_facts->from_scratch);
    ask_scope(page);
}

static void begin_base(struct jk_web_page *page)
{
    struct jk_arena *arena = &page->arena;
    struct scope *scope = page->state = jk_arena_zalloc(arena, 1, sizeof *scope);
    Jokbo__V1__GetModelRequest *request = JK_MESSAGE(arena, Jokbo__V1__GetModelRequest, jokbo__v1__get_model_request);
    if (!scope || !request) return;
    scope->base = true;
    request->name =
        jk_arena_printf(arena, "%.*s/%.*s", JK_SPAN_ARG(page->variables[0]), JK_SPAN_ARG(page->variables[1]));
    if (request->name) jk_web_page_ask(page, "/jokbo.v1.Registry/GetModel", request, fold_base);
}

void jk_web_page_team(struct jk_web_page *page)
{
    jk_part_ask_teams(page, begin_team);
}

void jk_web_page_base(struct jk_web_page *page)
{
    jk_part_ask_teams(page, begin_base);
}
