/* Shapes of adapters and packed quantizations against those of a parent: each layout, what is too much or too little, and
 * the share that must fit. */
#include "support/golden.h"

#include "base/text.h"
#include "weights/fit.h"

#define PARENT                                                                                                         \
    "model.embed_tokens.weight 1000x64\n"                                                                              \
    "model.layers.0.mlp.up.weight 256x64\n"                                                                            \
    "model.layers.0.q.weight 64x64\n"                                                                                  \
    "model.norm.weight 64\n"

/* Lines `name shape`, of the type that stands before the name, or F32; only what is read here is made. */
static struct jk_text manifest_of(const char *lines, const char *dtype)
{
    struct jk_span rest = jk_span_of(lines), line, name;
    struct jk_text text;
    char zeros[65] = {0};
    memset(zeros, '0', 64);
    jk_text_init(&text, 0);
    jk_text_add_str(&text, "jokbo/manifest/v2\n");
    while (jk_span_line(&rest, &line)) {
        (void)jk_span_cut(&line, ' ', &name);
        jk_text_addf(&text, "tensor %s %s %.*s %.*s m.safetensors\n", zeros, dtype, JK_SPAN_ARG(line),
                     JK_SPAN_ARG(name));
    }
    return text;
}

static bool fits_parent(const char *parent_lines, const char *child_lines, const char *dtype)
{
    struct jk_text parent = manifest_of(parent_lines, "BF16"), child = manifest_of(child_lines, dtype);
    bool fits = false;
    assert_true(jk_shapes_fit(jk_text_span(&child), jk_text_span(&parent), &fits));
    jk_text_done(&parent);
    jk_text_done(&child);
    return fits;
}

struct row {
    const char *dtype, *lines;
    bool fits;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fits_parent(PARENT, rows[i].lines, rows[i].dtype) != rows[i].fits)
            fail_msg("%s, of %s, %s", rows[i].lines, rows[i].dtype, rows[i].fits ? "fits" : "does not fit");
}

#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof(rows)[0])
#define Q                "model.layers.0.q"
#define UP               "model.layers.0.mlp.up"

static void adapters(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"F32", "base_model.model." UP ".lora_A.weight 8x64\nbase_model.model." UP ".lora_B.weight 256x8", true},
        {"F32", "base_model.model." UP ".lora_A.default.weight 8x64", true},
        {"F32", UP ".lora_A.weight 8x64", true},
        {"F32", UP ".lora_A 8x64", true},
        {"F32", UP ".lora_A.default 8x64", true},
        {"F32", "layers.0.mlp.up.lora_B.weight 256x8", true},               /* the parent has model. before it */
        {"F32", "base_model.model.model." UP ".lora_B.weight 256x8", true}, /* the parent has one model. less */
        {"F32", "base_model.model.model.model." UP ".lora_B.weight 256x8", false},
        {"F32", UP ".lora_A.weight 8x65", false},
        {"F32", UP ".lora_B.weight 64x8", false},
        {"F32", UP ".lora_A.weight 64", false},
        {"F32", UP ".lora_A.a.b.weight 8x64", false},
        {"F32", UP ".lora_A.a.bias 8x64", false},
        {"F32", "lora_A.weight 8x64", false},
        {"F32", "model.norm.lora_A.weight 8x64", false}, /* of one dimension */
        {"F32",
         "base_model.model.model.embed_tokens.lora_embedding_A 8x1000\n"
         "base_model.model.model.embed_tokens.lora_embedding_B 64x8",
         true},
        {"F32", "model.embed_tokens.lora_embedding_A 8x64", false},
        {"F32", "model.embed_tokens.lora_embedding_B 1000x8", false},
        {"F32", "model.embed_tokens.lora_A.weight 8x64", true}, /* as of a matrix */
    };
    CHECK_ROWS(rows);
}

static void packed_quantizations(void **state)
{
    (void)state;
    static const struct row rows[] = {
        /* GPTQ: inputs are packed */
        {"I32", UP ".qweight 4x256", true},
        {"I32", UP ".qweight 6x256", true},
        {"I32", UP ".qweight 8x256", true},
        {"I32", UP ".qweight 16x256", true},
        {"I32", UP ".qweight 10x256", false},
        {"I32", UP ".qweight 8x255", false},
        {"I64", UP ".qweight 8x256", false},
        /* AWQ: outputs are packed */
        {"I32", UP ".qweight 64x32", true},
        {"I32", UP ".qweight 64x33", false},
        {"I32", UP ".qweight 0x256", false},
        /* compressed-tensors */
        {"I32", UP ".weight_packed 256x8", true},
        {"I32", UP ".weight_packed 256x9", false},
        {"I32", UP ".weight_packed 64x32", false},
        /* MLX */
        {"U32", UP ".weight 256x8", true},
        {"U32", UP ".weight 256x64", false},
        {"F32", UP ".weight 256x8", false},
        /* bitsandbytes */
        {"U8", UP ".weight 8192x1", true},
        {"U8", UP ".weight 8191x1", false},
        {"U8", UP ".weight 8192x2", false},
        {"U8", UP ".weight 8192", false},
        {"I32", "other.qweight 8x256", false},
        {"I32", ".qweight 8x256", false},
    };
    CHECK_ROWS(rows);
}

/* At least 90 % of what should fit, by elements; what need not fit is no matter. */
static void share_that_fits(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"I32", Q ".qweight 8x64\n" UP ".qweight 8x256\nother.qweight 71x4", true},   /* 2560 of 2844 */
        {"I32", Q ".qweight 8x64\n" UP ".qweight 8x256\nother.qweight 285x1", false}, /* 2560 of 2845 */
        {"I32", Q ".qweight 8x64\n" Q ".scales 4000x64\n" Q ".qzeros 4000x8", true},
        {"I32", Q ".scales 8x64", false},
        {"F32", Q ".weight 64x64", false},
        {"I32", "", false},
        {"I32", Q ".qweight 8x64\nother.qweight 9999999999x9999999999", true}, /* beyond 64 bits: passed over */
    };
    CHECK_ROWS(rows);
}

static void several_of_a_name(void **state)
{
    (void)state;
    static const char parent[] = "a.weight 64x32\na.weight 32x64\na.weight 32x128\na.weight 4";
    assert_true(fits_parent(parent, "a.lora_A.weight 8x64", "F32"));
    assert_false(fits_parent(parent, "a.lora_A.weight 8x32", "F32"));
    assert_false(fits_parent(parent, "a.lora_A.weight 8x128", "F32"));
    assert_false(fits_parent("", "a.lora_A.weight 8x64", "F32"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adapters),
        cmocka_unit_test(packed_quantizations),
        cmocka_unit_test(share_that_fits),
        cmocka_unit_test(several_of_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
