/* Which settings file is read. There is the user's own, <settings>/config, and profiles, <settings>/profiles/NAME: one
 * file per registry, written by registry/start, with the one started last named in <settings>/profile. <settings> is
 * $XDG_CONFIG_HOME/jokbo, or ~/.config/jokbo. */
#ifndef JK_CLI_CONSOLE_PROFILE_H
#define JK_CLI_CONSOLE_PROFILE_H

#include "base/text.h"
#include "cli/console/options.h"

/* The first one named by: --profile or --config, JOKBO_PROFILE or JOKBO_CONFIG, the user's own file, the profile
 * started last. Only one file is ever read, so that a token never goes to another registry's server. *out_path NULL:
 * there is none. USAGE if two are named in the same way, or for an invalid name; LOCAL_FILE if a named profile is
 * missing. If the profile started last is missing, that is only a warning, a line in `warnings`. */
JK_MUST_USE enum jk_status jk_profile_file(const struct jk_options *options, struct jk_arena *arena,
                                           const char **out_path, struct jk_text *warnings, struct jk_error *error);
/* Names of the profiles that are there, in the arena, in order, at most `room`; returns how many. */
size_t jk_profile_list(struct jk_arena *arena, const char **out_names, size_t room);

#endif
