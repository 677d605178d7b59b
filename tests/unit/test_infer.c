/* Inference of the relation: what names tell, and the order of the rules. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "declare/infer.h"
#include "declare/parents.h"

static void test_quantized_names(void **state)
{
    (void)state;
    const char *const yes[] = {"a/X-GGUF",     "a/exaone3.0-8b-gguf",
                               "a/X-AWQ",      "a/X-GPTQ-Int4",
                               "a/X-exl2",     "a/X-4.0bpw-EXL3",
                               "a/X-mlx-4bit", "a/X-nf4",
                               "a/X-FP8",      "a/X_int8",
                               "a/X-Q4_K_M",   "a/X.q8_0",
                               "a/X-q5",       "a/X-NVFP4",
                               "a/X-bnb-4bit", "a/X-8bit",
                               "a/X-IQ3_XS",   "a/X-iq1_s",
                               "a/Q-4-bit",    "a/X-w4a16"};
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

struct row {
    const char *tags[3];
    const char *library, *name, *tag_relation;
    bool adapter, mergekit, gguf;
    size_t parents;
    enum jk_relation relation;
    const char *why;
};

static const struct row rows[] = {
    {{0}, "", "a/x", "", 0, 0, 0, 1, JK_RELATION_FINETUNE, "default"},
    {{0}, "", "a/x", "", 0, 0, 0, 2, JK_RELATION_MERGE, "two parents"},
    {{"merge"}, "", "a/x", "", 0, 0, 0, 1, JK_RELATION_MERGE, "tag merge"},
    {{"mergekit"}, "", "a/x", "", 0, 0, 0, 2, JK_RELATION_MERGE, "two parents, tags"},
    {{"mergekit"}, "", "a/x", "", 0, 0, 0, 1, JK_RELATION_FINETUNE, "default"},
    {{"mergekit", "peft"}, "", "a/x", "", 0, 0, 0, 2, JK_RELATION_ADAPTER, "tag peft"},
    {{"lora"}, "", "a/x-GGUF", "", 0, 0, 0, 1, JK_RELATION_ADAPTER, "tag lora"},
    {{0}, "PEFT", "a/x", "", 0, 0, 0, 1, JK_RELATION_ADAPTER, "library_name peft"},
    {{0}, "", "a/x", "", 1, 0, 0, 1, JK_RELATION_ADAPTER, "adapter_config.json"},
    {{0}, "", "a/x", "", 0, 1, 0, 1, JK_RELATION_MERGE, "mergekit_config"},
    {{"merge"}, "", "a/x-GGUF", "", 0, 0, 0, 1, JK_RELATION_MERGE, "tag merge"},
    {{"trl"}, "", "a/x-awq", "", 0, 0, 0, 1, JK_RELATION_QUANTIZED, "name"},
    {{"gguf", "trl"}, "", "a/x", "", 0, 0, 0, 1, JK_RELATION_QUANTIZED, "tag gguf"},
    {{0}, "", "a/x", "", 0, 0, 1, 1, JK_RELATION_QUANTIZED, "GGUF files"},
    {{"sft"}, "", "a/x", "", 0, 0, 0, 2, JK_RELATION_FINETUNE, "tags"},
    {{"peft"}, "", "a/x", "quantized", 0, 0, 0, 1, JK_RELATION_QUANTIZED, "tags"},
    {{0}, "", "a/x", "nonsense", 0, 0, 0, 1, JK_RELATION_FINETUNE, "default"},
};

static void test_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct jk_card card = {.library = jk_span_of(row->library), .tag_relation = jk_span_of(row->tag_relation)};
        for (; row->tags[card.tag_count]; card.tag_count++)
            card.tags[card.tag_count] = jk_span_of(row->tags[card.tag_count]);
        struct jk_signs signs = {&card,     jk_span_of(row->name), row->adapter, row->mergekit,
                                       row->gguf, row->parents};
        enum jk_relation relation;
        const char *why;
        jk_infer_relation(&signs, &relation, &why);
        if (relation != row->relation)
            fail_msg("row %zu: %s, not %s", i, jk_relation_text(relation), jk_relation_text(row->relation));
        assert_string_equal(why, row->why);
    }
}

static void test_without_card(void **state)
{
    (void)state;
    struct jk_signs signs = {.name = JK_SPAN("a/x-gguf"), .parents = 1};
    enum jk_relation relation;
    const char *why;
    jk_infer_relation(&signs, &relation, &why);
    assert_int_equal(relation, JK_RELATION_QUANTIZED);
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
    reads("huggingface.co/a/b", true, "huggingface.co/a/b", "");
    reads("huggingface.co/a/b@" COMMIT, true, "huggingface.co/a/b", COMMIT);
    reads("https://modelscope.cn/models/a/b", true, "modelscope.cn/models/a/b", "");
    does_not_read("/home/kim/model", "path on a disk");
    does_not_read("./out", "path on a disk");
    does_not_read("outputs/sft/checkpoint-100", "neither");
    does_not_read("bert", "publisher/model");
    does_not_read("", "publisher/model");
    does_not_read("a/b@", "ends in");
    does_not_read("a/b@1 2", "version");
    does_not_read("huggingface.co/a/b@main", "commit");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantized_names),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_without_card),
        cmocka_unit_test(test_parents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
