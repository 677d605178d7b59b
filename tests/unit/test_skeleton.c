/* domain/skeleton and domain/upstream: names on both sides of the line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "domain/skeleton.h"
#include "domain/upstream.h"

static bool alike(const char *a, const char *b)
{
    struct jk_skeletons left, right;
    jk_skeletons_make(jk_span_of(a), &left);
    jk_skeletons_make(jk_span_of(b), &right);
    assert_int_equal(jk_skeletons_alike(&left, &right), jk_skeletons_alike(&right, &left));
    return jk_skeletons_alike(&left, &right);
}

/* A reserved name, and another that looks like it, or does not. */
static const struct {
    const char *reserved, *name;
    bool alike;
} table[] = {
    {"LGAI-EXAONE", "LGAI-EXA0NE", true},
    {"LGAI-EXAONE", "lgai_exaone", true},
    {"LGAI-EXAONE", "1gai.EXAONE", true},
    {"LGAI-EXAONE", "LGAl-EXAONE", true},
    {"LGAI-EXAONE", "LGAI-EXAONE-official", true},
    {"LGAI-EXAONE", "LGAI-EXAONE-0fficia1", true}, /* an affix is seen as the eye sees it */
    {"LGAI-EXAONE", "LGAI-EXAONE-labs-ai-hq", true},
    {"LGAI-EXAONE", "LGAI-EXAONE-lab", false},
    {"LGAI-EXAONE", "LGAI-EXA", false},
    {"LGAI-EXAONE", "official-LGAI-EXAONE", false},
    {"upstage", "upstage-ai", true},
    {"upstage", "UP-STAGE", true},
    {"upstage", "up5tage", true},
    {"upstage", "upstage-research", true},
    {"upstage", "upstageai", false}, /* cut at separators only */
    {"upstage", "upstage_ai", true},
    {"upstage", "UPSTAGE.AI", true},
    {"upstage", "upstage._ai", true},
    {"upstage", "upstage_research.labs-hq", true},
    {"upstage", "upstage-a.i", true}, /* separators within an affix are dropped */
    {"upstage", "upstage-l.a.b.s", true},
    {"upstage", "upstage-officia1-.", true},
    {"upstage", "upstage-officially", false},
    {"upstage", ".ai.upstage", false},
    {"upstage", "upstages", false},
    {"upstage", "solar-lab", false},
    {"naver-cloud", "naver-c1oud", true},
    {"naver-cloud", "naver-cloud-a1", true},
    {"Motif-Technologies", "Rnotif-Technologies", true},
    {"Motif-Technologies", "r.n.otiftechnologies", true},
    {"Motif-Technologies", "Motif", false},
    {"Motif Technologies", "Motif-Technologies", true},
    {"LG AI Research", "lg", true},
    {"LG AI Research", "LG-AI-Labs", true},
    {"LG AI Research", "lg-research", true},
    {"LG AI Research", "lgairesearch", true},
    {"LG AI Research", "lgai", false},
    {"lg-ai-research", "1G", true},
    {"nc-ai", "NC", true},
    {"nc-ai", "ncai", true},
    {"nc-ai", "ncsoft", false},
    {"Qwen", "Qvven", true},
    {"Qwen", "qvvven", false},
    {"Qwen", "Qwen-official", true},
    {"Qwen", "Qwen2", false},
    {"deepseek-ai", "deepseek", true},
    {"deepseek-ai", "deep5eek-labs", true},
    {"deepseek-ai", "deepseekai", true},
    {"microsoft", "rnicrosoft", true},
    {"microsoft", "micr0s0ft", true},
    {"openai", "0pena1", true},
    {"openai", "open-ai", true},
    {"openai", "open", false},
    {"ai21labs", "ai21-labs", true},
    {"ai21", "ai21labs", false},
    {"vw", "wv", true}, /* both are "vvv" to the eye */
    {"vw", "vvv", true},
    {"rnm", "mrn", true},
    {"a", "A", true},
    {"ai", "labs", false},
    {"x-ai", "x-labs", true},
};

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (alike(table[i].reserved, table[i].name) != table[i].alike)
            fail_msg("%s and %s are %salike", table[i].reserved, table[i].name, table[i].alike ? "not " : "");
}

static void test_what_has_none(void **state)
{
    (void)state;
    char longest[JK_LABEL_MAX + 1];
    struct jk_skeletons skeletons;
    static const char *const none[] = {"", "-", "._ ", "LG\xec\x97\xb0\xea\xb5\xac\xec\x9b\x90", "\xff"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        jk_skeletons_make(jk_span_of(none[i]), &skeletons);
        assert_int_equal(skeletons.whole_len, 0);
        assert_int_equal(skeletons.trunk_len, 0);
        assert_false(alike(none[i], none[i])); /* not even like itself */
    }
    memset(longest, 'm', sizeof longest);
    jk_skeletons_make((struct jk_span){longest, JK_LABEL_MAX}, &skeletons);
    assert_int_equal(skeletons.whole_len, JK_SKELETON_MAX);
    assert_int_equal(skeletons.trunk_len, JK_SKELETON_MAX);
    jk_skeletons_make((struct jk_span){longest, JK_LABEL_MAX + 1}, &skeletons);
    assert_int_equal(skeletons.whole_len, 0);
}

static void test_trunks_are_never_empty(void **state)
{
    (void)state;
    struct jk_skeletons skeletons;
    jk_skeletons_make(JK_SPAN("ai-labs-hq"), &skeletons);
    assert_int_equal(skeletons.trunk_len, 2);
    assert_memory_equal(skeletons.trunk, "al", 2);
    jk_skeletons_make(JK_SPAN("_-ai"), &skeletons); /* nothing would be left */
    assert_int_equal(skeletons.trunk_len, 2);
}

static const char *upstream(const char *name)
{
    static char found[JK_NAME_PART_MAX + 1];
    struct jk_span like = jk_upstream_alike(jk_span_of(name));
    assert_true(like.len <= JK_NAME_PART_MAX);
    if (like.len) memcpy(found, like.at, like.len);
    found[like.len] = '\0';
    return found;
}

static void test_upstream(void **state)
{
    (void)state;
    static const char *const reserved[][2] = {
        {"Qwen", "Qwen"},
        {"qwen-ai", "Qwen"},
        {"meta-1lama", "meta-llama"},
        {"G00gle", "google"},
        {"mistral-ai", "mistral"},
        {"rnistralai", "mistralai"},
        {"nvldia", "nvidia"},
        {"unsloth-ai", "unsloth"},
        {"the-bloke", "TheBloke"},
        {"IBM_granite", "ibm-granite"},
        {"zai-org-labs", "zai-org"},
        {"thudrn", "THUDM"},
        {"Hugging-Face", "huggingface"},
        {"Qwen.ai", "Qwen"},
        {"MISTRAL_AI", "mistral"},
        {"Meta-AI", "meta"},
        {"kaka0", "kakao"},
        {"naver-ai", "naver"},
        {"1gai", "lgai"},
        {"exaone.research", "exaone"},
        {"deep.mind", "deepmind"},
        {"N-VIDIA", "nvidia"},
    };
    static const char *const free_names[] = {"ai21labs",          "solar-lab", "kim",        "metal",
                                             "invented-dev-0001", "mistrals",  "google-fan", "qwen2",
                                             "my-qwen",           "nvidias",   "alice",      "acme"};
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        assert_string_equal(upstream(reserved[i][0]), reserved[i][1]);
    for (size_t i = 0; i < sizeof free_names / sizeof free_names[0]; i++)
        assert_string_equal(upstream(free_names[i]), "");
}

/* Each line of the list is a name that a publisher could have, and none is there twice. */
static void test_the_list(void **state)
{
    (void)state;
    extern const unsigned char jk_data_upstream[];
    extern const size_t jk_data_upstream_len;
    struct jk_span rest = {(const char *)jk_data_upstream, jk_data_upstream_len}, line;
    char name[JK_LABEL_MAX];
    size_t count = 0;
    while (jk_span_line(&rest, &line)) {
        if (line.len == 0 || line.at[0] == '#') continue;
        count++;
        snprintf(name, sizeof name, "%.*s", JK_SPAN_ARG(line));
        if (jk_ident_part_fault(line)) fail_msg("%s %s", name, jk_ident_part_fault(line));
        if (strcmp(upstream(name), name) != 0) fail_msg("%s looks like %s, before it", name, upstream(name));
    }
    assert_true(count > 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_what_has_none),
        cmocka_unit_test(test_trunks_are_never_empty),
        cmocka_unit_test(test_upstream),
        cmocka_unit_test(test_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
