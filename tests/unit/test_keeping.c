/* What may be kept for good, what follows the log, and the tags of answers. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jokbo/v1/evaluation.pb-c.h>
#include <jokbo/v1/log.pb-c.h>
#include <jokbo/v1/registry.pb-c.h>

#include "base/digest.h"
#include "web/keeping.h"

static struct jk_keeping count_of(Jokbo__V1__AsOf *as_of, Jokbo__V1__CountRule *rule)
{
    Jokbo__V1__CountDerivativesRequest request = JOKBO__V1__COUNT_DERIVATIVES_REQUEST__INIT;
    request.as_of = as_of;
    request.rule = rule;
    return jk_keeping_of("/jokbo.v1.Evaluation/CountDerivatives", &request.base);
}

static void counts(void **state)
{
    (void)state;
    Jokbo__V1__AsOf size = JOKBO__V1__AS_OF__INIT, time = JOKBO__V1__AS_OF__INIT;
    Jokbo__V1__CountRule rule = JOKBO__V1__COUNT_RULE__INIT;
    size.kind_case = JOKBO__V1__AS_OF__KIND_LOG_SIZE;
    size.log_size = 7;
    time.kind_case = JOKBO__V1__AS_OF__KIND_TIME;
    assert_true(count_of(&size, NULL).fixed);
    assert_false(count_of(NULL, NULL).fixed);
    assert_true(count_of(NULL, NULL).follows);
    assert_false(count_of(&time, NULL).fixed);

    Jokbo__V1__ListPublisherCountsRequest ranking = JOKBO__V1__LIST_PUBLISHER_COUNTS_REQUEST__INIT;
    assert_false(jk_keeping_of("/jokbo.v1.Evaluation/ListPublisherCounts", &ranking.base).fixed);
    ranking.as_of = &size;
    assert_true(jk_keeping_of("/jokbo.v1.Evaluation/ListPublisherCounts", &ranking.base).fixed);

    rule.kind_case = JOKBO__V1__COUNT_RULE__KIND_POLICY;
    rule.policy = "open"; /* its newest version */
    assert_false(count_of(&size, &rule).fixed);
    assert_false(count_of(NULL, &rule).follows);
    rule.policy = "open@1";
    assert_true(count_of(&size, &rule).fixed);
    rule.policy = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    assert_true(count_of(&size, &rule).fixed);
    rule.kind_case = JOKBO__V1__COUNT_RULE__KIND_STAGE;
    rule.stage = "stage@2";
    assert_false(count_of(&size, &rule).fixed);
}

/* Entries that are earlier than a time may come until the log has one that is not. */
static void counts_as_of_a_time(void **state)
{
    (void)state;
    Google__Protobuf__Timestamp moment = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    Jokbo__V1__AsOf time = JOKBO__V1__AS_OF__INIT;
    Jokbo__V1__CountRule stage = JOKBO__V1__COUNT_RULE__INIT;
    moment.seconds = 1790000000;
    time.kind_case = JOKBO__V1__AS_OF__KIND_TIME;
    time.time = &moment;
    static const struct {
        int64_t newest_us;
        bool fixed;
    } cases[] = {
        {INT64_C(1789999999999999), false}, {INT64_C(1790000000000000), true}, {INT64_C(1790000000000001), true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct jk_keeping keeping = count_of(&time, NULL);
        assert_true(keeping.timed && !keeping.fixed);
        jk_keeping_settle(&keeping, cases[i].newest_us);
        assert_int_equal(keeping.fixed, cases[i].fixed);
    }
    stage.kind_case = JOKBO__V1__COUNT_RULE__KIND_STAGE;
    stage.stage = "stage";
    assert_false(count_of(&time, &stage).timed);
    assert_false(count_of(NULL, NULL).timed);
}

static void a_size_that_is_demanded(void **state)
{
    (void)state;
    Jokbo__V1__CountDerivativesRequest request = JOKBO__V1__COUNT_DERIVATIVES_REQUEST__INIT;
    assert_true(jk_keeping_of("/jokbo.v1.Evaluation/CountDerivatives", &request.base).follows);
    request.min_log_size = 7;
    assert_false(jk_keeping_of("/jokbo.v1.Evaluation/CountDerivatives", &request.base).follows);
}

static void proofs_and_others(void **state)
{
    (void)state;
    Jokbo__V1__GetInclusionProofRequest proof = JOKBO__V1__GET_INCLUSION_PROOF_REQUEST__INIT;
    Jokbo__V1__GetModelRequest model = JOKBO__V1__GET_MODEL_REQUEST__INIT;
    proof.entry_case = JOKBO__V1__GET_INCLUSION_PROOF_REQUEST__ENTRY_LOG_INDEX;
    assert_false(jk_keeping_of("/jokbo.v1.Log/GetInclusionProof", &proof.base).fixed);
    proof.tree_size = 3;
    assert_true(jk_keeping_of("/jokbo.v1.Log/GetInclusionProof", &proof.base).fixed);
    struct jk_keeping of_model = jk_keeping_of("/jokbo.v1.Registry/GetModel", &model.base);
    assert_false(of_model.fixed || of_model.follows);
    assert_string_equal(jk_keeping_cache(&of_model), "no-cache");
}

static void tags(void **state)
{
    (void)state;
    Jokbo__V1__DerivativeCount count = JOKBO__V1__DERIVATIVE_COUNT__INIT;
    char tag[JK_TAG_TEXT], again[JK_TAG_TEXT];
    count.log_size = 20;
    jk_keeping_tag(&count.base, false, JK_SPAN("abc"), tag);
    assert_string_equal(tag, "W/\"20-j-ba7816bf8f01cfea\"");
    assert_true(jk_keeping_same(jk_span_of(tag), 20, false, again));
    assert_string_equal(again, tag);
    assert_false(jk_keeping_same(jk_span_of(tag), 21, false, again));
    assert_false(jk_keeping_same(jk_span_of(tag), 20, true, again)); /* as CSV it is another */
    assert_false(jk_keeping_same(JK_SPAN("\"20-j-ba7816bf8f01cfea\""), 20, false, again));
    assert_false(jk_keeping_same(JK_SPAN("W/\"20-j-ba7816bf8f01cfe\r\""), 20, false, again));
    assert_false(jk_keeping_same(JK_SPAN("*"), 20, false, again));
    assert_false(jk_keeping_same(JK_SPAN(""), 20, false, again));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(counts), cmocka_unit_test(counts_as_of_a_time),
                                       cmocka_unit_test(a_size_that_is_demanded), cmocka_unit_test(proofs_and_others),
                                       cmocka_unit_test(tags)};
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
