/* Reads a file of tests/golden whole. For tests only: a missing or large file fails the test. */
#ifndef JK_TESTS_GOLDEN_H
#define JK_TESTS_GOLDEN_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/span.h"

/* The span points into `buffer`. */
static inline struct jk_span golden_read(const char *name, char *buffer, size_t room)
{
    char path[512];
    snprintf(path, sizeof path, "%s/golden/%s", JK_TESTS_DIR, name);
    FILE *file = fopen(path, "rb");
    if (!file) fail_msg("no golden file %s", path);
    size_t len = fread(buffer, 1, room, file);
    int whole = feof(file) && !ferror(file);
    fclose(file);
    if (!whole) fail_msg("golden file %s is too large or cannot be read", path);
    return (struct jk_span){buffer, len};
}

#define assert_span_equal(actual, expected)                                                                            \
    do {                                                                                                               \
        struct jk_span actual_ = (actual), expected_ = (expected);                                                     \
        if (!jk_span_equal(actual_, expected_))                                                                        \
            fail_msg("\"%.*s\" is not \"%.*s\"", JK_SPAN_ARG(actual_), JK_SPAN_ARG(expected_));                        \
    } while (0)

#endif
