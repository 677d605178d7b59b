/* Registrations and releases: the checks on a statement's names and parents, and what is written if they pass. */
#include "base/check.h"
#include "book/book_internal.h"

/* ---- parents ---- */

static enum jk_status resolve_external(struct jk_book *book, const struct jk_parent_line *line, bool is_false,
                                       struct jk_parent *out_parent, struct jk_error *error)
{
    if (is_false)
        return JK_BOOK_REFUSE(error, "entry %u: the hash of parent external %.*s does not match", book->size,
                              JK_SPAN_ARG(line->name));
    *out_parent = (struct jk_parent){.external = true,
                                     .slot = jk_book_find_external(book, line->name, JK_NOW),
                                     .revision = line->version,
                                     .name = line->name,
                                     .hash = &line->hash};
    return JK_OK;
}

/* Nearly always this is the parent's current name, as written; a name belongs to its model forever. */
static bool is_named(const struct jk_book *book, uint32_t model, struct jk_span name)
{
    return jk_span_equal(jk_book_present_name(book, model), name) || jk_book_find_model(book, name, JK_NOW) == model;
}

static enum jk_status resolve_release(struct jk_book *book, const struct jk_parent_line *line,
                                      struct jk_parent *out_parent, struct jk_error *error)
{
    uint32_t slot = jk_book_find_release(book, &line->hash, JK_NOW);
    if (slot == JK_NONE)
        return JK_BOOK_REFUSE(error, "entry %u: parent %.*s@%.*s is not registered", book->size,
                              JK_SPAN_ARG(line->name), JK_SPAN_ARG(line->version));
    const struct jk_release *release = &jk_release_row(book, slot)->pub;
    if (!is_named(book, release->model, line->name) || !jk_span_equal(release->version, line->version))
        return JK_BOOK_REFUSE(error, "entry %u: parent %.*s@%.*s is not the release of that hash", book->size,
                              JK_SPAN_ARG(line->name), JK_SPAN_ARG(line->version));
    *out_parent = (struct jk_parent){.slot = slot, .name = line->name, .hash = &release->hash};
    return JK_OK;
}

static enum jk_status resolve_parents(struct jk_book *book, const struct jk_parsed_entry *parsed,
                                      struct jk_parent *out_parents, struct jk_error *error)
{
    const struct jk_statement *statement = &parsed->statement;
    for (size_t i = 0; i < statement->parent_count; i++) {
        const struct jk_parent_line *line = &statement->parents[i];
        if (line->external)
            JK_TRY(resolve_external(book, line, parsed->false_externals >> i & 1, &out_parents[i], error));
        else
            JK_TRY(resolve_release(book, line, &out_parents[i], error));
        /* The parser refuses the same hash twice as not canonical; what it cannot see is one external model in two
         * letter cases. */
        for (size_t j = 0; j < i; j++)
            if (line->external && statement->parents[j].external &&
                jk_span_equal_fold(line->name, statement->parents[j].name) &&
                jk_span_equal(line->version, statement->parents[j].version))
                return JK_BOOK_REFUSE(error, "entry %u: parent %.*s is named twice", book->size,
                                      JK_SPAN_ARG(line->name));
    }
    return JK_OK;
}

/* An external that nobody has named yet leads nowhere and cannot close a cycle. Nearly always all are known, and
 * nothing is copied. */
static const struct jk_parent *known_parents(const struct jk_parent *parents, size_t count,
                                             struct jk_parent room[JK_PARENTS_MAX], uint32_t *out_count)
{
    uint32_t known = 0;
    for (size_t i = 0; i < count; i++)
        known += parents[i].slot != JK_NONE;
    *out_count = known;
    if (known == count) return parents;
    known = 0;
    for (size_t i = 0; i < count; i++)
        if (parents[i].slot != JK_NONE) room[known++] = parents[i];
    return room;
}

static enum jk_status check_path(struct jk_book *book, const struct jk_parent *parents, size_t parent_count,
                                 struct jk_error *error)
{
    struct jk_parent room[JK_PARENTS_MAX];
    uint32_t count;
    const struct jk_parent *known = known_parents(parents, parent_count, room, &count);
    if (jk_book_leads_to_base(book, known, count)) return JK_OK;
    if (book->failed) return jk_out_of_memory(error);
    return JK_BOOK_REFUSE(error, "entry %u: no parent leads to a base model", book->size);
}

/* ---- writing ---- */

/* NULL on failure, which is remembered. */
static const struct jk_digest *copy_digest(struct jk_book *book, const struct jk_digest *digest)
{
    struct jk_digest *copy = jk_bytes_take(&book->bytes, &book->journal, sizeof *copy);
    if (copy)
        *copy = *digest;
    else
        book->failed = true;
    return copy;
}

/* What the book keeps about a parent; false when out of memory. */
static bool keep_parent(struct jk_book *book, const struct jk_parent_line *line, const struct jk_parent *parent,
                        struct jk_parent *kept)
{
    kept->external = parent->external;
    kept->slot = parent->external ? jk_book_intern_external(book, line->name) : parent->slot;
    kept->revision = parent->external ? jk_book_copy(book, line->version) : (struct jk_span){NULL, 0};
    /* The spelling of a parent's name, shared with the parent if it is the same, as it nearly always is. */
    struct jk_span known = {0};
    if (!parent->external)
        known = jk_book_present_name(book, jk_release_row(book, parent->slot)->pub.model);
    else if (parent->slot != JK_NONE)
        known = jk_external_row(book, parent->slot)->pub.name;
    kept->name = jk_span_equal(known, parent->name) ? known : jk_book_copy(book, parent->name);
    kept->hash = parent->external ? copy_digest(book, &line->hash) : parent->hash;
    return kept->slot != JK_NONE && kept->hash != NULL;
}

static bool keep_parents(struct jk_book *book, const struct jk_statement *statement, const struct jk_parent *parents,
                         struct jk_release *release)
{
    size_t count = statement->parent_count;
    if (count == 0) return true;
    struct jk_parent *kept = jk_bytes_take(&book->bytes, &book->journal, count * sizeof *kept);
    if (!kept) {
        book->failed = true;
        return false;
    }
    for (size_t i = 0; i < count; i++)
        if (!keep_parent(book, &statement->parents[i], &parents[i], &kept[i])) return false;
    release->parents = kept;
    release->parent_count = (uint32_t)count;
    return true;
}

static bool fill_release(struct jk_book *book, const struct jk_parsed_entry *parsed, const struct jk_parent *parents,
                         struct jk_release *release)
{
    const struct jk_statement *statement = &parsed->statement;
    struct jk_span present = jk_book_present_name(book, release->model);
    release->name = jk_span_equal(present, statement->model) ? present : jk_book_copy(book, statement->model);
    release->version = jk_book_copy(book, statement->version);
    release->hash = parsed->hash;
    release->relation = statement->relation;
    release->license = jk_book_intern_license(book, statement->license, parsed->license_hash);
    release->license_text = statement->license_text;
    release->artifact = statement->artifact;
    release->weights = statement->weights;
    return release->license != JK_NONE && keep_parents(book, statement, parents, release);
}

static void write_release(struct jk_book *book, uint32_t model, const struct jk_parsed_entry *parsed,
                          const struct jk_parent *parents)
{
    uint32_t slot;
    struct jk_release *release = jk_book_begin_release(book, model, &slot);
    if (!release || !fill_release(book, parsed, parents, release)) return; /* out of memory: said at the end */
    jk_book_enter_release(book, slot, parsed->version_hash);
    jk_book_count_write(book, jk_alias_row(book, jk_model_row(book, model)->pub.names)->pub.publisher, &parsed->entry);
    jk_book_touch(book, model);
}

void jk_book_standing_changed(struct jk_book *book, uint32_t model, uint32_t before)
{
    uint32_t after = jk_book_standing_release(book, model, JK_NOW);
    jk_book_note_tenure(book, model);
    jk_book_touch(book, model);
    jk_book_want(book, model);
    if (jk_model_row(book, model)->adoptions != JK_NONE && before != after) jk_book_new_epoch(book);
    if (jk_book_base(book, model, JK_NOW) && before != JK_NONE &&
        jk_release_row(book, before)->pub.license != jk_release_row(book, after)->pub.license)
        jk_book_want_under_model(book, model); /* a root's licence binds its descendants' names */
    jk_book_walk(book);
}

static uint32_t add_model_row(struct jk_book *book, uint32_t publisher, const struct jk_parsed_entry *parsed)
{
    uint32_t slot;
    struct jk_model_row *row = jk_book_append(book, &book->models, &slot);
    if (!row) return JK_NONE;
    struct jk_publisher_row *under = jk_publisher_row(book, publisher);
    row->pub = (struct jk_model){.index = book->size,
                                 .publisher = publisher,
                                 .names = JK_NONE,
                                 .first_release = JK_NONE,
                                 .last_release = JK_NONE,
                                 .base_history = JK_NONE,
                                 .spells = JK_NONE};
    row->next_registered = under->registered;
    row->adoptions = row->rulings = row->touches = row->changed = row->more = JK_NONE;
    row->month = (uint16_t)parsed->month;
    row->registrar = parsed->entry.actor.type == JK_ACTOR_REGISTRAR;
    jk_book_set(book, &under->registered, slot);
    return slot;
}

/* ---- register ---- */

static enum jk_status check_new_model(struct jk_book *book, const struct jk_parsed_entry *parsed,
                                      uint32_t *out_publisher, struct jk_error *error)
{
    const struct jk_statement *statement = &parsed->statement;
    struct jk_span publisher = {statement->model.at, parsed->publisher_len};
    *out_publisher = jk_book_find_publisher_hashed(book, publisher, parsed->publisher_hash);
    if (*out_publisher == JK_NONE)
        return JK_BOOK_REFUSE(error, "entry %u: there is no publisher %.*s", book->size, JK_SPAN_ARG(publisher));
    if (jk_book_find_model_hashed(book, statement->model, parsed->model_hash) != JK_NONE)
        return JK_BOOK_REFUSE(error, "entry %u: the name %.*s is taken", book->size, JK_SPAN_ARG(statement->model));
    if (statement->relation == JK_RELATION_NONE && parsed->entry.actor.type != JK_ACTOR_ADMIN)
        return JK_BOOK_REFUSE(error, "entry %u: only an admin registers a model without parents", book->size);
    return JK_OK;
}

enum jk_status jk_book_apply_register(struct jk_book *book, const struct jk_parsed_entry *parsed,
                                      struct jk_error *error)
{
    const struct jk_statement *statement = &parsed->statement;
    struct jk_parent parents[JK_PARENTS_MAX];
    uint32_t publisher;
    JK_TRY(check_new_model(book, parsed, &publisher, error));
    JK_TRY(resolve_parents(book, parsed, parents, error));
    if (statement->relation != JK_RELATION_NONE) JK_TRY(check_path(book, parents, statement->parent_count, error));
    uint32_t model = add_model_row(book, publisher, parsed);
    if (model == JK_NONE) return JK_OK; /* out of memory: said at the end */
    jk_book_add_alias(book, model, publisher, statement->model,
                      (struct jk_name_hashes){.whole = parsed->model_hash, .part = parsed->part_hash});
    if (book->failed) return JK_OK;
    write_release(book, model, parsed, parents);
    jk_book_want_alone(book, model);
    return JK_OK;
}

/* ---- release ---- */

static enum jk_status check_known_model(struct jk_book *book, const struct jk_statement *statement, uint32_t *out_model,
                                        struct jk_error *error)
{
    uint32_t model = jk_book_find_model(book, statement->model, JK_NOW);
    if (model == JK_NONE || !jk_span_equal_fold(jk_book_present_name(book, model), statement->model))
        return JK_BOOK_REFUSE(error, "entry %u: %.*s is no model's present name", book->size,
                              JK_SPAN_ARG(statement->model));
    if (jk_book_find_version(book, model, statement->version, JK_NOW) != JK_NONE)
        return JK_BOOK_REFUSE(error, "entry %u: release %.*s exists already", book->size,
                              JK_SPAN_ARG(statement->version));
    *out_model = model;
    return JK_OK;
}

static enum jk_status check_release_parents(struct jk_book *book, uint32_t model, const struct jk_parent *parents,
                                            size_t count, struct jk_error *error)
{
    if (jk_book_parents_descend(book, parents, count, model, JK_NOW))
        return JK_BOOK_REFUSE(error, "entry %u: a parent is the model itself or descends from it", book->size);
    if (jk_book_base(book, model, JK_NOW)) return JK_OK;
    return check_path(book, parents, count, error);
}

enum jk_status jk_book_apply_release(struct jk_book *book, const struct jk_parsed_entry *parsed, struct jk_error *error)
{
    struct jk_parent parents[JK_PARENTS_MAX];
    uint32_t model = JK_NONE;
    JK_TRY(check_known_model(book, &parsed->statement, &model, error));
    JK_TRY(resolve_parents(book, parsed, parents, error));
    JK_TRY(check_release_parents(book, model, parents, parsed->statement.parent_count, error));
    uint32_t before = jk_book_standing_release(book, model, JK_NOW);
    write_release(book, model, parsed, parents);
    if (!book->failed) jk_book_standing_changed(book, model, before);
    return JK_OK;
}
