/* The progress bar's line: how far, how fast, how long yet; and when nothing is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/console/progress.h"

static void line_is(const struct jk_progress *progress, int64_t after_ms, const char *expected)
{
    struct jk_text line;
    jk_text_init(&line, 0);
    jk_progress_write(progress, after_ms, &line);
    assert_string_equal(line.bytes, expected);
    jk_text_done(&line);
}

static void test_items(void **state)
{
    struct jk_progress progress;
    (void)state;
    jk_progress_begin_items(&progress, stderr, false, false, "checking", "entries");
    jk_progress_to(&progress, 250, 1000);
    line_is(&progress, 100, "checking [########                        ]  25 %");
    line_is(&progress, 1000, "checking [########                        ]  25 %  250 entries/s, 3 s left");
    line_is(&progress, 60000, "checking [########                        ]  25 %  4 entries/s, 3 min left");
    line_is(&progress, 7200000, "checking [########                        ]  25 %  0 entries/s, 6 h 0 min left");
    jk_progress_to(&progress, 0, 1000);
    line_is(&progress, 9000, "checking [                                ]   0 %");
    jk_progress_to(&progress, 1000, 1000);
    line_is(&progress, 9000, "checking [################################] 100 %");
}

static void test_bytes(void **state)
{
    struct jk_progress progress;
    (void)state;
    jk_progress_begin(&progress, stderr, false, false, "manifest", 20u << 20);
    jk_progress_add(&progress, 10u << 20);
    line_is(&progress, 2000, "manifest [################                ]  50 %  5.2 MB/s, 2 s left");
}

/* Nothing is written where there is no terminal, and for what is done at once. */
static void test_silence(void **state)
{
    struct jk_progress progress;
    char *written = NULL;
    size_t len = 0;
    (void)state;
    FILE *file = open_memstream(&written, &len);
    assert_non_null(file);
    jk_progress_begin_items(&progress, file, false, true, "fetching", "tiles");
    jk_progress_to(&progress, 5, 10);
    jk_progress_end(&progress);
    jk_progress_begin(&progress, file, true, true, "manifest", 1000);
    jk_progress_add(&progress, 1000);
    jk_progress_end(&progress);
    fflush(file);
    assert_int_equal(len, 0);
    jk_progress_begin_items(&progress, file, true, true, "fetching", "tiles");
    progress.begun_ms -= 3000; /* three seconds have passed */
    jk_progress_to(&progress, 5, 10);
    jk_progress_end(&progress);
    fclose(file);
    assert_non_null(strstr(written, "50 %"));
    assert_non_null(strstr(written, "tiles/s, 3 s left"));
    free(written);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_items), cmocka_unit_test(test_bytes),
                                       cmocka_unit_test(test_silence)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
