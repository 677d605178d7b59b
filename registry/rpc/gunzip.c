/* See gunzip.h. */
#include "rpc/gunzip.h"

#include <zlib.h>

#define GZIP_ALONE (15 + 16) /* the largest window; no other header */
#define PIECE      16384

static enum jk_gunzip begin_member(struct jk_span packed, z_stream *out_stream)
{
    *out_stream = (z_stream){.next_in = (Bytef *)(uintptr_t)packed.at, .avail_in = (uInt)packed.len};
    if (packed.len > UINT32_MAX) return JK_GUNZIP_TOO_LARGE;
    return inflateInit2(out_stream, GZIP_ALONE) == Z_OK ? JK_GUNZIP_OK : JK_GUNZIP_NO_MEMORY;
}

/* How many bytes it becomes, as far as they are within the limit. */
static enum jk_gunzip measure(struct jk_span packed, size_t limit, size_t *out_size)
{
    Bytef piece[PIECE];
    z_stream stream;
    int state = Z_OK;
    enum jk_gunzip begun = begin_member(packed, &stream);
    if (begun != JK_GUNZIP_OK) return begun;
    while (state == Z_OK && stream.total_out <= limit) {
        stream.next_out = piece;
        stream.avail_out = sizeof piece;
        state = inflate(&stream, Z_NO_FLUSH);
    }
    *out_size = stream.total_out;
    bool whole = state == Z_STREAM_END && stream.avail_in == 0;
    (void)inflateEnd(&stream);
    if (*out_size > limit) return JK_GUNZIP_TOO_LARGE;
    if (state == Z_MEM_ERROR) return JK_GUNZIP_NO_MEMORY;
    return whole ? JK_GUNZIP_OK : JK_GUNZIP_MALFORMED;
}

enum jk_gunzip jk_gunzip(struct jk_span packed, size_t limit, struct jk_arena *arena, struct jk_span *out_bytes)
{
    size_t size;
    z_stream stream;
    enum jk_gunzip result = measure(packed, limit, &size);
    if (result != JK_GUNZIP_OK) return result;
    char *bytes = jk_arena_alloc(arena, size + 1);
    result = bytes ? begin_member(packed, &stream) : JK_GUNZIP_NO_MEMORY;
    if (result != JK_GUNZIP_OK) return result;
    stream.next_out = (Bytef *)bytes;
    stream.avail_out = (uInt)size + 1; /* room, so that an empty message ends, too */
    int state = inflate(&stream, Z_FINISH);
    (void)inflateEnd(&stream);
    if (state != Z_STREAM_END) return JK_GUNZIP_NO_MEMORY; /* it was whole before */
    *out_bytes = (struct jk_span){bytes, size};
    return JK_GUNZIP_OK;
}
