/* All models, the newest first. The URL filters: ?team=, ?base=, ?publisher=, ?relation=, ?class=, ?license=, ?since= or ?days=,
 * ?derivatives=1 (without base models), ?yanked=1 (with those that are), ?order=oldest, ?after= (a page token). */
#include "reply/json.h"
#include "reply/message.h"
#include "web/pages/asked.h"
#include "web/pages/begin.h"
#include "web/pages/parts.h"
#include "web/pages/since.h"

#define ROWS 50

/* ---- filters ---- */

static const char *const kept[] = {"team",    "base",  "publisher", "relation",    "class",
                                   "license", "since", "days",      "derivatives", "yanked"};

/* A value of an enum by the word of a parameter; 0 where there is none. */
static int read_enum(struct jk_web_page *page, const char *name, const ProtobufCEnumDescriptor *type)
{
    int value = 0;
    (void)jk_json_enum_parse(type, jk_web_page_string(page, jk_web_page_parameter(page, name)), &value);
    return value;
}

static bool asks(struct jk_web_page *page, const char *name)
{
    return jk_span_equal(jk_web_page_parameter(page, name), JK_SPAN("1"));
}

/* The words of an enum as choices of the form. */
static void add_choices(struct jk_web_page *page, const char *key, const char *prefix,
                        const ProtobufCEnumDescriptor *type, int chosen)
{
    struct jk_shown *list = jk_shown_list(page->view, key);
    for (unsigned i = 0; i < type->n_values; i++) {
        char word[JK_JSON_WORD];
        const char *found = jk_json_enum_word(type, type->values[i].value, word);
        if (!found[0]) continue;
        struct jk_shown *row = jk_shown_map(list, NULL);
        jk_shown_string(row, "value", found);
        jk_part_word(page, row, "label", prefix, type, type->values[i].value);
        jk_shown_flag(row, "chosen", type->values[i].value == chosen);
    }
}

static char *asked_text(struct jk_web_page *page, const char *name)
{
    struct jk_span value = jk_web_page_parameter(page, name);
    return jk_web_page_string(page, value);
}

static void read_filters(struct jk_web_page *page, Jokbo__V1__ListModelsRequest *request)
{
    request->team = asked_text(page, "team");
    request->root = asked_text(page, "base");
    request->publisher = asked_text(page, "publisher");
    request->license = asked_text(page, "license");
    request->relation = (Jokbo__V1__Relation)read_enum(page, "relation", &jokbo__v1__relation__descriptor);
    request->license_class = (Jokbo__V1__LicenseClass)read_enum(page, "class", &jokbo__v1__license_class__descriptor);
    request->derivatives_only = asks(page, "derivatives");
    request->include_yanked = asks(page, "yanked");
    request->registered_since = jk_since_asked(page);
    request->newest_first = !jk_asked_other_order(page, "oldest");
    request->page_token = asked_text(page, "after");
}

static void show_filters(struct jk_web_page *page, const Jokbo__V1__ListModelsRequest *request)
{
    struct jk_shown *view = page->view;
    jk_asked_team_choices(page, request->team);
    add_choices(page, "relations", "relation", &jokbo__v1__relation__descriptor, (int)request->relation);
    add_choices(page, "classes", "class", &jokbo__v1__license_class__descriptor, (int)request->license_class);
    jk_shown_string(view, "of_base", request->root);
    jk_shown_string(view, "of_publisher", request->publisher);
    jk_shown_string(view, "of_license", request->license);
    jk_shown_flag(view, "derivatives_only", request->derivatives_only);
    jk_shown_flag(view, "with_yanked", request->include_yanked);
    jk_shown_flag(view, "filtered", jk_asked_keep(page, kept, sizeof kept / sizeof kept[0]));
}

/* ---- the list ---- */

static void fold_all_models(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListModelsResponse *response = (const Jokbo__V1__ListModelsResponse *)reply;
    struct jk_shown *list = jk_shown_list(page->view, "models");
    for (size_t i = 0; i < response->n_models; i++)
        jk_part_model(page, list, response->models[i]);
    jk_shown_number(page->view, "list_total", response->total_size);
    jk_shown_string(page->view, "next_page", response->next_page_token);
}

static void ask_models(struct jk_web_page *page)
{
    Jokbo__V1__ListModelsRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__ListModelsRequest, jokbo__v1__list_models_request);
    if (!request) return;
    request->page_size = ROWS;
    read_filters(page, request);
    show_filters(page, request);
    jk_asked_blame_base(page);
    jk_web_page_ask(page, "/jokbo.v1.Registry/ListModels", request, fold_all_models);
    page->blame = NULL;
}

void jk_web_page_models(struct jk_web_page *page)
{
    jk_part_ask_teams(page, ask_models);
}
