/* How a report is checked, and what exactly it was counted from, on its page. See page.h. */
#include "report/page.h"

static void begin_fact(struct jk_text *out, const char *korean, const char *english)
{
    jk_text_add_str(out, "<div><dt>");
    jk_page_both(out, korean, english);
    jk_text_add_str(out, "</dt><dd>");
}

static void end_fact(struct jk_text *out)
{
    jk_text_add_str(out, "</dd></div>\n");
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
    jk_text_add_str(out, "<dl class=\"facts\">\n");
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
    begin_fact(out, "로그", "log");
    jk_page_str(out, summary->origin);
    end_fact(out);
    add_size(out, "등록 기준 크기 N", "registrations: entries before N", summary->n, &summary->root_n);
    add_size(out, "결정 기준 크기 M", "rulings and corrections: entries before M", summary->m, &summary->root_m);
    jk_text_add_str(out, "</dl>\n");
}

static void add_file(struct jk_text *out, const char *file, const char *korean, const char *english,
                     const struct jk_digest *digest)
{
    jk_text_add_str(out, "<div><dt>");
    jk_page_link(out, file);
    jk_text_add_str(out, "</dt><dd>");
    jk_page_both(out, korean, english);
    if (digest) {
        jk_text_add_str(out, "<br/>");
        jk_page_digest(out, digest);
    }
    end_fact(out);
}

static void add_files(const struct jk_summary *summary, struct jk_text *out)
{
    jk_text_add_str(out, "<dl class=\"facts\">\n");
    add_file(out, "report.tsv", "모든 수의 표", "every number, as a table", &summary->table);
    add_file(out, "report.json", "같은 내용의 JSON", "the same as JSON", &summary->json);
    add_file(out, "members.txt", "집계된 파생 모델 전체", "all that are counted", &summary->members);
    add_file(out, "left-out.tsv", "제외된 파생 모델 전체와 모든 사유", "all that are left out, with every reason",
             &summary->left_out);
    add_file(out, "certificate", "위 다이제스트에 서명한 집계 확인서",
             "the count certificate, which signs these digests", NULL);
    add_file(out, "report.csv", "스프레드시트용: 모든 수", "for spreadsheets, in no digest: every number", NULL);
    add_file(out, "counted.csv", "스프레드시트용: 집계된 파생 모델, 팀·기반 모델·게시자·이름 순",
             "for spreadsheets, in no digest: all that are counted, by team, base model, publisher, name", NULL);
    add_file(out, "left-out.csv", "스프레드시트용: 제외된 파생 모델",
             "for spreadsheets, in no digest: all that are left out", NULL);
    jk_text_add_str(out, "</dl>\n");
}

void jk_page_proof(const struct jk_summary *summary, struct jk_text *out)
{
    jk_page_section(out, "proof", "검증과 파일", "How to check it, and the files");
    jk_page_paragraph(
        out,
        "아래 파일은 공개 로그만으로 누구나 같은 바이트로 다시 만들 수 있으며, 집계 확인서가 같은 SHA-256을 "
        "담고 있습니다. 이 화면은 그 파일을 보기 좋게 옮긴 것으로, 다이제스트에 들어가지 않습니다.",
        "Anyone makes the same bytes of these files from the public log alone; the count certificate signs "
        "the same SHA-256 digests. This page only shows them.");
    add_files(summary, out);
    jk_text_addf(out,
                 "<pre>sha256sum report.tsv report.json members.txt left-out.tsv\njokbo audit LOG-URL --stage %s "
                 "--revision %u</pre>\n",
                 summary->id, summary->revision);
    jk_page_heading(out, "무엇으로 집계했는가", "What it was counted from");
    add_facts(summary, out);
    struct jk_text words;
    jk_page_heading(out, "정책의 정본", "The policy's canonical text");
    jk_text_init(&words, 0);
    jk_policy_write(&summary->policy, &words);
    jk_text_add_str(out, "<pre>");
    jk_page_add(out, jk_text_span(&words));
    jk_text_add_str(out, "</pre>\n");
    out->failed |= words.failed;
    jk_text_done(&words);
}
