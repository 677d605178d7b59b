/* Is the distance of two texts that of the whole table, though only a band of it is looked at? And is the lower bound the first
 * position that is not below? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/distance.h"
#include "base/mix.h"
#include "base/search.h"

static unsigned near(const char *a, const char *b, unsigned most)
{
    return jk_distance(jk_span_of(a), jk_span_of(b), most, false);
}

static void known_distances(void **state)
{
    (void)state;
    assert_int_equal(near("", "", 3), 0);
    assert_int_equal(near("abc", "abc", 0), 0);
    assert_int_equal(near("abc", "abd", 0), 1);
    assert_int_equal(near("kitten", "sitting", 3), 3);
    assert_int_equal(near("kitten", "sitting", 2), 3);
    assert_int_equal(near("", "abc", 3), 3);
    assert_int_equal(near("abc", "", 5), 3);
    assert_int_equal(near("abc", "", 1), 2);
    assert_int_equal(near("register", "regsiter", 4), 2);
    assert_int_equal(near("Apache", "aPACHE", 9), 6);
}

static void case_is_folded_where_asked(void **state)
{
    (void)state;
    assert_int_equal(jk_distance(JK_SPAN("MIT"), JK_SPAN("mit"), 0, true), 0);
    assert_int_equal(jk_distance(JK_SPAN("MIT[0"), JK_SPAN("mit{0"), 3, true), 1);
    assert_int_equal(jk_distance(JK_SPAN("Apache-2"), JK_SPAN("APACHE 2.0"), 3, true), 3);
}

static void long_texts_are_far(void **state)
{
    (void)state;
    char text[JK_DISTANCE_TEXT + 1];
    memset(text, 'a', sizeof text);
    struct jk_span longest = {text, JK_DISTANCE_TEXT}, longer = {text, JK_DISTANCE_TEXT + 1};
    assert_int_equal(jk_distance(longest, longest, 4, false), 0);
    assert_int_equal(jk_distance(longer, longer, 4, false), 5);
    assert_int_equal(jk_distance(longest, longer, 4, false), 5);
    assert_int_equal(jk_distance((struct jk_span){0}, longest, JK_DISTANCE_TEXT, false), JK_DISTANCE_TEXT);
}

#define TEXT_MAX 9

static unsigned whole_table(struct jk_span a, struct jk_span b)
{
    unsigned cell[TEXT_MAX + 1][TEXT_MAX + 1];
    for (size_t i = 0; i <= a.len; i++)
        for (size_t k = 0; k <= b.len; k++) {
            unsigned least = (unsigned)(i + k);
            if (i > 0 && k > 0) {
                least = cell[i - 1][k - 1] + (a.at[i - 1] != b.at[k - 1]);
                if (cell[i - 1][k] + 1 < least) least = cell[i - 1][k] + 1;
                if (cell[i][k - 1] + 1 < least) least = cell[i][k - 1] + 1;
            }
            cell[i][k] = least;
        }
    return cell[a.len][b.len];
}

static uint64_t next_of(uint64_t *seed)
{
    return jk_mix64(*seed += JK_MIX_STEP);
}

static struct jk_span random_text(char text[TEXT_MAX], uint64_t *seed)
{
    size_t len = next_of(seed) % (TEXT_MAX + 1);
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + next_of(seed) % 3);
    return (struct jk_span){text, len};
}

static void the_band_says_what_the_table_says(void **state)
{
    (void)state;
    uint64_t seed = 20261130;
    for (int round = 0; round < 20000; round++) {
        char a_text[TEXT_MAX], b_text[TEXT_MAX];
        struct jk_span a = random_text(a_text, &seed), b = random_text(b_text, &seed);
        unsigned truth = whole_table(a, b);
        for (unsigned most = 0; most <= TEXT_MAX + 1; most++)
            assert_int_equal(jk_distance(a, b, most, false), truth <= most ? truth : most + 1);
    }
}

static void the_lower_bound_is_the_first_not_below(void **state)
{
    (void)state;
    static const uint32_t rising[] = {1, 3, 3, 3, 7, 9};
    for (uint32_t count = 0; count <= 6; count++)
        for (uint32_t value = 0; value <= 10; value++) {
            uint32_t first = 0;
            while (first < count && rising[first] < value)
                first++;
            assert_int_equal(JK_LOWER_BOUND(count, at, rising[at] < value), first);
        }
    assert_true(JK_LOWER_BOUND((uint64_t)UINT64_MAX, at, at < UINT64_MAX - 1) == UINT64_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_distances),
        cmocka_unit_test(case_is_folded_where_asked),
        cmocka_unit_test(long_texts_are_far),
        cmocka_unit_test(the_band_says_what_the_table_says),
        cmocka_unit_test(the_lower_bound_is_the_first_not_below),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
