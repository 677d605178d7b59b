/* Finding a rule; see count_rule.h. */
#include "service/evaluate/count_rule.h"

#include "service/evaluate/stages.h"

/* ---- policies ---- */

/* The first that was recorded under a name. */
static uint32_t first_of_name(const struct jk_view *view, struct jk_span name)
{
    uint32_t count = jk_book_policies(view->book, view->size);
    for (uint32_t slot = 0; slot < count; slot++)
        if (jk_span_equal(jk_span_of(jk_book_policy(view->book, slot)->policy.name), name)) return slot;
    return JK_NONE;
}

static enum jk_status take_policy(struct jk_call *call, const struct jk_view *view, const char *text, uint32_t n,
                                  struct jk_count_rule *rule)
{
    uint32_t slot = jk_policy_find(view->book, jk_span_of(text), n);
    if (slot == JK_NONE) slot = first_of_name(view, jk_span_of(text));
    if (slot == JK_NONE) slot = jk_policy_find(view->book, jk_span_of(text), view->size); /* by version or digest */
    if (slot == JK_NONE) return jk_policy_not_found(&call->error, text);
    const struct jk_policy_row *row = jk_book_policy(view->book, slot);
    rule->policy = row->policy;
    rule->digest = row->digest;
    rule->from = row->from;
    return JK_OK;
}

/* ---- stages ---- */

static void add_team(struct jk_count_rule *rule, uint32_t team)
{
    size_t at = rule->team_count++;
    for (; at > 0 && rule->teams[at - 1] > team; at--)
        rule->teams[at] = rule->teams[at - 1];
    rule->teams[at] = team;
}

/* A team that does not exist at n has no base model then, either. */
static void take_teams(const struct jk_book *book, struct jk_span ids, uint32_t n, struct jk_count_rule *rule)
{
    struct jk_span id;
    for (bool more = true; more && rule->team_count < JK_STAGE_TEAMS_MAX;) {
        more = jk_span_cut(&ids, ' ', &id);
        uint32_t team = jk_book_find_team(book, id, n);
        if (team != JK_NONE) add_team(rule, team);
    }
}

static const struct jk_stage *stage_at(const struct jk_view *view, uint32_t slot, uint32_t n)
{
    const struct jk_stage *stage = jk_book_stage(view->book, slot, n), *older;
    if (stage) return stage;
    stage = jk_book_stage(view->book, slot, view->size);
    while ((older = jk_book_stage(view->book, slot, stage->from)) != NULL)
        stage = older;
    return stage;
}

static enum jk_status take_stage(struct jk_call *call, const struct jk_view *view, const char *id, uint32_t n,
                                 struct jk_count_rule *rule)
{
    uint32_t slot = jk_book_find_stage(view->book, jk_span_of(id), view->size);
    if (slot == JK_NONE) return jk_stage_not_found(&call->error, id);
    const struct jk_stage *stage = stage_at(view, slot, n);
    const struct jk_policy_row *row =
        jk_book_policy(view->book, jk_book_find_policy(view->book, &stage->policy, view->size));
    rule->policy = row->policy;
    rule->digest = row->digest;
    rule->staged = true;
    rule->from = stage->from;
    take_teams(view->book, stage->teams, n, rule);
    return JK_OK;
}

/* ---- both ---- */

enum jk_status jk_count_rule_find(struct jk_call *call, const struct jk_view *view, const Jokbo__V1__CountRule *asked,
                                  uint32_t n, struct jk_count_rule *out_rule)
{
    memset(out_rule, 0, sizeof *out_rule);
    if (asked && asked->kind_case == JOKBO__V1__COUNT_RULE__KIND_POLICY)
        return take_policy(call, view, asked->policy, n, out_rule);
    if (asked && asked->kind_case == JOKBO__V1__COUNT_RULE__KIND_STAGE)
        return take_stage(call, view, asked->stage, n, out_rule);
    jk_error_field(&call->error, "rule", "is empty: give a policy or a stage");
    return jk_error_result(&call->error);
}

static enum jk_status check_revision(struct jk_call *call, const Jokbo__V1__CountRule *asked,
                                     const Jokbo__V1__AsOf *as_of)
{
    struct jk_error *error = &call->error;
    if (asked->revision < 0)
        jk_error_field(error, "rule.revision", "%d is negative: give 1 or more, or 0 for the newest", asked->revision);
    else if (asked->revision > 0 && asked->kind_case != JOKBO__V1__COUNT_RULE__KIND_STAGE)
        jk_error_field(error, "rule.revision", "%d is allowed only with a stage", asked->revision);
    else if (asked->revision > 0 && as_of)
        jk_error_field(error, "rule.revision", "%d cannot be combined with as_of: a revision has its own log size",
                       asked->revision);
    return jk_error_result(error);
}

/* The revision with that m. NULL: the stage was open when the first page was returned. */
static const struct jk_closing *closing_of_size(const struct jk_view *view, uint32_t stage, uint32_t m)
{
    const struct jk_closing *closing = jk_book_closing(view->book, stage, 0, view->size);
    while (closing && closing->m != m)
        closing = closing->revision > 1 ? jk_book_closing(view->book, stage, closing->revision - 1, view->size) : NULL;
    return closing;
}

enum jk_status jk_count_rule_closing(struct jk_call *call, const struct jk_view *view,
                                     const Jokbo__V1__CountRule *asked, const Jokbo__V1__AsOf *as_of,
                                     uint32_t page_size, const struct jk_closing **out_closing)
{
    *out_closing = NULL;
    if (!asked) return JK_OK;
    JK_TRY(check_revision(call, asked, as_of));
    if (asked->kind_case != JOKBO__V1__COUNT_RULE__KIND_STAGE || as_of) return JK_OK;
    uint32_t slot = jk_book_find_stage(view->book, jk_span_of(asked->stage), view->size);
    if (slot == JK_NONE) return jk_stage_not_found(&call->error, asked->stage);
    *out_closing = page_size ? closing_of_size(view, slot, page_size)
                             : jk_book_closing(view->book, slot, (uint32_t)asked->revision, view->size);
    if (*out_closing || asked->revision == 0) return JK_OK;
    if (!jk_book_closing(view->book, slot, 0, view->size))
        return jk_fail(&call->error, JK_FAILED_PRECONDITION, "STAGE_NOT_CLOSED",
                       "The stage \"%s\" is not closed yet, so it has no revision %d", asked->stage, asked->revision);
    return jk_revision_not_found(&call->error, asked->stage, asked->revision);
}

bool jk_count_rule_equal(const struct jk_count_rule *a, const struct jk_count_rule *b)
{
    return jk_digest_equal(&a->digest, &b->digest) && a->staged == b->staged && a->m == b->m &&
           a->team_count == b->team_count && memcmp(a->teams, b->teams, a->team_count * sizeof a->teams[0]) == 0;
}

struct jk_standing_query jk_count_rule_query(const struct jk_count_rule *rule, uint32_t n)
{
    return (struct jk_standing_query){.policy = &rule->policy,
                                      .n = n,
                                      .teams = rule->staged ? rule->teams : NULL,
                                      .team_count = rule->staged ? rule->team_count : 0,
                                      .pending_passes = rule->staged && rule->m == 0};
}
