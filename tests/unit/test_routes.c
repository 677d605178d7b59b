/* Targets of HTTP requests, and the headers that change an answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/text.h"
#include "closing/files.h"
#include "http/routes.h"
#include "support/golden.h"

#define STAGE63 "a2345678-a2345678-a2345678-a2345678-a2345678-a2345678-a23456789"
#define HEX     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct jk_route parse(const char *target)
{
    struct jk_route route;
    jk_route_parse(jk_span_of(target), &route);
    return route;
}

static void is(const char *target, enum jk_route_kind kind, const char *file)
{
    struct jk_route route = parse(target);
    if (route.kind != kind) fail_msg("%s: kind %d, not %d", target, route.kind, kind);
    assert_string_equal(route.file, file);
}

static void test_targets(void **state)
{
    (void)state;
    is("/checkpoint", JK_ROUTE_CHECKPOINT, "checkpoint");
    is("/log.vkey", JK_ROUTE_VKEY, "log.vkey");
    is("/counts.vkey", JK_ROUTE_VKEY, "counts.vkey");
    is("/stage/stage-3/1/report.tsv", JK_ROUTE_REPORT, "stage/stage-3/1/report.tsv");
    is("/stage/3/12/certificate", JK_ROUTE_REPORT, "stage/3/12/certificate");
    is("/stage/" STAGE63 "/2147483647/left-out.tsv", JK_ROUTE_REPORT, "stage/" STAGE63 "/2147483647/left-out.tsv");
    is("/stage/a/1/report.html?print", JK_ROUTE_REPORT, "stage/a/1/report.html");
    is("/healthz", JK_ROUTE_HEALTH, "");
    is("/readyz", JK_ROUTE_READY, "");
    is("/tile/0/000", JK_ROUTE_TILE, "tile/0/000");
    is("/tile/3/x001/x234/067", JK_ROUTE_TILE, "tile/3/x001/x234/067");
    is("/tile/0/x001/234.p/255", JK_ROUTE_TILE, "tile/0/x001/234.p/255");
    is("/tile/entries/000.p/1", JK_ROUTE_BUNDLE, "tile/entries/000.p/1");
    is("/checkpoint?x=/../..", JK_ROUTE_CHECKPOINT, "checkpoint");
    is("http://log.example/checkpoint", JK_ROUTE_CHECKPOINT, "checkpoint");
    is("HTTP://log.example:80/tile/0/000?", JK_ROUTE_TILE, "tile/0/000");
    struct jk_route route = parse("/manifest/sha256/" HEX);
    assert_int_equal(route.kind, JK_ROUTE_BLOB);
    assert_int_equal(route.digest.bytes[1], 0x23);
}

static void test_no_report(void **state)
{
    (void)state;
    static const char *const targets[] = {"/counts.key",
                                          "/stage",
                                          "/stage/",
                                          "/stage/a/1",
                                          "/stage/a/1/",
                                          "/stage/a/1/report",
                                          "/stage/a/1/report.tsv/",
                                          "/stage/a/1/.new-00000000-0",
                                          "/stage/a/0/report.tsv",
                                          "/stage/a/01/report.tsv",
                                          "/stage/a/-1/report.tsv",
                                          "/stage/a/2147483648/report.tsv",
                                          "/stage/A/1/report.tsv",
                                          "/stage/-a/1/report.tsv",
                                          "/stage/a-/1/report.tsv",
                                          "/stage/../1/report.tsv",
                                          "/stage/a/../report.tsv",
                                          "/stage//1/report.tsv",
                                          "/stage/a" STAGE63 "/1/report.tsv"};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        is(targets[i], JK_ROUTE_NONE, "");
}

static void test_nothing(void **state)
{
    (void)state;
    static const char *const targets[] = {"",
                                          "/",
                                          "//",
                                          "*",
                                          "checkpoint",
                                          "//checkpoint",
                                          "/checkpoint/",
                                          "/Checkpoint",
                                          "/checkpoin%74",
                                          "/./checkpoint",
                                          "/log.vkey/",
                                          "/log.key",
                                          "/guard",
                                          "/tile",
                                          "/tile/",
                                          "/tile/0",
                                          "/tile/0/0",
                                          "/tile/0/00",
                                          "/tile/0/0000",
                                          "/tile/00/000",
                                          "/tile/0/x000/000",
                                          "/tile/64/000",
                                          "/tile/0/000.p/0",
                                          "/tile/0/000.p/256",
                                          "/tile/0/000.p/01",
                                          "/tile/0/000.p",
                                          "/tile/0/000.p/",
                                          "/tile/-1/000",
                                          "/tile/entries/x000/000",
                                          "/tile/entries/0/000",
                                          "/tile/0/../../../log.key",
                                          "/tile/../checkpoint",
                                          "/tile/0/%2e%2e/000",
                                          "/tile/0/000%00",
                                          "/tile/0/000;a",
                                          "/public/checkpoint",
                                          "/.checkpoint",
                                          "/tile/0/.000",
                                          "/manifest/sha256/",
                                          "/manifest/sha256/" HEX "0",
                                          "/manifest/sha256/0" HEX,
                                          "/manifest/sha256/" HEX "/",
                                          "/manifest/sha512/" HEX,
                                          "/metrics",
                                          "http://",
                                          "http:///checkpoint",
                                          "http://checkpoint",
                                          "https://log.example/checkpoint",
                                          "ftp://log.example/checkpoint"};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        is(targets[i], JK_ROUTE_NONE, "");
    is("/manifest/sha256/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef", JK_ROUTE_NONE, "");
    struct jk_route route;
    jk_route_parse((struct jk_span){"/checkpoint\0", 12}, &route);
    assert_int_equal(route.kind, JK_ROUTE_NONE);
}

static void part(const char *header, uint64_t size, uint64_t first, uint64_t count)
{
    uint64_t at = 77, len = 77;
    if (jk_route_range(jk_span_of(header), size, &at, &len) != JK_RANGE_PART) fail_msg("%s is no part", header);
    assert_int_equal(at, first);
    assert_int_equal(len, count);
}

static void range_is(const char *header, uint64_t size, enum jk_range kind)
{
    uint64_t at = 77, len = 77;
    if (jk_route_range(jk_span_of(header), size, &at, &len) != kind) fail_msg("%s is another kind", header);
    assert_int_equal(at, 77);
    assert_int_equal(len, 77);
}

static void test_ranges(void **state)
{
    (void)state;
    part("bytes=0-0", 10, 0, 1);
    part("bytes=0-9", 10, 0, 10);
    part("bytes=9-9", 10, 9, 1);
    part("bytes=3-", 10, 3, 7);
    part("bytes=3-99", 10, 3, 7);
    part("bytes=-3", 10, 7, 3);
    part("bytes=-99", 10, 0, 10);
    part("BYTES = 2-4", 10, 2, 3);
    part("bytes=002-0004", 10, 2, 3);
    part("bytes=5-18446744073709551615", 10, 5, 5);
    range_is("bytes=10-", 10, JK_RANGE_UNSATISFIABLE);
    range_is("bytes=10-11", 10, JK_RANGE_UNSATISFIABLE);
    range_is("bytes=0-", 0, JK_RANGE_UNSATISFIABLE);
    range_is("bytes=-0", 10, JK_RANGE_UNSATISFIABLE);
    range_is("bytes=-5", 0, JK_RANGE_UNSATISFIABLE);
    static const char *const whole[] = {"",
                                        "bytes",
                                        "bytes=",
                                        "bytes=-",
                                        "bytes=4-3",
                                        "bytes=a-b",
                                        "bytes=1",
                                        "items=0-1",
                                        "bytes=0-1,3-4",
                                        "bytes=--1",
                                        "bytes=+1-2",
                                        "bytes=1-2x",
                                        "bytes=0x1-2",
                                        "bytes=18446744073709551616-",
                                        "bytes=1 - 2"};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        range_is(whole[i], 10, JK_RANGE_WHOLE);
}

static void test_tags(void **state)
{
    (void)state;
    struct jk_span tag = JK_SPAN("\"abc\"");
    assert_true(jk_route_etag_listed(JK_SPAN("\"abc\""), tag));
    assert_true(jk_route_etag_listed(JK_SPAN("W/\"abc\""), tag));
    assert_true(jk_route_etag_listed(JK_SPAN("\"x\", \"abc\" ,\"y\""), tag));
    assert_true(jk_route_etag_listed(JK_SPAN(" * "), tag));
    assert_false(jk_route_etag_listed(JK_SPAN(""), tag));
    assert_false(jk_route_etag_listed(JK_SPAN("abc"), tag));
    assert_false(jk_route_etag_listed(JK_SPAN("\"ABC\""), tag));
    assert_false(jk_route_etag_listed(JK_SPAN("w/\"abc\""), tag));
    assert_false(jk_route_etag_listed(JK_SPAN("\"abc\"d, \"\", *"), tag));
}

/* ---- the names that the specification lists ---- */

/* "tile/<L>/<N>" with something in the place of each word. */
static void fill_in(struct jk_span name, struct jk_text *out)
{
    static const char *const words[][2] = {{"<N>", "x001/234"}, {"<W>", "7"},        {"<L>", "1"},
                                           {"<stage>", "a"},    {"<revision>", "2"}, {"<hex>", HEX}};
    jk_text_clear(out);
    jk_text_add_char(out, '/');
    while (name.len > 0) {
        struct jk_span taken = {name.at, 1};
        struct jk_span added = taken;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
            if (!jk_span_starts(name, jk_span_of(words[i][0]))) continue;
            taken = jk_span_of(words[i][0]);
            added = jk_span_of(words[i][1]);
        }
        jk_text_add(out, added);
        name = (struct jk_span){name.at + taken.len, name.len - taken.len};
    }
}

/* The first cell of a row holds one name or two, each between backticks. */
static void take_names(struct jk_span row, unsigned *kinds, struct jk_text *target)
{
    struct jk_span cell, part;
    (void)jk_span_cut(&row, '|', &cell);
    (void)jk_span_cut(&row, '|', &cell);
    while (jk_span_cut(&cell, '`', &part) && jk_span_cut(&cell, '`', &part)) {
        fill_in(part, target);
        struct jk_route route = parse(target->bytes);
        if (route.kind == JK_ROUTE_NONE) fail_msg("log.md names %s, which is not served", target->bytes);
        *kinds |= 1u << route.kind;
    }
}

/* What log.md says is served, and all that is served but health, readiness and what a hook has, which are no part of a log. */
static void test_specification(void **state)
{
    static char page[1 << 16];
    struct jk_span text = golden_read("../../registry/formats/log.md", page, sizeof page - 1), line;
    unsigned kinds = 0;
    struct jk_text target;
    (void)state;
    jk_text_init(&target, 0);
    for (int file = 0; file < JK_REPORT_FILES; file++) {
        char name[128];
        snprintf(name, sizeof name, "`stage/<stage>/<revision>/%s`", jk_report_file_name((enum jk_report_file)file));
        if (!strstr(page, name)) fail_msg("log.md does not name %s", name);
    }
    while (jk_span_line(&text, &line) && !jk_span_starts(line, JK_SPAN("| --- ")))
        ;
    while (jk_span_line(&text, &line) && line.len > 0)
        take_names(line, &kinds, &target);
    assert_int_equal(kinds,
                     (1u << JK_ROUTE_KINDS) - 1u -
                         (1u << JK_ROUTE_NONE | 1u << JK_ROUTE_HEALTH | 1u << JK_ROUTE_READY | 1u << JK_ROUTE_WEB));
    jk_text_done(&target);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_targets), cmocka_unit_test(test_no_report), cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_ranges),  cmocka_unit_test(test_tags),      cmocka_unit_test(test_specification),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
