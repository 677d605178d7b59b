/* WatchCounts: a count, and again whenever its numbers have changed. Watchers wait with all others (waiting.h); what
 * they are told comes from the counters, and under a rule from the kept totals, which all watchers of it share. */
#include <stdio.h>

#include "base/clock.h"
#include "reply/counts.h"
#include "service/evaluate/count_ruled.h"
#include "service/call/dispatch.h"
#include "service/call/handlers.h"
#include "service/call/waiting.h"

#define PAUSE_MS 100 /* between two messages of a stream */

/* What makes a message worth sending. */
struct numbers {
    int64_t plain[9], left_out[JK_REASON_COUNT];
    char policy[JK_DIGEST_HEX + 1];
};

struct watch {
    struct jk_waiter waiter; /* first: call->state */
    Jokbo__V1__CountDerivativesRequest request;
    uint32_t size; /* of the last count, told or not */
    bool told;
    int64_t told_ms;
    struct numbers numbers;
};

static void take_numbers(const Jokbo__V1__DerivativeCount *count, struct numbers *out)
{
    memset(out, 0, sizeof *out);
    const int64_t plain[] = {
        count->registered,      count->yanked,      count->counted,       count->direct,
        count->transitive,      count->independent, count->license_clean, count->distinct_publishers,
        count->distinct_weights};
    memcpy(out->plain, plain, sizeof plain);
    for (size_t i = 0; i < count->n_left_out; i++)
        out->left_out[count->left_out[i]->reason - 1] = count->left_out[i]->count;
    snprintf(out->policy, sizeof out->policy, "%s", count->policy_sha256);
}

static enum jk_status count_plain(struct jk_call *call, const struct watch *watch, Jokbo__V1__DerivativeCount **out)
{
    struct jk_view view;
    struct jk_scope scope;
    uint64_t next;
    jk_store_view(jk_store_of(call), &view);
    struct jk_counts counts = {view.book, view.cube, view.size, &call->message_arena, NULL};
    enum jk_status status = jk_count_scope(call, &view, watch->request.scope, &scope);
    struct jk_counts_wish wish = {.scope = scope};
    if (status == JK_OK) status = jk_counts_one(&counts, &wish, out, &next, &call->error);
    jk_store_view_end(jk_store_of(call));
    return status;
}

static void wait_on(struct jk_call *call)
{
    struct watch *watch = call->state;
    jk_waiting_wait_until(&watch->waiter, watch->size, watch->told ? watch->told_ms + PAUSE_MS : 0);
}

/* On a reader thread. Once the message is sent the call may be anywhere: nothing is touched after. */
static void tell(struct jk_call *call)
{
    struct watch *watch = call->state;
    struct jk_page page = {.size = JK_PAGE_DEFAULT};
    Jokbo__V1__DerivativeCount *count = NULL;
    struct numbers numbers;
    jk_arena_reset(&call->message_arena);
    enum jk_status status = watch->request.rule
                                ? jk_count_ruled(call, &watch->request, &page, &call->message_arena, true, &count)
                                : count_plain(call, watch, &count);
    if (status != JK_OK) {
        jk_call_fail(call);
        return;
    }
    take_numbers(count, &numbers);
    bool changed = !watch->told || memcmp(&numbers, &watch->numbers, sizeof numbers) != 0;
    watch->size = (uint32_t)count->log_size;
    watch->numbers = numbers;
    watch->told = true;
    watch->told_ms = jk_monotonic_ms();
    if (changed)
        call->ops->send(call, &count->base, wait_on);
    else
        wait_on(call);
}

static void woken(struct jk_waiter *waiter, struct jk_wake *wake)
{
    (void)wake;
    tell(waiter->call);
}

void jk_watch_counts(struct jk_call *call)
{
    const Jokbo__V1__WatchCountsRequest *request = (const void *)call->request;
    struct watch *watch = jk_arena_zalloc(&call->arena, 1, sizeof *watch);
    enum jk_status status =
        watch ? jk_waiting_join(jk_services_of(call)->waiting, &watch->waiter, call, woken, &call->error)
              : jk_out_of_memory(&call->error);
    if (status != JK_OK) {
        jk_call_fail(call);
        return;
    }
    jokbo__v1__count_derivatives_request__init(&watch->request);
    watch->request.scope = request->scope;
    watch->request.rule = request->rule;
    jk_call_on_reader(call, tell);
}
