/* Policies, stages and their closings; see stage.h. */
#include "book/book_internal.h"

static bool before(uint32_t from, uint32_t n)
{
    return from < n;
}

/* ---- policies ---- */

uint32_t jk_book_policies(const struct jk_book *book, uint32_t n)
{
    uint32_t count = book->policies.count;
    while (count > 0 && !before(jk_policy_row(book, count - 1)->from, n))
        count--;
    return count;
}

const struct jk_policy_row *jk_book_policy(const struct jk_book *book, uint32_t slot)
{
    return jk_policy_row(book, slot);
}

uint32_t jk_book_find_policy(const struct jk_book *book, const struct jk_digest *digest, uint32_t n)
{
    for (uint32_t slot = jk_book_policies(book, n); slot-- > 0;)
        if (jk_digest_equal(&jk_policy_row(book, slot)->digest, digest)) return slot;
    return JK_NONE;
}

uint32_t jk_book_find_policy_name(const struct jk_book *book, struct jk_span name, uint32_t version, uint32_t n)
{
    uint32_t found = JK_NONE, highest = 0;
    for (uint32_t slot = jk_book_policies(book, n); slot-- > 0;) {
        const struct jk_policy *policy = &jk_policy_row(book, slot)->policy;
        if (!jk_span_equal(jk_span_of(policy->name), name)) continue;
        if (version ? policy->version != version : policy->version <= highest) continue;
        found = slot;
        highest = policy->version;
    }
    return found;
}

enum jk_status jk_book_apply_policy(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    struct jk_policy policy;
    uint32_t slot;
    JK_TRY(jk_policy_parse(entry->policy, &policy, error));
    if (jk_book_find_policy_name(book, jk_span_of(policy.name), policy.version, JK_NOW) != JK_NONE)
        return JK_BOOK_REFUSE(error, "entry %u: policy %s has a version %u already", book->size, policy.name,
                              policy.version);
    struct jk_policy_row *row = jk_book_append(book, &book->policies, &slot);
    if (row)
        *row = (struct jk_policy_row){.from = book->size,
                                      .digest = jk_digest_of(entry->policy),
                                      .text = jk_book_copy(book, entry->policy),
                                      .policy = policy};
    return JK_OK;
}

/* ---- stages ---- */

uint32_t jk_book_stages(const struct jk_book *book, uint32_t n)
{
    uint32_t count = book->stages.count;
    while (count > 0 && !before(jk_stage_row(book, count - 1)->first, n))
        count--;
    return count;
}

const struct jk_stage *jk_book_stage(const struct jk_book *book, uint32_t stage, uint32_t n)
{
    uint32_t slot = jk_stage_row(book, stage)->facts;
    while (slot != JK_NONE && !before(jk_stage_facts(book, slot)->from, n))
        slot = jk_stage_facts(book, slot)->older;
    return slot == JK_NONE ? NULL : jk_stage_facts(book, slot);
}

uint32_t jk_book_find_stage(const struct jk_book *book, struct jk_span id, uint32_t n)
{
    for (uint32_t stage = jk_book_stages(book, n); stage-- > 0;)
        if (jk_span_equal(jk_stage_row(book, stage)->id, id)) return stage;
    return JK_NONE;
}

const struct jk_closing *jk_book_closing(const struct jk_book *book, uint32_t stage, uint32_t revision, uint32_t n)
{
    uint32_t slot = jk_stage_row(book, stage)->closings;
    for (; slot != JK_NONE; slot = jk_closing_row(book, slot)->older) {
        const struct jk_closing *row = jk_closing_row(book, slot);
        if (before(row->from, n) && (revision == 0 || row->revision == revision)) return row;
    }
    return NULL;
}

static const char *team_fault(const struct jk_book *book, struct jk_span teams)
{
    struct jk_span team;
    for (bool more = true; more;) {
        more = jk_span_cut(&teams, ' ', &team);
        if (jk_book_find_team(book, team, JK_NOW) == JK_NONE) return "names a team that is not on the roster";
    }
    return NULL;
}

static bool only_teams_differ(const struct jk_stage *now, const struct jk_entry *entry)
{
    return jk_span_equal(now->title, entry->name) && jk_span_equal(now->title_ko, entry->name_ko) &&
           jk_span_equal(now->source, entry->evidence) && now->opens_us == entry->from_us &&
           now->cutoff_us == entry->until_us && now->disputes_us == entry->disputes_us &&
           jk_digest_equal(&now->policy, &entry->digest);
}

const char *jk_book_stage_fault(const struct jk_book *book, const struct jk_entry *entry, int64_t time_us)
{
    uint32_t stage = jk_book_find_stage(book, entry->stage, JK_NOW);
    const struct jk_stage *now = stage == JK_NONE ? NULL : jk_book_stage(book, stage, JK_NOW);
    if (now && time_us >= now->cutoff_us) return "is past its cut-off and cannot change any more";
    if (entry->until_us <= entry->from_us) return "must have its cut-off after its opening";
    if (entry->disputes_us != JK_TIME_NONE && entry->disputes_us < entry->until_us)
        return "must not end disputes before its cut-off";
    if (jk_book_find_policy(book, &entry->digest, JK_NOW) == JK_NONE) return "names a policy that is not recorded";
    const char *fault = team_fault(book, entry->teams);
    if (fault) return fault;
    if (time_us >= entry->until_us) return "must have its cut-off in the future";
    if (!now || time_us < now->opens_us) return NULL;
    return only_teams_differ(now, entry) ? NULL : "has opened: only its teams can change until the cut-off";
}

static uint32_t intern_stage(struct jk_book *book, struct jk_span id)
{
    uint32_t stage = jk_book_find_stage(book, id, JK_NOW);
    if (stage != JK_NONE) return stage;
    struct jk_stage_row *row = jk_book_append(book, &book->stages, &stage);
    if (!row) return JK_NONE;
    *row =
        (struct jk_stage_row){.id = jk_book_copy(book, id), .first = book->size, .facts = JK_NONE, .closings = JK_NONE};
    return stage;
}

enum jk_status jk_book_apply_stage(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    const char *fault = jk_book_stage_fault(book, entry, entry->time_us);
    uint32_t slot;
    if (fault) return JK_BOOK_REFUSE(error, "entry %u: stage %.*s %s", book->size, JK_SPAN_ARG(entry->stage), fault);
    uint32_t stage = intern_stage(book, entry->stage);
    struct jk_stage *facts = jk_book_append(book, &book->stage_facts, &slot);
    if (stage == JK_NONE || !facts) return JK_OK; /* out of memory: said at the end */
    struct jk_stage_row *row = jk_stage_row(book, stage);
    *facts = (struct jk_stage){.from = book->size,
                               .id = row->id,
                               .title = jk_book_copy(book, entry->name),
                               .title_ko = jk_book_copy(book, entry->name_ko),
                               .teams = jk_book_copy(book, entry->teams),
                               .source = jk_book_copy(book, entry->evidence),
                               .opens_us = entry->from_us,
                               .cutoff_us = entry->until_us,
                               .disputes_us = entry->disputes_us,
                               .policy = entry->digest,
                               .older = row->facts};
    jk_book_set(book, &row->facts, slot);
    return JK_OK;
}

/* ---- closings ---- */

static const char *closing_fault(const struct jk_book *book, const struct jk_entry *entry, uint32_t stage)
{
    const struct jk_stage *facts = jk_book_stage(book, stage, JK_NOW);
    const struct jk_closing *last = jk_book_closing(book, stage, 0, JK_NOW);
    if (entry->time_us < facts->cutoff_us) return "is closed before its cut-off";
    if (entry->revision != (last ? last->revision + 1 : 1)) return "has another revision next";
    if (entry->n != jk_book_size_at(book, book->size, facts->cutoff_us))
        return "has another number of entries before its cut-off";
    if (entry->n > entry->m || entry->m > book->size) return "needs sizes that follow one another: n, m, the log's";
    if (!last && entry->m != entry->n) return "is closed the first time with m = n, so that it matters not when";
    if (last && entry->m <= last->m) return "needs a larger m than the revision before";
    if (!jk_digest_equal(&entry->digest, &facts->policy)) return "has another policy";
    if (last && jk_digest_is_zero(&entry->text)) return "needs a text that says why there is a new revision";
    return NULL;
}

enum jk_status jk_book_apply_close(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    uint32_t stage = jk_book_find_stage(book, entry->stage, JK_NOW), slot;
    if (stage == JK_NONE)
        return JK_BOOK_REFUSE(error, "entry %u: there is no stage %.*s", book->size, JK_SPAN_ARG(entry->stage));
    const char *fault = closing_fault(book, entry, stage);
    if (fault) return JK_BOOK_REFUSE(error, "entry %u: stage %.*s %s", book->size, JK_SPAN_ARG(entry->stage), fault);
    struct jk_closing *row = jk_book_append(book, &book->closings, &slot);
    if (!row) return JK_OK;
    *row = (struct jk_closing){.from = book->size,
                               .stage = stage,
                               .revision = (uint32_t)entry->revision,
                               .n = (uint32_t)entry->n,
                               .m = (uint32_t)entry->m,
                               .policy = entry->digest,
                               .table = entry->table,
                               .json = entry->json,
                               .members = entry->members,
                               .left_out = entry->left_out,
                               .text = entry->text,
                               .older = jk_stage_row(book, stage)->closings};
    jk_book_set(book, &jk_stage_row(book, stage)->closings, slot);
    return JK_OK;
}
