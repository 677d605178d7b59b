/* What a standing depends on, and on nothing else, over random histories and policies:
 *   - a log of the same entries gives the same standing however they come in batches, and whatever was asked in
 * between;
 *   - a size, once passed, keeps its standing for ever;
 *   - under rule set 1 a registration changes the reasons of no other derivative; under rule set 2 it may take the
 * place of one that follows a first which has fallen away;
 *   - what happens to a model (a release, a yank, a ruling, another name) changes reasons only of it and those that
 * descend from it, of those that share content with one of these, and so on, and, by the cap, of the publishers of all
 * of these;
 *     But for the time that passes, in which a model may come to be gone;
 *   - totals of many scopes at once are those of each alone, and every funnel sums.
 * That changes of roster, affiliations and licence facts come to what a fold from scratch gives is held by
 * support/make_standings.c. JK_HISTORIES (default 40) says how many histories. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "book/book_ask.h"
#include "book/contest.h"
#include "book/stage.h"
#include "book/standing.h"
#include "support/history_stages.h"

#define STEPS  170
#define MODELS 1024
#define SCOPES 256

struct history {
    struct jk_ledger ledger;
    struct jk_random random;
    struct jk_policy policy;
};

static void begin(struct history *history, uint64_t seed)
{
    uint32_t kinds[JK_KIND_COUNT];
    history->random = (struct jk_random){seed ^ 0xca9};
    history->policy = jk_history_policy(&history->random, 1);
    jk_ledger_init(&history->ledger);
    jk_history_make(&history->ledger, seed, STEPS, kinds);
    assert_true(jk_book_models(history->ledger.book, JK_NONE) <= MODELS);
}

/* By the clock of another size. */
static struct jk_standing *standing_by_clock(const struct history *history, const struct jk_book *book, uint32_t n,
                                             uint32_t clock)
{
    struct jk_standing_query query = {.policy = &history->policy, .n = n, .counted_n = clock};
    struct jk_standing *standing;
    struct jk_error error;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_standing_make(book, &query, &standing, &error), JK_OK);
    return standing;
}

static struct jk_standing *standing_at(const struct history *history, const struct jk_book *book, uint32_t n)
{
    return standing_by_clock(history, book, n, n);
}

static void assert_same(const struct jk_standing *one, const struct jk_standing *other)
{
    size_t count, others;
    const struct jk_verdict *a = jk_standing_rows(one, &count), *b = jk_standing_rows(other, &others);
    assert_int_equal(count, others);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(a[i].model, b[i].model);
        assert_int_equal(a[i].root, b[i].root);
        assert_int_equal(a[i].release, b[i].release);
        assert_int_equal(a[i].publisher, b[i].publisher);
        assert_int_equal(a[i].reasons, b[i].reasons);
        assert_int_equal(a[i].flags, b[i].flags);
        assert_int_equal(a[i].depth, b[i].depth);
        assert_int_equal(a[i].month, b[i].month);
        assert_int_equal(a[i].brought, b[i].brought);
    }
}

static unsigned histories(void)
{
    const char *text = getenv("JK_HISTORIES");
    unsigned count = text ? (unsigned)atoi(text) : 40;
    return count ? count : 40;
}

static void each_history(void (*check)(struct history *history))
{
    for (uint64_t seed = 1; seed <= histories(); seed++) {
        struct history history;
        begin(&history, seed);
        check(&history);
        jk_ledger_done(&history.ledger);
    }
}

/* ---- batches and queries ---- */

static struct jk_parsed_entry *read_all(const struct jk_ledger *ledger)
{
    struct jk_parsed_entry *parsed = calloc(ledger->count, sizeof *parsed);
    struct jk_error error;
    jk_error_init(&error, NULL);
    assert_non_null(parsed);
    for (uint32_t i = 0; i < ledger->count; i++)
        assert_int_equal(jk_parsed_entry_read(ledger->entries[i], &parsed[i], &error), JK_OK);
    return parsed;
}

/* In batches as they come; between them a question, or a batch that is taken back. */
static void apply_in_batches(struct history *history, struct jk_book *book, const struct jk_parsed_entry *parsed)
{
    uint32_t count = history->ledger.count;
    struct jk_error error;
    jk_error_init(&error, NULL);
    for (size_t at = 0, applied; at < count; at += applied) {
        size_t batch = 1 + jk_random_below(&history->random, 40);
        if (batch > count - at) batch = count - at;
        if (jk_random_below(&history->random, 2)) {
            struct jk_book_mark mark = jk_book_mark(book);
            assert_int_equal(jk_book_apply_many(book, parsed + at, batch, &applied, &error), JK_OK);
            jk_book_undo(book, mark);
            jk_book_keep(book);
        }
        assert_int_equal(jk_book_apply_many(book, parsed + at, batch, &applied, &error), JK_OK);
        if (jk_random_below(&history->random, 2))
            jk_standing_free(
                standing_at(history, book, jk_random_below(&history->random, (uint32_t)(at + applied) + 1)));
    }
}

static void check_batches(struct history *history)
{
    struct jk_parsed_entry *parsed = read_all(&history->ledger);
    for (int i = 0; i < 3; i++) {
        struct jk_book *book = jk_book_new();
        apply_in_batches(history, book, parsed);
        for (int j = 0; j < 5; j++) {
            uint32_t n = jk_random_below(&history->random, history->ledger.count + 1);
            struct jk_standing *one = standing_at(history, book, n);
            struct jk_standing *other = standing_at(history, history->ledger.book, n);
            assert_same(one, other);
            jk_standing_free(one);
            jk_standing_free(other);
        }
        jk_book_free(book);
    }
    free(parsed);
}

static void batches_and_queries_do_not_matter(void **state)
{
    (void)state;
    each_history(check_batches);
}

/* ---- what was, stays ---- */

static void check_past(struct history *history)
{
    struct jk_book *book = jk_book_new();
    struct jk_standing *kept[8] = {0};
    struct jk_error error;
    jk_error_init(&error, NULL);
    for (uint32_t i = 0; i < history->ledger.count; i++) {
        assert_int_equal(jk_book_apply(book, history->ledger.entries[i], &error), JK_OK);
        struct jk_standing **place = &kept[jk_random_below(&history->random, 8)];
        if (*place) { /* of an earlier size: asked again now */
            struct jk_standing *again = standing_at(history, book, jk_standing_size(*place));
            assert_same(*place, again);
            jk_standing_free(again);
            jk_standing_free(*place);
        }
        *place = standing_at(history, book, i + 1);
    }
    for (int i = 0; i < 8; i++)
        jk_standing_free(kept[i]);
    jk_book_free(book);
}

static void earlier_sizes_never_change(void **state)
{
    (void)state;
    each_history(check_past);
}

/* ---- who may be touched by what ---- */

static uint64_t compared, spared, touched, registered;

/* Which model an entry is about; JK_NONE where it is about none, or about more than its own fate. */
static uint32_t subject_of(const struct jk_book *book, uint32_t index, struct jk_span bytes, bool *out_new)
{
    struct jk_parsed_entry parsed;
    struct jk_error error;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_parsed_entry_read(bytes, &parsed, &error), JK_OK);
    *out_new = parsed.entry.kind == JK_KIND_REGISTER;
    switch (parsed.entry.kind) {
    case JK_KIND_REGISTER:
        return jk_book_find_model_index(book, index, JK_NONE);
    case JK_KIND_RELEASE:
        for (uint32_t slot = jk_book_releases(book, JK_NONE); slot-- > 0;)
            if (jk_book_release(book, slot)->index == index) return jk_book_release(book, slot)->model;
        return JK_NONE;
    case JK_KIND_YANK:
    case JK_KIND_UNYANK:
        return jk_book_release(book, jk_book_find_release(book, &parsed.entry.release, JK_NONE))->model;
    case JK_KIND_RENAME:
    case JK_KIND_TRANSFER:
    case JK_KIND_EXCLUDE:
    case JK_KIND_RESTORE:
    case JK_KIND_EXCLUDE_ROOT:
    case JK_KIND_RESTORE_ROOT:
    case JK_KIND_ORIGIN:
        return jk_book_find_model(book, parsed.entry.model, JK_NONE);
    case JK_KIND_CONFIRM:
    case JK_KIND_REJECT:
        return jk_book_ruling(book, jk_book_find_ruling(book, parsed.entry.target, JK_NONE))->model;
    default:
        return JK_NONE;
    }
}

static bool descends(const struct jk_book *book, uint32_t model, uint32_t from, uint32_t n)
{
    for (uint32_t slot = jk_book_newest(book, model, n); slot != JK_NONE; slot = jk_book_release(book, slot)->older)
        if (jk_book_descends(book, slot, from, n)) return true;
    return false;
}

static bool is_same_content(const struct jk_book *book, uint32_t release, uint32_t other, uint32_t n)
{
    for (int kind = 0; kind < JK_CONTENT_KINDS; kind++) {
        uint32_t slot = jk_content_of(book, release, (enum jk_content)kind, n);
        if (slot != JK_NONE && slot == jk_content_of(book, other, (enum jk_content)kind, n)) return true;
    }
    return false;
}

/* Before or after the entry n; what a manifest says, whenever it is known. */
static bool share_content(const struct jk_book *book, uint32_t a, uint32_t b, uint32_t n)
{
    for (uint32_t i = jk_book_newest(book, a, JK_NONE); i != JK_NONE; i = jk_book_release(book, i)->older)
        for (uint32_t j = jk_book_newest(book, b, JK_NONE); j != JK_NONE; j = jk_book_release(book, j)->older)
            if (is_same_content(book, i, j, n) || is_same_content(book, i, j, n + 1) ||
                is_same_content(book, i, j, JK_NONE))
                return true;
    return false;
}

/* Marks with 1 the model, all that descend from it, and whoever has content of one so marked; with 2 the rest of the
 * publishers of all of these, before and after. */
static void mark_reach(const struct jk_book *book, uint32_t model, uint32_t n, unsigned char reach[MODELS])
{
    uint32_t models = jk_book_models(book, n + 1);
    for (uint32_t i = 0; i < models; i++)
        reach[i] = i == model || descends(book, i, model, n + 1);
    for (bool more = true; more;) { /* who falls makes room for whom it shares with */
        more = false;
        for (uint32_t i = 0; i < models; i++)
            for (uint32_t j = 0; j < models && !reach[i]; j++)
                if (reach[j] && share_content(book, i, j, n)) reach[i] = 1, more = true;
    }
    for (uint32_t i = 0; i < models; i++)
        for (uint32_t j = 0; j < models && !reach[i]; j++) {
            if (reach[j] != 1) continue;
            uint32_t own = jk_book_alias(book, i, n + 1)->publisher;
            const struct jk_alias *before = jk_book_alias(book, j, n);
            if (own == jk_book_alias(book, j, n + 1)->publisher || (before && own == before->publisher)) reach[i] = 2;
        }
}

static jk_reasons reasons_of(const struct jk_standing *standing, uint32_t model, uint32_t root)
{
    size_t count;
    const struct jk_verdict *rows = jk_standing_of(standing, model, &count);
    for (size_t i = 0; i < count; i++)
        if (rows[i].root == root) return rows[i].reasons;
    return UINT32_MAX;
}

/* All pairs of the one, held against the other; what may differ is left out by `reach`. */
static void compare_pairs(const struct jk_standing *one, const struct jk_standing *other, const unsigned char *reach,
                          uint32_t index)
{
    size_t count;
    const struct jk_verdict *rows = jk_standing_rows(one, &count);
    for (size_t i = 0; i < count; i++) {
        jk_reasons there = reasons_of(other, rows[i].model, rows[i].root), differ = there ^ rows[i].reasons;
        if (reach[rows[i].model] == 2 && there != UINT32_MAX) differ &= ~(jk_reasons)JK_REASON_BIT(CAP);
        if (reach[rows[i].model] == 1) {
            touched += differ != 0;
            spared++;
            continue;
        }
        if (differ)
            fail_msg("entry %u: model %u, root %u: reasons %x, then %x", index, rows[i].model, rows[i].root,
                     rows[i].reasons, there);
        compared++;
    }
}

static void check_entry(struct history *history, uint32_t index, const struct jk_standing *before,
                        const struct jk_standing *after)
{
    static unsigned char reach[MODELS];
    bool is_new;
    const struct jk_book *book = history->ledger.book;
    uint32_t model = subject_of(book, index, history->ledger.entries[index], &is_new);
    if (model == JK_NONE) return;
    if (is_new) registered++;
    if (is_new && history->policy.rules == 1) {
        memset(reach, 0, sizeof reach);
        reach[model] = 1;
    } else {
        mark_reach(book, model, index, reach);
    }
    compare_pairs(before, after, reach, index);
    compare_pairs(after, before, reach, index);
}

/* The time that passes with an entry reaches everybody whose hub shows nothing any more, so it stands still here. */
static void check_reach(struct history *history)
{
    const struct jk_book *book = history->ledger.book;
    for (uint32_t i = 0; i < history->ledger.count; i++) {
        struct jk_standing *before = standing_by_clock(history, book, i, i + 1);
        struct jk_standing *after = standing_at(history, book, i + 1);
        check_entry(history, i, before, after);
        jk_standing_free(before);
        jk_standing_free(after);
    }
}

static void others_are_left_alone(void **state)
{
    (void)state;
    each_history(check_reach);
    print_message("%llu pairs left alone, %llu within reach of which %llu changed, %llu registrations\n",
                  (unsigned long long)compared, (unsigned long long)spared, (unsigned long long)touched,
                  (unsigned long long)registered);
    assert_true(compared > 1000 && touched > 50 && registered > 100);
}

/* ---- totals ---- */

static size_t all_scopes(const struct jk_book *book, uint32_t n, struct jk_scope scopes[SCOPES])
{
    size_t count = 0;
    uint32_t model;
    scopes[count++] = (struct jk_scope){.type = JK_SCOPE_ALL};
    for (uint32_t team = 0; team < jk_book_teams(book, n); team++)
        scopes[count++] = (struct jk_scope){JK_SCOPE_TEAM, team};
    for (uint32_t i = 0; (model = jk_book_listed(book, i, n)) != JK_NONE; i++)
        scopes[count++] = (struct jk_scope){JK_SCOPE_BASE, model};
    assert_true(count <= SCOPES);
    return count;
}

static void check_totals(struct history *history)
{
    static struct jk_policy_total totals[SCOPES], alone;
    struct jk_scope scopes[SCOPES];
    struct jk_error error;
    jk_error_init(&error, NULL);
    for (int round = 0; round < 4; round++) {
        uint32_t n = jk_random_below(&history->random, history->ledger.count + 1);
        struct jk_standing *standing = standing_at(history, history->ledger.book, n);
        size_t count = all_scopes(history->ledger.book, n, scopes);
        assert_int_equal(jk_standing_totals(standing, history->ledger.book, scopes, count, totals, &error), JK_OK);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(jk_standing_total(standing, history->ledger.book, scopes[i], &alone, &error), JK_OK);
            assert_memory_equal(&alone, &totals[i], sizeof alone);
            uint32_t sum = alone.plain.counted;
            for (int reason = 0; reason < JK_REASON_COUNT; reason++)
                sum += alone.left_out[reason];
            assert_int_equal(sum, alone.plain.registered);
        }
        jk_standing_free(standing);
    }
}

static void many_totals_are_each_alone(void **state)
{
    (void)state;
    each_history(check_totals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_and_queries_do_not_matter),
        cmocka_unit_test(earlier_sizes_never_change),
        cmocka_unit_test(others_are_left_alone),
        cmocka_unit_test(many_totals_are_each_alone),
    };
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
