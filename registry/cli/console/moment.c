/* See moment.h. */
#include "cli/console/moment.h"

#include <stdio.h>

#define PLAIN_MAX 26 /* "2026-08-01T18:00:00.123456" */

bool jk_moment_parse(struct jk_span text, int64_t *out_time_us)
{
    char full[PLAIN_MAX + sizeof ":00+09:00"];
    if (jk_time_parse(text, out_time_us)) return true;
    if (text.len < sizeof "2026-08-01T18:00" - 1 || text.len > PLAIN_MAX) return false;
    bool seconds = text.len > sizeof "2026-08-01T18:00" - 1;
    snprintf(full, sizeof full, "%.*s%s+09:00", JK_SPAN_ARG(text), seconds ? "" : ":00");
    if (full[10] == ' ') full[10] = 'T';
    return jk_time_parse(jk_span_of(full), out_time_us);
}
