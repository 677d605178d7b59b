/* Licence expressions from anybody: what is accepted has a canonical spelling that is a fixed point, within the limits,
 * and evaluates the same before and after. Evaluation answers on any bytes. */
#include "base/check.h"
#include "base/defer.h"
#include "domain/spdx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Some value that depends on the identifier's letters, whatever their case. */
static int value_of(void *context, struct jk_span identifier)
{
    unsigned value = 0;
    ++*(size_t *)context;
    for (size_t i = 0; i < identifier.len; i++)
        value = value * 31 + ((unsigned char)identifier.at[i] | 0x20u);
    return (int)(value % 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_span input = {(const char *)data, size};
    JK_CLEANUP(jk_text_done) struct jk_text once = {0}, twice = {0};
    struct jk_error error;
    size_t asked = 0, asked_before = 0;

    int before = jk_spdx_evaluate(input, value_of, &asked_before);
    JK_CHECK(before >= 0 && before < 4 && asked_before > 0);
    jk_error_init(&error, NULL);
    enum jk_status status = jk_spdx_canonical(input, "license", &once, &error);
    JK_CHECK((status == JK_OK) == !jk_error_is_set(&error));
    if (status != JK_OK) {
        JK_CHECK(once.len == 0);
        return 0;
    }
    JK_CHECK(once.len > 0 && once.len <= JK_LICENSE_MAX);
    JK_CHECK(jk_spdx_canonical(jk_text_span(&once), "license", &twice, &error) == JK_OK);
    JK_CHECK(jk_span_equal(jk_text_span(&once), jk_text_span(&twice)));
    JK_CHECK(jk_spdx_evaluate(jk_text_span(&once), value_of, &asked) == before && asked == asked_before);
    JK_CHECK(asked <= JK_LICENSE_TERMS);
    return 0;
}
