/* Random work of evaluators; see history_stages.h. */
#include "support/history_stages.h"

#include "book/stage.h"
#include "domain/policy.h"

static const char *const stages[] = {"stage-1", "stage-2", "stage-3"};

static uint32_t below(struct jk_random *random, uint32_t bound)
{
    return jk_random_below(random, bound);
}

/* What few in a random history pass is asked seldom, so that the rest is not hidden by it. */
static void some_vouching(struct jk_random *random, struct jk_policy *policy)
{
    static const jk_reasons by_verifiers = JK_REASON_BIT(UNATTESTED) | JK_REASON_BIT(EVIDENCE);
    if (below(random, 3)) policy->on &= ~by_verifiers;
    policy->verifiers = 1 + below(random, 3) % 2;
    for (int i = JK_RELATION_FINETUNE; i < JK_RELATION_COUNT; i++)
        if (below(random, 4)) policy->grades[i] = JK_GRADE_SHAPE + below(random, JK_GRADES - JK_GRADE_SHAPE);
    if (policy->grades[JK_RELATION_FINETUNE] == JK_GRADE_CONTRADICTED)
        policy->grades[JK_RELATION_FINETUNE] = JK_GRADE_SHAPE;
}

struct jk_policy jk_history_policy(struct jk_random *random, uint32_t version)
{
    struct jk_policy policy = {.name = "random", .version = version, .rules = 1 + below(random, JK_RULE_SET)};
    for (int i = 0; i < JK_REASON_COUNT; i++)
        if (i == JK_REASON_LATE || below(random, 3)) policy.on |= (jk_reasons)1 << i;
    policy.on &= jk_reasons_of(policy.rules);
    for (int i = JK_RELATION_FINETUNE; i < JK_RELATION_COUNT; i++)
        if (below(random, 4)) policy.relations |= 1u << i;
    if (policy.relations == 0) policy.relations = 1u << JK_RELATION_FINETUNE;
    for (int i = 0; i < JK_PERMISSION_KINDS; i++)
        policy.demands[i] = (enum jk_permission)below(random, 4);
    if (policy.demands[0] + policy.demands[1] + policy.demands[2] == 0) policy.demands[0] = JK_PERMISSION_UNKNOWN;
    policy.gone_days = 1 + below(random, 60);
    policy.depth = 1 + below(random, 3);
    policy.cap = 1 + below(random, 4);
    policy.unknown_passes = below(random, 2);
    policy.lenient = below(random, 2);
    policy.held = policy.rules > 1 && below(random, 2);
    policy.unknown_permits = policy.rules > 1 && below(random, 2);
    some_vouching(random, &policy);
    if (below(random, 4) == 0)
        policy.on =
            (JK_REASON_BIT(LATE) | JK_REASON_BIT(DUPLICATE) | JK_REASON_BIT(NEAR_DUPLICATE) | JK_REASON_BIT(CAP)) &
            jk_reasons_of(policy.rules);
    return policy;
}

static enum jk_status some_policy(struct jk_ledger *ledger, struct jk_random *random)
{
    struct jk_policy policy = jk_history_policy(random, jk_book_policies(ledger->book, JK_NONE) + 1);
    struct jk_entry entry = {.kind = JK_KIND_POLICY, .actor.type = JK_ACTOR_EVALUATOR};
    struct jk_text text;
    jk_text_init(&text, 0);
    jk_policy_write(&policy, &text);
    entry.policy = jk_text_span(&text);
    enum jk_status status = jk_ledger_add(ledger, &entry);
    jk_text_done(&text);
    return status;
}

static void some_teams(struct jk_ledger *ledger, struct jk_random *random, struct jk_text *out)
{
    struct jk_span ids[8];
    size_t count = 0;
    for (uint32_t team = 0; team < jk_book_teams(ledger->book, JK_NONE) && count < 8; team++)
        if (below(random, 2) || team == 0) ids[count++] = jk_book_team(ledger->book, team)->id;
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j > 0 && jk_span_compare(ids[j - 1], ids[j]) > 0; j--) {
            struct jk_span id = ids[j];
            ids[j] = ids[j - 1];
            ids[j - 1] = id;
        }
    for (size_t i = 0; i < count; i++)
        jk_text_addf(out, "%s%.*s", i ? " " : "", JK_SPAN_ARG(ids[i]));
}

static enum jk_status some_stage(struct jk_ledger *ledger, struct jk_random *random)
{
    uint32_t policies = jk_book_policies(ledger->book, JK_NONE);
    const char *id = stages[below(random, 3)];
    struct jk_entry entry = {.kind = JK_KIND_STAGE,
                             .actor.type = JK_ACTOR_EVALUATOR,
                             .stage = jk_span_of(id),
                             .name = JK_SPAN("A stage"),
                             .name_ko = JK_SPAN("어느 단계"),
                             .evidence = JK_SPAN("invented"),
                             .from_us = ledger->time_us + (int64_t)below(random, 10) * JK_DAY_US,
                             .disputes_us = JK_TIME_NONE};
    struct jk_text teams;
    if (policies == 0) return some_policy(ledger, random);
    entry.until_us = entry.from_us + (int64_t)(1 + below(random, 20)) * JK_DAY_US;
    if (below(random, 2)) entry.disputes_us = entry.until_us + (int64_t)below(random, 20) * JK_DAY_US;
    entry.digest = jk_book_policy(ledger->book, below(random, policies))->digest;
    jk_text_init(&teams, 0);
    some_teams(ledger, random, &teams);
    entry.teams = jk_text_span(&teams);
    enum jk_status status = jk_ledger_add(ledger, &entry);
    jk_text_done(&teams);
    return status;
}

/* The report's digests are of nothing: the book does not look at them. */
static enum jk_status some_close(struct jk_ledger *ledger, struct jk_random *random)
{
    uint32_t count = jk_book_stages(ledger->book, JK_NONE), stage = count ? below(random, count) : 0;
    const struct jk_stage *facts = count ? jk_book_stage(ledger->book, stage, JK_NONE) : NULL;
    struct jk_digest digest = jk_ledger_digest(1 + below(random, 100));
    struct jk_entry entry = {.kind = JK_KIND_CLOSE, .actor.type = JK_ACTOR_SERVER, .text = digest};
    if (!facts) return JK_DATA_LOSS;
    const struct jk_closing *last = jk_book_closing(ledger->book, stage, 0, JK_NONE);
    entry.stage = facts->id;
    entry.revision = last ? last->revision + 1 : 1;
    entry.m = jk_book_size(ledger->book);
    entry.n = jk_book_size_at(ledger->book, (uint32_t)entry.m, facts->cutoff_us);
    if (!last) entry.m = entry.n;
    entry.digest = facts->policy;
    entry.table = entry.json = entry.members = entry.left_out = digest;
    return jk_ledger_add(ledger, &entry);
}

static enum jk_status some_ruling(struct jk_ledger *ledger, struct jk_random *random, const char *model,
                                  enum jk_kind kind)
{
    struct jk_entry entry = {.kind = kind,
                             .actor.type = JK_ACTOR_EVALUATOR,
                             .model = jk_span_of(model),
                             .evidence = JK_SPAN("spam"),
                             .needs_second = below(random, 2) ? JK_ANSWER_YES : JK_ANSWER_NO};
    return jk_ledger_add(ledger, &entry);
}

/* About a root of the model, mostly. */
static enum jk_status some_pair_ruling(struct jk_ledger *ledger, struct jk_random *random, const char *model,
                                       enum jk_kind kind)
{
    uint32_t slot = jk_book_find_model(ledger->book, jk_span_of(model), JK_NONE);
    const struct jk_spell *spell = jk_book_spell(ledger->book, slot, JK_NONE, NULL);
    uint32_t root = spell && below(random, 5) ? spell->root : below(random, jk_book_models(ledger->book, JK_NONE));
    struct jk_entry entry = {.kind = kind,
                             .actor.type = JK_ACTOR_EVALUATOR,
                             .model = jk_span_of(model),
                             .root = jk_book_alias(ledger->book, root, JK_NONE)->name,
                             .evidence = JK_SPAN("a wrong claim"),
                             .needs_second = below(random, 2) ? JK_ANSWER_YES : JK_ANSWER_NO};
    return jk_ledger_add(ledger, &entry);
}

/* Some derivative with an ancestor's content, where a few tries meet one; else the model. */
static uint32_t some_copy(struct jk_ledger *ledger, struct jk_random *random, uint32_t model)
{
    for (int i = 0; i < 30; i++) {
        uint32_t slot = below(random, jk_book_models(ledger->book, JK_NONE));
        const struct jk_spell *spell = jk_book_spell(ledger->book, slot, JK_NONE, NULL);
        if (spell && (spell->flags & JK_FLAG_ANCESTOR_SAME)) return slot;
    }
    return model;
}

static enum jk_status some_origin(struct jk_ledger *ledger, struct jk_random *random, const char *model)
{
    uint32_t slot = jk_book_find_model(ledger->book, jk_span_of(model), JK_NONE);
    if (below(random, 2)) slot = some_copy(ledger, random, slot);
    uint32_t release = jk_book_newest(ledger->book, slot, JK_NONE);
    struct jk_entry entry = {.kind = JK_KIND_ORIGIN,
                             .actor.type = JK_ACTOR_EVALUATOR,
                             .model = jk_book_alias(ledger->book, slot, JK_NONE)->name,
                             .evidence = JK_SPAN("training logs"),
                             .needs_second = below(random, 3) ? JK_ANSWER_NO : JK_ANSWER_YES};
    while (below(random, 3) == 0 && jk_book_release(ledger->book, release)->older != JK_NONE)
        release = jk_book_release(ledger->book, release)->older;
    entry.release = jk_book_release(ledger->book, release)->hash;
    return jk_ledger_add(ledger, &entry);
}

/* What makes or ends an adoption is an entry of its own: this one has no effect. */
static enum jk_status some_approval(struct jk_ledger *ledger, struct jk_random *random, const char *model,
                                    enum jk_kind kind)
{
    struct jk_entry entry = {.kind = kind,
                             .actor.type = JK_ACTOR_EVALUATOR,
                             .external = JK_SPAN("huggingface.co/a/b"),
                             .model = jk_span_of(model),
                             .evidence = JK_SPAN("the same model"),
                             .needs_second = below(random, 2) ? JK_ANSWER_YES : JK_ANSWER_NO};
    return jk_ledger_add(ledger, &entry);
}

static enum jk_status some_claim_dispute(struct jk_ledger *ledger, struct jk_random *random, const char *model,
                                         enum jk_kind kind)
{
    uint32_t other = below(random, jk_book_models(ledger->book, JK_NONE));
    uint32_t externals = jk_book_externals(ledger->book, JK_NONE);
    struct jk_entry entry = {.kind = kind,
                             .actor = {JK_ACTOR_PUBLISHER, JK_SPAN("kim")},
                             .model = jk_span_of(model),
                             .against = jk_book_alias(ledger->book, other, JK_NONE)->name};
    if (kind == JK_KIND_DISPUTE_ORIGIN) return jk_ledger_add(ledger, &entry);
    if (externals == 0) return JK_DATA_LOSS;
    uint32_t slot = below(random, externals);
    const struct jk_adoption *adoption = jk_book_adoption_of(ledger->book, slot, JK_NONE);
    entry.external = jk_book_external(ledger->book, slot)->name;
    if (adoption) entry.model = jk_book_alias(ledger->book, adoption->model, JK_NONE)->name;
    return jk_ledger_add(ledger, &entry);
}

static enum jk_status some_second(struct jk_ledger *ledger, struct jk_random *random, enum jk_kind kind)
{
    uint32_t count = jk_book_rulings(ledger->book, JK_NONE);
    struct jk_entry entry = {.kind = kind, .actor.type = JK_ACTOR_EVALUATOR};
    if (count == 0) return JK_DATA_LOSS;
    entry.target = jk_book_ruling(ledger->book, below(random, count))->from;
    return jk_ledger_add(ledger, &entry);
}

static enum jk_status some_dispute(struct jk_ledger *ledger, struct jk_random *random, const char *model)
{
    uint32_t rulings = jk_book_rulings(ledger->book, JK_NONE);
    struct jk_entry entry = {.kind = JK_KIND_DISPUTE,
                             .actor = {JK_ACTOR_PUBLISHER, JK_SPAN("somebody")},
                             .model = jk_span_of(model),
                             .about = below(random, 2) ? JK_ABOUT_PARENT : JK_ABOUT_STANDING,
                             .target = JK_TARGET_NONE};
    if (below(random, 3) == 0) entry.stage = jk_span_of(stages[below(random, 3)]);
    if (rulings > 0 && below(random, 2)) {
        const struct jk_ruling *ruling = jk_book_ruling(ledger->book, below(random, rulings));
        if (ruling->model == JK_NONE) return JK_DATA_LOSS; /* on a verifier: nobody disputes it */
        entry.about = JK_ABOUT_RULING;
        entry.target = ruling->from;
        entry.model = jk_book_alias(ledger->book, ruling->model, JK_NONE)->name;
    }
    return jk_ledger_add(ledger, &entry);
}

static enum jk_status some_resolve(struct jk_ledger *ledger, struct jk_random *random)
{
    uint32_t count = jk_book_disputes(ledger->book, JK_NONE);
    struct jk_entry entry = {.kind = JK_KIND_RESOLVE, .actor.type = JK_ACTOR_EVALUATOR};
    if (count == 0) return JK_DATA_LOSS;
    entry.target = jk_book_dispute(ledger->book, below(random, count))->from;
    entry.outcome = below(random, 2) ? JK_OUTCOME_UPHELD : JK_OUTCOME_DISMISSED;
    return jk_ledger_add(ledger, &entry);
}

enum jk_status jk_history_evaluate(struct jk_ledger *ledger, struct jk_random *random, const char *model,
                                   enum jk_kind *out_kind)
{
    static const enum jk_kind kinds[] = {
        JK_KIND_POLICY,        JK_KIND_STAGE,           JK_KIND_STAGE,          JK_KIND_CLOSE,
        JK_KIND_EXCLUDE,       JK_KIND_EXCLUDE,         JK_KIND_RESTORE,        JK_KIND_CONFIRM,
        JK_KIND_CONFIRM,       JK_KIND_REJECT,          JK_KIND_DISPUTE,        JK_KIND_RESOLVE,
        JK_KIND_EXCLUDE_ROOT,  JK_KIND_RESTORE_ROOT,    JK_KIND_ORIGIN,         JK_KIND_ORIGIN,
        JK_KIND_APPROVE_ADOPT, JK_KIND_APPROVE_UNADOPT, JK_KIND_DISPUTE_ORIGIN, JK_KIND_DISPUTE_ADOPTION};
    enum jk_kind kind = *out_kind = kinds[below(random, sizeof kinds / sizeof *kinds)];
    switch (kind) {
    case JK_KIND_POLICY:
        return some_policy(ledger, random);
    case JK_KIND_STAGE:
        if (jk_book_policies(ledger->book, JK_NONE) == 0) *out_kind = JK_KIND_POLICY;
        return some_stage(ledger, random);
    case JK_KIND_CLOSE:
        return some_close(ledger, random);
    case JK_KIND_CONFIRM:
    case JK_KIND_REJECT:
        return some_second(ledger, random, kind);
    case JK_KIND_DISPUTE:
        return some_dispute(ledger, random, model);
    case JK_KIND_DISPUTE_ORIGIN:
    case JK_KIND_DISPUTE_ADOPTION:
        return some_claim_dispute(ledger, random, model, kind);
    case JK_KIND_RESOLVE:
        return some_resolve(ledger, random);
    case JK_KIND_EXCLUDE_ROOT:
    case JK_KIND_RESTORE_ROOT:
        return some_pair_ruling(ledger, random, model, kind);
    case JK_KIND_ORIGIN:
        return some_origin(ledger, random, model);
    case JK_KIND_APPROVE_ADOPT:
    case JK_KIND_APPROVE_UNADOPT:
        return some_approval(ledger, random, model, kind);
    default:
        return some_ruling(ledger, random, model, kind);
    }
}
