/* What an `observe` entry says of a repository that is there, from its canonical record alone. Pure. Sources:
 * registry/formats/entry.md, record.md. */
#ifndef JK_CENSUS_OBSERVATION_H
#define JK_CENSUS_OBSERVATION_H

#include "base/error.h"
#include "domain/entry.h"

/* Sets id, identity, revision, listing, weight files, record and dates of the entry; the spans point into `record`.
 * INVALID_ARGUMENT (INVALID_RECORD), with place and rule, if it is not canonical. */
JK_MUST_USE enum jk_status jk_observation_of(struct jk_span record, struct jk_entry *out_entry, struct jk_error *error);

#endif
