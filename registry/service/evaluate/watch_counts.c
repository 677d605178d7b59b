/* WatchCounts: a count, sent again whenever its numbers have changed. Watchers wait with all others (waiting.h); their
 * counts come from the counters or, under a rule, from the cached totals, which all its watchers share. */
#include <stdio.h>

#include "base/clock.h"
#include "service/call/dispatch.h"
#include "service/call/handlers.h"
#include "service/call/waiting.h"
#include "service/evaluate/count.h"

#define PAUSE_MS 100 /* between two messages of a stream */

/* What makes a message worth sending. */
struct numbers {
    int64_t plain[9], left_out[JK_REASON_COUNT];
    char policy[JK_DIGEST_HEX + 1];
};

struct watch {
    struct jk_waiter waiter; /* first: call->state */
    struct jk_question question;
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

static enum jk_status count_now(struct jk_call *call, struct watch *watch, Jokbo__V1__DerivativeCount **out_count)
{
    struct jk_counts_wish no_splits = {.page_size = JK_PAGE_DEFAULT};
    JK_TRY(jk_question_open(call, &watch->question));
    enum jk_status status = jk_count_answer(call, &watch->question, &no_splits, &call->message_arena, out_count);
    jk_question_close(call, &watch->question);
    return status;
}

static void wait_on(struct jk_call *call)
{
    struct watch *watch = call->state;
    jk_waiting_wait_until(&watch->waiter, watch->size, watch->told ? watch->told_ms + PAUSE_MS : 0);
}

/* On a reader thread. Once the message is sent the call may belong to another thread: nothing may be touched after
 * that. */
static void tell_changes(struct jk_call *call)
{
    struct watch *watch = call->state;
    Jokbo__V1__DerivativeCount *count = NULL;
    struct numbers numbers;
    jk_arena_reset(&call->message_arena);
    enum jk_status status = count_now(call, watch, &count);
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
    tell_changes(waiter->call);
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
    watch->question =
        (struct jk_question){.scope_asked = request->scope, .rule_asked = request->rule, .scoped = true, .total = true};
    jk_call_on_reader(call, tell_changes);
}
