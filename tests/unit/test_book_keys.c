/* The keys that sign the log, at every size: rotation, retirement, and what cannot follow. */
#include "support/book_world.h"

#define KEY_A   "log.example/test+0000000a+AQoAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define KEY_B   "log.example/test+0000000b+AQsAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define FOREIGN "log.example/othr+0000000a+AQoAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void keys_are(const struct jk_ledger *ledger, uint32_t n, struct jk_span newest, struct jk_span older)
{
    struct jk_span keys[JK_BOOK_KEYS];
    size_t count = jk_book_keys(ledger->book, n, keys);

    assert_int_equal(count, older.len > 0 ? 2 : 1);
    assert_true(jk_span_equal(keys[0], newest));
    if (count == 2) assert_true(jk_span_equal(keys[1], older));
}

static void test_rotation(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_span first = jk_book_key(ledger->book), none = {"", 0}, keys[JK_BOOK_KEYS];
    uint32_t size = jk_book_size(ledger->book);

    assert_int_equal(jk_book_keys(ledger->book, 0, keys), 0);
    keys_are(ledger, 1, first, none);
    OK(jk_ledger_key(ledger, JK_SPAN(KEY_A), first));
    OK(jk_ledger_publisher(ledger, "between"));
    OK(jk_ledger_retire(ledger, first));
    OK(jk_ledger_key(ledger, JK_SPAN(KEY_B), JK_SPAN(KEY_A)));
    keys_are(ledger, size, first, none);
    keys_are(ledger, size + 1, JK_SPAN(KEY_A), first);
    keys_are(ledger, size + 2, JK_SPAN(KEY_A), first);
    keys_are(ledger, size + 3, JK_SPAN(KEY_A), none);
    keys_are(ledger, size + 4, JK_SPAN(KEY_B), JK_SPAN(KEY_A));
    assert_true(jk_span_equal(jk_book_key(ledger->book), first)); /* entry 0's, for ever */
}

static void was_key(const struct jk_ledger *ledger, uint32_t i, struct jk_span key, uint32_t after, uint32_t until)
{
    struct jk_book_key found = jk_book_key_at(ledger->book, i);

    assert_true(jk_span_equal(found.key, key));
    assert_int_equal(found.after, after);
    assert_int_equal(found.until, until);
}

static void test_history(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_span first = jk_book_key(ledger->book);
    uint32_t size = jk_book_size(ledger->book);

    assert_int_equal(jk_book_key_count(ledger->book), 1);
    was_key(ledger, 0, first, 0, JK_NONE);
    OK(jk_ledger_key(ledger, JK_SPAN(KEY_A), first));
    assert_int_equal(jk_book_key_count(ledger->book), 2);
    was_key(ledger, 0, first, 0, JK_NONE);
    OK(jk_ledger_publisher(ledger, "between"));
    OK(jk_ledger_retire(ledger, first));
    assert_int_equal(jk_book_key_count(ledger->book), 2);
    OK(jk_ledger_key(ledger, JK_SPAN(KEY_B), JK_SPAN(KEY_A)));
    assert_int_equal(jk_book_key_count(ledger->book), 3);
    was_key(ledger, 0, first, 0, size + 2);
    was_key(ledger, 1, JK_SPAN(KEY_A), size, JK_NONE);
    was_key(ledger, 2, JK_SPAN(KEY_B), size + 3, JK_NONE);
}

static void test_refused_keys(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_span first = jk_book_key(ledger->book);

    REFUSED(jk_ledger_key(ledger, JK_SPAN(KEY_A), JK_SPAN(KEY_B)));
    says(ledger, "previous key is not the log's");
    REFUSED(jk_ledger_key(ledger, JK_SPAN(FOREIGN), first));
    says(ledger, "name is not the log's origin");
    REFUSED(jk_ledger_key(ledger, first, first));
    says(ledger, "was a key of this log before");
    OK(jk_ledger_key(ledger, JK_SPAN(KEY_A), first));
    REFUSED(jk_ledger_key(ledger, JK_SPAN(KEY_B), JK_SPAN(KEY_A)));
    says(ledger, "two keys sign already");
    OK(jk_ledger_retire(ledger, first));
    REFUSED(jk_ledger_key(ledger, first, JK_SPAN(KEY_A)));
    says(ledger, "was a key of this log before");
}

static void test_refused_retirement(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_span first = jk_book_key(ledger->book);

    REFUSED(jk_ledger_retire(ledger, first));
    says(ledger, "only key cannot be retired");
    OK(jk_ledger_key(ledger, JK_SPAN(KEY_A), first));
    REFUSED(jk_ledger_retire(ledger, JK_SPAN(KEY_A)));
    says(ledger, "only the older");
    OK(jk_ledger_retire(ledger, first));
    REFUSED(jk_ledger_retire(ledger, first));
}

static void test_undo(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_span first = jk_book_key(ledger->book), none = {"", 0};
    uint32_t size = jk_book_size(ledger->book);
    struct jk_book_mark mark = jk_book_mark(ledger->book);

    OK(jk_ledger_key(ledger, JK_SPAN(KEY_A), first));
    keys_are(ledger, JK_NONE, JK_SPAN(KEY_A), first);
    jk_book_undo(ledger->book, mark);
    jk_book_keep(ledger->book);
    keys_are(ledger, JK_NONE, first, none);
    assert_int_equal(jk_book_size(ledger->book), size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rotation),           TEST(test_history), TEST(test_refused_keys),
        TEST(test_refused_retirement), TEST(test_undo),
    };
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
