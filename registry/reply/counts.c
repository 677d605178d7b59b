/* See counts.h. */
#include "reply/counts.h"

#include <stdlib.h>

#include "book/book_ask.h"
#include "domain/license.h"

/* ---- groups ---- */

static const char *const depth_names[JK_COUNT_DEPTHS + 1] = {"0", "1",  "2",  "3",  "4",  "5",  "6",  "7",  "8",
                                                             "9", "10", "11", "12", "13", "14", "15", "16+"};

static Jokbo__V1__CountGroup *add_group(struct jk_arena *arena, Jokbo__V1__DerivativeCount *out,
                                        Jokbo__V1__Grouping grouping, const char *key, uint32_t count)
{
    Jokbo__V1__CountGroup *group = JK_MESSAGE(arena, Jokbo__V1__CountGroup, jokbo__v1__count_group);
    if (!group) return NULL;
    group->grouping = grouping;
    group->key = (char *)(uintptr_t)key;
    group->count = count;
    out->groups[out->n_groups++] = group;
    return group;
}

static void group_relations(struct jk_arena *arena, const struct jk_total *total, bool hub,
                            Jokbo__V1__DerivativeCount *out)
{
    uint32_t sums[JK_RELATION_COUNT] = {0};
    for (int i = 1; i < JK_RELATION_COUNT; i++) {
        enum jk_relation relation = hub ? jk_relation_on_hub((enum jk_relation)i) : (enum jk_relation)i;
        sums[relation] += total->by_relation[i];
    }
    Jokbo__V1__Grouping grouping =
        hub ? JOKBO__V1__GROUPING__GROUPING_HUB_RELATION : JOKBO__V1__GROUPING__GROUPING_RELATION;
    for (int i = 1; i < JK_RELATION_COUNT; i++)
        if (!hub || jk_relation_on_hub((enum jk_relation)i) == (enum jk_relation)i)
            (void)add_group(arena, out, grouping, jk_relation_text((enum jk_relation)i), sums[i]);
}

static void group_classes(struct jk_arena *arena, const struct jk_total *total, Jokbo__V1__DerivativeCount *out)
{
    for (int i = 0; i < JK_LICENSE_CLASSES; i++)
        (void)add_group(arena, out, JOKBO__V1__GROUPING__GROUPING_LICENSE_CLASS,
                        jk_license_class_text((enum jk_license_class)i), total->by_license_class[i]);
}

static void group_months(struct jk_arena *arena, const struct jk_total *total, Jokbo__V1__DerivativeCount *out)
{
    char text[8];
    for (unsigned i = 0; i < JK_COUNT_MONTHS; i++) {
        if (!total->by_month[i]) continue;
        jk_month_format(i, text);
        Jokbo__V1__CountGroup *group = add_group(arena, out, JOKBO__V1__GROUPING__GROUPING_MONTH,
                                                 jk_to_string(arena, jk_span_of(text)), total->by_month[i]);
        if (group) group->from_census = total->census_by_month[i];
    }
}

bool jk_counts_walks(Jokbo__V1__Grouping grouping)
{
    return grouping == JOKBO__V1__GROUPING__GROUPING_LICENSE || grouping == JOKBO__V1__GROUPING__GROUPING_PUBLISHER ||
           grouping == JOKBO__V1__GROUPING__GROUPING_HUB_MONTH;
}

/* Splits from counters. */
static void add_groups(struct jk_arena *arena, const struct jk_total *total, Jokbo__V1__Grouping grouping,
                       Jokbo__V1__DerivativeCount *out)
{
    switch (grouping) {
    case JOKBO__V1__GROUPING__GROUPING_RELATION:
        group_relations(arena, total, false, out);
        break;
    case JOKBO__V1__GROUPING__GROUPING_HUB_RELATION:
        group_relations(arena, total, true, out);
        break;
    case JOKBO__V1__GROUPING__GROUPING_LICENSE_CLASS:
        group_classes(arena, total, out);
        break;
    case JOKBO__V1__GROUPING__GROUPING_DEPTH:
        for (int i = 1; i <= JK_COUNT_DEPTHS; i++)
            if (total->by_depth[i])
                (void)add_group(arena, out, JOKBO__V1__GROUPING__GROUPING_DEPTH, depth_names[i], total->by_depth[i]);
        break;
    case JOKBO__V1__GROUPING__GROUPING_MONTH:
        group_months(arena, total, out);
        break;
    default:
        break;
    }
}

/* ---- one count ---- */

/* The model's name at the size; before its registration the name that it was registered under, which never changes. */
static struct jk_span base_name(const struct jk_counts *counts, uint32_t model)
{
    const struct jk_alias *alias = jk_book_alias(counts->book, model, counts->size), *older;
    if (alias) return alias->name;
    alias = jk_book_alias(counts->book, model, JK_NONE);
    while ((older = jk_book_older_alias(counts->book, alias)) != NULL)
        alias = older;
    return alias->name;
}

static Jokbo__V1__CountScope *scope_message(const struct jk_counts *counts, struct jk_scope scope)
{
    Jokbo__V1__CountScope *out = JK_MESSAGE(counts->arena, Jokbo__V1__CountScope, jokbo__v1__count_scope);
    if (!out) return NULL;
    if (scope.type == JK_SCOPE_BASE) {
        out->kind_case = JOKBO__V1__COUNT_SCOPE__KIND_BASE_MODEL;
        out->base_model = jk_to_string(counts->arena, base_name(counts, scope.slot));
    } else if (scope.type == JK_SCOPE_TEAM) {
        out->kind_case = JOKBO__V1__COUNT_SCOPE__KIND_TEAM;
        out->team = jk_to_string(counts->arena, jk_book_team(counts->book, scope.slot)->id);
    } else {
        out->kind_case = JOKBO__V1__COUNT_SCOPE__KIND_ALL;
        out->all = true;
    }
    return out;
}

/* A count without its splits. */
static Jokbo__V1__DerivativeCount *total_message(const struct jk_counts *counts, struct jk_scope scope,
                                                 const struct jk_total *total, size_t groups)
{
    Jokbo__V1__DerivativeCount *out =
        JK_MESSAGE(counts->arena, Jokbo__V1__DerivativeCount, jokbo__v1__derivative_count);
    if (!out || !(out->scope = scope_message(counts, scope))) return NULL;
    out->log_size = counts->size;
    if (counts->size) out->log_time = jk_to_timestamp(counts->arena, jk_book_time(counts->book, counts->size - 1));
    if (groups && !(out->groups = (Jokbo__V1__CountGroup **)jk_pointers(counts->arena, groups))) return NULL;
    out->registered = total->registered;
    out->yanked = total->yanked;
    out->counted = total->counted;
    out->direct = total->direct;
    out->transitive = total->transitive;
    out->independent = total->independent;
    out->license_clean = total->license_clean;
    out->distinct_publishers = total->distinct_publishers;
    out->distinct_weights = total->distinct_weights;
    out->adopted = total->adopted;
    return out;
}

/* With a rule: every reason that its policy has, what is pending, and the policy's digest. */
static bool add_left_out(const struct jk_counts *counts, const struct jk_policy_total *total,
                         Jokbo__V1__DerivativeCount *out)
{
    const struct jk_counts_rule *rule = counts->rule;
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(rule->digest, hex);
    out->policy_sha256 = jk_to_string(counts->arena, (struct jk_span){hex, JK_DIGEST_HEX});
    out->pending = total->pending;
    out->left_out = (Jokbo__V1__ReasonCount **)jk_pointers(counts->arena, JK_REASON_COUNT);
    for (int i = 0; out->left_out && i < JK_REASON_COUNT; i++) {
        if (!jk_policy_has(rule->policy, (enum jk_reason)i)) continue;
        Jokbo__V1__ReasonCount *one = JK_MESSAGE(counts->arena, Jokbo__V1__ReasonCount, jokbo__v1__reason_count);
        if (!one) return false;
        one->reason = jk_counts_reason((enum jk_reason)i);
        one->count = total->left_out[i];
        out->left_out[out->n_left_out++] = one;
    }
    return out->left_out != NULL;
}

Jokbo__V1__Reason jk_counts_reason(enum jk_reason reason)
{
    static const Jokbo__V1__Reason reasons[JK_REASON_COUNT + 1] = {
#define JK_REASON(name, since, word, english, korean) [JK_REASON_##name] = JOKBO__V1__REASON__REASON_##name,
#include "domain/reason.def"
#undef JK_REASON
        [JK_REASON_COUNT] = JOKBO__V1__REASON__REASON_UNSPECIFIED};
    return reasons[reason];
}

/* From the cube's counters, or by a walk, which alone needs a total of its own: that is larger than all else of a count,
 * so that the call's arena could not keep its memory for the next. A scope of which the cube knows nothing has nothing. */
static enum jk_status find_total(const struct jk_counts *counts, struct jk_scope scope,
                                 const struct jk_total **out_total, struct jk_error *error)
{
    static const struct jk_total nothing;
    if (counts->rule) {
        *out_total = &counts->rule->total->plain;
        return JK_OK;
    }
    if (counts->cube && counts->size == jk_cube_size(counts->cube)) {
        const struct jk_total *total = jk_cube_total(counts->cube, scope);
        *out_total = total ? total : &nothing;
        return JK_OK;
    }
    struct jk_total *walked = jk_arena_alloc(counts->arena, sizeof *walked);
    *out_total = walked;
    if (!walked) return jk_out_of_memory(error);
    return jk_count_at(counts->book, scope, counts->size, walked, error);
}

static enum jk_group_by group_by(Jokbo__V1__Grouping grouping)
{
    if (grouping == JOKBO__V1__GROUPING__GROUPING_HUB_MONTH) return JK_GROUP_HUB_MONTH;
    return grouping == JOKBO__V1__GROUPING__GROUPING_PUBLISHER ? JK_GROUP_PUBLISHER : JK_GROUP_LICENSE;
}

static const char *group_key(const struct jk_counts *counts, enum jk_group_by by, uint32_t slot)
{
    char month[8] = "none";
    if (by == JK_GROUP_PUBLISHER) return jk_to_string(counts->arena, jk_book_publisher(counts->book, slot)->name);
    if (by == JK_GROUP_LICENSE) return jk_to_string(counts->arena, jk_book_license_text(counts->book, slot));
    if (slot < JK_COUNT_MONTHS) jk_month_format(slot, month);
    return jk_to_string(counts->arena, jk_span_of(month));
}

/* Those of the page. */
static enum jk_status add_groups_of_page(const struct jk_counts *counts, const struct jk_counts_wish *wish,
                                         Jokbo__V1__Grouping grouping, Jokbo__V1__DerivativeCount *out,
                                         uint64_t *out_next, struct jk_error *error)
{
    struct jk_group *groups;
    size_t count, first = (size_t)wish->first;
    enum jk_group_by by = group_by(grouping);
    JK_TRY(counts->rule
               ? jk_standing_groups(counts->rule->standing, counts->book, wish->scope, by, counts->arena, &groups,
                                    &count, error)
               : jk_count_groups(counts->book, wish->scope, by, counts->size, counts->arena, &groups, &count, error));
    size_t end = count > first + wish->page_size ? first + wish->page_size : count;
    for (size_t i = first; i < end; i++)
        if (!add_group(counts->arena, out, grouping, group_key(counts, by, groups[i].slot), groups[i].count))
            return jk_out_of_memory(error);
    if (end < count && wish->group_count == 1) *out_next = end;
    return JK_OK;
}

enum jk_status jk_counts_one(const struct jk_counts *counts, const struct jk_counts_wish *wish,
                             Jokbo__V1__DerivativeCount **out_count, uint64_t *out_next, struct jk_error *error)
{
    const struct jk_total *total;
    *out_next = 0;
    JK_TRY(find_total(counts, wish->scope, &total, error));

    /* room for all splits that were asked for */
    size_t room = 0;
    for (size_t i = 0; i < wish->group_count; i++)
        room += jk_counts_walks(wish->group_by[i])                         ? wish->page_size
                : wish->group_by[i] == JOKBO__V1__GROUPING__GROUPING_MONTH ? JK_COUNT_MONTHS
                                                                           : 32;

    Jokbo__V1__DerivativeCount *out = total_message(counts, wish->scope, total, room);
    if (!out || (counts->rule && !add_left_out(counts, counts->rule->total, out))) return jk_out_of_memory(error);
    for (size_t i = 0; i < wish->group_count; i++) {
        if (jk_counts_walks(wish->group_by[i])) {
            JK_TRY(add_groups_of_page(counts, wish, wish->group_by[i], out, out_next, error));
        } else {
            add_groups(counts->arena, total, wish->group_by[i], out);
        }
    }
    if (counts->arena->exhausted) return jk_out_of_memory(error);
    *out_count = out;
    return JK_OK;
}

/* ---- all of them ---- */

/* Every scope: the bases on the roster at the size in order of listing, the teams, all. NULL: out of memory. */
static struct jk_scope *list_scopes(const struct jk_counts *counts, size_t *out_bases, size_t *out_teams)
{
    uint32_t listed = 0, teams = jk_book_teams(counts->book, counts->size), model;
    while (jk_book_listed(counts->book, listed, counts->size) != JK_NONE)
        listed++;
    struct jk_scope *scopes = jk_arena_alloc(counts->arena, ((size_t)listed + teams + 1) * sizeof *scopes);
    size_t count = 0;
    if (!scopes) return NULL;
    for (uint32_t i = 0; (model = jk_book_listed(counts->book, i, counts->size)) != JK_NONE; i++)
        if (jk_book_base(counts->book, model, counts->size)) scopes[count++] = (struct jk_scope){JK_SCOPE_BASE, model};
    *out_bases = count;
    *out_teams = teams;
    for (uint32_t i = 0; i < teams; i++)
        scopes[count++] = (struct jk_scope){JK_SCOPE_TEAM, i};
    scopes[count] = (struct jk_scope){JK_SCOPE_ALL, 0};
    return scopes;
}

/* From the cube's counters, or all by one walk; with a rule under its policy, the late ones included. */
static enum jk_status find_totals(const struct jk_counts *counts, const struct jk_scope *scopes, size_t count,
                                  struct jk_policy_total *totals, struct jk_error *error)
{
    const struct jk_counts_rule *rule = counts->rule;
    const struct jk_total *total;
    if (rule) {
        JK_TRY(jk_standing_totals(rule->standing, counts->book, scopes, count, totals, error));
        for (size_t i = 0; rule->late && i < count; i++)
            jk_late_add(rule->late, counts->book, scopes[i], &totals[i]);
        return JK_OK;
    }
    if (counts->cube && counts->size == jk_cube_size(counts->cube)) {
        for (size_t i = 0; i < count; i++)
            if ((total = jk_cube_total(counts->cube, scopes[i])) != NULL) totals[i].plain = *total;
        return JK_OK;
    }
    struct jk_total *plain = calloc(count, sizeof *plain);
    if (!plain) return jk_out_of_memory(error);
    enum jk_status status = jk_count_totals(counts->book, scopes, count, counts->size, plain, error);
    for (size_t i = 0; i < count; i++)
        totals[i].plain = plain[i];
    free(plain);
    return status;
}

static bool add_totals(const struct jk_counts *counts, const struct jk_scope *scopes,
                       const struct jk_policy_total *totals, size_t count, Jokbo__V1__DerivativeCount **out,
                       size_t *out_count)
{
    for (size_t i = 0; out && i < count; i++) {
        if (!(out[i] = total_message(counts, scopes[i], &totals[i].plain, 0))) return false;
        if (counts->rule && !add_left_out(counts, &totals[i], out[i])) return false;
        ++*out_count;
    }
    return out != NULL;
}

enum jk_status jk_counts_all(const struct jk_counts *counts, Jokbo__V1__ListCountsResponse *out_reply,
                             struct jk_error *error)
{
    size_t bases, teams, all = 0;
    struct jk_scope *scopes = list_scopes(counts, &bases, &teams);
    struct jk_policy_total *totals = scopes ? calloc(bases + teams + 1, sizeof *totals) : NULL;
    if (!totals) return jk_out_of_memory(error);
    enum jk_status status = find_totals(counts, scopes, bases + teams + 1, totals, error);
    if (status != JK_OK) {
        free(totals);
        return status;
    }
    out_reply->bases = (Jokbo__V1__DerivativeCount **)jk_pointers(counts->arena, bases + 1);
    out_reply->teams = (Jokbo__V1__DerivativeCount **)jk_pointers(counts->arena, teams + 1);
    bool done = add_totals(counts, scopes, totals, bases, out_reply->bases, &out_reply->n_bases) &&
                add_totals(counts, scopes + bases, totals + bases, teams, out_reply->teams, &out_reply->n_teams) &&
                add_totals(counts, scopes + bases + teams, totals + bases + teams, 1, &out_reply->all, &all);
    free(totals);
    if (!done) return jk_out_of_memory(error);
    out_reply->log_size = counts->size;
    out_reply->log_time = out_reply->all->log_time;
    return JK_OK;
}
