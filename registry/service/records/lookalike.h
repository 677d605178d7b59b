/* Names that nobody takes without approval: those that are, or look like (domain/skeleton.h), a name on the roster or
 * an upstream organisation's. A condition for making publishers; those that exist stay. Pure but for the book. */
#ifndef JK_SERVICE_RECORDS_LOOKALIKE_H
#define JK_SERVICE_RECORDS_LOOKALIKE_H

#include "book/book.h"

struct jk_lookalike {
    struct jk_span like; /* the reserved name, as it is written there */
    const char *what;    /* "a publisher on the roster" */
    bool upstream;       /* by the list of upstream organisations */
    bool same;           /* not only like it, but it, without regard to case */
};

bool jk_lookalike_find(const struct jk_book *book, uint32_t n, struct jk_span name, struct jk_lookalike *out_found);
/* FAILED_PRECONDITION (NAME_RESERVED) says what the name looks like, and how to ask for it. `registrar`: makes
 * publishers for others, whom nobody holds before a claim is approved, and so may enter an upstream organisation by its
 * own name. */
JK_MUST_USE enum jk_status jk_lookalike_check(const struct jk_book *book, uint32_t n, struct jk_span name,
                                              bool registrar, struct jk_error *error);

#endif
