/* ListReleases, ListBaseModels, ListTeams: short lists, answered at once from the book. */
#include "service/draft.h"
#include "service/handlers.h"
#include "service/page.h"
#include "service/present.h"

/* A page over positions 0 … of something short: the caller asks jk for each position in turn. */
struct short_list {
    struct jk_call *call;
    struct jk_page page;
    struct jk_view view;
    struct jk_present present;
    void **items;
    size_t count;
    int32_t total;
    uint64_t last;
    bool more;
};

/* Takes the read lock on success: end_list gives it back. */
static enum jk_status begin_list(struct jk_call *call, struct short_list *list)
{
    *list = (struct short_list){.call = call};
    JK_TRY(jk_page_read(call, &list->page));
    list->items = jk_pointers(&call->arena, list->page.size);
    if (!list->items) return jk_out_of_memory(&call->error);
    jk_store_view(jk_store_of(call), &list->view);
    uint32_t size =
        list->page.resumed && list->page.log_size <= list->view.size ? list->page.log_size : list->view.size;
    list->present = (struct jk_present){list->view.book, jk_store_directory(jk_store_of(call)), size, &call->arena};
    return JK_OK;
}

/* Whether the item at this position belongs on the page. */
static bool wants(struct short_list *list, uint64_t position)
{
    list->total++;
    if (list->page.resumed && position <= list->page.after) return false;
    list->more = list->count == list->page.size;
    return !list->more;
}

static void take(struct short_list *list, uint64_t position, void *item)
{
    if (!item) return;
    list->items[list->count++] = item;
    list->last = position;
}

static char *next_token(struct short_list *list)
{
    return list->more ? jk_page_token(list->call, &list->page, list->present.size, list->last)
                      : (char *)protobuf_c_empty_string;
}

static void end_list(struct short_list *list, enum jk_status status, const ProtobufCMessage *reply)
{
    if (status == JK_OK && list->call->arena.exhausted) status = jk_out_of_memory(&list->call->error);
    if (status == JK_OK)
        jk_call_finish(list->call, reply);
    else
        jk_call_fail(list->call);
}

/* ---- releases ---- */

static enum jk_status walk_releases(struct jk_call *call, struct short_list *list)
{
    const Jokbo__V1__ListReleasesRequest *request = (const void *)call->request;
    uint32_t n = list->present.size, model = jk_book_find_model(list->view.book, jk_span_of(request->model), n);
    if (model == JK_NONE) return jk_model_not_found(list->view.book, n, jk_span_of(request->model), &call->error);
    for (uint32_t slot = jk_book_model(list->view.book, model)->first_release; slot != JK_NONE;) {
        const struct jk_release *release = jk_book_release(list->view.book, slot);
        if (release->index >= n) break;
        if (wants(list, release->index)) take(list, release->index, jk_present_release(&list->present, slot, false));
        slot = release->newer;
    }
    return JK_OK;
}

void jk_list_releases(struct jk_call *call)
{
    struct short_list list;
    Jokbo__V1__ListReleasesResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListReleasesResponse, jokbo__v1__list_releases_response);
    enum jk_status status = begin_list(call, &list);
    if (status == JK_OK) {
        status = walk_releases(call, &list);
        jk_store_view_end(jk_store_of(call));
    }
    if (status == JK_OK && reply) {
        reply->releases = (Jokbo__V1__Release **)list.items;
        reply->n_releases = list.count;
        reply->total_size = list.total;
        reply->next_page_token = next_token(&list);
        reply->log_size = list.present.size;
    }
    end_list(&list, status, &reply->base);
}

/* ---- base models ---- */

static enum jk_status walk_bases(struct jk_call *call, struct short_list *list)
{
    const Jokbo__V1__ListBaseModelsRequest *request = (const void *)call->request;
    uint32_t n = list->present.size, team = JK_NONE, model;
    if (*request->team) team = jk_book_find_team(list->view.book, jk_span_of(request->team), n);
    if (*request->team && team == JK_NONE)
        return jk_fail(&call->error, JK_NOT_FOUND, "TEAM_NOT_FOUND", "There is no team \"%.63s\"", request->team);
    for (uint32_t position = 0; (model = jk_book_listed(list->view.book, position, n)) != JK_NONE; position++) {
        const struct jk_base_facts *facts = jk_book_base(list->view.book, model, n);
        if (!facts || (team != JK_NONE && facts->team != team)) continue;
        if (wants(list, position)) take(list, position, jk_present_model(&list->present, model));
    }
    return JK_OK;
}

void jk_list_base_models(struct jk_call *call)
{
    struct short_list list;
    Jokbo__V1__ListBaseModelsResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListBaseModelsResponse, jokbo__v1__list_base_models_response);
    enum jk_status status = begin_list(call, &list);
    if (status == JK_OK) {
        status = walk_bases(call, &list);
        jk_store_view_end(jk_store_of(call));
    }
    if (status == JK_OK && reply) {
        reply->models = (Jokbo__V1__Model **)list.items;
        reply->n_models = list.count;
        reply->total_size = list.total;
        reply->next_page_token = next_token(&list);
        reply->log_size = list.present.size;
    }
    end_list(&list, status, &reply->base);
}

/* ---- teams ---- */

static Jokbo__V1__Affiliation *present_affiliation(const struct jk_present *present, const struct jk_bond *bond)
{
    Jokbo__V1__Affiliation *out = JK_MESSAGE(present->arena, Jokbo__V1__Affiliation, jokbo__v1__affiliation);
    if (!out) return NULL;
    out->institution = jk_to_string(present->arena, bond->institution);
    out->from_time = jk_to_timestamp(present->arena, bond->from_us);
    out->until_time = jk_to_timestamp(present->arena, bond->until_us);
    return out;
}

static void add_affiliations(const struct jk_present *present, uint32_t team, Jokbo__V1__Team *out)
{
    struct jk_bond *bonds = jk_arena_zalloc(present->arena, JK_TEAM_BONDS_MAX, sizeof *bonds);
    if (!bonds) return;
    size_t count = jk_book_team_affiliations(present->book, team, present->size, bonds, JK_TEAM_BONDS_MAX);
    out->affiliations = (Jokbo__V1__Affiliation **)jk_pointers(present->arena, count);
    while (out->affiliations && out->n_affiliations < count) {
        Jokbo__V1__Affiliation *item = present_affiliation(present, &bonds[out->n_affiliations]);
        if (!item) return;
        out->affiliations[out->n_affiliations++] = item;
    }
}

static void add_publishers(const struct jk_present *present, uint32_t team, Jokbo__V1__Team *out)
{
    struct jk_bond *bonds = jk_arena_zalloc(present->arena, JK_TEAM_BONDS_MAX, sizeof *bonds);
    if (!bonds) return;
    size_t count = jk_book_team_publishers(present->book, team, present->size, bonds, JK_TEAM_BONDS_MAX);
    out->publishers = (char **)jk_pointers(present->arena, count);
    for (size_t i = 0; out->publishers && i < count; i++)
        out->publishers[out->n_publishers++] = jk_to_string(present->arena, bonds[i].publisher);
}

Jokbo__V1__Team *jk_present_team(const struct jk_present *present, uint32_t slot)
{
    const struct jk_team *team = jk_book_team(present->book, slot);
    Jokbo__V1__Team *out = JK_MESSAGE(present->arena, Jokbo__V1__Team, jokbo__v1__team);
    if (!out) return NULL;
    out->id = jk_to_string(present->arena, team->id);
    out->name = jk_to_string(present->arena, team->name);
    out->name_ko = jk_to_string(present->arena, team->name_ko);
    out->join_time = jk_to_timestamp(present->arena, team->joined_us);
    out->leave_time = jk_to_timestamp(present->arena, team->left_us);
    add_publishers(present, slot, out);
    add_affiliations(present, slot, out);
    return out;
}

void jk_list_teams(struct jk_call *call)
{
    struct short_list list;
    Jokbo__V1__ListTeamsResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListTeamsResponse, jokbo__v1__list_teams_response);
    enum jk_status status = begin_list(call, &list);
    if (status == JK_OK) {
        uint32_t teams = jk_book_teams(list.view.book, list.present.size);
        for (uint32_t slot = 0; slot < teams; slot++)
            if (wants(&list, slot)) take(&list, slot, jk_present_team(&list.present, slot));
        jk_store_view_end(jk_store_of(call));
    }
    if (status == JK_OK && reply) {
        reply->teams = (Jokbo__V1__Team **)list.items;
        reply->n_teams = list.count;
        reply->total_size = list.total;
        reply->next_page_token = next_token(&list);
        reply->log_size = list.present.size;
    }
    end_list(&list, status, &reply->base);
}
