/* The first sheet of a report's page: of what, how many, what "counted" means, and where things are. See page.h. */
#include "report/page.h"

/* ---- the result ---- */

static void add_tile(struct jk_text *out, const char *korean, const char *english, uint32_t number)
{
    jk_text_add_str(out, "<div><dt>");
    jk_page_both(out, korean, english);
    jk_text_add_str(out, "</dt><dd>");
    jk_page_number(out, number);
    jk_text_add_str(out, "</dd></div>");
}

static void add_title(const struct jk_summary *summary, struct jk_text *out)
{
    jk_text_add_str(out, "<header><p class=\"kind\">");
    jk_page_both(out, "파생 AI 모델 집계 보고서", "Report on the number of derivative AI models");
    jk_text_add_str(out, "</p>\n<h1>");
    jk_page_str(out, summary->title_ko);
    jk_text_add_str(out, "<br/><span class=\"en\" lang=\"en\">");
    jk_page_str(out, summary->title);
    jk_text_add_str(out, "</span></h1>\n<p>");
    jk_page_site(out, "stages", jk_span_of(summary->id), jk_span_of(summary->id));
    jk_text_addf(out,
                 ", 개정 <span class=\"en\" lang=\"en\">revision</span> %u · 기준 시각 <span class=\"en\" "
                 "lang=\"en\">cut-off</span> ",
                 summary->revision);
    jk_page_time(out, summary->cutoff_us);
    jk_text_add_str(out, "</p></header>\n");
    if (jk_summary_is_demo(summary))
        jk_text_add_str(
            out, "<p class=\"demo\">시연: 시각은 실제가 아니며, 내용은 대부분 지어낸 것입니다. <span class=\"en\" "
                 "lang=\"en\">A demo: its times are not real, and most of what it holds is invented.</span></p>\n");
}

/* ---- what "counted" means ---- */

/* In words, and the one by which lists and tables call it. */
static void add_demand(const struct jk_policy *policy, enum jk_reason reason, struct jk_text *out)
{
    jk_text_add_str(out, "<li>");
    jk_policy_explain_reason(policy, reason, true, out);
    jk_text_add_str(out, " <span class=\"en\" lang=\"en\">");
    jk_policy_explain_reason(policy, reason, false, out);
    jk_text_addf(out, " <code>%s</code></span></li>\n", jk_reason_word(reason));
}

static void add_demands(const struct jk_summary *summary, struct jk_text *out)
{
    const struct jk_policy *policy = &summary->policy;
    jk_page_section(out, "meaning", "“집계”의 뜻과 정책의 요건", "What “counted” means, and what the policy demands");
    jk_page_paragraph(
        out,
        "참가 팀의 기반 모델에서 나온 모델이 기준 시각 전에 등록되었고, 아래 어느 것에도 해당하지 않으면 "
        "집계합니다. 여러 기반 모델에서 나온 모델도 합계마다 한 번만 셉니다.",
        "A model counts if it descends from a base model of a team that takes part, was registered before "
        "the cut-off, and none of the following holds. One with several bases counts once in each total.");
    jk_text_addf(out,
                 "<p>정책 <span class=\"en\" lang=\"en\">policy</span> <b>%s@%u</b>: 다음에 해당하면 제외 <span "
                 "class=\"en\" lang=\"en\">left out if</span></p>\n<ul class=\"demands\">\n",
                 policy->name, policy->version);
    for (int i = jk_reason_next(0, policy->rules); i < JK_REASON_COUNT; i = jk_reason_next(i + 1, policy->rules))
        if (jk_policy_has(policy, (enum jk_reason)i)) add_demand(policy, (enum jk_reason)i, out);
    jk_text_add_str(out, "</ul>\n");
}

/* ---- contents ---- */

static void add_contents(struct jk_text *out)
{
    static const struct {
        const char *id, *korean, *english;
    } entries[] = {{"meaning", "집계의 뜻", "what counts"},
                   {"teams", "팀", "teams"},
                   {"bases", "기반 모델", "base models"},
                   {"reasons", "제외 사유", "why left out"},
                   {"kinds", "구성", "kinds"},
                   {"growth", "월별 증가", "growth"},
                   {"before", "이전 단계", "stage before"},
                   {"publishers", "게시자", "publishers"},
                   {"counted", "집계 목록", "counted"},
                   {"left-out", "제외 목록", "left out"},
                   {"proof", "검증", "how to check"}};
    jk_text_add_str(out, "<nav aria-label=\"차례 Contents\"><ul>\n");
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        jk_text_addf(out, "<li><a href=\"#%s\">", entries[i].id);
        jk_page_both(out, entries[i].korean, entries[i].english);
        jk_text_add_str(out, "</a></li>\n");
    }
    jk_text_add_str(out, "</ul></nav>\n<p class=\"more\">");
    jk_page_both(out,
                 "이름과 항목 번호는 등록부 사이트의 화면으로 이어집니다. 따로 보관한 사본에서는 열리지 않으니 "
                 "등록부에서 찾으세요.",
                 "Names and entries lead to the registry's site. In a copy kept elsewhere these links open nothing: "
                 "look them up there.");
    jk_text_add_str(out, "</p>\n");
}

void jk_page_front(const struct jk_page *page, struct jk_text *out)
{
    add_title(page->summary, out);
    jk_text_add_str(out, "<main>\n");
    const struct jk_policy_total *total = &jk_summary_all(page->summary)->total;
    jk_text_add_str(out, "<dl class=\"tiles\">");
    add_tile(out, "집계된 파생 모델", "derivatives counted", total->plain.counted);
    add_tile(out, "제외", "left out", jk_page_left_out(total));
    add_tile(out, "등록된 파생 모델", "derivatives registered", total->plain.registered);
    if (total->pending) add_tile(out, "집계 중 검증 대기", "counted, waiting for a verifier", total->pending);
    jk_text_add_str(out, "</dl>\n");
    add_contents(out);
    add_demands(page->summary, out);
}
