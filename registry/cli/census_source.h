/* Reading a hub's model objects from files: JSON, JSON lines, folders of such. */
#ifndef JK_CLI_CENSUS_SOURCE_H
#define JK_CLI_CENSUS_SOURCE_H

#include "cli/census_known.h"
#include "cli/census_out.h"

struct jk_census_files {
    uint64_t files, objects;
    uint64_t doubles; /* objects of a model that was read before: the first one counts */
};

/* `whole`: the files have all that descends from the bases, so that what was observed before and is not among them has
 * moved, where its identity is, or is absent; unless something was refused, which might be it. Reason LOCAL_FILE. */
JK_MUST_USE enum jk_status jk_census_read_files(struct jk_cli *cli, const char *const *paths, size_t count, bool whole,
                                                const struct jk_census_known *known, struct jk_crawl *crawl,
                                                struct jk_census_out *out, struct jk_census_files *out_files);

#endif
