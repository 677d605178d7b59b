/* The list of a census: every repository that a complete run over a hub listed, as an entry `census` commits to it.
 * Pure. Source: registry/formats/entry.md, Censuses. */
#ifndef JK_DOMAIN_CENSUS_LIST_H
#define JK_DOMAIN_CENSUS_LIST_H

#include "base/error.h"
#include "base/text.h"
#include "domain/entry.h"

#define JK_CENSUS_LIST_MAX (64u << 20)

struct jk_census_item {
    struct jk_span id;       /* organisation/name, as the hub spells it */
    struct jk_span identity; /* empty: none */
    struct jk_span revision; /* empty: none */
    enum jk_observed state;
};

/* Writing one: the first line, then a line for each item. The caller sorts them by the bytes of their ids, which is the
 * order of the lines, since a space is smaller than any character of an id. */
void jk_census_list_begin(struct jk_text *out);
void jk_census_list_add(struct jk_text *out, const struct jk_census_item *item);

/* Takes the whole list in memory (at most JK_CENSUS_LIST_MAX); *out_models: how many lines follow the first.
 * INVALID_ARGUMENT (INVALID_CENSUS_LIST) names line number and rule. */
JK_MUST_USE enum jk_status jk_census_list_check(struct jk_span bytes, uint64_t *out_models, struct jk_error *error);

#endif
