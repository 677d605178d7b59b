/* Policies: what they say of a checkpoint, and what is refused, with line and rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/defer.h"
#include "support/cosigner.h"
#include "tlog/merkle.h"
#include "tlog/note_inside.h"
#include "tlog/trust.h"

#define ORIGIN    "example.com/log"
#define WITNESSES 5

static struct jk_signer *log_signer, *witness[JK_TRUST_WITNESSES + 1];
static struct jk_arena arena;
static struct jk_text body, text;
static struct jk_error error;

static int setup(void **state)
{
    (void)state;
    jk_digest_setup();
    jk_arena_init(&arena, 1 << 20);
    for (unsigned i = 0; i <= JK_TRUST_WITNESSES; i++) {
        unsigned char seed[32] = {1, (unsigned char)i};
        char name[40];

        (void)snprintf(name, sizeof(name), "witness.example/w%u", i);
        witness[i] = jk_signer_new(jk_span_of(name), seed);
        assert_non_null(witness[i]);
    }
    log_signer = jk_signer_new(JK_SPAN(ORIGIN), (const unsigned char[32]){9});
    assert_non_null(log_signer);
    struct jk_checkpoint checkpoint = {.origin = JK_SPAN(ORIGIN), .size = 3, .root = jk_merkle_leaf(JK_SPAN("x"))};
    jk_checkpoint_write(&checkpoint, &body);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= JK_TRUST_WITNESSES; i++)
        jk_signer_free(witness[i]);
    jk_signer_free(log_signer);
    jk_text_done(&body);
    jk_text_done(&text);
    jk_arena_done(&arena);
    return 0;
}

static void begin(void)
{
    jk_text_clear(&text);
    jk_arena_reset(&arena);
}

static void add_log(const struct jk_signer *signer)
{
    jk_text_add_str(&text, "log ");
    jk_verifier_write(jk_signer_verifier(signer), &text);
    jk_text_add_char(&text, '\n');
}

static void add_witness(unsigned i, const char *url)
{
    struct jk_cosigner cosigner = cosigner_of(witness[i]);

    jk_text_addf(&text, "witness w%u ", i);
    cosigner_write(&cosigner, &text);
    jk_text_addf(&text, "%s%s\n", *url ? " " : "", url);
}

static const struct jk_trust *parse(struct jk_span policy)
{
    const struct jk_trust *out = NULL;

    jk_error_init(&error, NULL);
    if (jk_trust_read(policy, &arena, &out, &error) == JK_OK) {
        assert_non_null(out);
        return out;
    }
    assert_null(out);
    return NULL;
}

static const struct jk_trust *good(void)
{
    const struct jk_trust *policy = parse(jk_text_span(&text));

    if (!policy) fail_msg("%s", error.message);
    return policy;
}

static void refuse(const char *rule)
{
    if (parse(jk_text_span(&text))) fail_msg("was read: %s", text.bytes);
    assert_int_equal(error.status, JK_INVALID_ARGUMENT);
    assert_string_equal(error.reason, "TRUST_MALFORMED");
    if (!strstr(error.message, rule)) fail_msg("\"%s\" does not say \"%s\"", error.message, rule);
}

/* The checkpoint, cosigned by those. */
static void sign(uint32_t witnesses, struct jk_text *out)
{
    jk_error_init(&error, NULL);
    assert_int_equal(jk_note_sign(log_signer, jk_text_span(&body), out, &error), JK_OK);
    for (unsigned i = 0; i < JK_TRUST_WITNESSES; i++) {
        if (witnesses >> i & 1) assert_true(cosignature_make(witness[i], jk_text_span(&body), 1000 + i, out));
    }
}

/* The example of the specification: two of three X and one of two Y. */
static void two_levels(void)
{
    begin();
    jk_text_add_str(&text, "# who watches\n \t\n");
    add_log(log_signer);
    for (unsigned i = 0; i < WITNESSES; i++)
        add_witness(i, i == 1 ? "https://witness.example/one" : "");
    jk_text_add_str(&text, "group X 2 w0 w1 w2\n\tgroup  Y any w3 w4 \ngroup X-and-Y all X Y\nquorum X-and-Y\n");
}

static void test_two_levels(void **state)
{
    const struct jk_trust *policy;

    (void)state;
    two_levels();
    policy = good();
    assert_string_equal(policy->witnesses[1].url, "https://witness.example/one");
    assert_null(policy->witnesses[0].url);
    for (uint32_t who = 0; who < 1 << WITNESSES; who++) {
        bool expected = __builtin_popcount(who & 7) >= 2 && (who & 24);
        JK_CLEANUP(jk_text_done) struct jk_text note = {0};
        struct jk_trust_verdict verdict;

        assert_int_equal(jk_trust_quorum(policy, who), expected);
        sign(who, &note);
        assert_int_equal(jk_trust_look(policy, jk_text_span(&note), NULL, &verdict, &error), JK_OK);
        assert_int_equal(verdict.cosigned, who);
        assert_int_equal(verdict.quorum, expected);
        assert_int_equal(verdict.checkpoint.size, 3);
        if (who & 4) assert_int_equal(verdict.times_s[2], 1002);
    }
}

static void test_missing_quorum(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text note = {0};
    struct jk_trust_verdict verdict = {.cosigned = 77};

    (void)state;
    two_levels();
    sign(1 | 8, &note);
    assert_int_equal(jk_trust_check(good(), jk_text_span(&note), NULL, &verdict, &error), JK_INVALID_ARGUMENT);
    assert_string_equal(error.reason, "TRUST_QUORUM");
    assert_non_null(strstr(error.message, "w0, w3 cosigned; not yet: w1, w2, w4"));
    assert_int_equal(verdict.cosigned, 77);
    sign(2, &note); /* a note twice is no note */
    jk_error_init(&error, NULL);
    assert_int_equal(jk_trust_check(good(), jk_text_span(&note), NULL, &verdict, &error), JK_INVALID_ARGUMENT);
}

static const char *verdict_on(struct jk_span note, const struct jk_verifier *key)
{
    const struct jk_trust *policy = good();
    struct jk_trust_verdict verdict;

    jk_error_init(&error, NULL);
    return jk_trust_check(policy, note, key, &verdict, &error) == JK_OK ? NULL : error.reason;
}

static void test_logs(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text note = {0};
    struct jk_signer *second = jk_signer_new(JK_SPAN(ORIGIN), (const unsigned char[32]){10});

    (void)state;
    sign(0, &note);
    begin();
    jk_text_add_str(&text, "quorum none\n");
    assert_string_equal(verdict_on(jk_text_span(&note), NULL), "TRUST_LOG");
    assert_null(verdict_on(jk_text_span(&note), jk_signer_verifier(log_signer)));
    assert_string_equal(verdict_on(jk_text_span(&note), jk_signer_verifier(second)), "NOTE_UNSIGNED");
    add_log(second);
    assert_string_equal(verdict_on(jk_text_span(&note), NULL), "NOTE_UNSIGNED");
    assert_string_equal(verdict_on(jk_text_span(&note), jk_signer_verifier(log_signer)), "NOTE_UNSIGNED");
    add_log(log_signer);
    assert_null(verdict_on(jk_text_span(&note), NULL));
    begin();
    jk_text_add_str(&text, "quorum none\n");
    add_log(witness[0]);
    assert_string_equal(verdict_on(jk_text_span(&note), NULL), "TRUST_LOG");
    jk_signer_free(second);
}

/* A key that signs notes of another origin says nothing of this one. */
static void test_foreign_origin(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text note = {0};

    (void)state;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_note_sign(witness[0], jk_text_span(&body), &note, &error), JK_OK);
    begin();
    jk_text_add_str(&text, "quorum none\n");
    assert_string_equal(verdict_on(jk_text_span(&note), jk_signer_verifier(witness[0])), "TRUST_LOG");
}

static void test_wrong_cosignature(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text note = {0};

    (void)state;
    sign(0, &note);
    assert_true(cosignature_make(witness[0], JK_SPAN("other\n"), 5, &note));
    two_levels();
    assert_string_equal(verdict_on(jk_text_span(&note), NULL), "COSIGNATURE_WRONG");
    begin();
    add_log(log_signer);
    jk_text_add_str(&text, "quorum none\n");
    assert_null(verdict_on(jk_text_span(&note), NULL)); /* nobody that this policy knows */
}

static void test_single_witness(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text note = {0};

    (void)state;
    begin();
    add_witness(2, "");
    add_log(log_signer);
    jk_text_add_str(&text, "quorum w2\n");
    sign(4, &note);
    assert_null(verdict_on(jk_text_span(&note), NULL));
    jk_text_clear(&note);
    sign(2, &note);
    assert_string_equal(verdict_on(jk_text_span(&note), NULL), "TRUST_QUORUM");
}

static void try_lines(const char *lines, const char *rule)
{
    begin();
    add_witness(0, "");
    add_witness(1, "");
    jk_text_add_str(&text, lines);
    refuse(rule);
}

static void test_refused(void **state)
{
    static const struct {
        const char *lines, *rule;
    } cases[] = {
        {"", "no quorum line"},
        {"quorum w0", "may be cut short"},
        {"quorum w0\nquorum w1\n", "line 4 of the policy: \"w1\" is a second quorum"},
        {"quorum w2\n", "line 3 of the policy: \"w2\" is not a witness or group of an earlier line"},
        {"quorum\n", "takes one name"},
        {"quorum w0 w1\n", "takes one name"},
        {"watch w0\n", "does not begin a line of a policy"},
        {"group g any w0 w2\n", "\"w2\" is not a witness or group"},
        {"group g any g\n", "\"g\" is not a witness or group"},
        {"group g any\n", "at least one member"},
        {"group g 0 w0\n", "a number from 1 to"},
        {"group g 3 w0 w1\n", "a number from 1 to"},
        {"group g 01 w0 w1\n", "a number from 1 to"},
        {"group g some w0 w1\n", "must be any, all"},
        {"group g any w0 w0\n", "a member of a group already"},
        {"group g any w0\ngroup h any w0\n", "a member of a group already"},
        {"group g any none\n", "\"none\" is not a witness or group"},
        {"group none any w0\n", "cannot be used as a name"},
        {"group w0 any w1\n", "name of an earlier line"},
        {"log x\n", "is not a log's key"},
        {"log\n", "takes a verifier key"},
        {"witness w3 x\n", "is not a witness's key"},
        {"witness w3\n", "takes a name, a cosigner's key"},
        {"quorum w0\r\n", "control character"},
        {"# \x7f\nquorum w0\n", "control character"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        try_lines(cases[i].lines, cases[i].rule);
}

static void test_duplicates(void **state)
{
    (void)state;
    begin();
    add_log(log_signer);
    add_log(log_signer);
    refuse("line 2 of the policy");
    begin();
    add_witness(0, "");
    jk_text_add_str(&text, "witness again ");
    struct jk_cosigner cosigner = cosigner_of(witness[0]);
    cosigner_write(&cosigner, &text);
    jk_text_add_str(&text, "\nquorum w0\n");
    refuse("has the public key of an earlier witness");
    begin();
    jk_text_add_str(&text, "witness w9 ");
    jk_verifier_write(jk_signer_verifier(witness[0]), &text); /* a log's key, type 0x01 */
    jk_text_add_str(&text, "\n");
    refuse("is not a witness's key");
}

/* A verifier key of that type, with so many bytes of key, all of them `fill`; its id means nothing here. */
static void add_foreign(const char *name, unsigned char type, size_t len, unsigned char fill)
{
    static unsigned char key[JK_FOREIGN_KEY_MAX + 2];

    memset(key, fill, sizeof(key));
    key[0] = type;
    jk_text_addf(&text, "witness %s witness.example/%s+01234567+", name, name);
    jk_base64_encode(&text, key, len + 1);
    jk_text_add_char(&text, '\n');
}

/* ML-DSA-44 and what may come: passed over, with its name in its place; never one that cosigned. */
static void test_foreign_keys(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text note = {0};
    const struct jk_trust *policy;
    struct jk_trust_verdict verdict;

    (void)state;
    begin();
    add_log(log_signer);
    add_witness(0, "");
    add_foreign("pq", 0x06, 1312, 7);
    add_foreign("later", 0xff, JK_FOREIGN_KEY_MAX - 1, 8);
    add_witness(1, "");
    jk_text_add_str(&text, "group two 2 w0 pq later w1\nquorum two\n");
    policy = good();
    assert_int_equal(policy->witness_count, 4);
    assert_int_equal(jk_trust_foreign(policy), 6);
    assert_true(jk_trust_reachable(policy));
    sign(3, &note);
    jk_text_addf(&note, "\u2014 witness.example/pq ASNFZ0FBQUE=\n"); /* its name and id, and whatever it may be */
    assert_int_equal(jk_trust_check(policy, jk_text_span(&note), NULL, &verdict, &error), JK_OK);
    assert_int_equal(verdict.cosigned, 9);
    jk_text_clear(&note);
    sign(1, &note);
    assert_string_equal(verdict_on(jk_text_span(&note), NULL), "TRUST_QUORUM");
    assert_non_null(strstr(error.message, "w0 cosigned; not yet: w1; with keys of unknown types: pq (ML-DSA-44), "
                                          "later (type 0xff)"));
    assert_null(strstr(error.message, "without which"));
}

static void test_foreign_quorum(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text note = {0};

    (void)state;
    begin();
    add_log(log_signer);
    add_witness(0, "");
    add_foreign("pq", 0x06, 1312, 7);
    jk_text_add_str(&text, "group both all w0 pq\nquorum both\n");
    assert_false(jk_trust_reachable(good()));
    sign(1, &note);
    assert_string_equal(verdict_on(jk_text_span(&note), NULL), "TRUST_QUORUM");
    assert_non_null(strstr(error.message, "w0 cosigned; not yet: nobody; with keys of unknown types: pq (ML-DSA-44), "
                                          "without which there is no quorum"));
    begin();
    add_log(log_signer);
    add_foreign("pq", 0x06, 1312, 7);
    jk_text_add_str(&text, "quorum none\n"); /* asks for nobody */
    assert_true(jk_trust_reachable(good()));
    assert_null(verdict_on(jk_text_span(&note), NULL));
}

static void test_no_foreign_key(void **state)
{
    static const char *const lines[] = {
        "witness x name+01234567+Bg==\nquorum none\n", /* a type without a key */
        "witness x name+01234567+BgE\nquorum none\n",  /* no padding */
        "witness x name+0123456+BgEC\nquorum none\n",  /* an id of seven digits */
        "witness x name+0123456G+BgEC\nquorum none\n", /* of other digits */
        "witness x +01234567+BgEC\nquorum none\n",     /* no name */
        "witness x name+01234567\nquorum none\n",      /* no key */
        "witness x name+01234567+BAEC\nquorum none\n", /* a cosigner's type, and no such key */
        "witness x name+01234567+AQEC\nquorum none\n", /* a log's */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        begin();
        jk_text_add_str(&text, lines[i]);
        refuse("is not a witness's key");
    }
    begin();
    add_foreign("long", 0x06, JK_FOREIGN_KEY_MAX, 1);
    refuse("is not a witness's key");
    begin();
    add_foreign("one", 0x06, 1312, 1);
    add_foreign("two", 0x06, 1312, 1);
    refuse("has the public key of an earlier witness");
    begin();
    add_foreign("one", 0x06, 1312, 1);
    add_foreign("two", 0x07, 1312, 1); /* another type is another key */
    jk_text_add_str(&text, "quorum none\n");
    (void)good();
}

static void test_limits(void **state)
{
    (void)state;
    begin();
    for (unsigned i = 0; i < JK_TRUST_WITNESSES; i++)
        add_witness(i, "");
    jk_text_add_str(&text, "group g0 32");
    for (unsigned i = 0; i < JK_TRUST_WITNESSES; i++)
        jk_text_addf(&text, " w%u", i);
    jk_text_add_char(&text, '\n');
    for (unsigned i = 1; i < JK_TRUST_GROUPS; i++)
        jk_text_addf(&text, "group g%u all g%u\n", i, i - 1);
    jk_text_add_str(&text, "quorum g31\n");
    assert_true(jk_trust_quorum(good(), UINT32_MAX));
    assert_false(jk_trust_quorum(good(), UINT32_MAX - 1));
    jk_text_add_str(&text, "group g32 all g31\n");
    refuse("one group too many");
    begin();
    for (unsigned i = 0; i <= JK_TRUST_WITNESSES; i++)
        add_witness(i, "");
    refuse("one witness too many");
    begin();
    for (unsigned i = 0; i <= JK_TRUST_LOGS; i++)
        add_log(witness[i]);
    refuse("one log too many");
}

static void test_lengths(void **state)
{
    (void)state;
    begin();
    jk_text_addf(&text, "quorum none\n#%0*d\n", JK_TRUST_MAX - 14, 0);
    assert_int_equal(text.len, JK_TRUST_MAX);
    (void)good();
    jk_text_add_char(&text, '\n');
    refuse("at most 65536");
    begin();
    add_witness(0, "");
    jk_text_addf(&text, "group %0*d any w0\nquorum w0\n", JK_TRUST_WORD_MAX, 0);
    (void)good();
    begin();
    add_witness(0, "");
    jk_text_addf(&text, "group %0*d any w0\nquorum w0\n", JK_TRUST_WORD_MAX + 1, 0);
    refuse("is too long");
}

static void test_no_memory(void **state)
{
    struct jk_arena small;
    const struct jk_trust *policy = NULL;

    (void)state;
    two_levels();
    jk_arena_init(&small, 1024);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_trust_read(jk_text_span(&text), &small, &policy, &error), JK_RESOURCE_EXHAUSTED);
    assert_null(policy);
    jk_arena_done(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_levels),
        cmocka_unit_test(test_missing_quorum),
        cmocka_unit_test(test_logs),
        cmocka_unit_test(test_foreign_origin),
        cmocka_unit_test(test_wrong_cosignature),
        cmocka_unit_test(test_single_witness),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_foreign_keys),
        cmocka_unit_test(test_foreign_quorum),
        cmocka_unit_test(test_no_foreign_key),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
