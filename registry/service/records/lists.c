/* ListReleases, ListBaseModels, ListTeams: short lists, answered at once from the book. */
#include "reply/lookup.h"
#include "service/call/handlers.h"
#include "service/records/short_list.h"

/* ---- releases ---- */

static enum jk_status walk_releases(struct jk_call *call, struct jk_short_list *list)
{
    const Jokbo__V1__ListReleasesRequest *request = (const void *)call->request;
    uint32_t n = list->present.size, model = jk_book_find_model(list->view.book, jk_span_of(request->model), n);
    if (model == JK_NONE) return jk_model_not_found(list->view.book, n, jk_span_of(request->model), &call->error);
    for (uint32_t slot = jk_book_model(list->view.book, model)->first_release; slot != JK_NONE;) {
        const struct jk_release *release = jk_book_release(list->view.book, slot);
        if (release->index >= n) break;
        if (jk_short_list_wants(list, release->index))
            jk_short_list_take(list, release->index, jk_present_release(&list->present, slot, false));
        slot = release->newer;
    }
    return JK_OK;
}

void jk_list_releases(struct jk_call *call)
{
    struct jk_short_list list;
    Jokbo__V1__ListReleasesResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListReleasesResponse, jokbo__v1__list_releases_response);
    enum jk_status status = jk_short_list_begin(call, &list);
    if (status == JK_OK) {
        status = walk_releases(call, &list);
        jk_store_view_end(jk_store_of(call));
    }
    if (status == JK_OK && reply) JK_SHORT_LIST_REPLY(&list, reply, releases);
    jk_short_list_end(&list, status, &reply->base);
}

/* ---- base models ---- */

static enum jk_status walk_bases(struct jk_call *call, struct jk_short_list *list)
{
    const Jokbo__V1__ListBaseModelsRequest *request = (const void *)call->request;
    uint32_t n = list->present.size, team = JK_NONE, model;
    if (*request->team) team = jk_book_find_team(list->view.book, jk_span_of(request->team), n);
    if (*request->team && team == JK_NONE)
        return jk_fail(&call->error, JK_NOT_FOUND, "TEAM_NOT_FOUND", "There is no team \"%.63s\"", request->team);
    for (uint32_t position = 0; (model = jk_book_listed(list->view.book, position, n)) != JK_NONE; position++) {
        const struct jk_base_facts *facts = jk_book_base(list->view.book, model, n);
        if (!facts || (team != JK_NONE && facts->team != team)) continue;
        if (jk_short_list_wants(list, position))
            jk_short_list_take(list, position, jk_present_model(&list->present, model));
    }
    return JK_OK;
}

void jk_list_base_models(struct jk_call *call)
{
    struct jk_short_list list;
    Jokbo__V1__ListBaseModelsResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListBaseModelsResponse, jokbo__v1__list_base_models_response);
    enum jk_status status = jk_short_list_begin(call, &list);
    if (status == JK_OK) {
        status = walk_bases(call, &list);
        jk_store_view_end(jk_store_of(call));
    }
    if (status == JK_OK && reply) JK_SHORT_LIST_REPLY(&list, reply, models);
    jk_short_list_end(&list, status, &reply->base);
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

static Jokbo__V1__Team *present_team(const struct jk_present *present, uint32_t slot)
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
    struct jk_short_list list;
    Jokbo__V1__ListTeamsResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListTeamsResponse, jokbo__v1__list_teams_response);
    enum jk_status status = jk_short_list_begin(call, &list);
    if (status == JK_OK) {
        uint32_t teams = jk_book_teams(list.view.book, list.present.size);
        for (uint32_t slot = 0; slot < teams; slot++)
            if (jk_short_list_wants(&list, slot)) jk_short_list_take(&list, slot, present_team(&list.present, slot));
        jk_store_view_end(jk_store_of(call));
    }
    if (status == JK_OK && reply) JK_SHORT_LIST_REPLY(&list, reply, teams);
    jk_short_list_end(&list, status, &reply->base);
}
