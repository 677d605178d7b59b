/* The files of a run: what is written is read, each state with what it has, and each rule broken once. */
#include "support/golden.h"

#include "base/defer.h"
#include "census/line_record.h"
#include "census/run.h"

struct bench {
    struct jk_arena arena;
    struct jk_text text;
    struct jk_error error;
};

static int set_up(void **state)
{
    static struct bench bench;
    jk_arena_init(&bench.arena, 8u << 20);
    jk_text_init(&bench.text, 0);
    jk_error_init(&bench.error, NULL);
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    jk_arena_done(&bench->arena);
    jk_text_done(&bench->text);
    return 0;
}

static void present_line(void **state)
{
    struct bench *bench = *state;
    struct jk_census_line line = {.state = JK_CENSUS_PRESENT,
                                  .record = JK_SPAN("{\"id\":\"a/b\",\"tags\":[\"\\u0001\"]}")};
    struct jk_declaration declaration = {
        .relation = JK_RELATION_PRUNE, .relation_from = "name", .parents_from = "card"};
    jk_names_add(&declaration.parents, JK_SPAN("c/d"));
    jk_names_add(&declaration.parents, JK_SPAN("https://huggingface.co/e/f"));
    declaration.notes.items[declaration.notes.count++] = "the \"tag\" says otherwise";
    jk_census_line_declare(&line, &declaration);
    line.hub_relation = JK_RELATION_FINETUNE;
    jk_census_line_write(&line, &bench->text);
    assert_span_equal(
        jk_text_span(&bench->text),
        JK_SPAN("{\"state\":\"present\",\"record\":\"{\\\"id\\\":\\\"a/b\\\",\\\"tags\\\":[\\\"\\\\u0001\\\"]}\","
                "\"declared\":{\"relation\":\"prune\",\"relation_from\":\"name\",\"parents\":[\"c/d\","
                "\"https://huggingface.co/e/f\"],\"parents_from\":\"card\",\"notes\":[\"the \\\"tag\\\" says "
                "otherwise\"]},\"hub_relation\":\"finetune\"}\n"));
    struct jk_census_line read;
    assert_int_equal(jk_census_line_read(jk_text_span(&bench->text), &bench->arena, &read, &bench->error), JK_OK);
    assert_int_equal(read.state, JK_CENSUS_PRESENT);
    assert_span_equal(read.record, line.record);
    struct jk_span record, cut = {bench->text.bytes, 40};
    assert_true(jk_census_line_record(jk_text_span(&bench->text), &bench->arena, &record));
    assert_span_equal(record, line.record);
    assert_false(jk_census_line_record(cut, &bench->arena, &record));
    assert_false(jk_census_line_record(JK_SPAN("{\"state\":\"absent\",\"id\":\"a/b\"}"), &bench->arena, &record));
    assert_int_equal(read.relation, JK_RELATION_PRUNE);
    assert_int_equal(read.hub_relation, JK_RELATION_FINETUNE);
    assert_span_equal(read.relation_from, JK_SPAN("name"));
    assert_span_equal(read.parents_from, JK_SPAN("card"));
    assert_int_equal(read.parents.count, 2);
    assert_span_equal(read.parents.items[1], JK_SPAN("https://huggingface.co/e/f"));
    assert_int_equal(read.note_count, 1);
    assert_span_equal(read.notes[0], JK_SPAN("the \"tag\" says otherwise"));
}

/* What a line says is the same in whatever order, and the last of two members counts, as JSON readers have it. */
static void present_line_otherwise(void **state)
{
    struct bench *bench = *state;
    static const char declared[] = "\"declared\":{\"relation\":\"merge\",\"parents\":[\"c/d\"],\"notes\":[]}";
    static const struct {
        const char *begin, *end, *record;
    } rows[] = {{"{\"state\":\"present\",\"record\":\"{\\\"id\\\":1}\",", "}", "{\"id\":1}"},
                {"{\"record\":\"{\\\"id\\\":1}\",\"state\":\"present\",", "}", "{\"id\":1}"},
                {"{\"state\":\"present\", \"record\":\"{\\\"id\\\":1}\",", "}", "{\"id\":1}"},
                {"{\"state\":\"present\",\"record\":\"a\",", ",\"record\":\"b\"}", "b"},
                {"{\"state\":\"absent\",\"record\":\"a\",", ",\"state\":\"present\"}", "a"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct jk_census_line line;
        jk_text_clear(&bench->text);
        jk_text_addf(&bench->text, "%s%s%s\n", rows[i].begin, declared, rows[i].end);
        assert_int_equal(jk_census_line_read(jk_text_span(&bench->text), &bench->arena, &line, &bench->error), JK_OK);
        assert_int_equal(line.state, JK_CENSUS_PRESENT);
        assert_span_equal(line.record, jk_span_of(rows[i].record));
        assert_int_equal(line.relation, JK_RELATION_MERGE);
        assert_int_equal(line.parents.count, 1);
    }
}

static void other_lines(void **state)
{
    static const char lines[] = "{\"state\":\"moved\",\"id\":\"a/b\",\"to\":\"a/c\",\"identity\":\"6a\"}\n"
                                "{\"state\":\"absent\",\"id\":\"a/b\"}\n"
                                "{\"state\":\"unknown\",\"id\":\"a/b\",\"why\":\"HTTP 500\"}\n"
                                "{\"state\":\"present\",\"record\":\"{}\",\"declared\":{\"parents\":[],\"notes\":[]},"
                                "\"hub_relation\":\"none\"}\n"
                                "{\"state\":\"same\",\"id\":\"a/b\",\"identity\":\"6a\","
                                "\"revision\":\"0123456789abcdef0123456789abcdef01234567\","
                                "\"tags\":\"[\\\"base_model:c/d\\\"]\"}\n"
                                "{\"state\":\"unreadable\",\"id\":\"a/b\",\"why\":\"HTTP 451\"}\n";
    struct bench *bench = *state;
    struct jk_span rest = JK_SPAN(lines), text;
    struct jk_census_line line;
    for (int i = 0; jk_span_line(&rest, &text); i++) {
        assert_int_equal(jk_census_line_read(text, &bench->arena, &line, &bench->error), JK_OK);
        assert_true(i == 3 || jk_span_equal(line.id, JK_SPAN("a/b")));
        assert_true(jk_span_starts((struct jk_span){text.at + 10, 20}, jk_span_of(jk_census_state_text(line.state))));
        jk_census_line_write(&line, &bench->text);
    }
    assert_span_equal(jk_text_span(&bench->text), JK_SPAN(lines));
}

static void header_of_weights(void **state)
{
    static const char *const headers[] = {
        "{\"file\":\"m.safetensors\",\"tensors\":2,\"parameters\":8030261248,\"types\":\"BF16, F32\"}",
        "{\"file\":\"m.safetensors\",\"tensors\":0,\"parameters\":0}",
        "{\"file\":\"m.safetensors\",\"why\":\"ends before its header does\"}"};
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        struct jk_census_line line;
        char text[512];
        (void)snprintf(text, sizeof text,
                       "{\"state\":\"present\",\"record\":\"{}\",\"declared\":{\"parents\":[],\"notes\":[]},"
                       "\"hub_relation\":\"none\",\"header\":%s}\n",
                       headers[i]);
        assert_int_equal(jk_census_line_read(jk_span_of(text), &bench->arena, &line, &bench->error), JK_OK);
        assert_span_equal(line.head.file, JK_SPAN("m.safetensors"));
        assert_int_equal(line.head.tensors, i == 0 ? 2 : 0);
        assert_int_equal(line.head.parameters, i == 0 ? 8030261248 : 0);
        jk_text_clear(&bench->text);
        jk_census_line_write(&line, &bench->text);
        assert_span_equal(jk_text_span(&bench->text), jk_span_of(text));
    }
}

static void wrong_lines(void **state)
{
    static const struct {
        const char *line, *says;
    } rows[] = {
        {"", "it must be a JSON object"},
        {"[]", "it must be a JSON object"},
        {"{\"state\":\"present\",\"record\":\"{}\",\"declared\":{},\"header\":{\"why\":\"x\"}}",
         "header must name its file"},
        {"{\"state\":\"present\",\"record\":\"{}\",\"declared\":{},\"header\":{\"file\":\"x\",\"tensors\":-1}}",
         "tensors must be a number"},
        {"{\"state\":\"present\",\"record\":\"{}\",\"declared\":{},\"header\":[]}", "header must be an object"},
        {"{}", "state must be present, same, moved, absent, unreadable or unknown"},
        {"{\"state\":\"same\",\"id\":\"a/b\",\"revision\":\"main\"}", "revision must be 40 or 64"},
        {"{\"state\":\"gone\"}", "state must be present"},
        {"{\"state\":\"present\"}", "record is needed"},
        {"{\"state\":\"present\",\"record\":\"{}\",}", "it must be a JSON object"},
        {"{\"state\":\"present\",\"record\":\"\xff\",\"declared\":{}}", "it must be a JSON object"},
        {"{\"state\":\"present\",\"record\":\"{}\"}", "declared must be an object"},
        {"{\"state\":\"present\",\"record\":{}}", "record must be a text"},
        {"{\"state\":\"present\",\"record\":\"x\",\"declared\":{\"relation\":\"copy\"}}",
         "relation must be a relation"},
        {"{\"state\":\"present\",\"record\":\"x\",\"declared\":{\"parents\":\"a\"}}", "parents must be a list"},
        {"{\"state\":\"present\",\"record\":\"x\",\"declared\":{\"parents\":[3]}}", "parents must be a list"},
        {"{\"state\":\"present\",\"record\":\"x\",\"declared\":{},\"hub_relation\":\"prune\"}", "hub_relation must be"},
        {"{\"state\":\"moved\",\"id\":\"a/b\"}", "to must be a model's name"},
        {"{\"state\":\"absent\",\"id\":\"a\"}", "id must be a model's name"},
        {"{\"state\":\"absent\",\"id\":\"a/b\",\"identity\":\"-\"}", "identity must be"},
    };
    struct bench *bench = *state;
    struct jk_census_line line;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        jk_error_init(&bench->error, NULL);
        assert_int_equal(jk_census_line_read(jk_span_of(rows[i].line), &bench->arena, &line, &bench->error),
                         JK_INVALID_ARGUMENT);
        assert_string_equal(bench->error.reason, "INVALID_RUN");
        if (!strstr(bench->error.message, rows[i].says)) fail_msg("%s: %s", rows[i].line, bench->error.message);
    }
}

static void too_much(void **state)
{
    struct bench *bench = *state;
    struct jk_census_line line;
    jk_text_add_str(&bench->text, "{\"state\":\"present\",\"record\":\"x\",\"declared\":{\"parents\":[\"0\"");
    for (unsigned i = 1; i <= JK_PARENTS_MAX; i++)
        jk_text_addf(&bench->text, ",\"%u\"", i);
    jk_text_add_str(&bench->text, "]}}");
    assert_int_equal(jk_census_line_read(jk_text_span(&bench->text), &bench->arena, &line, &bench->error),
                     JK_INVALID_ARGUMENT);
    assert_non_null(strstr(bench->error.message, "parents has too many texts"));
    jk_error_init(&bench->error, NULL);
    struct jk_span large = {bench->text.bytes, JK_CENSUS_LINE_MAX + 1};
    assert_int_equal(jk_census_line_read(large, &bench->arena, &line, &bench->error), JK_INVALID_ARGUMENT);
    assert_non_null(strstr(bench->error.message, "larger than 1 MiB"));
    /* An arena that is too small is told as that. */
    struct jk_arena small;
    jk_arena_init(&small, 256);
    jk_error_init(&bench->error, NULL);
    jk_text_clear(&bench->text);
    jk_text_addf(&bench->text, "{\"state\":\"present\",\"record\":\"%0300d\",\"declared\":{}}", 1);
    assert_int_equal(jk_census_line_read(jk_text_span(&bench->text), &small, &line, &bench->error),
                     JK_RESOURCE_EXHAUSTED);
    jk_arena_done(&small);
}

static void whole_run(void **state)
{
    static const char run_text[] =
        "{\"format\":\"jokbo/census-run/v1\",\"hub\":\"huggingface.co\",\"bases\":[\"a/b\",\"c/d\"],"
        "\"started\":\"2026-11-01T00:00:00.000000Z\",\"finished\":\"2026-11-01T01:00:00.000000Z\",\"complete\":true,"
        "\"models\":7,\"children\":{\"a/b\":5,\"c/d\":0}}\n";
    struct bench *bench = *state;
    struct jk_census_run run;
    assert_int_equal(jk_census_run_read(JK_SPAN(run_text), &bench->arena, &run, &bench->error), JK_OK);
    assert_int_equal(run.base_count, 2);
    assert_int_equal(run.children_count, 2);
    assert_span_equal(run.children[0].id, JK_SPAN("a/b"));
    assert_int_equal(run.children[0].count, 5);
    assert_true(run.complete && run.models == 7 && run.finished_us - run.started_us == INT64_C(3600000000));
    jk_census_run_write(&run, &bench->text);
    assert_span_equal(jk_text_span(&bench->text), JK_SPAN(run_text));
    run.finished_us = JK_TIME_NONE;
    run.complete = false;
    jk_text_clear(&bench->text);
    jk_census_run_write(&run, &bench->text);
    assert_null(strstr(bench->text.bytes, "finished"));
    assert_int_equal(jk_census_run_read(jk_text_span(&bench->text), &bench->arena, &run, &bench->error), JK_OK);
    assert_true(run.finished_us == JK_TIME_NONE && !run.complete);
}

static void wrong_runs(void **state)
{
    static const struct {
        const char *run, *says;
    } rows[] = {
        {"{}", "run.json: format must be jokbo/census-run/v1"},
        {"{\"format\":\"jokbo/census-run/v1\"}", "hub is needed"},
        {"{\"format\":\"jokbo/census-run/v1\",\"hub\":\"h.co\"}", "started is needed"},
        {"{\"format\":\"jokbo/census-run/v1\",\"hub\":\"h.co\",\"started\":\"now\"}", "started must be a time"},
        {"{\"format\":\"jokbo/census-run/v1\",\"hub\":\"h.co\",\"started\":\"2026-11-01T00:00:00.000000Z\"}",
         "complete must be true or false"},
        {"{\"format\":\"jokbo/census-run/v1\",\"hub\":\"h.co\",\"started\":\"2026-11-01T00:00:00.000000Z\","
         "\"complete\":true,\"models\":-1}",
         "models must be a number"},
        {"{\"format\":\"jokbo/census-run/v1\",\"hub\":\"h.co\",\"started\":\"2026-11-01T00:00:00.000000Z\","
         "\"complete\":true,\"models\":1,\"bases\":[\"a\"]}",
         "bases must be names"},
        {"{\"format\":\"jokbo/census-run/v1\",\"hub\":\"h.co\",\"started\":\"2026-11-01T00:00:00.000000Z\","
         "\"complete\":true,\"models\":1,\"bases\":[\"a/b\"],\"children\":{\"a/b\":\"1\"}}",
         "children must be a number"},
    };
    struct bench *bench = *state;
    struct jk_census_run run;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        jk_error_init(&bench->error, NULL);
        assert_int_equal(jk_census_run_read(jk_span_of(rows[i].run), &bench->arena, &run, &bench->error),
                         JK_INVALID_ARGUMENT);
        if (!strstr(bench->error.message, rows[i].says)) fail_msg("%s: %s", rows[i].run, bench->error.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(present_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(present_line_otherwise, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(header_of_weights, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_much, set_up, tear_down),
        cmocka_unit_test_setup_teardown(whole_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_runs, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
