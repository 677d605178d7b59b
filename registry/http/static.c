/* The log's files. They are in the public folder, and only names that routes.c has parsed are opened there: no dot
 * segment, no escape, no symbolic link at the end. Tiles and bundles never change, so clients may cache them forever;
 * the checkpoint and the keys have an entity tag made from their bytes, stage reports one made from file metadata. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "http/inside.h"

#define SMALL_MOST    (64u << 10) /* checkpoint and key, which are read whole */
#define TOGETHER_MOST (16u << 10)
#define BUNDLE_MOST   (1u << 20) /* which is compressed, … */
#define REPORT_MOST   (4u << 20) /* … and of reports */
#define ETAG          72

static const char immutable[] = "public, max-age=31536000, immutable";

/* A file of the public folder; -1 with errno. Only regular files. */
static int open_public(const struct jk_http *http, const char *name, uint64_t *out_size)
{
    char path[sizeof http->folder + JK_ROUTE_FILE];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", http->folder, name);
    int fd = openat(http->parent_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return -1;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
        *out_size = (uint64_t)status.st_size;
        return fd;
    }
    close(fd);
    errno = ENOENT;
    return -1;
}

static enum MHD_Result refuse_route(struct jk_http *http, struct MHD_Connection *connection,
                                    const struct jk_route *route)
{
    int cause = errno;
    if (cause == ENOENT || cause == ENOTDIR || cause == ELOOP)
        return jk_http_answer_fixed(http, connection, route->kind, JK_HTTP_NOT_FOUND);
    jk_log(JK_LOG_ERROR, "file-unreadable", "file", route->file, "cause", strerrordesc_np(cause), NULL);
    return jk_http_answer_fixed(http, connection, route->kind,
                                cause == EMFILE || cause == ENFILE ? JK_HTTP_BUSY : JK_HTTP_BROKEN);
}

/* ---- checkpoint and key ---- */

bool jk_http_read(int fd, char *bytes, size_t len, uint64_t first)
{
    size_t got = 0;
    while (got < len) {
        ssize_t more = pread(fd, bytes + got, len - got, (off_t)(first + got));
        if (more < 0 && errno == EINTR) continue;
        if (more <= 0) return false;
        got += (size_t)more;
    }
    return true;
}

/* Then it gets a 304, with the length that the bytes would have, and none of them. */
static bool client_has(struct MHD_Connection *connection, const char *etag)
{
    return jk_route_etag_listed(jk_http_header(connection, MHD_HTTP_HEADER_IF_NONE_MATCH), jk_span_of(etag));
}

/* The part that a Range header asks for, or all. If-Range with another tag means all. */
static struct MHD_Response *of_bytes(struct MHD_Connection *connection, struct jk_span bytes, const char *etag,
                                     bool head, unsigned *out_status)
{
    struct jk_span range = head ? (struct jk_span){"", 0} : jk_http_header(connection, MHD_HTTP_HEADER_RANGE);
    struct jk_span condition = jk_http_header(connection, MHD_HTTP_HEADER_IF_RANGE);
    uint64_t first = 0, count = bytes.len;
    char said[80];
    if (condition.len > 0 && !jk_span_equal(condition, jk_span_of(etag))) range.len = 0;
    enum jk_range kind = jk_route_range(range, bytes.len, &first, &count);
    if (kind == JK_RANGE_WHOLE) {
        *out_status = MHD_HTTP_OK;
        return MHD_create_response_from_buffer(bytes.len, (void *)bytes.at, MHD_RESPMEM_MUST_COPY);
    }
    bool part = kind == JK_RANGE_PART;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(part ? count : 0, (void *)(bytes.at + first), MHD_RESPMEM_MUST_COPY);
    if (part)
        snprintf(said, sizeof said, "bytes %" PRIu64 "-%" PRIu64 "/%zu", first, first + count - 1, bytes.len);
    else
        snprintf(said, sizeof said, "bytes */%zu", bytes.len);
    *out_status = part ? MHD_HTTP_PARTIAL_CONTENT : MHD_HTTP_RANGE_NOT_SATISFIABLE;
    jk_http_add(response, MHD_HTTP_HEADER_CONTENT_RANGE, said);
    return response;
}

static enum MHD_Result send_small(struct jk_http *http, struct MHD_Connection *connection, const struct jk_route *route,
                                  struct jk_span bytes, bool head)
{
    char etag[35];
    unsigned status;
    struct jk_digest digest = jk_digest_of(bytes);
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&digest, hex);
    snprintf(etag, 35, "\"%.32s\"", hex);

    bool same = client_has(connection, etag);
    struct MHD_Response *response = of_bytes(connection, bytes, etag, head || same, &status);
    if (same) status = MHD_HTTP_NOT_MODIFIED;
    jk_http_add(response, MHD_HTTP_HEADER_ETAG, etag);
    jk_http_add(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
    jk_http_add(response, MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes");
    if (status != MHD_HTTP_NOT_MODIFIED)
        jk_http_add(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; charset=utf-8");
    return jk_http_answer(http, connection, route->kind, status, response);
}

/* ---- tiles and bundles ---- */

/* Takes ownership of the descriptor. A few bytes are sent with the headers in one call; many go from file to socket
 * directly. */
static struct MHD_Response *part_of_file(int fd, uint64_t first, uint64_t count)
{
    struct MHD_Response *response = NULL;
    if (count > TOGETHER_MOST) {
        response = MHD_create_response_from_fd_at_offset64(count, fd, first);
        if (!response) close(fd);
        return response;
    }
    char *bytes = malloc(count + 1);
    if (bytes && jk_http_read(fd, bytes, (size_t)count, first))
        response = MHD_create_response_from_buffer((size_t)count, bytes, MHD_RESPMEM_MUST_FREE);
    if (!response) free(bytes);
    close(fd);
    return response;
}

/* All of the file, or the requested part; takes ownership of the descriptor. A file that never changes has no tag
 * (empty), so If-Range, which needs one, never matches. */
static struct MHD_Response *of_file(struct MHD_Connection *connection, int fd, uint64_t size, const char *etag,
                                    bool head, unsigned *out_status)
{
    struct jk_span condition = jk_http_header(connection, MHD_HTTP_HEADER_IF_RANGE);
    struct jk_span range = head ? (struct jk_span){"", 0} : jk_http_header(connection, MHD_HTTP_HEADER_RANGE);
    uint64_t first = 0, count = size;
    char said[80];
    if (condition.len > 0 && (!*etag || !jk_span_equal(condition, jk_span_of(etag)))) range.len = 0;
    enum jk_range kind = jk_route_range(range, size, &first, &count);
    if (kind == JK_RANGE_UNSATISFIABLE) {
        close(fd);
        struct MHD_Response *empty = MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
        snprintf(said, sizeof said, "bytes */%" PRIu64, size);
        jk_http_add(empty, MHD_HTTP_HEADER_CONTENT_RANGE, said);
        *out_status = MHD_HTTP_RANGE_NOT_SATISFIABLE;
        return empty;
    }
    struct MHD_Response *response = part_of_file(fd, first, count);
    *out_status = MHD_HTTP_OK;
    if (kind == JK_RANGE_WHOLE) return response;
    snprintf(said, sizeof said, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, first, first + count - 1, size);
    jk_http_add(response, MHD_HTTP_HEADER_CONTENT_RANGE, said);
    *out_status = MHD_HTTP_PARTIAL_CONTENT;
    return response;
}

/* So that one request stays short: bundles come one after the other, a report alone. */
static uint64_t zip_most(enum jk_route_kind kind)
{
    return kind == JK_ROUTE_BUNDLE ? BUNDLE_MOST : kind == JK_ROUTE_REPORT ? REPORT_MOST : 0;
}

/* The file as gzip, where the client wants it so and all of it; else NULL. */
static struct MHD_Response *zipped(struct jk_http *http, struct MHD_Connection *connection,
                                   const struct jk_route *route, int fd, uint64_t size, bool head)
{
    enum jk_accept_coding coding = jk_accept_coding(jk_http_header(connection, MHD_HTTP_HEADER_ACCEPT_ENCODING));
    if (size > zip_most(route->kind) || !jk_http_wants_gzip(coding, size)) return NULL;
    if (!head && jk_http_header(connection, MHD_HTTP_HEADER_RANGE).len > 0) return NULL;
    return jk_http_zip(http->zips, route->file, fd, (size_t)size);
}

/* ---- reports of stages ---- */

/* The page may be displayed, but must not be able to do anything. */
static const char page_policy[] = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
                                  "frame-ancestors 'none'";

static const char *report_type(struct jk_span file)
{
    static const struct {
        const char *end, *type;
    } types[] = {{".tsv", "text/tab-separated-values; charset=utf-8"},
                 {".json", "application/json"},
                 {".html", "text/html; charset=utf-8"},
                 {".csv", "text/csv; charset=utf-8"}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (jk_span_ends(file, jk_span_of(types[i].end))) return types[i].type;
    return "text/plain; charset=utf-8";
}

/* Lists may be long, so the tag is made from file metadata: a file is only ever replaced as a whole. Its bytes as gzip are
 * others, and have another tag. */
static void file_etag(int fd, uint64_t size, bool zip, char out_etag[ETAG])
{
    struct stat status;
    if (fstat(fd, &status) != 0) status = (struct stat){0};
    snprintf(out_etag, ETAG, "\"%" PRIx64 "-%" PRIx64 "-%" PRIx64 "%s\"", size, (uint64_t)status.st_ino,
             (uint64_t)status.st_mtim.tv_sec * 1000000000u + (uint64_t)status.st_mtim.tv_nsec, zip ? "-gzip" : "");
}

static enum MHD_Result serve_report(struct jk_http *http, struct MHD_Connection *connection,
                                    const struct jk_route *route, int fd, uint64_t size, bool head)
{
    unsigned status = MHD_HTTP_OK;
    char etag[ETAG];
    struct MHD_Response *response = zipped(http, connection, route, fd, size, head);
    file_etag(fd, size, response != NULL, etag);
    bool same = client_has(connection, etag);
    if (response) {
        close(fd);
    } else {
        response = of_file(connection, fd, size, etag, head || same, &status);
        jk_http_add(response, MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes");
    }
    if (same) status = MHD_HTTP_NOT_MODIFIED;
    jk_http_add(response, MHD_HTTP_HEADER_CONTENT_TYPE, report_type(jk_span_of(route->file)));
    jk_http_add(response, MHD_HTTP_HEADER_ETAG, etag);
    jk_http_add(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
    jk_http_add(response, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT_ENCODING);
    if (jk_span_ends(jk_span_of(route->file), JK_SPAN(".html")))
        jk_http_add(response, "Content-Security-Policy", page_policy);
    return jk_http_answer(http, connection, route->kind, status, response);
}

enum MHD_Result jk_http_static(struct jk_http *http, struct MHD_Connection *connection, struct jk_http_peer *peer,
                               bool head)
{
    const struct jk_route *route = &peer->route;
    uint64_t size = 0;
    unsigned status = MHD_HTTP_OK;
    int fd = open_public(http, route->file, &size);
    if (fd < 0) return refuse_route(http, connection, route);
    if (route->kind == JK_ROUTE_CHECKPOINT || route->kind == JK_ROUTE_VKEY) {
        char *bytes = size <= SMALL_MOST ? malloc(size + 1) : NULL;
        bool whole = bytes && jk_http_read(fd, bytes, (size_t)size, 0);
        enum MHD_Result result = whole
                                     ? send_small(http, connection, route, (struct jk_span){bytes, (size_t)size}, head)
                                     : jk_http_answer_fixed(http, connection, route->kind, JK_HTTP_BROKEN);
        free(bytes);
        close(fd);
        return result;
    }
    if (route->kind == JK_ROUTE_REPORT) return serve_report(http, connection, route, fd, size, head);
    struct MHD_Response *response = zipped(http, connection, route, fd, size, head);
    if (response) {
        close(fd);
    } else {
        response = of_file(connection, fd, size, "", head, &status);
        jk_http_add(response, MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes");
    }

    /* what a bundle or tile carries in each of its answers */
    jk_http_add(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/octet-stream");
    jk_http_add(response, MHD_HTTP_HEADER_CACHE_CONTROL, immutable);
    if (route->kind == JK_ROUTE_BUNDLE) jk_http_add(response, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT_ENCODING);

    return jk_http_answer(http, connection, route->kind, status, response);
}
