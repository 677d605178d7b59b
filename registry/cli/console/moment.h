/* Times as users write them: a date alone means its 00:00, and without a time zone +09:00 is assumed. Pure. */
#ifndef JK_CLI_CONSOLE_MOMENT_H
#define JK_CLI_CONSOLE_MOMENT_H

#include "base/clock.h"

/* RFC 3339; or its date and time without a zone, seconds or not, "T" or a space between them; or a day. */
bool jk_moment_parse(struct jk_span text, int64_t *out_time_us);

#endif
