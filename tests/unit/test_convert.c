/* service/call/convert: etags. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "service/call/convert.h"

static void an_etag_has_both_entries(void **state)
{
    static const uint32_t numbers[] = {0, 1, 9, 10, 99, 100, 65535, 999999999, 1000000000, UINT32_MAX};
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
            char etag[JK_ETAG_TEXT], wanted[64];
            memset(etag, 'x', sizeof etag);
            jk_write_etag(numbers[i], numbers[k], etag);
            snprintf(wanted, sizeof wanted, "%u-%u", numbers[i], numbers[k]);
            assert_string_equal(etag, wanted);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_etag_has_both_entries)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
