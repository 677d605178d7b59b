/* Compressed messages of anybody, off gzip with limits of several sizes: what comes out is as long as zlib says when asked by
 * itself, never longer than the limit, and the same under every limit that lets it through. */
#include <stdlib.h>
#include <zlib.h>

#include "base/check.h"
#include "rpc/gunzip.h"

#define LARGEST 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What zlib makes of it in one go, with room for a byte more than the largest limit. */
static bool plain_of(struct jk_span packed, unsigned char *plain, size_t *out_len)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)packed.at, .avail_in = (uInt)packed.len};
    JK_CHECK(inflateInit2(&stream, 15 + 16) == Z_OK);
    stream.next_out = plain;
    stream.avail_out = LARGEST + 1;
    int state = inflate(&stream, Z_FINISH);
    *out_len = stream.total_out;
    bool whole = state == Z_STREAM_END && stream.avail_in == 0;
    (void)inflateEnd(&stream);
    return whole;
}

static void try_limit(struct jk_span packed, size_t limit, bool whole, struct jk_span plain)
{
    struct jk_arena arena;
    struct jk_span bytes;
    jk_arena_init(&arena, 4 * LARGEST);
    enum jk_gunzip result = jk_gunzip(packed, limit, &arena, &bytes);
    if (result == JK_GUNZIP_OK)
        JK_CHECK(whole && bytes.len <= limit && jk_span_equal(bytes, plain));
    else if (result == JK_GUNZIP_TOO_LARGE)
        JK_CHECK(plain.len > limit);
    else
        JK_CHECK(result == JK_GUNZIP_MALFORMED && !whole);
    jk_arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t limits[] = {0, 1, 16383, 16384, LARGEST};
    struct jk_span packed = {(const char *)data, size};
    unsigned char *plain = malloc(LARGEST + 1);
    size_t len;
    JK_CHECK(plain != NULL);
    bool whole = plain_of(packed, plain, &len);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        try_limit(packed, limits[i], whole, (struct jk_span){(const char *)plain, len});
    free(plain);
    return 0;
}
