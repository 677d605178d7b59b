/* The quick look at two models: when it says that they have nothing in common, comparing them says so, too, also where
 * |r| is about the least of kin; and it says so nearly always of strangers. */
#include "support/made_models.h"

#include "weights/grading.h"
#include "weights/screen.h"

static bool may_be_kin(const struct made_model *one, const struct made_model *two)
{
    struct jk_screen *screen = jk_screen_new(&one->sketches);
    assert_non_null(screen);
    bool may = jk_screen_may_be_kin(screen, &two->sketches);
    jk_screen_free(screen);
    return may;
}

/* What comparing says. */
static bool are_kin(const struct made_model *one, const struct made_model *two)
{
    struct jk_comparison comparison;
    assert_true(jk_compare(&one->sketches, &two->sketches, &comparison));
    bool kin = jk_kin_elements(&comparison.whole) > 0;
    jk_comparison_done(&comparison);
    return kin;
}

static bool screen_says(struct made_model one, struct made_model two)
{
    bool may = may_be_kin(&one, &two);
    if (are_kin(&one, &two) && !may) fail_msg("kin is passed over");
    made_done(&one);
    made_done(&two);
    return may;
}

/* With 1.7 times as much noise as there is of the sketch, |r| is about 0.5. */
static void never_passes_kin_over(void **state)
{
    (void)state;
    unsigned kin = 0, said = 0, foreign = 0;
    for (unsigned i = 0; i < 2000; i++) {
        struct made_model one = MADE_MODEL({i + 1, 0, "F32 128x128 a"}, {i + 100000, 0, "F32 128x129 b"}),
                          two = MADE_MODEL({i + 1, 1500 + (int)(i % 400), "F32 128x128 a"},
                                           {i + 200000, 0, "F32 99x256 c"});
        bool are = are_kin(&one, &two);
        kin += are;
        foreign += !are;
        said += screen_says(one, two);
    }
    assert_true(kin > 500 && foreign > 500);
    assert_true(said >= kin && said < kin + foreign / 2);
}

static void strangers_are_passed_over(void **state)
{
    (void)state;
    unsigned said = 0;
    for (unsigned i = 0; i < 1000; i++)
        said += screen_says(MADE_MODEL({i + 1, 0, "F32 128x128 a"}), MADE_MODEL({i + 50000, 0, "F32 129x128 b"}));
    assert_int_equal(said, 0);
}

static void shapes_that_are_never_compared(void **state)
{
    (void)state;
    assert_false(screen_says(MADE_MODEL({1, 0, "F32 128x128 a"}), MADE_MODEL({1, 0, "F32 128x129 a"})));
    assert_true(screen_says(MADE_MODEL({1, 0, "F32 128x128 a"}), MADE_MODEL({1, 0, "F32 200x128 b"})));
    assert_false(screen_says(made_model_of((const struct made_tensor[]){{0}}), MADE_MODEL({1, 0, "F32 200x128 b"})));
}

static struct made_model packed(unsigned digest)
{
    struct jk_text text;
    jk_text_init(&text, 0);
    jk_text_addf(&text,
                 "jokbo/manifest/v2\nfile " MADE_ZEROS " 999999 a.safetensors\nheader " MADE_ZEROS
                 " a.safetensors\ntensor %u%063u I32 128x128 w a.safetensors\n",
                 digest, 0);
    return made_of_text(text);
}

/* Without sketches the digests decide; a sketch that few buckets carry says nothing. */
static void tensors_that_are_equal_only(void **state)
{
    (void)state;
    assert_true(screen_says(packed(5), packed(5)));
    assert_false(screen_says(packed(5), packed(6)));
    struct jk_text texts[] = {made_begin(), made_begin()};
    struct jk_sketch spike = {{32767}};
    for (int i = 0; i < 2; i++)
        made_add_sketch(&texts[i], &spike, "F32 128x128 a m.gguf");
    assert_false(screen_says(made_of_text(texts[0]), made_of_text(texts[1])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_passes_kin_over),
        cmocka_unit_test(strangers_are_passed_over),
        cmocka_unit_test(shapes_that_are_never_compared),
        cmocka_unit_test(tensors_that_are_equal_only),
    };
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
