/* See stood.h. */
#include "book/stood.h"

#include <stdlib.h>

#include "book/book_internal.h"
#include "book/pair.h"

void jk_stood_init(struct jk_stood *stood, const struct jk_book *book, const struct jk_policy *policy,
                   const struct jk_verdicts *verdicts, uint32_t n)
{
    *stood = (struct jk_stood){.book = book,
                               .policy = policy,
                               .verdicts = verdicts,
                               .n = n,
                               .declared = jk_policy_has(policy, JK_REASON_ADOPTED_PATH)};
    jk_flag_reasons_fill(&stood->of_flags, policy, stood->declared);
    jk_ceiling_init(&stood->ceiling, book, policy, n);
    jk_ceiling_init(&stood->all, book, policy, n);
    stood->all.verified = false;
    jk_gone_init(&stood->gone, book, policy, n, verdicts->counted_n);
}

void jk_stood_done(struct jk_stood *stood)
{
    jk_ceiling_done(&stood->ceiling);
    jk_ceiling_done(&stood->all);
    free(stood->seen);
    free(stood->queue);
}

/* ---- one pair at the sizes of a spell ---- */

/* Taken as at the end: an exclusion that was taken back, a correction of the roster, or when a verifier spoke takes
 * nothing from anybody. */
#define AT_THE_END                                                                                                     \
    (JK_REASON_BIT(EXCLUDED) | JK_REASON_BIT(NOT_PARTICIPATING) | JK_REASON_BIT(SELF) | JK_REASON_BIT(AFFILIATE) |     \
     JK_REASON_BIT(UNATTESTED) | JK_REASON_BIT(EVIDENCE))
/* Not told by flags: by whose licences bind. */
#define APART JK_REASON_BIT(LICENSE_CONFLICT)

/* For a root that it has no more, and of which no verifier is asked. */
static jk_reasons reasons_at_the_end(const struct jk_stood *stood, uint32_t model, uint32_t root)
{
    const struct jk_root_facts *facts = &stood->verdicts->roots[root];
    jk_reasons found = jk_pair_kin(stood->book, model, facts->team, stood->n);
    if (!facts->takes_part) found |= JK_REASON_BIT(NOT_PARTICIPATING);
    if (jk_book_is_pair_excluded(stood->book, model, root, stood->n)) found |= JK_REASON_BIT(EXCLUDED);
    return found & stood->policy->on;
}

static bool is_permitted(const struct jk_stood *stood, const struct jk_verdict *rows, const struct jk_spell *spell)
{
    if (!jk_policy_has(stood->policy, JK_REASON_LICENSE_NOT_OPEN)) return true;
    if (spell->release == rows->release) return !(rows->reasons & JK_REASON_BIT(LICENSE_NOT_OPEN));
    return jk_pair_is_permitted(stood->book, stood->policy, spell->license, stood->n);
}

/* But for a licence conflict. */
static bool stood_by(const struct jk_stood *stood, const struct jk_verdict *rows, size_t count,
                     const struct jk_spell *spell)
{
    const struct jk_verdict *row = NULL;
    const struct jk_policy *policy = stood->policy;
    jk_reasons found = jk_flag_reasons_of(&stood->of_flags, spell->flags) & ~(AT_THE_END | APART);
    uint32_t depth = stood->declared ? spell->declared_depth : spell->depth;
    if (!(policy->relations >> spell->relation & 1)) found |= JK_REASON_BIT(RELATION);
    if (depth > policy->depth) found |= JK_REASON_BIT(DEPTH);
    if ((found & policy->on) != 0 || !stood->verdicts->roots[spell->root].listed) return false;
    for (size_t i = 0; i < count && !row; i++)
        if (rows[i].root == spell->root) row = &rows[i];
    jk_reasons now = row ? row->reasons & AT_THE_END : reasons_at_the_end(stood, rows->model, spell->root);
    return now == 0 && is_permitted(stood, rows, spell);
}

/* ---- licence conflicts, by whose licences bound at a size ---- */

static void queue_parents(struct jk_stood *stood, uint32_t from)
{
    const struct jk_release *release = &jk_release_row(stood->book, from)->pub;
    for (uint32_t i = 0; i < release->parent_count; i++) {
        uint32_t above = jk_book_parent_above(stood->book, &release->parents[i], stood->declared, stood->n);
        if (above == JK_NONE || stood->seen[above] == stood->walk) continue;
        stood->seen[above] = stood->walk;
        stood->queue[stood->count++] = above;
    }
}

/* Leaves in the queue the ancestors whose licences permit less than the release's. Spells of one release come together. */
static void find_limits(struct jk_stood *stood, uint32_t release)
{
    uint32_t limits = 0;
    if (stood->walk > 0 && stood->walked == release) return;
    stood->walk++;
    stood->walked = release;
    stood->count = 0;
    queue_parents(stood, release);
    for (uint32_t i = 0; i < stood->count; i++)
        queue_parents(stood, stood->queue[i]);
    stood->steps += stood->count;
    for (uint32_t i = 0; i < stood->count; i++)
        if (jk_ceiling_permits_less(&stood->all, stood->queue[i], release)) stood->queue[limits++] = stood->queue[i];
    stood->count = limits;
}

/* The last size of those in (after, until] at which an ancestor bound whose licence permits less; JK_NONE for none.
 * False: out of memory. */
static bool find_last_conflict(struct jk_stood *stood, uint32_t release, uint32_t after, uint32_t until,
                               uint32_t *out_size)
{
    bool any = false;
    *out_size = JK_NONE;
    if (!jk_policy_has(stood->policy, JK_REASON_LICENSE_CONFLICT)) return true;
    if (!jk_ceiling_conflicts(&stood->all, release, &any)) return false;
    if (!any) return true;
    size_t releases = (size_t)stood->book->releases.count + 1;
    if (!stood->seen) stood->seen = calloc(releases, sizeof *stood->seen);
    if (!stood->queue) stood->queue = malloc(releases * sizeof *stood->queue);
    if (!stood->seen || !stood->queue) return false;
    find_limits(stood, release);
    stood->steps += stood->count;
    for (uint32_t i = 0; i < stood->count && after < until; i++) {
        uint32_t model = jk_release_row(stood->book, stood->queue[i])->pub.model;
        uint32_t last = jk_ceiling_last_say(&stood->ceiling, model, after, until);
        if (last != JK_NONE) *out_size = after = last;
    }
    return true;
}

/* ---- from the end backwards ---- */

/* How far back it has stood from a size on. */
struct back {
    uint32_t at, since; /* known so far; and no need to look beyond */
    bool ended;         /* by what is so whatever the root */
    bool again;         /* a spell leads back less far than it goes: another one may lead on that was passed over */
};

/* False: out of memory. */
static bool go_back_by(struct jk_stood *stood, const struct jk_verdict *rows, size_t count,
                       const struct jk_spell *spell, struct back *back)
{
    uint32_t after = spell->from > back->since ? spell->from : back->since, gone = JK_NONE, conflict;
    if (spell->from >= back->at || spell->until < back->at || !stood_by(stood, rows, count, spell)) return true;
    if (jk_policy_has(stood->policy, JK_REASON_GONE))
        gone = jk_gone_last(&stood->gone, rows->model, spell->root, after, back->at);
    if (gone != JK_NONE) after = gone;
    if (after == back->at) return true;
    if (!find_last_conflict(stood, spell->release, after, back->at, &conflict)) return false;
    back->again = gone != JK_NONE;
    back->ended = conflict != JK_NONE;
    back->at = back->ended ? conflict : after;
    return true;
}

/* Spells come by the entries that began them, the last first: where none of the next ones leads on, none after it does. */
enum jk_status jk_stood_since(struct jk_stood *stood, const struct jk_verdict *rows, size_t count, uint32_t since,
                              const struct jk_breath *breath, uint32_t *out_entry, struct jk_error *error)
{
    struct back back = {.at = stood->n, .since = since, .again = true};
    while (back.again && !back.ended) {
        back.again = false;
        uint32_t slot = jk_model_row(stood->book, rows->model)->pub.spells;
        while (slot != JK_NONE && back.at > since && !back.ended && !back.again) {
            const struct jk_spell *spell = jk_spell_row(stood->book, slot);
            stood->steps++;
            if (!go_back_by(stood, rows, count, spell, &back)) return jk_out_of_memory(error);
            slot = spell->older;
            if (stood->steps < JK_BREATH_LINKS) continue;
            stood->steps = 0;
            JK_TRY(jk_breathe(breath, error));
        }
    }
    if (back.at == stood->n) back.at--; /* it stands at n: since the entry before, at the latest */
    *out_entry = back.at > since ? back.at : since;
    return JK_OK;
}
