/* Growth by month on a report's page, as inline SVG with sizes in pixels and percents: see page_bars.c. */
#include "report/page.h"

#include <stdlib.h>

#include "base/clock.h"

#define MONTHS_MAX 60
#define GRIDS      2
#define TOP        24u
#define BOTTOM     170u
#define TEAMS_MAX  6
#define LABELS     4

struct growth {
    const struct jk_total *total;
    unsigned first, last; /* months drawn */
    uint32_t before;      /* counted before the first */
};

static bool find_months(const struct jk_total *total, struct growth *out_growth)
{
    *out_growth = (struct growth){.total = total, .first = JK_COUNT_MONTHS};
    for (unsigned month = 0; month < JK_COUNT_MONTHS; month++) {
        if (total->by_month[month] == 0) continue;
        if (out_growth->first == JK_COUNT_MONTHS) out_growth->first = month;
        out_growth->last = month;
    }
    if (out_growth->first == JK_COUNT_MONTHS) return false;
    if (out_growth->last - out_growth->first >= MONTHS_MAX) out_growth->first = out_growth->last - MONTHS_MAX + 1;
    for (unsigned month = 0; month < out_growth->first; month++)
        out_growth->before += total->by_month[month];
    return true;
}

/* Quarters of a month to the right of its beginning. */
static void add_x(const struct growth *growth, const char *attribute, unsigned month, unsigned quarters,
                  struct jk_text *out)
{
    unsigned months = growth->last - growth->first + 1;
    unsigned share = (4 * (month - growth->first) + quarters) * 2500u / months;
    jk_text_addf(out, " %s=\"%u.%02u%%\"", attribute, share / 100, share % 100);
}

static unsigned y_of(const struct growth *growth, uint64_t value)
{
    return BOTTOM - (unsigned)(value * (BOTTOM - TOP) / growth->total->counted);
}

static void add_grid(const struct growth *growth, struct jk_text *out)
{
    for (unsigned i = 0; i <= GRIDS; i++) {
        uint64_t value = (uint64_t)growth->total->counted * i / GRIDS;
        unsigned y = y_of(growth, value);
        jk_text_addf(out, "<line class=\"grid\" x1=\"0\" x2=\"100%%\" y1=\"%u\" y2=\"%u\"/>", y, y);
        if (i == 0) continue;
        jk_text_addf(out, "<text x=\"0\" y=\"%u\">", y - 4);
        jk_page_number(out, value);
        jk_text_add_str(out, "</text>\n");
    }
}

static void add_months(const struct growth *growth, struct jk_text *out)
{
    unsigned count = growth->last - growth->first + 1, each = (count + LABELS - 1) / LABELS;
    for (unsigned month = growth->first; month <= growth->last; month++) {
        unsigned y = y_of(growth, growth->total->by_month[month]);
        char text[8];
        if (growth->total->by_month[month] > 0) {
            jk_text_add_str(out, "<rect class=\"month\"");
            add_x(growth, "x", month, 1, out);
            unsigned width = 2 * 2500u / count;
            jk_text_addf(out, " y=\"%u\" width=\"%u.%02u%%\" height=\"%u\"/>", y, width / 100, width % 100, BOTTOM - y);
        }
        if ((month - growth->first) % each != 0) continue;
        jk_month_format(month, text);
        jk_text_add_str(out, "<text");
        add_x(growth, "x", month, count < LABELS ? 1 : 0, out);
        jk_text_addf(out, " y=\"%u\">%s</text>\n", BOTTOM + 18, text);
    }
}

/* The sum so far; of one month it is a point. */
static void add_sum(const struct growth *growth, struct jk_text *out)
{
    uint32_t sum = growth->before;
    for (unsigned month = growth->first; month <= growth->last; month++) {
        unsigned from = y_of(growth, sum), to = y_of(growth, sum += growth->total->by_month[month]);
        if (month > growth->first) {
            jk_text_add_str(out, "<line class=\"sum\"");
            add_x(growth, "x1", month - 1, 2, out);
            add_x(growth, "x2", month, 2, out);
            jk_text_addf(out, " y1=\"%u\" y2=\"%u\"/>", from, to);
        }
        jk_text_add_str(out, "<circle class=\"dot\"");
        add_x(growth, "cx", month, 2, out);
        jk_text_addf(out, " cy=\"%u\" r=\"3\"/>", to);
    }
}

static void add_growth_label(const struct growth *growth, struct jk_text *out)
{
    char first[8], last[8];
    jk_month_format(growth->first, first);
    jk_month_format(growth->last, last);
    jk_text_addf(out, " role=\"img\" aria-label=\"%s – %s: ", first, last);
    jk_page_number(out, growth->before);
    jk_text_add_str(out, " → ");
    jk_page_number(out, growth->total->counted);
    jk_text_add_str(out, "\"");
}

static void add_growth(const struct jk_page *page, const struct jk_summary_row *row, struct jk_text *out)
{
    struct growth growth;
    if (!find_months(&row->total.plain, &growth)) return;
    jk_text_add_str(out, "<figure><figcaption><span>");
    if (row->scope == JK_SCOPE_ALL)
        jk_page_both(out, "전체", "all");
    else
        jk_page_team(page, jk_span_of(row->name), out);
    jk_text_add_str(out, "</span> <b>");
    jk_page_number(out, growth.total->counted);
    jk_text_add_str(out, "</b></figcaption><svg width=\"100%\" height=\"194\"");
    add_growth_label(&growth, out);
    jk_text_add_str(out, ">");
    add_grid(&growth, out);
    add_months(&growth, out);
    add_sum(&growth, out);
    jk_text_add_str(out, "</svg></figure>\n");
}

void jk_page_growth(const struct jk_page *page, struct jk_text *out)
{
    const struct jk_summary *summary = page->summary;
    jk_page_section(out, "growth", "월별 증가", "Growth by month");
    if (jk_summary_all(summary)->total.plain.counted == 0) {
        jk_page_paragraph(out, "집계된 파생 모델이 없습니다.", "None is counted.");
        return;
    }
    jk_page_paragraph(out, "막대는 그 달에 등록된 집계 대상, 선은 누계입니다(UTC+09:00).",
                      "Bars: counted derivatives registered in the month. Line: their sum so far.");
    jk_text_add_str(out, "<div class=\"grid\">\n");
    add_growth(page, jk_summary_all(summary), out);
    struct jk_page_ranking ranking = jk_page_rank(summary, JK_SCOPE_TEAM, out);
    for (size_t i = 0; i < ranking.count && i < TEAMS_MAX; i++)
        add_growth(page, ranking.rows[i], out);
    free(ranking.rows);
    jk_text_add_str(out, "</div>\n");
}
