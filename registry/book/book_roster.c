/* The roster: teams, their publishers and affiliates, who operates what, and base models. Everything has two dates: the
 * entry that stated it, and the period for which it says that something was true. */
#include "base/check.h"
#include "book/book_internal.h"

/* ---- teams ---- */

uint32_t jk_book_find_team(const struct jk_book *book, struct jk_span id, uint32_t n)
{
    uint32_t hash = jk_hash_text(id), slot = jk_index_first(&book->team_index, hash);
    for (; slot != JK_NONE; slot = jk_team_row(book, slot)->by_id.next) {
        const struct jk_team_row *row = jk_team_row(book, slot);
        if (row->by_id.hash == hash && row->pub.from < n && jk_span_equal(row->pub.id, id)) return slot;
    }
    return JK_NONE;
}

const struct jk_team *jk_book_team(const struct jk_book *book, uint32_t slot)
{
    JK_CHECK(slot < book->teams.count);
    return &jk_team_row(book, slot)->pub;
}

uint32_t jk_book_teams(const struct jk_book *book, uint32_t n)
{
    uint32_t count = book->teams.count; /* few, in order of appearance */
    while (count > 0 && jk_team_row(book, count - 1)->pub.from >= n)
        count--;
    return count;
}

static uint32_t add_team(struct jk_book *book, struct jk_span id)
{
    uint32_t slot;
    struct jk_team_row *row = jk_book_append(book, &book->teams, &slot);
    if (!row) return JK_NONE;
    row->pub.id = jk_book_copy(book, id);
    row->pub.from = book->size;
    row->facts = JK_NONE;
    jk_index_add(&book->team_index, &book->journal, &row->by_id, slot, jk_hash_text(id));
    return slot;
}

void jk_book_put_team(struct jk_book *book, const struct jk_entry *entry)
{
    uint32_t slot = jk_book_find_team(book, entry->team, JK_NOW), facts_slot;
    if (slot == JK_NONE) slot = add_team(book, entry->team);
    if (slot == JK_NONE) return;
    struct jk_team_row *row = jk_team_row(book, slot);
    struct jk_team team = row->pub;
    team.name = jk_book_copy(book, entry->name);
    team.name_ko = jk_book_copy(book, entry->name_ko);
    team.joined_us = entry->joined_us;
    team.left_us = entry->left_us;
    jk_journal_copy(&book->journal, &row->pub, &team, sizeof team);
    jk_book_reserve(book, team.id, JK_RESERVED_TEAM);
    jk_book_reserve(book, team.name, JK_RESERVED_COMPANY);
    jk_book_reserve(book, team.name_ko, JK_RESERVED_COMPANY);
    struct jk_team_facts *facts = jk_book_append(book, &book->team_facts, &facts_slot);
    if (!facts) return;
    *facts = (struct jk_team_facts){
        .from = book->size, .joined_us = entry->joined_us, .left_us = entry->left_us, .older = row->facts};
    jk_book_set(book, &row->facts, facts_slot);
}

static int64_t joined_at(const struct jk_book *book, uint32_t team, uint32_t n)
{
    uint32_t slot = jk_team_row(book, team)->facts;
    while (slot != JK_NONE) {
        const struct jk_team_facts *facts = jk_chunks_at(&book->team_facts, slot);
        if (facts->from < n) return facts->joined_us;
        slot = facts->older;
    }
    return INT64_MAX;
}

/* ---- bonds ---- */

static struct jk_bond_row *find_bond(const struct jk_book *book, uint32_t head, uint32_t right)
{
    while (head != JK_NONE) {
        struct jk_bond_row *bond = jk_bond_row(book, head);
        if (bond->right == right) return bond;
        head = bond->next;
    }
    return NULL;
}

static void put_bond(struct jk_book *book, uint32_t *head, uint32_t left, uint32_t right, const struct jk_entry *entry)
{
    uint32_t slot;
    struct jk_bond_row *bond = find_bond(book, *head, right);
    if (!bond) {
        bond = jk_book_append(book, &book->bonds, &slot);
        if (!bond) return;
        *bond = (struct jk_bond_row){.left = left, .right = right, .terms = JK_NONE, .next = *head};
        jk_book_set(book, head, slot);
    }
    struct jk_bond_terms *terms = jk_book_append(book, &book->bond_terms, &slot);
    if (!terms) return;
    *terms = (struct jk_bond_terms){
        .from = book->size, .from_us = entry->from_us, .until_us = entry->until_us, .older = bond->terms};
    jk_book_set(book, &bond->terms, slot);
}

static const struct jk_bond_terms *terms_at(const struct jk_book *book, const struct jk_bond_row *bond, uint32_t n)
{
    uint32_t slot = bond->terms;
    while (slot != JK_NONE) {
        const struct jk_bond_terms *terms = jk_chunks_at(&book->bond_terms, slot);
        if (terms->from < n) return terms;
        slot = terms->older;
    }
    return NULL;
}

/* `start_us` replaces a missing start. */
static bool holds(const struct jk_bond_terms *terms, int64_t start_us, int64_t at_us)
{
    if (!terms) return false;
    int64_t from_us = terms->from_us == JK_TIME_NONE ? start_us : terms->from_us;
    return from_us <= at_us && (terms->until_us == JK_TIME_NONE || at_us < terms->until_us);
}

uint32_t jk_book_find_institution(const struct jk_book *book, struct jk_span name)
{
    uint32_t slot = jk_index_first(&book->institution_index, jk_hash_text(name));
    while (slot != JK_NONE && !jk_span_equal(jk_institution_row(book, slot)->name, name))
        slot = jk_institution_row(book, slot)->by_name.next;
    return slot;
}

static uint32_t intern_institution(struct jk_book *book, struct jk_span name)
{
    uint32_t slot = jk_book_find_institution(book, name);
    if (slot != JK_NONE) return slot;
    struct jk_institution_row *row = jk_book_append(book, &book->institutions, &slot);
    if (!row) return JK_NONE;
    row->name = jk_book_copy(book, name);
    row->affiliations = JK_NONE;
    jk_index_add(&book->institution_index, &book->journal, &row->by_name, slot, jk_hash_text(name));
    return slot;
}

/* On the roster from here on, and therefore reserved. */
static void list_publisher(struct jk_book *book, uint32_t name)
{
    struct jk_name_row *row = jk_name_row(book, name);
    uint32_t slot;
    if (row->listed != JK_NONE) return;
    struct jk_listed_row *listed = jk_book_append(book, &book->listed, &slot);
    if (!listed) return;
    listed->name = name;
    jk_book_set(book, &row->listed, book->size);
    jk_book_reserve(book, row->name, JK_RESERVED_PUBLISHER);
}

void jk_book_put_membership(struct jk_book *book, const struct jk_entry *entry)
{
    uint32_t name = jk_book_intern_name(book, entry->publisher);
    uint32_t team = jk_book_find_team(book, entry->team, JK_NOW);
    if (name == JK_NONE) return;
    put_bond(book, &jk_name_row(book, name)->memberships, name, team, entry);
    list_publisher(book, name);
}

void jk_book_put_operates(struct jk_book *book, const struct jk_entry *entry)
{
    uint32_t name = jk_book_intern_name(book, entry->publisher);
    uint32_t institution = intern_institution(book, entry->institution);
    if (name == JK_NONE || institution == JK_NONE) return;
    put_bond(book, &jk_name_row(book, name)->operators, name, institution, entry);
    jk_book_reserve(book, jk_name_row(book, name)->name, JK_RESERVED_PUBLISHER);
}

void jk_book_put_affiliation(struct jk_book *book, const struct jk_entry *entry)
{
    uint32_t institution = intern_institution(book, entry->institution);
    uint32_t team = jk_book_find_team(book, entry->team, JK_NOW);
    if (institution == JK_NONE) return;
    put_bond(book, &jk_institution_row(book, institution)->affiliations, institution, team, entry);
}

bool jk_book_owned(const struct jk_book *book, uint32_t publisher, uint32_t team, int64_t at_us, uint32_t n)
{
    const struct jk_name_row *name = jk_name_row(book, jk_publisher_row(book, publisher)->name);
    const struct jk_bond_row *bond = find_bond(book, name->memberships, team);
    return bond && holds(terms_at(book, bond, n), INT64_MIN, at_us);
}

uint32_t jk_book_owned_since(const struct jk_book *book, uint32_t publisher, uint32_t team, uint32_t n)
{
    const struct jk_name_row *name = jk_name_row(book, jk_publisher_row(book, publisher)->name);
    const struct jk_bond_row *bond = find_bond(book, name->memberships, team);
    const struct jk_bond_terms *terms = bond ? terms_at(book, bond, n) : NULL;
    return terms ? terms->from : JK_NONE;
}

/* If several teams own the publisher at once, the one stated last. */
uint32_t jk_book_team_of(const struct jk_book *book, uint32_t publisher, int64_t at_us, uint32_t n)
{
    JK_CHECK(publisher < book->publishers.count);
    uint32_t slot = jk_name_row(book, jk_publisher_row(book, publisher)->name)->memberships;
    uint32_t team = JK_NONE, said = 0;
    for (; slot != JK_NONE; slot = jk_bond_row(book, slot)->next) {
        const struct jk_bond_terms *terms = terms_at(book, jk_bond_row(book, slot), n);
        if (!holds(terms, INT64_MIN, at_us) || (team != JK_NONE && terms->from < said)) continue;
        team = jk_bond_row(book, slot)->right;
        said = terms->from;
    }
    return team;
}

uint32_t jk_book_affiliated_since(const struct jk_book *book, uint32_t publisher, uint32_t team, int64_t at_us,
                                  uint32_t n)
{
    JK_CHECK(publisher < book->publishers.count);
    uint32_t slot = jk_name_row(book, jk_publisher_row(book, publisher)->name)->operators;
    for (; slot != JK_NONE; slot = jk_bond_row(book, slot)->next) {
        const struct jk_bond_row *operates = jk_bond_row(book, slot);
        const struct jk_bond_terms *operating = terms_at(book, operates, n), *affiliation;
        if (!holds(operating, INT64_MIN, at_us)) continue;
        uint32_t head = jk_institution_row(book, operates->right)->affiliations;
        const struct jk_bond_row *affiliated = find_bond(book, head, team);
        if (!affiliated) continue;
        affiliation = terms_at(book, affiliated, n);
        if (holds(affiliation, joined_at(book, team, n), at_us))
            return operating->from > affiliation->from ? operating->from : affiliation->from;
    }
    return JK_NONE;
}

bool jk_book_affiliated(const struct jk_book *book, uint32_t publisher, uint32_t team, int64_t at_us, uint32_t n)
{
    return jk_book_affiliated_since(book, publisher, team, at_us, n) != JK_NONE;
}

bool jk_book_institution_affiliated(const struct jk_book *book, struct jk_span institution, uint32_t team,
                                    int64_t at_us, uint32_t n)
{
    uint32_t slot = jk_book_find_institution(book, institution);
    if (slot == JK_NONE) return false;
    const struct jk_bond_row *bond = find_bond(book, jk_institution_row(book, slot)->affiliations, team);
    return bond && holds(terms_at(book, bond, n), joined_at(book, team, n), at_us);
}

bool jk_book_institution_operates(const struct jk_book *book, struct jk_span institution, uint32_t publisher,
                                  int64_t at_us, uint32_t n)
{
    uint32_t slot = jk_book_find_institution(book, institution);
    if (slot == JK_NONE) return false;
    const struct jk_name_row *name = jk_name_row(book, jk_publisher_row(book, publisher)->name);
    const struct jk_bond_row *bond = find_bond(book, name->operators, slot);
    return bond && holds(terms_at(book, bond, n), INT64_MIN, at_us);
}

/* ---- base models ---- */

const struct jk_base_facts *jk_book_base(const struct jk_book *book, uint32_t model, uint32_t n)
{
    uint32_t slot = jk_book_model(book, model)->base_history;
    while (slot != JK_NONE) {
        const struct jk_base_facts *facts = jk_chunks_at(&book->base_facts, slot);
        if (facts->from < n) return facts->listed ? facts : NULL;
        slot = facts->older;
    }
    return NULL;
}

uint32_t jk_book_base_entries(const struct jk_book *book, uint32_t n)
{
    return JK_LOWER_BOUND(book->base_facts.count, at,
                          ((const struct jk_base_facts *)jk_chunks_at(&book->base_facts, at))->from < n);
}

void jk_book_put_base(struct jk_book *book, uint32_t model, uint32_t team, const struct jk_entry *entry)
{
    struct jk_model *row = &jk_model_row(book, model)->pub;
    uint32_t slot;
    if (row->base_history == JK_NONE) {
        uint32_t *base = jk_book_append(book, &book->bases, &slot);
        if (!base) return;
        *base = model;
    }
    struct jk_base_facts *facts = jk_book_append(book, &book->base_facts, &slot);
    if (!facts) return;
    *facts = (struct jk_base_facts){.from = book->size,
                                    .model = model,
                                    .team = team,
                                    .programme = entry->programme == JK_ANSWER_YES,
                                    .listed = entry->listed == JK_ANSWER_YES,
                                    .from_scratch = entry->from_scratch,
                                    .built_on = jk_book_copy(book, entry->built_on),
                                    .released = jk_book_copy(book, entry->released),
                                    .parameters = jk_book_copy(book, entry->parameters),
                                    .older = row->base_history};
    jk_book_set(book, &row->base_history, slot);
    uint32_t alias = jk_model_row(book, model)->pub.names;
    list_publisher(book, jk_publisher_row(book, jk_alias_row(book, alias)->pub.publisher)->name);
    jk_book_new_epoch(book);
}
