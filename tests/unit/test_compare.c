/* Two models compared by their manifests: which tensor goes with which, shares and medians, and the limit of pairs. */
#include "support/golden.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "weights/compare.h"

#define MANIFEST "jokbo/manifest/v2\nfile " ZEROS " 18446744073709551615 m.gguf\n"
#define ZEROS    "0000000000000000000000000000000000000000000000000000000000000000"

static uint64_t seed = 1;

static int noise(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (int)(seed >> 40) % 20000 - 10000;
}

/* A sketch of 256 numbers about which `base` decides, with so much noise on top in thousandths. */
static void add_sketch(struct jk_text *text, uint64_t base, int more, const char *rest)
{
    struct jk_sketch sketch;
    unsigned char bytes[JK_SKETCH_BYTES];
    int values[JK_SKETCH_BUCKETS], most = 1;
    uint64_t kept = seed;
    seed = base;
    for (size_t b = 0; b < JK_SKETCH_BUCKETS; b++)
        values[b] = noise();
    seed = kept;
    for (size_t b = 0; b < JK_SKETCH_BUCKETS; b++) {
        if (more) values[b] += noise() * more / 1000;
        most = abs(values[b]) > most ? abs(values[b]) : most;
    }
    for (size_t b = 0; b < JK_SKETCH_BUCKETS; b++)
        sketch.at[b] = (int16_t)((int64_t)values[b] * 32767 / most);
    jk_sketch_write(&sketch, bytes);
    jk_text_add_str(text, "sketch ");
    jk_base64_encode(text, bytes, sizeof bytes);
    jk_text_addf(text, " %s m.gguf\n", rest);
}

struct tensor {
    uint64_t base;
    int more;
    const char *rest; /* dtype, shape, name */
};

static struct jk_text manifest_of(const struct tensor *tensors)
{
    struct jk_text text;
    jk_text_init(&text, 0);
    jk_text_add_str(&text, MANIFEST);
    for (; tensors->rest; tensors++)
        add_sketch(&text, tensors->base, tensors->more, tensors->rest);
    return text;
}

struct compared {
    struct jk_text texts[2];
    struct jk_sketches models[2];
    struct jk_comparison comparison;
};

static void read_model(struct jk_text *text, struct jk_sketches *out)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    if (jk_sketches_read(jk_text_span(text), out, &error) != JK_OK) fail_msg("%s", error.message);
}

static struct compared compare_texts(struct jk_text one, struct jk_text two)
{
    struct compared compared = {.texts = {one, two}};
    for (int i = 0; i < 2; i++)
        read_model(&compared.texts[i], &compared.models[i]);
    assert_true(jk_compare(&compared.models[0], &compared.models[1], &compared.comparison));
    return compared;
}

static void done(struct compared *compared)
{
    jk_comparison_done(&compared->comparison);
    for (int i = 0; i < 2; i++) {
        jk_sketches_done(&compared->models[i]);
        jk_text_done(&compared->texts[i]);
    }
}

#define COMPARE(one, two)                                                                                              \
    compare_texts(manifest_of((const struct tensor[]){one, {0}}), manifest_of((const struct tensor[]){two, {0}}))
#define LIST(...) __VA_ARGS__

static void pair_is(const struct compared *compared, size_t at, const char *other, enum jk_likeness likeness)
{
    const struct jk_pair *pair = &compared->comparison.pairs[at];
    char shown[128];
    snprintf(shown, sizeof shown, "%.*s with %.*s: %s %u", JK_SPAN_ARG(pair->one->name),
             pair->two ? (int)pair->two->name.len : 4, pair->two ? pair->two->name.at : "none",
             jk_likeness_words[pair->likeness], pair->similarity);
    if (pair->likeness != likeness) fail_msg("%s, not %s", shown, jk_likeness_words[likeness]);
    if (other ? !pair->two || !jk_span_equal(pair->two->name, jk_span_of(other)) : pair->two != NULL)
        fail_msg("%s, not with %s", shown, other ? other : "none");
}

static void namesakes(void **state)
{
    (void)state;
    struct compared c = COMPARE(
        LIST({1, 0, "F32 128x128 a"}, {2, 900, "F32 128x128 b"}, {3, 0, "F32 128x128 c"}, {4, 0, "F32 64x512 d"}),
        LIST({1, 2, "F32 128x128 a"}, {2, 0, "F32 128x128 b"}, {33, 0, "F32 128x128 c"}));
    pair_is(&c, 0, "a", JK_NEAR);
    pair_is(&c, 1, "b", JK_KIN);
    pair_is(&c, 2, "c", JK_FOREIGN);
    pair_is(&c, 3, NULL, JK_UNPAIRED);
    assert_int_equal(c.comparison.renamed + c.comparison.longer, 0);
    assert_true(c.comparison.whole.elements == 16384 * 3 + 32768);
    assert_int_equal(jk_likeness_hundredths(c.comparison.whole.of[JK_UNPAIRED], c.comparison.whole.elements), 4000);
    assert_int_equal(c.comparison.whole.median, c.comparison.pairs[1].similarity);
    done(&c);
}

/* Every second layer dropped, names of another program, and one layer twice. */
static void moved_layers(void **state)
{
    (void)state;
    struct compared c =
        COMPARE(LIST({1, 100, "F32 128x128 l.0.w"}, {3, 100, "F32 128x128 l.1.w"}, {3, 200, "F32 128x128 l.2.w"}),
                LIST({1, 0, "F32 128x128 l.0.w"}, {2, 0, "F32 128x128 l.1.w"}, {9, 0, "F32 128x128 l.2.w"},
                     {3, 0, "F32 128x128 l.3.w"}));
    pair_is(&c, 0, "l.0.w", JK_KIN);
    pair_is(&c, 1, "l.3.w", JK_KIN);
    pair_is(&c, 2, "l.3.w", JK_KIN);
    assert_int_equal(c.comparison.renamed, 2);
    done(&c);
    c = COMPARE(LIST({1, 100, "Q8_0 128x128 blk.0.q"}), LIST({5, 0, "F32 128x128 a"}, {1, 0, "F32 128x128 b"}));
    pair_is(&c, 0, "b", JK_KIN);
    done(&c);
    c = COMPARE(LIST({1, 0, "F32 128x128 x"}), LIST({5, 0, "F32 128x128 a"}, {6, 0, "F32 128x128 b"}));
    assert_int_equal(c.comparison.pairs[0].likeness, JK_FOREIGN);
    done(&c);
}

static void longer_vocabulary(void **state)
{
    (void)state;
    struct compared c =
        COMPARE(LIST({1, 100, "F32 200x128 embed"}, {2, 100, "F32 201x128 other"}, {4, 0, "F32 200x129 third"}),
                LIST({1, 0, "F32 180x128 embed"}, {2, 0, "F32 180x128 head"}, {4, 0, "F32 200x130 third"}));
    pair_is(&c, 0, "embed", JK_KIN);
    pair_is(&c, 1, "head", JK_KIN);
    pair_is(&c, 2, NULL, JK_UNPAIRED);
    assert_true(c.comparison.pairs[0].longer && !c.comparison.pairs[0].renamed && c.comparison.pairs[1].renamed);
    assert_int_equal(c.comparison.longer, 2);
    done(&c);
}

static void parts(void **state)
{
    (void)state;
    static const struct {
        const char *name, *part;
        uint64_t layer;
    } rows[] = {{"model.layers.12.mlp.up.weight", "model.layers", 12},
                {"lm_head.weight", "lm_head", JK_WHOLE},
                {"vision_tower.encoder.layers.3.w", "vision_tower.encoder", 3},
                {"blk.7.attn_q.weight", "blk", 7},
                {"embed", "embed", JK_WHOLE},
                {"0.w", "0", 0},
                {"model.embed_tokens.weight", "model.embed_tokens", JK_WHOLE}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct jk_item item = {.name = jk_span_of(rows[i].name)};
        struct jk_span part = jk_item_part(&item);
        if (!jk_span_equal(part, jk_span_of(rows[i].part))) fail_msg("%s: %.*s", rows[i].name, JK_SPAN_ARG(part));
        assert_true(jk_item_layer(&item) == rows[i].layer);
    }
    struct compared c =
        COMPARE(LIST({3, 900, "F32 128x128 a.w"}, {1, 0, "F32 128x128 b.x.w"}, {2, 0, "F32 128x128 b.y.w"}),
                LIST({3, 0, "F32 128x128 a.w"}, {1, 0, "F32 128x128 b.x.w"}, {22, 0, "F32 128x128 b.y.w"}));
    assert_int_equal(c.comparison.part_count, 3);
    assert_true(jk_span_equal(c.comparison.parts[0].part, JK_SPAN("a")) && c.comparison.parts[0].of[JK_KIN] == 16384);
    assert_true(c.comparison.parts[0].median > 5000 && c.comparison.parts[1].of[JK_NEAR] == 16384);
    assert_true(c.comparison.parts[2].of[JK_FOREIGN] == 16384);
    done(&c);
}

/* The median is by elements: the large tensor decides. */
static void median_by_elements(void **state)
{
    (void)state;
    struct compared c = COMPARE(LIST({1, 1000, "F32 128x128 a"}, {2, 1000, "F32 128x128 b"}, {3, 100, "F32 512x512 c"}),
                                LIST({1, 0, "F32 128x128 a"}, {2, 0, "F32 128x128 b"}, {3, 0, "F32 512x512 c"}));
    assert_int_equal(c.comparison.whole.median, c.comparison.pairs[2].similarity);
    done(&c);
}

static void equal_by_digest(void **state)
{
    (void)state;
    static const char *head =
        "jokbo/manifest/v2\nfile " ZEROS " 1000000 m.safetensors\nheader " ZEROS " m.safetensors\n";
    static const char digests[] = "ab";
    struct jk_text texts[2];
    for (int i = 0; i < 2; i++) {
        jk_text_init(&texts[i], 0);
        jk_text_add_str(&texts[i], head);
        for (int t = 0; t < 2; t++) {
            jk_text_add_str(&texts[i], "tensor ");
            for (int k = 0; k < 64; k++)
                jk_text_add_char(&texts[i], digests[t]);
            jk_text_addf(&texts[i], " %s 128x%d %s m.safetensors\n", t ? "BOOL" : "U8", 256 + t,
                         i   ? "p"
                         : t ? "mask"
                             : "packed");
            if (i) break;
        }
    }
    struct compared c = compare_texts(texts[0], texts[1]);
    assert_int_equal(c.comparison.count, 1); /* BOOL is no weights */
    pair_is(&c, 0, "p", JK_EQUAL);
    assert_true(c.comparison.pairs[0].renamed);
    done(&c);
}

static void limit_of_pairs(void **state)
{
    (void)state;
    struct jk_text texts[2];
    for (int i = 0; i < 2; i++) {
        jk_text_init(&texts[i], 0);
        jk_text_add_str(&texts[i], MANIFEST);
        for (unsigned t = 0; t < 1500; t++) {
            char rest[64];
            snprintf(rest, sizeof rest, "F32 128x128 %c%04u", i ? 'b' : 'a', t);
            add_sketch(&texts[i], 1000u * (unsigned)(i + 1) + t * 7919u, 0, rest);
        }
    }
    struct compared c = compare_texts(texts[0], texts[1]);
    assert_true(c.comparison.cut);
    assert_int_equal(c.comparison.pairs[0].likeness, JK_FOREIGN);
    assert_int_equal(c.comparison.pairs[1499].likeness, JK_UNPAIRED);
    done(&c);
}

/* Many tensors of one name, in files of their own, and none with a shape of the other model: each is looked up, not
 * sought. */
static void many_of_one_name(void **state)
{
    (void)state;
    struct jk_text texts[2];
    for (unsigned i = 0; i < 2; i++) {
        jk_text_init(&texts[i], 0);
        jk_text_add_str(&texts[i], "jokbo/manifest/v2\n");
        for (unsigned t = 0; t < 20000; t++)
            jk_text_addf(&texts[i], "file " ZEROS " 1000000 %05u.safetensors\n", t);
        for (unsigned t = 0; t < 20000; t++)
            jk_text_addf(&texts[i], "header " ZEROS " %05u.safetensors\n", t);
        for (unsigned t = 0; t < 20000; t++)
            jk_text_addf(&texts[i], "tensor %064u U8 128x%u w %05u.safetensors\n", t, 1000 + 2 * t % 4000 + i, t);
    }
    struct compared c = compare_texts(texts[0], texts[1]);
    assert_int_equal(c.comparison.count, 20000);
    for (size_t i = 0; i < c.comparison.count; i++)
        assert_int_equal(c.comparison.pairs[i].likeness, JK_UNPAIRED);
    done(&c);
}

static void nothing_to_compare(void **state)
{
    (void)state;
    struct compared c =
        compare_texts(manifest_of((const struct tensor[]){{0}}), manifest_of((const struct tensor[]){{0}}));
    assert_int_equal(c.comparison.count, 0);
    assert_int_equal(jk_likeness_hundredths(c.comparison.whole.of[JK_KIN], c.comparison.whole.elements), 0);
    done(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(namesakes),      cmocka_unit_test(moved_layers),       cmocka_unit_test(longer_vocabulary),
        cmocka_unit_test(parts),          cmocka_unit_test(median_by_elements), cmocka_unit_test(equal_by_digest),
        cmocka_unit_test(limit_of_pairs), cmocka_unit_test(nothing_to_compare), cmocka_unit_test(many_of_one_name),
    };
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
