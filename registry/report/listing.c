/* See listing.h. */
#include "report/listing.h"

#include <stdlib.h>
#include <strings.h>

#include "report/report_inside.h"

/* ---- teams ---- */

void jk_report_team_names(const struct jk_report *report, struct jk_text *out)
{
    const struct jk_book *book = report->source.cut;
    for (uint32_t slot = 0; slot < jk_book_teams(book, report->source.cut_size); slot++) {
        const struct jk_team *team = jk_book_team(book, slot);
        jk_text_addf(out, "%.*s\t%.*s\t%.*s\n", JK_SPAN_ARG(team->id), JK_SPAN_ARG(team->name_ko),
                     JK_SPAN_ARG(team->name));
    }
}

/* ---- the counted ---- */

struct listed {
    struct jk_span team, base, name; /* in the book, which never moves its texts */
    uint32_t model, release;
    uint8_t relation;
};

/* Without regard to case first: a reader looks for "Solar" beside "solar". Two that differ in nothing do not exist. */
static int compare_folded(struct jk_span a, struct jk_span b)
{
    int order = strncasecmp(a.at, b.at, a.len < b.len ? a.len : b.len);
    if (order == 0 && a.len != b.len) order = a.len < b.len ? -1 : 1;
    return order != 0 ? order : jk_span_compare(a, b);
}

/* "publisher/model" by publisher, then by model: "a-b/x" comes after "a/x", although "-" sorts before "/". */
static int compare_models(struct jk_span a, struct jk_span b)
{
    struct jk_span publisher_a, publisher_b;
    (void)jk_span_cut(&a, '/', &publisher_a);
    (void)jk_span_cut(&b, '/', &publisher_b);
    int order = compare_folded(publisher_a, publisher_b);
    return order != 0 ? order : compare_folded(a, b);
}

static int compare_listed(const void *left, const void *right)
{
    const struct listed *a = left, *b = right;
    int order = jk_span_compare(a->team, b->team);
    if (order == 0) order = compare_models(a->base, b->base);
    return order != 0 ? order : compare_models(a->name, b->name);
}

static struct listed listed_of(const struct jk_report *report, const struct jk_verdict *row)
{
    const struct jk_book *book = report->source.cut;
    uint32_t n = report->source.cut_size;
    const struct jk_base_facts *base = jk_book_base(book, row->root, n);
    return (struct listed){.team = base ? jk_book_team(book, base->team)->id : JK_SPAN(""),
                           .base = jk_book_alias(book, row->root, n)->name,
                           .name = jk_book_alias(book, row->model, n)->name,
                           .model = row->model,
                           .release = row->release,
                           .relation = row->relation};
}

enum jk_status jk_report_listing(const struct jk_report *report, struct jk_text *out, struct jk_error *error)
{
    size_t all, used = 0;
    const struct jk_verdict *rows = jk_standing_rows(report->standing, &all);
    struct listed *listed = malloc((all + 1) * sizeof *listed);
    if (!listed) return jk_out_of_memory(error);
    for (size_t i = 0; i < all; i++) {
        if (i % JK_REPORT_STRIDE == 0) jk_report_breathe(report);
        if (rows[i].reasons == 0) listed[used++] = listed_of(report, &rows[i]);
    }
    jk_report_hold(report, false);
    qsort(listed, used, sizeof *listed, compare_listed);
    jk_report_hold(report, true);
    for (size_t i = 0; i < used; i++) {
        if (i % JK_REPORT_STRIDE == 0) jk_report_breathe(report);
        const struct jk_release *release = jk_book_release(report->source.cut, listed[i].release);
        char hex[JK_DIGEST_HEX + 1];
        jk_digest_hex(&release->hash, hex);
        jk_text_addf(out, "%.*s\t%.*s\t%.*s\t%.*s\t%s\t%u\t%s\n", JK_SPAN_ARG(listed[i].team),
                     JK_SPAN_ARG(listed[i].base), JK_SPAN_ARG(listed[i].name), JK_SPAN_ARG(release->version),
                     jk_relation_text((enum jk_relation)listed[i].relation),
                     jk_book_model(report->source.cut, listed[i].model)->index, hex);
    }
    free(listed);
    return out->failed ? jk_out_of_memory(error) : JK_OK;
}
