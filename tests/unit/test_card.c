/* Model cards: every card of tests/data/model-cards against its expected fields, and the odd forms that real and
 * hostile cards have. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/console/local.h"
#include "declare/card.h"
#include "declare/parent_tag.h"
#include "declare/infer.h"

#define CARDS JK_TESTS_DIR "/data/model-cards/"

static struct jk_arena arena;
static struct jk_error error;

static int setup(void **state)
{
    (void)state;
    jk_arena_init(&arena, 32u << 20);
    jk_error_init(&error, &arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    jk_arena_done(&arena);
    return 0;
}

static enum jk_status parse(struct jk_span text, struct jk_card *card)
{
    jk_error_init(&error, &arena);
    return jk_card_parse(text, &arena, card, &error);
}

static struct jk_card good(const char *text)
{
    struct jk_card card;
    if (parse(jk_span_of(text), &card) != JK_OK) fail_msg("%s", error.message);
    return card;
}

static void refused(const char *text, const char *field, const char *part)
{
    struct jk_card card;
    assert_int_equal(parse(jk_span_of(text), &card), JK_INVALID_ARGUMENT);
    assert_true(error.violation_count > 0);
    assert_string_equal(error.violations[0].field, field);
    if (!strstr(error.violations[0].rule, part)) fail_msg("\"%s\" lacks \"%s\"", error.violations[0].rule, part);
}

/* Whether something that the card's reader doubted says so. */
static void doubts(const struct jk_card *card, const char *part)
{
    for (size_t i = 0; i < card->doubts.count; i++)
        if (strstr(card->doubts.items[i], part)) return;
    fail_msg("no doubt says \"%s\"", part);
}

static void is(struct jk_span text, const char *expected)
{
    if (!jk_span_equal(text, jk_span_of(expected))) fail_msg("\"%.*s\", not \"%s\"", JK_SPAN_ARG(text), expected);
}

struct expected {
    const char *file; /* publisher__model.md */
    const char *parents[3];
    enum jk_relation relation;
    const char *why, *license, *license_name;
};

static const struct expected cards[] = {
    {"mradermacher__EXAONE-3.5-7.8B-Instruct-GGUF.md",
     {"LGAI-EXAONE/EXAONE-3.5-7.8B-Instruct"},
     JK_RELATION_QUANTIZED,
     "name",
     "other",
     "exaone"},
    {"Felladrin__gguf-sharded-Q5_K_M-EXAONE-3.5-2.4B-Instruct.md",
     {"LGAI-EXAONE/EXAONE-3.5-2.4B-Instruct-GGUF"},
     JK_RELATION_QUANTIZED,
     "name",
     "",
     ""},
    {"swchoi1994__exaone3.0-8b-gguf.md",
     {"LGAI-EXAONE/EXAONE-3.0-7.8B-Instruct"},
     JK_RELATION_QUANTIZED,
     "name",
     "apache-2.0",
     ""},
    {"invalid-coder__SOLAR-10.7B-Instruct-SOLARC-M-10.7B-slerp.md",
     {"upstage/SOLAR-10.7B-Instruct-v1.0", "DopeorNope/SOLARC-M-10.7B"},
     JK_RELATION_MERGE,
     "two parents, tags",
     "apache-2.0",
     ""},
    {"Nekuromento__ActionGemma-LoRA-9b.md",
     {"google/gemma-2-9b-it", "KishoreK/ActionGemma-9B"},
     JK_RELATION_ADAPTER,
     "tag peft",
     "",
     ""},
    {"QuantFactory__EXAONE-3.0-7.8B-Instruct-GGUF.md", {0}, JK_RELATION_QUANTIZED, "name", "other", "exaone"},
    {"LGAI-EXAONE__EXAONE-4.0-32B-GPTQ.md",
     {"LGAI-EXAONE/EXAONE-4.0-32B"},
     JK_RELATION_QUANTIZED,
     "declared",
     "other",
     "exaone"},
    {"huggingface-KREW__EXAONE-3.5-7.8B-Instruct-KoCulture.md",
     {"LGAI-EXAONE/EXAONE-3.5-7.8B-Instruct"},
     JK_RELATION_FINETUNE,
     "tags",
     "other",
     "exaone"},
    {"minpeter__HyperCLOVAX-SEED-Text-Instruct-0.5B-hf.md",
     {"naver-hyperclovax/HyperCLOVAX-SEED-Text-Instruct-0.5B"},
     JK_RELATION_FINETUNE,
     "default",
     "other",
     "hyperclovax-seed"},
    {"nota-ai__Solar-Open2-250B-Nota-NVFP4.md",
     {"upstage/Solar-Open2-250B"},
     JK_RELATION_QUANTIZED,
     "declared",
     "other",
     "upstage-solar-license"},
};

/* The model's name is the file's, with "/" for "__". */
static struct jk_span name_of(const char *file)
{
    char *name = jk_arena_copy(&arena, file, strlen(file) - 3);
    char *mark = strstr(name, "__");
    *mark = '/';
    memmove(mark + 1, mark + 2, strlen(mark + 2) + 1);
    return jk_span_of(name);
}

static void check_card(const struct expected *expected)
{
    char path[512];
    struct jk_span text;
    struct jk_card card;
    snprintf(path, sizeof path, "%s%s", CARDS, expected->file);
    assert_int_equal(jk_local_read(path, 1 << 20, &arena, &text, &error), JK_OK);
    assert_int_equal(parse(text, &card), JK_OK);
    size_t count = 0;
    while (expected->parents[count])
        count++;
    assert_int_equal(card.parents.count, count);
    for (size_t i = 0; i < count; i++)
        is(card.parents.items[i], expected->parents[i]);
    is(card.licenses.count > 0 ? card.licenses.items[0] : JK_SPAN(""), expected->license);
    is(card.license_name, expected->license_name);
    struct jk_signs signs = {.card = &card, .name = name_of(expected->file), .parents = &card.parents};
    struct jk_inference inference;
    jk_infer_relation(&signs, &inference);
    struct jk_inferred found = inference.first;
    if (card.relation.len > 0) {
        found.why = "declared";
        assert_true(jk_relation_parse(card.relation, &found.relation));
    }
    assert_int_equal(found.relation, expected->relation);
    assert_string_equal(found.why, expected->why);
}

static void test_real_cards(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cards / sizeof cards[0]; i++)
        check_card(&cards[i]);
}

static void test_before_the_fence(void **state)
{
    (void)state;
    is(good("\xEF\xBB\xBF---\nlicense: mit\n---\n").licenses.items[0], "mit");
    is(good("\n  \n\t\n---  \nlicense: mit\n---\t\nbody").licenses.items[0], "mit");
    is(good("---\r\nlicense: mit\r\nbase_model: a/b\r\n---\r\nbody\r\n").licenses.items[0], "mit");
    is(good("---\nlicense: mit\n---").licenses.items[0], "mit");
    assert_false(good("# title\n---\nsome: text\n---\n").front_matter);
    assert_false(good("").front_matter);
    assert_false(good("----\nlicense: mit\n---\n").front_matter);
    assert_true(good("---\n---\n").front_matter);
    assert_true(good("---\n# nothing\n---\n").front_matter);
    refused("---\nlicense: mit\n", "card", "no end");
}

static void test_body_does_not_count(void **state)
{
    (void)state;
    struct jk_card card = good("---\nlicense: mit\n---\n```yaml\nbase_model: a/b\n```\n---\nbase_model: c/d\n---\n");
    assert_int_equal(card.parents.count, 0);
}

static void test_values(void **state)
{
    (void)state;
    struct jk_card card =
        good("---\nbase_model:\n  a/b\nlicense:\n  mit\nversion: 1.10\ntags: one\nlibrary_name: peft\n---\n");
    is(card.parents.items[0], "a/b");
    is(card.licenses.items[0], "mit");
    is(card.version, "1.10");
    is(card.library, "peft");
    assert_true(jk_card_has_tag(&card, "ONE"));
    assert_false(jk_card_has_tag(&card, "on"));
    card = good("---\nbase_model: [a/b, A/B, null, '', c/d]\nlicense: [mit, apache-2.0]\n---\n");
    assert_int_equal(card.parents.count, 2);
    is(card.licenses.items[0], "mit");
    assert_int_equal(card.licenses.count, 2);
    assert_int_equal(good("---\nbase_model: null\nlicense: ~\n---\n").parents.count, 0);
    is(good("---\nlicense: \"null\"\n---\n").licenses.items[0], "null");
}

/* Front matter that stands further down, or in a comment. */
static void test_below_the_top(void **state)
{
    (void)state;
    struct jk_card card = good("# Title\n\n---\nlicense: mit\nbase_model: a/b\n---\ntext\n");
    is(card.parents.items[0], "a/b");
    doubts(&card, "begins in line 4, not at the top");
    card = good("<!--\n---\nbase_model: a/b\n---\n-->\n# Title\n");
    is(card.parents.items[0], "a/b");
    card = good("<!-- ---\nbase_model: a/b\n--- -->\n");
    is(card.parents.items[0], "a/b");
    card = good("# Title\n\n---\n\nA rule above, and one below.\n\n---\nbase_model: a/b\n---\n");
    is(card.parents.items[0], "a/b");
    assert_false(good("# Title\n```\n---\nbase_model: a/b\n---\n```\n").front_matter);
    assert_false(good("# Title\n---\nNote: this is text\n---\n").front_matter);
    assert_false(good("# Title\n---\nbase_model: [\n---\n").front_matter);
}

/* Keys and values as people vary them: what they mean is read, and what was odd is told. */
static void test_variants(void **state)
{
    (void)state;
    struct jk_card card = good("---\nBase_Model: a/b\nLicense: mit\nTags: [sft]\n---\n");
    is(card.parents.items[0], "a/b");
    is(card.licenses.items[0], "mit");
    assert_true(jk_card_has_tag(&card, "sft"));
    doubts(&card, "line 2 of the card has \"Base_Model\", which is read as base_model");
    card = good("---\nbase_models:\n- a/b\n- c/d\nlicence: mit\n---\n");
    assert_int_equal(card.parents.count, 2);
    is(card.licenses.items[0], "mit");
    card = good("---\nbase_model: a/b\nbase-model: c/d\n---\n");
    assert_int_equal(card.parents.count, 1);
    doubts(&card, "line 3 of the card has \"base-model\", which is ignored");
    card = good("---\nbase_model:\n- name: B 1\n  organization: A\n- repo_url: https://huggingface.co/c/d\n"
                "- model: e/f\n- name: g/h\n---\n");
    assert_int_equal(card.parents.count, 4);
    is(card.parents.items[0], "A/B-1");
    doubts(&card, "composed of an organization and a name");
    is(card.parents.items[1], "https://huggingface.co/c/d");
    is(card.parents.items[2], "e/f");
    is(card.parents.items[3], "g/h");
    card = good("---\nbase_model: |\n  a/b\n  c/d\nbase_model_relation: [merge]\n---\n");
    assert_int_equal(card.parents.count, 2);
    is(card.relation, "merge");
    card = good("---\nbase_model: \"a/b\xC2\xA0\"\nlicense: \"mit\xE2\x80\x8B\"\nlibrary_name: [peft, x]\n---\n");
    is(card.parents.items[0], "a/b");
    is(card.licenses.items[0], "mit");
    doubts(&card, "library_name in line 4");
    card = good("---\nx: &a {base_model: a/b, license: mit}\n<<: *a\nlicense: isc\n---\n");
    is(card.parents.items[0], "a/b");
    is(card.licenses.items[0], "isc");
}

/* Of tags past the limit, the parents are read all the same. */
static void test_many_tags(void **state)
{
    (void)state;
    struct jk_text text;
    struct jk_card card;
    jk_text_init(&text, 0);
    jk_text_add_str(&text, "---\ntags:\n");
    for (size_t i = 0; i < JK_CARD_TAGS_MAX; i++)
        jk_text_addf(&text, "- t%zu\n", i);
    jk_text_add_str(&text, "- base_model:adapter:a/b\n- base_model: c/d\n---\n");
    assert_int_equal(parse(jk_text_span(&text), &card), JK_OK);
    jk_text_done(&text);
    assert_int_equal(card.tag_count, JK_CARD_TAGS_MAX);
    assert_int_equal(card.tag_parents.count, 2);
    is(card.tag_parents.items[1], "c/d");
    is(card.tag_relation, "adapter");
    card = good("---\ntags: peft, lora\n---\n");
    assert_true(jk_card_has_tag(&card, "lora"));
    card = good("---\ntags: [\"license:mit\"]\n---\n");
    is(card.tag_license, "mit");
}

static void test_parent_tags(void **state)
{
    (void)state;
    static const struct {
        const char *tag, *name, *word;
        enum jk_relation relation;
    } rows[] = {
        {"base_model:a/b", "a/b", "", JK_RELATION_NONE},
        {"base_model:adapter:a/b", "a/b", "adapter", JK_RELATION_ADAPTER},
        {"base_model:distill:a/b", "a/b", "distill", JK_RELATION_NONE}, /* none of the Hub's four */
        {"base_model:by hand:a/b", "a/b", "by hand", JK_RELATION_NONE},
        {"base_model:merge:https://hub/a/b", "https://hub/a/b", "merge", JK_RELATION_MERGE},
        {"base_model:https://hub/a/b", "https://hub/a/b", "", JK_RELATION_NONE},
        {"base_model:a/b:c", "a/b:c", "", JK_RELATION_NONE},
        {"base_model:finetune:", NULL, "finetune", JK_RELATION_FINETUNE},
        {"base_model:finetune", NULL, "", JK_RELATION_NONE},
        {"base_model:", NULL, "", JK_RELATION_NONE},
        {"base_model", NULL, "", JK_RELATION_NONE},
        {"base_models:a/b", NULL, "", JK_RELATION_NONE},
        {"", NULL, "", JK_RELATION_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct jk_parent_tag parent;
        assert_int_equal(jk_parent_tag_read(jk_span_of(rows[i].tag), &parent), rows[i].name != NULL);
        if (rows[i].name) is(parent.name, rows[i].name);
        is(parent.word, rows[i].word);
        assert_int_equal(parent.relation, rows[i].relation);
    }
}

/* A model may be written with its hub's host, in letters of any case. */
static void test_ids_on_a_hub(void **state)
{
    (void)state;
    static const struct {
        const char *text, *hub, *id;
    } rows[] = {
        {"a/b", "hub.example", "a/b"},
        {"https://huggingface.co/a/b", "huggingface.co", "a/b"},
        {"hub.example/a/b", "hub.example", "a/b"},
        {"Hub.Example/a/b", "hub.example", "a/b"},
        {"https://hub.example/a/b", "hub.example", "a/b"},
        {"hub.example/a/b", "huggingface.co", ""},
        {"hub.example.org/a/b", "hub.example", ""},
        {"hub.example/a/b/c", "hub.example", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct jk_parent_text parent;
        if (jk_parents_read(jk_span_of(rows[i].text), &arena, &parent) != NULL)
            fail_msg("%s is no parent", rows[i].text);
        is(jk_parents_id_on(&parent, jk_span_of(rows[i].hub)), rows[i].id);
    }
}

static void test_tags_of_parents(void **state)
{
    (void)state;
    struct jk_card card =
        good("---\ntags:\n- base_model:quantized:a/b\n- base_model:c/d\n- base_model:merge\n- x\n---\n");
    assert_int_equal(card.tag_parents.count, 2);
    is(card.tag_parents.items[0], "a/b");
    is(card.tag_parents.items[1], "c/d");
    is(card.tag_relation, "quantized");
}

static void test_mistakes(void **state)
{
    (void)state;
    refused("---\nbase_model: {a: b}\n---\n", "base_model", "line 2");
    refused("---\nbase_model:\n- [a]\n---\n", "base_model", "line 3");
    refused("---\nlicense_name: [a, b]\n---\n", "license_name", "one value");
    refused("---\nlicense:\n  name: mit\n---\n", "license", "line 3");
    refused("---\nlicense: [mit, [a]]\n---\n", "license", "line 2");
    refused("---\nbase_model_relation: [finetune, merge]\n---\n", "base_model_relation", "one value");
    refused("---\nlicense: mit\nlicense: mit\n---\n", "card", "line 3");
    refused("---\nlicense:\tmit\n\tbase_model: a/b\n---\n", "card", "line 3");
    refused("---\n- a\n---\n", "card", "key: value");
    refused("---\na: *x\n---\n", "card", "line 2: the alias *x is undefined");
    refused("---\nbase_model a/b\nlicense: mit\n---\n", "card", "line 3: a \":\" is in a place where none may be");
    refused("---\nbase_model a/b\n---\n", "card", "key: value");
    refused("---\nlicense: mit\nbase_model a/b\n\n\nx: y\n---\n", "card", "line 3: a \":\" is missing");
    refused("---\nlicense: mit\ntitle: \"x\nlicense_name: y\n---\n", "card", "line 3");
    refused("---\ntitle: a\xE2\x80\xA8"
            "b\nlicense: mit\nlicense: mit\n---\n",
            "card", "line 4");
    refused("---\nlicense: \xff\xfe\n---\n", "card", "UTF-8");
    refused("\n\n---\nlicense: mit\n  bad: [\n---\n", "card", "line 5");
}

static void test_parents_limit(void **state)
{
    (void)state;
    for (size_t count = JK_PARENTS_MAX; count <= JK_PARENTS_MAX + 1; count++) {
        struct jk_text text;
        struct jk_card card;
        jk_text_init(&text, 0);
        jk_text_add_str(&text, "---\nbase_model:\n");
        for (size_t i = 0; i < count; i++)
            jk_text_addf(&text, "- a/b%zu\n", i);
        jk_text_add_str(&text, "---\n");
        enum jk_status status = parse(jk_text_span(&text), &card);
        assert_int_equal(status, count == JK_PARENTS_MAX ? JK_OK : JK_INVALID_ARGUMENT);
        jk_text_done(&text);
    }
}

static void test_front_matter_limit(void **state)
{
    (void)state;
    for (size_t extra = 0; extra <= 1; extra++) {
        struct jk_text text;
        struct jk_card card;
        jk_text_init(&text, 0);
        jk_text_add_str(&text, "---\n#");
        while (text.len < 4 + JK_CARD_FRONT_MAX - 1 + extra)
            jk_text_add_char(&text, 'x');
        jk_text_add_str(&text, "\n---\n");
        assert_int_equal(parse(jk_text_span(&text), &card), extra ? JK_INVALID_ARGUMENT : JK_OK);
        jk_text_done(&text);
    }
}

/* What is wrong with one field keeps none of the others from being read. */
static void test_wrong_beside_right(void **state)
{
    struct jk_card card;
    (void)state;
    assert_int_equal(parse(JK_SPAN("---\nbase_model: {a: b}\nlicense: [mit, {a: b}]\nbase_model_relation: merge\ntags: "
                                   "[\"base_model:c/d\"]\n---\n"),
                           &card),
                     JK_INVALID_ARGUMENT);
    assert_int_equal(error.violation_count, 2);
    is(card.relation, "merge");
    assert_int_equal(card.licenses.count, 1);
    is(card.licenses.items[0], "mit");
    assert_int_equal(card.parents.count, 0);
    is(card.tag_parents.items[0], "c/d");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real_cards),
        cmocka_unit_test(test_before_the_fence),
        cmocka_unit_test(test_body_does_not_count),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_wrong_beside_right),
        cmocka_unit_test(test_below_the_top),
        cmocka_unit_test(test_variants),
        cmocka_unit_test(test_many_tags),
        cmocka_unit_test(test_tags_of_parents),
        cmocka_unit_test(test_parent_tags),
        cmocka_unit_test(test_ids_on_a_hub),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_parents_limit),
        cmocka_unit_test(test_front_matter_limit),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
