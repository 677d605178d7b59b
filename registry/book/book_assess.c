/* What holds for a derivative and each of its roots now, and the spells that keep it. A refresh works out what should
 * hold and writes only where that differs from the spells that still hold. */
#include "base/check.h"
#include "book/book_internal.h"

/* ---- flags of the derivative, whatever the root ---- */

static uint32_t license_flags(const uint8_t child[JK_PERMISSION_KINDS], const uint8_t least[JK_PERMISSION_KINDS])
{
    bool unknown = false;
    if (least[JK_MAY_DERIVE] == JK_PERMISSION_NO) return JK_FLAG_LICENSE_CONFLICT;
    for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++) {
        if (child[kind] == JK_PERMISSION_UNKNOWN || least[kind] == JK_PERMISSION_UNKNOWN)
            unknown = true;
        else if (child[kind] > least[kind])
            return JK_FLAG_LICENSE_CONFLICT;
    }
    return unknown ? JK_FLAG_LICENSE_UNKNOWN : 0;
}

static bool climb_for_weights(struct jk_book *book, const struct jk_release *release, uint32_t weights)
{
    for (uint32_t i = 0; i < release->parent_count; i++) {
        uint32_t slot = jk_book_parent_release(book, &release->parents[i], JK_NOW);
        if (slot == JK_NONE) continue;
        struct jk_release_row *parent = jk_release_row(book, slot);
        if (parent->weights == weights) return true;
        if (parent->stamp == book->stamp) continue;
        parent->stamp = book->stamp;
        (void)jk_book_push(book, &book->stack, slot);
    }
    return false;
}

/* Only where some other release has the same weights is there anything to climb for. */
static bool has_ancestor_weights(struct jk_book *book, uint32_t release)
{
    const struct jk_release_row *row = jk_release_row(book, release);
    if (row->weights == JK_NONE || jk_weights_row(book, row->weights)->uses < 2) return false;
    book->stamp++; /* the walk down is complete by now */
    book->stack.count = 0;
    bool found = climb_for_weights(book, &row->pub, row->weights);
    while (!found && book->stack.count > 0 && !book->failed) {
        uint32_t slot = book->stack.at[--book->stack.count];
        found = climb_for_weights(book, &jk_release_row(book, slot)->pub, row->weights);
    }
    return found;
}

static uint32_t own_flags(struct jk_book *book, uint32_t model, uint32_t release)
{
    const struct jk_release_row *row = jk_release_row(book, release);
    uint32_t alias = jk_model_row(book, model)->pub.names;
    uint32_t publisher = jk_alias_row(book, alias)->pub.publisher;
    uint32_t flags = license_flags(jk_book_license_now(book, row->pub.license)->permissions, row->least);
    if (jk_book_switched(book, row->pub.yanks, JK_NOW)) flags |= JK_FLAG_YANKED;
    if (jk_digest_is_zero(&row->pub.artifact)) flags |= JK_FLAG_NO_ARTIFACT;
    if (jk_digest_is_zero(&row->pub.license_text)) flags |= JK_FLAG_NO_LICENSE_TEXT;
    if (!jk_book_is_verified(book, publisher, JK_NOW)) flags |= JK_FLAG_UNVERIFIED;
    if (jk_model_row(book, model)->rulings != JK_NONE && jk_book_is_excluded(book, model, JK_NOW))
        flags |= JK_FLAG_EXCLUDED;
    if (has_ancestor_weights(book, release)) flags |= JK_FLAG_ANCESTOR_WEIGHTS;
    return flags;
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
    if (!base->programme) flags |= JK_FLAG_NOT_PROGRAMME;
    if (base->from_scratch == JK_ANSWER_NO) flags |= JK_FLAG_FOREIGN_BASE;
    if (base->from_scratch == JK_ANSWER_UNKNOWN) flags |= JK_FLAG_FROM_SCRATCH_UNKNOWN;
    return flags;
}

/* ---- spells ---- */

/* Registration's time; the entry that is being applied has its time in the table already. */
static int64_t registered_us(const struct jk_book *book, uint32_t model)
{
    return *(const int64_t *)jk_chunks_at(&book->times, jk_model_row(book, model)->pub.index);
}

/* The entry with which the release's model brought its digest: the earliest release that has it. */
static uint32_t entry_that_brought(const struct jk_book *book, uint32_t model, const struct jk_release_row *release)
{
    uint32_t slot = jk_model_row(book, model)->pub.first_release;
    if (release->weights == JK_NONE) return JK_NONE;
    while (jk_release_row(book, slot)->weights != release->weights)
        slot = jk_release_row(book, slot)->pub.newer; /* ends at the release itself */
    return jk_release_row(book, slot)->pub.index;
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
    for (uint32_t i = 0; i < roots->count; i++)
        book->wanted_spells[i] =
            (struct jk_spell){.derivative = model,
                              .root = roots->roots[i].model,
                              .from = book->size,
                              .until = JK_NONE,
                              .release = release,
                              .flags = flags | root_flags(book, model, roots->roots[i].model, at_us),
                              .depth = (uint16_t)roots->roots[i].depth,
                              .relation = (uint8_t)row->pub.relation,
                              .license_class = class,
                              .publisher = publisher,
                              .license = row->pub.license,
                              .weights = row->weights,
                              .brought = brought,
                              .month = jk_model_row(book, model)->month};
    return roots->count;
}

/* What is not compared follows from the model and its release. */
static bool is_same_fact(const struct jk_spell *a, const struct jk_spell *b)
{
    return a->release == b->release && a->flags == b->flags && a->depth == b->depth && a->relation == b->relation &&
           a->license_class == b->license_class && a->publisher == b->publisher;
}

static struct jk_spell *find_wanted(struct jk_book *book, uint32_t count, uint32_t root)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (book->wanted_spells[middle].root < root)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && book->wanted_spells[low].root == root ? &book->wanted_spells[low] : NULL;
}

/* Ends the spells that hold no more; those that still do are struck off the wanted ones (until 0). */
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
