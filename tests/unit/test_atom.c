/* Names of feeds: tags by RFC 4151, one for each log and path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "web/pages/atom.h"

#define DAY_US (INT64_C(86400) * 1000000)

static void tag_is(const char *origin, int64_t began_us, const char *wanted)
{
    struct jk_text text;
    jk_text_init(&text, 0);
    jk_atom_tag(jk_span_of(origin), began_us, &text);
    assert_string_equal(text.bytes, wanted);
    jk_text_done(&text);
}

static void test_tags(void **state)
{
    (void)state;
    tag_is("registry.example.kr/log", 20301 * DAY_US, "tag:registry.example.kr,2025-08-01:registry.example.kr/log");
    tag_is("registry.example.kr/log", 20302 * DAY_US - 1, "tag:registry.example.kr,2025-08-01:registry.example.kr/log");
    tag_is("Registry.Example.KR", 20302 * DAY_US, "tag:registry.example.kr,2025-08-02:Registry.Example.KR");
    tag_is("localhost/jokbo-0123abcd", 0, "tag:localhost,1970-01-01:localhost/jokbo-0123abcd");
    tag_is("log.example:8443/a", 0, "tag:log.example,1970-01-01:log.example:8443/a");
    tag_is("a-b.example", 0, "tag:a-b.example,1970-01-01:a-b.example");
    static const char *const no_hosts[] = {"-a.example", "a-.example", "a..example", ".example",
                                           "example.",   "a_b",        "/path",      ":80"};
    for (size_t i = 0; i < sizeof no_hosts / sizeof *no_hosts; i++) {
        struct jk_text wanted;
        jk_text_init(&wanted, 0);
        jk_text_addf(&wanted, "tag:jokbo.invalid,1970-01-01:%s", no_hosts[i]);
        tag_is(no_hosts[i], 0, wanted.bytes);
        jk_text_done(&wanted);
    }
    tag_is("\xec\xa1\xb1\xeb\xb3\xb4/<a>#?%", 0, "tag:jokbo.invalid,1970-01-01:%EC%A1%B1%EB%B3%B4/%3Ca%3E%23%3F%25");
}

static void path_is(const char *path, const char *wanted)
{
    struct jk_text text;
    jk_text_init(&text, 0);
    jk_atom_path(jk_span_of(path), &text);
    assert_string_equal(text.bytes, wanted);
    jk_text_done(&text);
}

static void test_paths(void **state)
{
    (void)state;
    path_is("/feed.atom", "/feed.atom");
    path_is("/teams/sk%2Dtelecom/feed.atom", "/teams/sk-telecom/feed.atom");
    path_is("/teams/%73k-telecom/feed.atom", "/teams/sk-telecom/feed.atom");
    path_is("/publishers/%ec%a1%b1/feed.atom", "/publishers/%EC%A1%B1/feed.atom");
    path_is("/publishers/a%20b%3F/feed.atom", "/publishers/a%20b%3F/feed.atom");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tags), cmocka_unit_test(test_paths)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
