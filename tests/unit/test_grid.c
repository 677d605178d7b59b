/* Lists and counts as tables. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <google/protobuf/timestamp.pb-c.h>
#include <jokbo/v1/evaluation.pb-c.h>
#include <jokbo/v1/log.pb-c.h>
#include <jokbo/v1/registry.pb-c.h>

#include "base/defer.h"
#include "web/grid.h"

static void grid_is(const void *message, bool bom, const char *expected)
{
    JK_CLEANUP(jk_text_done) struct jk_text out;
    jk_text_init(&out, 0);
    jk_grid_write(message, bom, &out);
    assert_false(out.failed);
    assert_string_equal(out.bytes, expected);
}

static void which_have_one(void **state)
{
    (void)state;
    assert_true(jk_grid_is_one(&jokbo__v1__list_models_response__descriptor));
    assert_true(jk_grid_is_one(&jokbo__v1__derivative_count__descriptor));
    assert_false(jk_grid_is_one(&jokbo__v1__model__descriptor));
    assert_false(jk_grid_is_one(&jokbo__v1__read_entries_response__descriptor));
}

static void groups_are_rows(void **state)
{
    (void)state;
    Jokbo__V1__CountGroup group = JOKBO__V1__COUNT_GROUP__INIT, *groups[] = {&group};
    Jokbo__V1__DerivativeCount count = JOKBO__V1__DERIVATIVE_COUNT__INIT;
    group.grouping = JOKBO__V1__GROUPING__GROUPING_PUBLISHER;
    group.key = "=cmd,\"x\"";
    group.count = -3;
    count.n_groups = 1;
    count.groups = groups;
    grid_is(&count, true, "\xEF\xBB\xBFgrouping,key,count,from_census\r\npublisher,\"'=cmd,\"\"x\"\"\",-3,0\r\n");
}

static void a_list_of_items(void **state)
{
    (void)state;
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    Jokbo__V1__Root root = JOKBO__V1__ROOT__INIT, *roots[] = {&root, &root};
    Jokbo__V1__FindingKind findings[] = {1, 2};
    Jokbo__V1__CountedDerivative item = JOKBO__V1__COUNTED_DERIVATIVE__INIT, *items[] = {&item};
    Jokbo__V1__ListCountedResponse list = JOKBO__V1__LIST_COUNTED_RESPONSE__INIT;
    JK_CLEANUP(jk_text_done) struct jk_text out;
    time.seconds = 1785542400;
    item.name = "alice/족보";
    item.log_index = 12;
    item.create_time = &time;
    item.relation = JOKBO__V1__RELATION__RELATION_QUANTIZED;
    item.n_roots = 2;
    item.roots = roots;
    item.n_findings = 2;
    item.findings = findings;
    list.n_derivatives = 1;
    list.derivatives = items;
    list.next_page_token = "t";
    jk_text_init(&out, 0);
    jk_grid_write(&list.base, false, &out);
    assert_non_null(strstr(out.bytes, "\r\nalice/족보,12,2026-08-01T00:00:00.000000Z,,quantized,"));
    assert_non_null(strstr(out.bytes, "\"[{},{}]\""));
    assert_null(strstr(out.bytes, "next_page_token"));
}

static void an_empty_list_has_its_header(void **state)
{
    (void)state;
    Jokbo__V1__ListCountedResponse list = JOKBO__V1__LIST_COUNTED_RESPONSE__INIT;
    JK_CLEANUP(jk_text_done) struct jk_text out;
    jk_text_init(&out, 0);
    jk_grid_write(&list.base, false, &out);
    assert_ptr_equal(strstr(out.bytes, "name,log_index,create_time,"), out.bytes);
    assert_ptr_equal(strchr(out.bytes, '\r'), out.bytes + out.len - 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(which_have_one), cmocka_unit_test(groups_are_rows),
                                       cmocka_unit_test(a_list_of_items),
                                       cmocka_unit_test(an_empty_list_has_its_header)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
