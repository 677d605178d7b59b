/* Which connections go when there are too many: only of those who have most, only the newest, and never more than
 * needed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rpc/crowd.h"

static struct jk_connection all[1000];
static size_t count;

static int set_up(void **state)
{
    (void)state;
    count = 0;
    return 0;
}

static void come(const char *uri, size_t connections)
{
    for (size_t i = 0; i < connections; i++, count++) {
        all[count] = (struct jk_connection){.fd = (int)count, .port = (unsigned)count, .since = (int64_t)count};
        jk_peer_parse(jk_span_of(uri), &all[count].peer);
        jk_peer_group(&all[count].peer);
    }
}

/* How many of a peer stay; they are its oldest. */
static size_t stay(const char *uri)
{
    struct jk_peer peer;
    size_t staying = 0;
    int64_t newest_in = -1, oldest_out = INT64_MAX;
    jk_peer_parse(jk_span_of(uri), &peer);
    jk_peer_group(&peer);
    for (size_t i = 0; i < count; i++) {
        if (!jk_peer_equal(&all[i].peer, &peer)) continue;
        staying += !all[i].out;
        if (!all[i].out && all[i].since > newest_in) newest_in = all[i].since;
        if (all[i].out && all[i].since < oldest_out) oldest_out = all[i].since;
    }
    assert_true(newest_in < oldest_out);
    return staying;
}

static void nobody_goes_without_need(void **state)
{
    (void)state;
    assert_int_equal(jk_crowd_thin(all, 0, 10, 5), 0);
    come("ipv4:192.0.2.1:1", 5);
    come("ipv4:192.0.2.2:1", 5);
    assert_int_equal(jk_crowd_thin(all, count, 10, 5), 0);
    assert_int_equal(stay("ipv4:192.0.2.1:1") + stay("ipv4:192.0.2.2:1"), 10);
}

static void an_address_has_a_share(void **state)
{
    (void)state;
    come("ipv4:192.0.2.1:1", 3);
    come("ipv6:[2001:db8::1]:1", 4);
    come("ipv6:[2001:db8::2]:1", 4); /* the same /64 */
    come("ipv4:192.0.2.1:1", 4);
    assert_int_equal(jk_crowd_thin(all, count, 100, 5), 5);
    assert_int_equal(stay("ipv4:192.0.2.1:1"), 5);
    assert_int_equal(stay("ipv6:[2001:db8::9]:1"), 5);
}

/* Behind these are many clients, or the machine's own people. */
static void proxies_and_this_machine_have_no_share(void **state)
{
    (void)state;
    come("unix:", 20);
    come("ipv4:127.0.0.1:1", 20);
    come("ipv6:[::1]:1", 20);
    assert_int_equal(jk_crowd_thin(all, count, 60, 5), 0);
    assert_int_equal(jk_crowd_thin(all, count, 59, 5), 1);
}

/* In a crowd those go who have most, this machine's among them, until it fits exactly. */
static void a_crowd_is_thinned_from_the_top(void **state)
{
    (void)state;
    come("ipv4:192.0.2.1:1", 2);
    come("ipv4:127.0.0.1:1", 50);
    come("ipv4:192.0.2.2:1", 30);
    come("ipv4:192.0.2.3:1", 9);
    assert_int_equal(jk_crowd_thin(all, count, 40, 100), 51);
    assert_int_equal(stay("ipv4:192.0.2.1:1"), 2);
    assert_int_equal(stay("ipv4:192.0.2.3:1"), 9);
    assert_int_equal(stay("ipv4:127.0.0.1:1"), 15); /* 29 are left for two: the older had one more */
    assert_int_equal(stay("ipv4:192.0.2.2:1"), 14);
}

/* More addresses than places: the oldest stay, instead of nobody. */
static void more_peers_than_places(void **state)
{
    (void)state;
    char uri[40];
    for (unsigned i = 0; i < 300; i++) {
        snprintf(uri, sizeof uri, "ipv4:198.51.%u.%u:1", i / 200, i % 200);
        come(uri, 1);
    }
    assert_int_equal(jk_crowd_thin(all, count, 100, 5), 200);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(all[i].out, all[i].since >= 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nobody_goes_without_need, set_up),
        cmocka_unit_test_setup(an_address_has_a_share, set_up),
        cmocka_unit_test_setup(proxies_and_this_machine_have_no_share, set_up),
        cmocka_unit_test_setup(a_crowd_is_thinned_from_the_top, set_up),
        cmocka_unit_test_setup(more_peers_than_places, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
