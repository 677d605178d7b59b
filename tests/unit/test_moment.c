/* Are moments that people give taken at +09:00 where they name no zone, and is everything else refused? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/console/moment.h"

static void is(const char *text, const char *utc)
{
    char shown[JK_TIME_TEXT];
    int64_t time_us;
    if (!jk_moment_parse(jk_span_of(text), &time_us)) fail_msg("refused: %s", text);
    jk_time_format(time_us, shown);
    assert_string_equal(shown, utc);
}

static void no_zone_is_korea(void **state)
{
    (void)state;
    is("2026-08-01", "2026-07-31T15:00:00.000000Z");
    is("2026-08-01T18:00", "2026-08-01T09:00:00.000000Z");
    is("2026-08-01 18:00", "2026-08-01T09:00:00.000000Z");
    is("2026-08-01T18:00:30", "2026-08-01T09:00:30.000000Z");
    is("2026-08-01 18:00:30.5", "2026-08-01T09:00:30.500000Z");
    is("2026-08-01T18:00:30.123456", "2026-08-01T09:00:30.123456Z");
}

static void a_zone_holds(void **state)
{
    (void)state;
    is("2026-08-01T18:00:00Z", "2026-08-01T18:00:00.000000Z");
    is("2026-08-01T18:00:00+09:00", "2026-08-01T09:00:00.000000Z");
    is("2026-08-01T18:00:00-01:00", "2026-08-01T19:00:00.000000Z");
}

static void all_else_is_refused(void **state)
{
    static const char *const wrong[] = {"",
                                        "tomorrow",
                                        "2026",
                                        "2026-13-01",
                                        "2026-08-01T",
                                        "2026-08-01T18",
                                        "2026-08-01T25:00",
                                        "2026-08-01T18:00Z",
                                        "2026-08-01T18:00:",
                                        "2026-08-01T18:00:00.",
                                        "2026-08-01X18:00:00",
                                        "2026-08-01T18:00:00.1234567",
                                        "2026-08-01T18:00:00 +09:00"};
    int64_t time_us;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (jk_moment_parse(jk_span_of(wrong[i]), &time_us)) fail_msg("taken: \"%s\"", wrong[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_zone_is_korea),
        cmocka_unit_test(a_zone_holds),
        cmocka_unit_test(all_else_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
