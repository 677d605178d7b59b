/* Names and their grammar: what is accepted, each rule broken once, each limit one past its edge. Relations too. */
#include "support/golden.h"

#include <stdlib.h>

#include "domain/ident.h"
#include "domain/relation.h"

typedef const char *fault_fn(struct jk_span text);

static void accepts(fault_fn *fault_of, const char *text)
{
    const char *fault = fault_of(jk_span_of(text));
    if (fault) fail_msg("\"%s\" %s", text, fault);
}

static void refuses(fault_fn *fault_of, const char *text, const char *part_of_fault)
{
    const char *fault = fault_of(jk_span_of(text));
    if (!fault) fail_msg("\"%s\" was accepted", text);
    if (!strstr(fault, part_of_fault)) fail_msg("\"%s\" %s, which does not say \"%s\"", text, fault, part_of_fault);
}

/* `count` times `c`, then the end; static memory, overwritten by the next call. */
static const char *repeat(char c, size_t count, const char *end)
{
    static char text[1024];
    memset(text, c, count);
    strcpy(text + count, end);
    return text;
}

static void parts(void **state)
{
    (void)state;
    const char *good[] = {"a", "LGAI-EXAONE", "A.X-4.0", "_x_", "a-b.c_d", "x.gitx", "git", "0"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        accepts(jk_ident_part_fault, good[i]);
    accepts(jk_ident_part_fault, repeat('a', JK_NAME_PART_MAX, ""));
    refuses(jk_ident_part_fault, repeat('a', JK_NAME_PART_MAX + 1, ""), "longer than 96");
    refuses(jk_ident_part_fault, "", "empty");
    refuses(jk_ident_part_fault, "-a", "begin or end");
    refuses(jk_ident_part_fault, "a-", "begin or end");
    refuses(jk_ident_part_fault, ".a", "begin or end");
    refuses(jk_ident_part_fault, "a.", "begin or end");
    refuses(jk_ident_part_fault, "a--b", "--");
    refuses(jk_ident_part_fault, "a..b", "..");
    refuses(jk_ident_part_fault, "a.git", ".git");
    refuses(jk_ident_part_fault, "a.GiT", ".git");
    refuses(jk_ident_part_fault, "a b", "only");
    refuses(jk_ident_part_fault, "모델", "only");
    assert_non_null(jk_ident_part_fault(JK_SPAN("a\0b")));
}

static void models(void **state)
{
    (void)state;
    accepts(jk_ident_model_fault, "skt/A.X-4.0");
    accepts(jk_ident_model_fault, "a/b");
    refuses(jk_ident_model_fault, "a", "one \"/\"");
    refuses(jk_ident_model_fault, "a/b/c", "only");
    refuses(jk_ident_model_fault, "/b", "empty");
    refuses(jk_ident_model_fault, "a/", "empty");
    refuses(jk_ident_model_fault, "a/b--c", "--");
    refuses(jk_ident_model_fault, "a-/b", "begin or end");
    struct jk_span publisher, model;
    jk_ident_split(JK_SPAN("skt/A.X-4.0"), &publisher, &model);
    assert_span_equal(publisher, JK_SPAN("skt"));
    assert_span_equal(model, JK_SPAN("A.X-4.0"));
}

static void versions(void **state)
{
    (void)state;
    accepts(jk_ident_version_fault, "initial");
    accepts(jk_ident_version_fault, "1.0.0-rc.1+build_5");
    accepts(jk_ident_version_fault, repeat('1', JK_VERSION_MAX, ""));
    refuses(jk_ident_version_fault, repeat('1', JK_VERSION_MAX + 1, ""), "longer than 64");
    refuses(jk_ident_version_fault, "", "empty");
    refuses(jk_ident_version_fault, ".1", "begin");
    refuses(jk_ident_version_fault, "1@2", "only");
    refuses(jk_ident_version_fault, "1/2", "only");
}

static void teams(void **state)
{
    (void)state;
    accepts(jk_ident_team_fault, "lg-ai-research");
    accepts(jk_ident_team_fault, repeat('a', JK_TEAM_ID_MAX, ""));
    refuses(jk_ident_team_fault, repeat('a', JK_TEAM_ID_MAX + 1, ""), "longer than 63");
    refuses(jk_ident_team_fault, "", "empty");
    refuses(jk_ident_team_fault, "LG", "lower-case");
    refuses(jk_ident_team_fault, "-lg", "begin or end");
    refuses(jk_ident_team_fault, "lg-", "begin or end");
}

static void labels(void **state)
{
    (void)state;
    accepts(jk_ident_label_fault, "업스테이지 & Co.");
    accepts(jk_ident_label_fault, repeat('a', JK_LABEL_MAX, ""));
    refuses(jk_ident_label_fault, repeat('a', JK_LABEL_MAX + 1, ""), "longer than 200");
    refuses(jk_ident_label_fault, "", "empty");
    refuses(jk_ident_label_fault, " a", "space");
    refuses(jk_ident_label_fault, "a ", "space");
    refuses(jk_ident_label_fault, "a\nb", "control");
    refuses(jk_ident_label_fault, "a\x7f", "control");
    refuses(jk_ident_label_fault, "a\xc2\x85z", "control");
    refuses(jk_ident_label_fault, "a\xff", "UTF-8");
}

static void revisions(void **state)
{
    (void)state;
    accepts(jk_ident_revision_fault, repeat('0', 40, ""));
    accepts(jk_ident_revision_fault, repeat('f', 64, ""));
    refuses(jk_ident_revision_fault, repeat('0', 41, ""), "40 or 64");
    refuses(jk_ident_revision_fault, repeat('0', 63, ""), "40 or 64");
    refuses(jk_ident_revision_fault, repeat('A', 40, ""), "lower-case");
    refuses(jk_ident_revision_fault, "main", "branch");
    refuses(jk_ident_revision_fault, "", "40 or 64");
}

static void folds(void **state)
{
    (void)state;
    char out[64];
    jk_ident_fold(JK_SPAN("LGAI-EXAONE/A.X"), out);
    assert_memory_equal(out, "lgai-exaone/a.x", 15);
    size_t len = jk_ident_fold_lenient(JK_SPAN("HyperCLOVA X_4.0-b"), out);
    assert_span_equal(((struct jk_span){out, len}), JK_SPAN("hyperclovax40b"));
    assert_int_equal(jk_ident_fold_lenient(JK_SPAN("-_. "), out), 0);
}

static void externals(void **state)
{
    (void)state;
    accepts(jk_ident_external_fault, "huggingface.co/google/gemma-2-9b-it");
    accepts(jk_ident_external_fault, "models.example:8443/a/b%40c/%EC%A1%B1");
    accepts(jk_ident_external_fault, "a.b/~x=1,2+3");
    refuses(jk_ident_external_fault, "a.b", "host/id");
    refuses(jk_ident_external_fault, "google/gemma", "DNS name");
    refuses(jk_ident_external_fault, "HuggingFace.co/a", "lower-case");
    refuses(jk_ident_external_fault, "a.b:/c", "DNS name");
    refuses(jk_ident_external_fault, "a.b:0/c", "DNS name");
    refuses(jk_ident_external_fault, "a.b:65536/c", "DNS name");
    refuses(jk_ident_external_fault, "a.b:080/c", "DNS name");
    refuses(jk_ident_external_fault, "-a.b/c", "DNS name");
    refuses(jk_ident_external_fault, "a-.b/c", "DNS name");
    refuses(jk_ident_external_fault, "a..b/c", "DNS name");
    refuses(jk_ident_external_fault, "u@a.b/c", "DNS name");
    refuses(jk_ident_external_fault, "a.b/c@d", "percent-encode");
    refuses(jk_ident_external_fault, "a.b/c d", "percent-encode");
    refuses(jk_ident_external_fault, "a.b/c%4a", "percent-encode"); /* lower-case digits */
    refuses(jk_ident_external_fault, "a.b/c%41", "percent-encode"); /* "A" needs none */
    refuses(jk_ident_external_fault, "a.b/c%2F", "percent-encode");
    refuses(jk_ident_external_fault, "a.b/c%4", "percent-encode");
    refuses(jk_ident_external_fault, "a.b/", "segment");
    refuses(jk_ident_external_fault, "a.b/c//d", "segment");
    refuses(jk_ident_external_fault, "a.b/c/", "segment");
    refuses(jk_ident_external_fault, "a.b/../c", "segment");
    refuses(jk_ident_external_fault, "a.b/./c", "segment");
}

static void external_limits(void **state)
{
    (void)state;
    char text[JK_EXTERNAL_MAX + 2];
    memset(text, 'a', sizeof text);
    memcpy(text, "a.b/", 4);
    assert_null(jk_ident_external_fault((struct jk_span){text, JK_EXTERNAL_MAX}));
    assert_non_null(jk_ident_external_fault((struct jk_span){text, JK_EXTERNAL_MAX + 1}));
    memset(text, 'h', 63);
    memcpy(text + 63, ".x/y", 4);
    assert_null(jk_ident_external_fault((struct jk_span){text, 67}));
    memset(text, 'h', 64);
    memcpy(text + 64, ".x/y", 4);
    assert_non_null(jk_ident_external_fault((struct jk_span){text, 68}));
}

static void from_text(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"https://huggingface.co/google/gemma-2-9b-it", "huggingface.co/google/gemma-2-9b-it"},
        {"  HTTPS://HuggingFace.CO/google/gemma-2-9b-it/  ", "huggingface.co/google/gemma-2-9b-it"},
        {"http://huggingface.co/a/b/tree/main?x=1#y", "huggingface.co/a/b"},
        {"https://huggingface.co/a/b/blob/main/README.md", "huggingface.co/a/b"},
        {"https://huggingface.co/a/tree", "huggingface.co/a/tree"},
        {"https://huggingface.co/tree/main", "huggingface.co/tree/main"},
        {"huggingface.co/a/b", "huggingface.co/a/b"},
        {"https://a.b:443/c", "a.b/c"},
        {"http://a.b:80/c", "a.b/c"},
        {"https://a.b:80/c", "a.b:80/c"},
        {"https://a.b/c%20d/%c3%a9%41", "a.b/c%20d/%C3%A9A"},
        {"a.b/족", "a.b/%EC%A1%B1"},
        {"a.b/c@d", "a.b/c%40d"},
        {"google/gemma-2-9b-it", NULL},
        {"https://a.b", NULL},
        {"https://a.b/", NULL},
        {"https://user@a.b/c", NULL},
        {"ftp://a.b/c", NULL},
        {"a.b/c%2Fd", NULL},
        {"a.b/c%0Ad", NULL},
        {"a.b/c%zz", NULL},
        {"a.b/c%4", NULL},
        {"a.b/\xff", NULL},
        {"a.b/c//d", NULL},
        {"a.b/../c", NULL},
        {"../a.b/c", NULL},
        {"/a.b/c", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct jk_text out;
        jk_text_init(&out, 0);
        bool is_one = jk_ident_external_from(jk_span_of(rows[i][0]), &out);
        if (is_one != (rows[i][1] != NULL)) fail_msg("\"%s\": %s", rows[i][0], is_one ? "accepted" : "refused");
        assert_span_equal(jk_text_span(&out), jk_span_of(rows[i][1] ? rows[i][1] : ""));
        if (is_one) assert_null(jk_ident_external_fault(jk_text_span(&out)));
        jk_text_done(&out);
    }
}

/* Encoding triples a byte: the limit is the canonical form's. */
static void hub_respelled(void **state)
{
    (void)state;
    static const struct {
        const char *text, *id; /* NULL: it is not */
    } rows[] = {
        {"hf.co/a/b", "a/b"},
        {"www.hf.co/a", "a"},
        {"www.huggingface.co/a/b", "a/b"},
        {"huggingface.co:443/a", "a"},
        {"huggingface.co:80/a", "a"},
        {"hf.co:443/a", "a"},
        {"Huggingface.co/a", "a"},
        {"huggingface.co/a/b", NULL},
        {"huggingface.co:8443/a", NULL},
        {"huggingface.co.example/a", NULL},
        {"myhf.co/a", NULL},
        {"models.example:443/a", NULL},
        {"hf.co", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct jk_span id;
        bool is_one = jk_ident_is_hub_respelled(jk_span_of(rows[i].text), &id);
        if (is_one != (rows[i].id != NULL)) fail_msg("\"%s\": %s", rows[i].text, is_one ? "is" : "is not");
        if (is_one) assert_span_equal(id, jk_span_of(rows[i].id));
    }
}

static void from_text_limits(void **state)
{
    (void)state;
    char text[JK_EXTERNAL_MAX + 2];
    memset(text, '@', sizeof text);
    memcpy(text, "a.bc/", 5);
    struct jk_text out;
    jk_text_init(&out, 0);
    assert_true(jk_ident_external_from((struct jk_span){text, 5 + (JK_EXTERNAL_MAX - 5) / 3}, &out));
    assert_int_equal(out.len, JK_EXTERNAL_MAX);
    assert_false(jk_ident_external_from((struct jk_span){text, 6 + (JK_EXTERNAL_MAX - 5) / 3}, &out));
    assert_int_equal(out.len, JK_EXTERNAL_MAX);
    memset(text, 'h', sizeof text);
    assert_false(jk_ident_external_from((struct jk_span){text, sizeof text}, &out));
    text[JK_EXTERNAL_MAX] = '/';
    assert_false(jk_ident_external_from((struct jk_span){text, sizeof text}, &out));
    jk_text_done(&out);
}

static void local_paths(void **state)
{
    (void)state;
    const char *local[] = {"/mnt/a",    "./a",       "../a/b", "~/x", "C:\\models",
                           "d:/models", "file:///x", "FILE:x", ".",   ".."};
    const char *remote[] = {"a/b", "https://a.b/c", "", "a.b/c", "ab:/c", ".hidden/x"};
    for (size_t i = 0; i < sizeof local / sizeof local[0]; i++)
        if (!jk_ident_is_local_path(jk_span_of(local[i]))) fail_msg("\"%s\" is local", local[i]);
    for (size_t i = 0; i < sizeof remote / sizeof remote[0]; i++)
        if (jk_ident_is_local_path(jk_span_of(remote[i]))) fail_msg("\"%s\" is not local", remote[i]);
}

static void relations(void **state)
{
    (void)state;
    enum jk_relation relation = JK_RELATION_COUNT;
    for (int i = JK_RELATION_FINETUNE; i < JK_RELATION_COUNT; i++) {
        assert_true(jk_relation_parse(jk_span_of(jk_relation_text((enum jk_relation)i)), &relation));
        assert_int_equal(relation, i);
    }
    assert_false(jk_relation_parse(JK_SPAN(""), &relation));
    assert_false(jk_relation_parse(JK_SPAN("Merge"), &relation));
    assert_string_equal(jk_relation_text(JK_RELATION_NONE), "");
    assert_string_equal(jk_relation_text(JK_RELATION_COUNT), "");
    assert_int_equal(jk_relation_on_hub(JK_RELATION_DISTILL), JK_RELATION_FINETUNE);
    assert_int_equal(jk_relation_on_hub(JK_RELATION_DRAFT), JK_RELATION_FINETUNE);
    assert_int_equal(jk_relation_on_hub(JK_RELATION_PRUNE), JK_RELATION_FINETUNE);
    assert_int_equal(jk_relation_on_hub(JK_RELATION_CONVERT), JK_RELATION_QUANTIZED);
    assert_int_equal(jk_relation_on_hub(JK_RELATION_ADAPTER), JK_RELATION_ADAPTER);
    assert_int_equal(jk_relation_on_hub(JK_RELATION_MERGE), JK_RELATION_MERGE);
    assert_int_equal(jk_relation_on_hub(JK_RELATION_NONE), JK_RELATION_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts),       cmocka_unit_test(models),        cmocka_unit_test(versions),
        cmocka_unit_test(teams),       cmocka_unit_test(labels),        cmocka_unit_test(revisions),
        cmocka_unit_test(folds),       cmocka_unit_test(externals),     cmocka_unit_test(external_limits),
        cmocka_unit_test(from_text),   cmocka_unit_test(hub_respelled), cmocka_unit_test(from_text_limits),
        cmocka_unit_test(local_paths), cmocka_unit_test(relations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
