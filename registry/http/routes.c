/* Targets and headers. See routes.h. */
#include "http/routes.h"

#include <stdio.h>

#include "base/ascii.h"

/* ---- targets ---- */

static void set_file(struct jk_route *route, enum jk_route_kind kind, struct jk_span name)
{
    route->kind = kind;
    memcpy(route->file, name.at, name.len);
    route->file[name.len] = '\0';
}

static bool is_tile(struct jk_span path, struct jk_route *route)
{
    struct jk_tile tile;
    if (path.len >= JK_TILE_PATH || !jk_tile_parse(path, &tile)) return false;
    set_file(route, tile.kind == JK_TILE_ENTRIES ? JK_ROUTE_BUNDLE : JK_ROUTE_TILE, path);
    return true;
}

static bool is_blob(struct jk_span path, struct jk_route *route)
{
    static const char prefix[] = "manifest/sha256/";
    if (!jk_span_starts(path, jk_span_of(prefix))) return false;
    struct jk_span hex = {path.at + sizeof prefix - 1, path.len - (sizeof prefix - 1)};
    if (!jk_digest_parse(hex, &route->digest)) return false;
    route->kind = JK_ROUTE_BLOB;
    return true;
}

/* `[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?` */
static bool is_stage_id(struct jk_span id)
{
    if (id.len < 1 || id.len > 63 || id.at[0] == '-' || id.at[id.len - 1] == '-') return false;
    for (size_t i = 0; i < id.len; i++)
        if (!jk_ascii_lower(id.at[i]) && !jk_ascii_digit(id.at[i]) && id.at[i] != '-') return false;
    return true;
}

/* "stage/<id>/<revision>/<file>" */
static bool is_report(struct jk_span path, struct jk_route *route)
{
    static const char *const names[] = {"report.tsv",  "report.json", "members.txt", "left-out.tsv", "certificate",
                                        "report.html", "report.csv",  "counted.csv", "left-out.csv"};
    struct jk_span rest = path, first, id, revision;
    uint64_t number;
    if (path.len >= sizeof route->file || !jk_span_cut(&rest, '/', &first) || !jk_span_equal(first, JK_SPAN("stage")))
        return false;
    if (!jk_span_cut(&rest, '/', &id) || !jk_span_cut(&rest, '/', &revision) || !is_stage_id(id)) return false;
    if (!jk_span_to_u64(revision, &number) || number < 1 || number > INT32_MAX) return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!jk_span_equal(rest, jk_span_of(names[i]))) continue;
        set_file(route, JK_ROUTE_REPORT, path);
        return true;
    }
    return false;
}

bool jk_route_origin(struct jk_span target, struct jk_span *out_origin)
{
    if (jk_span_starts_fold(target, JK_SPAN("http://"))) {
        struct jk_span rest = {target.at + 7, target.len - 7};
        const char *slash = memchr(rest.at, '/', rest.len), *query = memchr(rest.at, '?', rest.len);
        if (!slash || slash == rest.at || (query && query < slash)) return false;
        target = (struct jk_span){slash, (size_t)(target.at + target.len - slash)};
    }
    *out_origin = target;
    return target.len > 0 && target.at[0] == '/';
}

void jk_route_parse(struct jk_span target, struct jk_route *out_route)
{
    struct jk_span path;
    *out_route = (struct jk_route){.kind = JK_ROUTE_NONE};
    if (!jk_route_origin(target, &target)) return;
    (void)jk_span_cut(&target, '?', &path);
    path = (struct jk_span){path.at + 1, path.len - 1};
    if (jk_span_equal(path, JK_SPAN("checkpoint")))
        set_file(out_route, JK_ROUTE_CHECKPOINT, path);
    else if (jk_span_equal(path, JK_SPAN("log.vkey")) || jk_span_equal(path, JK_SPAN("counts.vkey")))
        set_file(out_route, JK_ROUTE_VKEY, path);
    else if (jk_span_equal(path, JK_SPAN("healthz")))
        out_route->kind = JK_ROUTE_HEALTH;
    else if (jk_span_equal(path, JK_SPAN("readyz")))
        out_route->kind = JK_ROUTE_READY;
    else if (!is_tile(path, out_route) && !is_report(path, out_route))
        (void)is_blob(path, out_route);
}

/* ---- headers ---- */

/* Digits, leading zeros included: RFC 9110's numbers have no canonical form. */
static bool read_range_number(struct jk_span text, uint64_t *out_number)
{
    while (text.len > 1 && text.at[0] == '0')
        text = (struct jk_span){text.at + 1, text.len - 1};
    return jk_span_to_u64(text, out_number);
}

enum jk_range jk_route_range(struct jk_span header, uint64_t size, uint64_t *out_first, uint64_t *out_count)
{
    struct jk_span rest = header, unit, first;
    uint64_t from, to = UINT64_MAX;
    if (!jk_span_cut(&rest, '=', &unit) || !jk_span_equal_fold(jk_span_trim(unit), JK_SPAN("bytes")))
        return JK_RANGE_WHOLE;
    rest = jk_span_trim(rest);
    if (!jk_span_cut(&rest, '-', &first)) return JK_RANGE_WHOLE;
    if (first.len == 0) {
        /* "-500": the last 500 bytes */
        uint64_t count;
        if (!read_range_number(rest, &count)) return JK_RANGE_WHOLE;
        if (count == 0 || size == 0) return JK_RANGE_UNSATISFIABLE;
        *out_count = count < size ? count : size;
        *out_first = size - *out_count;
        return JK_RANGE_PART;
    }
    if (!read_range_number(first, &from) || (rest.len > 0 && !read_range_number(rest, &to)) || to < from)
        return JK_RANGE_WHOLE;
    if (from >= size) return JK_RANGE_UNSATISFIABLE;
    *out_first = from;
    *out_count = (to < size ? to + 1 : size) - from;
    return JK_RANGE_PART;
}

bool jk_route_etag_listed(struct jk_span header, struct jk_span etag)
{
    struct jk_span item;
    if (jk_span_equal(jk_span_trim(header), JK_SPAN("*"))) return true;
    while (header.len > 0) { /* our tags hold no comma */
        (void)jk_span_cut(&header, ',', &item);
        item = jk_span_trim(item);
        if (jk_span_starts(item, JK_SPAN("W/"))) item = (struct jk_span){item.at + 2, item.len - 2};
        if (jk_span_equal(item, etag)) return true;
    }
    return false;
}
