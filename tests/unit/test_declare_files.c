/* Which of a model's files count, by their names alone; and of GGUF files, in which order they are looked into. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "declare/files.h"

static void kind_is(const char *name, enum jk_file_kind kind)
{
    if (jk_file_kind(jk_span_of(name)) != kind)
        fail_msg("%s is %d, not %d", name, jk_file_kind(jk_span_of(name)), kind);
}

static void test_kinds(void **state)
{
    (void)state;
    kind_is("README.md", JK_FILE_CARD);
    kind_is("Readme.MD", JK_FILE_CARD);
    kind_is("docs/README.md", JK_FILE_OTHER);
    kind_is("adapter_config.json", JK_FILE_ADAPTER_CONFIG);
    kind_is("checkpoint-100/adapter_config.json", JK_FILE_OTHER);
    kind_is("config.json", JK_FILE_CONFIG);
    kind_is("mergekit_config.yml", JK_FILE_RECIPE);
    kind_is("mergekit_moe_config.yaml", JK_FILE_RECIPE);
    kind_is("merge.yml", JK_FILE_RECIPE);
    kind_is("moe.yml", JK_FILE_RECIPE);
    kind_is("smoe_test.yml", JK_FILE_OTHER);
    kind_is("config.yml", JK_FILE_OTHER);
    kind_is("x.GGUF", JK_FILE_GGUF);
    kind_is("Q4/x.gguf", JK_FILE_GGUF);
    kind_is("model.safetensors", JK_FILE_WEIGHTS);
    kind_is("pytorch_model-00001-of-00002.bin", JK_FILE_WEIGHTS);
    kind_is("adapter_model.safetensors", JK_FILE_ADAPTER_WEIGHTS);
    kind_is("pytorch_lora_weights.safetensors", JK_FILE_ADAPTER_WEIGHTS);
    kind_is("training_args.bin", JK_FILE_OTHER);
    kind_is("optimizer.pt", JK_FILE_OTHER);
    kind_is("onnx/model_int8.onnx", JK_FILE_CONVERTED);
    kind_is("openvino_model.xml", JK_FILE_CONVERTED);
    kind_is("openvino_model.bin", JK_FILE_CONVERTED);
    kind_is("tokenizer.json", JK_FILE_OTHER);
}

static void test_passed(void **state)
{
    (void)state;
    const char *const yes[] = {"mmproj-x.gguf",  "x/mmproj.gguf",         "x-mmproj-f16.gguf",      "imatrix.gguf",
                               "x.imatrix.gguf", "x-00002-of-00003.gguf", "a/x-00003-of-00003.gguf"},
                      *const no[] = {"x.gguf", "x-00001-of-00003.gguf", "x-2-of-3.gguf", "x-i1-Q4.gguf",
                                     "-00002-of-00003x.gguf"};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        if (!jk_files_gguf_passed(jk_span_of(yes[i]))) fail_msg("%s is not passed over", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        if (jk_files_gguf_passed(jk_span_of(no[i]))) fail_msg("%s is ignored", no[i]);
}

#define FILES(...)                                                                                                     \
    {                                                                                                                  \
        (struct jk_file[]){__VA_ARGS__}, sizeof((struct jk_file[]){__VA_ARGS__}) / sizeof(struct jk_file)              \
    }
#define NAMED(text)                                                                                                    \
    {                                                                                                                  \
        .name = { text, sizeof(text) - 1 }                                                                             \
    }

static void test_order_of_gguf(void **state)
{
    (void)state;
    struct jk_files files = FILES(NAMED("z/b.gguf"), NAMED("lora.gguf"), NAMED("b.gguf"), NAMED("mmproj.gguf"),
                                  NAMED("a-00002-of-00002.gguf"), NAMED("a-00001-of-00002.gguf"), NAMED("README.md"));
    const size_t expected[] = {5, 2, 0, 1};
    size_t found[JK_FILES_GGUF_MAX];
    assert_int_equal(jk_files_gguf(&files, found, JK_FILES_GGUF_MAX), 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(found[i], expected[i]);
    assert_int_equal(jk_files_gguf(&files, found, 2), 2);
    assert_int_equal(found[0], 5);
    assert_int_equal(found[1], 2);
}

static void test_wanted(void **state)
{
    (void)state;
    struct jk_files files =
        FILES(NAMED("readme.md"), NAMED("README.md"), NAMED("merge.yml"), NAMED("mergekit_config.yml"),
              NAMED("model-00002-of-00002.safetensors"), NAMED("model-00001-of-00002.safetensors"),
              NAMED("mmproj.gguf"), NAMED("x.gguf"), NAMED("notes.txt"));
    const size_t expected[] = {0, JK_FILES_CARD_MAX, 0, JK_FILES_TEXT_MAX, 0, JK_FILES_HEAD_MAX,
                               0, JK_FILES_HEAD_MAX, 0};
    jk_files_want(&files);
    for (size_t i = 0; i < files.count; i++)
        assert_int_equal(files.items[i].wanted, expected[i]);
    assert_int_equal(jk_files_best(&files, JK_FILE_ADAPTER_CONFIG), files.count);
    files.items[2].bytes = JK_SPAN("models: []"); /* what is there goes before a better name */
    assert_int_equal(jk_files_best(&files, JK_FILE_RECIPE), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_passed),
        cmocka_unit_test(test_order_of_gguf),
        cmocka_unit_test(test_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
