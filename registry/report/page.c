/* A report's page: its sections in order. See summary.h for its purpose, page.h for its parts. */
#include "report/page.h"

#include "domain/entry.h"

extern const unsigned char jk_report_page_css[];
extern const size_t jk_report_page_css_len;

/* Whether the list is at hand: an empty one is, where its digest says that it is empty. */
static bool is_at_hand(struct jk_span list, const struct jk_digest *digest)
{
    struct jk_digest empty = jk_digest_of(JK_SPAN(""));
    return list.len > 0 || jk_digest_equal(digest, &empty);
}

/* ---- the whole ---- */

static enum jk_status check_list(struct jk_span list, const struct jk_digest *wanted, const char *file,
                                 struct jk_error *error)
{
    if (list.len == 0) return JK_OK;
    struct jk_digest digest = jk_digest_of(list);
    if (jk_digest_equal(&digest, wanted)) return JK_OK;
    return jk_fail(error, JK_INVALID_ARGUMENT, "BAD_REPORT", "%s is not the one that report.json names by its digest",
                   file);
}

static enum jk_status check_page(const struct jk_page *page, struct jk_error *error)
{
    const struct jk_summary *summary = page->summary, *previous = page->previous;
    JK_TRY(check_list(page->members, &summary->members, "members.txt", error));
    JK_TRY(check_list(page->left_out, &summary->left_out, "left-out.tsv", error));
    if (!previous) return JK_OK;
    if (summary->previous && strcmp(summary->previous, previous->id) == 0 &&
        summary->previous_revision == previous->revision)
        return JK_OK;
    return jk_fail(error, JK_INVALID_ARGUMENT, "BAD_REPORT",
                   "stage %s, revision %u, is not the one to compare with that report.json names", previous->id,
                   previous->revision);
}

enum jk_status jk_summary_html(const struct jk_page *page, struct jk_text *out, struct jk_error *error)
{
    JK_TRY(check_page(page, error));
    jk_text_add_str(out, JK_PAGE_HEAD "<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" "
                                      "content=\"width=device-width, initial-scale=1\"/>\n<meta name=\"color-scheme\" "
                                      "content=\"light dark\"/>\n<meta http-equiv=\"Content-Security-Policy\" "
                                      "content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n<title>");
    jk_page_str(out, page->summary->title_ko);
    jk_text_addf(out, " (%s, %u)</title>\n<style>\n", page->summary->id, page->summary->revision);
    jk_text_add(out, (struct jk_span){(const char *)jk_report_page_css, jk_report_page_css_len});
    jk_text_add_str(out, "</style>\n</head>\n<body>\n");
    jk_page_front(page, out);
    jk_page_teams(page, out);
    jk_page_bases(page, out);
    jk_page_reasons(page, out);
    jk_page_splits(page, out);
    jk_page_growth(page, out);
    jk_page_comparison(page, out);
    jk_page_publishers(page->summary, out);
    if (is_at_hand(page->members, &page->summary->members)) jk_page_counted(page, out);
    if (is_at_hand(page->left_out, &page->summary->left_out)) jk_page_left_out_list(page, out);
    jk_page_proof(page->summary, out);
    jk_text_add_str(out, "</main>\n");
    jk_text_add_str(out, "<footer>족보 Jokbo · ");
    jk_page_str(out, page->summary->origin);
    jk_text_add_str(out, "</footer>\n</body>\n</html>\n");
    return out->failed ? jk_out_of_memory(error) : JK_OK;
}
