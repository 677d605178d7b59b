/* The two lists of a report's page, from the canonical lists. See page.h. */
#include "report/page.h"

static void add_list_cell(struct jk_text *out, const char *attributes, struct jk_span text)
{
    jk_text_addf(out, "<td%s>", attributes);
    jk_page_add(out, text);
    jk_text_add_str(out, "</td>");
}

/* "<lineage hash> <index> <name>@<version>" */
static void add_release(struct jk_text *out, struct jk_span words)
{
    struct jk_span hash, index;
    (void)jk_span_cut(&words, ' ', &hash);
    (void)jk_span_cut(&words, ' ', &index);
    add_list_cell(out, " class=\"num\"", index);
    add_list_cell(out, "", words);
    add_list_cell(out, " class=\"mono\"", (struct jk_span){hash.at, hash.len < 16 ? hash.len : 16});
}

static size_t count_lines(struct jk_span text)
{
    size_t count = 0;
    for (struct jk_span line; jk_span_line(&text, &line);)
        count++;
    return count;
}

static void begin_list(struct jk_text *out, size_t count, bool reasons)
{
    jk_text_add_str(out, "<p>");
    jk_page_number(out, count);
    jk_text_add_str(
        out, "개 <span class=\"en\" lang=\"en\">derivatives</span></p>\n<table><thead><tr><th class=\"num\">항목 "
             "<span class=\"en\" lang=\"en\">entry</span></th><th>모델 <span class=\"en\" "
             "lang=\"en\">model</span></th><th>계보 해시 <span class=\"en\" lang=\"en\">lineage hash, first 16 "
             "digits</span></th>");
    if (reasons)
        jk_text_add_str(out, "<th>원 모델별 사유 <span class=\"en\" lang=\"en\">reasons for each root</span></th>");
    jk_text_add_str(out, "</tr></thead><tbody>\n");
}

static void end_list(struct jk_text *out, size_t count, const char *file)
{
    jk_text_add_str(out, "</tbody></table>\n");
    if (count <= JK_PAGE_LIST) return;
    jk_text_addf(out, "<p class=\"note\">처음 %d개만 실었습니다. 나머지 ", JK_PAGE_LIST);
    jk_page_number(out, count - JK_PAGE_LIST);
    jk_text_addf(
        out,
        "개는 <code>%s</code>에 있습니다. <span class=\"en\" lang=\"en\">The first %d only; the rest stands in %s, "
        "beside this page.</span></p>\n",
        file, JK_PAGE_LIST, file);
}

void jk_page_members(struct jk_span members, struct jk_text *out)
{
    size_t count = count_lines(members), shown = 0;
    begin_list(out, count, false);
    for (struct jk_span line; shown < JK_PAGE_LIST && jk_span_line(&members, &line); shown++) {
        jk_text_add_str(out, "<tr>");
        add_release(out, line);
        jk_text_add_str(out, "</tr>\n");
    }
    end_list(out, count, "members.txt");
}

/* "<root> <reason>,<reason>", tabs between them. */
static void add_reasons(struct jk_text *out, struct jk_span roots)
{
    struct jk_span root, name;
    jk_text_add_str(out, "<td>");
    for (bool first = true; roots.len > 0; first = false) {
        (void)jk_span_cut(&roots, '\t', &root);
        (void)jk_span_cut(&root, ' ', &name);
        jk_text_add_str(out, first ? "" : "<br/>");
        jk_page_add(out, name);
        jk_text_add_str(out, ": ");
        for (struct jk_span word; root.len > 0;) {
            (void)jk_span_cut(&root, ',', &word);
            jk_page_add(out, word);
            if (root.len > 0) jk_text_add_str(out, ", ");
        }
    }
    jk_text_add_str(out, "</td>");
}

void jk_page_left_out_list(struct jk_span left_out, struct jk_text *out)
{
    size_t count = count_lines(left_out), shown = 0;
    begin_list(out, count, true);
    for (struct jk_span line; shown < JK_PAGE_LIST && jk_span_line(&left_out, &line); shown++) {
        struct jk_span words;
        (void)jk_span_cut(&line, '\t', &words);
        jk_text_add_str(out, "<tr>");
        add_release(out, words);
        add_reasons(out, line);
        jk_text_add_str(out, "</tr>\n");
    }
    end_list(out, count, "left-out.tsv");
}
