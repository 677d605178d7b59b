/* Names in two Unicode forms: Korean by its arithmetic, everything else byte by byte. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "verify/form.h"

static bool same(const char *a, const char *b)
{
    return jk_form_same(jk_span_of(a), jk_span_of(b)) && jk_form_same(jk_span_of(b), jk_span_of(a));
}

static void test_form(void **state)
{
    (void)state;
    const char *apart = "\xE1\x84\x8C\xE1\x85\xA9\xE1\x86\xA8\xE1\x84\x87\xE1\x85\xA9"; /* jamo of 족보 */
    assert_true(same("족보", apart));
    assert_true(same("족보", "족보"));
    assert_true(same("a/x.bin", "a/x.bin"));
    assert_true(same("", ""));
    assert_false(same("족보", "족브"));
    assert_false(same("조보", apart));
    assert_false(same("족보x", apart));
    assert_false(same("x\xff", "x\xfe"));
    assert_true(jk_form_varies(JK_SPAN("족보")));
    assert_false(jk_form_varies(JK_SPAN("model.bin")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_form)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
