/* Teams or base models side by side, at two moments, each under a policy or none: counts by relation, and of one of them what
 * came and what went. The URL says all: ?of= (a team or a base model; up to six times), ?from=, ?to= (a log size, a date or a
 * time), ?from_policy=, ?to_policy=, ?show= (whose changes), and where a long list of changes goes on (changes.h). */
#include <jokbo/v1/stage.pb-c.h>
#include <stdio.h>
#include <stdlib.h>

#include "reply/json.h"
#include "reply/message.h"
#include "web/pages/asked.h"
#include "web/pages/begin.h"
#include "web/pages/changes.h"
#include "web/pages/parameters.h"
#include "web/pages/parts.h"

#define SUBJECTS    6
#define DAYS_BEFORE 30 /* the second moment is the first, where none is asked for */
#define RELATIONS   16

struct subject {
    char *id;
    Jokbo__V1__CountScope *scope;
    int64_t counted[2], relations[2][RELATIONS];
};

struct compare {
    struct subject subjects[SUBJECTS];
    size_t count, shown;   /* shown: whose changes are listed */
    struct jk_shown *list; /* of the subjects */
    struct jk_web_page_moment moments[2];
    int64_t times_us[2]; /* where a moment is a time; else its size is known */
    bool by_time[2];
    size_t next; /* twice a subject, and one for its first moment: the second is counted before */
};

static const char *const at_names[2] = {"from", "to"};
static const char *const policy_names[2] = {"from_policy", "to_policy"};

/* ---- what is asked for ---- */

static void read_moment(struct jk_web_page *page, unsigned which)
{
    struct compare *compare = page->state;
    struct jk_span text = jk_web_page_parameter(page, at_names[which]);
    uint64_t size;
    compare->moments[which].policy = jk_web_page_string(page, jk_web_page_parameter(page, policy_names[which]));
    compare->moments[which].size = page->log.size;
    jk_shown_text(page->view, which == 0 ? "from_asked" : "to_asked", text);
    jk_shown_string(page->view, which == 0 ? "from_rule" : "to_rule", compare->moments[which].policy);
    if (jk_span_to_u64(text, &size))
        compare->moments[which].size = (int64_t)size;
    else
        compare->by_time[which] = jk_time_parse(text, &compare->times_us[which]);
}

static void add_subject(struct jk_web_page *page, struct jk_span id)
{
    struct compare *compare = page->state;
    Jokbo__V1__CountScope *scope = JK_MESSAGE(&page->arena, Jokbo__V1__CountScope, jokbo__v1__count_scope);
    bool base = memchr(id.at, '/', id.len) != NULL;
    for (size_t i = 0; i < compare->count; i++)
        if (jk_span_equal(jk_span_of(compare->subjects[i].id), id)) return;
    if (!scope || compare->count == SUBJECTS) return;
    struct subject *subject = &compare->subjects[compare->count];
    subject->id = jk_web_page_string(page, id);
    subject->scope = scope;
    scope->kind_case = base ? JOKBO__V1__COUNT_SCOPE__KIND_BASE_MODEL : JOKBO__V1__COUNT_SCOPE__KIND_TEAM;
    if (base)
        scope->base_model = subject->id;
    else
        scope->team = subject->id;
    if (jk_span_equal(jk_web_page_parameter(page, "show"), id)) compare->shown = compare->count;
    compare->count++;
}

/* Whose changes are shown: one of those that are compared. */
static void check_shown(struct jk_web_page *page)
{
    struct compare *compare = page->state;
    struct jk_span shown = jk_web_page_parameter(page, "show");
    struct jk_text choices;
    jk_text_init(&choices, 4096);
    bool found = shown.len == 0;
    for (size_t i = 0; i < compare->count; i++) {
        found = found || jk_span_equal(jk_span_of(compare->subjects[i].id), shown);
        jk_text_addf(&choices, "%s%s", i > 0 ? ", " : "", compare->subjects[i].id);
    }
    if (!found) jk_web_page_refuse(page, "show", shown, "parameter.one_of", jk_text_span(&choices));
    jk_text_done(&choices);
}

static void read_subjects(struct jk_web_page *page)
{
    struct compare *compare = page->state;
    struct jk_span id;
    for (size_t i = 0; (id = jk_web_page_parameter_again(page, "of", i)).len > 0; i++) {
        if (!memchr(id.at, '/', id.len) && !jk_asked_is_team(page, id))
            jk_asked_refuse_team(page, "of", id, "parameter.of");
        add_subject(page, id);
    }
    for (size_t i = 0; compare->count < SUBJECTS && i < page->teams->count; i++) {
        if (jk_web_page_parameter(page, "of").len > 0) return;
        if (!page->teams->rows[i].left) add_subject(page, jk_span_of(page->teams->rows[i].id));
    }
}

static bool is_chosen(const struct compare *compare, const char *id)
{
    for (size_t i = 0; i < compare->count; i++)
        if (strcmp(compare->subjects[i].id, id) == 0) return true;
    return false;
}

/* ---- the form ---- */

/* All of the query but `show` and where a list goes on, for links. */
static void add_kept(struct jk_web_page *page)
{
    static const char *const names[] = {"from", "to", "from_policy", "to_policy"};
    struct compare *compare = page->state;
    struct jk_text kept;
    jk_text_init(&kept, 16384);
    for (size_t i = 0; i < compare->count; i++) {
        jk_text_add_str(&kept, "of=");
        jk_percent_encode(&kept, jk_span_of(compare->subjects[i].id), "&+#=?", true);
        jk_text_add_char(&kept, '&');
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct jk_span value = jk_web_page_parameter(page, names[i]);
        if (value.len == 0) continue;
        jk_text_addf(&kept, "%s=", names[i]);
        jk_percent_encode(&kept, value, "&+#=?", true);
        jk_text_add_char(&kept, '&');
    }
    jk_shown_text(page->view, "kept", jk_text_span(&kept));
    jk_text_done(&kept);
}

static void fold_policies(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListPoliciesResponse *response = (const Jokbo__V1__ListPoliciesResponse *)reply;
    struct compare *compare = page->state;
    struct jk_shown *list = jk_shown_list(page->view, "policies");
    for (unsigned which = 0; which < 2; which++)
        jk_web_page_check_policy(page, policy_names[which], response);
    for (size_t i = 0; i < response->n_policies; i++) {
        struct jk_shown *row = jk_shown_map(list, NULL);
        const char *name = jk_part_policy(page, row, response->policies[i]);
        jk_shown_flag(row, "first_chosen", name && strcmp(name, compare->moments[0].policy) == 0);
        jk_shown_flag(row, "second_chosen", name && strcmp(name, compare->moments[1].policy) == 0);
    }
}

static void fold_bases(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListBaseModelsResponse *response = (const Jokbo__V1__ListBaseModelsResponse *)reply;
    struct jk_shown *list = jk_shown_list(page->view, "choose_bases");
    for (size_t i = 0; i < response->n_models; i++) {
        struct jk_shown *row = jk_shown_map(list, NULL);
        jk_shown_string(row, "choice", response->models[i]->name);
        jk_shown_flag(row, "chosen", is_chosen(page->state, response->models[i]->name));
        if (is_chosen(page->state, response->models[i]->name)) jk_shown_flag(page->view, "bases_chosen", true);
    }
}

static void add_teams(struct jk_web_page *page)
{
    struct jk_shown *list = jk_shown_list(page->view, "choose_teams");
    for (size_t i = 0; i < page->teams->count; i++) {
        struct jk_shown *row = jk_part_team(page, list, NULL, page->teams->rows[i].id);
        jk_shown_flag(row, "chosen", is_chosen(page->state, page->teams->rows[i].id));
    }
}

/* ---- the counts ---- */

static void ask_count(struct jk_web_page *page);

static void show_change_of(struct jk_web_page *page, struct subject *subject, struct jk_shown *rows, int relation)
{
    int64_t from = relation ? subject->relations[0][relation] : subject->counted[0];
    int64_t to = relation ? subject->relations[1][relation] : subject->counted[1];
    if (relation && from == 0 && to == 0) return;
    struct jk_shown *row = jk_shown_map(rows, NULL);
    if (relation)
        jk_part_word(page, row, "label", "relation", &jokbo__v1__relation__descriptor, relation);
    else
        jk_shown_text(row, "label", jk_web_page_word(page, "compare.all"));
    jk_shown_flag(row, "sum", relation == 0);
    jk_shown_number(row, "before", from);
    jk_shown_number(row, "now", to);
    jk_shown_printf(row, "change", "%s%lld", to > from ? "+" : to < from ? "−" : "±", (long long)llabs(to - from));
    jk_shown_flag(row, "more", to > from);
    jk_shown_flag(row, "less", to < from);
}

static void show_subject(struct jk_web_page *page, struct subject *subject)
{
    struct compare *compare = page->state;
    struct jk_shown *map = jk_shown_map(compare->list, NULL);
    bool base = subject->scope->kind_case == JOKBO__V1__COUNT_SCOPE__KIND_BASE_MODEL;
    bool shown = subject == &compare->subjects[compare->shown];
    if (base)
        jk_shown_string(map, "base", subject->id);
    else
        (void)jk_part_team(page, map, "team", subject->id);
    jk_part_url(map, "show", subject->id);
    jk_shown_flag(map, "is_shown", shown);
    struct jk_shown *rows = jk_shown_list(map, "rows");
    for (int relation = 0; relation < RELATIONS; relation++)
        show_change_of(page, subject, rows, relation);
    if (!shown) return;
    jk_part_url(page->view, "show", subject->id);
    if (base)
        jk_shown_string(page->view, "shown_base", subject->id);
    else
        (void)jk_part_team(page, page->view, "shown_team", subject->id);
}

/* The first moment, where none is asked for, follows from the second. */
static void choose_first(struct jk_web_page *page, const Jokbo__V1__DerivativeCount *second)
{
    struct compare *compare = page->state;
    if (jk_web_page_parameter(page, at_names[0]).len > 0) return;
    int64_t time_us = second->log_time ? jk_json_time_us(second->log_time) - DAYS_BEFORE * JK_DAY_US : 0;
    compare->by_time[0] = true;
    compare->times_us[0] = time_us > 0 ? time_us : 0;
}

/* A time has become a size with the first count, for all that is asked after it. */
static void note_size(struct jk_web_page *page, const Jokbo__V1__DerivativeCount *count, unsigned which)
{
    struct compare *compare = page->state;
    if (which == 1) choose_first(page, count);
    if (which == 0 && count->log_size > compare->moments[1].size)
        jk_web_page_refuse(page, at_names[0], jk_web_page_parameter(page, at_names[0]), "parameter.not_later",
                           JK_SPAN(""));
    struct jk_shown *map = jk_shown_map(page->view, which == 0 ? "first_moment" : "second_moment");
    compare->by_time[which] = false;
    compare->moments[which].size = count->log_size;
    jk_shown_number(map, "size", count->log_size);
    jk_part_time(map, "at", count->log_time);
}

static void fold_count(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__DerivativeCount *count = (const Jokbo__V1__DerivativeCount *)reply;
    struct compare *compare = page->state;
    unsigned which = 1 - compare->next % 2;
    struct subject *subject = &compare->subjects[compare->next / 2];
    if (compare->next < 2) note_size(page, count, which);
    subject->counted[which] = count->counted;
    for (size_t i = 0; i < count->n_groups; i++) {
        int relation;
        if (jk_json_enum_parse(&jokbo__v1__relation__descriptor, count->groups[i]->key, &relation) &&
            relation < RELATIONS)
            subject->relations[which][relation] = count->groups[i]->count;
    }
    if (which == 0) show_subject(page, subject);
    compare->next++;
    ask_count(page);
}

static Jokbo__V1__AsOf *as_of(struct jk_web_page *page, unsigned which)
{
    struct compare *compare = page->state;
    Jokbo__V1__AsOf *message = jk_web_page_moment_as_of(page, &compare->moments[which]);
    if (!message || !compare->by_time[which]) return message;
    message->kind_case = JOKBO__V1__AS_OF__KIND_TIME;
    message->time = jk_to_timestamp(&page->arena, compare->times_us[which]);
    return message;
}

/* Of which parameters a count that fails speaks: its moment, and what is counted. */
static void blame_count(struct jk_web_page *page, unsigned which, const char *subject)
{
    struct jk_web_page_blame *blame = jk_arena_zalloc(&page->arena, 5, sizeof *blame);
    static const char *const of[] = {"NOT_A_BASE_MODEL", "MODEL_NOT_FOUND"};
    page->blame = blame;
    if (!blame) return;
    blame[0] = (struct jk_web_page_blame){"as_of.time", at_names[which], "parameter.moment", JK_SPAN("")};
    blame[1] = (struct jk_web_page_blame){"as_of.log_size", at_names[which], "parameter.moment", JK_SPAN("")};
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++)
        blame[2 + i] = (struct jk_web_page_blame){of[i], "of", "parameter.of_base", jk_span_of(subject)};
}

static void ask_count(struct jk_web_page *page)
{
    static Jokbo__V1__Grouping by_relation[] = {JOKBO__V1__GROUPING__GROUPING_RELATION};
    struct compare *compare = page->state;
    if (compare->next == 2 * compare->count) {
        if (compare->count > 0) jk_web_page_changes(page, compare->subjects[compare->shown].scope, compare->moments);
        return;
    }
    Jokbo__V1__CountDerivativesRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__CountDerivativesRequest, jokbo__v1__count_derivatives_request);
    if (!request) return;
    unsigned which = 1 - compare->next % 2;
    request->scope = compare->subjects[compare->next / 2].scope;
    request->as_of = as_of(page, which);
    request->rule = jk_web_page_moment_rule(page, &compare->moments[which]);
    request->group_by = by_relation;
    request->n_group_by = 1;
    blame_count(page, which, compare->subjects[compare->next / 2].id);
    jk_web_page_ask(page, "/jokbo.v1.Evaluation/CountDerivatives", request, fold_count);
    page->blame = NULL;
}

static void ask_compare(struct jk_web_page *page)
{
    struct jk_arena *arena = &page->arena;
    struct compare *compare = page->state = jk_arena_zalloc(arena, 1, sizeof *compare);
    Jokbo__V1__ListPoliciesRequest *policies =
        JK_MESSAGE(arena, Jokbo__V1__ListPoliciesRequest, jokbo__v1__list_policies_request);
    Jokbo__V1__ListBaseModelsRequest *bases =
        JK_MESSAGE(arena, Jokbo__V1__ListBaseModelsRequest, jokbo__v1__list_base_models_request);
    if (!compare || !policies || !bases) return;
    policies->page_size = bases->page_size = 1000;
    read_moment(page, 0);
    read_moment(page, 1);
    read_subjects(page);
    check_shown(page);
    if (page->refused) return;
    compare->list = jk_shown_list(page->view, "subjects");
    add_kept(page);
    add_teams(page);
    jk_web_page_ask(page, "/jokbo.v1.Stages/ListPolicies", policies, fold_policies);
    jk_web_page_ask(page, "/jokbo.v1.Registry/ListBaseModels", bases, fold_bases);
    ask_count(page);
}

void jk_web_page_compare(struct jk_web_page *page)
{
    jk_part_ask_teams(page, ask_compare);
}
