/* More questions to the book: figures for people, and the current roster, for comparing and showing it. Pure; the same
 * rules for sizes and threads as in book.h. */
#ifndef JK_BOOK_BOOK_ASK_H
#define JK_BOOK_BOOK_ASK_H

#include "book/book.h"

/* Who holds an organisation of a hub, from an entry on. */
struct jk_namespace {
    struct jk_span organisation; /* "host/organisation", in the first spelling seen */
    uint32_t from;               /* entry */
    uint32_t publisher;          /* slot: of the publisher that the entry is about */
    uint32_t holder;             /* the same, or JK_NONE if the entry ended it */
    struct jk_span evidence;
    struct jk_digest text;
    uint32_t older; /* internal */
};
/* Organisations ever mentioned: slots from 0; NULL if nothing was said about one before n. */
uint32_t jk_book_namespaces(const struct jk_book *book);
const struct jk_namespace *jk_book_namespace(const struct jk_book *book, uint32_t slot, uint32_t n);
/* By its name; NULL as before. */
const struct jk_namespace *jk_book_namespace_of(const struct jk_book *book, struct jk_span organisation, uint32_t n);
/* The publisher who holds it at n, JK_NONE for nobody. */
uint32_t jk_book_namespace_holder(const struct jk_book *book, struct jk_span organisation, uint32_t n);

/* The model's deciding release, else its newest; JK_NONE for a model that came later. */
uint32_t jk_book_standing_release(const struct jk_book *book, uint32_t model, uint32_t n);

uint32_t jk_book_models_of(const struct jk_book *book, uint32_t publisher, uint32_t n); /* under its name at n */
uint32_t jk_book_releases_of(const struct jk_book *book, uint32_t model, uint32_t n);
uint32_t jk_book_children_of(const struct jk_book *book, uint32_t model,
                             uint32_t n); /* releases made directly from it */

/* Whether any of the parents is a release of `model` or descends from one, or is an external whose adopting model does:
 * one walk for all. Externals that the book does not know (JK_NONE) do not. */
bool jk_book_parents_descend(const struct jk_book *book, const struct jk_parent *parents, size_t count, uint32_t model,
                             uint32_t n);
/* How many parents are named above a release with these, its own among them, each ancestor's once: what a look at all of
 * them comes past. The parents are known to the book. Over `most` it is not counted on. */
uint32_t jk_book_lineage_links(const struct jk_book *book, const struct jk_parent *parents, size_t count, uint32_t n,
                               uint32_t most);
/* Whether any release of the model descends from the external, so that adopting it would close a cycle. */
bool jk_book_descends_from_external(const struct jk_book *book, uint32_t model, uint32_t external, uint32_t n);

/* A dated bond as last stated before n. Spans point into the book. */
struct jk_bond {
    struct jk_span institution, publisher; /* whichever the bond has */
    uint32_t team;
    int64_t from_us, until_us; /* JK_TIME_NONE: open */
};
bool jk_book_membership(const struct jk_book *book, struct jk_span publisher, uint32_t team, uint32_t n,
                        struct jk_bond *out_bond);
bool jk_book_affiliation(const struct jk_book *book, struct jk_span institution, uint32_t team, uint32_t n,
                         struct jk_bond *out_bond);
bool jk_book_operation(const struct jk_book *book, struct jk_span institution, struct jk_span publisher, uint32_t n,
                       struct jk_bond *out_bond);
/* A team's publishers and affiliations at n, up to `room`; the number written. */
size_t jk_book_team_publishers(const struct jk_book *book, uint32_t team, uint32_t n, struct jk_bond *out_bonds,
                               size_t room);
size_t jk_book_team_affiliations(const struct jk_book *book, uint32_t team, uint32_t n, struct jk_bond *out_bonds,
                                 size_t room);

/* How a licence's permissions compare with those of all ancestors, given as one bit for each value seen: flags of a
 * spell. */
uint32_t jk_book_license_flags(const uint8_t child[JK_PERMISSION_KINDS], const uint8_t met[JK_PERMISSION_KINDS]);
/* The facts about a licence identifier; false if there are none. */
bool jk_book_license_facts(const struct jk_book *book, struct jk_span identifier, uint32_t n,
                           enum jk_permission out_permissions[JK_PERMISSION_KINDS], struct jk_span *out_name_forms);
/* The roster in order of listing: slots of models that were ever on it, among the first n entries; JK_NONE at the end.
 */
uint32_t jk_book_listed(const struct jk_book *book, uint32_t position, uint32_t n);

#endif
