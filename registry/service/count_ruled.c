/* Counts under a rule: the present from kept totals, on the calling thread where they are good enough; everything else
 * from a standing, on a reader thread. */
#include "service/count_ruled.h"

#include "reply/counts.h"
#include "service/standing.h"

/* What was asked for, at one look at the log. */
struct look {
    struct jk_scope scope;
    struct jk_count_rule rule;
    uint32_t size, log_size;
    bool ask;     /* entries before the time asked for may be on their way */
    bool present; /* counted as of now, whatever that is when it is answered */
};

static enum jk_status look_at(struct jk_call *call, const Jokbo__V1__CountDerivativesRequest *request,
                              const struct jk_page *page, struct look *look)
{
    struct jk_view view;
    jk_store_view(jk_store_of(call), &view);
    enum jk_status status = jk_count_scope(call, &view, request->scope, &look->scope);
    if (status == JK_OK) status = jk_count_size(call, &view, request->as_of, &look->size, &look->ask);
    const struct jk_closing *closing = request->as_of ? NULL : jk_count_rule_closing(&view, request->rule);
    if (closing) look->size = closing->n;
    look->present = !request->as_of && !page->resumed && !closing;
    if (status == JK_OK && page->resumed && page->log_size <= view.size) look->size = page->log_size;
    if (status == JK_OK) status = jk_count_rule_find(call, &view, request->rule, look->size, &look->rule);
    look->log_size = view.size;
    jk_store_view_end(jk_store_of(call));
    return status;
}

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

static enum jk_status fill(struct ruled *ruled, const struct jk_policy_total *total, uint32_t size,
                           Jokbo__V1__DerivativeCount **out_reply)
{
    const struct jk_page *page = ruled->page;
    struct jk_call *call = ruled->call;
    struct jk_view view;
    uint64_t next;
    jk_store_view(jk_store_of(call), &view);
    struct jk_counts_rule rule = {&ruled->look.rule.policy, &ruled->look.rule.digest, total,
                                  ruled->kept ? ruled->kept->standing : NULL};
    struct jk_counts counts = {view.book, NULL, size, ruled->arena, &rule};
    struct jk_counts_wish wish = {ruled->look.scope, ruled->request->group_by, ruled->request->n_group_by,
                                  page->resumed ? page->after : 0, page->size};
    enum jk_status status = jk_counts_one(&counts, &wish, out_reply, &next, &call->error);
    jk_store_view_end(jk_store_of(call));
    if (status == JK_OK && next > 0) (*out_reply)->next_page_token = jk_page_token(call, page, size, next);
    if (status == JK_OK && ruled->arena->exhausted) status = jk_out_of_memory(&call->error);
    return status;
}

static bool needs_rows(const Jokbo__V1__CountDerivativesRequest *request)
{
    for (size_t i = 0; i < request->n_group_by; i++)
        if (jk_counts_is_unbounded(request->group_by[i])) return true;
    return false;
}

static enum jk_status get_kept(struct ruled *ruled, uint32_t size)
{
    struct jk_services *services = jk_services_of(ruled->call);
    return jk_standings_at(services->standings, services->store, &ruled->look.rule, size, &ruled->kept,
                           &ruled->call->error);
}

static enum jk_status count_present(struct ruled *ruled, bool on_reader, Jokbo__V1__DerivativeCount **out_reply)
{
    struct jk_services *services = jk_services_of(ruled->call);
    const struct look *look = &ruled->look;
    int64_t asked = ruled->request->min_log_size;
    uint32_t least = asked > look->rule.from ? (uint32_t)asked : look->rule.from + 1;
    ruled->totals = jk_standings_totals(services->standings, &look->rule, look->log_size, least);
    if (!on_reader && (!ruled->totals || needs_rows(ruled->request))) return JK_CANCELLED;
    if (!ruled->totals)
        JK_TRY(jk_standings_renew(services->standings, services->store, &look->rule, least, &ruled->totals,
                                  &ruled->call->error));
    if (needs_rows(ruled->request)) JK_TRY(get_kept(ruled, ruled->totals->size));
    return fill(ruled, jk_kept_total(ruled->totals, look->scope), ruled->totals->size, out_reply);
}

static enum jk_status count_past(struct ruled *ruled, Jokbo__V1__DerivativeCount **out_reply)
{
    struct jk_call *call = ruled->call;
    struct jk_policy_total *total = jk_arena_alloc(ruled->arena, sizeof *total);
    struct jk_view view;
    if (!total) return jk_out_of_memory(&call->error);
    JK_TRY(get_kept(ruled, ruled->look.size));
    jk_store_view(jk_store_of(call), &view);
    enum jk_status status = jk_standing_total(ruled->kept->standing, view.book, ruled->look.scope, total, &call->error);
    jk_store_view_end(jk_store_of(call));
    return status == JK_OK ? fill(ruled, total, ruled->look.size, out_reply) : status;
}

enum jk_status jk_count_ruled(struct jk_call *call, const Jokbo__V1__CountDerivativesRequest *request,
                              const struct jk_page *page, struct jk_arena *arena, bool on_reader,
                              Jokbo__V1__DerivativeCount **out_reply)
{
    struct ruled ruled = {.call = call, .request = request, .page = page, .arena = arena};
    JK_TRY(look_at(call, request, page, &ruled.look));
    if (!on_reader && !ruled.look.present) return JK_CANCELLED;
    if (ruled.look.ask) {
        JK_TRY(jk_count_settle_time(call, request->as_of));
        JK_TRY(look_at(call, request, page, &ruled.look));
    }
    enum jk_status status =
        ruled.look.present ? count_present(&ruled, on_reader, out_reply) : count_past(&ruled, out_reply);
    jk_kept_totals_release(ruled.totals);
    jk_kept_standing_release(ruled.kept);
    return status;
}

enum jk_status jk_count_ruled_at(struct jk_call *call, const Jokbo__V1__AsOf *as_of, const Jokbo__V1__CountRule *rule,
                                 const struct jk_page *page, struct jk_ruled_at *out_at)
{
    struct jk_view view;
    bool ask;
    jk_store_view(jk_store_of(call), &view);
    enum jk_status status = jk_count_size(call, &view, as_of, &out_at->size, &ask);
    const struct jk_closing *closing = as_of ? NULL : jk_count_rule_closing(&view, rule);
    if (closing) out_at->size = closing->n;
    out_at->cut_off = closing != NULL;
    if (status == JK_OK && page && page->resumed && page->log_size <= view.size) out_at->size = page->log_size;
    if (status == JK_OK) status = jk_count_rule_find(call, &view, rule, out_at->size, &out_at->rule);
    jk_store_view_end(jk_store_of(call));
    return status;
}
