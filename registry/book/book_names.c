/* Names: publishers, and the aliases of models. Names are unique in folded form; old ones resolve forever. */
#include "base/check.h"
#include "book/book_internal.h"

struct jk_span jk_book_model_part(struct jk_span name)
{
    struct jk_span publisher, part;
    jk_ident_split(name, &publisher, &part);
    return part;
}

/* ---- publishers ---- */

static uint32_t find_name(const struct jk_book *book, struct jk_span name, uint32_t hash)
{
    uint32_t slot = jk_index_first(&book->name_index, hash);
    while (slot != JK_NONE) {
        const struct jk_name_row *row = jk_name_row(book, slot);
        if (row->by_fold.hash == hash && jk_span_equal_fold(row->name, name)) return slot;
        slot = row->by_fold.next;
    }
    return JK_NONE;
}

uint32_t jk_book_find_name(const struct jk_book *book, struct jk_span name)
{
    return find_name(book, name, jk_hash_fold(name, 0));
}

uint32_t jk_book_intern_name(struct jk_book *book, struct jk_span name)
{
    uint32_t slot = jk_book_find_name(book, name);
    if (slot != JK_NONE) return slot;
    struct jk_name_row *row = jk_book_append(book, &book->names, &slot);
    if (!row) return JK_NONE;
    row->name = jk_book_copy(book, name);
    row->publisher = row->memberships = row->operators = row->listed = JK_NONE;
    jk_index_add(&book->name_index, &book->journal, &row->by_fold, slot, jk_hash_fold(name, 0));
    return slot;
}

uint32_t jk_book_add_publisher(struct jk_book *book, struct jk_span name, enum jk_basis basis)
{
    uint32_t name_slot = jk_book_intern_name(book, name), slot;
    if (name_slot == JK_NONE) return JK_NONE;
    struct jk_publisher_row *row = jk_book_append(book, &book->publishers, &slot);
    if (!row) return JK_NONE;
    row->pub = (struct jk_publisher){.name = jk_book_copy(book, name),
                                     .created = book->size,
                                     .basis = basis,
                                     .claimed = JK_NONE,
                                     .verified_history = JK_NONE,
                                     .last_model = JK_NONE};
    row->name = name_slot;
    row->registered = row->days.older = JK_NONE;
    jk_book_set(book, &jk_name_row(book, name_slot)->publisher, slot);
    return slot;
}

uint32_t jk_book_find_publisher_hashed(const struct jk_book *book, struct jk_span name, uint32_t hash)
{
    uint32_t row = find_name(book, name, hash);
    return row == JK_NONE ? JK_NONE : jk_name_row(book, row)->publisher;
}

uint32_t jk_book_find_publisher(const struct jk_book *book, struct jk_span name, uint32_t n)
{
    uint32_t slot = jk_book_find_publisher_hashed(book, name, jk_hash_fold(name, 0));
    return slot != JK_NONE && jk_publisher_row(book, slot)->pub.created < n ? slot : JK_NONE;
}

const struct jk_publisher *jk_book_publisher(const struct jk_book *book, uint32_t slot)
{
    JK_CHECK(slot < book->publishers.count);
    return &jk_publisher_row(book, slot)->pub;
}

uint32_t jk_book_publishers(const struct jk_book *book, uint32_t n)
{
    return JK_LOWER_BOUND(book->publishers.count, at, jk_publisher_row(book, at)->pub.created < n);
}

bool jk_book_is_verified(const struct jk_book *book, uint32_t publisher, uint32_t n)
{
    return jk_book_switched(book, jk_book_publisher(book, publisher)->verified_history, n);
}

uint32_t jk_book_verified_since(const struct jk_book *book, uint32_t publisher, uint32_t n)
{
    uint32_t history = jk_book_publisher(book, publisher)->verified_history;
    return jk_book_switched(book, history, n) ? jk_book_switched_since(book, history, n) : JK_NONE;
}

bool jk_book_is_claimed(const struct jk_book *book, uint32_t publisher, uint32_t n)
{
    const struct jk_publisher *row = jk_book_publisher(book, publisher);
    bool entered_for_others = row->basis == JK_BASIS_REGISTRAR || row->basis == JK_BASIS_ROSTER;
    return !entered_for_others || row->claimed < n;
}

/* ---- models and their aliases ---- */

struct jk_name_hashes jk_book_hash_name(struct jk_span name)
{
    return (struct jk_name_hashes){.whole = jk_hash_fold(name, 0),
                                   .part = jk_hash_fold(jk_book_model_part(name), JK_PART_SEED)};
}

void jk_book_add_alias(struct jk_book *book, uint32_t model, uint32_t publisher, struct jk_span name,
                       struct jk_name_hashes hashes)
{
    uint32_t slot;
    struct jk_alias_row *row = jk_book_append(book, &book->aliases, &slot);
    if (!row) return;
    struct jk_model_row *owner = jk_model_row(book, model);
    struct jk_publisher_row *under = jk_publisher_row(book, publisher);
    row->pub = (struct jk_alias){.name = jk_book_copy(book, name),
                                 .from = book->size,
                                 .model = model,
                                 .publisher = publisher,
                                 .older = owner->pub.names};
    row->next_of_publisher = under->pub.last_model;
    jk_index_add(&book->alias_index, &book->journal, &row->by_name, slot, hashes.whole);
    jk_index_add(&book->part_index, &book->journal, &row->by_part, slot, hashes.part);
    jk_book_set(book, &owner->pub.names, slot);
    jk_book_set(book, &under->pub.last_model, slot);
}

/* A name by which a model can be found, but which is not its current name. */
void jk_book_add_byname(struct jk_book *book, uint32_t model, struct jk_span name)
{
    uint32_t slot;
    struct jk_alias_row *row = jk_book_append(book, &book->aliases, &slot);
    if (!row) return;
    row->pub = (struct jk_alias){
        .name = jk_book_copy(book, name), .from = book->size, .model = model, .publisher = JK_NONE, .older = JK_NONE};
    row->next_of_publisher = JK_NONE;
    jk_index_add(&book->alias_index, &book->journal, &row->by_name, slot, jk_hash_fold(name, 0));
}

static uint32_t find_model(const struct jk_book *book, struct jk_span name, uint32_t hash, uint32_t n)
{
    uint32_t slot = jk_index_first(&book->alias_index, hash);
    while (slot != JK_NONE) {
        const struct jk_alias_row *row = jk_alias_row(book, slot);
        if (row->by_name.hash == hash && row->pub.from < n && jk_span_equal_fold(row->pub.name, name))
            return row->pub.model;
        slot = row->by_name.next;
    }
    return JK_NONE;
}

uint32_t jk_book_find_model_hashed(const struct jk_book *book, struct jk_span name, uint32_t hash)
{
    return find_model(book, name, hash, JK_NOW);
}

uint32_t jk_book_find_model(const struct jk_book *book, struct jk_span name, uint32_t n)
{
    return find_model(book, name, jk_hash_fold(name, 0), n);
}

const struct jk_alias *jk_book_alias(const struct jk_book *book, uint32_t model, uint32_t n)
{
    uint32_t slot = jk_book_model(book, model)->names;
    while (slot != JK_NONE) {
        const struct jk_alias *alias = &jk_alias_row(book, slot)->pub;
        if (alias->from < n) return alias;
        slot = alias->older;
    }
    return NULL;
}

const struct jk_alias *jk_book_stay(const struct jk_book *book, const struct jk_alias *alias)
{
    const struct jk_alias *older;
    while ((older = jk_book_older_alias(book, alias)) != NULL && older->publisher == alias->publisher)
        alias = older;
    return alias;
}

uint32_t jk_book_named_since(const struct jk_book *book, uint32_t model, uint32_t n)
{
    return jk_book_stay(book, jk_book_alias(book, model, n))->from;
}

uint32_t jk_book_name_verified_since(const struct jk_book *book, uint32_t model, uint32_t n)
{
    const struct jk_alias *stay = jk_book_stay(book, jk_book_alias(book, model, n)), *older;
    uint32_t since = n;
    for (; jk_book_is_verified(book, stay->publisher, since); stay = jk_book_stay(book, older)) {
        uint32_t verified = jk_book_verified_since(book, stay->publisher, since);
        if (verified > stay->from) return verified;
        since = stay->from;
        if (!(older = jk_book_older_alias(book, stay))) return since;
    }
    return since;
}

const struct jk_alias *jk_book_older_alias(const struct jk_book *book, const struct jk_alias *alias)
{
    return alias->older == JK_NONE ? NULL : &jk_alias_row(book, alias->older)->pub;
}

struct jk_span jk_book_present_name(const struct jk_book *book, uint32_t model)
{
    return jk_alias_row(book, jk_model_row(book, model)->pub.names)->pub.name;
}

const struct jk_model *jk_book_model(const struct jk_book *book, uint32_t slot)
{
    JK_CHECK(slot < book->models.count);
    return &jk_model_row(book, slot)->pub;
}

uint32_t jk_book_models(const struct jk_book *book, uint32_t n)
{
    uint32_t count = book->models.count;
    if (count > 0 && jk_model_row(book, count - 1)->pub.index < n) return count;
    return JK_LOWER_BOUND(count, at, jk_model_row(book, at)->pub.index < n);
}

uint32_t jk_book_find_model_index(const struct jk_book *book, uint64_t index, uint32_t n)
{
    if (index >= n) return JK_NONE;
    uint32_t slot = jk_book_models(book, (uint32_t)index); /* as many models have a smaller identity */
    if (slot >= book->models.count || jk_model_row(book, slot)->pub.index != index) return JK_NONE;
    return slot;
}
