/* A report's page: its sections in order. See summary.h for its purpose, page.h for its parts. */
#include "report/page.h"

#include "domain/entry.h"

extern const unsigned char jk_report_page_css[];
extern const size_t jk_report_page_css_len;

/* ---- the head ---- */

static void add_head(const struct jk_summary *summary, struct jk_text *out)
{
    jk_text_add_str(out,
                    "<!DOCTYPE html>\n<html lang=\"ko\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" "
                    "content=\"width=device-width, initial-scale=1\"/>\n<meta http-equiv=\"Content-Security-Policy\" "
                    "content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n<title>");
    jk_page_str(out, summary->title_ko);
    jk_text_addf(out, " (%s, %u)</title>\n<style>\n", summary->id, summary->revision);
    jk_text_add(out, (struct jk_span){(const char *)jk_report_page_css, jk_report_page_css_len});
    jk_text_add_str(out, "</style>\n</head>\n<body>\n");
    jk_text_add_str(out, "<header><h1>");
    jk_page_str(out, summary->title_ko);
    jk_text_add_str(out, "<br/><span class=\"en\" lang=\"en\">");
    jk_page_str(out, summary->title);
    jk_text_add_str(out,
                    "</span></h1>\n<p>파생 AI 모델 개수 보고서 <span class=\"en\" lang=\"en\">Report on the number of "
                    "derivative AI models</span></p></header>\n");
    if (jk_summary_is_demo(summary))
        jk_text_add_str(
            out, "<p class=\"demo\">시연: 시각은 실제가 아니며, 내용은 대부분 지어낸 것입니다. <span class=\"en\" "
                 "lang=\"en\">A demo: its times are not real, and most of what it holds is invented.</span></p>\n");
}

static void begin_fact(struct jk_text *out, const char *korean, const char *english)
{
    jk_text_addf(out, "<tr><th>%s <span class=\"en\" lang=\"en\">%s</span></th><td>", korean, english);
}

static void end_fact(struct jk_text *out)
{
    jk_text_add_str(out, "</td></tr>\n");
}

static void add_size(struct jk_text *out, const char *korean, const char *english, uint32_t size,
                     const struct jk_digest *root)
{
    begin_fact(out, korean, english);
    jk_page_number(out, size);
    jk_text_add_str(out, "<br/>");
    jk_page_digest(out, root);
    end_fact(out);
}

static void add_facts(const struct jk_summary *summary, struct jk_text *out)
{
    jk_text_add_str(out, "<table class=\"facts\"><tbody>\n");
    begin_fact(out, "단계", "stage");
    jk_page_str(out, summary->id);
    jk_text_addf(out, ", 개정 <span class=\"en\" lang=\"en\">revision</span> %u", summary->revision);
    end_fact(out);
    begin_fact(out, "기준 시각", "cut-off");
    jk_page_time(out, summary->cutoff_us);
    jk_text_add_str(out, "<br/>출처 <span class=\"en\" lang=\"en\">source</span>: ");
    jk_page_str(out, summary->source);
    end_fact(out);
    begin_fact(out, "정책", "policy");
    jk_text_addf(out, "%s@%u (규칙 <span class=\"en\" lang=\"en\">rule set</span> %u)<br/>", summary->policy.name,
                 summary->policy.version, summary->policy.rules);
    jk_page_digest(out, &summary->policy_sha256);
    end_fact(out);
    begin_fact(out, "참가 팀", "teams that take part");
    for (size_t i = 0; i < summary->team_count; i++) {
        if (i > 0) jk_text_add_str(out, ", ");
        jk_page_str(out, summary->teams[i]);
    }
    end_fact(out);
    begin_fact(out, "로그", "log");
    jk_page_str(out, summary->origin);
    end_fact(out);
    add_size(out, "등록 기준 크기 N", "registrations: entries before N", summary->n, &summary->root_n);
    add_size(out, "결정 기준 크기 M", "rulings and corrections: entries before M", summary->m, &summary->root_m);
    jk_text_add_str(out, "</tbody></table>\n");
}

static void add_tile(struct jk_text *out, const char *korean, const char *english, uint32_t number)
{
    jk_text_addf(out, "<div>%s <span class=\"en\" lang=\"en\">%s</span><b>", korean, english);
    jk_page_number(out, number);
    jk_text_add_str(out, "</b></div>");
}

static void add_tiles(const struct jk_page *page, struct jk_text *out)
{
    const struct jk_policy_total *total = &jk_summary_all(page->summary)->total;
    jk_text_add_str(out, "<div class=\"tiles\">");
    add_tile(out, "집계", "counted", total->plain.counted);
    add_tile(out, "제외", "left out", jk_page_left_out(total));
    add_tile(out, "등록", "registered", total->plain.registered);
    if (page->previous) {
        jk_text_add_str(out, "<div>이전 단계 대비 <span class=\"en\" lang=\"en\">since the stage before</span><b>");
        jk_page_change(out, jk_summary_all(page->previous)->total.plain.counted, total->plain.counted);
        jk_text_add_str(out, "</b></div>");
    }
    jk_text_add_str(out, "</div>\n");
}

/* ---- sections ---- */

static void add_numbers(const struct jk_page *page, struct jk_text *out)
{
    jk_page_heading(out, 2, "결과", "Result");
    add_tiles(page, out);
    jk_page_counts(page->summary, out);
    jk_text_add_str(
        out, "<p>여러 기반 모델의 파생 모델은 합계마다 한 번만 집계하므로 행의 합이 합계와 다를 수 있습니다. <span "
             "class=\"en\" lang=\"en\">A derivative of several bases counts once in each total: rows need not "
             "add up.</span></p>\n");
}

static void add_charts(const struct jk_summary *summary, struct jk_text *out)
{
    jk_page_heading(out, 2, "기반 모델별 집계와 제외", "Counted and left out, by base model");
    jk_text_add_str(
        out,
        "<p>어두운 부분이 집계, 무늬는 제외 사유입니다. <span class=\"en\" lang=\"en\">Dark: counted. Patterns and "
        "letters: the first reason for which one was left out, as below.</span></p>\n");
    jk_page_bars(summary, out);
    jk_page_legend(summary, out);
    jk_page_heading(out, 2, "등록에서 집계까지", "From registered to counted");
    jk_page_funnel(jk_summary_all(summary), out);
    jk_page_reasons(summary, out);
}

static void add_growth(const struct jk_summary *summary, struct jk_text *out)
{
    jk_page_heading(out, 2, "월별 증가", "Growth by month");
    jk_text_add_str(
        out,
        "<p>막대는 그 달에 등록된 집계 대상, 선은 누계입니다(UTC+09:00). <span class=\"en\" lang=\"en\">Bars: counted "
        "derivatives registered in the month; line: their sum so far.</span></p>\n");
    jk_page_growth(jk_summary_all(summary), false, out);
    jk_text_add_str(out, "<div class=\"grid\">\n");
    for (size_t i = 0; i < summary->count; i++)
        if (summary->rows[i].scope == JK_SCOPE_TEAM && summary->rows[i].total.plain.counted > 0)
            jk_page_growth(&summary->rows[i], true, out);
    jk_text_add_str(out, "</div>\n");
}

static void add_comparison(const struct jk_page *page, struct jk_text *out)
{
    const struct jk_summary *summary = page->summary;
    if (!summary->previous) return;
    jk_page_heading(out, 2, "이전 단계와 비교", "Compared with the stage before");
    jk_text_add_str(out, "<p>");
    jk_page_str(out, summary->previous);
    jk_text_addf(out, ", 개정 <span class=\"en\" lang=\"en\">revision</span> %u</p>\n", summary->previous_revision);
    if (page->previous)
        jk_page_comparison(summary, page->previous, out);
    else
        jk_text_add_str(
            out,
            "<p class=\"note\">그 보고서가 여기에 없어 견주지 않았습니다. <span class=\"en\" lang=\"en\">Its report "
            "was not at hand.</span></p>\n");
}

static void add_policy(const struct jk_policy *policy, struct jk_text *out)
{
    struct jk_text words;
    jk_page_heading(out, 2, "정책", "Policy");
    for (int korean = 1; korean >= 0; korean--) {
        jk_text_init(&words, 0);
        jk_policy_explain(policy, korean, &words);
        jk_text_addf(out, "<pre lang=\"%s\">", korean ? "ko" : "en");
        jk_page_add(out, jk_text_span(&words));
        jk_text_add_str(out, "</pre>\n");
        out->failed |= words.failed;
        jk_text_done(&words);
    }
    jk_page_heading(out, 3, "정본", "Canonical text");
    jk_text_init(&words, 0);
    jk_policy_write(policy, &words);
    jk_text_add_str(out, "<pre>");
    jk_page_add(out, jk_text_span(&words));
    jk_text_add_str(out, "</pre>\n");
    out->failed |= words.failed;
    jk_text_done(&words);
}

static void add_file_digest(struct jk_text *out, const char *file, const struct jk_digest *digest)
{
    jk_text_addf(out, "<tr><th><code>%s</code></th><td>", file);
    jk_page_digest(out, digest);
    end_fact(out);
}

static void add_checks(const struct jk_summary *summary, struct jk_text *out)
{
    jk_page_heading(out, 2, "검증", "How to check it");
    jk_text_add_str(
        out,
        "<p>아래 파일은 공개 로그만으로 누구나 같은 바이트로 다시 만들 수 있으며, 집계 확인서가 같은 SHA-256을 담고 "
        "있습니다. 이 화면은 그 파일을 보기 좋게 옮긴 것으로, 다이제스트에 들어가지 않습니다. <span class=\"en\" "
        "lang=\"en\">Anyone makes the same bytes of these files from the public log alone; the count "
        "certificate beside them signs the same SHA-256 digests. This page only shows them.</span></p>\n");
    jk_text_add_str(out, "<table class=\"facts\"><tbody>\n");
    add_file_digest(out, "report.tsv", &summary->table);
    add_file_digest(out, "report.json", &summary->json);
    add_file_digest(out, "members.txt", &summary->members);
    add_file_digest(out, "left-out.tsv", &summary->left_out);
    jk_text_addf(
        out,
        "</tbody></table>\n<pre>sha256sum report.tsv report.json members.txt left-out.tsv\njokbo audit LOG-URL "
        "--stage %s --revision %u</pre>\n",
        summary->id, summary->revision);
}

/* Whether the list is at hand: an empty one is, where its digest says that it is empty. */
static bool is_at_hand(struct jk_span list, const struct jk_digest *digest)
{
    struct jk_digest empty = jk_digest_of(JK_SPAN(""));
    return list.len > 0 || jk_digest_equal(digest, &empty);
}

static void add_lists(const struct jk_page *page, struct jk_text *out)
{
    if (is_at_hand(page->members, &page->summary->members)) {
        jk_text_add_str(out, "<section class=\"list\">\n");
        jk_page_heading(out, 2, "집계된 파생 모델", "Counted derivatives");
        jk_page_members(page->members, out);
        jk_text_add_str(out, "</section>\n");
    }
    if (is_at_hand(page->left_out, &page->summary->left_out)) {
        jk_text_add_str(out, "<section class=\"list\">\n");
        jk_page_heading(out, 2, "제외된 파생 모델과 모든 사유", "Left-out derivatives, with every reason");
        jk_page_left_out_list(page->left_out, out);
        jk_text_add_str(out, "</section>\n");
    }
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
    add_head(page->summary, out);
    add_facts(page->summary, out);
    add_numbers(page, out);
    add_charts(page->summary, out);
    add_growth(page->summary, out);
    add_comparison(page, out);
    jk_page_heading(out, 2, "집계된 파생 모델의 구성", "What is counted, by relation, licence and depth");
    jk_page_splits(page->summary, out);
    jk_page_heading(out, 2, "게시자", "Publishers");
    jk_page_publishers(page->summary, out);
    add_policy(&page->summary->policy, out);
    add_checks(page->summary, out);
    add_lists(page, out);
    jk_text_add_str(out, "<footer>족보 Jokbo · ");
    jk_page_str(out, page->summary->origin);
    jk_text_add_str(out, "</footer>\n</body>\n</html>\n");
    return out->failed ? jk_out_of_memory(error) : JK_OK;
}
