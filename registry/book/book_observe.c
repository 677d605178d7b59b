/* What registrars saw on a hub: `observe` entries about single repositories, and `census` entries about whole runs. See
 * book.h. Both are kept in order of their entries; an observation can be found by its model, by what the hub calls the
 * repository, and by its name there. */
#include <stdlib.h>

#include "base/check.h"
#include "book/book_internal.h"

/* ---- asking ---- */

uint32_t jk_book_observations(const struct jk_book *book, uint32_t n)
{
    return JK_LOWER_BOUND(book->observations.count, at, jk_observation_row(book, at)->pub.from < n);
}

const struct jk_observation *jk_book_observation(const struct jk_book *book, uint32_t slot)
{
    return &jk_observation_row(book, slot)->pub;
}

/* Where one above `older` jumps to: as far again where the last two jumps are equally far, else one step (a skew binary
 * list). */
static void set_jump(const struct jk_book *book, struct jk_observation *row)
{
    row->jump = row->older;
    if (row->older == JK_NONE) return;
    const struct jk_observation *below = &jk_observation_row(book, row->older)->pub;
    row->rank = below->rank + 1;
    if (below->jump == JK_NONE) return;
    const struct jk_observation *next = &jk_observation_row(book, below->jump)->pub;
    uint32_t end = next->jump == JK_NONE ? 0 : jk_observation_row(book, next->jump)->pub.rank;
    if (below->rank - next->rank == next->rank - end && next->jump != JK_NONE) row->jump = next->jump;
}

uint32_t jk_book_last_observation(const struct jk_book *book, uint32_t model, uint32_t n)
{
    const struct jk_more_row *more = jk_more_of(book, model);
    uint32_t slot = more ? more->observed : JK_NONE;
    /* By the farthest jump that does not go past it: in steps of the logarithm of their number, however old `n` is. */
    while (slot != JK_NONE && jk_observation_row(book, slot)->pub.from >= n) {
        const struct jk_observation *row = &jk_observation_row(book, slot)->pub;
        bool far = row->jump != JK_NONE && jk_observation_row(book, row->jump)->pub.from >= n;
        slot = far ? row->jump : row->older;
    }
    return slot;
}

uint32_t jk_book_older_observation(const struct jk_book *book, uint32_t slot)
{
    return jk_observation_row(book, slot)->pub.older;
}

bool jk_book_is_from_census(const struct jk_book *book, uint32_t model, uint32_t n)
{
    const struct jk_model_row *row = jk_model_row(book, model);
    return row->census && row->pub.index + 1 < n;
}

int64_t jk_book_hub_created(const struct jk_book *book, uint32_t model, uint32_t n)
{
    uint32_t slot = jk_book_last_observation(book, model, n);
    while (slot != JK_NONE && jk_observation_row(book, slot)->pub.created_us == JK_TIME_NONE)
        slot = jk_observation_row(book, slot)->pub.older;
    return slot == JK_NONE ? JK_TIME_NONE : jk_observation_row(book, slot)->pub.created_us;
}

static uint32_t hash_identity(struct jk_span hub, struct jk_span identity)
{
    return jk_hash_u64((uint64_t)jk_hash_text(hub) << 32 | jk_hash_text(identity));
}

static uint32_t hash_id(struct jk_span hub, struct jk_span id)
{
    return jk_hash_u64((uint64_t)jk_hash_text(hub) << 32 | jk_hash_fold(id, 0));
}

/* Chains are newest first. */
uint32_t jk_book_observed(const struct jk_book *book, struct jk_span hub, struct jk_span identity, uint32_t n)
{
    uint32_t slot = jk_index_first(&book->identity_index, hash_identity(hub, identity));
    for (; slot != JK_NONE; slot = jk_observation_row(book, slot)->by_identity.next) {
        const struct jk_observation *row = &jk_observation_row(book, slot)->pub;
        if (row->from < n && identity.len > 0 && jk_span_equal(row->identity, identity) && jk_span_equal(row->hub, hub))
            return slot;
    }
    return JK_NONE;
}

uint32_t jk_book_observed_id(const struct jk_book *book, struct jk_span hub, struct jk_span id, uint32_t n)
{
    uint32_t slot = jk_index_first(&book->id_index, hash_id(hub, id));
    for (; slot != JK_NONE; slot = jk_observation_row(book, slot)->by_id.next) {
        const struct jk_observation *row = &jk_observation_row(book, slot)->pub;
        if (row->from < n && jk_span_equal_fold(row->id, id) && jk_span_equal(row->hub, hub)) return slot;
    }
    return JK_NONE;
}

uint32_t jk_book_censuses(const struct jk_book *book, uint32_t n)
{
    return JK_LOWER_BOUND(book->censuses.count, at, jk_census_row(book, at)->from < n);
}

const struct jk_census *jk_book_census(const struct jk_book *book, uint32_t slot)
{
    return jk_census_row(book, slot);
}

bool jk_census_covers(const struct jk_census *census, uint32_t base)
{
    uint32_t at = JK_LOWER_BOUND(census->base_count, i, census->bases[i] < base);
    return at < census->base_count && census->bases[at] == base;
}

uint32_t jk_book_last_census(const struct jk_book *book, struct jk_span hub, uint32_t base, uint32_t n)
{
    if (base != JK_NONE) {
        /* A list of models asks this of every root of each, so that runs over others are not walked. */
        const struct jk_more_row *more = jk_more_of(book, base);
        uint32_t slot = more ? more->runs : JK_NONE;
        for (; slot != JK_NONE; slot = jk_run_row(book, slot)->older) {
            const struct jk_census *census = jk_census_row(book, jk_run_row(book, slot)->census);
            if (census->from < n && jk_span_equal(census->hub, hub)) return jk_run_row(book, slot)->census;
        }
        return JK_NONE;
    }
    for (uint32_t slot = jk_book_censuses(book, n); slot-- > 0;)
        if (jk_span_equal(jk_census_row(book, slot)->hub, hub)) return slot;
    return JK_NONE;
}

/* ---- observations: applying ---- */

/* Of a repository that is there the entry tells everything, of one that is not only where it went. */
static const char *observed_fault(const struct jk_entry *entry)
{
    bool present = entry->observed == JK_OBSERVED_PRESENT, moved = entry->observed == JK_OBSERVED_MOVED;
    if (moved == (entry->to.len == 0)) return "`to` belongs to what has moved, and to nothing else";
    if (present && jk_digest_is_zero(&entry->record)) return "what is present has a record";
    if (jk_digest_is_zero(&entry->listing) && !jk_digest_is_zero(&entry->weight_files))
        return "weight files are those of a listing";
    bool told = entry->revision_hex.len > 0 || !jk_digest_is_zero(&entry->listing) ||
                !jk_digest_is_zero(&entry->record) || entry->created_us != JK_TIME_NONE ||
                entry->modified_us != JK_TIME_NONE;
    return told && !present ? "revision, listing, record and dates are those of what is present" : NULL;
}

/* Hubs are few: nearly every entry names that of the one before. */
static struct jk_span same_hub(struct jk_book *book, struct jk_span hub)
{
    if (book->observations.count > 0) {
        struct jk_span last = jk_observation_row(book, book->observations.count - 1)->pub.hub;
        if (jk_span_equal(last, hub)) return last;
    }
    return jk_book_copy(book, hub);
}

/* Its model has this set from here on. */
static void note_listed(struct jk_book *book, uint32_t slot, struct jk_observation *row)
{
    struct jk_files_row *files = jk_files_row(book, row->files);
    row->older_with = files->listed;
    jk_book_set(book, &files->listed, slot);
    if (files->listers == 0) {
        jk_book_set(book, &files->lister, row->model);
        jk_book_set(book, &files->listers, 1);
    } else if (files->lister != row->model) {
        jk_book_set(book, &files->listers, 2);
    }
}

static void add_observation(struct jk_book *book, const struct jk_entry *entry, uint32_t model)
{
    uint32_t slot, files = JK_NONE;
    struct jk_span hub = same_hub(book, entry->hub);
    if (model != JK_NONE && !jk_digest_is_zero(&entry->weight_files))
        files = jk_book_intern_files(book, &entry->weight_files);
    struct jk_observation_row *row = jk_book_append(book, &book->observations, &slot);
    if (!row) return; /* out of memory: said at the end */
    row->pub = (struct jk_observation){.from = book->size,
                                       .model = model,
                                       .hub = hub,
                                       .id = jk_book_copy(book, entry->id),
                                       .identity = jk_book_copy(book, entry->identity),
                                       .revision = jk_book_copy(book, entry->revision_hex),
                                       .to = jk_book_copy(book, entry->to),
                                       .state = entry->observed,
                                       .listing = entry->listing,
                                       .weight_files = entry->weight_files,
                                       .record = entry->record,
                                       .created_us = entry->created_us,
                                       .modified_us = entry->modified_us,
                                       .files = files,
                                       .older = JK_NONE,
                                       .jump = JK_NONE,
                                       .older_with = JK_NONE};
    uint32_t by_identity = row->pub.identity.len > 0 ? hash_identity(row->pub.hub, row->pub.identity)
                                                     : jk_hash_u64(slot); /* never looked for: scattered */
    jk_index_add(&book->identity_index, &book->journal, &row->by_identity, slot, by_identity);
    jk_index_add(&book->id_index, &book->journal, &row->by_id, slot, hash_id(row->pub.hub, row->pub.id));
    struct jk_more_row *more = model == JK_NONE ? NULL : jk_book_need_more(book, model);
    if (!more) return;
    row->pub.older = more->observed;
    set_jump(book, &row->pub);
    jk_book_set(book, &more->observed, slot);
    if (files != JK_NONE) note_listed(book, slot, &row->pub);
    jk_book_touch(book, model);
}

/* A batch's entries bear one time. */
static void note_census(struct jk_book *book, const struct jk_entry *entry, uint32_t model)
{
    static const uint8_t yes = 1;
    struct jk_model_row *row = jk_model_row(book, model);
    if (!row->registrar || row->pub.index + 1 != book->size) return;
    if (jk_book_time(book, row->pub.index) != entry->time_us) return;
    jk_journal_copy(&book->journal, &row->census, &yes, sizeof yes);
    jk_book_list_changed(book, model);
}

enum jk_status jk_book_apply_observe(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    const char *fault = observed_fault(entry);
    uint32_t model = entry->model.len > 0 ? jk_book_find_model(book, entry->model, JK_NOW) : JK_NONE;
    if (fault) return JK_BOOK_REFUSE(error, "entry %u: %s", book->size, fault);
    if (entry->model.len > 0 && model == JK_NONE)
        return JK_BOOK_REFUSE(error, "entry %u: there is no model %.*s", book->size, JK_SPAN_ARG(entry->model));
    add_observation(book, entry, model);
    if (model != JK_NONE) note_census(book, entry, model);
    return JK_OK;
}

/* ---- runs: applying ---- */

static int compare_slots(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

/* Two names of one model are one. */
static enum jk_status find_bases(struct jk_book *book, struct jk_span names, uint32_t out_bases[JK_CENSUS_BASES_MAX],
                                 uint32_t *out_count, struct jk_error *error)
{
    struct jk_span name;
    uint32_t found = 0, count = 0;
    for (bool more = true; more;) {
        more = jk_span_cut(&names, ' ', &name);
        uint32_t model = jk_book_find_model(book, name, JK_NOW);
        if (model == JK_NONE || !jk_book_base(book, model, JK_NOW))
            return JK_BOOK_REFUSE(error, "entry %u: %.*s is no base model", book->size, JK_SPAN_ARG(name));
        JK_CHECK(found < JK_CENSUS_BASES_MAX);
        out_bases[found++] = model;
    }
    qsort(out_bases, found, sizeof *out_bases, compare_slots);
    for (uint32_t i = 0; i < found; i++)
        if (i == 0 || out_bases[i] != out_bases[count - 1]) out_bases[count++] = out_bases[i];
    *out_count = count;
    return JK_OK;
}

static void chain_run(struct jk_book *book, uint32_t base, uint32_t census)
{
    uint32_t slot;
    struct jk_more_row *more = jk_book_need_more(book, base);
    struct jk_run_row *row = more ? jk_book_append(book, &book->runs, &slot) : NULL;
    if (!row) return; /* out of memory: said at the end */
    *row = (struct jk_run_row){.census = census, .older = more->runs};
    jk_book_set(book, &more->runs, slot);
}

enum jk_status jk_book_apply_census(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    uint32_t bases[JK_CENSUS_BASES_MAX], count = 0, slot;
    JK_TRY(find_bases(book, entry->bases, bases, &count, error));
    if (entry->started_us > entry->time_us)
        return JK_BOOK_REFUSE(error, "entry %u: the run began after its entry", book->size);
    struct jk_span kept = jk_book_copy(book, (struct jk_span){(const char *)bases, count * sizeof *bases});
    struct jk_span hub = jk_book_copy(book, entry->hub);
    struct jk_census *row = jk_book_append(book, &book->censuses, &slot);
    if (!row) return JK_OK; /* out of memory: said at the end */
    *row = (struct jk_census){.from = book->size,
                              .hub = hub,
                              .bases = (const uint32_t *)(const void *)kept.at,
                              .base_count = count,
                              .started_us = entry->started_us,
                              .models = entry->models,
                              .list = entry->list};
    for (uint32_t i = 0; i < count; i++)
        chain_run(book, bases[i], slot);
    return JK_OK;
}
