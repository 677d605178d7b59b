/* Sitemaps, which tell crawlers the addresses of the site's pages (the protocol of sitemaps.org). /sitemap.xml lists them: one
 * of all pages that are not a model's or publisher's, and one for each WINDOW entries of the log, of the models registered with these
 * and of their publishers, so that an old one hardly changes and none needs a walk over all models. Entries are left out:
 * they are too many, and the pages of models lead to them. */
#include <inttypes.h>
#include <jokbo/v1/stage.pb-c.h>
#include <stdlib.h>

#include "reply/json.h"
#include "reply/message.h"
#include "web/pages/begin.h"
#include "web/pages/parts.h"

#define WINDOW  2000 /* so that the longest names and addresses fit a page */
#define AT_ONCE 1000

static void add_url(struct jk_web_page *page, const char *below, const char *name,
                    const Google__Protobuf__Timestamp *changed)
{
    struct jk_shown *urls = page->state, *row = jk_shown_map(urls, NULL);
    jk_shown_printf(row, "loc", "%s%s", below, name);
    jk_part_time(row, "changed", changed);
}

static void begin_xml(struct jk_web_page *page)
{
    page->type = "application/xml; charset=utf-8";
    page->state = jk_shown_list(page->view, "urls");
}

/* ---- the index ---- */

void jk_web_page_sitemaps(struct jk_web_page *page)
{
    begin_xml(page);
    for (int64_t from = 0; from < page->log.size; from += WINDOW) {
        struct jk_shown *row = jk_shown_map(page->state, NULL);
        jk_shown_printf(row, "loc", "/sitemaps/models-%" PRId64 ".xml", from);
    }
}

/* ---- what is not a model's ---- */

static void list_bases(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListBaseModelsResponse *list = (const Jokbo__V1__ListBaseModelsResponse *)reply;
    for (size_t i = 0; i < list->n_models; i++)
        add_url(page, "/bases/", list->models[i]->name, NULL);
}

static void list_policies(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListPoliciesResponse *list = (const Jokbo__V1__ListPoliciesResponse *)reply;
    for (size_t i = 0; i < list->n_policies; i++) {
        const char *name =
            jk_arena_printf(&page->arena, "%s@%d", list->policies[i]->name, (int)list->policies[i]->version);
        if (name) add_url(page, "/policies/", name, NULL);
    }
}

static void list_stages(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListStagesResponse *list = (const Jokbo__V1__ListStagesResponse *)reply;
    for (size_t i = 0; i < list->n_stages; i++)
        add_url(page, "/stages/", list->stages[i]->id, NULL);
}

static void ask_rest(struct jk_web_page *page)
{
    struct jk_arena *arena = &page->arena;
    Jokbo__V1__ListBaseModelsRequest *bases =
        JK_MESSAGE(arena, Jokbo__V1__ListBaseModelsRequest, jokbo__v1__list_base_models_request);
    Jokbo__V1__ListPoliciesRequest *policies =
        JK_MESSAGE(arena, Jokbo__V1__ListPoliciesRequest, jokbo__v1__list_policies_request);
    Jokbo__V1__ListStagesRequest *stages =
        JK_MESSAGE(arena, Jokbo__V1__ListStagesRequest, jokbo__v1__list_stages_request);
    if (!bases || !policies || !stages) return;
    begin_xml(page);
    bases->page_size = policies->page_size = stages->page_size = AT_ONCE;
    static const char *const fixed[] = {"/",           "/teams",  "/teams/compare", "/bases", "/models",
                                        "/publishers", "/stages", "/policies",      "/log",   "/method"};
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        add_url(page, "", fixed[i], NULL);
    for (size_t i = 0; i < page->teams->count; i++)
        add_url(page, "/teams/", page->teams->rows[i].id, NULL);
    jk_web_page_ask(page, "/jokbo.v1.Registry/ListBaseModels", bases, list_bases);
    jk_web_page_ask(page, "/jokbo.v1.Stages/ListPolicies", policies, list_policies);
    jk_web_page_ask(page, "/jokbo.v1.Stages/ListStages", stages, list_stages);
}

void jk_web_page_sitemap_rest(struct jk_web_page *page)
{
    jk_part_ask_teams(page, ask_rest);
}

/* ---- models ---- */

struct window {
    struct jk_shown *urls; /* first: page->state is also the list */
    Jokbo__V1__ListModelsRequest *request;
    const char *publishers[WINDOW];
    size_t count;
};

static int order_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void list_publishers(struct jk_web_page *page, struct window *window)
{
    page->state = window->urls;
    qsort(window->publishers, window->count, sizeof window->publishers[0], order_names);
    for (size_t i = 0; i < window->count; i++)
        if (i == 0 || strcmp(window->publishers[i], window->publishers[i - 1]) != 0)
            add_url(page, "/publishers/", window->publishers[i], NULL);
}

static void note_publisher(struct jk_web_page *page, struct window *window, const char *name)
{
    struct jk_span rest = jk_span_of(name), publisher;
    (void)jk_span_cut(&rest, '/', &publisher);
    const char *copy = jk_web_page_string(page, publisher);
    if (copy && window->count < WINDOW) window->publishers[window->count++] = copy;
}

static void list_models(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListModelsResponse *list = (const Jokbo__V1__ListModelsResponse *)reply;
    struct window *window = page->state;
    page->state = window->urls;
    for (size_t i = 0; i < list->n_models; i++) {
        const Jokbo__V1__Model *model = list->models[i];
        add_url(page, "/models/", model->name, model->release ? model->release->create_time : model->create_time);
        note_publisher(page, window, model->name);
    }
    page->state = window;
    if (!list->next_page_token[0]) {
        list_publishers(page, window);
        return;
    }
    window->request->page_token = jk_web_page_string(page, jk_span_of(list->next_page_token));
    jk_web_page_ask(page, "/jokbo.v1.Registry/ListModels", window->request, list_models);
}

/* The entry with which the window of a name as models-2000.xml begins; false: there is none of that name. */
static bool read_window(const struct jk_web_page *page, int64_t *out_from)
{
    struct jk_span name = page->variables[0], begin = JK_SPAN("models-"), end = JK_SPAN(".xml");
    uint64_t from;
    if (!jk_span_starts(name, begin) || !jk_span_ends(name, end) || name.len <= begin.len + end.len) return false;
    name = (struct jk_span){name.at + begin.len, name.len - begin.len - end.len};
    if (!jk_span_to_u64(name, &from) || from % WINDOW != 0 || from >= (uint64_t)page->log.size) return false;
    *out_from = (int64_t)from;
    return true;
}

void jk_web_page_sitemap_models(struct jk_web_page *page)
{
    int64_t from;
    if (!read_window(page, &from)) {
        (void)jk_fail(&page->error, JK_NOT_FOUND, "NO_SUCH_PATH", "there is nothing at this path");
        return;
    }
    begin_xml(page);
    struct window *window = jk_arena_zalloc(&page->arena, 1, sizeof *window);
    Jokbo__V1__ListModelsRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__ListModelsRequest, jokbo__v1__list_models_request);
    if (!window || !request) return;
    window->urls = page->state;
    window->request = request;
    page->state = window;
    request->after_log_index = from > 0 ? from - 1 : 0; /* entry 0 registers nothing */
    request->before_log_index = from + WINDOW;
    request->page_size = AT_ONCE;
    jk_web_page_ask(page, "/jokbo.v1.Registry/ListModels", request, list_models);
}
