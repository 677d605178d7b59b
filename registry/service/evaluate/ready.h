/* The policies that come with Jokbo (registry/data/policies), embedded: their names mean these texts to everybody who
 * counts by them. Pure. */
#ifndef JK_SERVICE_EVALUATE_READY_H
#define JK_SERVICE_EVALUATE_READY_H

#include "domain/policy.h"

/* Whether the name is one of theirs; out: the digest of its policy, and its version. INTERNAL if one cannot be read. */
JK_MUST_USE enum jk_status jk_ready_find(const char *name, bool *out_found, struct jk_digest *out_digest,
                                         uint32_t *out_version, struct jk_error *error);

#endif
