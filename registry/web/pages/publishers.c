/* Who published most: publishers by what counts of theirs, in all, of a team or of a base model. The URL says which: ?policy=,
 * ?team= or ?base=, ?since= or ?days=, ?order=newest, ?after= (a page token). */
#include <jokbo/v1/stage.pb-c.h>

#include "reply/json.h"
#include "reply/message.h"
#include "web/pages/asked.h"
#include "web/pages/begin.h"
#include "web/pages/parts.h"
#include "web/pages/since.h"

#define ROWS 50

struct ranking {
    char *policy, *team, *base;
    Google__Protobuf__Timestamp *since;
    bool newest_first;
};

/* ---- the list ---- */

static void fold_publishers(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListPublisherCountsResponse *response = (const Jokbo__V1__ListPublisherCountsResponse *)reply;
    struct jk_shown *list = jk_shown_list(page->view, "ranked");
    int64_t most = 0;
    for (size_t i = 0; i < response->n_publishers; i++)
        if (response->publishers[i]->counted > most) most = response->publishers[i]->counted;
    for (size_t i = 0; i < response->n_publishers; i++)
        jk_part_publisher_count(page, list, response->publishers[i], most);
    jk_shown_number(page->view, "list_total", response->total_size);
    if (response->all) {
        jk_shown_number(page->view, "counted", response->all->counted);
        jk_part_relations(page, page->view, "relations", response->all->relations);
    }
    jk_shown_string(page->view, "next_page", response->next_page_token);
}

static void ask_ranked(struct jk_web_page *page)
{
    struct ranking *ranking = page->state;
    Jokbo__V1__ListPublisherCountsRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__ListPublisherCountsRequest, jokbo__v1__list_publisher_counts_request);
    if (!request) return;
    request->scope = jk_asked_scope_of(page, ranking->team, ranking->base);
    request->rule = jk_asked_rule_of(page, ranking->policy);
    request->registered_since = ranking->since;
    request->newest_first = ranking->newest_first;
    request->page_size = ROWS;
    request->page_token = jk_web_page_string(page, jk_web_page_parameter(page, "after"));
    jk_asked_blame_base(page);
    jk_web_page_ask(page, "/jokbo.v1.Evaluation/ListPublisherCounts", request, fold_publishers);
    page->blame = NULL;
}

/* ---- links and the form ---- */

static const char *const kept[] = {"policy", "team", "base", "since", "days"};

static void add_pair(struct jk_text *query, const char *key, const char *value)
{
    if (!value[0]) return;
    jk_part_pair(query, key, jk_span_of(value));
}

/* The same question to the interface over HTTP, as a table of up to 1,000 rows. */
static void add_table_link(struct jk_web_page *page)
{
    const struct ranking *ranking = page->state;
    struct jk_text query;
    char since[JK_TIME_TEXT] = "";
    if (ranking->since) jk_time_format(jk_json_time_us(ranking->since), since);
    jk_text_init(&query, 8192);
    add_pair(&query, "scope.team", ranking->team);
    add_pair(&query, "scope.base_model", ranking->base);
    if (!ranking->team[0] && !ranking->base[0]) add_pair(&query, "scope.all", "true");
    add_pair(&query, "rule.policy", ranking->policy);
    add_pair(&query, "registered_since", since);
    if (ranking->newest_first) add_pair(&query, "newest_first", "true");
    jk_shown_text(page->view, "table_query", jk_text_span(&query));
    jk_text_done(&query);
}

static void fold_ranking_policies(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const struct ranking *ranking = page->state;
    jk_asked_policy_choices(page, (const Jokbo__V1__ListPoliciesResponse *)reply, ranking->policy);
}

static void ask_ranking(struct jk_web_page *page)
{
    struct ranking *ranking = jk_arena_zalloc(&page->arena, 1, sizeof *ranking);
    Jokbo__V1__ListPoliciesRequest *policies =
        JK_MESSAGE(&page->arena, Jokbo__V1__ListPoliciesRequest, jokbo__v1__list_policies_request);
    if (!ranking || !policies) return;
    page->state = ranking;
    ranking->policy = jk_web_page_string(page, jk_web_page_parameter(page, "policy"));
    ranking->team = jk_web_page_string(page, jk_web_page_parameter(page, "team"));
    ranking->base = jk_web_page_string(page, jk_web_page_parameter(page, "base"));
    ranking->newest_first = jk_asked_other_order(page, "newest");
    ranking->since = jk_since_asked(page);
    if (ranking->team[0]) ranking->base = (char *)protobuf_c_empty_string;
    if (ranking->team[0]) (void)jk_part_team(page, page->view, "of_team", ranking->team);
    jk_shown_string(page->view, "of_base", ranking->base);
    jk_shown_string(page->view, "rule", ranking->policy);
    jk_asked_team_choices(page, ranking->team);
    (void)jk_asked_keep(page, kept, sizeof kept / sizeof kept[0]);
    add_table_link(page);
    policies->page_size = 1000;
    jk_web_page_ask(page, "/jokbo.v1.Stages/ListPolicies", policies, fold_ranking_policies);
    ask_ranked(page);
}

void jk_web_page_publishers(struct jk_web_page *page)
{
    jk_part_ask_teams(page, ask_ranking);
}
