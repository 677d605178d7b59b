/* An entry parsed for the book: everything that follows from its bytes alone (the grammar, the lineage statement and
 * its hash, the hashes of names), so that it can be done on any thread, ahead of the one that applies entries in order.
 * Pure. Spans point into the bytes, which must outlive it. About 6 kB, of which an entry without parents uses a sixth:
 * it is not cleared as a whole, and fields of other kinds of entries are not set. */
#ifndef JK_BOOK_PARSED_H
#define JK_BOOK_PARSED_H

#include "domain/entry.h"
#include "domain/lineage.h"

struct jk_parsed_entry {
    struct jk_entry entry;
    /* Registrations and releases only: */
    struct jk_digest hash;                          /* the lineage hash */
    uint32_t model_hash, publisher_hash, part_hash; /* of the model's name and its two parts, for the indexes */
    uint32_t version_hash, license_hash;            /* of the version, ignoring case, and of the expression */
    uint32_t publisher_len;                         /* of the first part, in bytes */
    unsigned month;                                 /* of the time, as jk_time_month */
    uint64_t false_externals;                       /* bit i: parent i is external, and its hash is another's */
    struct jk_statement statement;
};

_Static_assert(JK_PARENTS_MAX <= 64, "a bit for each parent");

/* DATA_LOSS with the faulty line if the bytes are not a canonical entry. */
JK_MUST_USE enum jk_status jk_parsed_entry_read(struct jk_span bytes, struct jk_parsed_entry *out_parsed,
                                                struct jk_error *error);

#endif
