/* Templates: cases of our own for what Mustache's specification says of the parts that we have, errors, and escaping. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/defer.h"
#include "web/mustache.h"

static bool partial_of(void *context, struct jk_span name, struct jk_span *out_source)
{
    (void)context;
    static const char *const partials[][2] = {
        {"row", "<{{name}}>"},     {"lines", "a\n{{#list}}\n- {{.}}\n{{/list}}\nb\n"},
        {"open", "{{#x}}"},        {"close", "{{/x}}"},
        {"self", "{{>self}}"},     {"wide", "{{>wide-2}}{{>wide-2}}"},
        {"bare", "x\ny"},          {"blank", "x\n\ny\n"},
        {"wide-2", "{{>wide-3}}"}, {"wide-3", "w"},
        {"t.k", "{{n}} models"},
    };
    for (size_t i = 0; i < sizeof partials / sizeof partials[0]; i++) {
        if (!jk_span_equal(name, jk_span_of(partials[i][0]))) continue;
        *out_source = jk_span_of(partials[i][1]);
        return true;
    }
    return false;
}

/* name "Solar", n 3, yes a flag, empty a text and none an empty list, list of a and b, team with name and id, rows of name and
 * perhaps id. */
static struct jk_shown *world(struct jk_arena *arena)
{
    struct jk_shown *root = jk_shown_root(arena);
    jk_shown_printf(root, "name", "So%s", "lar");
    jk_shown_number(root, "n", 1234567);
    jk_shown_flag(root, "yes", true);
    jk_shown_flag(root, "no", false);
    jk_shown_string(root, "empty", "");
    (void)jk_shown_list(root, "none");
    struct jk_shown *list = jk_shown_list(root, "list"), *team = jk_shown_map(root, "team"),
                    *rows = jk_shown_list(root, "rows");
    jk_shown_string(list, NULL, "a");
    jk_shown_string(list, NULL, "b");
    jk_shown_string(team, "name", "Upstage");
    jk_shown_string(team, "id", "upstage");
    struct jk_shown *first = jk_shown_map(rows, NULL), *second = jk_shown_map(rows, NULL);
    jk_shown_string(first, "name", "r1");
    jk_shown_string(first, "id", "1");
    jk_shown_string(second, "id", "2");
    return root;
}

static void renders(const char *source, const char *expected)
{
    struct jk_arena arena;
    struct jk_error error;
    struct jk_mustache *compiled = NULL;
    JK_CLEANUP(jk_text_done) struct jk_text out;
    jk_arena_init(&arena, 1 << 20);
    jk_error_init(&error, NULL);
    jk_text_init(&out, 0);
    if (jk_mustache_compile("case", jk_span_of(source), partial_of, NULL, &compiled, &error) != JK_OK)
        fail_msg("%s: %s", source, error.message);
    assert_true(jk_mustache_render(compiled, world(&arena), &out));
    assert_string_equal(out.bytes ? out.bytes : "", expected);
    jk_mustache_free(compiled);
    jk_arena_done(&arena);
}

static void refuses(const char *source, const char *message)
{
    struct jk_error error;
    struct jk_mustache *compiled = NULL;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_mustache_compile("case", jk_span_of(source), partial_of, NULL, &compiled, &error), JK_INTERNAL);
    if (!strstr(error.message, message)) fail_msg("\"%s\" does not say \"%s\"", error.message, message);
}

static void variables(void **state)
{
    (void)state;
    renders("", "");
    renders("no tags { } }}", "no tags { } }}");
    renders("{{name}}, {{ name }},{{n}}", "Solar, Solar,1,234,567");
    renders("[{{absent}}{{empty}}{{list}}{{team}}{{yes}}]", "[]");
    renders("{{team.name}} {{team.none}} {{name.deeper}}.", "Upstage  .");
    renders("  {{name}}\n", "  Solar\n"); /* a variable never stands alone */
}

static void sections(void **state)
{
    (void)state;
    renders("{{#yes}}y{{/yes}}{{#no}}n{{/no}}{{#empty}}e{{/empty}}{{#none}}l{{/none}}{{#name}}t{{/name}}", "yt");
    renders("{{^yes}}y{{/yes}}{{^no}}n{{/no}}{{^empty}}e{{/empty}}{{^none}}l{{/none}}{{^absent}}a{{/absent}}", "nela");
    renders("{{#list}}({{.}}){{/list}}", "(a)(b)");
    renders("{{#team}}{{name}} {{id}} {{n}}{{/team}}", "Upstage upstage 1,234,567");
    renders("{{#rows}}{{name}}{{id}} {{/rows}}",
            "r11 Solar2 "); /* the second has no name: that of the context around it */
    renders("{{#rows}}{{#list}}{{id}}{{.}} {{/list}}{{/rows}}", "1a 1b 2a 2b ");
    renders("{{#team.name}}{{.}}{{/team.name}}{{^team.none}}-{{/team.none}}", "Upstage-");
    renders("{{#list}}{{#list}}{{.}}{{/list}}{{/list}}", "abab");
}

static void lines_of_tags_alone_are_not_there(void **state)
{
    (void)state;
    renders("<\n{{#yes}}\ny\n{{/yes}}\n>", "<\ny\n>");
    renders("<\n  {{#list}}  \n  {{.}}\n\t{{/list}}\t\n>\n", "<\n  a\n  b\n>\n");
    renders("{{#yes}}\r\ny\r\n{{/yes}}\r\n", "y\r\n");
    renders("  {{#yes}}\n{{/yes}}  ", "");
    renders("a {{#yes}}\n{{/yes}}", "a \n");
    renders("{{#yes}} {{/yes}}\n", " \n");
    renders("a\n  {{! alone }}\nb\n", "a\nb\n");
    renders("a\n{{!\n over\n lines }}\nb", "a\nb");
    renders("a {{! not alone }}\nb", "a \nb");
    renders("{{#yes}}\n{{#yes}}\ny\n{{/yes}}\n{{/yes}}\n", "y\n");
}

static void partials(void **state)
{
    (void)state;
    renders("{{#rows}}{{>row}}{{/rows}}", "<r1><Solar>");
    renders("{{> lines }}", "a\n- a\n- b\nb\n");
    renders("x\n  {{>lines}}\ny", "x\n  a\n  - a\n  - b\n  b\ny");
    renders("  {{>bare}}\nz", "  x\n  yz");
    renders("  {{>blank}}\n", "  x\n\n  y\n");
    renders("q {{>bare}} z", "q x\ny z");
    renders("{{>t.k}}", "1,234,567 models");
    renders("{{>wide}}", "ww");
}

static void mistakes_are_named(void **state)
{
    (void)state;
    refuses("a\nb{{name", "case, line 2: a tag does not end");
    refuses("{{#a}}\n{{/b}}", "line 2: this ends another section");
    refuses("{{/a}}", "a section that has not begun");
    refuses("x{{#a}}\n\n", "line 3: a section does not end");
    refuses("{{{name}}}", "a tag is");
    refuses("{{&name}}", "a tag is");
    refuses("{{=<% %>=}}", "a tag is");
    refuses("{{}}{{a..b}}", "a tag is");
    refuses("{{a b}}", "a tag is");
    refuses("{{#}}", "a tag is");
    refuses("{{Name}}", "a tag is");
    refuses("{{>absent}}", "there is no partial");
    refuses("{{>.}}", "a tag is");
    refuses("{{>self}}", "template self, line 1: partials are nested too deeply");
    refuses("{{>open}}{{/x}}", "template open, line 1: a section does not end");
    refuses("{{#x}}{{>close}}", "template close, line 1: this ends a section that has not begun");
    refuses("{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}",
            "sections are nested too deeply");
}

static void escapes_to(struct jk_span text, const char *expected)
{
    JK_CLEANUP(jk_text_done) struct jk_text out;
    jk_text_init(&out, 0);
    jk_mustache_escape(&out, text);
    assert_string_equal(out.bytes ? out.bytes : "", expected);
}

static void nothing_gets_out_of_its_place(void **state)
{
    (void)state;
    escapes_to(JK_SPAN("<script>alert(\"a\" & 'b')</script>"),
               "&lt;script&gt;alert(&quot;a&quot; &amp; &#39;b&#39;)&lt;/script&gt;");
    escapes_to(JK_SPAN("족보\n\tok \U0001F600"), "족보\n\tok \U0001F600");
    escapes_to(JK_SPAN("a\u202eb\u2066\u200f\u2028"), "a\\u{202e}b\\u{2066}\\u{200f}\\u{2028}");
    escapes_to(JK_SPAN("\x1b[31m\r\x7f"), "\\u{1b}[31m\\u{d}\\u{7f}");
    escapes_to(JK_SPAN("a\0b\xff\xc3"), "a\\x00b\\xff\\xc3");
}

static void a_page_has_a_bound(void **state)
{
    (void)state;
    struct jk_arena arena;
    struct jk_error error;
    struct jk_mustache *compiled = NULL;
    JK_CLEANUP(jk_text_done) struct jk_text out;
    jk_arena_init(&arena, 1 << 20);
    jk_error_init(&error, NULL);
    jk_text_init(&out, 10);
    assert_int_equal(
        jk_mustache_compile("case", JK_SPAN("{{#list}}12345{{.}}{{/list}}"), NULL, NULL, &compiled, &error), JK_OK);
    assert_false(jk_mustache_render(compiled, world(&arena), &out));
    jk_mustache_free(compiled);
    jk_arena_done(&arena);
}

static void a_view_without_memory_is_seen(void **state)
{
    (void)state;
    struct jk_arena arena;
    jk_arena_init(&arena, 600);
    struct jk_shown *root = jk_shown_root(&arena), *list = jk_shown_list(root, "list");
    for (int i = 0; i < 100; i++)
        jk_shown_string(jk_shown_map(list, NULL), "name", "x");
    assert_true(arena.exhausted);
    jk_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables),
        cmocka_unit_test(sections),
        cmocka_unit_test(lines_of_tags_alone_are_not_there),
        cmocka_unit_test(partials),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(nothing_gets_out_of_its_place),
        cmocka_unit_test(a_page_has_a_bound),
        cmocka_unit_test(a_view_without_memory_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
