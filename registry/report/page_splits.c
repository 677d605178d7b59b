/* Why derivatives are left out, and what is counted, on a report's page: a row for each word that has a number, with
 * the teams that have a part of it. See page.h. */
#include "report/page.h"

#include <stddef.h>
#include <stdio.h>

#define TEAMS_NAMED 8

/* A number of a row: where in a total it stands. */
static uint32_t value_at(const struct jk_summary_row *row, size_t at)
{
    uint32_t value;
    memcpy(&value, (const char *)&row->total + at, sizeof value);
    return value;
}

#define AT(member, i) (offsetof(struct jk_policy_total, member) + (size_t)(i) * sizeof(uint32_t))

/* "Upstage 12 · SK Telecom 3": of those that take part. */
static void add_parts(const struct jk_page *page, size_t at, struct jk_text *out)
{
    const struct jk_summary *summary = page->summary;
    size_t named = 0, more = 0;
    for (size_t i = 0; i < summary->count; i++) {
        const struct jk_summary_row *row = &summary->rows[i];
        if (row->scope != JK_SCOPE_TEAM || value_at(row, at) == 0 || !jk_page_takes_part(summary, row->name)) continue;
        if (named == TEAMS_NAMED) {
            more++;
            continue;
        }
        jk_text_add_str(out, named++ == 0 ? "<small>" : " · ");
        jk_page_team_short(page, jk_span_of(row->name), out);
        jk_text_add_char(out, ' ');
        jk_page_number(out, value_at(row, at));
    }
    if (more > 0) jk_text_addf(out, " · +%zu", more);
    if (named > 0) jk_text_add_str(out, "</small>");
}

/* Nothing for a number that is 0. */
static void add_split(const struct jk_page *page, const char *korean, const char *english, size_t at,
                      struct jk_text *out)
{
    uint32_t number = value_at(jk_summary_all(page->summary), at);
    if (number == 0) return;
    jk_page_row(out);
    jk_page_both(out, korean, english);
    add_parts(page, at, out);
    jk_page_row_head_end(out);
    jk_page_cell(out, number);
    jk_page_row_end(out);
}

static void begin_split(struct jk_text *out, const char *korean, const char *english, const char *number,
                        const char *number_english)
{
    const struct jk_page_title titles[] = {{korean, english, false}, {number, number_english, true}};
    jk_page_table(out, titles, 2);
}

/* ---- reasons ---- */

void jk_page_reasons(const struct jk_page *page, struct jk_text *out)
{
    const struct jk_summary *summary = page->summary;
    const struct jk_policy_total *all = &jk_summary_all(summary)->total;
    jk_page_section(out, "reasons", "제외 사유", "Why derivatives are left out");
    if (jk_page_left_out(all) == 0) {
        jk_page_paragraph(out, "제외된 파생 모델이 없습니다.", "None is left out.");
        return;
    }
    jk_page_paragraph(
        out,
        "여러 사유에 해당하면 정책의 순서에서 먼저 나오는 사유 하나에만 셉니다. 아래의 작은 글자는 참가 팀별 "
        "수입니다.",
        "One with several reasons is told once, under the first in the policy's order. Small: by team.");
    begin_split(out, "사유", "reason", "제외", "left out");
    for (int i = 0; i < JK_REASON_COUNT; i++)
        add_split(page, jk_reason_korean((enum jk_reason)i), jk_reason_english((enum jk_reason)i), AT(left_out, i),
                  out);
    jk_page_table_end(out);
}

/* ---- what is counted ---- */

void jk_page_splits(const struct jk_page *page, struct jk_text *out)
{
    jk_page_section(out, "kinds", "집계된 파생 모델의 구성", "What is counted: relation, licence, depth");
    if (jk_summary_all(page->summary)->total.plain.counted == 0) {
        jk_page_paragraph(out, "집계된 파생 모델이 없습니다.", "None is counted.");
        return;
    }
    begin_split(out, "부모와의 관계", "relation to the parent", "집계", "counted");
    for (int i = JK_RELATION_FINETUNE; i < JK_RELATION_COUNT; i++)
        add_split(page, jk_page_relation((enum jk_relation)i), jk_relation_text((enum jk_relation)i),
                  AT(plain.by_relation, i), out);
    jk_page_table_end(out);
    static const char *const classes[JK_LICENSE_CLASSES] = {"개방", "조건부", "비상업", "변경 금지", "알 수 없음"};
    begin_split(out, "라이선스 분류", "licence class", "집계", "counted");
    for (int i = 0; i < JK_LICENSE_CLASSES; i++)
        add_split(page, classes[i], jk_license_class_text((enum jk_license_class)i), AT(plain.by_license_class, i),
                  out);
    jk_page_table_end(out);
    begin_split(out, "기반 모델까지의 단계", "steps to the base model", "집계", "counted");
    for (int i = 1; i <= JK_COUNT_DEPTHS; i++) {
        char korean[32], english[32];
        bool last = i == JK_COUNT_DEPTHS;
        snprintf(korean, sizeof korean, last ? "%d단계 이상" : "%d단계", i);
        snprintf(english, sizeof english, last ? "%d or more" : i == 1 ? "%d: direct" : "%d", i);
        add_split(page, korean, english, AT(plain.by_depth, i), out);
    }
    jk_page_table_end(out);
}
