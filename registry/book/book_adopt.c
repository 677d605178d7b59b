/* Adoptions, by which an external model stands for a registered one, and which publisher holds which organisation of a
 * hub. See book.h and book_ask.h. Who may adopt is decided before an entry is written; the fold accepts what the log
 * says. */
#include "base/check.h"
#include "book/book_ask.h"
#include "book/book_internal.h"

/* ---- asking ---- */

const struct jk_adoption *jk_book_adoption_of(const struct jk_book *book, uint32_t external, uint32_t n)
{
    uint32_t slot = jk_external_row(book, external)->pub.adoptions;
    for (; slot != JK_NONE; slot = jk_adoption_row(book, slot)->older) {
        const struct jk_adoption *adoption = jk_adoption_row(book, slot);
        if (adoption->from < n) return n <= adoption->until ? adoption : NULL;
    }
    return NULL;
}

const struct jk_adoption *jk_book_adoption(const struct jk_book *book, uint32_t slot)
{
    JK_CHECK(slot < book->adoptions.count);
    return jk_adoption_row(book, slot);
}

uint32_t jk_book_adoptions(const struct jk_book *book, uint32_t n)
{
    uint32_t count = book->adoptions.count;
    while (count > 0 && jk_adoption_row(book, count - 1)->from >= n)
        count--;
    return count;
}

uint32_t jk_book_adopted_by(const struct jk_book *book, uint32_t model, uint32_t n, uint32_t *cursor)
{
    /* The cursor holds the next adoption's slot + 1; JK_NONE after the end. */
    uint32_t slot = *cursor == JK_NONE ? JK_NONE : *cursor ? *cursor - 1 : jk_model_row(book, model)->adoptions;
    const struct jk_adoption *adoption = NULL;
    for (; slot != JK_NONE; slot = adoption->next_of_model) {
        adoption = jk_adoption_row(book, slot);
        if (adoption->from < n && n <= adoption->until) break;
    }
    if (slot == JK_NONE) {
        *cursor = JK_NONE;
        return JK_NONE;
    }
    *cursor = adoption->next_of_model == JK_NONE ? JK_NONE : adoption->next_of_model + 1;
    return adoption->external;
}

/* ---- adopt and unadopt ---- */

static enum jk_status find_adopter(struct jk_book *book, const struct jk_entry *entry, uint32_t *out_model,
                                   struct jk_error *error)
{
    *out_model = jk_book_find_model(book, entry->model, JK_NOW);
    if (*out_model != JK_NONE) return JK_OK;
    return JK_BOOK_REFUSE(error, "entry %u: there is no model %.*s", book->size, JK_SPAN_ARG(entry->model));
}

static enum jk_status check_adopt(struct jk_book *book, const struct jk_entry *entry, uint32_t model, uint32_t external,
                                  struct jk_error *error)
{
    if (external == JK_NONE) return JK_OK; /* nothing descends from it yet */
    if (jk_book_adoption_of(book, external, JK_NOW))
        return JK_BOOK_REFUSE(error, "entry %u: the external model is adopted already", book->size);
    jk_book_want_under_external(book, external);
    jk_book_walk(book);
    if (jk_model_row(book, model)->stamp == book->stamp) /* the walk is past it */
        return JK_BOOK_REFUSE(error, "entry %u: %.*s descends from the external model that it would adopt", book->size,
                              JK_SPAN_ARG(entry->model));
    return JK_OK;
}

static void add_adoption(struct jk_book *book, const struct jk_entry *entry, uint32_t external, uint32_t model)
{
    uint32_t slot;
    struct jk_external *adopted = &jk_external_row(book, external)->pub;
    struct jk_model_row *adopter = jk_model_row(book, model);
    struct jk_adoption *adoption = jk_book_append(book, &book->adoptions, &slot);
    if (!adoption) return;
    *adoption = (struct jk_adoption){.external = external,
                                     .model = model,
                                     .from = book->size,
                                     .until = JK_NONE,
                                     .actor = jk_book_copy_actor(book, &entry->actor),
                                     .older = adopted->adoptions,
                                     .next_of_model = adopter->adoptions};
    jk_book_set(book, &adopted->adoptions, slot);
    jk_book_set(book, &adopter->adoptions, slot);
}

/* Everything that descends from the external is marked as wanted by now. */
static void note_adoption(struct jk_book *book, const struct jk_entry *entry, uint32_t model)
{
    jk_book_new_epoch(book);
    jk_book_touch(book, model);
    jk_book_count_write(book, jk_book_alias(book, model, JK_NOW)->publisher, entry);
}

enum jk_status jk_book_apply_adopt(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    uint32_t model, external = jk_book_find_external(book, entry->external, JK_NOW);
    JK_TRY(find_adopter(book, entry, &model, error));
    JK_TRY(check_adopt(book, entry, model, external, error));
    external = jk_book_intern_external(book, entry->external);
    if (external == JK_NONE) return JK_OK; /* out of memory: said at the end */
    add_adoption(book, entry, external, model);
    note_adoption(book, entry, model);
    return JK_OK;
}

enum jk_status jk_book_apply_unadopt(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    uint32_t model, external = jk_book_find_external(book, entry->external, JK_NOW);
    JK_TRY(find_adopter(book, entry, &model, error));
    const struct jk_adoption *adoption = external == JK_NONE ? NULL : jk_book_adoption_of(book, external, JK_NOW);
    if (!adoption || adoption->model != model)
        return JK_BOOK_REFUSE(error, "entry %u: %.*s has not adopted the external model", book->size,
                              JK_SPAN_ARG(entry->model));
    jk_book_want_under_external(book, external);
    jk_book_walk(book);
    jk_book_set(book, &jk_adoption_row(book, jk_external_row(book, external)->pub.adoptions)->until, book->size);
    note_adoption(book, entry, model);
    return JK_OK;
}

/* ---- organisations ---- */

static uint32_t find_namespace(const struct jk_book *book, struct jk_span organisation)
{
    uint32_t hash = jk_hash_fold(organisation, 0), slot = jk_index_first(&book->namespace_index, hash);
    for (; slot != JK_NONE; slot = jk_namespace_row(book, slot)->by_name.next)
        if (jk_span_equal_fold(jk_namespace_row(book, slot)->name, organisation)) return slot;
    return JK_NONE;
}

static uint32_t intern_namespace(struct jk_book *book, struct jk_span organisation)
{
    uint32_t slot = find_namespace(book, organisation);
    if (slot != JK_NONE) return slot;
    struct jk_namespace_row *row = jk_book_append(book, &book->namespaces, &slot);
    if (!row) return JK_NONE;
    row->name = jk_book_copy(book, organisation);
    row->terms = JK_NONE;
    jk_index_add(&book->namespace_index, &book->journal, &row->by_name, slot, jk_hash_fold(organisation, 0));
    return slot;
}

const struct jk_namespace *jk_book_namespace(const struct jk_book *book, uint32_t slot, uint32_t n)
{
    uint32_t terms = jk_namespace_row(book, slot)->terms;
    while (terms != JK_NONE && jk_namespace_terms(book, terms)->from >= n)
        terms = jk_namespace_terms(book, terms)->older;
    return terms == JK_NONE ? NULL : jk_namespace_terms(book, terms);
}

uint32_t jk_book_namespaces(const struct jk_book *book)
{
    return book->namespaces.count;
}

const struct jk_namespace *jk_book_namespace_of(const struct jk_book *book, struct jk_span organisation, uint32_t n)
{
    uint32_t slot = find_namespace(book, organisation);
    return slot == JK_NONE ? NULL : jk_book_namespace(book, slot, n);
}

uint32_t jk_book_namespace_holder(const struct jk_book *book, struct jk_span organisation, uint32_t n)
{
    const struct jk_namespace *terms = jk_book_namespace_of(book, organisation, n);
    return terms ? terms->holder : JK_NONE;
}

static enum jk_status put_namespace(struct jk_book *book, const struct jk_entry *entry, bool held,
                                    struct jk_error *error)
{
    uint32_t publisher = jk_book_find_publisher(book, entry->publisher, JK_NOW), slot;
    uint32_t holder = jk_book_namespace_holder(book, entry->organisation, JK_NOW);
    if (publisher == JK_NONE)
        return JK_BOOK_REFUSE(error, "entry %u: there is no publisher %.*s", book->size, JK_SPAN_ARG(entry->publisher));
    if (holder != (held ? JK_NONE : publisher))
        return JK_BOOK_REFUSE(error, "entry %u: %.*s %s", book->size, JK_SPAN_ARG(entry->organisation),
                              held ? "is held by a publisher already" : "is not held by this publisher");
    uint32_t namespace = intern_namespace(book, entry->organisation);
    struct jk_namespace *terms = jk_book_append(book, &book->namespace_terms, &slot);
    if (!terms || namespace == JK_NONE) return JK_OK; /* out of memory: said at the end */
    struct jk_namespace_row *row = jk_namespace_row(book, namespace);
    *terms = (struct jk_namespace){.organisation = row->name,
                                   .from = book->size,
                                   .publisher = publisher,
                                   .holder = held ? publisher : JK_NONE,
                                   .evidence = jk_book_copy(book, entry->evidence),
                                   .text = entry->text,
                                   .older = row->terms};
    jk_book_set(book, &row->terms, slot);
    return JK_OK;
}

enum jk_status jk_book_apply_namespace(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    return put_namespace(book, entry, true, error);
}

enum jk_status jk_book_apply_namespace_end(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    return put_namespace(book, entry, false, error);
}
