/* Tables of a report's page: each row and each column has a heading. See page.h. */
#include "report/page.h"

void jk_page_table(struct jk_text *out, const struct jk_page_title *titles, size_t count)
{
    jk_text_add_str(out, "<table><thead><tr>");
    for (size_t i = 0; i < count; i++) {
        jk_text_addf(out, "<th scope=\"col\"%s>", titles[i].number ? " class=\"num\"" : "");
        jk_page_both(out, titles[i].korean, titles[i].english);
        jk_text_add_str(out, "</th>");
    }
    jk_text_add_str(out, "</tr></thead><tbody>\n");
}

void jk_page_table_end(struct jk_text *out)
{
    jk_text_add_str(out, "</tbody></table>\n");
}

void jk_page_row(struct jk_text *out)
{
    jk_text_add_str(out, "<tr><th scope=\"row\">");
}

void jk_page_row_head_end(struct jk_text *out)
{
    jk_text_add_str(out, "</th>");
}

void jk_page_row_end(struct jk_text *out)
{
    jk_text_add_str(out, "</tr>\n");
}

void jk_page_cell(struct jk_text *out, uint32_t number)
{
    jk_text_add_str(out, "<td class=\"num\">");
    jk_page_number(out, number);
    jk_text_add_str(out, "</td>");
}

/* ---- numbers of a team or a base model ---- */

void jk_page_numbers_table(const char *korean, const char *english, bool waits, struct jk_text *out)
{
    const struct jk_page_title titles[] = {{korean, english, false},
                                           {"집계", "counted", true},
                                           {"제외", "left out", true},
                                           {"등록", "registered", true},
                                           {"검증 대기", "of the counted, waiting for a verifier", true}};
    jk_page_table(out, titles, waits ? 5 : 4);
}

void jk_page_numbers(const struct jk_policy_total *total, bool waits, struct jk_text *out)
{
    jk_text_add_str(out, "<td class=\"num counted\">");
    jk_page_number(out, total->plain.counted);
    jk_text_add_str(out, "</td>");
    jk_page_cell(out, jk_page_left_out(total));
    jk_page_cell(out, total->plain.registered);
    if (waits) jk_page_cell(out, total->pending);
}
