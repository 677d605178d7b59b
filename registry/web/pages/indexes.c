/* What there is: the teams, the base models and the policies, each with its numbers and a link to its own page. ?policy= counts
 * teams and base models under a policy. */
#include <jokbo/v1/stage.pb-c.h>

#include "reply/json.h"
#include "reply/message.h"
#include "web/pages/asked.h"
#include "web/pages/begin.h"
#include "web/pages/parts.h"

#define AT_ONCE 1000

struct index {
    char *policy;
    const Jokbo__V1__ListCountsResponse *counts; /* a copy */
};

/* ---- counts that both lists have ---- */

/* A count as the columns of a row. */
static void add_count(struct jk_shown *row, const Jokbo__V1__DerivativeCount *count, int64_t most)
{
    jk_shown_number(row, "counted", count->counted);
    jk_shown_number(row, "direct", count->direct);
    jk_shown_number(row, "independent", count->independent);
    jk_shown_number(row, "publishers", count->distinct_publishers);
    jk_part_share(row, "share", count->counted, most);
}

static int64_t most_of(Jokbo__V1__DerivativeCount *const *counts, size_t count)
{
    int64_t most = 0;
    for (size_t i = 0; i < count; i++)
        if (counts[i]->counted > most) most = counts[i]->counted;
    return most;
}

static void show_sum(struct jk_web_page *page, const Jokbo__V1__ListCountsResponse *counts)
{
    if (!counts->all) return;
    jk_shown_number(page->view, "all_counted", counts->all->counted);
    jk_shown_number(page->view, "all_publishers", counts->all->distinct_publishers);
}

static void ask_counts(struct jk_web_page *page, jk_web_page_fold_fn *fold)
{
    struct index *index = page->state;
    Jokbo__V1__ListCountsRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__ListCountsRequest, jokbo__v1__list_counts_request);
    if (!request) return;
    request->rule = jk_asked_rule_of(page, index->policy);
    jk_web_page_ask(page, "/jokbo.v1.Evaluation/ListCounts", request, fold);
}

static void fold_index_policies(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const struct index *index = page->state;
    jk_asked_policy_choices(page, (const Jokbo__V1__ListPoliciesResponse *)reply, index->policy);
}

static void ask_policies(struct jk_web_page *page, jk_web_page_fold_fn *fold)
{
    Jokbo__V1__ListPoliciesRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__ListPoliciesRequest, jokbo__v1__list_policies_request);
    if (!request) return;
    request->page_size = AT_ONCE;
    jk_web_page_ask(page, "/jokbo.v1.Stages/ListPolicies", request, fold);
}

static bool begin_index(struct jk_web_page *page)
{
    struct index *index = page->state = jk_arena_zalloc(&page->arena, 1, sizeof *index);
    if (!index) return false;
    index->policy = jk_web_page_string(page, jk_web_page_parameter(page, "policy"));
    jk_shown_string(page->view, "rule", index->policy);
    ask_policies(page, fold_index_policies);
    return true;
}

static void ask_bases(struct jk_web_page *page, jk_web_page_fold_fn *fold)
{
    Jokbo__V1__ListBaseModelsRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__ListBaseModelsRequest, jokbo__v1__list_base_models_request);
    if (!request) return;
    request->page_size = AT_ONCE;
    jk_web_page_ask(page, "/jokbo.v1.Registry/ListBaseModels", request, fold);
}

/* The message after the call that it came with. */
static const Jokbo__V1__ListCountsResponse *keep_counts(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    size_t len = protobuf_c_message_get_packed_size(reply);
    uint8_t *packed = jk_arena_alloc(&page->arena, len + 1);
    ProtobufCAllocator allocator = jk_arena_allocator(&page->arena);
    if (!packed) return NULL;
    protobuf_c_message_pack(reply, packed);
    return (const Jokbo__V1__ListCountsResponse *)protobuf_c_message_unpack(reply->descriptor, &allocator, len, packed);
}

/* ---- teams ---- */

static size_t bases_of(const Jokbo__V1__ListBaseModelsResponse *list, const char *team)
{
    size_t count = 0;
    for (size_t i = 0; i < list->n_models; i++)
        if (list->models[i]->base_facts && strcmp(list->models[i]->base_facts->team, team) == 0) count++;
    return count;
}

static void fold_bases_of_teams(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListBaseModelsResponse *list = (const Jokbo__V1__ListBaseModelsResponse *)reply;
    const struct index *index = page->state;
    struct jk_shown *rows = jk_shown_list(page->view, "teams");
    if (!index->counts) return;
    int64_t most = most_of(index->counts->teams, index->counts->n_teams);
    for (size_t i = 0; i < index->counts->n_teams; i++) {
        const Jokbo__V1__DerivativeCount *count = index->counts->teams[i];
        if (!count->scope || count->scope->kind_case != JOKBO__V1__COUNT_SCOPE__KIND_TEAM) continue;
        struct jk_shown *row = jk_shown_map(rows, NULL);
        (void)jk_part_team(page, row, "team", count->scope->team);
        jk_shown_number(row, "base_count", (int64_t)bases_of(list, count->scope->team));
        add_count(row, count, most);
    }
    jk_shown_number(page->view, "list_total", (int64_t)index->counts->n_teams);
}

static void fold_team_counts(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    struct index *index = page->state;
    index->counts = keep_counts(page, reply);
    if (index->counts) show_sum(page, index->counts);
    ask_bases(page, fold_bases_of_teams);
}

static void begin_teams(struct jk_web_page *page)
{
    if (begin_index(page)) ask_counts(page, fold_team_counts);
}

void jk_web_page_teams(struct jk_web_page *page)
{
    jk_part_ask_teams(page, begin_teams);
}

/* ---- base models ---- */

static const Jokbo__V1__DerivativeCount *count_of(const Jokbo__V1__ListCountsResponse *counts, const char *base,
                                                  size_t place)
{
    for (size_t k = 0; k < counts->n_bases; k++) { /* both lists are in the order of the roster */
        const Jokbo__V1__DerivativeCount *count = counts->bases[(place + k) % counts->n_bases];
        if (count->scope && count->scope->kind_case == JOKBO__V1__COUNT_SCOPE__KIND_BASE_MODEL &&
            strcmp(count->scope->base_model, base) == 0)
            return count;
    }
    return NULL;
}

static void add_base(struct jk_web_page *page, struct jk_shown *row, const Jokbo__V1__Model *model)
{
    jk_shown_string(row, "base", model->name);
    if (!model->base_facts) return;
    (void)jk_part_team(page, row, "team", model->base_facts->team);
    jk_shown_string(row, "parameters", model->base_facts->parameters);
    jk_shown_string(row, "published", model->base_facts->released);
    jk_shown_flag(row, "programme", model->base_facts->programme);
    jk_part_word(page, row, "from_scratch", "answer", &jokbo__v1__answer__descriptor,
                 (int)model->base_facts->from_scratch);
}

static void list_bases_of_index(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListBaseModelsResponse *list = (const Jokbo__V1__ListBaseModelsResponse *)reply;
    const struct index *index = page->state;
    struct jk_shown *rows = jk_shown_list(page->view, "bases");
    if (!index->counts) return;
    int64_t most = most_of(index->counts->bases, index->counts->n_bases);
    for (size_t i = 0; i < list->n_models; i++) {
        const Jokbo__V1__DerivativeCount *count = count_of(index->counts, list->models[i]->name, i);
        struct jk_shown *row = jk_shown_map(rows, NULL);
        add_base(page, row, list->models[i]);
        if (count) add_count(row, count, most);
    }
    jk_shown_number(page->view, "list_total", list->total_size);
}

static void fold_base_counts(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    struct index *index = page->state;
    index->counts = keep_counts(page, reply);
    if (index->counts) show_sum(page, index->counts);
    ask_bases(page, list_bases_of_index);
}

static void begin_bases(struct jk_web_page *page)
{
    if (begin_index(page)) ask_counts(page, fold_base_counts);
}

void jk_web_page_bases(struct jk_web_page *page)
{
    jk_part_ask_teams(page, begin_bases);
}

/* ---- policies ---- */

/* Each with the stages that count by it. */
static void fold_stages_of_policies(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListStagesResponse *list = (const Jokbo__V1__ListStagesResponse *)reply;
    struct jk_shown *rows = page->state;
    for (struct jk_shown *row = rows->first; row; row = row->next) {
        const struct jk_shown *policy = jk_shown_find(row, JK_SPAN("policy"));
        struct jk_shown *stages = jk_shown_list(row, "stages");
        int64_t count = 0;
        for (size_t i = 0; policy && i < list->n_stages; i++) {
            const Jokbo__V1__Stage *stage = list->stages[i];
            if (!jk_span_equal(policy->text, jk_span_of(stage->policy))) continue;
            bool korean = page->language == JK_KOREAN && stage->title_ko[0];
            struct jk_shown *map = jk_shown_map(stages, NULL);
            jk_shown_string(map, "stage", stage->id);
            jk_shown_string(map, "stage_title", korean ? stage->title_ko : stage->title);
            count++;
        }
        jk_shown_number(row, "stage_count", count);
    }
}

static void fold_policy_index(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListPoliciesResponse *list = (const Jokbo__V1__ListPoliciesResponse *)reply;
    struct jk_shown *rows = page->state = jk_shown_list(page->view, "policies");
    for (size_t i = 0; i < list->n_policies; i++) {
        struct jk_shown *row = jk_shown_map(rows, NULL), *sentences = jk_shown_list(row, "sentences");
        const Jokbo__V1__Policy *policy = list->policies[i];
        struct jk_span rest = jk_span_of(page->language == JK_KOREAN ? policy->explanation_ko : policy->explanation),
                       line;
        (void)jk_part_policy(page, row, policy);
        jk_part_time(row, "when", policy->create_time);
        while (jk_span_line(&rest, &line))
            jk_shown_text(sentences, NULL, line);
    }
    jk_shown_number(page->view, "list_total", list->total_size);
    if (rows)
        jk_web_page_ask(page, "/jokbo.v1.Stages/ListStages",
                        JK_MESSAGE(&page->arena, Jokbo__V1__ListStagesRequest, jokbo__v1__list_stages_request),
                        fold_stages_of_policies);
}

void jk_web_page_policies(struct jk_web_page *page)
{
    ask_policies(page, fold_policy_index);
}
