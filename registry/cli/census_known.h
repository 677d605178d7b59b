/* What earlier runs have observed on a hub, as the log says: the newest observation of each id. And which base models the
 * registry has. */
#ifndef JK_CLI_CENSUS_KNOWN_H
#define JK_CLI_CENSUS_KNOWN_H

#include "census/crawl.h"
#include "cli/console/cli.h"

struct jk_census_known {
    /* Items of the way BEFORE; `done`: its newest observation says present, with that identity and revision; `listed`: it
     * says that it has moved, so that children may still name it. */
    struct jk_crawl seen;
    int64_t *modified_us; /* beside the items: the hub's own date of that observation; JK_TIME_NONE: none */
    size_t room;
    struct jk_span hub;
};

/* Folds the log, unless --offline. With --base, neither is said of those that are of no model below these base models: a
 * run over them alone says nothing of the others. The caller calls jk_census_known_done, after a failure too. */
JK_MUST_USE enum jk_status jk_census_known_read(struct jk_cli *cli, struct jk_span hub, const char *const *bases,
                                                size_t count, struct jk_census_known *out_known);
void jk_census_known_done(struct jk_census_known *known);
/* --base, each a base model of the registry, or all of the roster's; sorted by bytes. Reason NOT_BASE_MODEL. */
JK_MUST_USE enum jk_status jk_census_bases(struct jk_cli *cli, const char ***out_bases, size_t *out_count);

#endif
