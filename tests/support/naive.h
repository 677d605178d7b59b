/* A second fold, slow and simple, to hold the book against: no state that grows, every answer worked out from the
 * parsed entries by scanning them and by recursion. Models and releases are named by the index of their entry. For
 * histories of some hundred entries; ends the test program when memory runs out. */
#ifndef JK_TESTS_NAIVE_H
#define JK_TESTS_NAIVE_H

#include "book/count.h"
#include "domain/entry.h"

#define JK_NAIVE_NONE  UINT32_MAX
#define JK_NAIVE_FACTS 4096

struct jk_naive;

struct jk_naive_fact {         /* as struct jk_spell */
    uint32_t derivative, root; /* entry indexes of the registrations */
    uint32_t release;          /* entry index */
    uint32_t flags, depth, declared_depth;
    uint32_t relation, license_class;
};

struct jk_naive *jk_naive_new(const struct jk_span *entries, uint32_t count); /* the bytes must outlive it */
void jk_naive_free(struct jk_naive *naive);

/* An entry as parsed; its spans point into the bytes. */
const struct jk_entry *jk_naive_entry(const struct jk_naive *naive, uint32_t index);
/* All (derivative, root) at size n, by derivative and then root. Returns how many, at most JK_NAIVE_FACTS. */
size_t jk_naive_facts(const struct jk_naive *naive, uint32_t n, struct jk_naive_fact *out_facts);
/* The total of a scope over those facts: base is the root's entry index or JK_NAIVE_NONE, team an id or empty. */
void jk_naive_total(const struct jk_naive *naive, uint32_t n, const struct jk_naive_fact *facts, size_t count,
                    uint32_t base, struct jk_span team, struct jk_total *out_total);
/* When the repository of a model (a registration's index) was created, as hubs said by size n; JK_TIME_NONE: no hub
 * says. */
int64_t jk_naive_created(const struct jk_naive *naive, uint32_t model, uint32_t n);

#endif
