/* Listening addresses: what is taken, what is loopback, what is refused. */
#include "base/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

static struct jk_address address;
static struct jk_error error;

static enum jk_status parse(const char *listen)
{
    jk_error_init(&error, NULL);
    return jk_address_parse(listen, &address, &error);
}

static void expect(const char *listen, const char *text, unsigned port, bool local)
{
    if (parse(listen) != JK_OK) fail_msg("%s", error.message);
    assert_string_equal(address.text, text);
    assert_int_equal(address.port, port);
    assert_int_equal(address.local, local);
}

static void test_good(void **state)
{
    (void)state;
    expect("127.0.0.1:0", "127.0.0.1:0", 0, true);
    expect("127.9.8.7:65535", "127.9.8.7:65535", 65535, true);
    expect("localhost:80", "127.0.0.1:80", 80, true);
    expect("0.0.0.0:443", "0.0.0.0:443", 443, false);
    expect("128.0.0.1:443", "128.0.0.1:443", 443, false);
    expect("[::1]:7", "[::1]:7", 7, true);
    expect("[::]:7", "[::]:7", 7, false);
    expect("[2001:db8::1]:7", "[2001:db8::1]:7", 7, false);
    expect("unix:/run/a", "unix:/run/a", 0, true);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",         "127.0.0.1",     ":80",      "127.0.0.1:",     "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:080",
        "::1:80",   "[::1]80",       "[::1:80",  "[127.0.0.1]:80", "example.com:80",  "*:80",         "unix:",
        "unix:run", "127.0.0.1:80 ", "127.1:80", "[::1%lo]:80",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (parse(wrong[i]) != JK_INVALID_ARGUMENT) fail_msg("\"%s\" was taken", wrong[i]);
        assert_string_equal(error.reason, "BAD_LISTEN_ADDRESS");
    }
}

static void test_path_limit(void **state)
{
    (void)state;
    char listen[128];
    snprintf(listen, sizeof listen, "unix:/%0106d", 0);
    assert_int_equal(parse(listen), JK_OK);
    assert_int_equal(strlen(address.path), 107);
    snprintf(listen, sizeof listen, "unix:/%0107d", 0);
    assert_int_equal(parse(listen), JK_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_path_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
