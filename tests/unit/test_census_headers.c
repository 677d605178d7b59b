/* What a hub says in headers: pages, redirects, limits; well-formed, malformed, and such as would lead a client elsewhere. */
#include "support/golden.h"

#include "census/headers.h"

static void next_page(void **state)
{
    (void)state;
    static const struct {
        const char *link, *url;
    } rows[] = {
        {"<https://hub/api/models?cursor=x>; rel=\"next\"", "https://hub/api/models?cursor=x"},
        {"<https://hub/a>; rel=next", "https://hub/a"},
        {"<https://hub/a?b=1,2>;title=\"a, b\"; REL=\"last Next\"", "https://hub/a?b=1,2"},
        {"<https://hub/p>; rel=\"prev\", <https://hub/n>; rel=\"next\"", "https://hub/n"},
        {"<https://hub/n>; rel=\"nextish\"", NULL},
        {"<https://hub/n>", NULL},
        {"https://hub/n; rel=\"next\"", NULL},
        {"<https://hub/n; rel=\"next\"", NULL},
        {"<>; rel=\"next\"", NULL},
        {"", NULL},
        {",,;", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct jk_span url = JK_SPAN("");
        assert_int_equal(jk_headers_next(jk_span_of(rows[i].link), &url), rows[i].url != NULL);
        if (rows[i].url) assert_span_equal(url, jk_span_of(rows[i].url));
    }
    char link[JK_HEADERS_URL_MAX + 32];
    for (size_t len = JK_HEADERS_URL_MAX; len <= JK_HEADERS_URL_MAX + 1; len++) {
        struct jk_span url;
        memset(link, 'a', sizeof link);
        link[0] = '<';
        memcpy(link + 1 + len, ">; rel=next", strlen(">; rel=next"));
        bool found = jk_headers_next((struct jk_span){link, 1 + len + strlen(">; rel=next")}, &url);
        assert_int_equal(found, len == JK_HEADERS_URL_MAX);
    }
}

static void where_it_leads(void **state)
{
    (void)state;
    static const struct {
        const char *from, *reference, *url;
    } rows[] = {
        {"https://hub/api/models?a=b", "/api/models/x/y", "https://hub/api/models/x/y"},
        {"https://hub:8443", "/x?y", "https://hub:8443/x?y"},
        {"https://hub/a", "https://hub/b", "https://hub/b"},
        {"https://hub/a", "HTTPS://HUB/b", "HTTPS://HUB/b"},
        {"https://hub/a", "https://hub:444/b", NULL},
        {"https://hub/a", "https://hub@other/b", NULL},
        {"https://hub/a", "https://other/b", NULL},
        {"https://hub/a", "http://hub/b", NULL},
        {"https://hub/a", "//other/b", NULL},
        {"https://hub/a", "/\\other/b", NULL},
        {"https://hub/a", "b", NULL},
        {"https://hub/a", "", NULL},
        {"https://hub/a", "/a b", NULL},
        {"https://hub/a", "/a\x7f", NULL},
        {"ftp://hub/a", "/b", NULL},
        {"https:///a", "/b", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct jk_text url;
        jk_text_init(&url, 0);
        bool good = jk_headers_resolve(jk_span_of(rows[i].from), jk_span_of(rows[i].reference), &url);
        assert_int_equal(good, rows[i].url != NULL);
        assert_span_equal(jk_text_span(&url), jk_span_of(rows[i].url ? rows[i].url : ""));
        jk_text_done(&url);
    }
}

static void smaller_pages(void **state)
{
    (void)state;
    static const struct {
        const char *url, *limited;
    } rows[] = {
        {"https://hub/api/models?filter=a:b/c&full=true", "https://hub/api/models?filter=a:b/c&full=true&limit=10"},
        {"https://hub/x?limit=1000&cursor=limit=7&a=b", "https://hub/x?cursor=limit=7&a=b&limit=10"},
        {"https://hub/x?cursor=y&limit=1", "https://hub/x?cursor=y&limit=10"},
        {"https://hub/x?", "https://hub/x?limit=10"},
        {"https://hub/x", "https://hub/x?limit=10"},
        {"https://hub/x?&a&&limit=&limits=2", "https://hub/x?a&limits=2&limit=10"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct jk_text url;
        jk_text_init(&url, 0);
        jk_headers_limit_page(jk_span_of(rows[i].url), 10, &url);
        assert_span_equal(jk_text_span(&url), jk_span_of(rows[i].limited));
        jk_text_done(&url);
    }
}

static void parts_of_urls(void **state)
{
    (void)state;
    assert_span_equal(jk_headers_origin(JK_SPAN("https://hub:8443/a?b")), JK_SPAN("https://hub:8443"));
    assert_span_equal(jk_headers_origin(JK_SPAN("HTTP://hub?b")), JK_SPAN("HTTP://hub"));
    assert_span_equal(jk_headers_origin(JK_SPAN("http://")), JK_SPAN(""));
    assert_span_equal(jk_headers_origin(JK_SPAN("hub/a")), JK_SPAN(""));
    assert_span_equal(jk_headers_model(JK_SPAN("/api/models/a/b?blobs=true")), JK_SPAN("a/b"));
    assert_span_equal(jk_headers_model(JK_SPAN("https://hub/api/models/a/b#c?d")), JK_SPAN("a/b"));
    assert_span_equal(jk_headers_model(JK_SPAN("https://hub/api/datasets/a/b")), JK_SPAN(""));
    assert_span_equal(jk_headers_model(JK_SPAN("https://hub")), JK_SPAN(""));
    assert_span_equal(jk_headers_model(JK_SPAN("")), JK_SPAN(""));
}

static void limits(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        bool told;
        uint64_t left, wait_s;
    } rows[] = {
        {"\"api\";r=499;t=300", true, 499, 300},
        {"\"api\"; r=0; t=0.2", true, 0, 1},
        {"api;t=5;r=1", true, 1, 5},
        {"\"pages\";r=9;t=1, \"api\";r=3;t=2", true, 3, 2},
        {"\"pages\";r=9;t=1, \"resolvers\";r=3;t=2", true, 9, 1},
        {"\"api\";r=0;t=99999999999", true, 0, JK_HEADERS_WAIT_S},
        {"\"api\";r=0", false, 0, 0},
        {"\"api\";r=-1;t=5", false, 0, 0},
        {"\"api\";r=many;t=5", false, 0, 0},
        {"", false, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct jk_headers_limit limit = jk_headers_limit(jk_span_of(rows[i].header));
        assert_int_equal(limit.is_told, rows[i].told);
        assert_int_equal(limit.left, rows[i].left);
        assert_int_equal(limit.wait_s, rows[i].wait_s);
    }
}

static void quotas_and_pauses(void **state)
{
    (void)state;
    uint64_t requests, seconds;
    assert_true(jk_headers_quota(JK_SPAN("\"fixed window\";\"api\";q=500;w=300"), &requests, &seconds));
    assert_int_equal(requests, 500);
    assert_int_equal(seconds, 300);
    assert_false(jk_headers_quota(JK_SPAN("\"api\";q=0;w=300"), &requests, &seconds));
    assert_false(jk_headers_quota(JK_SPAN("\"api\";q=500"), &requests, &seconds));
    assert_true(jk_headers_retry(JK_SPAN(" 17 "), &seconds));
    assert_int_equal(seconds, 17);
    assert_true(jk_headers_retry(JK_SPAN("86400"), &seconds));
    assert_int_equal(seconds, JK_HEADERS_WAIT_S);
    assert_false(jk_headers_retry(JK_SPAN("Wed, 21 Oct 2026 07:28:00 GMT"), &seconds));
    assert_false(jk_headers_retry(JK_SPAN("-1"), &seconds));
    assert_false(jk_headers_retry(JK_SPAN(""), &seconds));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(next_page),     cmocka_unit_test(where_it_leads), cmocka_unit_test(smaller_pages),
        cmocka_unit_test(parts_of_urls), cmocka_unit_test(limits),         cmocka_unit_test(quotas_and_pauses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
