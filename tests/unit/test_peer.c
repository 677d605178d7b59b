/* Who is counted as one: addresses as gRPC and proxies write them, IPv6 by /64, and whose word is taken. */
#include "base/peer.h"

#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

static void expect_parsed(const char *uri, enum jk_peer_kind kind, const char *text)
{
    struct jk_peer peer;
    char shown[JK_PEER_TEXT];
    jk_peer_parse(jk_span_of(uri), &peer);
    if (peer.kind != kind) fail_msg("\"%s\": kind %d", uri, (int)peer.kind);
    jk_peer_text(&peer, shown);
    assert_string_equal(shown, text);
}

static void test_parse(void **state)
{
    (void)state;
    expect_parsed("ipv4:192.0.2.1:80", JK_PEER_ADDRESS, "192.0.2.1");
    expect_parsed("ipv6:[2001:db8::1]:80", JK_PEER_ADDRESS, "2001:db8::1");
    expect_parsed("ipv6:%5B2001:db8::1%5D:80", JK_PEER_ADDRESS, "2001:db8::1");
    expect_parsed("ipv6:[::ffff:192.0.2.1]:80", JK_PEER_ADDRESS, "192.0.2.1");
    expect_parsed("unix:", JK_PEER_UNIX, "a Unix socket");
    expect_parsed("unix:/run/a.sock", JK_PEER_UNIX, "a Unix socket");
    static const char *const unknown[] = {"",          "ipv4:", "ipv4:example.com:80",     "ipv4:1.2.3:80", "ipv6:[]:1",
                                          "vsock:1:2", "ipv4",  "ipv6:[2001:db8::1%lo]:80"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        expect_parsed(unknown[i], JK_PEER_UNKNOWN, "an unknown address");
}

static void expect_forwarded(const char *header, const char *text)
{
    struct jk_peer peer = {JK_PEER_UNIX, {0}};
    char shown[JK_PEER_TEXT];
    bool found = jk_peer_forwarded(jk_span_of(header), &peer);
    if (found != (text != NULL)) fail_msg("\"%s\" was %s", header, found ? "taken" : "refused");
    jk_peer_text(&peer, shown);
    assert_string_equal(shown, text ? text : "a Unix socket");
}

static void test_forwarded(void **state)
{
    (void)state;
    expect_forwarded("192.0.2.1", "192.0.2.1");
    expect_forwarded("10.0.0.1, 198.51.100.7,192.0.2.1 ",
                     "192.0.2.1"); /* what clients wrote themselves stands before */
    expect_forwarded("192.0.2.1:4711", "192.0.2.1");
    expect_forwarded("2001:db8::1", "2001:db8::1");
    expect_forwarded("[2001:db8::1]:4711", "2001:db8::1");
    expect_forwarded("", NULL);
    expect_forwarded("192.0.2.1,", NULL);
    expect_forwarded("192.0.2.1, unknown", NULL);
    expect_forwarded("192.0.2.256", NULL);
    expect_forwarded("[", NULL);
}

static bool same_group(const char *one, const char *other)
{
    struct jk_peer a, b;
    jk_peer_parse(jk_span_of(one), &a);
    jk_peer_parse(jk_span_of(other), &b);
    jk_peer_group(&a);
    jk_peer_group(&b);
    return jk_peer_equal(&a, &b);
}

static bool is_loopback(const char *uri)
{
    struct jk_peer peer;
    jk_peer_parse(jk_span_of(uri), &peer);
    bool before = jk_peer_is_loopback(&peer);
    jk_peer_group(&peer);
    assert_int_equal(jk_peer_is_loopback(&peer), before);
    return before;
}

static void test_loopback(void **state)
{
    (void)state;
    assert_true(is_loopback("ipv4:127.0.0.1:1"));
    assert_true(is_loopback("ipv4:127.255.0.9:1"));
    assert_true(is_loopback("ipv6:[::1]:1"));
    assert_true(is_loopback("ipv6:[::ffff:127.0.0.1]:1"));
    assert_false(is_loopback("ipv4:128.0.0.1:1"));
    assert_false(is_loopback("ipv6:[::2]:1"));
    assert_false(is_loopback("ipv6:[2001:db8::1]:1"));
    assert_false(is_loopback("unix:"));
}

static void test_groups(void **state)
{
    char shown[JK_PEER_TEXT];
    struct jk_peer peer;
    (void)state;
    assert_true(same_group("ipv4:192.0.2.1:1", "ipv4:192.0.2.1:2"));
    assert_false(same_group("ipv4:192.0.2.1:1", "ipv4:192.0.2.2:1"));
    assert_true(same_group("ipv4:192.0.2.1:1", "ipv6:[::ffff:192.0.2.1]:1"));
    assert_true(same_group("ipv6:[2001:db8:0:1::1]:1", "ipv6:[2001:db8:0:1:ffff:ffff:ffff:ffff]:1"));
    assert_false(same_group("ipv6:[2001:db8:0:1::1]:1", "ipv6:[2001:db8:0:2::1]:1"));
    assert_true(same_group("unix:", "unix:/run/a"));
    assert_false(same_group("unix:", "vsock:1:2"));
    assert_false(same_group("ipv6:[::1]:1", "ipv6:[::2]:1")); /* this machine is told from its neighbours */
    jk_peer_parse(JK_SPAN("ipv6:[2001:db8:0:1::1]:1"), &peer);
    jk_peer_group(&peer);
    jk_peer_text(&peer, shown);
    assert_string_equal(shown, "2001:db8:0:1::/64");
}

static bool holds(const char *list, const char *uri)
{
    struct jk_proxies proxies;
    struct jk_error error;
    struct jk_peer peer;
    jk_error_init(&error, NULL);
    if (jk_proxies_parse(list, "--proxies", &proxies, &error) != JK_OK) fail_msg("\"%s\": %s", list, error.message);
    jk_peer_parse(jk_span_of(uri), &peer);
    return jk_proxies_hold(&proxies, &peer);
}

static void test_proxies(void **state)
{
    struct jk_proxies proxies;
    struct jk_error error;
    struct jk_arena arena;
    (void)state;
    assert_true(holds("unix", "unix:"));
    assert_false(holds("unix", "ipv4:127.0.0.1:1"));
    assert_true(holds("unix, 192.0.2.7,2001:db8::7", "ipv4:192.0.2.7:1"));
    assert_true(holds("unix, 192.0.2.7,2001:db8::7", "ipv6:[2001:db8::7]:1"));
    assert_false(holds("unix, 192.0.2.7,2001:db8::7", "ipv6:[2001:db8::8]:1")); /* of the same /64 */
    assert_false(holds("192.0.2.7", "unix:"));
    assert_false(holds("none", "unix:"));
    assert_false(holds("", "unix:"));
    assert_false(holds("192.0.2.7", "vsock:1"));
    static const char *const wrong[] = {
        "example.com", "192.0.2.0/24", "unix,,192.0.2.7", "none,unix",
        "1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5,1.1.1.6,1.1.1.7,1.1.1.8,1.1.1.9,1.1.2.1,"
        "1.1.2.2,1.1.2.3,1.1.2.4,1.1.2.5,1.1.2.6,1.1.2.7,1.1.2.8"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        jk_arena_init(&arena, 1 << 16);
        jk_error_init(&error, &arena);
        assert_int_equal(jk_proxies_parse(wrong[i], "--proxies", &proxies, &error), JK_INVALID_ARGUMENT);
        assert_string_equal(error.violations[0].field, "--proxies");
        jk_arena_done(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),    cmocka_unit_test(test_forwarded), cmocka_unit_test(test_groups),
        cmocka_unit_test(test_loopback), cmocka_unit_test(test_proxies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
