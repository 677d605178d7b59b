/* What a client takes, by its headers Accept, Accept-Encoding and Accept-Language (RFC 9110, 12.5): lists of names, each of
 * which may have a weight, q, from 0 ("not that") to 1. Pure, over spans, any thread. A member that does not follow the
 * grammar is ignored; parameters other than q are not looked at. A header that is absent is an empty one. */
#ifndef JK_HTTP_ACCEPT_H
#define JK_HTTP_ACCEPT_H

#include "base/span.h"

#define JK_ACCEPT_FULL 1000 /* the weight of a member that gives none */

struct jk_accepted {
    struct jk_span name; /* "text/csv", "gzip", "en-US", or with a star */
    int weight;          /* in thousandths */
};

/* The next member of such a list; false at its end. */
bool jk_accept_next(struct jk_span *rest, struct jk_accepted *out_member);

/* Whether an Accept header wants the type more than another, which is what everybody gets who does not. A range that names
 * a type goes before one with a star; of equal weights the one that is named goes before the one that a star covers. */
bool jk_accept_prefers(struct jk_span header, struct jk_span type, struct jk_span other);

/* How an Accept-Encoding header wants a body: as it is, also where it takes nothing that we have; as gzip; as gzip even
 * where that makes no sense, because it refuses the body as it is ("identity;q=0"). */
enum jk_accept_coding { JK_ACCEPT_PLAIN, JK_ACCEPT_GZIP, JK_ACCEPT_GZIP_ONLY };
enum jk_accept_coding jk_accept_coding(struct jk_span header);

#endif
