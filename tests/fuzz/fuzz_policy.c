/* Policies as people write them and as the log holds them: what is read is written in one way only, which parses to the
 * same rules; what parses is what is written; every one can be explained. */
#include "base/check.h"
#include "base/defer.h"
#include "domain/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_written(const struct jk_policy *policy)
{
    JK_CLEANUP(jk_text_done) struct jk_text text = {0}, again = {0}, plain = {0};
    struct jk_policy parsed;
    struct jk_error error;
    jk_error_init(&error, NULL);
    jk_policy_write(policy, &text);
    JK_CHECK(!text.failed && text.len <= JK_POLICY_MAX);
    JK_CHECK(jk_policy_parse(jk_text_span(&text), &parsed, &error) == JK_OK);
    jk_policy_write(&parsed, &again);
    JK_CHECK(jk_span_equal(jk_text_span(&text), jk_text_span(&again)));
    jk_policy_explain(policy, false, &plain);
    jk_policy_explain(policy, true, &plain);
    JK_CHECK(!plain.failed && plain.len > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_span input = {(const char *)data, size};
    JK_CLEANUP(jk_text_done) struct jk_text text = {0};
    struct jk_policy policy;
    struct jk_error error;

    jk_error_init(&error, NULL);
    enum jk_status status = jk_policy_read(input, &policy, &error);
    JK_CHECK((status == JK_OK) == !jk_error_is_set(&error));
    if (status == JK_OK) check_written(&policy);

    jk_error_init(&error, NULL);
    if (jk_policy_parse(input, &policy, &error) != JK_OK) return 0;
    JK_CHECK(status == JK_OK); /* the canonical text is one of those that people may write */
    jk_policy_write(&policy, &text);
    JK_CHECK(!text.failed && jk_span_equal(jk_text_span(&text), input));
    return 0;
}
