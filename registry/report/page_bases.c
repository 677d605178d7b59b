/* Base models on a report's page: those of which any counts by the number, and the others with what keeps most of
 * theirs from counting. See page.h. */
#include "report/page.h"

#include <stdlib.h>

#define BASES_SHOWN 30 /* in each of the two tables */

static void add_base_name(const struct jk_page *page, const struct jk_summary_row *row, struct jk_text *out)
{
    jk_page_row(out);
    jk_page_site(out, "bases", jk_span_of(row->name), jk_span_of(row->name));
    jk_text_add_str(out, " <small class=\"of\">");
    jk_page_team_short(page, jk_span_of(row->team), out);
    jk_text_add_str(out, "</small>");
}

static void add_more_bases(struct jk_text *out, size_t count)
{
    if (count <= BASES_SHOWN) return;
    jk_text_add_str(out, "<p class=\"more\">… ");
    jk_page_number(out, count - BASES_SHOWN);
    jk_text_add_str(out, "개 더 <span class=\"en\" lang=\"en\">more</span>: ");
    jk_page_link(out, "report.csv");
    jk_text_add_str(out, "</p>\n");
}

static void add_counting(const struct jk_page *page, const struct jk_summary_row *const *rows, size_t count,
                         struct jk_text *out)
{
    bool waits = jk_summary_all(page->summary)->total.pending > 0;
    if (count == 0) {
        jk_page_paragraph(out, "집계된 파생 모델이 없습니다.", "None is counted.");
        return;
    }
    jk_page_numbers_table("기반 모델과 팀", "base model and team", waits, out);
    for (size_t i = 0; i < count && i < BASES_SHOWN; i++) {
        add_base_name(page, rows[i], out);
        jk_page_row_head_end(out);
        jk_page_numbers(&rows[i]->total, waits, out);
        jk_page_row_end(out);
    }
    jk_page_table_end(out);
    add_more_bases(out, count);
}

static enum jk_reason main_reason(const struct jk_policy_total *total)
{
    int most = 0;
    for (int i = 1; i < JK_REASON_COUNT; i++)
        if (total->left_out[i] > total->left_out[most]) most = i;
    return (enum jk_reason)most;
}

static void add_not_counting(const struct jk_page *page, const struct jk_summary_row *const *rows, size_t count,
                             struct jk_text *out)
{
    static const struct jk_page_title titles[] = {
        {"기반 모델과 팀, 가장 많은 제외 사유", "base model and team, most frequent reason", false},
        {"등록", "registered", true}};
    if (count == 0) return;
    jk_page_heading(out, "집계된 파생 모델이 없는 기반 모델", "Base models of which no derivative counts");
    jk_page_table(out, titles, sizeof titles / sizeof *titles);
    for (size_t i = 0; i < count && i < BASES_SHOWN; i++) {
        enum jk_reason reason = main_reason(&rows[i]->total);
        add_base_name(page, rows[i], out);
        jk_text_add_str(out, "<small>");
        jk_page_both(out, jk_reason_korean(reason), jk_reason_english(reason));
        jk_text_add_str(out, "</small>");
        jk_page_row_head_end(out);
        jk_page_cell(out, rows[i]->total.plain.registered);
        jk_page_row_end(out);
    }
    jk_page_table_end(out);
    add_more_bases(out, count);
}

static void add_empty(struct jk_text *out, size_t count)
{
    if (count == 0) return;
    jk_text_addf(
        out,
        "<p>아직 파생 모델이 등록되지 않은 참가 팀의 기반 모델: %zu개 <span class=\"en\" lang=\"en\">base models "
        "of teams that take part, without a derivative so far: %zu</span></p>\n",
        count, count);
}

void jk_page_bases(const struct jk_page *page, struct jk_text *out)
{
    struct jk_page_ranking ranking = jk_page_rank(page->summary, JK_SCOPE_BASE, out);
    size_t counting = 0, registered = 0;
    while (counting < ranking.count && ranking.rows[counting]->total.plain.counted > 0)
        counting++;
    registered = counting;
    while (registered < ranking.count && ranking.rows[registered]->total.plain.registered > 0)
        registered++;
    jk_page_section(out, "bases", "기반 모델별 결과", "Result by base model");
    add_counting(page, ranking.rows, counting, out);
    add_not_counting(page, ranking.rows + counting, registered - counting, out);
    add_empty(out, ranking.count - registered);
    free(ranking.rows);
}
