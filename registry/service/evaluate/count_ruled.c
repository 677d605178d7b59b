/* Counts under a rule: the present from kept totals, on the calling thread where they are good enough; everything else
 * from a standing, on a reader thread. */
#include "service/evaluate/count_ruled.h"

#include "reply/counts.h"
#include "service/evaluate/standing.h"

/* ---- at which size, under what ---- */

enum jk_status jk_count_ruled_at(struct jk_call *call, const struct jk_view *view, const Jokbo__V1__AsOf *as_of,
                                 const Jokbo__V1__CountRule *rule, const struct jk_page *page,
                                 struct jk_ruled_at *out_at)
{
    const struct jk_closing *closing;
    uint32_t page_size = page && page->resumed && page->log_size <= view->size ? page->log_size : 0;
    memset(out_at, 0, sizeof *out_at);
    JK_TRY(jk_count_size(call, view, as_of, &out_at->size, &out_at->ask));
    JK_TRY(jk_count_rule_closing(call, view, rule, as_of, page_size, &closing));
    if (page_size) out_at->size = page_size;
    if (closing) out_at->size = closing->n;
    JK_TRY(jk_count_rule_find(call, view, rule, out_at->size, &out_at->rule));
    out_at->m = closing ? closing->m : out_at->size;
    out_at->revision = closing ? closing->revision : 0;
    if (out_at->m > out_at->size) out_at->rule.m = out_at->m;
    return JK_OK;
}

enum jk_status jk_count_ruled_scope(struct jk_call *call, const struct jk_view *view, const struct jk_ruled_at *at,
                                    struct jk_scope scope)
{
    bool base = scope.type == JK_SCOPE_BASE;
    if (!at->revision || scope.type == JK_SCOPE_ALL) return JK_OK;
    if (base && jk_book_model(view->book, scope.slot)->index < at->size) return JK_OK;
    if (!base && scope.slot < jk_book_teams(view->book, at->m)) return JK_OK;
    return jk_fail(&call->error, JK_NOT_FOUND, "NOT_IN_REPORT",
                   "Revision %u of the stage's report has no row for it: the log knew no such %s at its cut-off",
                   at->revision, base ? "model" : "team");
}

/* What was asked for, at one look at the log. */
struct look {
    struct jk_scope scope;
    struct jk_ruled_at at;
    uint32_t log_size;
    bool present; /* counted as of now, whatever that is when it is answered */
};

static enum jk_status look_at(struct jk_call *call, const Jokbo__V1__CountDerivativesRequest *request,
                              const struct jk_page *page, struct look *look)
{
    struct jk_view view;
    jk_store_view(jk_store_of(call), &view);
    enum jk_status status = jk_count_scope(call, &view, request->scope, &look->scope);
    if (status == JK_OK) status = jk_count_ruled_at(call, &view, request->as_of, request->rule, page, &look->at);
    if (status == JK_OK) status = jk_count_ruled_scope(call, &view, &look->at, look->scope);
    look->present = !request->as_of && !page->resumed && !look->at.revision;
    look->log_size = view.size;
    jk_store_view_end(jk_store_of(call));
    return status;
}

/* ---- one count ---- */

/* A count in the making. */
struct ruled {
    struct jk_call *call;
    const Jokbo__V1__CountDerivativesRequest *request;
    const struct jk_page *page;
    struct jk_arena *arena;
    struct look look;
    struct jk_kept_totals *totals; /* of the present */
    struct jk_kept_standing *kept; /* of the past, and for splits that need the rows */
};

/* The sizes that a count is told with; where it was counted in a second book, those are the log's all the same. */
static void tell_sizes(const struct jk_view *view, const struct jk_ruled_at *at, struct jk_arena *arena,
                       Jokbo__V1__DerivativeCount *count)
{
    if (!at->revision) return;
    count->log_size = at->size;
    count->log_time = at->size ? jk_to_timestamp(arena, jk_book_time(view->book, at->size - 1)) : NULL;
    count->revision = (int32_t)at->revision;
    count->rulings_size = at->m;
}

/* `book` and `size`: where the total was counted. */
static enum jk_status fill(struct ruled *ruled, const struct jk_view *view, const struct jk_book *book, uint32_t size,
                           const struct jk_policy_total *total, Jokbo__V1__DerivativeCount **out_reply)
{
    const struct jk_page *page = ruled->page;
    const struct jk_ruled_at *at = &ruled->look.at;
    struct jk_call *call = ruled->call;
    uint64_t next;
    struct jk_counts_rule rule = {&at->rule.policy, &at->rule.digest, total, ruled->kept ? ruled->kept->standing : NULL,
                                  NULL};
    struct jk_counts counts = {book, NULL, size, ruled->arena, &rule};
    struct jk_counts_wish wish = {ruled->look.scope, ruled->request->group_by, ruled->request->n_group_by,
                                  page->resumed ? page->after : 0, page->size};
    JK_TRY(jk_counts_one(&counts, &wish, out_reply, &next, &call->error));
    tell_sizes(view, at, ruled->arena, *out_reply);
    if (next > 0) (*out_reply)->next_page_token = jk_page_token(call, page, at->revision ? at->m : size, next);
    return ruled->arena->exhausted ? jk_out_of_memory(&call->error) : JK_OK;
}

static bool needs_rows(const Jokbo__V1__CountDerivativesRequest *request)
{
    for (size_t i = 0; i < request->n_group_by; i++)
        if (jk_counts_is_unbounded(request->group_by[i])) return true;
    return false;
}

static enum jk_status count_present(struct ruled *ruled, bool on_reader, Jokbo__V1__DerivativeCount **out_reply)
{
    struct jk_services *services = jk_services_of(ruled->call);
    const struct look *look = &ruled->look;
    int64_t asked = ruled->request->min_log_size;
    uint32_t from = look->at.rule.from, least = asked > from ? (uint32_t)asked : from + 1;
    struct jk_view view;
    ruled->totals = jk_standings_totals(services->standings, &look->at.rule, look->log_size, least);
    if (!on_reader && (!ruled->totals || needs_rows(ruled->request))) return JK_CANCELLED;
    if (!ruled->totals)
        JK_TRY(jk_standings_renew(services->standings, services->store, &look->at.rule, least, &ruled->totals,
                                  &ruled->call->error));
    uint32_t size = ruled->totals->size;
    if (needs_rows(ruled->request)) JK_TRY(jk_standings_at(ruled->call, &look->at.rule, size, &ruled->kept));
    jk_store_view(services->store, &view);
    enum jk_status status = fill(ruled, &view, view.book, size, jk_kept_total(ruled->totals, look->scope), out_reply);
    jk_store_view_end(services->store);
    return status;
}

static enum jk_status count_past(struct ruled *ruled, Jokbo__V1__DerivativeCount **out_reply)
{
    struct jk_call *call = ruled->call;
    struct jk_scope scope = ruled->look.scope;
    struct jk_policy_total *total = jk_arena_alloc(ruled->arena, sizeof *total);
    struct jk_view view;
    if (!total) return jk_out_of_memory(&call->error);
    JK_TRY(jk_standings_at(call, &ruled->look.at.rule, ruled->look.at.size, &ruled->kept));
    jk_store_view(jk_store_of(call), &view);
    const struct jk_book *book = jk_kept_book(ruled->kept, &view);
    struct jk_late late = jk_kept_late(ruled->kept, &view);
    enum jk_status status = jk_standing_total(ruled->kept->standing, book, scope, total, &call->error);
    if (status == JK_OK) jk_late_add(&late, book, scope, total);
    if (status == JK_OK) status = fill(ruled, &view, book, jk_kept_book_size(ruled->kept), total, out_reply);
    jk_store_view_end(jk_store_of(call));
    return status;
}

enum jk_status jk_count_ruled(struct jk_call *call, const Jokbo__V1__CountDerivativesRequest *request,
                              const struct jk_page *page, struct jk_arena *arena, bool on_reader,
                              Jokbo__V1__DerivativeCount **out_reply)
{
    struct ruled ruled = {.call = call, .request = request, .page = page, .arena = arena};
    JK_TRY(look_at(call, request, page, &ruled.look));
    if (!on_reader && !ruled.look.present) return JK_CANCELLED;
    if (ruled.look.at.ask) {
        JK_TRY(jk_count_settle_time(call, request->as_of));
        JK_TRY(look_at(call, request, page, &ruled.look));
    }
    enum jk_status status =
        ruled.look.present ? count_present(&ruled, on_reader, out_reply) : count_past(&ruled, out_reply);
    jk_kept_totals_release(ruled.totals);
    jk_kept_standing_release(ruled.kept);
    return status;
}

/* ---- all of them ---- */

static enum jk_status list_counts(struct jk_call *call, const struct jk_ruled_at *at,
                                  const struct jk_kept_standing *kept, Jokbo__V1__ListCountsResponse *reply)
{
    struct jk_view view;
    jk_store_view(jk_store_of(call), &view);
    struct jk_late late = jk_kept_late(kept, &view);
    struct jk_counts_rule rule = {&at->rule.policy, &at->rule.digest, NULL, kept->standing, &late};
    struct jk_counts counts = {jk_kept_book(kept, &view), NULL, jk_kept_book_size(kept), &call->arena, &rule};
    enum jk_status status = jk_counts_all(&counts, reply, &call->error);
    for (size_t i = 0; status == JK_OK && i < reply->n_bases; i++)
        tell_sizes(&view, at, &call->arena, reply->bases[i]);
    for (size_t i = 0; status == JK_OK && i < reply->n_teams; i++)
        tell_sizes(&view, at, &call->arena, reply->teams[i]);
    if (status == JK_OK) {
        tell_sizes(&view, at, &call->arena, reply->all);
        reply->log_size = reply->all->log_size;
        reply->log_time = reply->all->log_time;
        reply->revision = reply->all->revision;
        reply->rulings_size = reply->all->rulings_size;
    }
    jk_store_view_end(jk_store_of(call));
    return status;
}

enum jk_status jk_list_counts_ruled(struct jk_call *call, const Jokbo__V1__ListCountsRequest *request,
                                    Jokbo__V1__ListCountsResponse *reply)
{
    struct jk_kept_standing *kept;
    struct jk_ruled_at at;
    struct jk_view view;
    jk_store_view(jk_store_of(call), &view);
    enum jk_status status = jk_count_ruled_at(call, &view, request->as_of, request->rule, NULL, &at);
    jk_store_view_end(jk_store_of(call));
    if (status == JK_OK) status = jk_standings_at(call, &at.rule, at.size, &kept);
    if (status != JK_OK) return status;
    status = list_counts(call, &at, kept, reply);
    jk_kept_standing_release(kept);
    return status;
}
