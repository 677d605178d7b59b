/* Which registered model a repository of a hub is of: the one observed with its identity; else the one observed under its
 * id, unless with another identity; else the one registered under that name, unless another repository was observed as
 * that. Pure. */
#ifndef JK_CENSUS_MATCH_H
#define JK_CENSUS_MATCH_H

#include "book/book.h"

struct jk_match {
    uint32_t model;       /* slot; JK_NONE: none */
    uint32_t observation; /* slot of the one that tells; JK_NONE: the name alone does, or nothing */
    bool by_identity;     /* that one has the repository's identity */
    struct jk_span
        before; /* the identity of the other repository that the name is of; empty: of none, and `model` stands */
};

/* `identity` is empty where the hub does not tell it. */
void jk_match_repository(const struct jk_book *book, struct jk_span hub, struct jk_span id, struct jk_span identity,
                         uint32_t n, struct jk_match *out_match);

#endif
