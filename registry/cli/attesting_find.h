/* A release that is attested, as the registry has it: its statement, its parents and the manifests of all of them. One
 * thread; memory in the run's arena. */
#ifndef JK_CLI_ATTESTING_FIND_H
#define JK_CLI_ATTESTING_FIND_H

#include <jokbo/v1/registry.pb-c.h>

#include "cli/attesting.h"

/* Fills in all but folders and manifests. By name or by lineage hash: the other is NULL. What the server says of a
 * release is held against its lineage hash: STATEMENT_WRONG. *out_release is the release as the server has it. */
JK_MUST_USE enum jk_status jk_attesting_find(struct jk_attesting *attesting, const char *name,
                                             const struct jk_digest *hash, const Jokbo__V1__Release **out_release);
/* Downloads the model's manifest, and holds it against the digest. USAGE without --http, MANIFEST_UNNAMED,
 * MANIFEST_ABSENT, MANIFEST_WRONG. */
JK_MUST_USE enum jk_status jk_attesting_manifest(struct jk_attesting *attesting, struct jk_attested *model);

#endif
