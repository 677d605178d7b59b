/* CountDerivatives, ListCounts, ListCounted. The present is answered from counters on the calling thread; the past,
 * groups by publisher or licence, and lists walk the book on a reader thread. */
#include "service/evaluate/count.h"

#include "base/clock.h"
#include "reply/asked.h"
#include "reply/counts.h"
#include "reply/lookup.h"
#include "service/evaluate/count_ruled.h"
#include "service/call/dispatch.h"
#include "service/call/entries.h"
#include "service/call/handlers.h"
#include "service/call/page.h"
#include "service/records/present.h"

/* ---- scope and size ---- */

enum jk_status jk_count_scope(struct jk_call *call, const struct jk_view *view, const Jokbo__V1__CountScope *scope,
                              struct jk_scope *out_scope)
{
    return jk_asked_scope(view->book, view->size, scope, out_scope, &call->error);
}

enum jk_status jk_count_size(struct jk_call *call, const struct jk_view *view, const Jokbo__V1__AsOf *as_of,
                             uint32_t *out_size, bool *out_ask)
{
    int64_t open_us;
    JK_TRY(jk_asked_size(view->book, view->size, as_of, out_size, &open_us, &call->error));
    *out_ask = open_us != JK_TIME_NONE;
    return JK_OK;
}

static int64_t as_of_us(struct jk_call *call, const Jokbo__V1__AsOf *as_of)
{
    int64_t time_us = jk_from_timestamp(as_of->time, "as_of.time", &call->error);
    return time_us != JK_TIME_NONE && as_of->time->nanos % 1000 ? time_us + 1 : time_us;
}

/* On a reader thread: the book shall hold every entry before the time. Where it does not yet, the work stops here, and
 * is done anew when it does. */
enum jk_status jk_count_settle_time(struct jk_call *call, const Jokbo__V1__AsOf *as_of)
{
    int64_t time_us = as_of_us(call, as_of);
    struct jk_moment moment;
    if (call->settled) return JK_OK;
    JK_TRY(jk_error_result(&call->error));
    JK_TRY(jk_reader_moment(call->reader, &moment, &call->error));
    if (time_us > moment.now_us) {
        char text[JK_MOMENT_TEXT];
        jk_time_format_moment(moment.now_us, text);
        jk_error_field(&call->error, "as_of.time", "lies in the future: it is %s now", text);
        return jk_error_result(&call->error);
    }
    call->settled = true;
    if (moment.size <= jk_size_now(jk_store_of(call))) return JK_OK;
    call->awaits = (uint32_t)moment.size;
    return JK_CANCELLED;
}

/* ---- one count ---- */

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
        *out_walks = *out_walks || jk_counts_is_unbounded(request->group_by[i]);
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
    struct jk_counts counts = {view->book, view->cube, size, &call->arena, NULL};
    struct jk_counts_wish wish = {scope, request->group_by, request->n_group_by, page->resumed ? page->after : 0,
                                  page->size};
    uint64_t next;
    JK_TRY(jk_counts_one(&counts, &wish, out_reply, &next, &call->error));
    if (next > 0) (*out_reply)->next_page_token = jk_page_token(call, page, size, next);
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
    if (request->rule) return jk_count_ruled(call, request, &page, &call->arena, call->reader != NULL, out_reply);
    jk_store_view(jk_store_of(call), &view);
    enum jk_status status = jk_count_scope(call, &view, request->scope, &scope);
    if (status == JK_OK) status = jk_count_size(call, &view, request->as_of, &size, &ask);
    if (status == JK_OK && page.resumed && page.log_size <= view.size) size = page.log_size;
    bool elsewhere = status == JK_OK && !call->reader && (ask || walks || size != jk_cube_size(view.cube));
    if (status == JK_OK && !elsewhere && !(ask && call->reader && !call->settled))
        status = fill(call, &view, scope, size, &page, out_reply);
    jk_store_view_end(jk_store_of(call));
    if (elsewhere) return JK_CANCELLED;
    if (status != JK_OK || *out_reply) return status;
    JK_TRY(jk_count_settle_time(call, request->as_of));
    return count(call, out_reply);
}

void jk_count_derivatives(struct jk_call *call)
{
    Jokbo__V1__DerivativeCount *reply = NULL;
    enum jk_status status = count(call, &reply);
    if (status == JK_CANCELLED && !call->awaits && !jk_error_is_set(&call->error))
        jk_call_on_reader(call, jk_count_derivatives);
    else
        jk_call_answer(call, status, reply ? &reply->base : NULL);
}

/* ---- all of them ---- */

static enum jk_status count_all(struct jk_call *call, const struct jk_view *view, uint32_t size,
                                Jokbo__V1__ListCountsResponse *reply)
{
    struct jk_counts counts = {view->book, view->cube, size, &call->arena, NULL};
    return jk_counts_all(&counts, reply, &call->error);
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
    if (status == JK_OK && request->rule) {
        status = jk_list_counts_ruled(call, request, reply);
    } else if (status == JK_OK) {
        jk_store_view(jk_store_of(call), &view);
        status = jk_count_size(call, &view, request->as_of, &size, &ask);
        if (status == JK_OK) status = count_all(call, &view, size, reply);
        jk_store_view_end(jk_store_of(call));
    }
    jk_call_answer(call, status, reply ? &reply->base : NULL);
}
