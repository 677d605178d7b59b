/* Are recent pages found only at their log size, for a moment, and by their whole key, and is what is kept bounded? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "web/pages/recent.h"

static const struct jk_recent_head head = {"text/html", "en", "W/\"1\""};

static void put(struct jk_recent *recent, const char *key, int64_t size, int64_t now_ms, const char *body)
{
    jk_recent_put(recent, jk_span_of(key), size, now_ms, &head, jk_span_of(body));
}

/* The page's body, or NULL. */
static const char *found(struct jk_recent *recent, const char *key, int64_t size, int64_t now_ms)
{
    static char copy[64];
    struct jk_recent_head told = {NULL};
    struct jk_text body;
    jk_text_init(&body, 0);
    bool there = jk_recent_find(recent, jk_span_of(key), size, now_ms, &told, &body);
    assert_int_equal(there, told.type != NULL);
    if (there) assert_string_equal(told.etag, head.etag);
    (void)snprintf(copy, sizeof copy, "%.*s", (int)body.len, body.bytes ? body.bytes : "");
    jk_text_done(&body);
    return there ? copy : NULL;
}

static void found_by_key_size_and_age(void **state)
{
    (void)state;
    struct jk_recent *recent = jk_recent_new();
    put(recent, "en /a?", 10, 0, "A");
    put(recent, "en /b?", 10, 0, "B");
    assert_string_equal(found(recent, "en /a?", 10, 1), "A");
    assert_string_equal(found(recent, "en /b?", 10, JK_RECENT_MS - 1), "B");
    assert_null(found(recent, "en /b?", 10, JK_RECENT_MS));
    assert_null(found(recent, "ko /a?", 10, 1));
    assert_null(found(recent, "en /a", 10, 1));
    assert_null(found(recent, "en /a?", 11, 1));
    assert_null(found(recent, "en /a?", 9, 1));
    put(recent, "en /b?", 10, JK_RECENT_MS, "B again");
    assert_string_equal(found(recent, "en /b?", 10, JK_RECENT_MS), "B again");
    jk_recent_free(recent);
    jk_recent_free(NULL);
}

static void a_larger_log_ends_all(void **state)
{
    (void)state;
    struct jk_recent *recent = jk_recent_new();
    put(recent, "a", 10, 0, "A");
    put(recent, "b", 11, 0, "B");
    put(recent, "c", 10, 0, "C");
    assert_null(found(recent, "a", 10, 0));
    assert_null(found(recent, "a", 11, 0));
    assert_null(found(recent, "c", 10, 0));
    assert_string_equal(found(recent, "b", 11, 0), "B");
    jk_recent_free(recent);
}

static void the_oldest_makes_room(void **state)
{
    (void)state;
    struct jk_recent *recent = jk_recent_new();
    char key[16];
    for (int i = 0; i <= JK_RECENT_PAGES; i++) {
        (void)snprintf(key, sizeof key, "%d", i);
        put(recent, key, 1, 0, key);
    }
    assert_null(found(recent, "0", 1, 0));
    for (int i = 1; i <= JK_RECENT_PAGES; i++) {
        (void)snprintf(key, sizeof key, "%d", i);
        assert_string_equal(found(recent, key, 1, 0), key);
    }
    jk_recent_free(recent);
}

static void the_large_are_not_kept(void **state)
{
    (void)state;
    struct jk_recent *recent = jk_recent_new();
    char *bytes = malloc(JK_RECENT_PAGE + 2);
    assert_non_null(bytes);
    memset(bytes, 'x', JK_RECENT_PAGE + 1);
    bytes[JK_RECENT_PAGE + 1] = '\0';
    put(recent, "page", 1, 0, bytes);
    assert_null(found(recent, "page", 1, 0));
    put(recent, "page", 1, 0, bytes + 1);
    assert_non_null(found(recent, "page", 1, 0));
    bytes[JK_RECENT_KEY + 1] = '\0';
    put(recent, bytes, 1, 0, "");
    assert_null(found(recent, bytes, 1, 0));
    put(recent, bytes + 1, 1, 0, "");
    assert_string_equal(found(recent, bytes + 1, 1, 0), "");
    put(recent, "", 1, 0, "");
    assert_null(found(recent, "", 1, 0));
    free(bytes);
    jk_recent_free(recent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_by_key_size_and_age),
        cmocka_unit_test(a_larger_log_ends_all),
        cmocka_unit_test(the_oldest_makes_room),
        cmocka_unit_test(the_large_are_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
