/* A report's page: what changed since the stage before, and who publishes most. See page.h. */
#include "report/page.h"

/* ---- the stage before ---- */

static void add_difference(const struct jk_page *page, const struct jk_summary_row *row,
                           const struct jk_summary_row *before, struct jk_text *out)
{
    jk_page_row(out);
    if (row->scope == JK_SCOPE_ALL)
        jk_page_both(out, "전체", "all");
    else
        jk_page_team(page, jk_span_of(row->name), out);
    jk_page_row_head_end(out);
    jk_page_cell(out, before->total.plain.counted);
    jk_page_cell(out, row->total.plain.counted);
    jk_text_add_str(out, "<td class=\"num\">");
    jk_page_change(out, before->total.plain.counted, row->total.plain.counted);
    jk_text_add_str(out, "</td>");
    jk_page_row_end(out);
}

/* Those in `in` that do not take part in `not_in`. Says whether there is any. */
static bool add_only_in(const struct jk_page *page, const struct jk_summary *in, const struct jk_summary *not_in,
                        const char *korean, const char *english, struct jk_text *out)
{
    bool any = false;
    for (size_t i = 0; i < in->team_count; i++) {
        if (jk_page_takes_part(not_in, in->teams[i])) continue;
        if (any) {
            jk_text_add_str(out, ", ");
        } else {
            jk_text_add_str(out, "<p>");
            jk_page_both(out, korean, english);
            jk_text_add_str(out, ": ");
        }
        jk_page_team(page, jk_span_of(in->teams[i]), out);
        any = true;
    }
    if (any) jk_text_add_str(out, "</p>\n");
    return any;
}

/* Of those that took part in both: there is nothing to compare of the others, nor a total of different teams. */
static void add_differences(const struct jk_page *page, struct jk_text *out)
{
    static const struct jk_page_title titles[] = {{"팀", "team", false},
                                                  {"이전 단계", "stage before", true},
                                                  {"이번 단계", "this stage", true},
                                                  {"변화", "change", true}};
    const struct jk_summary *summary = page->summary, *previous = page->previous;
    bool others = add_only_in(page, summary, previous, "새로 참가한 팀", "teams that joined", out);
    others = add_only_in(page, previous, summary, "참가하지 않게 된 팀", "teams that left", out) || others;
    jk_page_table(out, titles, sizeof titles / sizeof *titles);
    for (size_t i = 0; i < summary->count; i++) {
        const struct jk_summary_row *row = &summary->rows[i];
        const struct jk_summary_row *before = jk_summary_find(previous, row->scope, row->name);
        bool team = row->scope == JK_SCOPE_TEAM && jk_page_takes_part(summary, row->name) &&
                    jk_page_takes_part(previous, row->name);
        if (before && (team || (row->scope == JK_SCOPE_ALL && !others))) add_difference(page, row, before, out);
    }
    jk_page_table_end(out);
}

void jk_page_comparison(const struct jk_page *page, struct jk_text *out)
{
    const struct jk_summary *summary = page->summary, *previous = page->previous;
    jk_page_section(out, "before", "이전 단계와 비교", "Compared with the stage before");
    if (!summary->previous) {
        jk_page_paragraph(out, "이전에 마감된 단계가 없습니다.", "No stage was closed before.");
        return;
    }
    jk_text_add_str(out, "<p>");
    jk_page_both(out, "이전 단계", "the stage before");
    jk_text_add_str(out, ": ");
    jk_page_str(out, summary->previous);
    jk_text_addf(out, ", 개정 <span class=\"en\" lang=\"en\">revision</span> %u</p>\n", summary->previous_revision);
    if (!previous) {
        jk_page_paragraph(out, "그 보고서가 여기에 없어 비교하지 않았습니다.",
                          "Its report was not at hand, so nothing is compared.");
    } else if (!jk_digest_equal(&summary->policy_sha256, &previous->policy_sha256)) {
        jk_text_addf(out, "<p class=\"note\">서로 다른 정책으로 집계했으므로 수를 비교하지 않습니다: %s@%u → %s@%u. ",
                     previous->policy.name, previous->policy.version, summary->policy.name, summary->policy.version);
        jk_text_add_str(out, "<span class=\"en\" lang=\"en\">No difference is shown: the two were counted under "
                             "different policies, so it would say nothing about the teams.</span></p>\n");
    } else {
        add_differences(page, out);
    }
}

/* ---- publishers ---- */

#define PUBLISHERS_SHOWN 20

static void add_publisher(struct jk_text *out, const char *name, uint32_t counted)
{
    jk_page_row(out);
    if (name)
        jk_page_site(out, "publishers", jk_span_of(name), jk_span_of(name));
    else
        jk_page_both(out, "그 밖", "others");
    jk_page_row_head_end(out);
    jk_page_cell(out, counted);
    jk_page_row_end(out);
}

void jk_page_publishers(const struct jk_summary *summary, struct jk_text *out)
{
    static const struct jk_page_title titles[] = {{"게시자", "publisher", false}, {"집계", "counted", true}};
    const struct jk_summary_row *all = jk_summary_all(summary);
    size_t shown = all->publisher_count < PUBLISHERS_SHOWN ? all->publisher_count : PUBLISHERS_SHOWN;
    uint32_t left = all->total.plain.counted;
    jk_page_section(out, "publishers", "게시자", "Publishers with most counted");
    jk_page_table(out, titles, 2);
    for (size_t i = 0; i < shown; i++) {
        add_publisher(out, all->publishers[i].name, all->publishers[i].counted);
        left -= all->publishers[i].counted;
    }
    if (left > 0) add_publisher(out, NULL, left);
    jk_page_table_end(out);
}
