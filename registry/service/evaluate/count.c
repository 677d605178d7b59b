/* CountDerivatives and ListCounts: a question (question.h), and the messages that answer it. */
#include "service/evaluate/count.h"

#include "reply/counts.h"
#include "service/call/handlers.h"

/* ---- one count ---- */

static enum jk_status check_groupings(struct jk_call *call, const Jokbo__V1__CountDerivativesRequest *request,
                                      bool *out_walks)
{
    unsigned seen = 0;
    *out_walks = false;
    for (size_t i = 0; i < request->n_group_by; i++) {
        int grouping = request->group_by[i];
        if (grouping < 1 || grouping > JOKBO__V1__GROUPING__GROUPING_HUB_MONTH || (seen & (1u << grouping))) {
            jk_error_field(&call->error, "group_by", "%d is not a grouping, or is listed twice", grouping);
            break;
        }
        seen |= 1u << grouping;
        *out_walks = *out_walks || jk_counts_walks(request->group_by[i]);
    }
    if (request->page_size < 0)
        jk_error_field(&call->error, "page_size", "%d is negative; 0 means %d, at most %d", request->page_size,
                       JK_PAGE_DEFAULT, JK_PAGE_MAX);
    if (*request->page_token && !(request->n_group_by == 1 && *out_walks))
        jk_error_field(&call->error, "page_token", "is allowed only with group_by licence, publisher or hub month");
    return jk_error_result(&call->error);
}

/* The sizes reported with a revision's count: the log's, even if it is counted in a second book. */
static void tell_revision(const struct jk_question *question, struct jk_arena *arena, Jokbo__V1__DerivativeCount *count)
{
    if (!question->revision) return;
    count->log_size = question->size;
    count->log_time =
        question->size ? jk_to_timestamp(arena, jk_book_time(question->view.book, question->size - 1)) : NULL;
    count->revision = (int32_t)question->revision;
    count->rulings_size = question->m;
}

/* Under a rule: cached, or summed up from each standing. */
static enum jk_status find_total(struct jk_call *call, const struct jk_question *question, struct jk_arena *arena,
                                 const struct jk_policy_total **out_total)
{
    if (question->totals) {
        *out_total = jk_kept_total(question->totals, question->scope);
        return JK_OK;
    }
    struct jk_policy_total *total = jk_arena_alloc(arena, sizeof *total);
    struct jk_late late = jk_kept_late(question->kept, &question->view);
    if (!total) return jk_out_of_memory(&call->error);
    JK_TRY(jk_standing_total(question->kept->standing, question->book, question->scope, total, &call->error));
    jk_late_add(&late, question->book, question->scope, total);
    *out_total = total;
    return JK_OK;
}

enum jk_status jk_count_answer(struct jk_call *call, const struct jk_question *question,
                               const struct jk_counts_wish *splits, struct jk_arena *arena,
                               Jokbo__V1__DerivativeCount **out_count)
{
    struct jk_counts_rule rule = {.policy = &question->rule.policy,
                                  .digest = &question->rule.digest,
                                  .standing = question->kept ? question->kept->standing : NULL};
    struct jk_counts counts = {question->book, question->view.cube, question->book_size, arena,
                               question->rule_asked ? &rule : NULL};
    struct jk_counts_wish wish = *splits;
    uint64_t next;
    wish.scope = question->scope;
    if (question->rule_asked) JK_TRY(find_total(call, question, arena, &rule.total));
    JK_TRY(jk_counts_one(&counts, &wish, out_count, &next, &call->error));
    tell_revision(question, arena, *out_count);
    if (next > 0) (*out_count)->next_page_token = jk_question_token(call, question, next);
    return JK_OK;
}

static enum jk_status answer_count(struct jk_call *call, struct jk_question *question,
                                   const ProtobufCMessage **out_reply)
{
    const Jokbo__V1__CountDerivativesRequest *request = (const void *)call->request;
    struct jk_counts_wish splits = {.group_by = request->group_by,
                                    .group_count = request->n_group_by,
                                    .first = question->page.resumed ? question->page.after : 0,
                                    .page_size = question->page.size};
    Jokbo__V1__DerivativeCount *count;
    JK_TRY(jk_count_answer(call, question, &splits, &call->arena, &count));
    *out_reply = &count->base;
    return JK_OK;
}

/* Without splits there are no pages, so the commonest question avoids computing the digest for a page token. */
static enum jk_status read_count(struct jk_call *call, struct jk_question *question)
{
    const Jokbo__V1__CountDerivativesRequest *request = (const void *)call->request;
    *question = (struct jk_question){.scope_asked = request->scope,
                                     .rule_asked = request->rule,
                                     .as_of = request->as_of,
                                     .page = {.size = JK_PAGE_DEFAULT},
                                     .min_log_size = request->min_log_size,
                                     .scoped = true,
                                     .total = true};
    JK_TRY(check_groupings(call, request, &question->walks));
    return request->n_group_by ? jk_page_read(call, &question->page) : JK_OK;
}

void jk_count_derivatives(struct jk_call *call)
{
    struct jk_question *question = jk_arena_alloc(&call->arena, sizeof *question);
    enum jk_status status = question ? read_count(call, question) : jk_out_of_memory(&call->error);
    if (status == JK_OK)
        jk_question_ask(call, question, answer_count);
    else
        jk_call_fail(call);
}

/* ---- all of them ---- */

static void tell_revisions(const struct jk_question *question, struct jk_arena *arena,
                           Jokbo__V1__ListCountsResponse *reply)
{
    for (size_t i = 0; i < reply->n_bases; i++)
        tell_revision(question, arena, reply->bases[i]);
    for (size_t i = 0; i < reply->n_teams; i++)
        tell_revision(question, arena, reply->teams[i]);
    tell_revision(question, arena, reply->all);
    reply->log_size = reply->all->log_size;
    reply->log_time = reply->all->log_time;
    reply->revision = reply->all->revision;
    reply->rulings_size = reply->all->rulings_size;
}

static enum jk_status answer_all(struct jk_call *call, struct jk_question *question, const ProtobufCMessage **out_reply)
{
    Jokbo__V1__ListCountsResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListCountsResponse, jokbo__v1__list_counts_response);
    struct jk_counts_rule rule = {.policy = &question->rule.policy, .digest = &question->rule.digest};
    struct jk_counts counts = {question->book, question->view.cube, question->book_size, &call->arena, NULL};
    struct jk_late late;
    if (!reply) return jk_out_of_memory(&call->error);
    if (question->kept) {
        late = jk_kept_late(question->kept, &question->view);
        rule.standing = question->kept->standing;
        rule.late = &late;
        counts.rule = &rule;
    }
    JK_TRY(jk_counts_all(&counts, reply, &call->error));
    tell_revisions(question, &call->arena, reply);
    *out_reply = &reply->base;
    return JK_OK;
}

void jk_list_counts(struct jk_call *call)
{
    const Jokbo__V1__ListCountsRequest *request = (const void *)call->request;
    struct jk_question *question = jk_arena_alloc(&call->arena, sizeof *question);
    if (!question) {
        (void)jk_out_of_memory(&call->error);
        jk_call_fail(call);
        return;
    }
    *question = (struct jk_question){.rule_asked = request->rule, .as_of = request->as_of, .walks = true};
    jk_question_ask(call, question, answer_all);
}
