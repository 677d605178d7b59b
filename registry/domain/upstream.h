/* The upstream organisations whose names may not be taken without approval: registry/data/upstream-organisations.txt,
 * embedded. Pure. */
#ifndef JK_DOMAIN_UPSTREAM_H
#define JK_DOMAIN_UPSTREAM_H

#include "base/span.h"

/* The first organisation that a publisher of this name would look like (domain/skeleton.h), spelled as in the list;
 * empty for none. */
struct jk_span jk_upstream_alike(struct jk_span publisher);

#endif
