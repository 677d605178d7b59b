/* See close.h. */
#include "closing/close.h"

/* The newest entry's time counts as much as the database's clock, which may have stepped back: no new entry can be
 * earlier than it. */
enum jk_status jk_close_moment(struct jk_store *store, struct jk_reader *reader, int64_t deadline_ms,
                               struct jk_moment *out_moment, struct jk_error *error)
{
    struct jk_view view;
    JK_TRY(jk_reader_moment(reader, out_moment, error));
    if (!jk_store_wait_size(store, (uint32_t)out_moment->size, deadline_ms))
        return jk_fail(error, JK_UNAVAILABLE, "BEHIND", "This server has not reached log size %llu yet; try again",
                       (unsigned long long)out_moment->size);
    jk_store_view(store, &view);
    int64_t newest_us = view.size > 0 ? jk_book_time(view.book, view.size - 1) : 0;
    jk_store_view_end(store);
    if (out_moment->now_us < newest_us) out_moment->now_us = newest_us;
    return JK_OK;
}

void jk_close_facts(struct jk_store *store, const struct jk_closing_witnesses *witnesses, const struct jk_stage *stage,
                    int64_t now_us, struct jk_due_facts *out_facts)
{
    struct jk_witnessed witnessed = {0};
    if (witnesses) witnesses->look(witnesses->context, stage->cutoff_us, &witnessed);
    *out_facts = (struct jk_due_facts){.cutoff_us = stage->cutoff_us,
                                       .now_us = now_us,
                                       .rested = jk_store_rested(store, stage->cutoff_us),
                                       .quorum_wanted = witnessed.quorum_wanted,
                                       .quorum = witnessed.quorum,
                                       .witnessed = witnessed.witnessed};
}

enum jk_status jk_close_plan_first(const struct jk_view *view, uint32_t stage, int64_t now_us,
                                   struct jk_close_plan *out_plan, struct jk_error *error)
{
    const struct jk_stage *facts = jk_book_stage(view->book, stage, view->size);
    char text[JK_TIME_TEXT], shown[JK_MOMENT_TEXT];
    if (now_us < facts->cutoff_us) {
        jk_time_format(facts->cutoff_us, text);
        jk_error_fact(error, "cutoff_time", "%s", text);
        jk_time_format_moment(facts->cutoff_us, shown);
        return jk_fail(error, JK_FAILED_PRECONDITION, "CUTOFF_AHEAD",
                       "The stage \"%.*s\" has its cut-off at %s; it cannot be closed before that",
                       JK_SPAN_ARG(facts->id), shown);
    }
    uint32_t n = jk_book_size_at(view->book, view->size, facts->cutoff_us);
    *out_plan = (struct jk_close_plan){.stage = stage, .revision = 1, .n = n, .m = n};
    return JK_OK;
}

enum jk_status jk_close_plan_next(const struct jk_view *view, uint32_t stage, struct jk_close_plan *out_plan,
                                  struct jk_error *error)
{
    const struct jk_closing *last = jk_book_closing(view->book, stage, 0, view->size);
    if (!last)
        return jk_fail(error, JK_FAILED_PRECONDITION, "STAGE_NOT_CLOSED",
                       "The stage is not closed yet, and its first closing takes no text; only further revisions do");
    *out_plan = (struct jk_close_plan){stage, last->revision + 1, last->n, view->size};
    return JK_OK;
}

struct jk_close_plan jk_close_plan_of(const struct jk_closing *closing)
{
    return (struct jk_close_plan){closing->stage, closing->revision, closing->n, closing->m};
}

enum jk_status jk_close_in_turn(struct jk_turn *turn, const struct jk_computed *computed, struct jk_actor actor,
                                struct jk_span text, struct jk_error *error)
{
    const struct jk_close_plan *plan = &computed->plan;
    const struct jk_report_texts *texts = &computed->texts;
    struct jk_entry entry = {.kind = JK_KIND_CLOSE,
                             .actor = actor,
                             .stage = jk_span_of(computed->stage),
                             .revision = plan->revision,
                             .n = plan->n,
                             .m = plan->m,
                             .digest = computed->policy,
                             .table = texts->table_sha256,
                             .json = texts->json_sha256,
                             .members = texts->members_sha256,
                             .left_out = texts->left_out_sha256};
    if (plan->revision == 1 && jk_book_closing(turn->book, plan->stage, 1, jk_book_size(turn->book))) return JK_OK;

    uint32_t size = jk_book_size(turn->book);
    const struct jk_stage *facts = jk_book_stage(turn->book, plan->stage, size);
    if (jk_book_closing(turn->book, plan->stage, plan->revision, size))
        return jk_fail(error, JK_ABORTED, "REVISION_EXISTS",
                       "Revision %u of the report was made in the meantime; check it, and try again", plan->revision);
    if (turn->time_us < facts->cutoff_us || jk_book_size_at(turn->book, size, facts->cutoff_us) != plan->n)
        return jk_fail(error, JK_ABORTED, "CLOCK_STEPPED",
                       "The database's clock went back past the cut-off while the report was computed; try again");

    if (text.len > 0) JK_TRY(jk_turn_text(turn, text, &entry.text, error));
    return jk_turn_append(turn, &entry, NULL, error);
}
