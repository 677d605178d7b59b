/* TLS: a certificate made here by the openssl command, taken up, changed while the server runs, and refused when it is
 * wrong; clients that must show one; versions before 1.2. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/address.h"
#include "support/rpc_fixture.h"

/* Last: its macro `fail` would spoil the member of that name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define OPENSSL                                                                                                        \
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=%s "                       \
    "-addext subjectAltName=DNS:localhost -keyout %s/key%d.pem -out %s/cert%d.pem 2>/dev/null"

/* Two self-signed pairs in a folder of their own, and the names under which the server knows them. */
struct pair {
    struct rpc_fixture *fixture;
    char folder[32];
    char cert[64], key[64];
};

static void run(const char *command)
{
    if (system(command) != 0) fail_msg("%s", command);
}

static void make_pair(const char *folder, int number)
{
    char command[512];
    snprintf(command, sizeof command, OPENSSL, "jokbo-test", folder, number, folder, number);
    run(command);
}

/* Puts file `number` in the server's place, by rename, as an operator should. */
static void install(const struct pair *pair, const char *what, int number)
{
    char command[256];
    snprintf(command, sizeof command, "cp %s/%s%d.pem %s/next && mv %s/next %s/%s.pem", pair->folder, what, number,
             pair->folder, pair->folder, pair->folder, what);
    run(command);
}

static char *read_cert(const struct pair *pair, int number)
{
    char path[64];
    snprintf(path, sizeof path, "%s/cert%d.pem", pair->folder, number);
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 8192);
    JK_CHECK(file && text);
    JK_CHECK(fread(text, 1, 8191, file) > 0);
    fclose(file);
    return text;
}

static int set_up_pair(void **state)
{
    static struct pair pair;
    struct rpc_fixture *fixture = calloc(1, sizeof *fixture);
    JK_CHECK(fixture != NULL);
    pair = (struct pair){.fixture = fixture, .folder = "/tmp/jokbo-tls-XXXXXX"};
    JK_CHECK(mkdtemp(pair.folder) != NULL);
    snprintf(pair.cert, sizeof pair.cert, "%s/cert.pem", pair.folder);
    snprintf(pair.key, sizeof pair.key, "%s/key.pem", pair.folder);
    make_pair(pair.folder, 1);
    make_pair(pair.folder, 2);
    install(&pair, "cert", 1);
    install(&pair, "key", 1);
    fixture->options = rpc_fixture_options(&fixture->seen, "127.0.0.1:0");
    fixture->options.tls_cert = pair.cert;
    fixture->options.tls_key = pair.key;
    *state = &pair;
    return 0;
}

static int tear_down_pair(void **state)
{
    struct pair *pair = *state;
    void *fixture = pair->fixture;
    char command[128];
    rpc_tear_down(&fixture);
    snprintf(command, sizeof command, "rm -r %s", pair->folder);
    run(command);
    return 0;
}

/* The code of a call by a client that trusts certificate `number`. */
static int call_trusting(struct pair *pair, int number)
{
    char *ca = read_cert(pair, number);
    struct rpc_client *client = rpc_client_new(jk_rpc_address(pair->fixture->server), ca);
    struct rpc_options options = {.timeout_ms = 10000};
    struct rpc_reply reply;
    rpc_call_status(client, "/test.v1.Echo/Echo", 4, &options, &reply);
    rpc_reply_done(&reply);
    rpc_client_free(client);
    free(ca);
    return reply.code;
}

static void test_tls(void **state)
{
    struct pair *pair = *state;
    rpc_fixture_start(pair->fixture);
    assert_int_equal(call_trusting(pair, 1), 0);
    assert_int_equal(call_trusting(pair, 2), JK_UNAVAILABLE);
}

/* Beyond loopback TLS is what makes it possible. */
static void test_tls_anywhere(void **state)
{
    struct pair *pair = *state;
    pair->fixture->options.listen = "0.0.0.0:0";
    rpc_fixture_start(pair->fixture);
    assert_int_equal(call_trusting(pair, 1), 0);
}

static void test_reload(void **state)
{
    struct pair *pair = *state;
    rpc_fixture_start(pair->fixture);
    assert_int_equal(call_trusting(pair, 1), 0);
    install(pair, "key", 2);
    usleep(1100 * 1000);                         /* the files are looked at once a second at most */
    assert_int_equal(call_trusting(pair, 1), 0); /* the pair does not match yet: the old one stays */
    install(pair, "cert", 2);
    usleep(1100 * 1000);
    assert_int_equal(call_trusting(pair, 2), 0);
    assert_int_equal(call_trusting(pair, 1), JK_UNAVAILABLE);
}

static void check_refused(struct pair *pair, const char *in_message)
{
    struct jk_rpc_server *server = NULL;
    struct jk_error error;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_rpc_start(&pair->fixture->options, &server, &error), JK_INVALID_ARGUMENT);
    assert_null(server);
    if (!strstr(error.message, in_message)) fail_msg("%s", error.message);
}

static void test_wrong_files(void **state)
{
    struct pair *pair = *state;
    install(pair, "key", 2);
    check_refused(pair, "the key does not belong to the certificate");
    pair->fixture->options.tls_key = pair->cert;
    check_refused(pair, "contains no private key");
    pair->fixture->options.tls_cert = pair->key;
    check_refused(pair, "contains no certificate");
    pair->fixture->options.tls_cert = pair->folder;
    check_refused(pair, "not a file of 1 byte to 1 MiB");
}

static int s_client(const struct pair *pair, const char *more)
{
    char command[512];
    snprintf(command, sizeof command,
             "openssl s_client -connect %s -alpn h2 -CAfile %s -verify_return_error %s </dev/null >/dev/null 2>&1",
             jk_rpc_address(pair->fixture->server), pair->cert, more);
    return system(command);
}

static void test_versions(void **state)
{
    struct pair *pair = *state;
    rpc_fixture_start(pair->fixture);
    assert_int_equal(s_client(pair, "-tls1_2"), 0);
    assert_int_equal(s_client(pair, "-tls1_3"), 0);
    assert_int_not_equal(s_client(pair, "-tls1_1 -cipher ALL:@SECLEVEL=0"), 0);
}

/* The answer to a handshake without a certificate comes after it in TLS 1.3, so TLS 1.2 is asked with. */
static void test_client_certificates(void **state)
{
    struct pair *pair = *state;
    char with[256];
    pair->fixture->options.tls_client_ca = pair->cert;
    rpc_fixture_start(pair->fixture);
    snprintf(with, sizeof with, "-tls1_2 -cert %s -key %s", pair->cert, pair->key);
    assert_int_equal(s_client(pair, with), 0);
    assert_int_not_equal(s_client(pair, "-tls1_2"), 0);
    assert_int_equal(call_trusting(pair, 1), JK_UNAVAILABLE);
}

static void test_probe_over_tls(void **state)
{
    struct pair *pair = *state;
    struct jk_address address;
    struct jk_error error;
    jk_error_init(&error, NULL);
    pair->fixture->options.probe_ms = 10;
    rpc_fixture_start(pair->fixture);
    assert_int_equal(jk_address_parse(jk_rpc_address(pair->fixture->server), &address, &error), JK_OK);
    assert_true(jk_address_probe(&address, true, 2000));
    usleep(300 * 1000);
    assert_int_equal(atomic_load(&pair->fixture->seen.probe_deaths), 0);
}

int main(void)
{
    jk_digest_setup();
    jk_log_setup(JK_LOG_ERROR, JK_LOG_LOGFMT);
#define RUN(test) cmocka_unit_test_setup_teardown(test, set_up_pair, tear_down_pair)
    const struct CMUnitTest tests[] = {
        RUN(test_tls),      RUN(test_tls_anywhere),        RUN(test_reload),         RUN(test_wrong_files),
        RUN(test_versions), RUN(test_client_certificates), RUN(test_probe_over_tls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
