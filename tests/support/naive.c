/* The slow fold: see naive.h. */
#include "support/naive.h"

#include <stdlib.h>

#include "base/check.h"
#include "domain/ident.h"
#include "domain/lineage.h"
#include "domain/spdx.h"

#define NONE JK_NAIVE_NONE

struct jk_naive {
    uint32_t count;
    struct jk_entry *entries;
    struct jk_statement *statements; /* of register and release entries */
    struct jk_digest *hashes;
    uint32_t *subject;                   /* the model that the entry speaks of, as a registration's index */
    uint32_t (*parents)[JK_PARENTS_MAX]; /* release entries, NONE for externals */
};

static bool is_statement(const struct jk_naive *all, uint32_t i)
{
    return all->entries[i].kind == JK_KIND_REGISTER || all->entries[i].kind == JK_KIND_RELEASE;
}

/* ---- names ---- */

static uint32_t resolve(const struct jk_naive *all, struct jk_span name, uint32_t n)
{
    for (uint32_t i = n; i-- > 0;) {
        const struct jk_entry *entry = &all->entries[i];
        if (entry->kind == JK_KIND_REGISTER && jk_span_equal_fold(all->statements[i].model, name)) return i;
        if ((entry->kind == JK_KIND_RENAME || entry->kind == JK_KIND_TRANSFER) && jk_span_equal_fold(entry->to, name))
            return all->subject[i];
    }
    return NONE;
}

static struct jk_span name_at(const struct jk_naive *all, uint32_t model, uint32_t n)
{
    struct jk_span name = all->statements[model].model;
    for (uint32_t i = model; i < n; i++)
        if ((all->entries[i].kind == JK_KIND_RENAME || all->entries[i].kind == JK_KIND_TRANSFER) &&
            all->subject[i] == model)
            name = all->entries[i].to;
    return name;
}

static struct jk_span publisher_part(struct jk_span name)
{
    struct jk_span publisher, part;
    jk_ident_split(name, &publisher, &part);
    return publisher;
}

static struct jk_span model_part(struct jk_span name)
{
    struct jk_span publisher, part;
    jk_ident_split(name, &publisher, &part);
    return part;
}

/* ---- reading ---- */

static void read_statement(struct jk_naive *all, uint32_t i, struct jk_error *error)
{
    JK_CHECK(jk_statement_parse(all->entries[i].statement, &all->statements[i], error) == JK_OK);
    all->hashes[i] = jk_digest_of(all->entries[i].statement);
    for (size_t k = 0; k < all->statements[i].parent_count; k++) {
        const struct jk_parent_line *line = &all->statements[i].parents[k];
        all->parents[i][k] = NONE;
        for (uint32_t j = 0; j < i && !line->external; j++)
            if (is_statement(all, j) && jk_digest_equal(&all->hashes[j], &line->hash)) all->parents[i][k] = j;
        JK_CHECK(line->external || all->parents[i][k] != NONE);
    }
}

static void read_entry(struct jk_naive *all, uint32_t i, struct jk_span bytes)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    struct jk_entry *entry = &all->entries[i];
    JK_CHECK(jk_entry_parse(bytes, entry, &error) == JK_OK);
    if (is_statement(all, i)) read_statement(all, i, &error);
    all->subject[i] = NONE;
    if (entry->kind == JK_KIND_REGISTER) all->subject[i] = i;
    if (entry->kind == JK_KIND_RELEASE) all->subject[i] = resolve(all, all->statements[i].model, i);
    if (entry->model.len > 0) all->subject[i] = resolve(all, entry->model, i);
}

static void *need(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    JK_CHECK(memory != NULL);
    return memory;
}

struct jk_naive *jk_naive_new(const struct jk_span *entries, uint32_t count)
{
    struct jk_naive *all = need(1, sizeof *all);
    all->entries = need(count, sizeof *all->entries);
    all->statements = need(count, sizeof *all->statements);
    all->hashes = need(count, sizeof *all->hashes);
    all->subject = need(count, sizeof *all->subject);
    all->parents = need(count, sizeof *all->parents);
    all->count = count;
    for (uint32_t i = 0; i < count; i++)
        read_entry(all, i, entries[i]);
    return all;
}

const struct jk_entry *jk_naive_entry(const struct jk_naive *all, uint32_t index)
{
    JK_CHECK(index < all->count);
    return &all->entries[index];
}

void jk_naive_free(struct jk_naive *all)
{
    free(all->entries);
    free(all->statements);
    free(all->hashes);
    free(all->subject);
    free(all->parents);
    free(all);
}

/* ---- facts at n: the last entry that speaks of a thing ---- */

static bool is_yanked(const struct jk_naive *all, uint32_t release, uint32_t n)
{
    for (uint32_t i = n; i-- > 0;) {
        const struct jk_entry *entry = &all->entries[i];
        if ((entry->kind == JK_KIND_YANK || entry->kind == JK_KIND_UNYANK) &&
            jk_digest_equal(&entry->release, &all->hashes[release]))
            return entry->kind == JK_KIND_YANK;
    }
    return false;
}

static uint32_t standing_release(const struct jk_naive *all, uint32_t model, uint32_t n)
{
    uint32_t newest = NONE;
    for (uint32_t i = n; i-- > 0;) {
        if (!is_statement(all, i) || all->subject[i] != model) continue;
        if (newest == NONE) newest = i;
        if (!is_yanked(all, i, n)) return i;
    }
    return newest;
}

static const struct jk_entry *base_at(const struct jk_naive *all, uint32_t model, uint32_t n)
{
    for (uint32_t i = n; i-- > 0;)
        if (all->entries[i].kind == JK_KIND_BASE && all->subject[i] == model)
            return all->entries[i].listed == JK_ANSWER_YES ? &all->entries[i] : NULL;
    return NULL;
}

/* The release where a parent goes on, NONE for an external that nobody has adopted; as declared, for any external. */
static uint32_t parent_at(const struct jk_naive *all, uint32_t release, size_t k, bool declared, uint32_t n)
{
    const struct jk_parent_line *line = &all->statements[release].parents[k];
    if (!line->external) return all->parents[release][k];
    for (uint32_t i = n; i-- > 0 && !declared;) {
        const struct jk_entry *entry = &all->entries[i];
        if (entry->kind != JK_KIND_ADOPT && entry->kind != JK_KIND_UNADOPT) continue;
        if (!jk_span_equal_fold(entry->external, line->name)) continue;
        return entry->kind == JK_KIND_ADOPT ? standing_release(all, all->subject[i], n) : NONE;
    }
    return NONE;
}

/* ---- roots: least[] by registration index, 0 for not reached ---- */

static void find_roots(const struct jk_naive *all, uint32_t release, uint32_t depth, bool declared, uint32_t n,
                       uint32_t *least, uint32_t *reached)
{
    if (reached[release] != 0 && reached[release] <= depth) return;
    reached[release] = depth;
    for (size_t k = 0; k < all->statements[release].parent_count; k++) {
        uint32_t parent = parent_at(all, release, k, declared, n);
        if (parent == NONE) continue;
        uint32_t model = all->subject[parent];
        if (!base_at(all, model, n))
            find_roots(all, parent, depth + 1, declared, n, least, reached);
        else if (least[model] == 0 || depth < least[model])
            least[model] = depth;
    }
}

/* ---- licences ---- */

struct question {
    const struct jk_naive *all;
    uint32_t n;
    int kind;
};

static int fact_of(void *context, struct jk_span identifier)
{
    const struct question *question = context;
    for (uint32_t i = question->n; i-- > 0;) {
        const struct jk_entry *entry = &question->all->entries[i];
        if (entry->kind == JK_KIND_LICENSE && jk_span_equal_fold(entry->license, identifier))
            return (int)entry->permissions[question->kind];
    }
    return JK_PERMISSION_UNKNOWN;
}

static int permission(const struct jk_naive *all, uint32_t release, int kind, uint32_t n)
{
    struct question question = {all, n, kind};
    return jk_spdx_evaluate(all->statements[release].license, fact_of, &question);
}

struct ancestry {
    bool seen[JK_NAIVE_FACTS];
    int least[JK_PERMISSION_KINDS], known[JK_PERMISSION_KINDS]; /* of all, of those that are known (none: 4) */
    bool same_weights, same_content, declared;
    uint32_t release;
};

/* ---- content ---- */

static bool is_held(const struct jk_naive *all, const struct jk_digest *artifact, uint32_t n)
{
    for (uint32_t i = n; i-- > 0;)
        if ((all->entries[i].kind == JK_KIND_HELD || all->entries[i].kind == JK_KIND_WITHDRAWN) &&
            jk_digest_equal(&all->entries[i].artifact, artifact))
            return all->entries[i].kind == JK_KIND_HELD;
    return false;
}

/* What the first entry says of a manifest stays. */
static const struct jk_entry *manifest_of(const struct jk_naive *all, const struct jk_digest *artifact, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (all->entries[i].kind == JK_KIND_HELD && jk_digest_equal(&all->entries[i].artifact, artifact))
            return &all->entries[i];
    return NULL;
}

static bool same(const struct jk_digest *a, const struct jk_digest *b)
{
    return !jk_digest_is_zero(a) && jk_digest_equal(a, b);
}

static bool same_content(const struct jk_naive *all, uint32_t release, uint32_t other, uint32_t n)
{
    const struct jk_statement *a = &all->statements[release], *b = &all->statements[other];
    if (same(&a->weights, &b->weights) || same(&a->artifact, &b->artifact)) return true;
    const struct jk_entry *mine = manifest_of(all, &a->artifact, n), *theirs = manifest_of(all, &b->artifact, n);
    return mine && theirs && same(&mine->weight_files, &theirs->weight_files);
}

static void climb(const struct jk_naive *all, uint32_t release, uint32_t n, struct ancestry *up)
{
    for (size_t k = 0; k < all->statements[release].parent_count; k++) {
        uint32_t parent = parent_at(all, release, k, up->declared, n);
        for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++) {
            int allowed = parent == NONE ? JK_PERMISSION_UNKNOWN : permission(all, parent, kind, n);
            if (allowed < up->least[kind]) up->least[kind] = allowed;
            if (allowed != JK_PERMISSION_UNKNOWN && allowed < up->known[kind]) up->known[kind] = allowed;
        }
        if (parent == NONE || up->seen[parent]) continue;
        up->seen[parent] = true;
        up->same_weights |= same(&all->statements[up->release].weights, &all->statements[parent].weights);
        up->same_content |= same_content(all, up->release, parent, n);
        climb(all, parent, n, up);
    }
}

static uint32_t license_flags(const struct jk_naive *all, uint32_t release, const struct ancestry *up, uint32_t n)
{
    bool conflict = up->least[JK_MAY_DERIVE] == JK_PERMISSION_NO, unknown = false;
    for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++) {
        int own = permission(all, release, kind, n);
        bool known = own != JK_PERMISSION_UNKNOWN && up->least[kind] != JK_PERMISSION_UNKNOWN;
        if (!known) unknown = true;
        if (known && own > up->least[kind]) conflict = true;
    }
    return conflict ? JK_FLAG_LICENSE_CONFLICT : unknown ? JK_FLAG_LICENSE_UNKNOWN : 0;
}

/* Against every limit that is known, whatever is not. */
static bool is_known_conflict(const struct jk_naive *all, uint32_t release, const struct ancestry *up, uint32_t n)
{
    bool conflict = up->known[JK_MAY_DERIVE] == JK_PERMISSION_NO;
    for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++) {
        int own = permission(all, release, kind, n);
        conflict = conflict || (own != JK_PERMISSION_UNKNOWN && own > up->known[kind]);
    }
    return conflict;
}

static struct jk_span name_forms(const struct jk_naive *all, struct jk_span license, uint32_t n)
{
    for (uint32_t i = n; i-- > 0;) /* histories bind names by licences that stand alone only */
        if (all->entries[i].kind == JK_KIND_LICENSE && jk_span_equal_fold(all->entries[i].license, license))
            return all->entries[i].name_forms;
    return (struct jk_span){"", 0};
}

/* ---- who belongs to whom ---- */

static bool within(const struct jk_entry *entry, int64_t start_us, int64_t at_us)
{
    int64_t from_us = entry->from_us == JK_TIME_NONE ? start_us : entry->from_us;
    return from_us <= at_us && (entry->until_us == JK_TIME_NONE || at_us < entry->until_us);
}

static int64_t joined(const struct jk_naive *all, struct jk_span team, uint32_t n)
{
    for (uint32_t i = n; i-- > 0;)
        if (all->entries[i].kind == JK_KIND_TEAM && jk_span_equal(all->entries[i].team, team))
            return all->entries[i].joined_us;
    return INT64_MAX;
}

static bool is_own(const struct jk_naive *all, struct jk_span publisher, struct jk_span team, int64_t at_us, uint32_t n)
{
    for (uint32_t i = n; i-- > 0;) {
        const struct jk_entry *entry = &all->entries[i];
        if (entry->kind == JK_KIND_TEAM_PUBLISHER && jk_span_equal(entry->team, team) &&
            jk_span_equal_fold(entry->publisher, publisher))
            return within(entry, INT64_MIN, at_us);
    }
    return false;
}

static bool is_affiliated(const struct jk_naive *all, struct jk_span institution, struct jk_span team, int64_t at_us,
                          uint32_t n)
{
    for (uint32_t i = n; i-- > 0;) {
        const struct jk_entry *entry = &all->entries[i];
        if (entry->kind == JK_KIND_AFFILIATION && jk_span_equal(entry->team, team) &&
            jk_span_equal(entry->institution, institution))
            return within(entry, joined(all, team, n), at_us);
    }
    return false;
}

static bool is_last_said(const struct jk_naive *all, uint32_t i, uint32_t n)
{
    for (uint32_t j = i + 1; j < n; j++)
        if (all->entries[j].kind == JK_KIND_OPERATES &&
            jk_span_equal(all->entries[j].institution, all->entries[i].institution) &&
            jk_span_equal_fold(all->entries[j].publisher, all->entries[i].publisher))
            return false;
    return true;
}

static bool is_affiliate(const struct jk_naive *all, struct jk_span publisher, struct jk_span team, int64_t at_us,
                         uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct jk_entry *entry = &all->entries[i];
        if (entry->kind == JK_KIND_OPERATES && jk_span_equal_fold(entry->publisher, publisher) &&
            is_last_said(all, i, n) && within(entry, INT64_MIN, at_us) &&
            is_affiliated(all, entry->institution, team, at_us, n))
            return true;
    }
    return false;
}

static bool is_verified(const struct jk_naive *all, struct jk_span publisher, uint32_t n)
{
    for (uint32_t i = n; i-- > 0;) {
        const struct jk_entry *entry = &all->entries[i];
        if ((entry->kind == JK_KIND_VERIFY || entry->kind == JK_KIND_UNVERIFY) &&
            jk_span_equal_fold(entry->publisher, publisher))
            return entry->kind == JK_KIND_VERIFY;
    }
    return false;
}

/* ---- rulings ---- */

static bool is_ruling(const struct jk_entry *entry, bool pair)
{
    return entry->kind == (pair ? JK_KIND_EXCLUDE_ROOT : JK_KIND_EXCLUDE) ||
           entry->kind == (pair ? JK_KIND_RESTORE_ROOT : JK_KIND_RESTORE);
}

/* With a root, what is said of the pair as well. */
static bool is_excluded(const struct jk_naive *all, uint32_t model, uint32_t root, uint32_t n)
{
    bool excluded = false;
    for (uint32_t i = 0; i < n; i++) { /* the last that took effect decides */
        const struct jk_entry *entry = &all->entries[i], *ruling = entry;
        if (entry->kind == JK_KIND_CONFIRM) ruling = &all->entries[entry->target];
        if (ruling == entry && entry->needs_second == JK_ANSWER_YES) continue;
        uint32_t at = (uint32_t)(ruling - all->entries);
        bool pair = is_ruling(ruling, true);
        if (!pair && !is_ruling(ruling, false)) continue;
        if (resolve(all, ruling->model, at) != model) continue;
        if (pair && (root == NONE || resolve(all, ruling->root, at) != root)) continue;
        excluded = ruling->kind == JK_KIND_EXCLUDE || ruling->kind == JK_KIND_EXCLUDE_ROOT;
    }
    return excluded;
}

/* ---- facts ---- */

static uint32_t root_flags(const struct jk_naive *all, uint32_t model, uint32_t root, uint32_t n)
{
    uint32_t flags = 0;
    const struct jk_entry *base = base_at(all, root, n);
    struct jk_span publisher = publisher_part(all->statements[model].model);
    int64_t at_us = all->entries[model].time_us;
    if (is_own(all, publisher, base->team, at_us, n)) flags |= JK_FLAG_SELF;
    if (is_affiliate(all, publisher, base->team, at_us, n)) flags |= JK_FLAG_AFFILIATE;
    if (is_excluded(all, model, root, n)) flags |= JK_FLAG_EXCLUDED_PAIR;
    if (base->programme != JK_ANSWER_YES) flags |= JK_FLAG_NOT_PROGRAMME;
    if (base->from_scratch == JK_ANSWER_NO) flags |= JK_FLAG_FOREIGN_BASE;
    if (base->from_scratch == JK_ANSWER_UNKNOWN) flags |= JK_FLAG_FROM_SCRATCH_UNKNOWN;
    struct jk_span forms = name_forms(all, all->statements[standing_release(all, root, n)].license, n);
    if (forms.len == 0) return flags;
    struct jk_name_verdict verdict = jk_license_name_check(model_part(name_at(all, model, n)), forms);
    if (!verdict.literal) flags |= JK_FLAG_NAMING_LITERAL;
    if (!verdict.lenient) flags |= JK_FLAG_NAMING_LENIENT;
    return flags;
}

/* Whether its name came to its publisher after the registration. */
static bool has_moved(const struct jk_naive *all, uint32_t model, uint32_t n)
{
    uint32_t since = model;
    for (uint32_t i = model + 1; i < n; i++)
        if (!jk_span_equal_fold(publisher_part(name_at(all, model, i)), publisher_part(name_at(all, model, i + 1))))
            since = i;
    return since != model;
}

static void climb_from(const struct jk_naive *all, uint32_t release, bool declared, uint32_t n, struct ancestry *up)
{
    memset(up, 0, sizeof *up);
    up->release = release;
    up->declared = declared;
    for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++)
        up->least[kind] = JK_PERMISSION_YES, up->known[kind] = JK_PERMISSION_YES + 1;
    climb(all, release, n, up);
}

static uint32_t declared_flags(const struct jk_naive *all, uint32_t release, uint32_t n)
{
    static struct ancestry up;
    climb_from(all, release, true, n, &up);
    uint32_t license = license_flags(all, release, &up, n), flags = 0;
    if (up.same_content) flags |= JK_FLAG_DECLARED_ANCESTOR_SAME;
    if (is_known_conflict(all, release, &up, n)) flags |= JK_FLAG_DECLARED_KNOWN_CONFLICT;
    if (license == JK_FLAG_LICENSE_CONFLICT) flags |= JK_FLAG_DECLARED_LICENSE_CONFLICT;
    if (license == JK_FLAG_LICENSE_UNKNOWN) flags |= JK_FLAG_DECLARED_LICENSE_UNKNOWN;
    return flags;
}

static uint32_t own_flags(const struct jk_naive *all, uint32_t model, uint32_t release, uint32_t n)
{
    static struct ancestry up;
    const struct jk_statement *statement = &all->statements[release];
    const struct jk_entry *manifest = manifest_of(all, &statement->artifact, n);
    climb_from(all, release, false, n, &up);
    uint32_t flags = license_flags(all, release, &up, n) | declared_flags(all, release, n);
    if (!is_held(all, &statement->artifact, n) || !jk_digest_equal(&manifest->weights, &statement->weights))
        flags |= JK_FLAG_NOT_HELD;
    if (up.same_content) flags |= JK_FLAG_ANCESTOR_SAME;
    if (is_known_conflict(all, release, &up, n)) flags |= JK_FLAG_KNOWN_CONFLICT;
    if (has_moved(all, model, n)) flags |= JK_FLAG_MOVED;
    if (is_yanked(all, release, n)) flags |= JK_FLAG_YANKED;
    if (jk_digest_is_zero(&statement->artifact)) flags |= JK_FLAG_NO_ARTIFACT;
    if (jk_digest_is_zero(&statement->license_text)) flags |= JK_FLAG_NO_LICENSE_TEXT;
    if (!is_verified(all, publisher_part(name_at(all, model, n)), n)) flags |= JK_FLAG_UNVERIFIED;
    if (up.same_weights) flags |= JK_FLAG_ANCESTOR_WEIGHTS;
    if (is_excluded(all, model, NONE, n)) flags |= JK_FLAG_EXCLUDED;
    return flags;
}

static size_t facts_of(const struct jk_naive *all, uint32_t model, uint32_t n, struct jk_naive_fact *out, size_t room)
{
    uint32_t release = standing_release(all, model, n);
    if (base_at(all, model, n) || all->statements[release].parent_count == 0) return 0;
    uint32_t *least = need(n, sizeof *least), *reached = need(n, sizeof *reached);
    uint32_t *declared = need(n, sizeof *declared);
    size_t count = 0;
    find_roots(all, release, 1, true, n, declared, reached);
    memset(reached, 0, n * sizeof *reached);
    find_roots(all, release, 1, false, n, least, reached);
    enum jk_permission permissions[JK_PERMISSION_KINDS];
    for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++)
        permissions[kind] = (enum jk_permission)permission(all, release, kind, n);
    for (uint32_t root = 0; root < n; root++) {
        if (least[root] == 0) continue;
        JK_CHECK(count < room);
        out[count++] =
            (struct jk_naive_fact){.derivative = model,
                                   .root = root,
                                   .release = release,
                                   .flags = own_flags(all, model, release, n) | root_flags(all, model, root, n) |
                                            (declared[root] ? 0u : (uint32_t)JK_FLAG_ADOPTED_ONLY),
                                   .depth = least[root],
                                   .declared_depth = declared[root],
                                   .relation = all->statements[release].relation,
                                   .license_class = jk_license_class_of(permissions)};
    }
    free(least);
    free(declared);
    free(reached);
    return count;
}

size_t jk_naive_facts(const struct jk_naive *all, uint32_t n, struct jk_naive_fact *out_facts)
{
    size_t count = 0;
    JK_CHECK(n <= all->count && n <= JK_NAIVE_FACTS);
    for (uint32_t model = 0; model < n; model++)
        if (all->entries[model].kind == JK_KIND_REGISTER)
            count += facts_of(all, model, n, out_facts + count, JK_NAIVE_FACTS - count);
    return count;
}

/* ---- totals ---- */

static bool is_in_scope(const struct jk_naive *all, const struct jk_naive_fact *fact, uint32_t base,
                        struct jk_span team, uint32_t n)
{
    if (base != NONE && fact->root != base) return false;
    return team.len == 0 || jk_span_equal(base_at(all, fact->root, n)->team, team);
}

static bool is_new_publisher(const struct jk_naive *all, const uint32_t *counted, size_t count, uint32_t model,
                             uint32_t n)
{
    for (size_t i = 0; i < count; i++)
        if (jk_span_equal_fold(publisher_part(name_at(all, counted[i], n)), publisher_part(name_at(all, model, n))))
            return false;
    return true;
}

static bool is_new_weights(const struct jk_naive *all, const uint32_t *releases, size_t count, uint32_t release)
{
    const struct jk_digest *weights = &all->statements[release].weights;
    for (size_t i = 0; i < count && !jk_digest_is_zero(weights); i++)
        if (jk_digest_equal(&all->statements[releases[i]].weights, weights)) return false;
    return true;
}

/* A registrar's, and the next entry, of the same batch, says what a hub shows of it. */
static bool is_from_census(const struct jk_naive *all, uint32_t model, uint32_t n)
{
    return all->entries[model].actor.type == JK_ACTOR_REGISTRAR && model + 1 < n &&
           all->entries[model + 1].kind == JK_KIND_OBSERVE && all->subject[model + 1] == model &&
           all->entries[model + 1].time_us == all->entries[model].time_us;
}

int64_t jk_naive_created(const struct jk_naive *all, uint32_t model, uint32_t n)
{
    for (uint32_t i = n; i-- > 0;)
        if (all->entries[i].kind == JK_KIND_OBSERVE && all->subject[i] == model &&
            all->entries[i].created_us != JK_TIME_NONE)
            return all->entries[i].created_us;
    return JK_TIME_NONE;
}

struct tally {
    uint32_t counted[JK_NAIVE_FACTS], releases[JK_NAIVE_FACTS];
    size_t count;
};

static void add_counted(const struct jk_naive *all, const struct jk_naive_fact *fact, bool independent, bool adopted,
                        uint32_t n, struct tally *tally, struct jk_total *total)
{
    bool clean = !(fact->flags & (JK_FLAG_LICENSE_CONFLICT | JK_FLAG_LICENSE_UNKNOWN)) &&
                 fact->license_class != JK_LICENSE_UNKNOWN;
    total->counted++;
    if (fact->depth == 1)
        total->direct++;
    else
        total->transitive++;
    total->independent += independent;
    total->adopted += adopted;
    total->license_clean += clean;
    total->by_relation[fact->relation]++;
    total->by_license_class[fact->license_class]++;
    total->by_depth[fact->depth > JK_COUNT_DEPTHS ? JK_COUNT_DEPTHS : fact->depth]++;
    unsigned month = jk_time_month(all->entries[fact->derivative].time_us);
    total->by_month[month]++;
    total->census_by_month[month] += is_from_census(all, fact->derivative, n);
    total->distinct_publishers += is_new_publisher(all, tally->counted, tally->count, fact->derivative, n);
    total->distinct_weights += is_new_weights(all, tally->releases, tally->count, fact->release);
    tally->counted[tally->count] = fact->derivative;
    tally->releases[tally->count++] = fact->release;
}

void jk_naive_total(const struct jk_naive *all, uint32_t n, const struct jk_naive_fact *facts, size_t count,
                    uint32_t base, struct jk_span team, struct jk_total *out_total)
{
    static struct tally tally;
    tally.count = 0;
    memset(out_total, 0, sizeof *out_total);
    out_total->size = n;
    for (size_t i = 0; i < count;) {
        const struct jk_naive_fact *nearest = NULL;
        uint32_t model = facts[i].derivative;
        bool independent = false, adopted = true;
        for (; i < count && facts[i].derivative == model; i++) {
            if (!is_in_scope(all, &facts[i], base, team, n)) continue;
            if (!(facts[i].flags & (JK_FLAG_SELF | JK_FLAG_AFFILIATE))) independent = true;
            if (!(facts[i].flags & JK_FLAG_ADOPTED_ONLY)) adopted = false;
            if (!nearest || facts[i].depth < nearest->depth) nearest = &facts[i];
        }
        if (!nearest) continue;
        out_total->registered++;
        if (nearest->flags & JK_FLAG_YANKED)
            out_total->yanked++;
        else
            add_counted(all, nearest, independent, adopted, n, &tally, out_total);
    }
}
