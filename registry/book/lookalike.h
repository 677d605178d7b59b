/* Names that require approval: those that are, or look like (domain/skeleton.h), a name on the roster or an upstream
 * organisation's. Checked when creating publishers; existing ones stay. Pure. */
#ifndef JK_BOOK_LOOKALIKE_H
#define JK_BOOK_LOOKALIKE_H

#include "book/book.h"

struct jk_lookalike {
    struct jk_span like; /* the reserved name, as it is written there */
    const char *what;    /* "a publisher on the roster" */
    bool upstream;       /* by the list of upstream organisations */
    bool same;           /* not only similar, but identical, ignoring case */
};

bool jk_lookalike_find(const struct jk_book *book, uint32_t n, struct jk_span name, struct jk_lookalike *out_found);
/* Whether creating a publisher of that name takes an admin's approval. `registrar`: creates publishers for others, which
 * nobody owns before a claim is approved, and so may enter an upstream organisation under its own name. */
bool jk_lookalike_takes_approval(const struct jk_book *book, uint32_t n, struct jk_span name, bool registrar,
                                 struct jk_lookalike *out_found);
/* FAILED_PRECONDITION (NAME_RESERVED) says what the name looks like, and how to ask for it. */
JK_MUST_USE enum jk_status jk_lookalike_check(const struct jk_book *book, uint32_t n, struct jk_span name,
                                              bool registrar, struct jk_error *error);

#endif
