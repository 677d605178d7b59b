/* Bytes as gzip, in one go. Any thread. */
#include <stdlib.h>
#include <zlib.h>

#include "http/inside.h"

#define LEAST 1024

bool jk_http_wants_gzip(enum jk_accept_coding coding, uint64_t len)
{
    return coding == JK_ACCEPT_GZIP_ONLY || (coding == JK_ACCEPT_GZIP && len >= LEAST);
}

/* Its header holds no time, so that the same source gives the same bytes. */
bool jk_http_gzip(struct jk_span source, int level, size_t before, char **out_bytes, size_t *out_len)
{
    z_stream stream = {0};
    if (source.len > UINT32_MAX || deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    size_t room = deflateBound(&stream, (uLong)source.len);
    char *bytes = malloc(before + room), *fitting;
    stream.next_in = (unsigned char *)source.at;
    stream.avail_in = (uInt)source.len;
    stream.next_out = bytes ? (unsigned char *)bytes + before : NULL;
    stream.avail_out = (uInt)room;
    bool good = bytes && deflate(&stream, Z_FINISH) == Z_STREAM_END;
    deflateEnd(&stream);
    if (!good) {
        free(bytes);
        return false;
    }
    fitting = realloc(bytes, before + stream.total_out);
    *out_bytes = fitting ? fitting : bytes;
    *out_len = stream.total_out;
    return true;
}
