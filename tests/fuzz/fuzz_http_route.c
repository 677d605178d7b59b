/* Requests of anybody: the first line is a target, the second a Range header, the third any of the others. What a
 * target names stays below the public folder and is written one way only, and a part lies within the whole. */
#include "base/check.h"
#include "http/accept.h"
#include "http/routes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has_file(const struct jk_route *route)
{
    return route->kind == JK_ROUTE_CHECKPOINT || route->kind == JK_ROUTE_VKEY || route->kind == JK_ROUTE_TILE ||
           route->kind == JK_ROUTE_BUNDLE || route->kind == JK_ROUTE_REPORT;
}

/* stage/<id>/<revision>/<file> */
static void check_report(struct jk_span file)
{
    struct jk_span first, id, revision;
    uint64_t number;
    JK_CHECK(jk_span_cut(&file, '/', &first) && jk_span_cut(&file, '/', &id) && jk_span_cut(&file, '/', &revision));
    JK_CHECK(jk_span_equal(first, JK_SPAN("stage")) && id.len >= 1 && id.len <= 63 && file.len > 0);
    JK_CHECK(jk_span_to_u64(revision, &number) && number > 0 && !memchr(file.at, '/', file.len));
}

static void check_file(const struct jk_route *route)
{
    struct jk_span file = jk_span_of(route->file);
    struct jk_tile tile;
    char written[JK_TILE_PATH];
    JK_CHECK(file.len > 0 && file.at[0] != '/' && file.at[0] != '.');
    JK_CHECK(!strstr(route->file, "..") && !strstr(route->file, "//") && !strstr(route->file, "/.") &&
             !strchr(route->file, '%'));
    if (route->kind == JK_ROUTE_REPORT) check_report(file);
    if (route->kind != JK_ROUTE_TILE && route->kind != JK_ROUTE_BUNDLE) return;
    JK_CHECK(jk_tile_parse(file, &tile));
    JK_CHECK((tile.kind == JK_TILE_ENTRIES) == (route->kind == JK_ROUTE_BUNDLE));
    jk_tile_path(&tile, written);
    JK_CHECK(strcmp(written, route->file) == 0);
}

static void try_target(struct jk_span target)
{
    struct jk_route route;
    jk_route_parse(target, &route);
    JK_CHECK(route.kind < JK_ROUTE_KINDS);
    if (has_file(&route))
        check_file(&route);
    else
        JK_CHECK(!route.file[0]);
}

static void try_range(struct jk_span header, uint64_t whole)
{
    uint64_t first = 0, count = 0;
    switch (jk_route_range(header, whole, &first, &count)) {
    case JK_RANGE_PART:
        JK_CHECK(count > 0 && first < whole && count <= whole - first);
        break;
    default:
        JK_CHECK(first == 0 && count == 0);
    }
}

/* Members lie within the header and behind one another; of two types not both are wanted more. */
static void try_accept(struct jk_span header)
{
    const struct jk_span csv = JK_SPAN("text/csv"), json = JK_SPAN("application/json");
    struct jk_span rest = header;
    struct jk_accepted member;
    const char *end = header.at;
    while (jk_accept_next(&rest, &member)) {
        JK_CHECK(member.weight >= 0 && member.weight <= JK_ACCEPT_FULL);
        JK_CHECK(member.name.len > 0 && member.name.at >= end);
        end = member.name.at + member.name.len;
        JK_CHECK(end <= header.at + header.len && rest.len < header.len);
    }
    JK_CHECK(rest.len == 0);
    JK_CHECK(!jk_accept_prefers(header, csv, json) || !jk_accept_prefers(header, json, csv));
    JK_CHECK(!jk_accept_prefers(header, csv, csv));
    (void)jk_accept_coding(header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_span rest = {(const char *)data, size}, line;
    (void)jk_span_cut(&rest, '\n', &line);
    try_target(line);
    (void)jk_span_cut(&rest, '\n', &line);
    try_range(line, 0);
    try_range(line, 8192);
    try_range(line, UINT64_MAX);
    JK_CHECK(!jk_route_etag_listed(JK_SPAN(""), JK_SPAN("\"a\"")));
    (void)jk_route_etag_listed(rest, JK_SPAN("\"a\""));
    try_accept(rest);
    return 0;
}
