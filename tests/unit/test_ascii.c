/* Is each of the 256 bytes of the kind that the C locale, in which the tests run, says? */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/ascii.h"

static void kinds_are_those_of_the_c_locale(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        char c = (char)byte;
        assert_int_equal(jk_ascii_digit(c), isdigit(byte) != 0);
        assert_int_equal(jk_ascii_lower(c), islower(byte) != 0);
        assert_int_equal(jk_ascii_upper(c), isupper(byte) != 0);
        assert_int_equal(jk_ascii_letter(c), isalpha(byte) != 0);
        assert_int_equal(jk_ascii_alnum(c), isalnum(byte) != 0);
        assert_int_equal(jk_ascii_space(c), isspace(byte) != 0);
        assert_int_equal((unsigned char)jk_ascii_to_lower(c), tolower(byte));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_those_of_the_c_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
