/* Figures for people, and the current roster. */
#include "book/book_ask.h"

#include "base/check.h"
#include "book/book_internal.h"

uint32_t jk_book_models_of(const struct jk_book *book, uint32_t publisher, uint32_t n)
{
    uint32_t count = 0, slot = jk_book_publisher(book, publisher)->last_model;
    for (; slot != JK_NONE; slot = jk_alias_row(book, slot)->next_of_publisher) {
        const struct jk_alias *alias = &jk_alias_row(book, slot)->pub;
        if (alias->from < n && jk_book_alias(book, alias->model, n) == alias) count++;
    }
    return count;
}

uint32_t jk_book_releases_of(const struct jk_book *book, uint32_t model, uint32_t n)
{
    uint32_t count = 0, slot = jk_book_newest(book, model, n);
    for (; slot != JK_NONE; slot = jk_book_release(book, slot)->older)
        count++;
    return count;
}

uint32_t jk_book_children_of(const struct jk_book *book, uint32_t model, uint32_t n)
{
    uint32_t count = 0, release = jk_book_newest(book, model, n);
    for (; release != JK_NONE; release = jk_book_release(book, release)->older)
        count += jk_book_children_of_release(book, release, n);
    return count;
}

/* ---- bonds ---- */

static bool bond_terms(const struct jk_book *book, uint32_t bond, uint32_t n, struct jk_bond *out)
{
    uint32_t slot = jk_bond_row(book, bond)->terms;
    while (slot != JK_NONE) {
        const struct jk_bond_terms *terms = jk_chunks_at(&book->bond_terms, slot);
        if (terms->from < n) {
            out->from_us = terms->from_us;
            out->until_us = terms->until_us;
            return true;
        }
        slot = terms->older;
    }
    return false;
}

static bool find_terms(const struct jk_book *book, uint32_t head, uint32_t right, uint32_t n, struct jk_bond *out)
{
    for (; head != JK_NONE; head = jk_bond_row(book, head)->next)
        if (jk_bond_row(book, head)->right == right) return bond_terms(book, head, n, out);
    return false;
}

bool jk_book_membership(const struct jk_book *book, struct jk_span publisher, uint32_t team, uint32_t n,
                        struct jk_bond *out_bond)
{
    uint32_t name = jk_book_find_name(book, publisher);
    *out_bond = (struct jk_bond){.publisher = publisher, .team = team};
    return name != JK_NONE && find_terms(book, jk_name_row(book, name)->memberships, team, n, out_bond);
}

bool jk_book_affiliation(const struct jk_book *book, struct jk_span institution, uint32_t team, uint32_t n,
                         struct jk_bond *out_bond)
{
    uint32_t slot = jk_book_find_institution(book, institution);
    *out_bond = (struct jk_bond){.institution = institution, .team = team};
    return slot != JK_NONE && find_terms(book, jk_institution_row(book, slot)->affiliations, team, n, out_bond);
}

bool jk_book_operation(const struct jk_book *book, struct jk_span institution, struct jk_span publisher, uint32_t n,
                       struct jk_bond *out_bond)
{
    uint32_t name = jk_book_find_name(book, publisher), slot = jk_book_find_institution(book, institution);
    *out_bond = (struct jk_bond){.institution = institution, .publisher = publisher, .team = JK_NONE};
    return name != JK_NONE && slot != JK_NONE &&
           find_terms(book, jk_name_row(book, name)->operators, slot, n, out_bond);
}

size_t jk_book_team_publishers(const struct jk_book *book, uint32_t team, uint32_t n, struct jk_bond *out_bonds,
                               size_t room)
{
    size_t count = 0;
    for (uint32_t i = 0; i < book->listed.count && count < room; i++) {
        const struct jk_listed_row *listed = jk_chunks_at(&book->listed, i);
        const struct jk_name_row *name = jk_name_row(book, listed->name);
        struct jk_bond bond = {.publisher = name->name, .team = team};
        if (find_terms(book, name->memberships, team, n, &bond)) out_bonds[count++] = bond;
    }
    return count;
}

size_t jk_book_team_affiliations(const struct jk_book *book, uint32_t team, uint32_t n, struct jk_bond *out_bonds,
                                 size_t room)
{
    size_t count = 0;
    for (uint32_t i = 0; i < book->institutions.count && count < room; i++) {
        const struct jk_institution_row *row = jk_institution_row(book, i);
        struct jk_bond bond = {.institution = row->name, .team = team};
        if (find_terms(book, row->affiliations, team, n, &bond)) out_bonds[count++] = bond;
    }
    return count;
}

/* ---- licences and the list of base models ---- */

bool jk_book_license_facts(const struct jk_book *book, struct jk_span identifier, uint32_t n,
                           enum jk_permission out_permissions[JK_PERMISSION_KINDS], struct jk_span *out_name_forms)
{
    uint32_t hash = jk_hash_fold(identifier, 0), slot = jk_index_first(&book->identifier_index, hash);
    while (slot != JK_NONE && !jk_span_equal_fold(jk_identifier_row(book, slot)->identifier, identifier))
        slot = jk_identifier_row(book, slot)->by_fold.next;
    uint32_t facts = slot == JK_NONE ? JK_NONE : jk_identifier_row(book, slot)->facts;
    for (; facts != JK_NONE; facts = ((struct jk_license_facts *)jk_chunks_at(&book->license_facts, facts))->older) {
        const struct jk_license_facts *row = jk_chunks_at(&book->license_facts, facts);
        if (row->from >= n) continue;
        for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++)
            out_permissions[kind] = row->permissions[kind];
        *out_name_forms = row->name_forms;
        return true;
    }
    return false;
}

uint32_t jk_book_listed(const struct jk_book *book, uint32_t position, uint32_t n)
{
    if (position >= book->bases.count) return JK_NONE;
    uint32_t model = *(uint32_t *)jk_chunks_at(&book->bases, position);
    return jk_book_model(book, model)->index < n ? model : JK_NONE;
}
