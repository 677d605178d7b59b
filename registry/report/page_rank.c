/* The order of teams and base models on a report's page. See page.h. */
#include "report/page.h"

#include <stdlib.h>

static int compare_rows(const void *left, const void *right)
{
    const struct jk_summary_row *a = *(const struct jk_summary_row *const *)left;
    const struct jk_summary_row *b = *(const struct jk_summary_row *const *)right;
    uint32_t counted_a = a->total.plain.counted, counted_b = b->total.plain.counted;
    if (counted_a != counted_b) return counted_a > counted_b ? -1 : 1;
    if (a->total.plain.registered != b->total.plain.registered)
        return a->total.plain.registered > b->total.plain.registered ? -1 : 1;
    return strcmp(a->name, b->name);
}

struct jk_page_ranking jk_page_rank(const struct jk_summary *summary, enum jk_scope_type scope, struct jk_text *out)
{
    struct jk_page_ranking ranking = {calloc(summary->count, sizeof *ranking.rows), 0};
    if (!ranking.rows) out->failed = true;
    for (size_t i = 0; ranking.rows && i < summary->count; i++)
        if (summary->rows[i].scope == scope && jk_page_takes_part(summary, summary->rows[i].team))
            ranking.rows[ranking.count++] = &summary->rows[i];
    if (ranking.rows) qsort(ranking.rows, ranking.count, sizeof *ranking.rows, compare_rows);
    return ranking;
}
