/* What now holds for a derivative and each of its roots, and the spells that record it. A refresh works out what should
 * hold and writes only the differences from the spells in force. */
#include "base/check.h"
#include "book/book_internal.h"

/* ---- flags of the derivative, whatever the root ---- */

/* The least of the permissions seen, given as bits; YES if nothing above limits it. */
static void least_of(const uint8_t met[JK_PERMISSION_KINDS], unsigned but, uint8_t out_least[JK_PERMISSION_KINDS])
{
    for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++) {
        unsigned bits = met[kind] & ~but ? met[kind] & ~but : met[kind];
        out_least[kind] = JK_PERMISSION_YES;
        for (unsigned least = JK_PERMISSION_YES; bits && least-- > 0;)
            if (bits >> least & 1) out_least[kind] = (uint8_t)least;
    }
}

static bool is_above(const uint8_t child[JK_PERMISSION_KINDS], const uint8_t ceiling[JK_PERMISSION_KINDS])
{
    if (ceiling[JK_MAY_DERIVE] == JK_PERMISSION_NO) return true;
    for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++)
        if (child[kind] != JK_PERMISSION_UNKNOWN && ceiling[kind] != JK_PERMISSION_UNKNOWN &&
            child[kind] > ceiling[kind])
            return true;
    return false;
}

static bool is_any_unknown(const uint8_t permissions[JK_PERMISSION_KINDS])
{
    for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++)
        if (permissions[kind] == JK_PERMISSION_UNKNOWN) return true;
    return false;
}

uint32_t jk_book_license_flags(const uint8_t child[JK_PERMISSION_KINDS], const uint8_t met[JK_PERMISSION_KINDS])
{
    uint8_t least[JK_PERMISSION_KINDS], known[JK_PERMISSION_KINDS];
    least_of(met, 0, least);
    least_of(met, 1u << JK_PERMISSION_UNKNOWN, known);
    uint32_t flags = is_above(child, known) ? (uint32_t)JK_FLAG_KNOWN_CONFLICT : 0u;
    if (is_above(child, least)) return flags | JK_FLAG_LICENSE_CONFLICT;
    return flags | (is_any_unknown(child) || is_any_unknown(least) ? (uint32_t)JK_FLAG_LICENSE_UNKNOWN : 0u);
}

/* What a release shares with one of its ancestors. */
static uint32_t shared_with(const struct jk_book *book, uint32_t release, uint32_t ancestor)
{
    const struct jk_release_row *row = jk_release_row(book, release);
    bool weights = row->weights != JK_NONE && row->weights == jk_release_row(book, ancestor)->weights;
    return (weights ? (uint32_t)JK_FLAG_ANCESTOR_WEIGHTS : 0u) |
           (jk_book_same_content(book, release, ancestor, JK_NOW) ? (uint32_t)JK_FLAG_ANCESTOR_SAME : 0u);
}

/* Examines the parents of `from` on behalf of `release`. */
static uint32_t climb_parents(struct jk_book *book, uint32_t release, uint32_t from, bool declared)
{
    const struct jk_release *row = &jk_release_row(book, from)->pub;
    uint32_t found = 0;
    for (uint32_t i = 0; i < row->parent_count; i++) {
        uint32_t slot = jk_book_parent_above(book, &row->parents[i], declared, JK_NOW);
        if (slot == JK_NONE || jk_release_row(book, slot)->stamp == book->stamp) continue;
        jk_release_row(book, slot)->stamp = book->stamp;
        book->climbed++;
        found |= shared_with(book, release, slot);
        (void)jk_book_push(book, &book->stack, slot);
    }
    return found;
}

/* Ends as soon as everything in `all` was found to be shared. */
static uint32_t climb_for_content(struct jk_book *book, uint32_t release, uint32_t all, bool declared)
{
    book->stamp++; /* the walk down is complete by now */
    book->stack.count = 0;
    uint32_t found = climb_parents(book, release, release, declared);
    while ((found & all) != all && book->stack.count > 0 && !book->failed)
        found |= climb_parents(book, release, book->stack.at[--book->stack.count], declared);
    return found;
}

/* There is only a reason to climb if some other release has the same content. */
static uint32_t ancestor_flags(struct jk_book *book, uint32_t release)
{
    if (!jk_book_content_is_shared(book, release)) return 0;
    uint32_t all = (uint32_t)JK_FLAG_ANCESTOR_SAME;
    if (jk_book_weights_are_shared(book, release)) all |= JK_FLAG_ANCESTOR_WEIGHTS;
    uint32_t found = climb_for_content(book, release, all, false), declared = found;
    if (found && jk_release_row(book, release)->adopted_above)
        declared = climb_for_content(book, release, (uint32_t)JK_FLAG_ANCESTOR_SAME, true);
    return found | (declared & JK_FLAG_ANCESTOR_SAME ? (uint32_t)JK_FLAG_DECLARED_ANCESTOR_SAME : 0u);
}

/* The licence conflict through declared paths only, in flags of its own. */
static uint32_t declared_license_flags(const struct jk_book *book, const struct jk_release_row *row, uint32_t flags,
                                       const uint8_t child[JK_PERMISSION_KINDS])
{
    if (row->adopted_above) flags = jk_book_license_flags(child, jk_declared_row(book, row->declared)->met);
    return (flags & JK_FLAG_KNOWN_CONFLICT ? (uint32_t)JK_FLAG_DECLARED_KNOWN_CONFLICT : 0u) |
           (flags & JK_FLAG_LICENSE_CONFLICT ? (uint32_t)JK_FLAG_DECLARED_LICENSE_CONFLICT : 0u) |
           (flags & JK_FLAG_LICENSE_UNKNOWN ? (uint32_t)JK_FLAG_DECLARED_LICENSE_UNKNOWN : 0u);
}

static uint32_t own_flags(struct jk_book *book, uint32_t model, uint32_t release)
{
    const struct jk_release_row *row = jk_release_row(book, release);
    uint32_t alias = jk_model_row(book, model)->pub.names;
    uint32_t publisher = jk_alias_row(book, alias)->pub.publisher;
    const uint8_t *permissions = jk_book_license_now(book, row->pub.license)->permissions;
    uint32_t flags = jk_book_license_flags(permissions, row->met);
    flags |= declared_license_flags(book, row, flags, permissions);
    if (jk_book_switched(book, row->pub.yanks, JK_NOW)) flags |= JK_FLAG_YANKED;
    if (jk_digest_is_zero(&row->pub.artifact)) flags |= JK_FLAG_NO_ARTIFACT;
    if (!jk_book_release_is_held(book, release, JK_NOW)) flags |= JK_FLAG_NOT_HELD;
    if (jk_digest_is_zero(&row->pub.license_text)) flags |= JK_FLAG_NO_LICENSE_TEXT;
    if (!jk_book_is_verified(book, publisher, JK_NOW)) flags |= JK_FLAG_UNVERIFIED;
    if (jk_alias_row(book, alias)->pub.older != JK_NONE &&
        jk_book_named_since(book, model, JK_NOW) != jk_model_row(book, model)->pub.index)
        flags |= JK_FLAG_MOVED;
    if (jk_model_row(book, model)->rulings != JK_NONE && jk_book_is_excluded(book, model, JK_NOW))
        flags |= JK_FLAG_EXCLUDED;
    return flags | ancestor_flags(book, release);
}

/* ---- flags of the pair ---- */

static uint32_t naming_flags(struct jk_book *book, uint32_t model, uint32_t root)
{
    uint32_t release = jk_book_standing_release(book, root, JK_NOW);
    if (release == JK_NONE) return 0;
    const struct jk_license_row *license = jk_book_license_now(book, jk_release_row(book, release)->pub.license);
    if (license->name_forms.len == 0) return 0;
    struct jk_span part = jk_book_model_part(jk_book_present_name(book, model));
    struct jk_name_verdict verdict = jk_license_name_check(part, license->name_forms);
    return (verdict.literal ? 0u : (uint32_t)JK_FLAG_NAMING_LITERAL) |
           (verdict.lenient ? 0u : (uint32_t)JK_FLAG_NAMING_LENIENT);
}

static uint32_t root_flags(struct jk_book *book, uint32_t model, uint32_t root, int64_t registered_us)
{
    const struct jk_base_facts *base = jk_book_base(book, root, JK_NOW);
    uint32_t publisher = jk_model_row(book, model)->pub.publisher;
    uint32_t flags = naming_flags(book, model, root);
    JK_CHECK(base != NULL);
    if (jk_book_owned(book, publisher, base->team, registered_us, JK_NOW)) flags |= JK_FLAG_SELF;
    if (jk_book_affiliated(book, publisher, base->team, registered_us, JK_NOW)) flags |= JK_FLAG_AFFILIATE;
    if (jk_model_row(book, model)->rulings != JK_NONE && jk_book_is_pair_excluded(book, model, root, JK_NOW))
        flags |= JK_FLAG_EXCLUDED_PAIR;
    if (!base->programme) flags |= JK_FLAG_NOT_PROGRAMME;
    if (base->from_scratch == JK_ANSWER_NO) flags |= JK_FLAG_FOREIGN_BASE;
    if (base->from_scratch == JK_ANSWER_UNKNOWN) flags |= JK_FLAG_FROM_SCRATCH_UNKNOWN;
    return flags;
}

/* ---- spells ---- */

/* The registration's time; the entry being applied is already in the table of times. */
static int64_t registered_us(const struct jk_book *book, uint32_t model)
{
    return *(const int64_t *)jk_chunks_at(&book->times, jk_model_row(book, model)->pub.index);
}

/* The entry with which the release's model first had the digest: the earliest release that has it. */
static uint32_t entry_that_brought(const struct jk_book *book, uint32_t model, const struct jk_release_row *release)
{
    uint32_t slot = jk_model_row(book, model)->pub.first_release;
    if (release->weights == JK_NONE) return JK_NONE;
    while (jk_release_row(book, slot)->weights != release->weights)
        slot = jk_release_row(book, slot)->pub.newer; /* ends at the release itself */
    return jk_release_row(book, slot)->pub.index;
}

/* Depth over declared paths only; 0: none leads there. */
static uint32_t declared_depth(const struct jk_book *book, const struct jk_release_row *row, const struct jk_root *root)
{
    if (!row->adopted_above) return root->depth;
    const struct jk_root_set *set = jk_root_set_row(book, jk_declared_row(book, row->declared)->roots);
    for (uint32_t i = 0; i < set->count; i++)
        if (set->roots[i].model == root->model) return set->roots[i].depth;
    return 0;
}

/* Fills book->wanted_spells with what should hold now, in order of root. */
static uint32_t assess(struct jk_book *book, uint32_t model)
{
    if (jk_book_base(book, model, JK_NOW)) return 0; /* a base model is never a derivative */
    uint32_t release = jk_book_standing_release(book, model, JK_NOW);
    if (release == JK_NONE || jk_release_row(book, release)->pub.parent_count == 0) return 0;
    jk_book_summarize(book, release);
    const struct jk_release_row *row = jk_release_row(book, release);
    const struct jk_root_set *roots = jk_root_set_row(book, row->roots);
    if (roots->count == 0) return 0;
    uint32_t flags = own_flags(book, model, release);
    uint8_t class = jk_book_license_now(book, row->pub.license)->class;
    uint32_t publisher = jk_alias_row(book, jk_model_row(book, model)->pub.names)->pub.publisher;
    uint32_t brought = entry_that_brought(book, model, row);
    int64_t at_us = registered_us(book, model);
    for (uint32_t i = 0; i < roots->count; i++) {
        const struct jk_root *root = &roots->roots[i];
        uint32_t declared = declared_depth(book, row, root);
        book->wanted_spells[i] = (struct jk_spell){.derivative = model,
                                                   .root = root->model,
                                                   .from = book->size,
                                                   .until = JK_NONE,
                                                   .release = release,
                                                   .flags = flags | root_flags(book, model, root->model, at_us) |
                                                            (declared ? 0u : (uint32_t)JK_FLAG_ADOPTED_ONLY),
                                                   .depth = (uint16_t)root->depth,
                                                   .relation = (uint8_t)row->pub.relation,
                                                   .license_class = class,
                                                   .publisher = publisher,
                                                   .license = row->pub.license,
                                                   .weights = row->weights,
                                                   .brought = brought,
                                                   .month = jk_model_row(book, model)->month,
                                                   .declared_depth = (uint16_t)declared};
    }
    return roots->count;
}

/* What is not compared follows from the model and its release. */
static bool is_same_fact(const struct jk_spell *a, const struct jk_spell *b)
{
    return a->release == b->release && a->flags == b->flags && a->depth == b->depth &&
           a->declared_depth == b->declared_depth && a->relation == b->relation &&
           a->license_class == b->license_class && a->publisher == b->publisher;
}

static struct jk_spell *find_wanted(struct jk_book *book, uint32_t count, uint32_t root)
{
    uint32_t slot = JK_LOWER_BOUND(count, at, book->wanted_spells[at].root < root);
    return slot < count && book->wanted_spells[slot].root == root ? &book->wanted_spells[slot] : NULL;
}

/* Ends the spells that no longer hold; those that do are removed from the wanted ones (until 0). */
static bool end_stale(struct jk_book *book, uint32_t model, uint32_t count)
{
    bool changed = false;
    uint32_t slot = jk_model_row(book, model)->pub.spells;
    for (; slot != JK_NONE; slot = jk_spell_row(book, slot)->older) {
        struct jk_spell *spell = jk_spell_row(book, slot);
        if (spell->until != JK_NONE) continue;
        struct jk_spell *wanted = find_wanted(book, count, spell->root);
        if (wanted && is_same_fact(wanted, spell)) {
            wanted->until = 0;
            continue;
        }
        jk_book_set(book, &spell->until, book->size);
        changed = true;
    }
    return changed;
}

static bool begin_wanted(struct jk_book *book, uint32_t model, uint32_t count)
{
    struct jk_model *row = &jk_model_row(book, model)->pub;
    bool changed = false;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t slot;
        if (book->wanted_spells[i].until == 0) continue;
        struct jk_spell *spell = jk_book_append(book, &book->spells, &slot);
        if (!spell) return true;
        *spell = book->wanted_spells[i];
        spell->older = row->spells;
        jk_book_set(book, &row->spells, slot);
        changed = true;
    }
    return changed;
}

void jk_book_refresh(struct jk_book *book, uint32_t model)
{
    uint32_t count = assess(book, model);
    bool ended = end_stale(book, model, count);
    bool begun = begin_wanted(book, model, count);
    if (!ended && !begun) return;
    jk_book_touch(book, model);
    jk_book_list_changed(book, model);
}

const struct jk_spell *jk_book_spell(const struct jk_book *book, uint32_t model, uint32_t n,
                                     const struct jk_spell *spell)
{
    return jk_spell_at(book, spell ? spell->older : jk_book_model(book, model)->spells, n);
}
