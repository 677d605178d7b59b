/* The index of manifests in memory: of thousands of models that share files and tensors it finds those, and only those, that a look
 * at each pair finds; in pieces, until it is told to end, and within its bound. */
#include "support/made_models.h"

#include "examine/examination.h"
#include "examine/catalogue.h"
#include "weights/signature.h"

#define MODELS  5000
#define TENSORS 2
#define ASKED   40

struct row {
    unsigned file, digests[TENSORS], shapes[TENSORS];
    uint64_t bases[TENSORS];
    int noise[TENSORS];
    struct jk_examined model;
    struct jk_signature signature;
};

static const char *const shapes[] = {"128x128", "130x128"};

static unsigned up_to(uint64_t *seed, unsigned most)
{
    return (unsigned)(made_noise(seed) + 10000) % most;
}

static struct jk_examined model_of(const struct row *row)
{
    struct jk_examined model = {0};
    struct jk_error error;
    char rest[64];
    jk_error_init(&error, NULL);
    jk_text_init(&model.manifest, 0);
    jk_text_addf(&model.manifest, "jokbo/manifest/v2\nfile %064u 99999999 m.safetensors\nheader %064u m.safetensors\n",
                 row->file, row->file);
    for (unsigned i = 0, first = row->digests[0] < row->digests[1] ? 0 : 1; i < TENSORS; i++) {
        unsigned at = (first + i) % TENSORS;
        jk_text_addf(&model.manifest, "tensor %064u F32 %s t%u m.safetensors\n", row->digests[at],
                     shapes[row->shapes[at]], at);
    }
    for (unsigned i = 0; i < TENSORS; i++) {
        struct jk_sketch sketch;
        made_sketch(row->bases[i], row->noise[i], &sketch);
        snprintf(rest, sizeof rest, "F32 %s t%u m.safetensors", shapes[row->shapes[i]], i);
        made_add_sketch(&model.manifest, &sketch, rest);
    }
    model.artifact = jk_digest_of(jk_text_span(&model.manifest));
    if (jk_sketches_read(jk_text_span(&model.manifest), &model.sketches, &error) != JK_OK)
        fail_msg("%s", error.message);
    return model;
}

/* Most have a file in common. No two are the same: the second tensor's digest is the model's own, or one of a few. */
static struct row *make_rows(void)
{
    struct row *rows = calloc(MODELS, sizeof *rows);
    uint64_t seed = 7;
    assert_non_null(rows);
    for (unsigned i = 0; i < MODELS; i++) {
        struct row *row = &rows[i];
        row->file = up_to(&seed, 20) > 0 ? 1 : 1000 + i;
        row->digests[0] = 100000 + (up_to(&seed, 2) ? up_to(&seed, 900) : 1000 + i);
        row->digests[1] = 200000 + i;
        for (unsigned t = 0; t < TENSORS; t++) {
            row->shapes[t] = up_to(&seed, 2);
            row->bases[t] = up_to(&seed, 50);
            row->noise[t] = up_to(&seed, 3) * 20;
        }
        row->model = model_of(row);
        assert_true(jk_signature_of(&row->model.sketches, &row->signature));
    }
    return rows;
}

static void done_rows(struct row *rows)
{
    for (unsigned i = 0; i < MODELS; i++)
        jk_examined_done(&rows[i].model);
    free(rows);
}

static bool are_equal(const struct row *one, const struct row *two)
{
    if (one->file == two->file) return true;
    for (unsigned i = 0; i < TENSORS; i++)
        for (unsigned j = 0; j < TENSORS; j++)
            if (one->digests[i] == two->digests[j] && one->shapes[i] == two->shapes[j]) return true;
    return false;
}

struct taken {
    const struct row *rows;
    unsigned char times[MODELS];
    unsigned calls, most;
};

static bool take(void *taking, const struct jk_digest *artifacts, size_t count)
{
    struct taken *taken = taking;
    assert_in_range(count, 1, JK_FOUND_AT_ONCE);
    for (size_t i = 0; i < count; i++) {
        unsigned at = 0;
        while (!jk_digest_equal(&taken->rows[at].model.artifact, &artifacts[i]))
            assert_true(++at < MODELS);
        taken->times[at]++;
    }
    return ++taken->calls < taken->most;
}

static void check_found(const struct jk_catalogue *catalogue, const struct row *rows, const struct row *asked,
                        unsigned found)
{
    static struct taken taken;
    struct jk_error error;
    taken = (struct taken){.rows = rows, .most = UINT32_MAX};
    jk_error_init(&error, NULL);
    assert_int_equal(jk_catalogue_find(catalogue, &asked->model, found, take, &taken, &error), JK_OK);
    for (unsigned i = 0; i < MODELS; i++) {
        bool is = found == JK_FOUND_EQUAL ? are_equal(asked, &rows[i])
                                          : jk_signatures_alike(&asked->signature, &rows[i].signature);
        assert_int_equal(taken.times[i], is);
    }
}

static struct jk_catalogue *catalogue_of(const struct row *rows)
{
    struct jk_catalogue *catalogue = jk_catalogue_new(1u << 30);
    struct jk_error error;
    jk_error_init(&error, NULL);
    assert_non_null(catalogue);
    for (unsigned i = 0; i < MODELS; i++)
        assert_int_equal(jk_catalogue_add(catalogue, &rows[i].model, &error), JK_OK);
    return catalogue;
}

static void test_finds_what_a_look_at_each_pair_finds(void **state)
{
    (void)state;
    struct row *rows = make_rows();
    struct jk_catalogue *catalogue = catalogue_of(rows);
    for (unsigned i = 0; i < ASKED; i++) {
        check_found(catalogue, rows, &rows[i * (MODELS / ASKED)], JK_FOUND_EQUAL);
        check_found(catalogue, rows, &rows[i * (MODELS / ASKED)], JK_FOUND_ALIKE);
    }
    jk_catalogue_free(catalogue);
    done_rows(rows);
}

static void test_comes_in_pieces_and_ends_when_told(void **state)
{
    (void)state;
    struct row *rows = make_rows();
    struct jk_catalogue *catalogue = catalogue_of(rows);
    struct jk_error error;
    unsigned at = 0;
    static struct taken taken;
    jk_error_init(&error, NULL);
    while (rows[at].file != 1)
        at++;
    taken = (struct taken){.rows = rows, .most = UINT32_MAX};
    assert_int_equal(jk_catalogue_find(catalogue, &rows[at].model, JK_FOUND_EQUAL, take, &taken, &error), JK_OK);
    assert_int_equal(taken.calls, 2);
    taken = (struct taken){.rows = rows, .most = 1};
    assert_int_equal(jk_catalogue_find(catalogue, &rows[at].model, JK_FOUND_EQUAL, take, &taken, &error), JK_OK);
    assert_int_equal(taken.calls, 1);
    jk_catalogue_free(catalogue);
    done_rows(rows);
}

static void test_keeps_to_its_bound(void **state)
{
    (void)state;
    struct row row = {.file = 1, .digests = {2, 3}, .bases = {4, 5}};
    struct jk_catalogue *catalogue = jk_catalogue_new(200);
    struct jk_error error;
    row.model = model_of(&row);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_catalogue_add(catalogue, &row.model, &error), JK_OK); /* 60 bytes of keys, twice */
    assert_int_equal(jk_catalogue_add(catalogue, &row.model, &error), JK_RESOURCE_EXHAUSTED);
    assert_string_equal(error.reason, "INDEX_TOO_LARGE");
    jk_catalogue_free(catalogue);
    jk_examined_done(&row.model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_what_a_look_at_each_pair_finds),
        cmocka_unit_test(test_comes_in_pieces_and_ends_when_told),
        cmocka_unit_test(test_keeps_to_its_bound),
    };
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
