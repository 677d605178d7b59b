/* A publisher with its models, and nothing about persons. */
#include "reply/message.h"
#include "web/pages/begin.h"
#include "web/pages/parameters.h"
#include "web/pages/parts.h"

#define ROWS 50

static void fold_models(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListModelsResponse *response = (const Jokbo__V1__ListModelsResponse *)reply;
    struct jk_shown *list = jk_shown_list(page->view, "models");
    for (size_t i = 0; i < response->n_models; i++)
        jk_part_model(page, list, response->models[i]);
    jk_shown_number(page->view, "list_total", response->total_size);
    jk_shown_string(page->view, "next_page", response->next_page_token);
}

static void fold_publisher(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__Publisher *publisher = (const Jokbo__V1__Publisher *)reply;
    struct jk_shown *view = page->view;
    Jokbo__V1__ListModelsRequest *models =
        JK_MESSAGE(&page->arena, Jokbo__V1__ListModelsRequest, jokbo__v1__list_models_request);
    if (!models) return;
    jk_shown_string(view, "title", publisher->name);
    jk_shown_string(view, "publisher_name", publisher->name);
    jk_shown_flag(view, "verified", publisher->verified);
    jk_shown_flag(view, "claimed", publisher->claimed);
    jk_shown_number(view, "model_count", publisher->model_count);
    jk_shown_printf(view, "index", "%lld", (long long)publisher->log_index);
    jk_part_time(view, "when", publisher->create_time);
    if (publisher->team[0]) (void)jk_part_team(page, view, "own_team", publisher->team);
    models->publisher = jk_web_page_string(page, jk_span_of(publisher->name));
    models->include_yanked = true;
    models->page_size = ROWS;
    models->page_token = jk_web_page_string(page, jk_web_page_parameter(page, "after"));
    jk_web_page_blame_token(page, "after");
    jk_web_page_ask(page, "/jokbo.v1.Registry/ListModels", models, fold_models);
}

static void ask_publisher(struct jk_web_page *page)
{
    Jokbo__V1__GetPublisherRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__GetPublisherRequest, jokbo__v1__get_publisher_request);
    if (!request) return;
    request->name = jk_web_page_string(page, page->variables[0]);
    jk_web_page_ask(page, "/jokbo.v1.Registry/GetPublisher", request, fold_publisher);
}

void jk_web_page_publisher(struct jk_web_page *page)
{
    jk_part_ask_teams(page, ask_publisher);
}
