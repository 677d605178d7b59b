/* Reading all descendants of some base models from a hub's API, breadth first, and what their cards name besides; then
 * those that were observed before and not met. A model is asked for in detail only where the hub lists another revision
 * than the newest that was observed, another date, or that it is gated, private or disabled. */
#ifndef JK_CLI_CENSUS_CRAWL_H
#define JK_CLI_CENSUS_CRAWL_H

#include "cli/census_hub.h"
#include "cli/census_known.h"
#include "cli/census_out.h"

/* *out_complete: every list was read to its end, and every model's state is known, but of those that break a
 * limit of records, which the hub has. Failures that a later --resume may
 * get over: UNAVAILABLE, HUB_FAILED. */
JK_MUST_USE enum jk_status jk_census_crawl(struct jk_cli *cli, const char *url, const struct jk_census_run_of *of,
                                           const struct jk_census_known *known, struct jk_crawl *crawl,
                                           struct jk_census_out *out, bool *out_complete);

#endif
