/* A release weighed against other models: what is undeclared, inherited or shared; copies under other names, with noise,
 * or in other files; false parents; and a model trained against the public signs, which a challenge unmasks. */
#include "support/made_models.h"

#include <math.h>

#include "weights/signature.h"

#define MODELS_MAX 8

struct other {
    enum jk_tie tie;
    struct made_model model;
};

/* The release with the others, in their order; the hash of each begins with its place + 1. */
static struct jk_weighing *weigh(const struct made_model *release, const struct other *others, size_t count)
{
    struct jk_digest hash = {{0xff}}, artifact = {{0xfe}};
    struct jk_weighing *weighing = jk_weighing_new(&hash, &artifact, 40, made_weighed(release));
    assert_non_null(weighing);
    for (size_t i = 0; i < count; i++) {
        struct jk_compared who = {.tie = others[i].tie, .release = {{(unsigned char)(i + 1)}}, .artifact = artifact};
        if (who.tie == JK_TIE_OTHER) who.found = JK_FOUND_EQUAL;
        struct jk_weighed with = made_weighed(&others[i].model);
        assert_true(jk_weighing_add(weighing, &who, with.manifest.len ? &with : NULL));
    }
    return weighing;
}

struct weighed {
    struct made_model release;
    struct other others[MODELS_MAX];
    size_t count;
    struct jk_weighing *weighing;
    const struct jk_evidence_text *evidence;
    struct jk_evidence_figures figures;
};

static struct weighed weigh_all(struct made_model release, const struct other *others, size_t count)
{
    struct weighed all = {.release = release, .count = count};
    memcpy(all.others, others, count * sizeof *others);
    all.weighing = weigh(&all.release, all.others, count);
    all.evidence = jk_weighing_end(all.weighing);
    assert_non_null(all.evidence);
    jk_evidence_figures_of(all.evidence, &all.figures);
    return all;
}

#define WEIGH(release, ...)                                                                                            \
    weigh_all(release, (const struct other[]){__VA_ARGS__},                                                            \
              sizeof((const struct other[]){__VA_ARGS__}) / sizeof(struct other))

static void done(struct weighed *all)
{
    jk_weighing_free(all->weighing);
    made_done(&all->release);
    for (size_t i = 0; i < all->count; i++)
        made_done(&all->others[i].model);
}

static void grade_is(const struct weighed *all, size_t at, enum jk_grade grade)
{
    assert_true(at < all->evidence->model_count);
    enum jk_grade found = all->evidence->models[at].graded.grade;
    if (found != grade) fail_msg("model %zu: %s, not %s", at, jk_grade_text(found), jk_grade_text(grade));
}

#define EMBED "F32 256x128 model.embed_tokens.weight"
#define MLP   "F32 128x128 model.layers.0.mlp.weight"
#define Q     "F32 128x128 model.layers.0.q.weight"
#define TOWER "F32 256x128 vision_tower.patch.weight"

/* ---- what is undeclared ---- */

static void embeddings_taken_over(void **state)
{
    (void)state;
    struct weighed all = WEIGH(MADE_MODEL({1, 300, EMBED}, {2, 0, MLP}, {3, 0, Q}),
                               {JK_TIE_PARENT, MADE_MODEL({11, 0, EMBED}, {2, 100, MLP}, {3, 100, Q})},
                               {JK_TIE_OTHER, MADE_MODEL({1, 0, EMBED}, {21, 0, MLP}, {31, 0, Q})});
    grade_is(&all, 0, JK_GRADE_PART);
    grade_is(&all, 1, JK_GRADE_PART);
    const struct jk_evidence_model *other = &all.evidence->models[1];
    assert_int_equal(other->undeclared, 5000);
    assert_int_equal(other->ins, 1);
    assert_span_equal(all.evidence->shares[other->first_in].name, JK_SPAN("model.embed_tokens"));
    assert_int_equal(all.figures.kin, 1);
    assert_int_equal(all.evidence->shared_parts, 0);
    done(&all);
}

/* Who has the same from the same parent has it less than the parent; who has it more is named. */
static void what_was_inherited_is_declared(void **state)
{
    (void)state;
    struct weighed all = WEIGH(MADE_MODEL({1, 100, EMBED}, {2, 100, MLP}), {JK_TIE_PARENT, {{0}, {0}}},
                               {JK_TIE_ANCESTOR, MADE_MODEL({1, 0, EMBED}, {2, 0, MLP})},
                               {JK_TIE_OTHER, MADE_MODEL({1, 400, EMBED}, {2, 400, MLP})},
                               {JK_TIE_OTHER, MADE_MODEL({1, 100, EMBED}, {2, 400, MLP})});
    grade_is(&all, 0, JK_GRADE_NONE);
    grade_is(&all, 1, JK_GRADE_KIN);
    grade_is(&all, 2, JK_GRADE_KIN);
    assert_int_equal(all.evidence->models[2].undeclared, 0);
    assert_int_equal(all.evidence->models[3].undeclared, 6666); /* nearer than what is declared */
    assert_int_equal(all.figures.kin, 1);
    done(&all);
}

static void a_part_of_several_families_is_shown(void **state)
{
    (void)state;
    struct weighed all =
        WEIGH(MADE_MODEL({2, 0, MLP}, {7, 0, TOWER}), {JK_TIE_OTHER, MADE_MODEL({21, 0, MLP}, {7, 50, TOWER})},
              {JK_TIE_OTHER, MADE_MODEL({22, 0, MLP}, {7, 0, TOWER})},
              {JK_TIE_OTHER, MADE_MODEL({23, 0, MLP}, {24, 0, TOWER})});
    assert_int_equal(all.evidence->model_count, 2);
    assert_int_equal(all.evidence->foreign, 1);
    assert_int_equal(all.figures.kin, 2);
    assert_int_equal(all.evidence->shared_parts, 1);
    const struct jk_evidence_share *shared = &all.evidence->shares[all.evidence->first_shared];
    assert_span_equal(shared->name, JK_SPAN("vision_tower.patch"));
    assert_int_equal(shared->models, 2);
    assert_int_equal(shared->of, 6666);
    done(&all);
}

static void less_than_one_per_cent_is_listed_only(void **state)
{
    (void)state;
    struct weighed all = WEIGH(MADE_MODEL({1, 0, "F32 12800x128 big"}, {2, 0, "F32 128x128 small"}),
                               {JK_TIE_OTHER, MADE_MODEL({11, 0, "F32 12800x128 big"}, {2, 0, "F32 128x128 small"})});
    grade_is(&all, 0, JK_GRADE_CONTRADICTED);
    assert_int_equal(all.evidence->models[0].part_count, 1);
    assert_int_equal(all.evidence->models[0].undeclared, 0);
    assert_int_equal(all.figures.kin, 0);
    done(&all);
}

/* ---- copies ---- */

/* The same tensors in one file and in two, by digest. */
static struct made_model sharded(bool two)
{
    struct jk_text text;
    jk_text_init(&text, 0);
    jk_text_add_str(&text, "jokbo/manifest/v2\n");
    for (int i = 0; i <= two; i++)
        jk_text_addf(&text, "file " MADE_ZEROS " 9999999 %d.safetensors\n", i);
    for (int i = 0; i <= two; i++)
        jk_text_addf(&text, "header " MADE_ZEROS " %d.safetensors\n", i);
    for (unsigned t = 0; t < 4; t++)
        jk_text_addf(&text, "tensor %064u U8 128x256 w.%u.packed %u.safetensors\n", t, t, two ? t % 2 : 0);
    return made_of_text(text);
}

static void a_copy_in_other_files_is_the_same(void **state)
{
    (void)state;
    struct weighed all = WEIGH(sharded(true), {JK_TIE_PARENT, sharded(false)}, {JK_TIE_OTHER, sharded(false)});
    grade_is(&all, 0, JK_GRADE_SAME);
    grade_is(&all, 1, JK_GRADE_SAME);
    assert_int_equal(all.figures.near_count, 1);
    assert_int_equal(all.figures.near[0].bytes[0], 2);
    assert_int_equal(all.figures.kin, 0); /* the parent has it too */
    done(&all);
}

static void a_copy_with_noise_is_found_by_its_signature(void **state)
{
    (void)state;
    struct made_model model = MADE_MODEL({2, 0, MLP}, {1, 0, TOWER}), copy = MADE_MODEL({2, 5, MLP}, {1, 5, TOWER}),
                      foreign = MADE_MODEL({2, 0, MLP}, {3, 0, TOWER});
    struct jk_signature one, two, three;
    assert_true(jk_signature_of(&model.sketches, &one) && jk_signature_of(&copy.sketches, &two) &&
                jk_signature_of(&foreign.sketches, &three));
    assert_span_equal(one.shape, JK_SPAN("256x128")); /* the largest, not the first */
    assert_true(jk_signatures_alike(&one, &two));
    assert_false(jk_signatures_alike(&one, &three));
    for (size_t i = 0; i < 4; i++)
        two.bits[i] = ~two.bits[i];
    assert_true(jk_signatures_alike(&one, &two)); /* negated */
    two.shape = JK_SPAN("255x128");
    assert_false(jk_signatures_alike(&one, &two));
    made_done(&foreign);
    struct weighed all = WEIGH(copy, {JK_TIE_OTHER, model});
    grade_is(&all, 0, JK_GRADE_NEAR);
    assert_int_equal(all.figures.near_count, 1);
    done(&all);
}

static void signatures_at_their_limit(void **state)
{
    (void)state;
    struct jk_signature one = {JK_SPAN("2x2"), {0}}, two = one;
    two.bits[1] = 0xffff;
    assert_int_equal(jk_signature_distance(one.bits, two.bits), 16);
    assert_true(jk_signatures_alike(&one, &two));
    two.bits[2] = 1;
    assert_false(jk_signatures_alike(&one, &two));
    struct made_model none = made_model_of((const struct made_tensor[]){{0}});
    assert_false(jk_signature_of(&none.sketches, &one));
    made_done(&none);
    /* Of several as large the first; one that few buckets carry is passed over. */
    struct jk_text text = made_begin();
    struct jk_sketch spike = {{32767}}, plain;
    made_sketch(5, 0, &plain);
    made_add_sketch(&text, &spike, "F32 512x128 a m.gguf");
    made_add_sketch(&text, &plain, "F32 128x256 b m.gguf");
    made_add_sketch(&text, &plain, "F32 256x128 c m.gguf");
    struct made_model model = made_of_text(text);
    assert_true(jk_signature_of(&model.sketches, &one));
    assert_span_equal(one.shape, JK_SPAN("128x256"));
    made_done(&model);
}

/* ---- parents ---- */

static void a_false_parent_is_contradicted(void **state)
{
    (void)state;
    struct weighed all =
        WEIGH(MADE_MODEL({1, 0, EMBED}, {2, 0, MLP}), {JK_TIE_PARENT, MADE_MODEL({11, 0, EMBED}, {12, 0, MLP})});
    grade_is(&all, 0, JK_GRADE_CONTRADICTED);
    assert_int_equal(all.figures.parents[0].comparable, 10000);
    done(&all);
}

static void an_adapter_fits_its_parent_alone(void **state)
{
    (void)state;
    struct made_model models[3];
    static const char *const tensors[] = {"U8 8x128 model.q.lora_A.weight", "U8 128x128 model.q.weight",
                                          "U8 128x128 model.q.weight"};
    for (size_t i = 0; i < 3; i++) {
        struct jk_text text;
        jk_text_init(&text, 0);
        jk_text_addf(&text,
                     "jokbo/manifest/v2\nfile " MADE_ZEROS " 99999 a.safetensors\nheader " MADE_ZEROS
                     " a.safetensors\ntensor " MADE_ZEROS " %s a.safetensors\n",
                     tensors[i]);
        models[i] = made_of_text(text);
    }
    struct weighed all = WEIGH(models[0], {JK_TIE_PARENT, models[1]}, {JK_TIE_ANCESTOR, models[2]});
    grade_is(&all, 0, JK_GRADE_SHAPE);
    grade_is(&all, 1, JK_GRADE_NONE);
    assert_int_equal(all.evidence->tensors, 0);
    done(&all);
}

/* ---- many parts ---- */

static struct made_model with_parts(unsigned count, int more)
{
    struct jk_text text = made_begin();
    for (unsigned i = 0; i < count; i++) {
        struct jk_sketch sketch;
        char rest[64];
        made_sketch(100 + i, more, &sketch);
        snprintf(rest, sizeof rest, "F32 %ux128 p%02u.w m.gguf", i == 3 ? 128 : 129, i);
        made_add_sketch(&text, &sketch, rest);
    }
    return made_of_text(text);
}

static void lists_show_the_32_largest_parts(void **state)
{
    (void)state;
    struct weighed all =
        WEIGH(with_parts(34, 0), {JK_TIE_OTHER, with_parts(34, 100)}, {JK_TIE_OTHER, with_parts(34, 200)});
    const struct jk_evidence_model *other = &all.evidence->models[0];
    assert_int_equal(other->part_count, 34);
    assert_int_equal(other->parts, JK_EVIDENCE_PARTS_MAX);
    assert_int_equal(other->undeclared_parts, 34);
    assert_int_equal(other->ins, JK_EVIDENCE_PARTS_MAX);
    assert_int_equal(all.evidence->shared_parts, 34);
    /* The smallest and the last by name are left out. */
    assert_span_equal(all.evidence->parts[other->first_part + 2].name, JK_SPAN("p02"));
    assert_span_equal(all.evidence->parts[other->first_part + 3].name, JK_SPAN("p04"));
    assert_span_equal(all.evidence->parts[other->first_part + 31].name, JK_SPAN("p32"));
    struct jk_text text;
    struct jk_evidence_text read;
    struct jk_error error;
    jk_error_init(&error, NULL);
    jk_text_init(&text, 0);
    jk_evidence_text_write(all.evidence, &text);
    if (jk_evidence_text_read(jk_text_span(&text), &read, &error) != JK_OK) fail_msg("%s", error.message);
    jk_evidence_text_done(&read);
    jk_text_done(&text);
    done(&all);
}

/* ---- trained against the public signs ---- */

#define ROWS  256u
#define COUNT (ROWS * 128)

static void sketch_values(const double *values, const struct jk_digest *key, struct jk_sketch *out)
{
    static const uint64_t shape[] = {ROWS, 128};
    struct jk_sketching sketching;
    struct jk_signs *signs = jk_signs_new(key);
    assert_true(jk_sketching_begin(&sketching, shape, 2));
    jk_sketching_first(&sketching, values, COUNT);
    assert_true(jk_sketching_turn(&sketching));
    jk_sketching_second(&sketching, signs, values, COUNT);
    assert_true(jk_sketching_end(&sketching, out));
    jk_sketching_done(&sketching);
    jk_signs_free(signs);
}

static struct made_model model_of_values(const double *values, const struct jk_digest *key)
{
    struct jk_text text = made_begin();
    struct jk_sketch sketch;
    sketch_values(values, key, &sketch);
    made_add_sketch(&text, &sketch, EMBED " m.gguf");
    return made_of_text(text);
}

/* Moves each bucket's sum to that of the target, by the same step for each of its elements. */
static void train_against_signs(double *values, const double *target)
{
    struct jk_signs *signs = jk_signs_new(NULL);
    double sums[2][JK_SKETCH_BUCKETS] = {{0}};
    uint64_t room[JK_SIGNS_BLOCK / 64];
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < COUNT; i++) {
            const uint64_t *block = jk_signs_block(signs, i / JK_SIGNS_BLOCK, room);
            size_t at = i % JK_SIGNS_BLOCK, b = i % JK_SKETCH_BUCKETS;
            double sign = block[at / 64] >> at % 64 & 1 ? 1 : -1,
                   step = (sums[1][b] - sums[0][b]) / (COUNT / JK_SKETCH_BUCKETS);
            if (pass) values[i] += sign * step;
            sums[0][b] += pass ? 0 : sign * values[i];
            sums[1][b] += pass ? 0 : sign * target[i];
        }
    }
    jk_signs_free(signs);
}

static enum jk_grade grade_under(const double *values, const double *other, const struct jk_digest *key)
{
    struct weighed all = WEIGH(model_of_values(values, key), {JK_TIE_PARENT, model_of_values(other, key)});
    enum jk_grade grade = all.evidence->models[0].graded.grade;
    done(&all);
    return grade;
}

static void a_challenge_unmasks_what_public_signs_believe(void **state)
{
    (void)state;
    static double values[COUNT], trained[COUNT], target[COUNT];
    uint64_t seeds[] = {1, 2};
    struct jk_digest root = {{7}}, release = {{8}}, key = jk_challenge_key(&root, &release);
    for (size_t i = 0; i < COUNT; i++) {
        trained[i] = values[i] = made_noise(&seeds[0]);
        target[i] = made_noise(&seeds[1]);
    }
    train_against_signs(trained, target);
    assert_true(grade_under(values, target, NULL) == JK_GRADE_CONTRADICTED);
    assert_true(grade_under(trained, target, NULL) >= JK_GRADE_KIN);          /* what it claims */
    assert_true(grade_under(trained, values, NULL) == JK_GRADE_CONTRADICTED); /* and hides */
    assert_true(grade_under(trained, target, &key) == JK_GRADE_CONTRADICTED);
    assert_true(grade_under(trained, values, &key) >= JK_GRADE_KIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(embeddings_taken_over),
        cmocka_unit_test(what_was_inherited_is_declared),
        cmocka_unit_test(a_part_of_several_families_is_shown),
        cmocka_unit_test(less_than_one_per_cent_is_listed_only),
        cmocka_unit_test(a_copy_in_other_files_is_the_same),
        cmocka_unit_test(a_copy_with_noise_is_found_by_its_signature),
        cmocka_unit_test(signatures_at_their_limit),
        cmocka_unit_test(a_false_parent_is_contradicted),
        cmocka_unit_test(an_adapter_fits_its_parent_alone),
        cmocka_unit_test(lists_show_the_32_largest_parts),
        cmocka_unit_test(a_challenge_unmasks_what_public_signs_believe),
    };
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
