/* Teams on a report's page, by their names. See page.h. */
#include "report/page.h"

/* The Korean and the English name; empty where there is none. */
static void find_names(const struct jk_page *page, struct jk_span id, struct jk_span *out_korean,
                       struct jk_span *out_english)
{
    struct jk_span rest = page->team_names, line, found;
    *out_korean = *out_english = JK_SPAN("");
    while (jk_span_line(&rest, &line)) {
        (void)jk_span_cut(&line, '\t', &found);
        if (!jk_span_equal(found, id)) continue;
        (void)jk_span_cut(&line, '\t', out_korean);
        *out_english = line;
        return;
    }
}

void jk_page_team(const struct jk_page *page, struct jk_span id, struct jk_text *out)
{
    struct jk_span korean, english;
    find_names(page, id, &korean, &english);
    if (korean.len == 0 || english.len == 0 || jk_span_equal(korean, english)) {
        jk_page_team_short(page, id, out);
        return;
    }
    jk_page_add(out, korean);
    jk_text_add_str(out, " <span class=\"en\" lang=\"en\">");
    jk_page_add(out, english);
    jk_text_add_str(out, "</span>");
}

void jk_page_team_short(const struct jk_page *page, struct jk_span id, struct jk_text *out)
{
    struct jk_span korean, english;
    find_names(page, id, &korean, &english);
    jk_page_add(out, korean.len > 0 ? korean : english.len > 0 ? english : id);
}

bool jk_page_takes_part(const struct jk_summary *summary, const char *team)
{
    for (size_t i = 0; team && i < summary->team_count; i++)
        if (strcmp(summary->teams[i], team) == 0) return true;
    return false;
}

uint32_t jk_page_left_out(const struct jk_policy_total *total)
{
    return total->plain.registered - total->plain.counted;
}
