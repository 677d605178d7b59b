/* What others show of the registry: badges, small pictures for a model or a base model; and Atom feeds of the newest derivatives,
 * of all, a team, a base model or a publisher. */
#include "reply/json.h"
#include "reply/message.h"
#include "web/pages/atom.h"
#include "web/pages/begin.h"
#include "web/pages/parts.h"

/* ---- badges ---- */

#define LETTER_TENTHS 72 /* a column of the badge's text, in tenths of a pixel */
#define PADDING       16

/* {text, width, middle} of one half that begins at `from`; where it ends. */
static int64_t add_half(struct jk_web_page *page, const char *key, struct jk_span text, int64_t from)
{
    struct jk_shown *half = jk_shown_map(page->view, key);
    int64_t width = (int64_t)jk_utf8_columns(text) * LETTER_TENTHS / 10 + PADDING;
    jk_shown_text(half, "text", text);
    jk_shown_printf(half, "from", "%lld", (long long)from);
    jk_shown_printf(half, "width", "%lld", (long long)width);
    jk_shown_printf(half, "middle", "%lld", (long long)(from + width / 2));
    return from + width;
}

static void show_badge(struct jk_web_page *page, const char *label_key, struct jk_span says)
{
    page->type = "image/svg+xml";
    int64_t end = add_half(page, "label", jk_web_page_word(page, label_key), 0);
    end = add_half(page, "says", says, end);
    jk_shown_printf(page->view, "whole", "%lld", (long long)end);
}

static void fold_badge_model(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__Model *model = (const Jokbo__V1__Model *)reply;
    const char *root = model->n_roots > 0 ? model->roots[0]->name : model->name;
    const char *says = jk_arena_printf(&page->arena, "%s%s · #%lld", root, model->n_roots > 1 ? " …" : "",
                                       (long long)model->log_index);
    const char *label = model->base_facts ? "badge.base" : model->yanked ? "badge.yanked" : "badge.derivative";
    show_badge(page, label, jk_span_of(says));
}

static Jokbo__V1__GetModelRequest *model_request(struct jk_web_page *page)
{
    Jokbo__V1__GetModelRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__GetModelRequest, jokbo__v1__get_model_request);
    if (request)
        request->name = jk_arena_printf(&page->arena, "%.*s/%.*s", JK_SPAN_ARG(page->variables[0]),
                                        JK_SPAN_ARG(page->variables[1]));
    return request && request->name ? request : NULL;
}

void jk_web_page_model_badge(struct jk_web_page *page)
{
    jk_web_page_ask(page, "/jokbo.v1.Registry/GetModel", model_request(page), fold_badge_model);
}

static void fold_badge_count(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    struct jk_shown *number = jk_shown_map(page->view, "badge");
    jk_shown_number(number, "count", ((const Jokbo__V1__DerivativeCount *)reply)->counted);
    const struct jk_shown *text = number ? jk_shown_find(number, JK_SPAN("count")) : NULL;
    show_badge(page, "badge.count", text ? text->text : JK_SPAN(""));
}

void jk_web_page_base_badge(struct jk_web_page *page)
{
    struct jk_arena *arena = &page->arena;
    Jokbo__V1__CountDerivativesRequest *request =
        JK_MESSAGE(arena, Jokbo__V1__CountDerivativesRequest, jokbo__v1__count_derivatives_request);
    Jokbo__V1__CountScope *scope = JK_MESSAGE(arena, Jokbo__V1__CountScope, jokbo__v1__count_scope);
    if (!request || !scope) return;
    scope->kind_case = JOKBO__V1__COUNT_SCOPE__KIND_BASE_MODEL;
    scope->base_model =
        jk_arena_printf(arena, "%.*s/%.*s", JK_SPAN_ARG(page->variables[0]), JK_SPAN_ARG(page->variables[1]));
    request->scope = scope;
    if (scope->base_model) jk_web_page_ask(page, "/jokbo.v1.Evaluation/CountDerivatives", request, fold_badge_count);
}

/* ---- feeds ---- */

#define ENTRIES 50
/* Entries from the end in which they are looked for, first and where that finds few. */
#define NEAR 1000
#define FAR  10000
#define FEW  10

struct feed {
    char *publisher, *root, *team; /* one of them, or none */
    int64_t window;
    char *token;
};

static void ask_models_of_feed(struct jk_web_page *page);

/* When a model last changed in a way that a reader of feeds cares about: when the release that decides was made. */
static const Google__Protobuf__Timestamp *changed_at(const Jokbo__V1__Model *model)
{
    return model->release && model->release->create_time ? model->release->create_time : model->create_time;
}

static bool is_later(const Google__Protobuf__Timestamp *one, const Google__Protobuf__Timestamp *other)
{
    return one && (!other || jk_json_time_us(one) > jk_json_time_us(other));
}

static void add_entries(struct jk_web_page *page, const Jokbo__V1__ListModelsResponse *models)
{
    struct jk_shown *list = jk_shown_list(page->view, "entries");
    const Google__Protobuf__Timestamp *newest = NULL;
    for (size_t i = models->n_models; i > 0 && models->n_models - i < ENTRIES; i--) {
        const Jokbo__V1__Model *model = models->models[i - 1];
        struct jk_shown *row = jk_shown_map(list, NULL), *one = jk_shown_list(row, "model");
        jk_part_model(page, one, model);
        jk_part_time(row, "entry_updated", changed_at(model));
        if (is_later(changed_at(model), newest)) newest = changed_at(model);
    }
    jk_part_time(page->view, "updated", newest);
}

/* Newest last: of several pages the last one counts. */
static void fold_feed(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListModelsResponse *models = (const Jokbo__V1__ListModelsResponse *)reply;
    struct feed *feed = page->state;
    if (models->next_page_token[0]) {
        feed->token = jk_web_page_string(page, jk_span_of(models->next_page_token));
        ask_models_of_feed(page);
    } else if (models->n_models < FEW && feed->window == NEAR && page->log.size > NEAR) {
        feed->window = FAR;
        feed->token = NULL;
        ask_models_of_feed(page);
    } else {
        add_entries(page, models);
    }
}

static void ask_models_of_feed(struct jk_web_page *page)
{
    const struct feed *feed = page->state;
    Jokbo__V1__ListModelsRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__ListModelsRequest, jokbo__v1__list_models_request);
    if (!request) return;
    if (feed->publisher) request->publisher = feed->publisher;
    if (feed->root) request->root = feed->root;
    if (feed->team) request->team = feed->team;
    if (feed->token) request->page_token = feed->token;
    request->after_log_index = page->log.size > feed->window ? page->log.size - feed->window : 0;
    request->page_size = 1000;
    jk_web_page_ask(page, "/jokbo.v1.Registry/ListModels", request, fold_feed);
}

/* What the feed's id and those of its entries are made of. */
static void add_name(struct jk_web_page *page)
{
    struct jk_text path;
    jk_text_init(&path, 0);
    jk_atom_path(page->path, &path);
    if (page->log.tag) jk_shown_string(page->view, "feed_tag", page->log.tag);
    jk_shown_text(page->view, "feed_path", jk_text_span(&path));
    jk_text_done(&path);
}

static struct feed *begin_feed(struct jk_web_page *page)
{
    struct feed *feed = jk_arena_zalloc(&page->arena, 1, sizeof *feed);
    if (feed) feed->window = NEAR;
    page->state = feed;
    page->type = "application/atom+xml; charset=utf-8";
    add_name(page);
    return feed;
}

void jk_web_page_feed(struct jk_web_page *page)
{
    if (begin_feed(page)) ask_models_of_feed(page);
}

void jk_web_page_team_feed(struct jk_web_page *page)
{
    struct feed *feed = begin_feed(page);
    if (!feed) return;
    feed->team = jk_web_page_string(page, page->variables[0]);
    jk_shown_string(page->view, "title", feed->team);
    ask_models_of_feed(page);
}

void jk_web_page_publisher_feed(struct jk_web_page *page)
{
    struct feed *feed = begin_feed(page);
    if (!feed) return;
    feed->publisher = jk_web_page_string(page, page->variables[0]);
    jk_shown_string(page->view, "title", feed->publisher);
    ask_models_of_feed(page);
}

void jk_web_page_base_feed(struct jk_web_page *page)
{
    struct feed *feed = begin_feed(page);
    if (!feed) return;
    feed->root =
        jk_arena_printf(&page->arena, "%.*s/%.*s", JK_SPAN_ARG(page->variables[0]), JK_SPAN_ARG(page->variables[1]));
    if (!feed->root) return;
    jk_shown_string(page->view, "title", feed->root);
    ask_models_of_feed(page);
}
