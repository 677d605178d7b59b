/* The book itself: its tables, time, marks, and the small helpers that its other files share. See book.h. */
#include "book/book.h"

#include <stdlib.h>

#include "base/check.h"
#include "book/book_internal.h"

/* One row a table: its field, the type of its rows. */
#define TABLES(X)                                                                                                      \
    X(times, int64_t)                                                                                                  \
    X(names, struct jk_name_row)                                                                                       \
    X(listed, struct jk_listed_row)                                                                                    \
    X(reserved, struct jk_reserved_row)                                                                                \
    X(publishers, struct jk_publisher_row)                                                                             \
    X(days, struct jk_day_row)                                                                                         \
    X(models, struct jk_model_row)                                                                                     \
    X(aliases, struct jk_alias_row)                                                                                    \
    X(releases, struct jk_release_row)                                                                                 \
    X(tenures, struct jk_tenure_row)                                                                                   \
    X(weights, struct jk_weights_row)                                                                                  \
    X(artifacts, struct jk_artifact_row)                                                                               \
    X(manifests, struct jk_manifest_row)                                                                               \
    X(holdings, struct jk_holding)                                                                                     \
    X(file_sets, struct jk_files_row)                                                                                  \
    X(externals, struct jk_external_row)                                                                               \
    X(adoptions, struct jk_adoption)                                                                                   \
    X(vouched, struct jk_vouched_row)                                                                                  \
    X(verifiers, struct jk_verifier_row)                                                                               \
    X(challenges, struct jk_challenge)                                                                                 \
    X(attests, struct jk_attest)                                                                                       \
    X(leaves, struct jk_leave_row)                                                                                     \
    X(evidences, struct jk_weights_evidence)                                                                           \
    X(references, struct jk_reference_row)                                                                             \
    X(kept, struct jk_kept_row)                                                                                        \
    X(namespaces, struct jk_namespace_row)                                                                             \
    X(namespace_terms, struct jk_namespace)                                                                            \
    X(licenses, struct jk_license_row)                                                                                 \
    X(identifiers, struct jk_identifier_row)                                                                           \
    X(license_facts, struct jk_license_facts)                                                                          \
    X(spdx_lists, struct jk_spdx_row)                                                                                  \
    X(teams, struct jk_team_row)                                                                                       \
    X(team_facts, struct jk_team_facts)                                                                                \
    X(institutions, struct jk_institution_row)                                                                         \
    X(bonds, struct jk_bond_row)                                                                                       \
    X(bond_terms, struct jk_bond_terms)                                                                                \
    X(base_facts, struct jk_base_facts)                                                                                \
    X(bases, uint32_t)                                                                                                 \
    X(switches, struct jk_switch_row)                                                                                  \
    X(edges, struct jk_edge_row)                                                                                       \
    X(touches, struct jk_touch_row)                                                                                    \
    X(spells, struct jk_spell)                                                                                         \
    X(keys, struct jk_key_row)                                                                                         \
    X(policies, struct jk_policy_row)                                                                                  \
    X(stages, struct jk_stage_row)                                                                                     \
    X(stage_facts, struct jk_stage)                                                                                    \
    X(closings, struct jk_closing)                                                                                     \
    X(rulings, struct jk_ruling)                                                                                       \
    X(disputes, struct jk_dispute)                                                                                     \
    X(observations, struct jk_observation_row)                                                                         \
    X(more, struct jk_more_row)                                                                                        \
    X(runs, struct jk_run_row)                                                                                         \
    X(censuses, struct jk_census)                                                                                      \
    X(root_sets, struct jk_root_set)                                                                                   \
    X(declared, struct jk_declared_row)                                                                                \
    X(changed, uint32_t)

/* One row an index: its field, the table it indexes, the type of its rows, the link within a row. */
#define INDEXES(X)                                                                                                     \
    X(name_index, names, struct jk_name_row, by_fold)                                                                  \
    X(reserved_index, reserved, struct jk_reserved_row, by_skeleton)                                                   \
    X(alias_index, aliases, struct jk_alias_row, by_name)                                                              \
    X(part_index, aliases, struct jk_alias_row, by_part)                                                               \
    X(hash_index, releases, struct jk_release_row, by_hash)                                                            \
    X(version_index, releases, struct jk_release_row, by_version)                                                      \
    X(weights_index, weights, struct jk_weights_row, by_digest)                                                        \
    X(artifact_index, releases, struct jk_release_row, by_artifact)                                                    \
    X(files_index, file_sets, struct jk_files_row, by_digest)                                                          \
    X(identity_index, observations, struct jk_observation_row, by_identity)                                            \
    X(id_index, observations, struct jk_observation_row, by_id)                                                        \
    X(external_index, externals, struct jk_external_row, by_name)                                                      \
    X(verifier_index, verifiers, struct jk_verifier_row, by_id)                                                        \
    X(reference_index, references, struct jk_reference_row, by_name)                                                   \
    X(kept_index, kept, struct jk_kept_row, by_artifact)                                                               \
    X(namespace_index, namespaces, struct jk_namespace_row, by_name)                                                   \
    X(license_index, licenses, struct jk_license_row, by_text)                                                         \
    X(identifier_index, identifiers, struct jk_identifier_row, by_fold)                                                \
    X(team_index, teams, struct jk_team_row, by_id)                                                                    \
    X(institution_index, institutions, struct jk_institution_row, by_name)                                             \
    X(root_set_index, root_sets, struct jk_root_set, by_roots)

static bool init_tables(struct jk_book *book)
{
    bool done = true;
#define TABLE(table, type) jk_chunks_init(&book->table, &book->pool, sizeof(type));
    TABLES(TABLE)
#undef TABLE
#define INDEX(index, table, type, link) done = jk_index_init(&book->index, offsetof(type, link)) && done;
    INDEXES(INDEX)
#undef INDEX
    jk_bytes_init(&book->bytes, &book->pool);
    jk_bytes_init(&book->cached, &book->pool);
    return done;
}

struct jk_book *jk_book_new(void)
{
    struct jk_book *book = calloc(1, sizeof *book);
    if (!book) return NULL;
    bool done = init_tables(book);
    book->origin = book->key = book->purpose = (struct jk_span){"", 0};
    book->epoch = book->license_epoch = book->last_epoch = 1;
    book->origins = JK_NONE;
    book->merged = calloc(JK_BOOK_BASES, sizeof *book->merged);
    book->merging = calloc(JK_BOOK_BASES, sizeof *book->merging);
    book->wanted_spells = calloc(JK_BOOK_BASES, sizeof *book->wanted_spells);
    if (done && book->merged && book->merging && book->wanted_spells && jk_book_roots_init(book)) return book;
    jk_book_free(book);
    return NULL;
}

void jk_book_free(struct jk_book *book)
{
    if (!book) return;
#define TABLE(table, type) jk_chunks_done(&book->table);
    TABLES(TABLE)
#undef TABLE
#define INDEX(index, table, type, link) jk_index_done(&book->index);
    INDEXES(INDEX)
#undef INDEX
    jk_journal_done(&book->journal);
    jk_bytes_done(&book->bytes);
    jk_bytes_done(&book->cached);
    jk_pool_done(&book->pool);
    free(book->queue.at);
    free(book->wanted.at);
    free(book->stack.at);
    free(book->merged);
    free(book->merging);
    free(book->wanted_spells);
    free(book);
}

/* ---- marks ---- */

/* Best effort: an index that cannot grow still works, only slower. */
static void grow_indexes(struct jk_book *book)
{
#define INDEX(index, table, type, link)                                                                                \
    if (jk_index_is_full(&book->index, &book->table)) (void)jk_index_grow(&book->index, &book->table, 0);
    INDEXES(INDEX)
#undef INDEX
}

#define EXPECTED_MOST (1u << 20)

void jk_book_expect(struct jk_book *book, uint64_t entries)
{
    uint32_t rows = entries < EXPECTED_MOST ? (uint32_t)entries : EXPECTED_MOST;
    (void)jk_index_grow(&book->alias_index, &book->aliases, rows);
    (void)jk_index_grow(&book->part_index, &book->aliases, rows);
    (void)jk_index_grow(&book->hash_index, &book->releases, rows);
    (void)jk_index_grow(&book->version_index, &book->releases, rows);
    (void)jk_index_grow(&book->weights_index, &book->weights, rows);
    (void)jk_index_grow(&book->artifact_index, &book->releases, rows);
}

struct jk_book_mark jk_book_mark(struct jk_book *book)
{
    book->journal.active = true;
    return (struct jk_book_mark){.position = book->journal.count, .size = book->size};
}

void jk_book_undo(struct jk_book *book, struct jk_book_mark mark)
{
    JK_CHECK(book->journal.active && mark.size <= book->size);
    jk_journal_undo(&book->journal, mark.position);
    JK_CHECK(book->failed || book->size == mark.size);
    if (book->changed_taken > book->changed.count) book->changed_taken = book->changed.count;
}

void jk_book_keep(struct jk_book *book)
{
    book->journal.count = 0;
    book->journal.active = false;
    grow_indexes(book);
}

/* ---- size and time ---- */

uint32_t jk_book_size(const struct jk_book *book)
{
    return book->size;
}

int64_t jk_book_time(const struct jk_book *book, uint32_t index)
{
    JK_CHECK(index < book->size);
    return *(const int64_t *)jk_chunks_at(&book->times, index);
}

uint32_t jk_book_size_at(const struct jk_book *book, uint32_t n, int64_t time_us)
{
    /* times never go back */
    return JK_LOWER_BOUND(n < book->size ? n : book->size, at, jk_book_time(book, at) < time_us);
}

struct jk_span jk_book_origin(const struct jk_book *book)
{
    return book->origin;
}
struct jk_span jk_book_key(const struct jk_book *book)
{
    return book->key;
}
struct jk_span jk_book_purpose(const struct jk_book *book)
{
    return book->purpose;
}

/* ---- helpers for the other files ---- */

void *jk_book_append(struct jk_book *book, struct jk_chunks *rows, uint32_t *out_slot)
{
    void *row = jk_chunks_append(rows, &book->journal);
    if (!row) {
        book->failed = true;
        return NULL;
    }
    *out_slot = rows->count - 1;
    return row;
}

struct jk_span jk_book_copy(struct jk_book *book, struct jk_span text)
{
    struct jk_span copy = jk_bytes_copy(&book->bytes, &book->journal, text);
    if (copy.at) return copy;
    book->failed = true;
    return (struct jk_span){"", 0};
}

struct jk_span jk_book_copy_actor(struct jk_book *book, const struct jk_actor *actor)
{
    struct jk_text text;
    jk_text_init(&text, 0);
    jk_actor_write(actor, &text);
    struct jk_span copy = jk_book_copy(book, jk_text_span(&text));
    book->failed = book->failed || text.failed;
    jk_text_done(&text);
    return copy;
}

bool jk_book_push(struct jk_book *book, struct jk_slots *slots, uint32_t slot)
{
    if (slots->count == slots->room) {
        uint32_t room = slots->room ? slots->room * 2 : 256;
        uint32_t *grown = realloc(slots->at, room * sizeof *grown);
        if (!grown) {
            book->failed = true;
            return false;
        }
        slots->at = grown;
        slots->room = room;
    }
    slots->at[slots->count++] = slot;
    return true;
}

struct jk_more_row *jk_book_need_more(struct jk_book *book, uint32_t model)
{
    uint32_t slot = jk_model_row(book, model)->more;
    if (slot != JK_NONE) return jk_more_row(book, slot);
    struct jk_more_row *row = jk_book_append(book, &book->more, &slot);
    if (!row) return NULL;
    *row = (struct jk_more_row){.disputed = JK_NONE, .observed = JK_NONE, .runs = JK_NONE};
    jk_book_set(book, &jk_model_row(book, model)->more, slot);
    return row;
}

void jk_book_new_epoch(struct jk_book *book)
{
    JK_CHECK(book->last_epoch < UINT32_MAX);
    jk_book_set(book, &book->epoch, ++book->last_epoch);
}

void jk_book_touch(struct jk_book *book, uint32_t model)
{
    struct jk_model_row *row = jk_model_row(book, model);
    if (row->touches != JK_NONE) {
        const struct jk_touch_row *newest = jk_chunks_at(&book->touches, row->touches);
        if (newest->from == book->size) return;
    }
    uint32_t slot;
    struct jk_touch_row *touch = jk_book_append(book, &book->touches, &slot);
    if (!touch) return;
    *touch = (struct jk_touch_row){.from = book->size, .older = row->touches};
    jk_book_set(book, &row->touches, slot);
}

uint32_t jk_book_etag(const struct jk_book *book, uint32_t model, uint32_t n)
{
    uint32_t slot = jk_model_row(book, model)->touches;
    while (slot != JK_NONE) {
        const struct jk_touch_row *touch = jk_chunks_at(&book->touches, slot);
        if (touch->from < n) return touch->from;
        slot = touch->older;
    }
    return JK_NONE;
}

void jk_book_switch(struct jk_book *book, uint32_t *head, bool on)
{
    uint32_t slot;
    struct jk_switch_row *row = jk_book_append(book, &book->switches, &slot);
    if (!row) return;
    *row = (struct jk_switch_row){.from = book->size, .on = on, .older = *head};
    jk_book_set(book, head, slot);
}

static const struct jk_switch_row *switch_at(const struct jk_book *book, uint32_t head, uint32_t n)
{
    while (head != JK_NONE) {
        const struct jk_switch_row *row = jk_chunks_at(&book->switches, head);
        if (row->from < n) return row;
        head = row->older;
    }
    return NULL;
}

bool jk_book_switched(const struct jk_book *book, uint32_t head, uint32_t n)
{
    const struct jk_switch_row *row = switch_at(book, head, n);
    return row && row->on != 0;
}

uint32_t jk_book_switched_since(const struct jk_book *book, uint32_t head, uint32_t n)
{
    const struct jk_switch_row *row = switch_at(book, head, n);
    return row ? row->from : JK_NONE;
}

/* ---- changed models ---- */

void jk_book_list_changed(struct jk_book *book, uint32_t model)
{
    struct jk_model_row *row = jk_model_row(book, model);
    /* `changed` is a hint that verifies itself, so it needs no journal. */
    if (row->changed < book->changed.count && row->changed >= book->changed_taken &&
        *(uint32_t *)jk_chunks_at(&book->changed, row->changed) == model)
        return;
    uint32_t slot;
    uint32_t *listed = jk_book_append(book, &book->changed, &slot);
    if (!listed) return;
    *listed = model;
    row->changed = slot;
}

size_t jk_book_changed(struct jk_book *book, uint32_t *out_models, size_t room)
{
    size_t count = 0;
    while (count < room && book->changed_taken < book->changed.count)
        out_models[count++] = *(uint32_t *)jk_chunks_at(&book->changed, book->changed_taken++);
    if (book->changed_taken == book->changed.count && !book->journal.active)
        book->changed_taken = book->changed.count = 0;
    return count;
}

/* ---- writes a day ---- */

void jk_book_count_write(struct jk_book *book, uint32_t publisher, const struct jk_entry *entry)
{
    struct jk_day_row *newest = &jk_publisher_row(book, publisher)->days, first = {.count = 1, .older = JK_NONE};
    if (entry->actor.type == JK_ACTOR_REGISTRAR) return;
    first.day = (int32_t)jk_time_day(entry->time_us);
    if (newest->count > 0 && newest->day == first.day) {
        jk_book_set(book, &newest->count, newest->count + 1);
        return;
    }
    if (newest->count > 0) {
        struct jk_day_row *kept = jk_book_append(book, &book->days, &first.older);
        if (!kept) return;
        *kept = *newest;
    }
    jk_journal_copy(&book->journal, newest, &first, sizeof first);
}

uint32_t jk_book_writes_on_day(const struct jk_book *book, uint32_t publisher, int64_t time_us)
{
    int32_t day = (int32_t)jk_time_day(time_us);
    const struct jk_day_row *row = &jk_publisher_row(book, publisher)->days;
    while (row->day > day && row->older != JK_NONE) /* newest day first */
        row = jk_chunks_at(&book->days, row->older);
    return row->day == day ? row->count : 0;
}
