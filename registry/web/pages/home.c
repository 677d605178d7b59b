/* The first page: the teams' counts by relation, what came in the last seven days, growth, who published most, the newest
 * derivatives, the stage that is open and the last closed. */
#include <jokbo/v1/stage.pb-c.h>
#include <stdio.h>

#include "reply/json.h"
#include "reply/message.h"
#include "web/pages/asked.h"
#include "web/pages/begin.h"
#include "web/pages/parts.h"
#include "web/pages/since.h"

#define MONTHS    12
#define NEWEST    8
#define FIRST     5   /* publishers */
#define WEEKS     20  /* teams whose last days are asked for: of more than the roster is likely to have, none */
#define LOOKED_AT 200 /* entries from the end in which the newest derivatives are looked for */

struct home {
    struct jk_shown *teams; /* their list */
    size_t next;            /* whose count comes next */
    int64_t *week_of;       /* by team: what came in the last seven days */
    int64_t most;           /* the largest team's count */
};

static void ask_teams_counts(struct jk_web_page *page);

/* The parts of one team's bar, one for each relation, and the same as words. */
static void add_bar(struct jk_web_page *page, struct jk_shown *row, const Jokbo__V1__DerivativeCount *count,
                    int64_t most)
{
    struct jk_shown *parts = jk_shown_list(row, "parts");
    int64_t before = 0, order = 0;
    for (size_t i = 0; i < count->n_groups; i++) {
        const Jokbo__V1__CountGroup *group = count->groups[i];
        if (group->count == 0) continue;
        struct jk_shown *part = jk_shown_map(parts, NULL);
        char key[96];
        (void)snprintf(key, sizeof key, "relation.%s", group->key);
        const struct jk_word *word = jk_words_find(&page->site->words, jk_span_of(key));
        jk_shown_text(part, "label", word ? word->text[page->language] : jk_span_of(group->key));
        jk_shown_string(part, "group", group->key);
        jk_shown_number(part, "count", group->count);
        jk_part_share(part, "start", before, most);
        jk_part_share(part, "share", group->count, most);
        jk_shown_printf(part, "shade", "%d", (int)(order++ % 4));
        before += group->count;
    }
}

/* All of it, and how much of it with which team. */
static void fold_week(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListPublisherCountsResponse *response = (const Jokbo__V1__ListPublisherCountsResponse *)reply;
    struct home *home = page->state;
    jk_since_week_show(page, page->view, response);
    for (size_t i = 0; home->week_of && i < response->n_teams; i++)
        for (size_t k = 0; k < page->teams->count; k++)
            if (strcmp(page->teams->rows[k].id, response->teams[i]->team) == 0)
                home->week_of[k] = response->teams[i]->count;
}

static void ask_week(struct jk_web_page *page)
{
    static char none[] = "";
    struct home *home = page->state;
    home->week_of = jk_arena_zalloc(&page->arena, page->teams->count + 1, sizeof *home->week_of);
    jk_web_page_ask(page, "/jokbo.v1.Evaluation/ListPublisherCounts",
                    jk_since_week_request(page, jk_asked_scope_of(page, none, none), NULL), fold_week);
}

static void fold_team_count(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__DerivativeCount *count = (const Jokbo__V1__DerivativeCount *)reply;
    struct home *home = page->state;
    struct jk_shown *row = jk_shown_map(home->teams, NULL);
    (void)jk_part_team(page, row, "team", page->teams->rows[home->next].id);
    jk_shown_number(row, "total", count->counted);
    jk_shown_number(row, "independent", count->independent);
    jk_shown_number(row, "publishers", count->distinct_publishers);
    add_bar(page, row, count, home->most);
    if (home->week_of && home->week_of[home->next] > 0) jk_shown_number(row, "came", home->week_of[home->next]);
    home->next++;
    ask_teams_counts(page);
}

static Jokbo__V1__CountDerivativesRequest *count_request(struct jk_web_page *page, Jokbo__V1__Grouping grouping)
{
    struct jk_arena *arena = &page->arena;
    Jokbo__V1__CountDerivativesRequest *request =
        JK_MESSAGE(arena, Jokbo__V1__CountDerivativesRequest, jokbo__v1__count_derivatives_request);
    Jokbo__V1__CountScope *scope = JK_MESSAGE(arena, Jokbo__V1__CountScope, jokbo__v1__count_scope);
    Jokbo__V1__Grouping *group_by = jk_arena_alloc(arena, sizeof *group_by);
    if (!request || !scope || !group_by) return NULL;
    *group_by = grouping;
    scope->kind_case = JOKBO__V1__COUNT_SCOPE__KIND_ALL;
    scope->all = true;
    request->scope = scope;
    request->n_group_by = 1;
    request->group_by = group_by;
    return request;
}

static void ask_teams_counts(struct jk_web_page *page)
{
    struct home *home = page->state;
    if (home->next == page->teams->count) return;
    Jokbo__V1__CountDerivativesRequest *request = count_request(page, JOKBO__V1__GROUPING__GROUPING_RELATION);
    if (request) {
        request->scope->kind_case = JOKBO__V1__COUNT_SCOPE__KIND_TEAM;
        request->scope->team = page->teams->rows[home->next].id;
    }
    jk_web_page_ask(page, "/jokbo.v1.Evaluation/CountDerivatives", request, fold_team_count);
}

static void fold_counts(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListCountsResponse *counts = (const Jokbo__V1__ListCountsResponse *)reply;
    struct home *home = page->state;
    for (size_t i = 0; i < counts->n_teams; i++)
        if (counts->teams[i]->counted > home->most) home->most = counts->teams[i]->counted;
    if (counts->all) {
        jk_shown_number(page->view, "all_counted", counts->all->counted);
        jk_shown_number(page->view, "all_publishers", counts->all->distinct_publishers);
        jk_shown_number(page->view, "all_independent", counts->all->independent);
    }
    jk_shown_number(page->view, "base_count", (int64_t)counts->n_bases);
    ask_teams_counts(page);
}

static void fold_months(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__DerivativeCount *count = (const Jokbo__V1__DerivativeCount *)reply;
    struct jk_shown *list = jk_shown_list(page->view, "months");
    size_t from = count->n_groups > MONTHS ? count->n_groups - MONTHS : 0;
    int64_t most = 0;
    for (size_t i = from; i < count->n_groups; i++)
        if (count->groups[i]->count > most) most = count->groups[i]->count;
    for (size_t i = from; i < count->n_groups; i++) {
        struct jk_shown *row = jk_shown_map(list, NULL);
        jk_shown_string(row, "month", count->groups[i]->key);
        jk_shown_number(row, "count", count->groups[i]->count);
        jk_part_share(row, "share", count->groups[i]->count, most);
    }
}

static void fold_newest(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListModelsResponse *models = (const Jokbo__V1__ListModelsResponse *)reply;
    struct jk_shown *list = jk_shown_list(page->view, "newest");
    size_t shown = 0;
    for (size_t i = models->n_models; i > 0 && shown < NEWEST; i--) {
        if (models->models[i - 1]->base_facts) continue;
        jk_part_model(page, list, models->models[i - 1]);
        shown++;
    }
}

static void fold_publishers(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListPublisherCountsResponse *response = (const Jokbo__V1__ListPublisherCountsResponse *)reply;
    struct jk_shown *list = jk_shown_list(page->view, "ranked");
    jk_shown_flag(page->view, "ranked_any", response->n_publishers > 0);
    for (size_t i = 0; i < response->n_publishers; i++)
        jk_part_publisher_count(page, list, response->publishers[i], response->publishers[0]->counted);
}

static void ask_publishers(struct jk_web_page *page)
{
    static char none[] = "";
    Jokbo__V1__ListPublisherCountsRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__ListPublisherCountsRequest, jokbo__v1__list_publisher_counts_request);
    if (!request) return;
    request->scope = jk_asked_scope_of(page, none, none);
    request->page_size = FIRST;
    jk_web_page_ask(page, "/jokbo.v1.Evaluation/ListPublisherCounts", request, fold_publishers);
}

static void add_stage(struct jk_web_page *page, const char *key, const Jokbo__V1__Stage *stage)
{
    struct jk_shown *map = jk_shown_map(page->view, key);
    jk_shown_string(map, "stage", stage->id);
    jk_shown_string(map, "stage_title",
                    page->language == JK_KOREAN && stage->title_ko[0] ? stage->title_ko : stage->title);
    jk_shown_string(map, "policy", stage->policy);
    jk_shown_string(map, "source", stage->source);
    jk_part_time(map, "cutoff", stage->cutoff_time);
    jk_part_time(map, "opens", stage->open_time);
    if (stage->n_closings > 0)
        jk_shown_printf(map, "revision", "%d", (int)stage->closings[stage->n_closings - 1]->revision);
    struct jk_shown *teams = jk_shown_list(map, "stage_teams");
    for (size_t i = 0; i < stage->n_teams; i++)
        (void)jk_part_team(page, teams, NULL, stage->teams[i]);
}

/* Of several that are open the one whose cut-off comes first, of several closed the one whose cut-off was last. */
static void fold_newest_stages(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListStagesResponse *list = (const Jokbo__V1__ListStagesResponse *)reply;
    const Jokbo__V1__Stage *open = NULL, *closed = NULL;
    for (size_t i = 0; i < list->n_stages; i++) {
        const Jokbo__V1__Stage *stage = list->stages[i];
        int64_t cutoff = jk_json_time_us(stage->cutoff_time);
        if (stage->n_closings > 0) {
            if (!closed || cutoff > jk_json_time_us(closed->cutoff_time)) closed = stage;
        } else if (!open || cutoff < jk_json_time_us(open->cutoff_time)) {
            open = stage;
        }
    }
    if (open) {
        add_stage(page, "open_stage", open);
        jk_shown_flag(page->view, "not_begun", jk_json_time_us(open->open_time) > page->now_us);
    }
    if (closed) add_stage(page, "closed_stage", closed);
}

static void ask_all(struct jk_web_page *page)
{
    struct jk_arena *arena = &page->arena;
    struct home *home = jk_arena_zalloc(arena, 1, sizeof *home);
    Jokbo__V1__ListModelsRequest *newest =
        JK_MESSAGE(arena, Jokbo__V1__ListModelsRequest, jokbo__v1__list_models_request);
    if (!home || !newest) return;
    page->state = home;
    home->teams = jk_shown_list(page->view, "teams");
    jk_shown_string(page->view, "week_list", "/models?derivatives=1&");
    newest->page_size = 1000;
    newest->after_log_index = page->log.size > LOOKED_AT ? page->log.size - LOOKED_AT : 0;
    jk_web_page_ask(page, "/jokbo.v1.Stages/ListStages",
                    JK_MESSAGE(arena, Jokbo__V1__ListStagesRequest, jokbo__v1__list_stages_request),
                    fold_newest_stages);
    jk_web_page_ask(page, "/jokbo.v1.Registry/ListModels", newest, fold_newest);
    ask_week(page);
    ask_publishers(page);
    jk_web_page_ask(page, "/jokbo.v1.Evaluation/CountDerivatives",
                    count_request(page, JOKBO__V1__GROUPING__GROUPING_MONTH), fold_months);
    jk_web_page_ask(page, "/jokbo.v1.Evaluation/ListCounts",
                    JK_MESSAGE(arena, Jokbo__V1__ListCountsRequest, jokbo__v1__list_counts_request), fold_counts);
}

void jk_web_page_home(struct jk_web_page *page)
{
    jk_part_ask_teams(page, ask_all);
}
