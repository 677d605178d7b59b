/* See compute.h. */
#include "closing/compute.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "book/stage.h"
#include "closing/cut.h"
#include "report/certificate.h"
#include "report/subject.h"

#define ARENA (1u << 20)

struct computing {
    struct jk_store *store;
    struct jk_computed *out;
    struct jk_book *cut; /* NULL: the book in memory is the state of the cut-off */
    struct jk_arena arena;
    struct jk_view view;
};

/* Lets writers in between strides: everything is asked at sizes that no longer change. */
static void hold(void *context, bool held)
{
    struct computing *computing = context;
    if (held)
        jk_store_view(computing->store, &computing->view);
    else
        jk_store_view_end(computing->store);
}

static enum jk_status describe_stage(struct computing *computing, const struct jk_view *view,
                                     struct jk_report_stage *out_stage, struct jk_error *error)
{
    const struct jk_close_plan *plan = &computing->out->plan;
    struct jk_digest root_n, root_m;
    JK_CHECK(plan->m <= view->size && jk_merkle_root_at(jk_forest_read, view->forest, plan->n, &root_n) &&
             jk_merkle_root_at(jk_forest_read, view->forest, plan->m, &root_m));
    JK_TRY(jk_report_stage_of(view->book, plan->stage, plan->revision, plan->n, plan->m, &root_n, &root_m,
                              &computing->arena, out_stage, error));
    JK_CHECK(out_stage->id.len < JK_STAGE_ID);
    memcpy(computing->out->stage, out_stage->id.at, out_stage->id.len);
    computing->out->policy = jk_book_stage(view->book, plan->stage, plan->n)->policy;
    return JK_OK;
}

static enum jk_status write_report(const struct jk_report *report, struct jk_computed *out, struct jk_error *error)
{
    JK_TRY(jk_report_texts_make(report, &out->texts, error));
    struct jk_certificate certificate = jk_certificate_of(report, &out->texts);
    jk_certificate_text(&certificate, &out->certificate);
    if (!out->certificate.failed) return JK_OK;
    return jk_out_of_memory(error);
}

static enum jk_status compute(struct computing *computing, struct jk_reader *reader, int64_t deadline_ms,
                              struct jk_error *error)
{
    const struct jk_close_plan *plan = &computing->out->plan;
    if (plan->n < plan->m) JK_TRY(jk_cut_fold(computing->store, reader, plan, deadline_ms, &computing->cut, error));

    struct jk_report *report = NULL;
    struct jk_report_stage stage;
    jk_store_view(computing->store, &computing->view);
    const struct jk_book *book = computing->view.book;
    struct jk_report_source source = {
        .cut = book, .cut_size = plan->n, .full = book, .hold = hold, .hold_context = computing};
    if (computing->cut) {
        source.cut = computing->cut;
        source.cut_size = jk_book_size(computing->cut);
    }
    enum jk_status status = describe_stage(computing, &computing->view, &stage, error);
    if (status == JK_OK) status = jk_report_make(&stage, &source, &report, error);
    if (status == JK_OK) status = write_report(report, computing->out, error);
    jk_report_free(report);
    jk_store_view_end(computing->store);
    return status;
}

enum jk_status jk_compute(struct jk_store *store, struct jk_reader *reader, const struct jk_close_plan *plan,
                          int64_t deadline_ms, struct jk_computed **out_computed, struct jk_error *error)
{
    struct computing computing = {.store = store, .out = calloc(1, sizeof *computing.out)};
    int64_t began_us = jk_monotonic_us();
    if (!computing.out) return jk_out_of_memory(error);
    atomic_init(&computing.out->holders, 1);
    computing.out->plan = *plan;
    jk_arena_init(&computing.arena, ARENA);
    enum jk_status status = compute(&computing, reader, deadline_ms, error);
    jk_arena_done(&computing.arena);
    jk_book_free(computing.cut);
    jk_metrics_observe(JK_METRIC_REPORT_SECONDS, 0, (uint64_t)(jk_monotonic_us() - began_us));
    if (status == JK_OK)
        *out_computed = computing.out;
    else
        jk_computed_release(computing.out);
    return status;
}

void jk_computed_release(struct jk_computed *computed)
{
    if (!computed || atomic_fetch_sub(&computed->holders, 1) > 1) return;
    jk_report_texts_free(&computed->texts);
    jk_text_done(&computed->certificate);
    free(computed);
}
