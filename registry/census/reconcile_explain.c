/* See reconcile.h: which difference two places are, and what it follows from. */
#include "book/book_ask.h"
#include "book/why.h"
#include "census/plan.h"
#include "census/reconcile_inside.h"

static const char *const places[] = {"", "finetune", "adapter", "quantized", "merge", "deeper"};
static const struct {
    const char *word, *english;
} differences[] = {
    [JK_DIFFERENCE_SAME] = {"same", "the hub and the registry agree"},
    [JK_DIFFERENCE_RELATION] = {"other-relation", "it counts here in another relation"},
    [JK_DIFFERENCE_PARENT] = {"parent-corrected", "it counts here by other parents than the hub shows"},
    [JK_DIFFERENCE_NOT_DERIVED] = {"not-derived", "what it is made from does not lead to the base model"},
    [JK_DIFFERENCE_RE_UPLOAD] = {"re-upload", "its weights are those of another model"},
    [JK_DIFFERENCE_ABSENT] = {"absent", "the hub does not show it any more"},
    [JK_DIFFERENCE_NO_LONGER] = {"no-longer-below",
                                 "it is not on the hub any more below this base model, and still counts here"},
    [JK_DIFFERENCE_LEFT_OUT] = {"left-out", "another rule of the policy leaves it out"},
    [JK_DIFFERENCE_ONLY_HERE] = {"only-here", "no repository of it was ever observed"},
    [JK_DIFFERENCE_NOT_ASKED] = {"not-asked", "the run does not tell whether the hub has it"},
    [JK_DIFFERENCE_BLOCKED] = {"blocked", "somebody else has to decide before it can be written"},
    [JK_DIFFERENCE_LEFT_ALONE] = {"left-alone", "the census has nothing to write of it"},
    [JK_DIFFERENCE_NOT_APPLIED] = {"not-applied", "jokbo census apply has not written it yet"},
};
_Static_assert(sizeof places / sizeof places[0] == JK_PLACE_COUNT, "a word for each");
_Static_assert(sizeof differences / sizeof differences[0] == JK_DIFFERENCE_COUNT, "a word for each");

const char *jk_place_word(enum jk_place place)
{
    return places[place];
}

const char *jk_difference_word(enum jk_difference difference)
{
    return differences[difference].word;
}

const char *jk_difference_english(enum jk_difference difference)
{
    return differences[difference].english;
}

/* ---- which ---- */

static const struct jk_observation *newest_of(const struct jk_reconcile *reconcile, uint32_t model)
{
    uint32_t slot = model != JK_NONE ? jk_book_last_observation(reconcile->book, model, reconcile->n) : JK_NONE;
    return slot != JK_NONE ? jk_book_observation(reconcile->book, slot) : NULL;
}

/* The card has been changed since the release that decides, and was not released: by the commit in its version. */
static bool is_outdated(const struct jk_reconcile *reconcile, uint32_t model)
{
    static const struct jk_span prefix = {"hub-", 4};
    const struct jk_observation *seen = newest_of(reconcile, model);
    uint32_t slot = jk_book_deciding(reconcile->book, model, reconcile->n);
    if (!seen || seen->revision.len < JK_PLAN_REVISION || slot == JK_NONE) return false;
    struct jk_span version = jk_book_release(reconcile->book, slot)->version;
    if (!jk_span_starts(version, prefix) || version.len < prefix.len + JK_PLAN_REVISION) return false;
    return memcmp(version.at + prefix.len, seen->revision.at, JK_PLAN_REVISION) != 0;
}

/* The hub has it elsewhere: either it always had, or its card once said what the release here says. */
static enum jk_difference elsewhere(const struct jk_reconcile *reconcile, const struct jk_reconcile_row *row,
                                    const struct jk_reconcile_node *node)
{
    bool changed = node->planned == JK_PLANNED_NO_PATH || is_outdated(reconcile, row->model);
    return changed ? JK_DIFFERENCE_NO_LONGER : JK_DIFFERENCE_PARENT;
}

/* It counts here, and the hub does not show it below the base model. */
static enum jk_difference only_here(const struct jk_reconcile *reconcile, const struct jk_reconcile_row *row,
                                    const struct jk_reconcile_node *node)
{
    const struct jk_observation *seen = newest_of(reconcile, row->model);
    bool untold = node && (node->state == JK_CENSUS_UNKNOWN || node->state == JK_CENSUS_UNREADABLE);
    if (node && node->has_line && untold) return JK_DIFFERENCE_NOT_ASKED;
    if (node && node->has_line)
        return node->state == JK_CENSUS_ABSENT ? JK_DIFFERENCE_ABSENT : elsewhere(reconcile, row, node);
    if (!seen) return JK_DIFFERENCE_ONLY_HERE;
    return seen->state == JK_OBSERVED_ABSENT ? JK_DIFFERENCE_ABSENT : JK_DIFFERENCE_NOT_ASKED;
}

/* The hub shows it below the base model, and it does not count here. A repository that the run has under two names, as when it was
 * renamed meanwhile, stands here by one of them. */
static enum jk_difference only_there(const struct jk_reconcile *reconcile, const struct jk_reconcile_row *row,
                                     const struct jk_reconcile_node *node)
{
    bool own = row->model != JK_NONE && reconcile->node_of[row->model] == (size_t)(node - reconcile->nodes);
    enum jk_reason first = jk_reasons_first(row->reasons);
    if (first == JK_REASON_GONE) return JK_DIFFERENCE_ABSENT;
    if (first == JK_REASON_DUPLICATE || first == JK_REASON_NEAR_DUPLICATE) return JK_DIFFERENCE_RE_UPLOAD;
    if (first != JK_REASON_COUNT) return JK_DIFFERENCE_LEFT_OUT;
    if (node->planned == JK_PLANNED_BLOCKED) return JK_DIFFERENCE_BLOCKED;
    if (node->planned == JK_PLANNED_NO_PATH || own) return JK_DIFFERENCE_NOT_DERIVED;
    return JK_DIFFERENCE_LEFT_ALONE;
}

enum jk_difference jk_reconcile_judge(const struct jk_reconcile *reconcile, const struct jk_reconcile_row *row,
                                      const struct jk_reconcile_node *node)
{
    if (row->hub == row->here) return JK_DIFFERENCE_SAME;
    if (node && node->planned == JK_PLANNED_WRITE) return JK_DIFFERENCE_NOT_APPLIED;
    if (row->hub == JK_PLACE_NONE) return only_here(reconcile, row, node);
    if (row->here == JK_PLACE_NONE) return only_there(reconcile, row, node);
    bool direct = row->hub != JK_PLACE_DEEPER && row->here != JK_PLACE_DEEPER;
    return direct ? JK_DIFFERENCE_RELATION : JK_DIFFERENCE_PARENT;
}

/* ---- why ---- */

static void add_model(const struct jk_reconcile *reconcile, uint32_t model, struct jk_text *out)
{
    jk_text_add(out, jk_book_alias(reconcile->book, model, reconcile->n)->name);
}

static void add_parents(const struct jk_reconcile *reconcile, uint32_t model, struct jk_text *out)
{
    uint32_t slot = jk_book_standing_release(reconcile->book, model, reconcile->n);
    const struct jk_release *release = jk_book_release(reconcile->book, slot);
    for (uint32_t i = 0; i < release->parent_count; i++) {
        const struct jk_parent *parent = &release->parents[i];
        jk_text_add_str(out, i == 0 ? "here made from " : ", ");
        if (parent->external)
            jk_text_add(out, parent->name);
        else
            add_model(reconcile, jk_book_release(reconcile->book, parent->slot)->model, out);
    }
    if (release->parent_count == 0) jk_text_add_str(out, "here a base model itself");
}

/* Who goes first is settled for all models at once, and once. */
static enum jk_status find_first_before(struct jk_reconcile *reconcile, const struct jk_policy *policy, uint32_t model,
                                        uint32_t *out_first, struct jk_error *error)
{
    struct jk_breath none = {NULL, NULL};
    if (!reconcile->contest_made) {
        reconcile->contest_made = true; /* to be freed, whatever comes of it */
        JK_TRY(jk_contest_settle(&reconcile->contest, reconcile->book, policy,
                                 jk_standing_verdicts(reconcile->standing), reconcile->n, &none, error));
    }
    const struct jk_behind *behind = jk_contest_behind(&reconcile->contest, model);
    *out_first = behind ? behind->first : JK_NONE;
    return JK_OK;
}

static enum jk_status find_original(struct jk_reconcile *reconcile, const struct jk_reconcile_row *row,
                                    const struct jk_policy *policy, uint32_t *out_original, struct jk_error *error)
{
    const struct jk_verdict *verdict = jk_reconcile_verdict(reconcile, row->model, row->root);
    enum jk_reason reason = jk_reasons_first(row->reasons);
    struct jk_whys whys;
    struct jk_why why;
    bool contested = reason == JK_REASON_DUPLICATE && policy->rules > 1 && !(verdict->flags & JK_VERDICT_COPY);
    if (contested) return find_first_before(reconcile, policy, row->model, out_original, error);
    jk_whys_init(&whys, reconcile->book, reconcile->standing, policy, 0);
    JK_TRY(jk_why_find(&whys, verdict, reason, &why, error));
    *out_original = why.other;
    return JK_OK;
}

static enum jk_status add_copied(struct jk_reconcile *reconcile, const struct jk_reconcile_row *row,
                                 const struct jk_policy *policy, struct jk_text *out, struct jk_error *error)
{
    uint32_t original;
    JK_TRY(find_original(reconcile, row, policy, &original, error));
    if (original == JK_NONE) return JK_OK;
    jk_text_add_str(out, "the weights of ");
    add_model(reconcile, original, out);
    return JK_OK;
}

static void add_reason_words(jk_reasons reasons, struct jk_text *out)
{
    const char *between = "";
    for (; reasons; reasons &= reasons - 1, between = ", ")
        jk_text_addf(out, "%s%s", between, jk_reason_word(jk_reasons_first(reasons)));
}

static void add_absence(const struct jk_reconcile *reconcile, const struct jk_reconcile_row *row, struct jk_text *out)
{
    const struct jk_observation *seen = newest_of(reconcile, row->model);
    char time[JK_TIME_TEXT];
    if (!seen || seen->state != JK_OBSERVED_ABSENT) return;
    jk_time_format(jk_book_time(reconcile->book, seen->from), time);
    jk_text_addf(out, "gone when it was asked on %.10s", time);
}

enum jk_status jk_reconcile_explain(struct jk_reconcile *reconcile, const struct jk_reconcile_row *row,
                                    const struct jk_policy *policy, struct jk_text *out, struct jk_error *error)
{
    switch (row->difference) {
    case JK_DIFFERENCE_RELATION:
        jk_text_addf(out, "%s on the hub, %s here", places[row->hub], places[row->here]);
        if (row->from.len > 0) jk_text_addf(out, " (%.*s)", JK_SPAN_ARG(row->from));
        return JK_OK;
    case JK_DIFFERENCE_RE_UPLOAD:
        return add_copied(reconcile, row, policy, out, error);
    case JK_DIFFERENCE_ABSENT:
        add_absence(reconcile, row, out);
        return JK_OK;
    case JK_DIFFERENCE_LEFT_OUT:
        add_reason_words(row->reasons, out);
        return JK_OK;
    case JK_DIFFERENCE_PARENT:
    case JK_DIFFERENCE_NO_LONGER:
    case JK_DIFFERENCE_NOT_DERIVED:
        if (row->model != JK_NONE)
            add_parents(reconcile, row->model, out);
        else
            jk_text_add(out, row->told);
        return JK_OK;
    case JK_DIFFERENCE_NOT_ASKED:
    case JK_DIFFERENCE_BLOCKED:
    case JK_DIFFERENCE_LEFT_ALONE:
    case JK_DIFFERENCE_NOT_APPLIED:
        jk_text_add(out, row->told);
        return JK_OK;
    default:
        return JK_OK;
    }
}
