/* One message off gzip (RFC 1952), bounded against bombs: what it becomes is measured first, and taken into memory only if it is
 * within the limit. Pure. */
#ifndef JK_RPC_GUNZIP_H
#define JK_RPC_GUNZIP_H

#include "base/arena.h"
#include "base/span.h"

enum jk_gunzip {
    JK_GUNZIP_OK,
    JK_GUNZIP_MALFORMED, /* not gzip, cut off, or something follows */
    JK_GUNZIP_TOO_LARGE, /* more than the limit; found after inflating at most the limit and 16 KiB */
    JK_GUNZIP_NO_MEMORY, /* of the arena, or of zlib */
};

/* *out_bytes lies in the arena, in which it takes what it has and no more. */
enum jk_gunzip jk_gunzip(struct jk_span packed, size_t limit, struct jk_arena *arena, struct jk_span *out_bytes);

#endif
