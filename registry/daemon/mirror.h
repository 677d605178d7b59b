/* A published log to read from: a folder, or an http(s) URL (C2SP tlog-tiles paths below it). Thread: the caller's. A
 * URL that does not answer is tried three times. */
#ifndef JK_DAEMON_MIRROR_H
#define JK_DAEMON_MIRROR_H

#include "store/repair.h"

struct jk_mirror_source;

/* `where` must outlive it. NOT_FOUND if the folder is absent; INVALID_ARGUMENT if the URL is malformed. */
JK_MUST_USE enum jk_status jk_mirror_source_open(const char *where, struct jk_mirror_source **out_source,
                                                 struct jk_error *error);
void jk_mirror_source_close(struct jk_mirror_source *source);
/* What jk_store_recover reads from; valid while the source is open. */
struct jk_mirror jk_mirror_of(struct jk_mirror_source *source);

#endif
