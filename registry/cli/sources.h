/* The files of a model that say what it is, read from disk for declare/declaration.h. */
#ifndef JK_CLI_SOURCES_H
#define JK_CLI_SOURCES_H

#include "declare/declaration.h"

/* Reads CARD or DIR (or nothing, for NULL). All mistakes in the files are added to `mistakes`; a file that cannot be
 * read at all is a failure with reason LOCAL_FILE. */
JK_MUST_USE enum jk_status jk_sources_read(const char *path, struct jk_arena *arena, struct jk_sources *out_sources,
                                           struct jk_error *mistakes, struct jk_error *error);

#endif
