/* CountDerivatives, ListCounts, ListCounted. The present is answered from counters on the calling thread; the past,
 * groups by publisher or licence, and lists walk the book on a reader thread. */
#include <stdlib.h>

#include "service/count.h"

#include "base/clock.h"
#include "service/draft.h"
#include "service/dispatch.h"
#include "service/handlers.h"
#include "service/page.h"
#include "service/present.h"

/* ---- scope and size ---- */

enum jk_status jk_count_scope(struct jk_call *call, const struct jk_view *view, const Jokbo__V1__CountScope *scope,
                              struct jk_scope *out_scope)
{
    struct jk_error *error = &call->error;
    *out_scope = (struct jk_scope){.type = JK_SCOPE_ALL};
    switch (scope ? scope->kind_case : JOKBO__V1__COUNT_SCOPE__KIND__NOT_SET) {
    case JOKBO__V1__COUNT_SCOPE__KIND_BASE_MODEL:
        out_scope->type = JK_SCOPE_BASE;
        out_scope->slot = jk_book_find_model(view->book, jk_span_of(scope->base_model), view->size);
        if (out_scope->slot == JK_NONE)
            return jk_model_not_found(view->book, view->size, jk_span_of(scope->base_model), error);
        if (jk_book_model(view->book, out_scope->slot)->base_history != JK_NONE) return JK_OK;
        return jk_fail(error, JK_NOT_FOUND, "NOT_A_BASE_MODEL",
                       "\"%.200s\" is not a base model on the roster; for derivatives of any model use ListDerivatives",
                       scope->base_model);
    case JOKBO__V1__COUNT_SCOPE__KIND_TEAM:
        out_scope->type = JK_SCOPE_TEAM;
        out_scope->slot = jk_book_find_team(view->book, jk_span_of(scope->team), view->size);
        if (out_scope->slot != JK_NONE) return JK_OK;
        return jk_fail(error, JK_NOT_FOUND, "TEAM_NOT_FOUND", "There is no team \"%.63s\"", scope->team);
    case JOKBO__V1__COUNT_SCOPE__KIND_ALL:
        if (scope->all) return JK_OK;
        /* fall through */
    default:
        jk_error_field(error, "scope", "is required: name a base_model, a team, or all");
        return jk_error_result(error);
    }
}

static enum jk_status size_by_log(struct jk_call *call, const struct jk_view *view, int64_t size, uint32_t *out_size)
{
    if (size < 0 || size > view->size) {
        jk_error_field(&call->error, "as_of.log_size", "%lld: the log has %u entries; give 0 to %u", (long long)size,
                       view->size, view->size);
        return jk_error_result(&call->error);
    }
    *out_size = (uint32_t)size;
    return JK_OK;
}

/* A time between two microseconds counts as the later: entries carry whole ones, and those before it are wanted. */
static int64_t as_of_us(struct jk_call *call, const Jokbo__V1__AsOf *as_of)
{
    int64_t time_us = jk_from_timestamp(as_of->time, "as_of.time", &call->error);
    return time_us != JK_TIME_NONE && as_of->time->nanos % 1000 ? time_us + 1 : time_us;
}

/* Where the book's last entry is not before the time, no later entry can be; otherwise the database says what it has,
 * with no batch open. */
static void size_by_time(const struct jk_view *view, int64_t time_us, uint32_t *out_size, bool *out_ask)
{
    *out_ask = !view->size || jk_book_time(view->book, view->size - 1) < time_us;
    *out_size = jk_book_size_at(view->book, view->size, time_us);
}

enum jk_status jk_count_size(struct jk_call *call, const struct jk_view *view, const Jokbo__V1__AsOf *as_of,
                             uint32_t *out_size, bool *out_ask)
{
    *out_ask = false;
    *out_size = view->size;
    if (!as_of) return JK_OK;
    if (as_of->kind_case == JOKBO__V1__AS_OF__KIND_LOG_SIZE) return size_by_log(call, view, as_of->log_size, out_size);
    if (as_of->kind_case == JOKBO__V1__AS_OF__KIND_TIME && as_of->time) {
        int64_t time_us = as_of_us(call, as_of);
        JK_TRY(jk_error_result(&call->error));
        size_by_time(view, time_us, out_size, out_ask);
        return JK_OK;
    }
    jk_error_field(&call->error, "as_of", "is empty: give a log_size or a time, or leave it out");
    return jk_error_result(&call->error);
}

/* On a reader thread: makes the book hold every entry before the time. */
enum jk_status jk_count_settle_time(struct jk_call *call, const Jokbo__V1__AsOf *as_of)
{
    int64_t now_us, time_us = as_of_us(call, as_of);
    uint64_t size;
    JK_TRY(jk_error_result(&call->error));
    JK_TRY(jk_reader_now(call->reader, &now_us, &size, &call->error));
    if (time_us > now_us) {
        char text[JK_TIME_TEXT];
        jk_time_format(now_us, text);
        jk_error_field(&call->error, "as_of.time", "lies in the future: it is %s now", text);
        return jk_error_result(&call->error);
    }
    if (jk_store_wait_size(jk_store_of(call), (uint32_t)size, call->deadline_ms)) return JK_OK;
    return jk_fail(&call->error, JK_UNAVAILABLE, "BEHIND", "This server has not reached log size %llu yet; try again",
                   (unsigned long long)size);
}

/* ---- groups ---- */

static const char *const depth_names[JK_COUNT_DEPTHS + 1] = {"0", "1",  "2",  "3",  "4",  "5",  "6",  "7",  "8",
                                                             "9", "10", "11", "12", "13", "14", "15", "16+"};

static bool add_group(struct jk_arena *arena, Jokbo__V1__DerivativeCount *out, Jokbo__V1__Grouping grouping,
                      const char *key, uint32_t count)
{
    Jokbo__V1__CountGroup *group = JK_MESSAGE(arena, Jokbo__V1__CountGroup, jokbo__v1__count_group);
    if (!group) return false;
    group->grouping = grouping;
    group->key = (char *)(uintptr_t)key;
    group->count = count;
    out->groups[out->n_groups++] = group;
    return true;
}

static void group_relations(struct jk_arena *arena, const struct jk_total *total, bool hub,
                            Jokbo__V1__DerivativeCount *out)
{
    uint32_t sums[JK_RELATION_COUNT] = {0};
    for (int i = 1; i < JK_RELATION_COUNT; i++) {
        enum jk_relation relation = hub ? jk_relation_on_hub((enum jk_relation)i) : (enum jk_relation)i;
        sums[relation] += total->by_relation[i];
    }
    Jokbo__V1__Grouping grouping =
        hub ? JOKBO__V1__GROUPING__GROUPING_HUB_RELATION : JOKBO__V1__GROUPING__GROUPING_RELATION;
    for (int i = 1; i < JK_RELATION_COUNT; i++)
        if (!hub || jk_relation_on_hub((enum jk_relation)i) == (enum jk_relation)i)
            (void)add_group(arena, out, grouping, jk_relation_text((enum jk_relation)i), sums[i]);
}

static void group_classes(struct jk_arena *arena, const struct jk_total *total, Jokbo__V1__DerivativeCount *out)
{
    for (int i = 0; i < JK_LICENSE_CLASSES; i++)
        (void)add_group(arena, out, JOKBO__V1__GROUPING__GROUPING_LICENSE_CLASS,
                        jk_license_class_text((enum jk_license_class)i), total->by_license_class[i]);
}

static void group_depths(struct jk_arena *arena, const struct jk_total *total, Jokbo__V1__DerivativeCount *out)
{
    for (int i = 1; i <= JK_COUNT_DEPTHS; i++)
        if (total->by_depth[i])
            (void)add_group(arena, out, JOKBO__V1__GROUPING__GROUPING_DEPTH, depth_names[i], total->by_depth[i]);
}

static void group_months(struct jk_arena *arena, const struct jk_total *total, Jokbo__V1__DerivativeCount *out)
{
    char text[8];
    for (unsigned i = 0; i < JK_COUNT_MONTHS; i++) {
        if (!total->by_month[i]) continue;
        jk_month_format(i, text);
        (void)add_group(arena, out, JOKBO__V1__GROUPING__GROUPING_MONTH, jk_to_string(arena, jk_span_of(text)),
                        total->by_month[i]);
    }
}

static bool is_unbounded(Jokbo__V1__Grouping grouping)
{
    return grouping == JOKBO__V1__GROUPING__GROUPING_LICENSE || grouping == JOKBO__V1__GROUPING__GROUPING_PUBLISHER;
}

/* Splits from counters. */
static void add_groups(struct jk_arena *arena, const struct jk_total *total, Jokbo__V1__Grouping grouping,
                       Jokbo__V1__DerivativeCount *out)
{
    switch (grouping) {
    case JOKBO__V1__GROUPING__GROUPING_RELATION:
        group_relations(arena, total, false, out);
        break;
    case JOKBO__V1__GROUPING__GROUPING_HUB_RELATION:
        group_relations(arena, total, true, out);
        break;
    case JOKBO__V1__GROUPING__GROUPING_LICENSE_CLASS:
        group_classes(arena, total, out);
        break;
    case JOKBO__V1__GROUPING__GROUPING_DEPTH:
        group_depths(arena, total, out);
        break;
    case JOKBO__V1__GROUPING__GROUPING_MONTH:
        group_months(arena, total, out);
        break;
    default:
        break;
    }
}

/* ---- the reply ---- */

static Jokbo__V1__CountScope *present_scope(const struct jk_present *present, struct jk_scope scope)
{
    Jokbo__V1__CountScope *out = JK_MESSAGE(present->arena, Jokbo__V1__CountScope, jokbo__v1__count_scope);
    if (!out) return NULL;
    if (scope.type == JK_SCOPE_BASE) {
        const struct jk_alias *alias = jk_book_alias(present->book, scope.slot, present->size);
        out->kind_case = JOKBO__V1__COUNT_SCOPE__KIND_BASE_MODEL;
        out->base_model = alias ? jk_to_string(present->arena, alias->name) : (char *)protobuf_c_empty_string;
    } else if (scope.type == JK_SCOPE_TEAM) {
        out->kind_case = JOKBO__V1__COUNT_SCOPE__KIND_TEAM;
        out->team = jk_to_string(present->arena, jk_book_team(present->book, scope.slot)->id);
    } else {
        out->kind_case = JOKBO__V1__COUNT_SCOPE__KIND_ALL;
        out->all = true;
    }
    return out;
}

/* A count without its splits; NULL total: nothing there. */
static Jokbo__V1__DerivativeCount *present_total(const struct jk_present *present, struct jk_scope scope,
                                                 const struct jk_total *total, size_t groups)
{
    Jokbo__V1__DerivativeCount *out =
        JK_MESSAGE(present->arena, Jokbo__V1__DerivativeCount, jokbo__v1__derivative_count);
    if (!out || !(out->scope = present_scope(present, scope))) return NULL;
    out->log_size = present->size;
    if (present->size) out->log_time = jk_to_timestamp(present->arena, jk_book_time(present->book, present->size - 1));
    if (groups && !(out->groups = (Jokbo__V1__CountGroup **)jk_pointers(present->arena, groups))) return NULL;
    if (!total) return out;
    out->registered = total->registered;
    out->yanked = total->yanked;
    out->counted = total->counted;
    out->direct = total->direct;
    out->transitive = total->transitive;
    out->independent = total->independent;
    out->license_clean = total->license_clean;
    out->distinct_publishers = total->distinct_publishers;
    out->distinct_weights = total->distinct_weights;
    return out;
}

/* Room for all splits that were asked for. */
static size_t groups_room(const Jokbo__V1__CountDerivativesRequest *request, const struct jk_page *page)
{
    size_t room = 0;
    for (size_t i = 0; i < request->n_group_by; i++)
        room += is_unbounded(request->group_by[i])                            ? page->size
                : request->group_by[i] == JOKBO__V1__GROUPING__GROUPING_MONTH ? JK_COUNT_MONTHS
                                                                              : 32;
    return room;
}

/* One of licence or publisher: those after the page token's position. */
static enum jk_status add_unbounded(struct jk_call *call, const struct jk_present *present, struct jk_scope scope,
                                    Jokbo__V1__Grouping grouping, const struct jk_page *page,
                                    Jokbo__V1__DerivativeCount *out)
{
    struct jk_group *groups;
    size_t count, first = page->resumed ? (size_t)page->after : 0;
    bool publisher = grouping == JOKBO__V1__GROUPING__GROUPING_PUBLISHER;
    JK_TRY(jk_count_groups(present->book, scope, publisher ? JK_GROUP_PUBLISHER : JK_GROUP_LICENSE, present->size,
                           present->arena, &groups, &count, &call->error));
    size_t end = count > first + page->size ? first + page->size : count;
    for (size_t i = first; i < end; i++) {
        struct jk_span key = publisher ? jk_book_publisher(present->book, groups[i].slot)->name
                                       : jk_book_license_text(present->book, groups[i].slot);
        if (!add_group(present->arena, out, grouping, jk_to_string(present->arena, key), groups[i].count))
            return jk_out_of_memory(&call->error);
    }
    const Jokbo__V1__CountDerivativesRequest *request = (const void *)call->request;
    if (end < count && request->n_group_by == 1) out->next_page_token = jk_page_token(call, page, present->size, end);
    return JK_OK;
}

static enum jk_status check_groupings(struct jk_call *call, const Jokbo__V1__CountDerivativesRequest *request,
                                      bool *out_walks)
{
    unsigned seen = 0;
    *out_walks = false;
    for (size_t i = 0; i < request->n_group_by; i++) {
        int grouping = request->group_by[i];
        if (grouping < 1 || grouping > JOKBO__V1__GROUPING__GROUPING_MONTH || (seen & (1u << grouping))) {
            jk_error_field(&call->error, "group_by", "%d is not a grouping, or stands there twice", grouping);
            break;
        }
        seen |= 1u << grouping;
        *out_walks = *out_walks || is_unbounded(request->group_by[i]);
    }
    if (request->page_size < 0)
        jk_error_field(&call->error, "page_size", "%d is negative; 0 means %d, at most %d", request->page_size,
                       JK_PAGE_DEFAULT, JK_PAGE_MAX);
    if (*request->page_token && !(request->n_group_by == 1 && *out_walks))
        jk_error_field(&call->error, "page_token", "goes with group_by licence or publisher alone");
    return jk_error_result(&call->error);
}

static enum jk_status fill(struct jk_call *call, const struct jk_view *view, struct jk_scope scope, uint32_t size,
                           const struct jk_page *page, Jokbo__V1__DerivativeCount **out_reply)
{
    const Jokbo__V1__CountDerivativesRequest *request = (const void *)call->request;
    struct jk_present present = {view->book, NULL, size, &call->arena};
    static const struct jk_total nothing; /* what a walk finds there too: a count at a size is the same for ever */
    const struct jk_total *total = NULL;
    struct jk_total *own = NULL;
    if (size == jk_cube_size(view->cube)) {
        total = jk_cube_total(view->cube, scope);
        if (!total) total = &nothing;
    } else {
        if (!(own = jk_arena_alloc(&call->arena, sizeof *own))) return jk_out_of_memory(&call->error);
        JK_TRY(jk_count_at(view->book, scope, size, own, &call->error));
        total = own;
    }
    *out_reply = present_total(&present, scope, total, groups_room(request, page));
    if (!*out_reply) return jk_out_of_memory(&call->error);
    for (size_t i = 0; i < request->n_group_by; i++) {
        if (is_unbounded(request->group_by[i])) {
            JK_TRY(add_unbounded(call, &present, scope, request->group_by[i], page, *out_reply));
        } else {
            add_groups(&call->arena, total, request->group_by[i], *out_reply);
        }
    }
    return call->arena.exhausted ? jk_out_of_memory(&call->error) : JK_OK;
}

/* Counts here where counters suffice; JK_CANCELLED: the walk belongs on a reader thread. */
static enum jk_status count(struct jk_call *call, Jokbo__V1__DerivativeCount **out_reply)
{
    const Jokbo__V1__CountDerivativesRequest *request = (const void *)call->request;
    struct jk_page page;
    struct jk_scope scope;
    struct jk_view view;
    uint32_t size;
    bool walks, ask;
    JK_TRY(check_groupings(call, request, &walks));
    if (request->n_group_by == 0) {
        page = (struct jk_page){.size = JK_PAGE_DEFAULT};
    } else {
        JK_TRY(jk_page_read(call, &page));
    }
    jk_store_view(jk_store_of(call), &view);
    enum jk_status status = jk_count_scope(call, &view, request->scope, &scope);
    if (status == JK_OK) status = jk_count_size(call, &view, request->as_of, &size, &ask);
    if (status == JK_OK && page.resumed && page.log_size <= view.size) size = page.log_size;
    bool elsewhere = status == JK_OK && !call->reader && (ask || walks || size != jk_cube_size(view.cube));
    if (status == JK_OK && !elsewhere && !(ask && call->reader && !call->state))
        status = fill(call, &view, scope, size, &page, out_reply);
    jk_store_view_end(jk_store_of(call));
    if (elsewhere) return JK_CANCELLED;
    if (status != JK_OK || *out_reply) return status;
    JK_TRY(jk_count_settle_time(call, request->as_of));
    call->state = call; /* the time is settled: the next look needs not ask again */
    return count(call, out_reply);
}

void jk_count_derivatives(struct jk_call *call)
{
    Jokbo__V1__DerivativeCount *reply = NULL;
    enum jk_status status = count(call, &reply);
    if (status == JK_OK)
        jk_call_finish(call, &reply->base);
    else if (status == JK_CANCELLED && !jk_error_is_set(&call->error))
        jk_call_on_reader(call, jk_count_derivatives, 0);
    else
        jk_call_fail(call);
}

/* ---- all of them ---- */

static Jokbo__V1__DerivativeCount *count_scope(struct jk_call *call, const struct jk_view *view, struct jk_scope scope,
                                               uint32_t size, struct jk_total *scratch)
{
    struct jk_present present = {view->book, NULL, size, &call->arena};
    if (size == jk_cube_size(view->cube)) return present_total(&present, scope, jk_cube_total(view->cube, scope), 0);
    if (jk_count_at(view->book, scope, size, scratch, &call->error) != JK_OK) return NULL;
    return present_total(&present, scope, scratch, 0);
}

static enum jk_status count_all(struct jk_call *call, const struct jk_view *view, uint32_t size,
                                Jokbo__V1__ListCountsResponse *reply)
{
    struct jk_total *scratch = jk_arena_alloc(&call->arena, sizeof *scratch);
    uint32_t teams = jk_book_teams(view->book, size), bases = 0, model;
    while (jk_book_listed(view->book, bases, size) != JK_NONE)
        bases++;
    reply->bases = (Jokbo__V1__DerivativeCount **)jk_pointers(&call->arena, bases + 1);
    reply->teams = (Jokbo__V1__DerivativeCount **)jk_pointers(&call->arena, teams + 1);
    if (!scratch || !reply->bases || !reply->teams) return jk_out_of_memory(&call->error);
    for (uint32_t i = 0; (model = jk_book_listed(view->book, i, size)) != JK_NONE; i++)
        if (jk_book_base(view->book, model, size) &&
            !(reply->bases[reply->n_bases++] =
                  count_scope(call, view, (struct jk_scope){JK_SCOPE_BASE, model}, size, scratch)))
            return jk_out_of_memory(&call->error);
    for (uint32_t i = 0; i < teams; i++)
        if (!(reply->teams[reply->n_teams++] =
                  count_scope(call, view, (struct jk_scope){JK_SCOPE_TEAM, i}, size, scratch)))
            return jk_out_of_memory(&call->error);
    if (!(reply->all = count_scope(call, view, (struct jk_scope){JK_SCOPE_ALL, 0}, size, scratch)))
        return jk_out_of_memory(&call->error);
    reply->log_size = size;
    reply->log_time = reply->all->log_time;
    return JK_OK;
}

void jk_list_counts(struct jk_call *call)
{
    const Jokbo__V1__ListCountsRequest *request = (const void *)call->request;
    Jokbo__V1__ListCountsResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListCountsResponse, jokbo__v1__list_counts_response);
    struct jk_view view;
    uint32_t size;
    bool ask = request->as_of && request->as_of->kind_case == JOKBO__V1__AS_OF__KIND_TIME && request->as_of->time;
    enum jk_status status = reply ? JK_OK : jk_out_of_memory(&call->error);
    if (status == JK_OK && ask) status = jk_count_settle_time(call, request->as_of);
    if (status == JK_OK) {
        jk_store_view(jk_store_of(call), &view);
        status = jk_count_size(call, &view, request->as_of, &size, &ask);
        if (status == JK_OK) status = count_all(call, &view, size, reply);
        jk_store_view_end(jk_store_of(call));
    }
    if (status == JK_OK)
        jk_call_finish(call, &reply->base);
    else
        jk_call_fail(call);
}
