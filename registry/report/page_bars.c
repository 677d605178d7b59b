/* Bars of a report's page, as inline SVG: what counts for each team, by relation. Relations differ by pattern, so that
 * a black-and-white print says as much. Widths are percents in integers only: the same bytes on every machine, and
 * nothing in a picture shrinks on a phone. See page.h. */
#include "report/page.h"

#define BARS_SHOWN 16
#define PER_CENT   100u /* hundredths */

_Static_assert(JK_RELATION_COUNT == 9, "each relation has a pattern of its own");

const char *jk_page_relation(enum jk_relation relation)
{
    static const char *const words[JK_RELATION_COUNT] = {"",     "미세조정", "어댑터",   "양자화", "병합",
                                                         "증류", "변환",     "가지치기", "초안"};
    return words[relation];
}

/* `id`: of the picture. Each brings the patterns that it uses: it is whole wherever it is taken to. */
static void add_pattern(struct jk_text *out, size_t id, int relation)
{
    static const char *const grounds[JK_RELATION_COUNT] = {"",        "#1f5fae", "#f0b95b", "#cfe0f2", "#8cc9a1",
                                                           "#e9c3e2", "#d9d9d9", "#f3b3a6", "#fff3b8"};
    static const char *const strokes[JK_RELATION_COUNT] = {
        "", "M0 0", "M0 8L8 0", "M4 0V8", "M0 4H8", "M0 0L8 8", "M3 4H5", "M0 4H8M4 0V8", "M0 8L4 0L8 8"};
    jk_text_addf(out,
                 "<pattern id=\"p%zu-%d\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\"><path d=\"M0 "
                 "0H8V8H0Z\" fill=\"%s\"/><path d=\"%s\" stroke=\"#333\" stroke-width=\"1\" fill=\"none\"/></pattern>",
                 id, relation, grounds[relation], strokes[relation]);
}

/* Hundredths of a percent. */
static void add_percent(struct jk_text *out, const char *attribute, uint64_t value, uint64_t most)
{
    uint64_t share = value * 100 * PER_CENT / most;
    jk_text_addf(out, " %s=\"%u.%02u%%\"", attribute, (unsigned)(share / PER_CENT), (unsigned)(share % PER_CENT));
}

static void add_bar_label(const struct jk_page *page, const struct jk_summary_row *row, struct jk_text *out)
{
    const struct jk_total *plain = &row->total.plain;
    jk_text_add_str(out, " role=\"img\" aria-label=\"");
    jk_page_team_short(page, jk_span_of(row->name), out);
    jk_text_add_str(out, ": ");
    jk_page_number(out, plain->counted);
    for (int i = JK_RELATION_FINETUNE; i < JK_RELATION_COUNT; i++) {
        if (plain->by_relation[i] == 0) continue;
        jk_text_addf(out, ", %s %s ", jk_page_relation((enum jk_relation)i), jk_relation_text((enum jk_relation)i));
        jk_page_number(out, plain->by_relation[i]);
    }
    jk_text_add_str(out, "\"");
}

static void add_bar(const struct jk_page *page, const struct jk_summary_row *row, size_t id, uint32_t most,
                    struct jk_text *out)
{
    const struct jk_total *plain = &row->total.plain;
    uint64_t from = 0;
    jk_text_add_str(out, "<figure class=\"bar\"><figcaption><span>");
    jk_page_team(page, jk_span_of(row->name), out);
    jk_text_add_str(out, "</span> <b>");
    jk_page_number(out, plain->counted);
    jk_text_add_str(out, "</b></figcaption><svg width=\"100%\" height=\"22\"");
    add_bar_label(page, row, out);
    jk_text_add_str(out, "><defs>");
    for (int i = JK_RELATION_FINETUNE; i < JK_RELATION_COUNT; i++)
        if (plain->by_relation[i] > 0) add_pattern(out, id, i);
    jk_text_add_str(out, "</defs>");
    for (int i = JK_RELATION_FINETUNE; i < JK_RELATION_COUNT; i++) {
        if (plain->by_relation[i] == 0) continue;
        jk_text_add_str(out, "<rect y=\"1\" height=\"20\"");
        add_percent(out, "x", from, most);
        add_percent(out, "width", plain->by_relation[i], most);
        jk_text_addf(out, " fill=\"url(#p%zu-%d)\" class=\"edge\"/>", id, i);
        from += plain->by_relation[i];
    }
    jk_text_add_str(out, "</svg></figure>\n");
}

static void add_swatch(const struct jk_total *all, int relation, struct jk_text *out)
{
    size_t id = BARS_SHOWN + (size_t)relation;
    jk_text_add_str(out, "<li><svg width=\"26\" height=\"16\" aria-hidden=\"true\"><defs>");
    add_pattern(out, id, relation);
    jk_text_addf(out, "</defs><rect width=\"26\" height=\"16\" fill=\"url(#p%zu-%d)\" class=\"edge\"/></svg> ", id,
                 relation);
    jk_page_both(out, jk_page_relation((enum jk_relation)relation), jk_relation_text((enum jk_relation)relation));
    jk_text_add_char(out, ' ');
    jk_page_number(out, all->by_relation[relation]);
    jk_text_add_str(out, "</li>\n");
}

void jk_page_bars(const struct jk_page *page, const struct jk_summary_row *const *teams, size_t count,
                  struct jk_text *out)
{
    const struct jk_total *all = &jk_summary_all(page->summary)->total.plain;
    uint32_t most = count > 0 ? teams[0]->total.plain.counted : 0;
    if (most == 0) return;
    jk_page_paragraph(out,
                      "집계된 파생 모델, 부모와의 관계별:", "Counted derivatives, by their relation to the parent:");
    for (size_t i = 0; i < count && i < BARS_SHOWN && teams[i]->total.plain.counted > 0; i++)
        add_bar(page, teams[i], i, most, out);
    jk_text_add_str(out, "<ul class=\"legend\">\n");
    for (int i = JK_RELATION_FINETUNE; i < JK_RELATION_COUNT; i++)
        if (all->by_relation[i] > 0) add_swatch(all, i, out);
    jk_text_add_str(out, "</ul>\n");
}
