/* Sketches against what tests/support/sketch.py makes of the same values, what is left out, and comparing in whole
 * numbers. */
#include "support/golden.h"

#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "weights/sketch.h"
#include "weights/wide.h"

#define ROWS    130
#define COLUMNS 128
#define COUNT   (ROWS * COLUMNS)

static const uint64_t shape[] = {ROWS, COLUMNS};
static double values[COUNT];

static void fill_weights(void)
{
    for (long i = 0; i < COUNT; i++)
        values[i] = (double)((i * i * 7 + i * 13) % 251 - 125);
}

static bool narrow;         /* as of elements that are no doubles */
static unsigned wide = 512; /* bits of vectors */

/* False where there is none. The pieces are of different lengths in the two passes, which must not matter. */
static bool sketch_of(const struct jk_digest *key, struct jk_sketch *out)
{
    struct jk_sketching sketching;
    struct jk_signs *signs = jk_signs_new(key);
    assert_true(jk_signs_reserve(signs, 5000)); /* not all: the rest is made when it is needed */
    assert_true(jk_sketching_begin(&sketching, shape, 2));
    sketching.wide = wide;
    for (size_t at = 0, part; at < COUNT; at += part) {
        part = COUNT - at < JK_SKETCHING_PIECE ? COUNT - at : JK_SKETCHING_PIECE;
        jk_sketching_first(&sketching, values + at, part);
    }
    sketching.narrow = narrow;
    bool made = jk_sketching_turn(&sketching);
    if (made) {
        jk_sketching_second(&sketching, signs, values, COUNT);
        made = jk_sketching_end(&sketching, out);
    }
    jk_sketching_done(&sketching);
    jk_signs_free(signs);
    return made;
}

static void base64_is(const struct jk_sketch *sketch, const char *sha256)
{
    unsigned char bytes[JK_SKETCH_BYTES];
    char hex[JK_DIGEST_HEX + 1];
    struct jk_text text;
    jk_sketch_write(sketch, bytes);
    jk_text_init(&text, 0);
    jk_base64_encode(&text, bytes, sizeof bytes);
    assert_int_equal(text.len, JK_SKETCH_BASE64);
    struct jk_digest digest = jk_digest_of(jk_text_span(&text));
    jk_digest_hex(&digest, hex);
    assert_string_equal(hex, sha256);
    jk_text_done(&text);
}

static void known_values(void **state)
{
    (void)state;
    static const int16_t first[] = {-1611, 11603, 7199, 6354, -2980, -10893},
                         keyed[] = {5668, 6174, -9323, -9230, -7540, 20960};
    struct jk_sketch public, challenge, other;
    struct jk_digest key;
    for (unsigned i = 0; i < JK_DIGEST_SIZE; i++)
        key.bytes[i] = (unsigned char)i;
    fill_weights();
    assert_true(sketch_of(NULL, &public) && sketch_of(&key, &challenge));
    assert_memory_equal(public.at, first, sizeof first);
    assert_memory_equal(challenge.at, keyed, sizeof keyed);
    base64_is(&public, "68d42880147d712fa6edac059322dd6896de77f55986e2c7768035440b9e4f91");
    base64_is(&challenge, "c0c4c84ab54bd9e2fdb18c3cebbb002848debb8752b9d2838bf08ed774c1010b");
    for (long i = 0; i < COUNT; i++)
        values[i] += (double)(i % 7) * 9;
    assert_true(sketch_of(NULL, &other));
    assert_int_equal(jk_sketch_similarity(&public, &other), 9708);
    assert_int_equal(jk_sketch_similarity(&other, &public), 9708);
    assert_int_equal(jk_sketch_similarity(&public, &challenge), 9);
    assert_int_equal(jk_sketch_similarity(&public, &public), JK_SIMILAR_ALL);
}

/* Turning all signs round changes nothing: only |r| counts. Nor do scale and offset. */
static void sign_and_scale(void **state)
{
    (void)state;
    struct jk_sketch one, two;
    fill_weights();
    assert_true(sketch_of(NULL, &one));
    for (size_t i = 0; i < COUNT; i++)
        values[i] = values[i] * -0.25 + 3;
    assert_true(sketch_of(NULL, &two));
    assert_int_equal(jk_sketch_similarity(&one, &two), JK_SIMILAR_ALL);
}

/* An outlier is cut at four standard deviations, so that it does not decide. */
static void outliers(void **state)
{
    (void)state;
    struct jk_sketch one, two;
    fill_weights();
    assert_true(sketch_of(NULL, &one));
    values[5] = 4000;
    assert_true(sketch_of(NULL, &two) && jk_sketch_carries(&two));
    assert_true(jk_sketch_similarity(&one, &two) > 9000);
    /* Where all but one are the same, one bucket carries it, and it says nothing. */
    for (size_t i = 0; i < COUNT; i++)
        values[i] = i == 1000 ? 7 : 1;
    values[1001] = -5;
    if (sketch_of(NULL, &two)) assert_false(jk_sketch_carries(&two));
}

static void left_out(const char *what)
{
    struct jk_sketch sketch;
    if (sketch_of(NULL, &sketch)) fail_msg("%s has a sketch", what);
}

static void kept(const char *what)
{
    struct jk_sketch sketch;
    if (!sketch_of(NULL, &sketch)) fail_msg("%s has no sketch", what);
}

#define EACH(value)                                                                                                    \
    for (size_t r = 0; r < ROWS; r++)                                                                                  \
        for (size_t c = 0; c < COLUMNS; c++)                                                                           \
    values[r * COLUMNS + c] = (value)

static void masks(void **state)
{
    (void)state;
    EACH(0.1 + 0 * (double)(r + c));
    left_out("a constant, whose variance is not quite zero");
    EACH(r == c ? 0.5 : 0);
    left_out("an identity");
    EACH(c > r ? -10000.0 : 0);
    left_out("a causal mask");
    EACH(c < r ? 1 : 0);
    left_out("a lower triangle");
    EACH(c <= r && c + 20 > r ? 1 : 0);
    left_out("a sliding window");
    EACH((r + c) % 5 == 0 ? 1 : 0);
    kept("two values that do not follow the diagonals");
    EACH(r == c ? 0.5 + (double)r : 0);
    kept("a diagonal of different values");
    EACH(c > r ? -1.0 : 0);
    values[COUNT - 1] = 0.5;
    kept("a mask with one value more");
}

static double angle(size_t r, size_t c, double base, size_t half)
{
    return (double)r * pow(base, -(double)(c % half) / (double)half);
}

static void tables(void **state)
{
    (void)state;
    EACH(cos(angle(r, c, 10000, 64)));
    left_out("a rotary table of cosines");
    EACH(sin(angle(r, c, 500000, 64)));
    left_out("a rotary table of sines");
    EACH((float)(1.2 * cos(angle(r, c, 1000000, 64))));
    left_out("a scaled table");
    EACH(c < 64 ? sin(angle(r, c, 10000, 64)) : cos(angle(r, c, 10000, 64)));
    left_out("sinusoidal positions, sines before cosines");
    EACH(c % 2 ? cos(angle(r, c / 2, 10000, 64)) : sin(angle(r, c / 2, 10000, 64)));
    left_out("sinusoidal positions by turns");
    EACH(cos(angle(r, c, 10000, 64)));
    values[COUNT - 1] += 0.5;
    kept("a table with one value changed");
    fill_weights();
    for (size_t i = 0; i < COUNT; i++)
        values[i] = i < COLUMNS ? 0 : values[i] / 5000;
    kept("small weights below a row of zeros, as of embeddings");
}

static void not_finite(void **state)
{
    (void)state;
    fill_weights();
    values[COUNT - 1] = NAN;
    left_out("NaN");
    values[COUNT - 1] = INFINITY;
    left_out("an infinity");
    values[COUNT - 1] = 1e200;
    left_out("what overflows when it is squared");
}

/* The public sums as they stand before they are scaled. */
static void public_sums(struct jk_sketching *out)
{
    struct jk_sketch sketch;
    struct jk_signs *signs = jk_signs_new(NULL);
    assert_true(jk_sketching_begin(out, shape, 2));
    jk_sketching_first(out, values, COUNT);
    assert_true(jk_sketching_turn(out));
    jk_sketching_second(out, signs, values, COUNT);
    assert_true(jk_sketching_end(out, &sketch));
    jk_sketching_done(out);
    jk_signs_free(signs);
}

/* Whoever knows the signs moves each weight a little along them, and the weights look like another family's. Signs that
 * came later do not move with them. */
static void trained_against_public_signs(void **state)
{
    (void)state;
    static double family[COUNT], disguised[COUNT];
    static struct jk_sketching here, there;
    struct jk_sketch sketches[3][2]; /* of family, stranger, disguised; public, and under a key */
    struct jk_digest key = {{42}};
    uint64_t room[JK_SIGNS_BLOCK / 64], seed = 3;
    for (size_t i = 0; i < COUNT; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        family[i] = (double)(int64_t)seed * 0x1p-63;
    }
    fill_weights();
    assert_true(sketch_of(NULL, &sketches[1][0]) && sketch_of(&key, &sketches[1][1]));
    public_sums(&there);
    memcpy(values, family, sizeof values);
    assert_true(sketch_of(NULL, &sketches[0][0]) && sketch_of(&key, &sketches[0][1]));
    public_sums(&here);
    struct jk_signs *signs = jk_signs_new(NULL);
    double of_bucket = COUNT / (double)JK_SKETCH_BUCKETS, moved = 0;
    for (size_t i = 0; i < COUNT; i++) {
        const uint64_t *block = jk_signs_block(signs, i / JK_SIGNS_BLOCK, room);
        double sign = block[i % JK_SIGNS_BLOCK / 64] >> (i % 64) & 1 ? 1 : -1, step;
        step = sign * (there.sum[i % JK_SKETCH_BUCKETS] - here.sum[i % JK_SKETCH_BUCKETS]) / of_bucket *
               here.deviation.value;
        disguised[i] = family[i] + step;
        moved += step * step;
    }
    jk_signs_free(signs);
    memcpy(values, disguised, sizeof values);
    assert_true(sketch_of(NULL, &sketches[2][0]) && sketch_of(&key, &sketches[2][1]));
    assert_true(sqrt(moved / COUNT) < 0.25 * here.deviation.value); /* the smaller, the larger the tensor */
    assert_true(jk_sketch_similarity(&sketches[2][0], &sketches[1][0]) > 9900);
    assert_true(jk_sketch_similarity(&sketches[2][0], &sketches[0][0]) < 3000);
    assert_true(jk_sketch_similarity(&sketches[2][1], &sketches[1][1]) < 3000);
    assert_true(jk_sketch_similarity(&sketches[2][1], &sketches[0][1]) > 9500);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed;
}

/* The sums of all ways of dividing are the same to the last bit, over many values and divisors. */
static void quotients(void **state)
{
    (void)state;
    static struct jk_sketching plain;
    uint64_t room[JK_SIGNS_BLOCK / 64], seed = 7;
    struct jk_signs *signs = jk_signs_new(NULL);
    for (unsigned round = 0; round < 2000; round++) {
        for (size_t i = 0; i < 4096; i++) {
            (void)next_random(&seed);
            values[i] = (float)ldexp((double)(int64_t)seed, -63 + (int)(seed % 40) * (round % 2 ? 1 : -3));
        }
        plain =
            (struct jk_sketching){.mean = values[0] / 3, .deviation = jk_divisor_of(fabs(values[1]) * 1.1 + 0x1p-200)};
        jk_sketching_second(&plain, signs, values, 4096);
        for (unsigned bits = 256; bits <= 512; bits *= 2)
            for (int divides = 0; divides < 2; divides++) {
                double sum[JK_SKETCH_BUCKETS] = {0};
                struct jk_divisor deviation = plain.deviation;
                if (divides) deviation.multiplies = false;
                if (jk_wide_second(bits, JK_WIDE_DOUBLE, sum, (const unsigned char *)values, 16,
                                   jk_signs_block(signs, 0, room), plain.mean, &deviation))
                    assert_memory_equal(sum, plain.sum, sizeof sum);
            }
    }
    jk_signs_free(signs);
}

/* A whole sketch, of elements that are no doubles and with vectors or without. */
static void narrow_and_wide(void **state)
{
    (void)state;
    struct jk_sketch sketch;
    fill_weights();
    for (unsigned way = 0; way < 6; way++) {
        narrow = way % 2 == 1;
        wide = way / 2 * 256;
        assert_true(sketch_of(NULL, &sketch));
        base64_is(&sketch, "68d42880147d712fa6edac059322dd6896de77f55986e2c7768035440b9e4f91");
    }
    narrow = false;
    wide = 512;
}

/* ---- elements as they lie in a file ---- */

#define LYING (18 * JK_SKETCHING_PIECE + 300)

static unsigned char lying[LYING * sizeof(double)];

/* Random bits, of which some are subnormal, without what is not finite. */
static void fill_lying(const struct jk_type *type)
{
    uint64_t seed = 5;
    for (size_t i = 0; i < LYING; i++) {
        unsigned char *at = lying + i * type->bytes;
        for (unsigned k = 0; k < type->bytes; k++)
            at[k] = (unsigned char)(next_random(&seed) >> 40);
        at[type->bytes - 1] &= (unsigned char)~(i % 50 == 0 ? 0x7f : 0x40);
    }
}

/* The sum of each bucket of both passes, in pieces of `pieces` · 1024 elements. */
static bool sums_as_they_lie(const struct jk_type *type, unsigned bits, size_t pieces, struct jk_sketching *out)
{
    static const uint64_t shape_of_all[] = {LYING / 2, 2};
    struct jk_signs *signs = jk_signs_new(NULL);
    size_t most = pieces * JK_SKETCHING_PIECE;
    assert_true(jk_sketching_begin(out, shape_of_all, 2));
    out->wide = bits;
    out->narrow = type->bytes < sizeof(double);
    for (size_t at = 0, part; at < LYING; at += part) {
        part = LYING - at < most ? LYING - at : most;
        jk_sketching_first_blocks(out, type, lying + at * type->bytes, part);
    }
    assert_int_equal(out->count, LYING);
    bool turned = jk_sketching_turn(out);
    for (size_t at = 0, part; turned && at < LYING; at += part) {
        part = LYING - at < most ? LYING - at : most;
        jk_sketching_second_blocks(out, signs, type, lying + at * type->bytes, part);
    }
    jk_sketching_done(out);
    jk_signs_free(signs);
    return turned;
}

static void same_sums(const struct jk_sketching *one, const struct jk_sketching *two, const char *word)
{
    if (memcmp(&one->mean, &two->mean, sizeof one->mean) != 0 || one->deviation.value != two->deviation.value ||
        memcmp(one->sum, two->sum, sizeof one->sum) != 0)
        fail_msg("%s makes another sketch", word);
}

static void elements_as_they_lie(void **state)
{
    (void)state;
    static const char *const words[] = {"BF16", "F16", "F32", "F64", "F8_E5M2", "I8"};
    static struct jk_sketching wanted, got;
    static double all[LYING];
    struct jk_signs *signs = jk_signs_new(NULL);
    for (size_t w = 0; w < sizeof words / sizeof words[0]; w++) {
        const struct jk_type *type = jk_type_safetensors(jk_span_of(words[w]));
        fill_lying(type);
        type->unpack(lying, LYING, all);
        const uint64_t shape_of_all[] = {LYING / 2, 2};
        assert_true(jk_sketching_begin(&wanted, shape_of_all, 2));
        wanted.wide = 0;
        jk_sketching_first(&wanted, all, LYING);
        assert_true(jk_sketching_turn(&wanted));
        jk_sketching_second(&wanted, signs, all, LYING);
        jk_sketching_done(&wanted);
        for (unsigned bits = 0; bits <= 512; bits += 256)
            for (size_t pieces = 1; pieces < 8; pieces += 3) {
                assert_true(sums_as_they_lie(type, bits, pieces, &got));
                same_sums(&got, &wanted, words[w]);
            }
    }
    jk_signs_free(signs);
}

/* What is not finite is found in whichever place and way. */
static void not_finite_as_they_lie(void **state)
{
    (void)state;
    static const char *const words[] = {"BF16", "F16", "F32"};
    static struct jk_sketching sketching;
    for (unsigned way = 0; way < 3 * 3 * 2; way++) {
        const struct jk_type *type = jk_type_safetensors(jk_span_of(words[way % 3]));
        size_t at = way % 2 ? LYING - 1 : 5 * JK_SKETCHING_PIECE + 77;
        fill_lying(type);
        lying[(at + 1) * type->bytes - 1] = way % 4 < 2 ? 0x7f : 0xff;
        lying[(at + 1) * type->bytes - 2] = type->bytes == 2 && way % 3 == 1 ? 0 : 0x80;
        assert_false(sums_as_they_lie(type, way / 6 * 256, 4, &sketching));
        assert_false(jk_sketching_is_finite(&sketching));
    }
}

/* A formula that is one to the last element, and one that is not. */
static void formulas_as_they_lie(void **state)
{
    (void)state;
    static struct jk_sketching sketching;
    const struct jk_type *type = jk_type_safetensors(jk_span_of("BF16"));
    for (unsigned way = 0; way < 3 * 2; way++) {
        for (size_t i = 0; i < LYING; i++) {
            lying[2 * i] = 0x80;
            lying[2 * i + 1] = i > 0 && i % 2 == 0 ? 0x40 : 0x3f; /* 4, or 1: a diagonal has both */
        }
        for (size_t i = 0; way % 2 == 0 && i < LYING; i++)
            lying[2 * i + 1] = i == 0 || i == 3 ? 0x40 : 0x3f; /* an identity, as it were */
        assert_int_equal(sums_as_they_lie(type, way / 2 * 256, 2, &sketching), way % 2 == 1);
    }
}

static void bytes_of_a_sketch(void **state)
{
    (void)state;
    unsigned char bytes[JK_SKETCH_BYTES];
    struct jk_sketch one, two;
    fill_weights();
    assert_true(sketch_of(NULL, &one));
    jk_sketch_write(&one, bytes);
    assert_true(jk_sketch_read(bytes, &two));
    assert_memory_equal(&one, &two, sizeof one);
    memset(bytes, 0, sizeof bytes);
    assert_false(jk_sketch_read(bytes, &two));
    bytes[0] = 0x80; /* -32,768 */
    assert_false(jk_sketch_read(bytes, &two));
    bytes[1] = 1;
    assert_true(jk_sketch_read(bytes, &two));
    assert_int_equal(jk_sketch_similarity(&two, &two), JK_SIMILAR_ALL);
}

static int setup(void **state)
{
    (void)state;
    jk_digest_setup();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(sign_and_scale),
        cmocka_unit_test(outliers),
        cmocka_unit_test(masks),
        cmocka_unit_test(tables),
        cmocka_unit_test(not_finite),
        cmocka_unit_test(bytes_of_a_sketch),
        cmocka_unit_test(quotients),
        cmocka_unit_test(narrow_and_wide),
        cmocka_unit_test(elements_as_they_lie),
        cmocka_unit_test(not_finite_as_they_lie),
        cmocka_unit_test(formulas_as_they_lie),
        cmocka_unit_test(trained_against_public_signs),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
