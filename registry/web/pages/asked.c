#include "web/pages/asked.h"

#include <string.h>

#include "reply/message.h"
#include "web/pages/parameters.h"
#include "web/pages/parts.h"

Jokbo__V1__CountScope *jk_asked_scope_of(struct jk_web_page *page, char *team, char *base)
{
    Jokbo__V1__CountScope *scope = JK_MESSAGE(&page->arena, Jokbo__V1__CountScope, jokbo__v1__count_scope);
    if (!scope) return NULL;
    if (team[0]) {
        scope->kind_case = JOKBO__V1__COUNT_SCOPE__KIND_TEAM;
        scope->team = team;
    } else if (base[0]) {
        scope->kind_case = JOKBO__V1__COUNT_SCOPE__KIND_BASE_MODEL;
        scope->base_model = base;
    } else {
        scope->kind_case = JOKBO__V1__COUNT_SCOPE__KIND_ALL;
        scope->all = true;
    }
    return scope;
}

Jokbo__V1__CountRule *jk_asked_rule_of(struct jk_web_page *page, char *policy)
{
    Jokbo__V1__CountRule *rule =
        policy[0] ? JK_MESSAGE(&page->arena, Jokbo__V1__CountRule, jokbo__v1__count_rule) : NULL;
    if (!rule) return NULL;
    rule->kind_case = JOKBO__V1__COUNT_RULE__KIND_POLICY;
    rule->policy = policy;
    return rule;
}

bool jk_asked_other_order(struct jk_web_page *page, const char *other)
{
    bool asks_other = jk_span_equal(jk_web_page_parameter(page, "order"), jk_span_of(other));
    jk_shown_flag(page->view, "other_order", asks_other);
    return asks_other;
}

bool jk_asked_keep(struct jk_web_page *page, const char *const *names, size_t count)
{
    struct jk_text query;
    jk_text_init(&query, 16384);
    for (size_t i = 0; i < count; i++) {
        struct jk_span value = jk_web_page_parameter(page, names[i]);
        if (value.len > 0) jk_part_pair(&query, names[i], value);
    }
    bool any = query.len > 0;
    jk_shown_text(page->view, "kept", jk_text_span(&query));
    jk_text_done(&query);
    return any;
}

void jk_asked_policy_choices(struct jk_web_page *page, const Jokbo__V1__ListPoliciesResponse *list, const char *chosen)
{
    struct jk_shown *rows = jk_shown_list(page->view, "policies");
    jk_web_page_check_policy(page, "policy", list);
    for (size_t i = 0; i < list->n_policies; i++) {
        struct jk_shown *row = jk_shown_map(rows, NULL);
        const char *name = jk_part_policy(page, row, list->policies[i]);
        jk_shown_flag(row, "chosen", name && strcmp(name, chosen) == 0);
    }
}

bool jk_asked_is_team(const struct jk_web_page *page, struct jk_span id)
{
    for (size_t i = 0; i < page->teams->count; i++)
        if (jk_span_equal(jk_span_of(page->teams->rows[i].id), id)) return true;
    return false;
}

void jk_asked_refuse_team(struct jk_web_page *page, const char *parameter, struct jk_span id, const char *allowed)
{
    struct jk_text teams;
    jk_text_init(&teams, 4096);
    for (size_t i = 0; i < page->teams->count; i++)
        jk_text_addf(&teams, "%s%s", i > 0 ? ", " : "", page->teams->rows[i].id);
    jk_web_page_refuse(page, parameter, id, allowed, jk_text_span(&teams));
    jk_text_done(&teams);
}

void jk_asked_blame_base(struct jk_web_page *page)
{
    static const struct jk_web_page_blame blame[] = {{"page_token", "after", "parameter.token", {"", 0}},
                                                     {"MODEL_NOT_FOUND", "base", "parameter.base", {"", 0}},
                                                     {"NOT_A_BASE_MODEL", "base", "parameter.base", {"", 0}},
                                                     {NULL, NULL, NULL, {"", 0}}};
    page->blame = blame;
}

void jk_asked_team_choices(struct jk_web_page *page, const char *chosen)
{
    struct jk_span asked = jk_web_page_parameter(page, "team");
    if (asked.len > 0 && !jk_asked_is_team(page, asked)) jk_asked_refuse_team(page, "team", asked, "parameter.one_of");
    struct jk_shown *rows = jk_shown_list(page->view, "team_choices");
    for (size_t i = 0; page->teams && i < page->teams->count; i++) {
        struct jk_shown *row = jk_shown_map(rows, NULL);
        jk_shown_string(row, "value", page->teams->rows[i].id);
        jk_shown_string(row, "label", page->teams->rows[i].name);
        jk_shown_flag(row, "chosen", strcmp(page->teams->rows[i].id, chosen) == 0);
    }
}
