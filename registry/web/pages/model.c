/* A model: what it is, from what it was made, whether it counts under each policy and stage and why not, its releases, what was
 * made from it, and how to cite it. */
#include <jokbo/v1/stage.pb-c.h>
#include <stdio.h>

#include "reply/json.h"
#include "reply/message.h"
#include "web/pages/begin.h"
#include "web/pages/parameters.h"
#include "web/pages/parts.h"
#include "web/pages/said.h"
#include "web/pages/tree.h"

#define RELEASES 50
#define RULES    24 /* policies and stages that it is explained under: the newest */

struct model {
    char *name;
    struct jk_shown *deciding; /* the deciding release; NULL for none */
    struct jk_shown *rules;    /* list */
    char *waiting[RULES];      /* policies, as name@version, whose standings are asked for */
    size_t first, count;
};

static void show_parent(struct jk_shown *list, const Jokbo__V1__PinnedParent *parent)
{
    struct jk_shown *row = jk_shown_map(list, NULL);
    struct jk_span id = jk_span_of(parent->name), host;
    jk_shown_string(row, "parent", parent->name);
    jk_shown_string(row, "parent_version", parent->version);
    jk_shown_string(row, "parent_hash", parent->lineage_hash);
    if (!parent->external) {
        jk_shown_flag(row, "registered", true);
        return;
    }
    (void)jk_span_cut(&id, '/', &host);
    jk_shown_flag(row, "on_hub", jk_span_equal(host, JK_SPAN("huggingface.co")));
    jk_shown_string(row, "adopted_by", parent->adopted_by);
}

static void describe_release(struct jk_web_page *page, struct jk_shown *map, const Jokbo__V1__Release *release)
{
    jk_shown_string(map, "version", release->version);
    jk_shown_string(map, "lineage_hash", release->lineage_hash);
    jk_shown_string(map, "license", release->license);
    jk_part_word(page, map, "license_class", "class", &jokbo__v1__license_class__descriptor,
                 (int)release->license_class);
    jk_part_word(page, map, "relation", "relation", &jokbo__v1__relation__descriptor, (int)release->relation);
    jk_shown_string(map, "artifact", release->artifact_sha256);
    jk_shown_string(map, "weights", release->weights_sha256);
    jk_shown_flag(map, "yanked", release->yanked);
    jk_shown_printf(map, "release_index", "%lld", (long long)release->log_index);
    jk_part_time(map, "released", release->create_time);
    struct jk_shown *parents = jk_shown_list(map, "parents");
    for (size_t i = 0; i < release->n_parents; i++)
        show_parent(parents, release->parents[i]);
}

static void add_base_facts(struct jk_web_page *page, struct jk_shown *map, const Jokbo__V1__BaseModelFacts *facts)
{
    (void)jk_part_team(page, map, "team", facts->team);
    jk_part_word(page, map, "from_scratch", "answer", &jokbo__v1__answer__descriptor, (int)facts->from_scratch);
    jk_shown_flag(map, "programme", facts->programme);
    jk_shown_string(map, "built_on", facts->built_on);
    jk_shown_string(map, "published", facts->released);
    jk_shown_string(map, "parameters", facts->parameters);
    jk_shown_flag(map, "delisted", !facts->listed);
}

static void add_observation(struct jk_web_page *page, struct jk_shown *view, const Jokbo__V1__Observation *seen)
{
    struct jk_shown *map = jk_shown_map(view, "observation");
    jk_shown_string(map, "hub", seen->hub);
    jk_shown_string(map, "hub_id", seen->id);
    jk_shown_string(map, "moved_to", seen->moved_to);
    jk_part_word(page, map, "hub_state", "observed", &jokbo__v1__observed_state__descriptor, (int)seen->state);
    jk_part_time(map, "observed", seen->observe_time);
    jk_shown_printf(map, "observed_index", "%lld", (long long)seen->log_index);
}

static void add_findings(struct jk_web_page *page, const Jokbo__V1__Model *model)
{
    struct jk_shown *list = jk_shown_list(page->view, "findings");
    for (size_t i = 0; i < model->n_findings; i++) {
        struct jk_shown *row = jk_shown_map(list, NULL);
        jk_part_word(page, row, "finding", "finding", &jokbo__v1__finding_kind__descriptor,
                     (int)model->findings[i]->kind);
        jk_shown_string(row, "finding_root", model->findings[i]->root);
        jk_shown_string(row, "finding_text",
                        page->language == JK_KOREAN ? model->findings[i]->text_ko : model->findings[i]->text);
        jk_shown_string(row, "finding_other", model->findings[i]->other);
    }
}

/* ---- does it count? ---- */

static void ask_standing(struct jk_web_page *page);

static void fold_standing(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    struct model *model = page->state;
    const Jokbo__V1__Standing *standing = (const Jokbo__V1__Standing *)reply;
    const char *rule = model->waiting[model->first++];
    if (standing) {
        struct jk_shown *row = jk_shown_map(model->rules, NULL), *roots = jk_shown_list(row, "rule_roots");
        jk_shown_string(row, "rule", rule);
        jk_shown_flag(row, "counts", standing->counts);
        jk_part_reason(page, row, "first_reason", standing->reason);
        for (size_t i = 0; i < standing->n_roots; i++) {
            const Jokbo__V1__RootStanding *root = standing->roots[i];
            struct jk_shown *map = jk_shown_map(roots, NULL);
            jk_shown_string(map, "root", root->root ? root->root->name : "");
            jk_shown_flag(map, "root_counts", root->counts);
            jk_part_reasons(page, map, root->reasons, root->n_reasons);
        }
    }
    ask_standing(page);
}

/* The size that the page is for, so that pages made while the log grows share what is known of it. */
static Jokbo__V1__AsOf *as_of_page(struct jk_web_page *page)
{
    Jokbo__V1__AsOf *as_of = JK_MESSAGE(&page->arena, Jokbo__V1__AsOf, jokbo__v1__as_of);
    if (!as_of) return NULL;
    as_of->kind_case = JOKBO__V1__AS_OF__KIND_LOG_SIZE;
    as_of->log_size = page->log.size;
    return as_of;
}

static void ask_standing(struct jk_web_page *page)
{
    struct model *model = page->state;
    struct jk_arena *arena = &page->arena;
    if (model->first == model->count) {
        jk_web_page_tree(page, model->name);
        return;
    }
    Jokbo__V1__ExplainStandingRequest *request =
        JK_MESSAGE(arena, Jokbo__V1__ExplainStandingRequest, jokbo__v1__explain_standing_request);
    Jokbo__V1__CountRule *rule = JK_MESSAGE(arena, Jokbo__V1__CountRule, jokbo__v1__count_rule);
    if (!request || !rule) return;
    char *name = model->waiting[model->first];
    request->name = model->name;
    request->rule = rule;
    rule->kind_case = strchr(name, '@') ? JOKBO__V1__COUNT_RULE__KIND_POLICY : JOKBO__V1__COUNT_RULE__KIND_STAGE;
    if (rule->kind_case == JOKBO__V1__COUNT_RULE__KIND_POLICY) {
        rule->policy = name;
        request->as_of = as_of_page(page);
    } else {
        rule->stage = name; /* a closed one is as its report says */
    }
    jk_web_page_ask_maybe(page, "/jokbo.v1.Evaluation/ExplainStanding", request, fold_standing);
}

static void fold_stages(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListStagesResponse *list = (const Jokbo__V1__ListStagesResponse *)reply;
    struct model *model = page->state;
    for (size_t i = list->n_stages; i > 0 && model->count < RULES; i--)
        model->waiting[model->count++] = jk_web_page_string(page, jk_span_of(list->stages[i - 1]->id));
    ask_standing(page);
}

static void fold_policies(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListPoliciesResponse *list = (const Jokbo__V1__ListPoliciesResponse *)reply;
    struct model *model = page->state;
    for (size_t i = list->n_policies; i > 0 && model->count < RULES / 2; i--)
        model->waiting[model->count++] =
            jk_arena_printf(&page->arena, "%s@%d", list->policies[i - 1]->name, (int)list->policies[i - 1]->version);
    jk_web_page_ask(page, "/jokbo.v1.Stages/ListStages",
                    JK_MESSAGE(&page->arena, Jokbo__V1__ListStagesRequest, jokbo__v1__list_stages_request),
                    fold_stages);
}

/* ---- releases ---- */

static void fold_releases(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListReleasesResponse *list = (const Jokbo__V1__ListReleasesResponse *)reply;
    struct jk_shown *rows = jk_shown_list(page->view, "releases");
    for (size_t i = list->n_releases; i > 0; i--)
        describe_release(page, jk_shown_map(rows, NULL), list->releases[i - 1]);
    if (list->next_page_token[0]) jk_part_url(page->view, "more_releases", list->next_page_token);
}

static void ask_rest(struct jk_web_page *page, bool derivative)
{
    struct jk_arena *arena = &page->arena;
    struct model *model = page->state;
    Jokbo__V1__ListReleasesRequest *releases =
        JK_MESSAGE(arena, Jokbo__V1__ListReleasesRequest, jokbo__v1__list_releases_request);
    Jokbo__V1__ListPoliciesRequest *policies =
        JK_MESSAGE(arena, Jokbo__V1__ListPoliciesRequest, jokbo__v1__list_policies_request);
    if (!releases || !policies) return;
    releases->model = model->name;
    releases->page_size = RELEASES;
    releases->page_token = jk_web_page_string(page, jk_web_page_parameter(page, "releases"));
    policies->page_size = 1000;
    jk_web_page_blame_token(page, "releases");
    jk_web_page_ask(page, "/jokbo.v1.Registry/ListReleases", releases, fold_releases);
    jk_web_page_said(page, model->name);
    if (!derivative) {
        jk_web_page_tree(page, model->name);
        return;
    }
    jk_shown_flag(page->view, "derivative", true);
    model->rules = jk_shown_list(page->view, "rules");
    jk_web_page_ask(page, "/jokbo.v1.Stages/ListPolicies", policies, fold_policies);
}

/* A model's release comes without its statement. */
static void fold_release(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    struct model *model = page->state;
    jk_shown_string(model->deciding, "statement", ((const Jokbo__V1__Release *)reply)->statement);
}

static void ask_statement(struct jk_web_page *page, const char *lineage_hash)
{
    Jokbo__V1__GetReleaseRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__GetReleaseRequest, jokbo__v1__get_release_request);
    if (!request) return;
    request->which_case = JOKBO__V1__GET_RELEASE_REQUEST__WHICH_LINEAGE_HASH;
    request->lineage_hash = jk_web_page_string(page, jk_span_of(lineage_hash));
    if (request->lineage_hash) jk_web_page_ask(page, "/jokbo.v1.Registry/GetRelease", request, fold_release);
}

static void fold_model(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__Model *model = (const Jokbo__V1__Model *)reply;
    struct model *state = page->state;
    struct jk_shown *one = jk_shown_list(page->view, "model"), *former;
    state->name = jk_web_page_string(page, jk_span_of(model->name));
    jk_part_model(page, one, model);
    jk_shown_string(page->view, "title", model->name);
    jk_shown_number(page->view, "release_count", model->release_count);
    former = jk_shown_list(page->view, "former_names");
    for (size_t i = 0; i < model->n_former_names; i++)
        jk_shown_string(former, NULL, model->former_names[i]);
    if (model->release) {
        state->deciding = jk_shown_map(page->view, "deciding");
        describe_release(page, state->deciding, model->release);
        ask_statement(page, model->release->lineage_hash);
    }
    if (model->base_facts) add_base_facts(page, jk_shown_map(page->view, "facts"), model->base_facts);
    if (model->observation) add_observation(page, page->view, model->observation);
    add_findings(page, model);
    ask_rest(page, !model->base_facts && model->n_roots > 0);
}

static void ask_model(struct jk_web_page *page)
{
    struct jk_arena *arena = &page->arena;
    Jokbo__V1__GetModelRequest *request = JK_MESSAGE(arena, Jokbo__V1__GetModelRequest, jokbo__v1__get_model_request);
    page->state = jk_arena_zalloc(arena, 1, sizeof(struct model));
    if (!request || !page->state) return;
    request->name =
        jk_arena_printf(arena, "%.*s/%.*s", JK_SPAN_ARG(page->variables[0]), JK_SPAN_ARG(page->variables[1]));
    if (request->name) jk_web_page_ask(page, "/jokbo.v1.Registry/GetModel", request, fold_model);
}

void jk_web_page_model(struct jk_web_page *page)
{
    jk_part_ask_teams(page, ask_model);
}
