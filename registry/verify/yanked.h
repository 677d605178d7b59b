/* A release as the server has it, and the notice shown wherever a yanked one is. */
#ifndef JK_VERIFY_YANKED_H
#define JK_VERIFY_YANKED_H

#include <jansson.h>
#include <jokbo/v1/registry.pb-c.h>

#include "cli/console/cli.h"

/* By name or by lineage hash: the other is NULL. */
JK_MUST_USE enum jk_status jk_release_find(struct jk_cli *cli, const char *name, const char *lineage_hash,
                                           Jokbo__V1__Release **out_release);
/* "by entry 4,711, 2026-11-29 19:13 KST: broken"; empty where it is not yanked. In the arena. */
const char *jk_yanked_text(struct jk_cli *cli, const Jokbo__V1__Release *release);
/* {"log_index": n, "reason": r}, or null. */
json_t *jk_yanked_json(const Jokbo__V1__Release *release);

#endif
