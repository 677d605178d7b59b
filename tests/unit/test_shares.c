/* Places shared out among callers: one past each limit, and who is counted as one. */
#include "service/call/callers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const struct jk_shares_limits LIMITS = {.most = 8, .anonymous = 5, .each = 3};

static struct jk_sharer account(uint64_t number)
{
    return (struct jk_sharer){.account = number};
}

static struct jk_sharer address(unsigned char last)
{
    struct jk_sharer caller = {.peer = {.kind = JK_PEER_ADDRESS}};
    caller.peer.address[10] = caller.peer.address[11] = 0xff;
    caller.peer.address[12] = 192;
    caller.peer.address[15] = last;
    return caller;
}

static unsigned in(struct jk_shares *callers, struct jk_sharer caller)
{
    unsigned key;
    assert_int_equal(jk_shares_enter(callers, &caller, &key), JK_SHARES_IN);
    return key;
}

static void out(struct jk_shares *callers, struct jk_sharer caller, enum jk_shares_word word)
{
    unsigned key, before = jk_shares_count(callers);
    assert_int_equal(jk_shares_enter(callers, &caller, &key), word);
    assert_int_equal(jk_shares_count(callers), before);
}

static void test_each(void **state)
{
    struct jk_shares *callers = jk_shares_new(&LIMITS);
    unsigned key = 0;
    (void)state;
    for (int i = 0; i < 3; i++)
        key = in(callers, address(1));
    out(callers, address(1), JK_SHARES_FULL_EACH);
    in(callers, address(2));
    jk_shares_leave(callers, key);
    in(callers, address(1));
    out(callers, address(1), JK_SHARES_FULL_EACH);
    for (int i = 0; i < 3; i++)
        in(callers, account(7));
    out(callers, account(7), JK_SHARES_FULL_EACH);
    assert_int_equal(jk_shares_count(callers), 7);
    in(callers, account(8));
    out(callers, account(9), JK_SHARES_FULL);
    jk_shares_free(callers);
}

static void test_kept_for_accounts(void **state)
{
    struct jk_shares *callers = jk_shares_new(&LIMITS);
    (void)state;
    for (unsigned char i = 0; i < 5; i++)
        in(callers, address(i));
    out(callers, address(9), JK_SHARES_FULL_ANONYMOUS);
    for (uint64_t i = 1; i <= 3; i++)
        in(callers, account(i));
    out(callers, account(1), JK_SHARES_FULL);
    out(callers, address(9), JK_SHARES_FULL);
    jk_shares_free(callers);
}

/* Keys are used again: whoever comes and goes takes no more of them than there are places. */
static void test_come_and_go(void **state)
{
    struct jk_shares *callers = jk_shares_new(&LIMITS);
    unsigned keys[8];
    (void)state;
    for (uint64_t round = 0; round < 1000; round++) {
        for (unsigned i = 0; i < 8; i++)
            keys[i] = in(callers, account(1 + round * 8 + i));
        out(callers, account(1), JK_SHARES_FULL);
        for (unsigned i = 0; i < 8; i++)
            jk_shares_leave(callers, keys[(i * 3 + round) % 8]);
        assert_int_equal(jk_shares_count(callers), 0);
    }
    jk_shares_free(callers);
}

static void expect_refusal(struct jk_shares *callers, struct jk_sharer caller, enum jk_shares_word word,
                           const char *message)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_callers_refuse(callers, &caller, word, "TOO_MANY", "calls wait", &error),
                     JK_RESOURCE_EXHAUSTED);
    assert_string_equal(error.reason, "TOO_MANY");
    assert_string_equal(error.message, message);
    assert_true(error.retry_ms > 0);
}

static void test_refusals(void **state)
{
    struct jk_shares *callers = jk_shares_new(&LIMITS);
    (void)state;
    expect_refusal(callers, account(1), JK_SHARES_FULL,
                   "8 calls wait on this server, which is the limit; try again later");
    expect_refusal(
        callers, address(1), JK_SHARES_FULL_ANONYMOUS,
        "5 calls wait without an account on this server, which is the limit; try again later, or with a token: "
        "some places are reserved for accounts");
    expect_refusal(callers, account(1), JK_SHARES_FULL_EACH,
                   "3 calls wait for this account, which is the limit; try again when one has ended");
    expect_refusal(
        callers, address(1), JK_SHARES_FULL_EACH,
        "3 calls wait without an account from 192.0.0.1, which is the limit; try again when one has ended, or "
        "with a token");
    jk_shares_free(callers);
}

/* An account is counted by itself wherever it calls from, and asks for no address. */
static void tell_peer(struct jk_call *call, struct jk_peer *out_peer)
{
    (void)call;
    jk_peer_parse(JK_SPAN("ipv6:[2001:db8::1]:1"), out_peer);
}

static void test_who(void **state)
{
    const struct jk_call_ops ops = {.peer = tell_peer}, silent = {0};
    struct jk_call call = {.ops = &ops};
    struct jk_sharer caller;
    char text[JK_PEER_TEXT];
    (void)state;
    jk_caller_of(&call, &caller);
    jk_peer_text(&caller.peer, text);
    assert_string_equal(text, "2001:db8::/64");
    call.principal.account = 3;
    jk_caller_of(&call, &caller);
    assert_int_equal(caller.account, 3);
    assert_int_equal(caller.peer.kind, JK_PEER_UNKNOWN);
    call = (struct jk_call){.ops = &silent};
    jk_caller_of(&call, &caller);
    assert_int_equal(caller.peer.kind, JK_PEER_UNKNOWN);
}

/* Who has neither an account nor an address may have more, where whoever shares out says so. */
static void test_nameless(void **state)
{
    const struct jk_shares_limits limits = {.most = 8, .anonymous = 8, .each = 2, .nameless = 6};
    const struct jk_sharer sockets = {.peer = {.kind = JK_PEER_UNIX}};
    struct jk_shares *shares = jk_shares_new(&limits), *others = jk_shares_new(&LIMITS);
    (void)state;
    for (int i = 0; i < 6; i++)
        in(shares, sockets);
    out(shares, sockets, JK_SHARES_FULL_EACH);
    in(shares, address(1));
    in(shares, address(1));
    out(shares, address(2), JK_SHARES_FULL);
    jk_shares_free(shares);
    for (int i = 0; i < 3; i++)
        in(others, sockets);
    out(others, sockets, JK_SHARES_FULL_EACH);
    jk_shares_free(others);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each),        cmocka_unit_test(test_kept_for_accounts),
        cmocka_unit_test(test_come_and_go), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_who),         cmocka_unit_test(test_nameless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
