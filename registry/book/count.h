/* Counting derivatives: what one derivative adds to a total, and totals at any size. Pure.
 *
 * Scope: one base model, one team (the union over its bases), or all. Standing is per (derivative, root); a derivative
 * counts once in a scope if it counts for at least one root there. The plain count in this file includes every
 * derivative that is registered and has an un-yanked release; standing.h applies a policy's reasons. Depth in a scope
 * is the minimum over its roots there. */
#ifndef JK_BOOK_COUNT_H
#define JK_BOOK_COUNT_H

#include "book/book.h"

#define JK_COUNT_DEPTHS 16   /* depths 1 … 15; the last bucket holds 16 and deeper */
#define JK_COUNT_MONTHS 1200 /* months since 1970-01 that a total can hold: to 2069-12 */

enum jk_scope_type { JK_SCOPE_ALL, JK_SCOPE_TEAM, JK_SCOPE_BASE };
struct jk_scope {
    enum jk_scope_type type;
    uint32_t slot; /* team or base model; 0 for all */
};

/* What one derivative is worth in one scope at one size. */
struct jk_share {
    bool present;       /* has a root in the scope */
    bool counted;       /* present and not yanked: everything below applies to counted ones */
    bool independent;   /* for at least one root there: neither self nor affiliate */
    bool adopted;       /* reaches no root there without an adoption */
    bool license_clean; /* no licence conflict and no unknown licence, class not unknown */
    uint16_t depth;
    uint8_t relation, license_class;
    uint16_t month;           /* jk_time_month of the registration entry */
    uint32_t publisher;       /* slot, at N by the name at N */
    uint32_t license;         /* expression slot */
    struct jk_digest weights; /* zero: none */
    uint32_t flags;           /* of the spell taken: the one of least depth, then of lowest root slot */
};
void jk_share_of(const struct jk_book *book, uint32_t model, struct jk_scope scope, uint32_t n,
                 struct jk_share *out_share);

/* A total. All but `registered` and `yanked` are about counted derivatives. */
struct jk_total {
    uint32_t size;       /* the log size it holds for */
    uint32_t registered; /* present, yanked ones included */
    uint32_t yanked;
    uint32_t counted;            /* registered - yanked */
    uint32_t direct, transitive; /* depth 1; deeper */
    uint32_t independent, license_clean;
    uint32_t adopted; /* reach no root of the scope without an adoption */
    uint32_t distinct_publishers;
    uint32_t distinct_weights; /* different weights digests; each derivative without one counts as one */
    uint32_t by_relation[JK_RELATION_COUNT];
    uint32_t by_license_class[JK_LICENSE_CLASSES];
    uint32_t by_depth[JK_COUNT_DEPTHS + 1]; /* [depth], [0] unused */
    uint32_t by_month[JK_COUNT_MONTHS];
    uint32_t census_by_month[JK_COUNT_MONTHS]; /* those of them that a census brought in */
};

/* The month in which its repository was created, as its hub says; JK_COUNT_MONTHS if no hub says. */
uint32_t jk_count_hub_month(const struct jk_book *book, uint32_t model, uint32_t n);

/* Totals at any size, by walking the whole book; and grouped by what the cube does not have. */
JK_MUST_USE enum jk_status jk_count_at(const struct jk_book *book, struct jk_scope scope, uint32_t n,
                                       struct jk_total *out_total, struct jk_error *error);
/* The same for many scopes in one walk; 8 MiB of scratch with a million derivatives. */
JK_MUST_USE enum jk_status jk_count_totals(const struct jk_book *book, const struct jk_scope *scopes, size_t count,
                                           uint32_t n, struct jk_total *out_totals, struct jk_error *error);
struct jk_group {
    uint32_t slot;
    uint32_t count;
};
enum jk_group_by { JK_GROUP_PUBLISHER, JK_GROUP_LICENSE, JK_GROUP_HUB_MONTH };
/* All groups of a scope at N, largest count first, then by slot, but months by slot alone; in `arena`. */
JK_MUST_USE enum jk_status jk_count_groups(const struct jk_book *book, struct jk_scope scope, enum jk_group_by by,
                                           uint32_t n, struct jk_arena *arena, struct jk_group **out_groups,
                                           size_t *out_count, struct jk_error *error);

/* The cube: totals of every scope at one size, maintained by adding changes. Fed in index order by one applier. */
struct jk_cube;
struct jk_cube *jk_cube_new(void);
void jk_cube_free(struct jk_cube *cube);
/* Advances the cube from its size to n: subtracts the old shares of the changed models, adds the new ones. The caller
 * passes all of jk_book_changed's models since the last advance. RESOURCE_EXHAUSTED: discard it and build it anew. */
JK_MUST_USE enum jk_status jk_cube_advance(struct jk_cube *cube, const struct jk_book *book, const uint32_t *models,
                                           size_t count, uint32_t n, struct jk_error *error);
/* NULL if the scope has nothing: an empty total. Valid until the next advance. */
const struct jk_total *jk_cube_total(const struct jk_cube *cube, struct jk_scope scope);
uint32_t jk_cube_size(const struct jk_cube *cube);

#endif
