/* The roster as a file, and licence facts as a table, read into a request. Pure; everything is in the arena. All
 * mistakes are collected, with line numbers. Format: registry/data/roster.yaml, registry/data/licenses.tsv. */
#ifndef JK_DECLARE_ROSTERFILE_H
#define JK_DECLARE_ROSTERFILE_H

#include <jokbo/v1/registry.pb-c.h>

#include "base/error.h"

#define JK_ROSTER_ITEMS_MAX 2000 /* as the interface has it */

/* Adds teams, operations and base models to the request. *out_note is a sentence about what was ignored, or NULL.
 */
JK_MUST_USE enum jk_status jk_roster_parse(struct jk_span yaml, struct jk_arena *arena,
                                           Jokbo__V1__ApplyRosterRequest *request, const char **out_note,
                                           struct jk_error *error);
/* Adds licence facts: lines of id, commercial, derivatives, redistribution, name forms ("A|B"), notes, separated by
 * tabs. */
JK_MUST_USE enum jk_status jk_roster_parse_licenses(struct jk_span tsv, struct jk_arena *arena,
                                                    Jokbo__V1__ApplyRosterRequest *request, struct jk_error *error);

#endif
