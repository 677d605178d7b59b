/* Who published most: the derivatives that count in a scope, added up by publisher, with how they divide by relation and
 * on which base models they rest. Only derivatives in a range of slots are looked at, so that a ranking of the last days
 * costs what these days brought. Pure; the book must outlive it. */
#ifndef JK_BOOK_RANKING_H
#define JK_BOOK_RANKING_H

#include "book/standing.h"

struct jk_ranking;

struct jk_ranking_query {
    const struct jk_book *book;
    struct jk_scope scope;
    uint32_t n;
    const struct jk_standing *standing; /* of the same book at n; NULL: the plain count */
};

struct jk_ranked {
    uint32_t publisher; /* slot, by the names at n; JK_NONE in the sum */
    uint32_t count;     /* at least 1 but in the sum */
    uint32_t newest;    /* of its derivatives that count: the one registered last; JK_NONE in an empty sum */
    uint32_t by_relation[JK_RELATION_COUNT];
};

/* A base model that derivatives of a publisher rest on; one of several counts for each. */
struct jk_ranked_root {
    uint32_t root, count;
};

struct jk_ranking *jk_ranking_new(const struct jk_ranking_query *query); /* NULL: out of memory */
void jk_ranking_free(struct jk_ranking *ranking);                        /* accepts NULL */
/* Adds the models from one slot to before another; each slot once. False: out of memory. */
JK_MUST_USE bool jk_ranking_add(struct jk_ranking *ranking, uint32_t from, uint32_t end);
/* After everything was added: orders the publishers, those with most first, or those whose newest derivative is newest;
 * where that is equal, whose first derivative came first. Places are asked for after it. False: out of memory. */
JK_MUST_USE bool jk_ranking_sort(struct jk_ranking *ranking, bool newest_first);
size_t jk_ranking_count(const struct jk_ranking *ranking); /* publishers */
const struct jk_ranked *jk_ranking_row(const struct jk_ranking *ranking, size_t place);
struct jk_ranked jk_ranking_sum(const struct jk_ranking *ranking);
/* How many of all derivatives rest on a team's base models in the scope, each once. */
uint32_t jk_ranking_of_team(const struct jk_ranking *ranking, uint32_t team);
/* The base models of a place, or of the sum: most first, then in order of registration. In `arena`; NULL: out of
 * memory. */
struct jk_ranked_root *jk_ranking_roots(const struct jk_ranking *ranking, size_t place, struct jk_arena *arena,
                                        size_t *out_count);
struct jk_ranked_root *jk_ranking_sum_roots(const struct jk_ranking *ranking, struct jk_arena *arena,
                                            size_t *out_count);

#endif
