/* See question.h. */
#include "service/evaluate/question.h"

#include "reply/asked.h"
#include "service/call/dispatch.h"
#include "service/call/entries.h"

/* ---- finding, in a view ---- */

/* A report has no row for anything newer. */
static enum jk_status check_in_report(struct jk_call *call, const struct jk_question *question)
{
    const struct jk_scope *scope = &question->scope;
    bool base = scope->type == JK_SCOPE_BASE;
    if (!question->revision || !question->scoped || scope->type == JK_SCOPE_ALL) return JK_OK;
    if (base && jk_book_model(question->view.book, scope->slot)->index < question->size) return JK_OK;
    if (!base && scope->slot < jk_book_teams(question->view.book, question->m)) return JK_OK;
    return jk_fail(&call->error, JK_NOT_FOUND, "NOT_IN_REPORT",
                   "Revision %u of the stage's report has no row for it: the log knew no such %s at its cut-off",
                   question->revision, base ? "model" : "team");
}

/* A closed stage is counted as a revision of its report, with the report's sizes. */
static enum jk_status find_rule(struct jk_call *call, struct jk_question *question, uint32_t page_size)
{
    const struct jk_closing *closing;
    JK_TRY(jk_count_rule_closing(call, &question->view, question->rule_asked, question->as_of, page_size, &closing));
    if (closing) {
        question->size = closing->n;
        question->m = closing->m;
        question->revision = closing->revision;
    }
    JK_TRY(jk_count_rule_find(call, &question->view, question->rule_asked, question->size, &question->rule));
    if (question->m > question->size) question->rule.m = question->m;
    return check_in_report(call, question);
}

static enum jk_status find_question(struct jk_call *call, struct jk_question *question)
{
    const struct jk_view *view = &question->view;
    struct jk_error *error = &call->error;
    uint32_t page_size = question->page.resumed ? jk_page_log_size_at(&question->page, view->size) : 0;
    question->m = question->revision = 0;
    if (question->scoped)
        JK_TRY(jk_asked_scope(view->book, view->size, question->scope_asked, &question->scope, error));
    JK_TRY(jk_asked_size(view->book, view->size, question->as_of, &question->size, &question->open_us, error));
    if (page_size) question->size = page_size;
    if (question->settled) question->open_us = JK_TIME_NONE;
    if (question->rule_asked) JK_TRY(find_rule(call, question, page_size));
    question->present = !question->as_of && !question->page.resumed && !question->revision;
    question->book = view->book;
    question->book_size = question->size;
    return JK_OK;
}

/* The view is held from then on, where this succeeds. */
static enum jk_status look_at_log(struct jk_call *call, struct jk_question *question)
{
    jk_store_view(jk_store_of(call), &question->view);
    enum jk_status status = find_question(call, question);
    if (status != JK_OK) jk_store_view_end(jk_store_of(call));
    return status;
}

/* ---- what it is answered from ---- */

/* A rule takes effect with an entry: anything cached before that does not reflect it. */
static uint32_t least_size(const struct jk_question *question)
{
    int64_t least = (int64_t)question->rule.from + 1;
    return question->min_log_size > least ? (uint32_t)question->min_log_size : (uint32_t)least;
}

/* In the view: whether memory has everything for the answer, that is, the present total, at whatever size the counters
 * are; nothing here takes longer with a larger book. */
static bool is_at_hand(struct jk_call *call, struct jk_question *question)
{
    if (!question->total || question->walks || question->open_us != JK_TIME_NONE) return false;
    if (!question->rule_asked) return question->size == jk_cube_size(question->view.cube);
    if (!question->present) return false;
    question->totals = jk_standings_totals(jk_services_of(call)->standings, &question->rule, question->view.size,
                                           least_size(question));
    if (question->totals) question->size = question->book_size = question->totals->size;
    return question->totals != NULL;
}

/* On a reader thread, without a view. */
static enum jk_status make_standing_of(struct jk_call *call, struct jk_question *question)
{
    if (question->present && question->total) {
        JK_TRY(jk_standings_renew(call, &question->rule, least_size(question), &question->totals));
        question->size = question->totals->size;
        if (!question->walks) return JK_OK;
    }
    return jk_standings_at(call, &question->rule, question->size, &question->kept);
}

static void release_sources(struct jk_question *question)
{
    jk_kept_totals_release(question->totals);
    jk_kept_standing_release(question->kept);
    question->totals = NULL;
    question->kept = NULL;
}

/* Makes what is missing for a rule. The view is held before, and after success. */
static enum jk_status bring_sources(struct jk_call *call, struct jk_question *question)
{
    if (!question->rule_asked) return JK_OK;
    jk_store_view_end(jk_store_of(call));
    enum jk_status status = make_standing_of(call, question);
    if (status != JK_OK) {
        release_sources(question);
        return status;
    }
    jk_store_view(jk_store_of(call), &question->view);
    question->book = question->kept ? jk_kept_book(question->kept, &question->view) : question->view.book;
    question->book_size = question->kept ? jk_kept_book_size(question->kept) : question->size;
    return JK_OK;
}

/* ---- the way ---- */

enum jk_status jk_question_open(struct jk_call *call, struct jk_question *question)
{
    JK_TRY(look_at_log(call, question));
    return is_at_hand(call, question) ? JK_OK : bring_sources(call, question);
}

void jk_question_close(struct jk_call *call, struct jk_question *question)
{
    jk_store_view_end(jk_store_of(call));
    release_sources(question);
}

static void answer_question(struct jk_call *call, struct jk_question *question)
{
    const ProtobufCMessage *reply = NULL;
    enum jk_status status = question->answer(call, question, &reply);
    jk_question_close(call, question);
    jk_call_answer(call, status, reply);
}

static void take_up(struct jk_call *call);

/* On a reader thread, without a view: finds out how many entries the database has before the requested time. It has all
 * of them, with no batch still open; if this server does not yet, the call continues once it does. */
static void settle_time(struct jk_call *call, struct jk_question *question)
{
    struct jk_moment moment;
    enum jk_status status = jk_reader_moment(call->reader, &moment, &call->error);
    if (status == JK_OK && question->open_us > moment.now_us) {
        char text[JK_MOMENT_TEXT];
        jk_time_format_moment(moment.now_us, text);
        jk_error_field(&call->error, "as_of.time", "is in the future: it is %s now", text);
        status = jk_error_result(&call->error);
    }
    question->settled = true;
    if (status != JK_OK)
        jk_call_fail(call);
    else if (moment.size > jk_size_now(jk_store_of(call)))
        jk_call_await(call, (uint32_t)moment.size, take_up);
    else
        take_up(call);
}

/* On any thread, and again on a reader's. */
static void take_up(struct jk_call *call)
{
    struct jk_question *question = call->state;
    if (look_at_log(call, question) != JK_OK) {
        jk_call_fail(call);
    } else if (is_at_hand(call, question)) {
        answer_question(call, question);
    } else if (!call->reader || question->open_us != JK_TIME_NONE) {
        jk_store_view_end(jk_store_of(call));
        if (call->reader)
            settle_time(call, question);
        else
            jk_call_on_reader(call, take_up);
    } else if (bring_sources(call, question) == JK_OK) {
        answer_question(call, question);
    } else {
        jk_call_fail(call);
    }
}

void jk_question_ask(struct jk_call *call, struct jk_question *question, jk_answer_fn *answer)
{
    question->answer = answer;
    call->state = question;
    take_up(call);
}

/* ---- in an answer ---- */

void jk_question_pause(struct jk_call *call, struct jk_question *question)
{
    jk_store_view_end(jk_store_of(call));
    jk_store_view(jk_store_of(call), &question->view);
}

/* The pages of a revision are identified by its second size (count_rule.h). */
char *jk_question_token(struct jk_call *call, const struct jk_question *question, uint64_t after)
{
    return jk_page_token(call, &question->page, question->revision ? question->m : question->size, after);
}
