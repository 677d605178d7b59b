/* Moments as people give them: a day alone is its 00:00, and what names no zone is meant at +09:00. Pure. */
#ifndef JK_CLI_CONSOLE_MOMENT_H
#define JK_CLI_CONSOLE_MOMENT_H

#include "base/clock.h"

/* RFC 3339; or its date and time without a zone, seconds or not, "T" or a space between them; or a day. */
bool jk_moment_parse(struct jk_span text, int64_t *out_time_us);

#endif
