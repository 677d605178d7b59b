/* Over random histories: what a book answers about the past never changes, undoing restores every answer, and a
 * refused entry leaves no trace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/fingerprint.h"
#include "support/history.h"

#define HISTORIES 8
#define STEPS     120
#define SIZES     512

static void make(struct jk_ledger *ledger, uint64_t seed)
{
    uint32_t kinds[JK_KIND_COUNT] = {0};
    jk_ledger_init(ledger);
    jk_history_make(ledger, seed, STEPS, kinds);
    assert_true(ledger->count < SIZES);
}

static void apply(struct jk_book *book, struct jk_span entry)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    if (jk_book_apply(book, entry, &error) != JK_OK) fail_msg("entry refused: %s", error.message);
}

static void test_past_stays(void **state)
{
    (void)state;
    static struct jk_digest prints[SIZES];
    for (uint64_t seed = 1; seed <= HISTORIES; seed++) {
        struct jk_ledger ledger;
        make(&ledger, seed);
        struct jk_book *book = jk_book_new();
        for (uint32_t i = 0; i < ledger.count; i++) {
            apply(book, ledger.entries[i]);
            prints[i] = jk_fingerprint(book, i + 1, false);
        }
        for (uint32_t i = 0; i < ledger.count; i++) {
            struct jk_digest print = jk_fingerprint(book, i + 1, false);
            if (!jk_digest_equal(&print, &prints[i])) fail_msg("history %d: size %u changed", (int)seed, i + 1);
        }
        jk_book_free(book);
        jk_ledger_done(&ledger);
    }
}

/* Marks at every depth: apply on from a mark, undo, and nothing may be left. */
static void test_undo_restores(void **state)
{
    (void)state;
    for (uint64_t seed = 20; seed < 20 + HISTORIES; seed++) {
        struct jk_ledger ledger;
        make(&ledger, seed);
        struct jk_book *book = jk_book_new();
        for (uint32_t i = 0; i < ledger.count; i++) {
            struct jk_digest before = jk_fingerprint(book, i, true);
            struct jk_book_mark outer = jk_book_mark(book);
            for (uint32_t k = i; k < i + 4 && k < ledger.count; k++)
                apply(book, ledger.entries[k]);
            struct jk_book_mark inner = jk_book_mark(book);
            struct jk_digest middle = jk_fingerprint(book, jk_book_size(book), true);
            for (uint32_t k = jk_book_size(book); k < i + 9 && k < ledger.count; k++)
                apply(book, ledger.entries[k]);
            jk_book_undo(book, inner);
            struct jk_digest after = jk_fingerprint(book, jk_book_size(book), true);
            assert_true(jk_digest_equal(&middle, &after));
            jk_book_undo(book, outer);
            after = jk_fingerprint(book, i, true);
            assert_true(jk_digest_equal(&before, &after));
            if (i % 3 == 0) jk_book_keep(book); /* else the entry is applied under the old mark, and kept later */
            apply(book, ledger.entries[i]);
        }
        jk_book_keep(book);
        struct jk_digest whole = jk_fingerprint(ledger.book, ledger.count, true);
        struct jk_digest same = jk_fingerprint(book, ledger.count, true);
        assert_true(jk_digest_equal(&whole, &same));
        jk_book_free(book);
        jk_ledger_done(&ledger);
    }
}

static void test_refusals_leave_no_trace(void **state)
{
    (void)state;
    struct jk_ledger ledger;
    make(&ledger, 99);
    struct jk_book *book = jk_book_new();
    unsigned refused = 0;
    for (uint32_t i = 0; i < ledger.count; i++) {
        apply(book, ledger.entries[i]);
        struct jk_digest before = jk_fingerprint(book, i + 1, true);
        for (uint32_t k = 0; k < ledger.count; k += 7) {
            struct jk_error error;
            jk_error_init(&error, NULL);
            struct jk_book_mark mark = jk_book_mark(book);
            enum jk_status status = jk_book_apply(book, ledger.entries[k], &error);
            if (status != JK_OK) {
                assert_int_equal(status, JK_DATA_LOSS);
                assert_true(error.message[0] != '\0');
                struct jk_digest after = jk_fingerprint(book, i + 1, true);
                assert_true(jk_digest_equal(&before, &after));
                refused++;
            }
            jk_book_undo(book, mark);
        }
        jk_book_keep(book);
    }
    assert_true(refused > 100);
    jk_book_free(book);
    jk_ledger_done(&ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_past_stays),
        cmocka_unit_test(test_undo_restores),
        cmocka_unit_test(test_refusals_leave_no_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
