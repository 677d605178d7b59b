/* Products instead of quotients: right to the last bit wherever they are said to be, for the dividends that come nearest
 * to a midpoint of two doubles, and for any others; and said to be right for most divisors, but not for all. */
#include "support/golden.h"

#include <math.h>

#include "weights/divisor.h"

#define LEAST (UINT64_C(1) << 52)

static uint64_t seed = 11;

static uint64_t next_random(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return seed;
}

static uint64_t next_of_53_bits(void)
{
    return LEAST | next_random() >> 12;
}

static bool is_right(const struct jk_divisor *divisor, double dividend)
{
    return jk_divisor_product(divisor, dividend) == dividend / divisor->value;
}

/* So that quotient · 2^54 is `rest` / divisor away from an odd number; 0: there is none. */
static uint64_t near_midpoint(uint64_t divisor, int64_t rest)
{
    uint64_t inverse = divisor;
    for (int step = 0; step < 5; step++)
        inverse *= 2 - divisor * inverse;
    uint64_t odd = (inverse * (uint64_t)-rest) & (4 * LEAST - 1);
    __int128 multiple = (__int128)odd * divisor + rest;
    uint64_t dividend = (uint64_t)(multiple / (__int128)(4 * LEAST));
    assert_true(multiple % (__int128)(4 * LEAST) == 0);
    return dividend >= LEAST && dividend < 2 * LEAST ? dividend : 0;
}

static void right_where_it_says_so(void **state)
{
    (void)state;
    unsigned wrong = 0, refused = 0, tried = 0, rounds = 40000;
    for (unsigned round = 0; round < rounds; round++) {
        uint64_t whole = next_of_53_bits();
        double value = ldexp((double)whole, (int)(next_random() >> 32) % 200 - 52);
        struct jk_divisor divisor = jk_divisor_of(value);
        refused += !divisor.multiplies;
        if (whole % 2 == 0) assert_true(divisor.multiplies);
        for (int64_t rest = -7; whole % 2 == 1 && rest <= 7; rest += 2) {
            double dividend = (double)near_midpoint(whole, rest);
            bool right = is_right(&divisor, ldexp(dividend, -17));
            if (divisor.multiplies && !right) fail_msg("%a / %a", dividend, value);
            tried += dividend != 0;
            wrong += !right;
            if (rest * rest > 1) assert_true(right);
        }
        for (unsigned i = 0; i < 20 && divisor.multiplies; i++)
            if (!is_right(&divisor, ldexp((double)next_of_53_bits(), -60))) fail_msg("by %a", value);
    }
    assert_int_equal(wrong, refused); /* none is refused without need */
    assert_in_range(refused, 1, rounds / 10);
    assert_in_range(tried, rounds, 8 * rounds);
}

static void of_few_bits(void **state)
{
    (void)state;
    for (unsigned whole = 1; whole < 2000; whole++) {
        struct jk_divisor divisor = jk_divisor_of(whole * 0x1p-9);
        assert_true(divisor.multiplies);
        for (int dividend = -3000; dividend < 3000; dividend++)
            if (!is_right(&divisor, dividend)) fail_msg("%d / %a", dividend, divisor.value);
    }
}

/* There what is missing of the reciprocal might fall below the least double. */
static void too_small_or_large(void **state)
{
    (void)state;
    assert_false(jk_divisor_of(0x1.8p-301).multiplies);
    assert_false(jk_divisor_of(0x1.8p301).multiplies);
    assert_true(jk_divisor_of(0x1.8p-299).multiplies);
    assert_true(jk_divisor_of(0x1.8p299).multiplies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(right_where_it_says_so), cmocka_unit_test(of_few_bits),
                                       cmocka_unit_test(too_small_or_large)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
