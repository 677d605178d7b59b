/* Teams on a report's page: those that take part by the number counted, the others apart. See page.h. */
#include "report/page.h"

#include <stdlib.h>

/* In a row of its own below the team's numbers: on a phone it needs the whole width. */
static void add_facts(const struct jk_total *plain, size_t columns, struct jk_text *out)
{
    static const char *const words[] = {"직접 <span class=\"en\" lang=\"en\">direct</span>",
                                        "간접 <span class=\"en\" lang=\"en\">through others</span>",
                                        "독립 게시 <span class=\"en\" lang=\"en\">independent</span>",
                                        "라이선스 적합 <span class=\"en\" lang=\"en\">licence clean</span>",
                                        "게시자 <span class=\"en\" lang=\"en\">publishers</span>",
                                        "서로 다른 가중치 <span class=\"en\" lang=\"en\">distinct weights</span>"};
    const uint32_t numbers[] = {plain->direct,        plain->transitive,          plain->independent,
                                plain->license_clean, plain->distinct_publishers, plain->distinct_weights};
    const char *mark = "";
    if (plain->counted == 0) return;
    jk_text_addf(out, "<tr class=\"facts\"><td colspan=\"%zu\"><small>", columns);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (numbers[i] == 0) continue;
        jk_text_addf(out, "%s<span class=\"fact\">%s ", mark, words[i]);
        jk_page_number(out, numbers[i]);
        jk_text_add_str(out, "</span>");
        mark = " · ";
    }
    jk_text_add_str(out, "</small></td></tr>\n");
}

static void add_team_row(const struct jk_page *page, const struct jk_summary_row *row, bool waits, struct jk_text *out)
{
    jk_page_row(out);
    if (row->scope == JK_SCOPE_ALL)
        jk_page_both(out, "전체", "all");
    else
        jk_page_team(page, jk_span_of(row->name), out);
    jk_page_row_head_end(out);
    jk_page_numbers(&row->total, waits, out);
    jk_page_row_end(out);
    add_facts(&row->total.plain, waits ? 5 : 4, out);
}

/* A team that does not take part has no result: it is told by what was registered, and where nothing was, by name. */
static void add_apart(const struct jk_page *page, struct jk_text *out)
{
    const struct jk_summary *summary = page->summary;
    bool any = false;
    for (size_t i = 0; i < summary->count; i++) {
        const struct jk_summary_row *row = &summary->rows[i];
        if (row->scope != JK_SCOPE_TEAM || jk_page_takes_part(summary, row->name)) continue;
        if (!any) {
            jk_page_heading(out, "이 단계에 참가하지 않는 팀", "Teams that do not take part in this stage");
            jk_text_add_str(out, "<p>");
            jk_page_both(
                out, "집계 대상이 아니므로 결과가 없습니다. 등록된 파생 모델의 수만 적습니다.",
                "They are not counted here, so they have no result: only how many derivatives are registered.");
            jk_text_add_str(out, "</p>\n<ul class=\"apart\">\n");
        }
        any = true;
        jk_text_add_str(out, "<li>");
        jk_page_team(page, jk_span_of(row->name), out);
        if (row->total.plain.registered > 0) {
            jk_text_add_str(out, ": ");
            jk_page_number(out, row->total.plain.registered);
        }
        jk_text_add_str(out, "</li>\n");
    }
    if (any) jk_text_add_str(out, "</ul>\n");
}

void jk_page_teams(const struct jk_page *page, struct jk_text *out)
{
    const struct jk_summary_row *all = jk_summary_all(page->summary);
    struct jk_page_ranking ranking = jk_page_rank(page->summary, JK_SCOPE_TEAM, out);
    bool waits = all->total.pending > 0;
    jk_page_section(out, "teams", "팀별 결과", "Result by team");
    jk_page_bars(page, ranking.rows, ranking.count, out);
    jk_page_numbers_table("팀", "team", waits, out);
    for (size_t i = 0; i < ranking.count; i++)
        add_team_row(page, ranking.rows[i], waits, out);
    add_team_row(page, all, waits, out);
    jk_page_table_end(out);
    jk_page_paragraph(
        out,
        "여러 팀의 기반 모델에서 나온 파생 모델은 팀마다 집계하고 전체에서는 한 번만 집계하므로, 팀별 수의 "
        "합이 전체와 다를 수 있습니다.",
        "A derivative of several teams' bases counts for each of them and once in all: rows need not add "
        "up.");
    add_apart(page, out);
    free(ranking.rows);
}
