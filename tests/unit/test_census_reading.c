/* What a run notes of a model: the record, what is declared, and the hub's own relation, from whole objects. */
#include "support/golden.h"

#include "census/reading.h"

struct bench {
    struct jk_reading reading;
    struct jk_arena arena;
    struct jk_error error;
};

static int set_up(void **state)
{
    static struct bench bench;
    jk_reading_init(&bench.reading);
    jk_arena_init(&bench.arena, 1u << 20);
    jk_error_init(&bench.error, &bench.arena);
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    jk_reading_done(&bench->reading);
    jk_arena_done(&bench->arena);
    return 0;
}

static void whole_object(void **state)
{
    struct bench *bench = *state;
    struct jk_census_line line;
    struct jk_span object =
        JK_SPAN("{\"_id\":\"6a\",\"id\":\"kim/ax-gguf\",\"sha\":\"0123456789abcdef0123456789abcdef01234567\","
                "\"downloads\":7,\"tags\":[\"lora\",\"base_model:skt/A.X-K1\",\"base_model:quantized:skt/A.X-K1\"],"
                "\"cardData\":{\"base_model\":\"skt/A.X-K1\",\"license\":\"mit\"},"
                "\"siblings\":[{\"rfilename\":\"ax-Q4_K_M.gguf\",\"size\":5}]}");
    assert_int_equal(jk_reading_take(&bench->reading, object, NULL, &bench->error), JK_OK);
    jk_reading_line(&bench->reading, &line);
    assert_int_equal(line.state, JK_CENSUS_PRESENT);
    assert_span_equal(line.id, JK_SPAN("kim/ax-gguf"));
    assert_int_equal(line.relation, JK_RELATION_QUANTIZED);
    assert_int_equal(line.hub_relation, JK_RELATION_QUANTIZED);
    assert_int_equal(line.parents.count, 1);
    assert_span_equal(line.parents.items[0], JK_SPAN("skt/A.X-K1"));
    assert_span_equal(line.parents_from, JK_SPAN("card"));
    assert_span_equal(bench->reading.identity, JK_SPAN("6a"));
    assert_span_equal(bench->reading.revision, JK_SPAN("0123456789abcdef0123456789abcdef01234567"));
    assert_int_equal(bench->reading.tagged.count, 1);
    assert_null(memmem(line.record.at, line.record.len, "downloads", strlen("downloads")));
}

/* Which quantization the weights are packed with is in what the hub tells of config.json, of which it may have no file. */
static void packed_weights(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *config;
        enum jk_relation relation;
    } rows[] = {
        {"{\"quantization_config\":{\"quant_method\":\"gptq\",\"bits\":4}}", JK_RELATION_QUANTIZED},
        {"{\"text_config\":{\"quantization_config\":{\"quant_method\":\"awq\"}}}", JK_RELATION_QUANTIZED},
        {"{\"quantization_config\":{}}", JK_RELATION_FINETUNE},
        {"{\"model_type\":\"exaone\"}", JK_RELATION_FINETUNE},
        {"[\"quantization_config\"]", JK_RELATION_FINETUNE},
        {"null", JK_RELATION_FINETUNE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct jk_census_line line;
        char object[512];
        int len = snprintf(object, sizeof object,
                           "{\"id\":\"kim/ax-small\",\"cardData\":{\"base_model\":\"skt/A.X-K1\"},\"config\":%s,"
                           "\"siblings\":[{\"rfilename\":\"config.json\"},{\"rfilename\":\"model.safetensors\"}]}",
                           rows[i].config);
        assert_int_equal(jk_reading_take(&bench->reading, (struct jk_span){object, (size_t)len}, NULL, &bench->error),
                         JK_OK);
        jk_reading_line(&bench->reading, &line);
        assert_int_equal(line.relation, rows[i].relation);
        if (rows[i].relation == JK_RELATION_QUANTIZED)
            assert_span_equal(line.relation_from, JK_SPAN("quantization_config"));
    }
}

static void hub_relations(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *object;
        enum jk_relation relation;
    } rows[] = {
        {"{\"id\":\"a/b\"}", JK_RELATION_NONE},
        {"{\"id\":\"a/b\",\"tags\":[\"base_model:c/d\",\"base_model:merge:c/d\"]}", JK_RELATION_MERGE},
        {"{\"id\":\"a/b\",\"tags\":[\"base_model:distill:c/d\",7,\"base_model:adapter:c/d\"]}", JK_RELATION_ADAPTER},
        {"{\"id\":\"a/b\",\"tags\":[\"model:adapter:c/d\"]}", JK_RELATION_NONE},
        {"{\"id\":\"a/b\",\"baseModels\":{\"relation\":\"finetune\",\"models\":[]}}", JK_RELATION_FINETUNE},
        {"{\"id\":\"a/b\",\"baseModels\":{\"relation\":\"convert\"}}", JK_RELATION_NONE},
        {"{\"id\":\"a/b\",\"tags\":\"base_model:merge:c/d\",\"baseModels\":[]}", JK_RELATION_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(jk_reading_take(&bench->reading, jk_span_of(rows[i].object), NULL, &bench->error), JK_OK);
        assert_int_equal(bench->reading.hub_relation, rows[i].relation);
    }
}

/* A mistake in what is declared is told, and the model read nevertheless. */
static void mistakes(void **state)
{
    struct bench *bench = *state;
    struct jk_census_line line;
    struct jk_span object = JK_SPAN("{\"id\":\"a/b\",\"cardData\":{\"base_model_relation\":\"by hand\"}}");
    assert_int_equal(jk_reading_take(&bench->reading, object, NULL, &bench->error), JK_OK);
    jk_reading_line(&bench->reading, &line);
    bool told = false;
    for (size_t i = 0; i < line.note_count; i++)
        told = told || memmem(line.notes[i].at, line.notes[i].len, "by hand", strlen("by hand"));
    assert_true(told);
}

static void refused(void **state)
{
    struct bench *bench = *state;
    static const char *const objects[] = {"", "[]", "{}", "{\"id\":\"a\"}", "{\"id\":\"a/b\"", "{\"id\":[\"a/b\"]}"};
    for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++) {
        struct jk_reading_item item;
        jk_error_init(&bench->error, &bench->arena);
        assert_int_equal(jk_reading_take(&bench->reading, jk_span_of(objects[i]), NULL, &bench->error),
                         JK_INVALID_ARGUMENT);
        bool read = jk_reading_listed(&bench->arena, jk_span_of(objects[i]), &item);
        assert_int_equal(read, objects[i][0] == '{' && objects[i][strlen(objects[i]) - 1] == '}');
        assert_int_equal(item.id.len, 0);
    }
}

/* Of a list's item only what is well-formed is believed. */
static void listed(void **state)
{
    struct bench *bench = *state;
    struct jk_reading_item item;
    assert_true(jk_reading_listed(&bench->arena,
                                  JK_SPAN("{\"modelId\":\"a/b\",\"_id\":\"6a\",\"tags\":[\"ko\",7,\"base_model:c/d\","
                                          "\"base_model:merge:e/\\n\\\"f\"],"
                                          "\"sha\":\"0123456789abcdef0123456789abcdef01234567\"}"),
                                  &item));
    assert_span_equal(item.id, JK_SPAN("a/b"));
    assert_span_equal(item.identity, JK_SPAN("6a"));
    assert_int_equal(item.revision.len, 40);
    assert_span_equal(item.tags, JK_SPAN("[\"base_model:c/d\",\"base_model:merge:e/\\n\\\"f\"]"));
    assert_true(jk_reading_listed(&bench->arena,
                                  JK_SPAN("{\"id\":\"a/b\",\"_id\":\"6 a\",\"sha\":\"main\",\"tags\":{}}"), &item));
    assert_int_equal(item.identity.len + item.revision.len + item.tags.len, 0);
}

/* Of more tags of parents than a record has room for, those that fit. */
static void many_tags(void **state)
{
    struct bench *bench = *state;
    struct jk_reading_item item;
    struct jk_text text;
    jk_text_init(&text, 0);
    jk_text_add_str(&text, "{\"id\":\"a/b\",\"tags\":[\"base_model:first/one\"");
    for (int i = 0; i < 2000; i++)
        jk_text_addf(&text, ",\"base_model:c/d%d\"", i);
    jk_text_add_str(&text, "]}");
    assert_true(jk_reading_listed(&bench->arena, jk_text_span(&text), &item));
    assert_true(jk_span_starts(item.tags, JK_SPAN("[\"base_model:first/one\",\"base_model:c/d0\",")));
    assert_true(jk_span_ends(item.tags, JK_SPAN("\"]")));
    assert_in_range(item.tags.len, 16000, 16384);
    jk_text_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whole_object, set_up, tear_down),
        cmocka_unit_test_setup_teardown(packed_weights, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hub_relations, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mistakes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(listed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_tags, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
