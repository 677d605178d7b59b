/* Inference of the relation: what names tell, and the order of the rules. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/text.h"
#include "declare/infer.h"
#include "declare/parents.h"

static void test_quantized_names(void **state)
{
    (void)state;
    const char *const yes[] = {"a/X-4.25bpw",
                               "a/X-6bpw-h6",
                               "a/X-onnx-int8",
                               "a/X-quantized.w4a16",
                               "a/X-4bits",
                               "a/X-bnb-4bit",
                               "a/X-q4f16_1-MLC",
                               "a/X-GGUF",
                               "a/exaone3.0-8b-gguf",
                               "a/X-AWQ",
                               "a/X-GPTQ-Int4",
                               "a/X-exl2",
                               "a/X-4.0bpw-EXL3",
                               "a/X-mlx-4bit",
                               "a/X-nf4",
                               "a/X-FP8",
                               "a/X_int8",
                               "a/X-Q4_K_M",
                               "a/X.q8_0",
                               "a/X-q5",
                               "a/X-NVFP4",
                               "a/X-bnb-4bit",
                               "a/X-8bit",
                               "a/X-IQ3_XS",
                               "a/X-iq1_s",
                               "a/Q-4-bit",
                               "a/X-w4a16",
                               "a/X-QuIP"};
    const char *const no[] = {"a/X",
                              "a/Solar-Open2-250B",
                              "gguf/X",
                              "a/Qwen-q",
                              "a/X-Q1-2026",
                              "a/X-q9",
                              "a/print4ever",
                              "a/X-point8",
                              "a/alfp8x",
                              "a/X-Q10",
                              "a/mlxtend",
                              "a/X-mlx",
                              "a/X-bpw",
                              "a/X-quantum",
                              "a/X-4bits7",
                              "a/xq4_k",
                              "a/X-I4",
                              "a/EXAONE-4.0",
                              "",
                              "a/"};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        if (!jk_infer_name_is_quantized(jk_span_of(yes[i]))) fail_msg("%s is quantized", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        if (jk_infer_name_is_quantized(jk_span_of(no[i]))) fail_msg("%s is not quantized", no[i]);
}

/* What is known of a model, and what follows from it. The order of the rows is that of the evidence. */
struct row {
    struct jk_signs signs;
    const char *tags[3];
    const char *library, *tag_relation, *quantized_by;
    size_t parents;
    enum jk_relation relation;
    const char *why;
    const char *others; /* what says otherwise: "merge (tag merge)" and so on */
};

#define NAMED(text) .name = {text, sizeof(text) - 1}
#define ADAPTER     JK_RELATION_ADAPTER
#define CONVERT     JK_RELATION_CONVERT
#define DISTILL     JK_RELATION_DISTILL
#define FINETUNE    JK_RELATION_FINETUNE
#define MERGE       JK_RELATION_MERGE
#define QUANTIZED   JK_RELATION_QUANTIZED

static const struct row rows[] = {
    /* what the files are */
    {{NAMED("a/x"), .gguf_weights = "x.gguf"},
     {"lora", "merge"},
     "peft",
     "adapter",
     "",
     1,
     QUANTIZED,
     "GGUF files",
     "adapter (tags), adapter (tag lora), merge (tag merge), adapter (library_name peft)"},
    {{NAMED("a/x"), .gguf_weights = "x.gguf", .weights = "model.safetensors"},
     {"sft"},
     "",
     "",
     "",
     1,
     QUANTIZED,
     "GGUF files",
     "finetune (tags), finetune (full weights)"},
    {{NAMED("a/x"), .gguf_weights = "x.gguf", .gguf_adapter = "l.gguf", .recipe = "m.yml"},
     {0},
     "",
     "",
     "",
     2,
     QUANTIZED,
     "GGUF files",
     "adapter (general.type adapter), merge (mergekit_config), merge (two parents)"},
    {{NAMED("a/x"), .quantization = {"awq", 3}, .weights = "model.safetensors"},
     {"lora"},
     "",
     "",
     "",
     1,
     QUANTIZED,
     "quantization_config",
     "adapter (tag lora), finetune (full weights)"},
    {{NAMED("a/x"), .quantization = {"bitsandbytes", 12}, .adapter_config = true},
     {0},
     "",
     "",
     "",
     1,
     ADAPTER,
     "adapter_config.json",
     ""},
    {{NAMED("a/x"), .quantization = {"awq", 3}, .adapter_config = true, .weights = "w"},
     {0},
     "",
     "",
     "",
     1,
     QUANTIZED,
     "quantization_config",
     "finetune (full weights)"},
    {{NAMED("a/x"), .packed_tensors = true, .weights = "model.safetensors"},
     {"lora"},
     "",
     "",
     "",
     1,
     QUANTIZED,
     "packed tensors",
     "adapter (tag lora), finetune (full weights)"},
    {{NAMED("a/x-merged"), .adapter_tensors = true},
     {"merge"},
     "",
     "",
     "",
     1,
     ADAPTER,
     "an adapter's tensors",
     "merge (tag merge)"},
    {{NAMED("a/x-gguf"), .adapter_config = true},
     {"merge"},
     "",
     "",
     "",
     1,
     ADAPTER,
     "adapter_config.json",
     "quantized (name), merge (tag merge)"},
    {{NAMED("a/x"), .adapter_config = true, .weights = "model.safetensors"},
     {0},
     "",
     "",
     "",
     1,
     FINETUNE,
     "full weights",
     ""},
    {{NAMED("a/x"), .adapter_config = true, .adapter_weights = "a", .weights = "w"},
     {0},
     "",
     "",
     "",
     1,
     ADAPTER,
     "adapter_config.json",
     "finetune (full weights)"},
    {{NAMED("a/x"), .adapter_weights = "adapter_model.safetensors"}, {0}, "", "", "", 1, ADAPTER, "adapter files", ""},
    {{NAMED("a/x-GGUF"), .gguf_adapter = "l.gguf"},
     {0},
     "",
     "",
     "",
     1,
     ADAPTER,
     "general.type adapter",
     "quantized (name)"},
    {{NAMED("a/x"), .weights = "model.safetensors"},
     {"lora"},
     "peft",
     "",
     "",
     1,
     FINETUNE,
     "full weights",
     "adapter (tag lora), adapter (library_name peft)"},
    {{NAMED("a/x"), .weights = "model.safetensors"},
     {"lora", "trl"},
     "",
     "adapter",
     "",
     1,
     FINETUNE,
     "tags",
     "adapter (tags), adapter (tag lora)"},
    {{NAMED("a/x"), .weights = "model.safetensors"},
     {"merge"},
     "",
     "",
     "",
     1,
     MERGE,
     "tag merge",
     "finetune (full weights)"},
    /* a recipe */
    {{NAMED("a/x-AWQ"), .recipe = "mergekit_config.yml"},
     {"lora"},
     "",
     "",
     "",
     1,
     MERGE,
     "mergekit_config",
     "quantized (name), adapter (tag lora)"},
    /* the name */
    {{NAMED("a/x-GGUF")}, {"lora"}, "", "", "", 1, QUANTIZED, "name", "adapter (tag lora)"},
    {{NAMED("a/x-4.25bpw")},
     {"merge"},
     "",
     "",
     "",
     2,
     QUANTIZED,
     "name",
     "merge (two parents, tags), merge (two parents)"},
    {{NAMED("a/x-onnx-int8"), .converted = "ONNX"},
     {0},
     "",
     "",
     "",
     1,
     QUANTIZED,
     "name",
     "convert (converted files), convert (name)"},
    {{NAMED("a/x")}, {"lora"}, "", "", "mradermacher", 1, QUANTIZED, "quantized_by", "adapter (tag lora)"},
    {{NAMED("a/x"), .converted = "ONNX"}, {"sft"}, "", "", "", 1, CONVERT, "converted files", "finetune (tags)"},
    {{NAMED("a/x"), .converted = "ONNX", .weights = "w"}, {0}, "", "", "", 1, FINETUNE, "full weights", ""},
    {{NAMED("a/x-mlx-bf16")}, {0}, "", "", "", 1, CONVERT, "name", ""},
    {{NAMED("a/x-RKLLM")}, {0}, "", "", "", 1, CONVERT, "name", ""},
    {{NAMED("a/x-Distill-2B")}, {"sft"}, "", "", "", 1, DISTILL, "name", "finetune (tags)"},
    /* tags */
    {{NAMED("a/x")}, {"peft"}, "", "quantized", "", 1, QUANTIZED, "tags", "adapter (tag peft)"},
    {{NAMED("a/x")}, {0}, "", "distill", "", 1, DISTILL, "tags", ""},
    {{NAMED("a/x")}, {0}, "", "nonsense", "", 1, FINETUNE, "default", ""},
    {{NAMED("a/x")},
     {"mergekit", "peft"},
     "",
     "",
     "",
     2,
     ADAPTER,
     "tag peft",
     "merge (two parents, tags), merge (two parents)"},
    {{NAMED("a/x")}, {"mergekit"}, "", "", "", 2, MERGE, "two parents, tags", ""},
    {{NAMED("a/x")}, {"mergekit"}, "", "", "", 1, FINETUNE, "default", ""},
    {{NAMED("a/x")}, {"merge"}, "", "", "", 1, MERGE, "tag merge", ""},
    {{NAMED("a/x")}, {"gguf", "trl"}, "", "", "", 1, QUANTIZED, "tag gguf", "finetune (tags)"},
    {{NAMED("a/x")}, {"distillation", "sft"}, "", "", "", 1, DISTILL, "tag distillation", "finetune (tags)"},
    {{NAMED("a/x")}, {"openvino"}, "", "", "", 1, CONVERT, "tag openvino", ""},
    {{NAMED("a/x")}, {"sft"}, "peft", "", "", 2, FINETUNE, "tags", "adapter (library_name peft), merge (two parents)"},
    /* library_name */
    {{NAMED("a/x")}, {0}, "PEFT", "", "", 1, ADAPTER, "library_name peft", ""},
    {{NAMED("a/x")}, {0}, "gguf", "", "", 1, QUANTIZED, "library_name gguf", ""},
    {{NAMED("a/x")}, {0}, "mlx", "", "", 1, CONVERT, "library_name mlx", ""},
    {{NAMED("a/x")}, {0}, "mergekit", "", "", 1, MERGE, "library_name mergekit", ""},
    /* nothing says it */
    {{NAMED("a/x")}, {0}, "", "", "", 2, MERGE, "two parents", ""},
    {{NAMED("a/x"), .weights = "w"}, {0}, "", "", "", 1, FINETUNE, "full weights", ""},
    {{NAMED("a/x")}, {0}, "transformers", "", "", 1, FINETUNE, "default", ""},
};

static void others_are(size_t row, const struct jk_inference *inference, const char *expected)
{
    struct jk_text text;
    jk_text_init(&text, 0);
    for (size_t i = 0; i < inference->other_count; i++)
        jk_text_addf(&text, "%s%s (%s)", i > 0 ? ", " : "", jk_relation_text(inference->others[i].relation),
                     inference->others[i].why);
    if (!jk_span_equal(jk_text_span(&text), jk_span_of(expected)))
        fail_msg("row %zu: \"%s\", not \"%s\"", row, text.bytes ? text.bytes : "", expected);
    jk_text_done(&text);
}

static void test_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct jk_card card = {.library = jk_span_of(row->library),
                               .tag_relation = jk_span_of(row->tag_relation),
                               .quantized_by = jk_span_of(row->quantized_by)};
        for (; row->tags[card.tag_count]; card.tag_count++)
            card.tags[card.tag_count] = jk_span_of(row->tags[card.tag_count]);
        struct jk_names parents = {.items = {JK_SPAN("p/one"), JK_SPAN("p/two")}, .count = row->parents};
        struct jk_signs signs = row->signs;
        struct jk_inference inference;
        signs.card = &card;
        signs.parents = &parents;
        jk_infer_relation(&signs, &inference);
        if (inference.first.relation != row->relation)
            fail_msg("row %zu: %s, not %s", i, jk_relation_text(inference.first.relation),
                     jk_relation_text(row->relation));
        if (strcmp(inference.first.why, row->why) != 0)
            fail_msg("row %zu: \"%s\", not \"%s\"", i, inference.first.why, row->why);
        others_are(i, &inference, row->others);
    }
}

/* A parent's word in the name says nothing of what was made from it. */
static void test_words_of_the_parent(void **state)
{
    (void)state;
    struct jk_names parents = {.items = {JK_SPAN("p/R1-Distill-2B")}, .count = 1};
    struct jk_signs signs = {NAMED("a/R1-Distill-2B-ko"), .parents = &parents};
    struct jk_inference inference;
    jk_infer_relation(&signs, &inference);
    assert_int_equal(inference.first.relation, JK_RELATION_FINETUNE);
    signs = (struct jk_signs){NAMED("a/x-gguf")}; /* nothing but a name */
    jk_infer_relation(&signs, &inference);
    assert_int_equal(inference.first.relation, JK_RELATION_QUANTIZED);
}

static void word_is(const char *word, enum jk_relation expected)
{
    enum jk_relation relation = JK_RELATION_NONE;
    assert_int_equal(jk_infer_word(jk_span_of(word), &relation), expected != JK_RELATION_NONE);
    if (relation != expected) fail_msg("%s is %s", word, jk_relation_text(relation));
}

static void test_words(void **state)
{
    (void)state;
    word_is("finetune", FINETUNE);
    word_is("Fine-Tuned", FINETUNE);
    word_is("fine tune", FINETUNE);
    word_is("LoRA", ADAPTER);
    word_is("Quantization", QUANTIZED);
    word_is("merged", MERGE);
    word_is("Distill", DISTILL);
    word_is("conversion", CONVERT);
    word_is("draft", JK_RELATION_DRAFT);
    word_is("nonsense", JK_RELATION_NONE);
    word_is("", JK_RELATION_NONE);
    word_is("a-word-that-is-longer-than-any-relation-could-be", JK_RELATION_NONE);
}

static void reads(const char *text, bool external, const char *name, const char *version)
{
    struct jk_arena arena;
    struct jk_parent_text parent;
    jk_arena_init(&arena, 1 << 16);
    const char *fault = jk_parents_read(jk_span_of(text), &arena, &parent);
    if (fault) fail_msg("\"%s\" %s", text, fault);
    if (parent.external != external) fail_msg("\"%s\": external is %d", text, parent.external);
    if (!jk_span_equal(parent.name, jk_span_of(name))) fail_msg("\"%s\" is \"%.*s\"", text, JK_SPAN_ARG(parent.name));
    if (!jk_span_equal(parent.version, jk_span_of(version)))
        fail_msg("\"%s\" has version \"%.*s\"", text, JK_SPAN_ARG(parent.version));
    jk_arena_done(&arena);
}

static void does_not_read(const char *text, const char *part)
{
    struct jk_arena arena;
    struct jk_parent_text parent;
    jk_arena_init(&arena, 1 << 16);
    const char *fault = jk_parents_read(jk_span_of(text), &arena, &parent);
    if (!fault || !strstr(fault, part)) fail_msg("\"%s\": %s", text, fault ? fault : "was read");
    jk_arena_done(&arena);
}

#define COMMIT "0123456789abcdef0123456789abcdef01234567"

static void test_parents(void **state)
{
    (void)state;
    reads("a/b", false, "a/b", "");
    reads(" a/b@1.0 ", false, "a/b", "1.0");
    reads("https://huggingface.co/a/b", false, "a/b", "");
    reads("https://huggingface.co/a/b/tree/main", false, "a/b", "");
    reads("https://hf.co/a/b", false, "a/b", "");
    reads("huggingface.co/a/b", false, "a/b", "");
    reads("huggingface.co/a/b@" COMMIT, false, "a/b", COMMIT);
    reads("huggingface.co/a/b@main", false, "a/b", "");
    reads("HuggingFace.co/a/b/", false, "a/b", "");
    reads("www.hf.co/a/b", false, "a/b", "");
    reads("hf://a/b", false, "a/b", "");
    reads("http://huggingface.co/a/b?library=transformers#usage", false, "a/b", "");
    reads("https://huggingface.co/a/b/blob/main/README.md", false, "a/b", "");
    reads("https://huggingface.co/a/b/tree/" COMMIT "/sub", false, "a/b", COMMIT);
    reads("https://huggingface.co/a/b/commit/" COMMIT, false, "a/b", COMMIT);
    reads("https://huggingface.co/api/models/a/b", false, "a/b", "");
    reads("https://huggingface.co/gpt2", true, "huggingface.co/gpt2", "");
    reads("hf.co/a/b:Q4_K_M", false, "a/b", "");
    reads("a/b/", false, "a/b", "");
    reads("\"a/b\"", false, "a/b", "");
    reads("`a/b`", false, "a/b", "");
    reads("[b](https://huggingface.co/a/b)", false, "a/b", "");
    reads("\xC2\xA0"
          "a/b\xE3\x80\x80",
          false, "a/b", "");
    reads("a/\xE2\x80\x8B"
          "b\xEF\xBB\xBF",
          false, "a/b", "");
    reads("a/b@main", false, "a/b", "");
    reads("a/b@" COMMIT, false, "a/b", COMMIT);
    reads("/home/kim/.cache/huggingface/hub/models--a--b.c/snapshots/" COMMIT, false, "a/b.c", COMMIT);
    reads("/mnt/hub/models--a--b/snapshots/" COMMIT "/", false, "a/b", COMMIT);
    reads("C:\\hub\\models--a--b-c\\snapshots\\" COMMIT "\\x", false, "a/b-c", COMMIT);
    reads("models--a--b", false, "a/b", "");
    reads("~/hub/models--a--b/snapshots/main", false, "a/b", "");
    reads("https://modelscope.cn/models/a/b", true, "modelscope.cn/models/a/b", "");
    does_not_read("/home/kim/model", "path on a disk");
    does_not_read("./out", "path on a disk");
    does_not_read("outputs/sft/checkpoint-100", "neither");
    does_not_read("bert", "publisher/model");
    does_not_read("", "publisher/model");
    does_not_read("a/b@", "ends in");
    does_not_read("a/b@1 2", "version");
    does_not_read("modelscope.cn/models/a/b@dev", "commit");
    does_not_read("https://huggingface.co/datasets/a/b", "no model");
    does_not_read("/x/models--gpt2/snapshots/" COMMIT, "path on a disk");
    does_not_read("/x/models--a--b--c/snapshots/" COMMIT, "path on a disk");
    does_not_read("a/b, c/d", "list");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantized_names),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_words_of_the_parent),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_parents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
