/* What people want to read beside the canonical texts, in which it does not stand: how the roster names the teams, and
 * the counted derivatives in the order in which a reader looks for one. In no digest. Pure. */
#ifndef JK_REPORT_LISTING_H
#define JK_REPORT_LISTING_H

#include "report/report.h"

/* A line for each team of the roster: id, Korean name, English name, tabs between them; a name may be empty. */
void jk_report_team_names(const struct jk_report *report, struct jk_text *out);
/* A line for each counted derivative and each base model that it counts for: the base's team (id; empty: none) and
 * name, the derivative's name and version, its relation, registration entry and lineage hash, tabs between them.
 * Sorted by team, base, publisher, name. Memory while it is made: 64 bytes a row. */
JK_MUST_USE enum jk_status jk_report_listing(const struct jk_report *report, struct jk_text *out,
                                             struct jk_error *error);

#endif
