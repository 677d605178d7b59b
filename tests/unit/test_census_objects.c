/* Objects taken off a text: in every form they come in, with what is broken between them, and with the text cut anywhere. */
#include "support/golden.h"

#include "base/text.h"
#include "census/objects.h"

/* Takes all of a text at once: "1:{…}" for an object on line 1, "2!…" for a broken line. */
static void takes(struct jk_span text, const char *expected)
{
    struct jk_span rest = text, object;
    size_t line = 1, begun;
    struct jk_text found;
    jk_text_init(&found, 0);
    for (;;) {
        enum jk_objects kind = jk_objects_next(&rest, true, &line, &object, &begun);
        if (kind == JK_OBJECTS_END) break;
        assert_int_not_equal(kind, JK_OBJECTS_MORE);
        jk_text_addf(&found, "%zu%c", begun, kind == JK_OBJECTS_ONE ? ':' : '!');
        jk_text_add(&found, object);
        jk_text_add_char(&found, ' ');
    }
    assert_int_equal(rest.len, 0);
    assert_span_equal(jk_text_span(&found), jk_span_of(expected));
    jk_text_done(&found);
}

static void forms(void **state)
{
    (void)state;
    takes(JK_SPAN(""), "");
    takes(JK_SPAN(" \n\t[]\n"), "");
    takes(JK_SPAN("{}"), "1:{} ");
    takes(JK_SPAN("{\"a\": 1}\n{\"b\": 2}\n"), "1:{\"a\": 1} 2:{\"b\": 2} ");
    takes(JK_SPAN("{\"a\":{\"b\":[1,{}]}}{}"), "1:{\"a\":{\"b\":[1,{}]}} 1:{} ");
    takes(JK_SPAN("[\n {\"a\": 1},\n {\"b\":\n 2}\n]\n"), "2:{\"a\": 1} 3:{\"b\":\n 2} ");
    takes(JK_SPAN("\xEF\xBB\xBF{}\r\n{}"), "1:{} 2:{} ");
    takes(JK_SPAN("{\"}{\\\"\": \"\\\\\"}{}"), "1:{\"}{\\\"\": \"\\\\\"} 1:{} ");
}

static void broken(void **state)
{
    (void)state;
    takes(JK_SPAN("{\"a\": 1\n"), "1!{\"a\": 1 ");
    takes(JK_SPAN("{\"a\": \"1}\n{\"b\": 2}\n"), "1!{\"a\": \"1} 2:{\"b\": 2} ");
    takes(JK_SPAN("{\"a\": \"1\\\n{\"b\": 2}\n"), "1!{\"a\": \"1\\ 2:{\"b\": 2} ");
    takes(JK_SPAN("nonsense\n{}\nmore"), "1!nonsense 2:{} 3!more ");
    takes(JK_SPAN("{{{\n{}"), "1!{{{ 2:{} ");
    takes(JK_SPAN("\x01\n"), "1!\x01 ");
}

/* Whatever is there of a text, nothing else is taken than from the whole. */
static void cut_anywhere(void **state)
{
    (void)state;
    static const char text[] = "[{\"a\": \"x\\\"\"},\n {\"b\": [1, {}]}, nonsense\n {\"c\": 3}]";
    static const char *const objects[] = {"{\"a\": \"x\\\"\"}", "{\"b\": [1, {}]}", "nonsense", "{\"c\": 3}"};
    for (size_t cut = 0; cut <= strlen(text); cut++) {
        struct jk_span rest = {text, cut}, object;
        size_t line = 1, begun, taken = 0;
        enum jk_objects kind;
        while ((kind = jk_objects_next(&rest, cut == strlen(text), &line, &object, &begun)) == JK_OBJECTS_ONE ||
               kind == JK_OBJECTS_BROKEN)
            assert_span_equal(object, jk_span_of(objects[taken++]));
        assert_true(rest.at + rest.len == text + cut);
        if (cut == strlen(text)) assert_int_equal(taken, 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),
        cmocka_unit_test(broken),
        cmocka_unit_test(cut_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
