/* The book, the cube and a naive fold must agree on every fact and total of random histories, at sampled sizes; the book
 * and the entries on what was said of weights; and
 * a book that kept speculating and taking back must end up equal. JK_HISTORIES (default 60) says how many histories. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "book/count.h"
#include "support/history.h"
#include "support/naive.h"
#include "support/slow_vouched.h"

#define STEPS  170
#define SAMPLE 9 /* every so many sizes */

static struct jk_naive_fact facts[JK_NAIVE_FACTS];
static struct jk_total expected, found;

static unsigned histories(void)
{
    const char *text = getenv("JK_HISTORIES");
    unsigned count = text ? (unsigned)atoi(text) : 60;
    return count ? count : 60;
}

static const struct jk_spell *spell_of(const struct jk_book *book, uint32_t model, uint32_t root, uint32_t n)
{
    const struct jk_spell *spell = NULL;
    while ((spell = jk_book_spell(book, model, n, spell)) != NULL)
        if (spell->root == root) return spell;
    return NULL;
}

static size_t count_spells(const struct jk_book *book, uint32_t n)
{
    size_t count = 0;
    for (uint32_t model = 0; model < jk_book_models(book, n); model++)
        for (const struct jk_spell *spell = NULL; (spell = jk_book_spell(book, model, n, spell)) != NULL;)
            count++;
    return count;
}

static void compare_facts(const struct jk_book *book, size_t count, uint32_t n)
{
    assert_int_equal(count_spells(book, n), count);
    for (size_t i = 0; i < count; i++) {
        uint32_t model = jk_book_find_model_index(book, facts[i].derivative, n);
        uint32_t root = jk_book_find_model_index(book, facts[i].root, n);
        const struct jk_spell *spell = spell_of(book, model, root, n);
        if (!spell) fail_msg("size %u: model %u has no spell for root %u", n, facts[i].derivative, facts[i].root);
        assert_int_equal(jk_book_release(book, spell->release)->index, facts[i].release);
        if (spell->flags != facts[i].flags)
            fail_msg("size %u, model %u, root %u: flags %x, naive %x", n, facts[i].derivative, facts[i].root,
                     spell->flags, facts[i].flags);
        assert_int_equal(spell->depth, facts[i].depth);
        assert_int_equal(spell->declared_depth, facts[i].declared_depth);
        assert_int_equal(spell->relation, facts[i].relation);
        assert_int_equal(spell->license_class, facts[i].license_class);
    }
}

static void compare_total(const struct jk_book *book, const struct jk_cube *cube, struct jk_scope scope, uint32_t n)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_count_at(book, scope, n, &found, &error), JK_OK);
    assert_memory_equal(&found, &expected, sizeof found);
    if (!cube) return;
    const struct jk_total *total = jk_cube_total(cube, scope);
    if (total)
        assert_memory_equal(total, &expected, sizeof expected);
    else
        assert_int_equal(expected.registered, 0);
}

static void compare_totals(const struct jk_naive *naive, const struct jk_book *book, const struct jk_cube *cube,
                           size_t count, uint32_t n)
{
    jk_naive_total(naive, n, facts, count, JK_NAIVE_NONE, (struct jk_span){"", 0}, &expected);
    compare_total(book, cube, (struct jk_scope){.type = JK_SCOPE_ALL}, n);
    for (uint32_t team = 0; team < jk_book_teams(book, n); team++) {
        jk_naive_total(naive, n, facts, count, JK_NAIVE_NONE, jk_book_team(book, team)->id, &expected);
        compare_total(book, cube, (struct jk_scope){.type = JK_SCOPE_TEAM, .slot = team}, n);
    }
    for (uint32_t model = 0; model < jk_book_models(book, n); model++) {
        if (!jk_book_base(book, model, n)) continue;
        jk_naive_total(naive, n, facts, count, jk_book_model(book, model)->index, (struct jk_span){"", 0}, &expected);
        compare_total(book, cube, (struct jk_scope){.type = JK_SCOPE_BASE, .slot = model}, n);
    }
}

/* Counted derivatives by the month in which hubs say that their repositories were created. */
static void compare_hub_months(const struct jk_naive *naive, const struct jk_book *book, size_t count, uint32_t n)
{
    static uint32_t slow[JK_COUNT_MONTHS + 1];
    struct jk_arena arena;
    struct jk_error error;
    struct jk_group *groups;
    size_t used, at = 0;
    jk_error_init(&error, NULL);
    jk_arena_init(&arena, 1 << 16);
    memset(slow, 0, sizeof slow);
    for (size_t i = 0; i < count; i++) {
        if ((i > 0 && facts[i].derivative == facts[i - 1].derivative) || facts[i].flags & JK_FLAG_YANKED) continue;
        int64_t created_us = jk_naive_created(naive, facts[i].derivative, n);
        slow[created_us == JK_TIME_NONE ? JK_COUNT_MONTHS : jk_time_month(created_us)]++;
    }
    assert_int_equal(jk_count_groups(book, (struct jk_scope){.type = JK_SCOPE_ALL}, JK_GROUP_HUB_MONTH, n, &arena,
                                     &groups, &used, &error),
                     JK_OK);
    for (uint32_t month = 0; month <= JK_COUNT_MONTHS; month++) {
        if (slow[month] == 0) continue;
        assert_true(at < used);
        assert_int_equal(groups[at].slot, month);
        assert_int_equal(groups[at++].count, slow[month]);
    }
    assert_int_equal(at, used);
    jk_arena_done(&arena);
}

/* Many scopes in one walk come to what each alone does; more than one walk takes at once, so all are asked for again. */
static void compare_many(const struct jk_book *book, uint32_t n)
{
    static struct jk_scope scopes[200];
    static struct jk_total totals[200];
    struct jk_error error;
    size_t count = 0;
    jk_error_init(&error, NULL);
    scopes[count++] = (struct jk_scope){.type = JK_SCOPE_ALL};
    for (uint32_t team = 0; team < jk_book_teams(book, n); team++)
        scopes[count++] = (struct jk_scope){.type = JK_SCOPE_TEAM, .slot = team};
    for (uint32_t model = 0; model < jk_book_models(book, n) && count < 100; model++)
        if (jk_book_base(book, model, n)) scopes[count++] = (struct jk_scope){.type = JK_SCOPE_BASE, .slot = model};
    for (size_t kinds = count; count < 100; count++)
        scopes[count] = scopes[count % kinds];
    assert_int_equal(jk_count_totals(book, scopes, count, n, totals, &error), JK_OK);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(jk_count_at(book, scopes[i], n, &found, &error), JK_OK);
        assert_memory_equal(&found, &totals[i], sizeof found);
    }
}

static void compare_at(const struct jk_naive *naive, const struct jk_book *book, const struct jk_cube *cube, uint32_t n)
{
    size_t count = jk_naive_facts(naive, n, facts);
    compare_facts(book, count, n);
    compare_totals(naive, book, cube, count, n);
    compare_hub_months(naive, book, count, n);
    compare_vouched(naive, book, n);
    if (n % 16 == 0) compare_many(book, n);
}

static void apply(struct jk_book *book, struct jk_span entry)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    if (jk_book_apply(book, entry, &error) != JK_OK) fail_msg("entry refused: %s", error.message);
}

static void advance(struct jk_cube *cube, struct jk_book *book)
{
    uint32_t models[7];
    struct jk_error error;
    size_t count;
    jk_error_init(&error, NULL);
    uint32_t all[4096], used = 0;
    while ((count = jk_book_changed(book, models, 7)) > 0)
        for (size_t i = 0; i < count && used < 4096; i++)
            all[used++] = models[i];
    assert_int_equal(jk_cube_advance(cube, book, all, used, jk_book_size(book), &error), JK_OK);
}

/* Applies a few entries and takes them back, before they are applied for good. */
static void speculate(struct jk_book *book, const struct jk_ledger *ledger, uint32_t from, struct jk_random *random)
{
    uint32_t until = from + jk_random_below(random, 6);
    struct jk_book_mark mark = jk_book_mark(book);
    for (uint32_t i = from; i < until && i < ledger->count; i++)
        apply(book, ledger->entries[i]);
    jk_book_undo(book, mark);
    assert_int_equal(jk_book_size(book), from);
    if (jk_random_below(random, 2)) jk_book_keep(book);
}

static void check_history(uint64_t seed, uint32_t kinds[JK_KIND_COUNT])
{
    struct jk_ledger ledger;
    struct jk_random random = {seed ^ 77};
    jk_ledger_init(&ledger);
    jk_history_make(&ledger, seed, STEPS, kinds);
    struct jk_naive *naive = jk_naive_new(ledger.entries, ledger.count);
    struct jk_book *book = jk_book_new();
    struct jk_cube *cube = jk_cube_new();
    for (uint32_t i = 0; i < ledger.count; i++) {
        speculate(book, &ledger, i, &random);
        apply(book, ledger.entries[i]);
        jk_book_keep(book);
        advance(cube, book);
        uint32_t n = i + 1;
        if (n % SAMPLE != seed % SAMPLE && n != ledger.count) continue;
        compare_at(naive, book, cube, n);        /* the newest state */
        compare_at(naive, ledger.book, NULL, n); /* the past, seen from the end */
    }
    jk_cube_free(cube);
    jk_book_free(book);
    jk_naive_free(naive);
    jk_ledger_done(&ledger);
}

static void test_histories(void **state)
{
    (void)state;
    uint32_t kinds[JK_KIND_COUNT] = {0};
    for (unsigned seed = 1; seed <= histories(); seed++) {
        print_message("history %u\n", seed);
        check_history(seed, kinds);
    }
    for (int kind = JK_KIND_LICENSE; kind < JK_KIND_COUNT; kind++)
        if (kinds[kind] == 0 && kind != JK_KIND_CLAIM) fail_msg("no entry of kind %s was taken", jk_kind_text(kind));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_histories)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
