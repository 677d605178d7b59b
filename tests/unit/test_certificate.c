/* Count certificates: one text for one content, read back as it was written, refused with the line otherwise; and the
 * example of the specification, signatures included, to the byte. */
#include "support/golden.h"

#include <stdlib.h>

#include "report/certificate.h"
#include "tlog/note.h"

#define ORIGIN "log.example/test"

static struct jk_digest digest(const char *text)
{
    return jk_digest_of(jk_span_of(text));
}

static struct jk_certificate example(void)
{
    return (struct jk_certificate){.origin = JK_SPAN(ORIGIN),
                                   .stage = JK_SPAN("stage-3"),
                                   .revision = 2,
                                   .n = 1234567,
                                   .m = 1234890,
                                   .root_n = digest("root n"),
                                   .root_m = digest("root m"),
                                   .policy = digest("policy"),
                                   .rules = 1,
                                   .table = digest("table"),
                                   .json = digest("json"),
                                   .members = digest("members"),
                                   .left_out = digest("left out")};
}

static void write_body(const struct jk_certificate *certificate, struct jk_text *out)
{
    jk_text_init(out, 0);
    jk_certificate_text(certificate, out);
    assert_false(out->failed);
}

/* ---- reading back ---- */

static void test_round_trip(void **state)
{
    struct jk_certificate certificate = example(), read;
    struct jk_text body, again;
    struct jk_error error;
    (void)state;
    jk_error_init(&error, NULL);
    write_body(&certificate, &body);
    assert_true(body.len < JK_CERTIFICATE_MAX);
    assert_int_equal(jk_certificate_parse(jk_text_span(&body), &read, &error), JK_OK);
    assert_span_equal(read.origin, certificate.origin);
    assert_span_equal(read.stage, certificate.stage);
    assert_int_equal(read.revision, 2);
    assert_int_equal(read.n, 1234567);
    assert_int_equal(read.m, 1234890);
    assert_int_equal(read.rules, 1);
    assert_true(jk_digest_equal(&read.root_n, &certificate.root_n));
    assert_true(jk_digest_equal(&read.root_m, &certificate.root_m));
    assert_true(jk_digest_equal(&read.policy, &certificate.policy));
    assert_true(jk_digest_equal(&read.table, &certificate.table));
    assert_true(jk_digest_equal(&read.json, &certificate.json));
    assert_true(jk_digest_equal(&read.members, &certificate.members));
    assert_true(jk_digest_equal(&read.left_out, &certificate.left_out));
    write_body(&read, &again);
    assert_span_equal(jk_text_span(&again), jk_text_span(&body));
    jk_text_done(&again);
    jk_text_done(&body);
}

/* The longest of everything has room. */
static void test_largest(void **state)
{
    struct jk_certificate certificate = example(), read;
    char origin[JK_CERTIFICATE_ORIGIN_MAX + 2], stage[64];
    struct jk_text body;
    struct jk_error error;
    (void)state;
    memset(origin, 'o', sizeof origin);
    memset(stage, 's', sizeof stage);
    certificate.origin = (struct jk_span){origin, JK_CERTIFICATE_ORIGIN_MAX};
    certificate.stage = (struct jk_span){stage, 63};
    certificate.revision = certificate.n = certificate.m = certificate.rules = UINT32_MAX;
    certificate.root_m = certificate.root_n;
    write_body(&certificate, &body);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_certificate_parse(jk_text_span(&body), &read, &error), JK_OK);
    jk_text_done(&body);
    certificate.origin.len++;
    write_body(&certificate, &body);
    assert_int_equal(jk_certificate_parse(jk_text_span(&body), &read, &error), JK_DATA_LOSS);
    jk_text_done(&body);
}

/* ---- refusing ---- */

/* The body with one text put for another (the first time it occurs) is refused at that line. */
static void refused(const char *from, const char *to, unsigned line)
{
    struct jk_certificate certificate = example(), read;
    char text[JK_CERTIFICATE_MAX], named[32];
    struct jk_text body;
    struct jk_error error;
    jk_error_init(&error, NULL);
    write_body(&certificate, &body);
    const char *at = strstr(body.bytes, from);
    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - body.bytes), body.bytes, to, at + strlen(from));
    assert_int_equal(jk_certificate_parse(jk_span_of(text), &read, &error), JK_DATA_LOSS);
    assert_string_equal(error.reason, "CERTIFICATE_MALFORMED");
    snprintf(named, sizeof named, "line %u", line);
    if (!strstr(error.message, named)) fail_msg("%s -> %s: no \"%s\" in: %s", from, to, named, error.message);
    jk_text_done(&body);
}

static void test_refused(void **state)
{
    (void)state;
    refused(ORIGIN "\n", "\n", 1);
    refused(ORIGIN, "log example", 1);
    refused(ORIGIN, "log+example", 1);
    refused("certificate/v1", "certificate/v2", 2);
    refused("certificate/v1\n", "certificate/v1 \n", 2);
    refused("jokbo/count", "1234567\njokbo/count", 2);
    refused("stage-3", "Stage-3", 3);
    refused("stage stage-3\n", "", 3);
    refused("revision 2", "revision 02", 4);
    refused("revision 2", "revision 0", 4);
    refused("revision 2", "revision -2", 4);
    refused("revision 2", "revision  2", 4);
    refused("revision 2", "revision 2\r", 4);
    refused("revision 2", "revision 4294967296", 4);
    refused("revision 2", "revision 1", 6); /* m = n in the first */
    refused("n 1234567", "n 1234891", 6);
    refused("n 1234567 ", "n 1234567", 5);
    refused("n 1234567", "N 1234567", 5);
    refused("n 1234567", "n 1234890", 6); /* equal sizes with two roots */
    refused("m 1234890 ", "m 1234890  ", 6);
    refused("policy sha256:", "policy sha512:", 7);
    refused("policy sha256:", "policy sha256:0", 7);
    refused("rules 1", "rules 0", 8);
    refused("rules 1", "rules", 8);
    refused("\ntable", "\nTable", 9);
    refused("json sha256:", "json sha256:A", 10);
    refused("\nmembers sha256:", "\nmembers sha256: ", 11);
    refused("left-out sha256:", "left-out sha256:\nleft-out sha256:", 12);
}

static void test_ends(void **state)
{
    struct jk_certificate certificate = example(), read;
    struct jk_text body;
    struct jk_error error;
    (void)state;
    write_body(&certificate, &body);
    for (size_t len = 0; len < body.len; len++) { /* cut short anywhere */
        jk_error_init(&error, NULL);
        assert_int_equal(jk_certificate_parse((struct jk_span){body.bytes, len}, &read, &error), JK_DATA_LOSS);
    }
    jk_text_add_str(&body, "more\n");
    jk_error_init(&error, NULL);
    assert_int_equal(jk_certificate_parse(jk_text_span(&body), &read, &error), JK_DATA_LOSS);
    assert_non_null(strstr(error.message, "line 13"));
    while (body.len <= JK_CERTIFICATE_MAX)
        jk_text_add_str(&body, "more\n");
    jk_error_init(&error, NULL);
    assert_int_equal(jk_certificate_parse(jk_text_span(&body), &read, &error), JK_DATA_LOSS);
    assert_non_null(strstr(error.message, "at most"));
    jk_text_done(&body);
}

/* ---- domains ---- */

/* A key of the log signs checkpoints too: neither can be taken for the other. */
static void test_no_checkpoint(void **state)
{
    struct jk_certificate certificate = example(), read;
    struct jk_checkpoint checkpoint = {.origin = JK_SPAN(ORIGIN), .size = 5, .root = digest("root")}, read_checkpoint;
    struct jk_text body, other;
    struct jk_error error;
    (void)state;
    write_body(&certificate, &body);
    jk_error_init(&error, NULL);
    assert_int_not_equal(jk_checkpoint_parse(jk_text_span(&body), &read_checkpoint, &error), JK_OK);
    jk_text_init(&other, 0);
    jk_checkpoint_write(&checkpoint, &other);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_certificate_parse(jk_text_span(&other), &read, &error), JK_DATA_LOSS);
    assert_non_null(strstr(error.message, "line 2"));
    jk_text_done(&other);
    jk_text_done(&body);
}

/* ---- the specification's example ---- */

static struct jk_span fenced(struct jk_span page, unsigned number)
{
    struct jk_span fence = JK_SPAN("```\n"), rest = page;
    for (unsigned i = 0;; i++) {
        const char *from = memmem(rest.at, rest.len, fence.at, fence.len);
        if (!from) fail_msg("the page has no block %u", number);
        from += fence.len;
        const char *to = memmem(from, rest.len - (size_t)(from - rest.at), fence.at, fence.len);
        assert_non_null(to);
        if (i == number) return (struct jk_span){from, (size_t)(to - from)};
        rest.len -= (size_t)(to + fence.len - rest.at);
        rest.at = to + fence.len;
    }
}

static void add_line(const struct jk_signer *signer, struct jk_span body, struct jk_text *note)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_note_sign_line(signer, body, note, &error), JK_OK);
}

static void test_example(void **state)
{
    static char golden[4096], page[32768];
    static const unsigned char log_seed[32] = {1}, counts_seed[32] = {2};
    struct jk_certificate certificate = example();
    struct jk_signer *log = jk_signer_new(JK_SPAN(ORIGIN), log_seed);
    struct jk_signer *counts = jk_signer_new(JK_SPAN(ORIGIN JK_CERTIFICATE_KEY_END), counts_seed);
    struct jk_text body, note = {0}, keys = {0};
    (void)state;
    write_body(&certificate, &body);
    jk_text_addf(&note, "%s\n", body.bytes);
    add_line(counts, jk_text_span(&body), &note);
    add_line(log, jk_text_span(&body), &note);
    jk_verifier_write(jk_signer_verifier(counts), &keys);
    jk_text_add_char(&keys, '\n');
    jk_verifier_write(jk_signer_verifier(log), &keys);
    jk_text_add_char(&keys, '\n');
    assert_span_equal(jk_text_span(&note), golden_read("certificate.txt", golden, sizeof golden));
    struct jk_span text = golden_read("../../registry/formats/certificate.md", page, sizeof page);
    assert_span_equal(fenced(text, 1), jk_text_span(&note));
    assert_span_equal(fenced(text, 2), jk_text_span(&keys));
    jk_signer_free(log);
    jk_signer_free(counts);
    jk_text_done(&body);
    jk_text_done(&note);
    jk_text_done(&keys);
}

static int set_up(void **state)
{
    (void)state;
    jk_digest_setup();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_largest),       cmocka_unit_test(test_refused),
        cmocka_unit_test(test_ends),       cmocka_unit_test(test_no_checkpoint), cmocka_unit_test(test_example),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
