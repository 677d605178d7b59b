/* The GGUF reader on files built in memory: every beginning of them, false counts, and each limit. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "base/text.h"
#include "declare/gguf.h"
#include "weights/gguf_reader.h"

enum { U8 = 0, U32 = 4, STRING = 8, ARRAY = 9, U64 = 10 };

static void number(struct jk_text *file, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        jk_text_add_char(file, (char)(value >> (8 * i)));
}

static void string(struct jk_text *file, const char *text)
{
    number(file, strlen(text), 8);
    jk_text_add_str(file, text);
}

static void head(struct jk_text *file, uint32_t version, uint64_t keys)
{
    jk_text_init(file, 0);
    jk_text_add_str(file, "GGUF");
    number(file, version, 4);
    number(file, 3, 8);
    number(file, keys, 8);
}

static void text_key(struct jk_text *file, const char *key, const char *value)
{
    string(file, key);
    number(file, STRING, 4);
    string(file, value);
}

static void build(struct jk_text *file)
{
    head(file, 3, 7);
    text_key(file, "general.name", "EXAONE 3.5");
    string(file, "general.base_model.count");
    number(file, U32, 4);
    number(file, 2, 4);
    text_key(file, "general.base_model.0.repo_url", "https://huggingface.co/a/b");
    string(file, "tokenizer.tokens");
    number(file, ARRAY, 4);
    number(file, STRING, 4);
    number(file, 2, 8);
    string(file, "x");
    string(file, "");
    string(file, "numbers");
    number(file, ARRAY, 4);
    number(file, U64, 4);
    number(file, 2, 8);
    number(file, 1, 8);
    number(file, 2, 8);
    text_key(file, "general.base_model.1.repo_url", "https://huggingface.co/c/d");
    text_key(file, "general.license", "mit");
}

static struct jk_gguf parse(struct jk_span bytes)
{
    struct jk_gguf gguf;
    struct jk_error error;
    jk_error_init(&error, NULL);
    if (jk_gguf_parse(bytes, &gguf, &error) != JK_OK) fail_msg("%s", error.message);
    return gguf;
}

static void refused(struct jk_span bytes)
{
    struct jk_gguf gguf;
    struct jk_error error;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_gguf_parse(bytes, &gguf, &error), JK_INVALID_ARGUMENT);
}

static void test_whole(void **state)
{
    (void)state;
    struct jk_text file;
    build(&file);
    struct jk_gguf gguf = parse(jk_text_span(&file));
    assert_false(gguf.partial);
    assert_int_equal(gguf.base_count, 2);
    assert_true(jk_span_equal(gguf.name, JK_SPAN("EXAONE 3.5")));
    assert_true(jk_span_equal(gguf.bases[0].repo_url, JK_SPAN("https://huggingface.co/a/b")));
    assert_true(jk_span_equal(gguf.bases[1].repo_url, JK_SPAN("https://huggingface.co/c/d")));
    assert_true(jk_span_equal(gguf.license, JK_SPAN("mit")));
    jk_text_done(&file);
}

/* Files of other machines. */
static void test_big_endian(void **state)
{
    (void)state;
    static const char file[] = "GGUF\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"
                               "\0\0\0\0\0\0\0\14general.name\0\0\0\10\0\0\0\0\0\0\0\2AX";
    struct jk_gguf gguf = parse((struct jk_span){file, sizeof file - 1});
    assert_true(gguf.big_endian && !gguf.partial);
    assert_true(jk_span_equal(gguf.name, JK_SPAN("AX")));
}

static void parents_are(const char *const (*keys)[2], size_t count, const char *expected, const char *doubt)
{
    struct jk_arena arena;
    struct jk_text file;
    jk_arena_init(&arena, 1 << 20);
    head(&file, 3, count);
    for (size_t i = 0; i < count; i++)
        text_key(&file, keys[i][0], keys[i][1]);
    struct jk_gguf gguf = parse(jk_text_span(&file));
    struct jk_doubts doubts = {.arena = &arena};
    struct jk_names names = {0};
    jk_gguf_parents(&gguf, &doubts, &names);
    assert_int_equal(names.count, *expected ? 1 : 0);
    if (*expected && !jk_span_equal(names.items[0], jk_span_of(expected)))
        fail_msg("%.*s, not %s", JK_SPAN_ARG(names.items[0]), expected);
    if (doubt && (doubts.count == 0 || !strstr(doubts.items[0], doubt))) fail_msg("no doubt says \"%s\"", doubt);
    if (!doubt && doubts.count > 0) fail_msg("%s", doubts.items[0]);
    jk_text_done(&file);
    jk_arena_done(&arena);
}

/* Where a file was made from: the ways in which versions and tools have written it. */
static void test_parents(void **state)
{
    (void)state;
#define BASE "general.base_model.0."
    const char *const url[][2] = {{BASE "name", "B 1"},
                                  {BASE "organization", "A"},
                                  {BASE "repo_url", "https://hf.co/a/b"}},
                      *const made[][2] = {{BASE "name", "B 1"}, {BASE "organization", "My Org"}},
                      *const half[][2] = {{BASE "name", "B 1"}},
                      *const repository[][2] = {{"general.source.huggingface.repository", "a/b"}},
                      *const source[][2] = {{"general.source.url", "https://hf.co/a/b"}},
                      *const both[][2] = {{BASE "repo_url", "https://hf.co/a/b"},
                                          {"general.source.repo_url", "https://hf.co/c/d"}},
                      *const same[][2] = {{BASE "repo_url", "https://hf.co/a/b"},
                                          {"general.source.repo_url", "https://hf.co/a/b"}};
#undef BASE
    parents_are(url, 3, "https://hf.co/a/b", NULL);
    parents_are(made, 2, "My-Org/B-1", "composed of the organization");
    parents_are(half, 1, "", "not whose that is");
    parents_are(repository, 1, "a/b", NULL);
    parents_are(source, 1, "https://hf.co/a/b", NULL);
    parents_are(both, 2, "https://hf.co/a/b", "names https://hf.co/c/d as its source");
    parents_are(same, 2, "https://hf.co/a/b", NULL);
}

static void test_what_it_is(void **state)
{
    (void)state;
    const struct {
        const char *type, *architecture, *what;
    } cases[] = {{"mmproj", "", "projector"}, {"", "clip", "projector"}, {"imatrix", "", "importance"},
                 {"adapter", "llama", NULL},  {"model", "llama", NULL},  {"", "", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct jk_gguf gguf = {.type = jk_span_of(cases[i].type), .architecture = jk_span_of(cases[i].architecture)};
        const char *what = jk_gguf_is_other(&gguf);
        assert_int_equal(what != NULL, cases[i].what != NULL);
        if (what) assert_non_null(strstr(what, cases[i].what));
    }
}

/* Each beginning lies in memory of exactly its size, so that a read past it is seen. */
static void test_cut_at_every_byte(void **state)
{
    (void)state;
    struct jk_text file;
    build(&file);
    for (size_t len = 0; len < file.len; len++) {
        char *bytes = malloc(len ? len : 1);
        struct jk_error error;
        struct jk_gguf gguf;
        memcpy(bytes, file.bytes, len);
        jk_error_init(&error, NULL);
        enum jk_status status = jk_gguf_parse((struct jk_span){bytes, len}, &gguf, &error);
        assert_int_equal(status, len < 8 ? JK_INVALID_ARGUMENT : JK_OK);
        if (status == JK_OK && len >= 24) assert_true(gguf.partial);
        free(bytes);
    }
    jk_text_done(&file);
}

static void test_not_gguf(void **state)
{
    (void)state;
    struct jk_text file;
    refused(JK_SPAN(""));
    refused(JK_SPAN("GGML\3\0\0\0"));
    for (uint32_t version = 0; version < 6; version++) {
        head(&file, version, 0);
        if (version == 2 || version == 3)
            assert_false(parse(jk_text_span(&file)).partial);
        else
            refused(jk_text_span(&file));
        jk_text_done(&file);
    }
}

static void test_keys_limit(void **state)
{
    (void)state;
    struct jk_text file;
    head(&file, 3, JK_GGUF_KEYS_MAX);
    assert_true(parse(jk_text_span(&file)).partial);
    jk_text_done(&file);
    head(&file, 3, JK_GGUF_KEYS_MAX + 1);
    refused(jk_text_span(&file));
    jk_text_done(&file);
}

static void test_base_index_limit(void **state)
{
    (void)state;
    struct jk_text file;
    head(&file, 3, 4);
    text_key(&file, "general.base_model.15.repo_url", "https://huggingface.co/a/b");
    text_key(&file, "general.base_model.16.repo_url", "https://huggingface.co/c/d");
    text_key(&file, "general.base_model..repo_url", "https://huggingface.co/e/f");
    text_key(&file, "general.base_model.01.repo_url", "https://huggingface.co/g/h");
    struct jk_gguf gguf = parse(jk_text_span(&file));
    assert_int_equal(gguf.bases[15].repo_url.len, 26);
    for (int i = 0; i < 15; i++)
        assert_int_equal(gguf.bases[i].repo_url.len, 0);
    jk_text_done(&file);
}

/* Arrays of arrays: skipped to depth 4, given up beyond. */
static void test_nesting(void **state)
{
    (void)state;
    for (unsigned depth = 1; depth <= 5; depth++) {
        struct jk_text file;
        head(&file, 3, 2);
        string(&file, "deep");
        number(&file, ARRAY, 4);
        for (unsigned i = 1; i < depth; i++) {
            number(&file, ARRAY, 4);
            number(&file, 1, 8);
        }
        number(&file, U8, 4);
        number(&file, 1, 8);
        number(&file, 7, 1);
        text_key(&file, "general.name", "after");
        struct jk_gguf gguf = parse(jk_text_span(&file));
        assert_int_equal(gguf.partial, depth > 4);
        assert_int_equal(gguf.name.len, depth > 4 ? 0 : 5);
        jk_text_done(&file);
    }
}

static void test_false_counts(void **state)
{
    (void)state;
    const uint64_t counts[] = {UINT64_MAX, UINT64_MAX / 8, 1ull << 32};
    for (size_t i = 0; i < 3; i++) {
        for (uint32_t type = 0; type < 14; type++) {
            struct jk_text file;
            head(&file, 3, 1);
            string(&file, "k");
            number(&file, ARRAY, 4);
            number(&file, type, 4);
            number(&file, counts[i], 8);
            assert_true(parse(jk_text_span(&file)).partial);
            jk_text_done(&file);
        }
        struct jk_text file;
        head(&file, 3, 1);
        number(&file, counts[i], 8);
        assert_true(parse(jk_text_span(&file)).partial);
        jk_text_done(&file);
    }
}

static void test_bad_text_is_dropped(void **state)
{
    (void)state;
    struct jk_text file;
    head(&file, 3, 1);
    text_key(&file, "general.name", "\xff\xfe");
    struct jk_gguf gguf = parse(jk_text_span(&file));
    assert_false(gguf.partial);
    assert_int_equal(gguf.name.len, 0);
    jk_text_done(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_big_endian),
        cmocka_unit_test(test_parents),
        cmocka_unit_test(test_what_it_is),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_not_gguf),
        cmocka_unit_test(test_keys_limit),
        cmocka_unit_test(test_base_index_limit),
        cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_false_counts),
        cmocka_unit_test(test_bad_text_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
