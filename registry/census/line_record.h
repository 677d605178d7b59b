/* The record in a line of models.jsonl, without the rest of the line: most lines of a run say what was observed before,
 * which their record's digest tells, and what is written of a model is its record. Pure. */
#ifndef JK_CENSUS_LINE_RECORD_H
#define JK_CENSUS_LINE_RECORD_H

#include "base/arena.h"
#include "base/span.h"

/* False for a line that jk_census_line_write has not written, or not of what is present: jk_census_line_read reads all
 * lines. The record may point into the line; its own form is not looked at. */
bool jk_census_line_split(struct jk_span line, struct jk_arena *arena, struct jk_span *out_record,
                          struct jk_span *out_rest); /* from the comma after the record */
/* The record alone. */
bool jk_census_line_record(struct jk_span line, struct jk_arena *arena, struct jk_span *out_record);

#endif
