/* See line_record.h. */
#include "census/line_record.h"

#include "census/record_inside.h"

bool jk_census_line_split(struct jk_span line, struct jk_arena *arena, struct jk_span *out_record,
                          struct jk_span *out_rest)
{
    struct jk_canonical_string string;
    if (!jk_canonical_take(&line, "{\"state\":\"present\",\"record\":") || !jk_canonical_take_string(&line, &string) ||
        line.len == 0 || line.at[0] != ',')
        return false;
    char *room = jk_arena_alloc(arena, string.len + 1);
    *out_rest = line;
    return room && jk_canonical_text(&string, room, string.len, out_record);
}

bool jk_census_line_record(struct jk_span line, struct jk_arena *arena, struct jk_span *out_record)
{
    struct jk_span rest;
    return jk_census_line_split(line, arena, out_record, &rest);
}
