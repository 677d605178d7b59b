/* Policies in plain sentences, for the people who have to decide by them. */
#include "domain/policy.h"

static const char *const permission_english[] = {"", "at least not forbid", "at least conditionally permit", "permit"};
static const char *const permission_korean[] = {"", "적어도 금지하지 않아야", "적어도 조건부로 허락해야", "허락해야"};
static const char *const kind_english[] = {"commercial use", "derivatives", "redistribution"};
static const char *const kind_korean[] = {"상업적 이용", "2차 저작", "재배포"};

static void say_relations(const struct jk_policy *policy, bool korean, struct jk_text *out)
{
    bool first = true;
    jk_text_add_str(out, korean ? " (집계하는 관계: " : " (counted: ");
    for (int i = JK_RELATION_FINETUNE; i < JK_RELATION_COUNT; i++) {
        if (!(policy->relations >> i & 1)) continue;
        jk_text_addf(out, "%s%s", first ? "" : ", ", jk_relation_text((enum jk_relation)i));
        first = false;
    }
    jk_text_add_char(out, ')');
}

static void say_demands(const struct jk_policy *policy, bool korean, struct jk_text *out)
{
    bool first = true;
    jk_text_add_str(out, korean ? " (" : " (it must ");
    for (int i = 0; i < JK_PERMISSION_KINDS; i++) {
        if (policy->demands[i] == JK_PERMISSION_NO) continue;
        if (korean)
            jk_text_addf(out, "%s%s: %s 함", first ? "" : ", ", kind_korean[i], permission_korean[policy->demands[i]]);
        else
            jk_text_addf(out, "%s%s %s", first ? "" : ", ", permission_english[policy->demands[i]], kind_english[i]);
        first = false;
    }
    jk_text_add_char(out, ')');
}

static void say_unknown_permits(const struct jk_policy *policy, bool korean, struct jk_text *out)
{
    if (policy->rules == 1) return;
    if (policy->unknown_permits)
        jk_text_add_str(out, korean ? " (알려지지 않은 허락은 통과)" : " (what nobody knows passes)");
    else
        jk_text_add_str(out, korean ? " (알려지지 않은 허락은 제외)" : " (what nobody knows is not enough)");
}

static void say_artifact(const struct jk_policy *policy, bool korean, struct jk_text *out)
{
    if (policy->held)
        jk_text_add_str(out, korean ? " (매니페스트가 등록소에 보관되어 있어야 함)"
                                    : " (the registry must hold its manifest)");
    else
        jk_text_add_str(out, korean ? " (다이제스트만 밝혀도 됨)" : " (a digest in its statement is enough)");
}

static void say_verifiers(const struct jk_policy *policy, bool korean, struct jk_text *out)
{
    jk_text_addf(out,
                 korean ? " (검증 기관 %u곳 이상이 확인하고, 확인한 곳이 다르다고 한 곳보다 많아야 함)"
                        : " (at least %u must agree, and more agree than differ)",
                 policy->verifiers);
}

static void say_grades(const struct jk_policy *policy, bool korean, struct jk_text *out)
{
    bool first = true;
    jk_text_add_str(out, korean ? " (검증 기관의 대조에서 최소 등급: " : " (by a verifier's challenge, at least: ");
    for (int i = JK_RELATION_FINETUNE; i < JK_RELATION_COUNT; i++) {
        if (policy->grades[i] == JK_GRADE_CONTRADICTED) continue;
        jk_text_addf(out, "%s%s %s", first ? "" : ", ", jk_relation_text((enum jk_relation)i),
                     jk_grade_text(policy->grades[i]));
        first = false;
    }
    jk_text_add_str(out, korean ? "; 다른 관계는 집계하지 않음)" : "; other relations do not count)");
}

static void say_parameters(const struct jk_policy *policy, enum jk_reason reason, bool korean, struct jk_text *out)
{
    switch (reason) {
    case JK_REASON_GONE:
        jk_text_addf(out, korean ? " (%u일)" : " (%u days)", policy->gone_days);
        break;
    case JK_REASON_FOREIGN_BASE:
        if (policy->unknown_passes)
            jk_text_add_str(out, korean ? " (알 수 없으면 통과)" : " (where nobody knows, it passes)");
        else
            jk_text_add_str(out, korean ? " (알 수 없어도 제외)" : " (where nobody knows, too)");
        break;
    case JK_REASON_RELATION:
        say_relations(policy, korean, out);
        break;
    case JK_REASON_DEPTH:
        jk_text_addf(out, korean ? " (최대 %u단계까지 집계)" : " (at most %u count)", policy->depth);
        break;
    case JK_REASON_LICENSE_NOT_OPEN:
        say_demands(policy, korean, out);
        say_unknown_permits(policy, korean, out);
        break;
    case JK_REASON_NO_ARTIFACT:
        say_artifact(policy, korean, out);
        break;
    case JK_REASON_NAMING:
        if (policy->lenient)
            jk_text_add_str(out,
                            korean ? " (대소문자·공백·-·_·. 무시)" : " (case, space, dash, underscore and dot aside)");
        else
            jk_text_add_str(out, korean ? " (글자 그대로)" : " (to the letter)");
        break;
    case JK_REASON_UNATTESTED:
        say_verifiers(policy, korean, out);
        break;
    case JK_REASON_EVIDENCE:
        say_grades(policy, korean, out);
        break;
    case JK_REASON_CAP:
        jk_text_addf(out, korean ? " (게시자마다 %u개까지 집계)" : " (%u of each publisher count)", policy->cap);
        break;
    default:
        break;
    }
}

void jk_policy_explain_reason(const struct jk_policy *policy, enum jk_reason reason, bool korean, struct jk_text *out)
{
    jk_text_add_str(out, korean ? jk_reason_korean(reason) : jk_reason_english(reason));
    if (jk_policy_has(policy, reason)) say_parameters(policy, reason, korean, out);
}

static void say_all(const struct jk_policy *policy, bool on, bool korean, struct jk_text *out)
{
    for (int i = jk_reason_next(0, policy->rules); i < JK_REASON_COUNT; i = jk_reason_next(i + 1, policy->rules)) {
        enum jk_reason reason = (enum jk_reason)i;
        if (jk_policy_has(policy, reason) != on) continue;
        jk_text_addf(out, "  %-18s ", jk_reason_word(reason));
        jk_policy_explain_reason(policy, reason, korean, out);
        jk_text_add_char(out, '\n');
    }
}

void jk_policy_explain(const struct jk_policy *policy, bool korean, struct jk_text *out)
{
    jk_text_addf(out, korean ? "정책 %s, 버전 %u (규칙 %u판)\n" : "Policy %s, version %u (rule set %u)\n", policy->name,
                 policy->version, policy->rules);
    jk_text_add_str(out,
                    korean ? "다음에 해당하는 파생 모델은 집계하지 않습니다:\n" : "A derivative is left out when:\n");
    say_all(policy, true, korean, out);
    if (policy->on == jk_reasons_of(policy->rules)) return;
    jk_text_add_str(out, korean ? "다음은 집계에 영향을 주지 않습니다:\n" : "These do not matter:\n");
    say_all(policy, false, korean, out);
}
