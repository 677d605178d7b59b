/* Standing of random histories under random policies equals a slow reading of the rules, pair by pair; funnels sum; and
 * what a policy switches off cannot be shown. JK_HISTORIES (default 250) says how many histories. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "book/gone.h"
#include "support/history_stages.h"
#include "support/slow_standing.h"

#define STEPS 170

static unsigned histories(void)
{
    const char *text = getenv("JK_HISTORIES");
    unsigned count = text ? (unsigned)atoi(text) : 250;
    return count ? count : 250;
}

/* ---- comparing ---- */

static void check_total(const struct jk_standing *standing, const struct jk_book *book, struct jk_scope scope)
{
    struct jk_policy_total total;
    struct jk_error error;
    struct jk_total plain;
    uint32_t sum = 0;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_standing_total(standing, book, scope, &total, &error), JK_OK);
    for (int i = 0; i < JK_REASON_COUNT; i++)
        sum += total.left_out[i];
    assert_int_equal(total.plain.counted + sum, total.plain.registered);
    assert_int_equal(total.plain.direct + total.plain.transitive, total.plain.counted);
    assert_int_equal(jk_count_at(book, scope, jk_standing_size(standing), &plain, &error), JK_OK);
    assert_int_equal(total.plain.registered, plain.registered);
}

static void check_totals(const struct jk_standing *standing, const struct jk_book *book, uint32_t n)
{
    check_total(standing, book, (struct jk_scope){.type = JK_SCOPE_ALL});
    for (uint32_t team = 0; team < jk_book_teams(book, n); team++)
        check_total(standing, book, (struct jk_scope){JK_SCOPE_TEAM, team});
    for (uint32_t model = 0; model < jk_book_models(book, n); model++)
        if (jk_book_base(book, model, n)) check_total(standing, book, (struct jk_scope){JK_SCOPE_BASE, model});
}

static uint64_t gone_before; /* sizes found at which it was, though it is not any more */

/* When a pair was gone last, size by size. */
static void check_last_gone(const struct jk_book *book, const struct jk_standing_query *query)
{
    static struct jk_gone gone;
    if (!jk_policy_has(query->policy, JK_REASON_GONE) || query->n == 0) return;
    jk_gone_init(&gone, book, query->policy, query->n, query->n);
    for (size_t i = 0; i < pair_count; i++) {
        struct jk_spell spell = {.derivative = pairs[i].model, .root = pairs[i].root};
        if (jk_book_last_observation(book, pairs[i].model, query->n) == JK_NONE) continue;
        uint32_t after = jk_book_model(book, pairs[i].model)->index, last = query->n;
        for (; last > after; last--) {
            struct jk_standing_query then = {.policy = query->policy, .n = last};
            if (jk_slow_gone(book, &then, &spell, query->n)) break;
        }
        assert_int_equal(jk_gone_last(&gone, pairs[i].model, pairs[i].root, after, query->n),
                         last > after ? last : JK_NONE);
        if (last > after) assert_int_equal(jk_gone_last(&gone, spell.derivative, spell.root, last, query->n), JK_NONE);
        gone_before += last > after && last < query->n;
    }
}

static void compare(const struct jk_book *book, const struct jk_standing_query *query)
{
    struct jk_standing *standing;
    struct jk_error error;
    size_t count;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_standing_make(book, query, &standing, &error), JK_OK);
    slow_standing(book, query);
    const struct jk_verdict *rows = jk_standing_rows(standing, &count);
    assert_int_equal(count, pair_count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(rows[i].model, pairs[i].model);
        assert_int_equal(rows[i].root, pairs[i].root);
        assert_int_equal((rows[i].flags & JK_VERDICT_PENDING) != 0, pairs[i].pending);
        if (rows[i].reasons != pairs[i].reasons)
            fail_msg("size %u, model %u, root %u: reasons %x, by the slow reading %x", query->n, rows[i].model,
                     rows[i].root, rows[i].reasons, pairs[i].reasons);
    }
    check_totals(standing, book, query->n);
    check_last_gone(book, query);
    jk_standing_free(standing);
}

static void check_size(const struct jk_book *book, uint32_t n, struct jk_random *random)
{
    uint32_t teams[8];
    struct jk_policy policy = jk_history_policy(random, 1);
    struct jk_standing_query query = {.policy = &policy, .n = n};
    for (uint32_t team = 0; team < jk_book_teams(book, n) && query.team_count < 8; team++)
        if (jk_random_below(random, 2)) teams[query.team_count++] = team;
    if (jk_random_below(random, 2)) query.teams = teams;
    query.pending_passes = jk_random_below(random, 2);
    compare(book, &query);
}

static jk_reasons all_seen;

static void note_seen(void)
{
    for (size_t i = 0; i < pair_count; i++)
        all_seen |= pairs[i].reasons;
}

static void check_history(uint64_t seed)
{
    struct jk_ledger ledger;
    struct jk_random random = {seed ^ 99};
    struct jk_error error;
    uint32_t kinds[JK_KIND_COUNT];
    jk_ledger_init(&ledger);
    jk_history_make(&ledger, seed, STEPS, kinds);
    struct jk_book *book = jk_book_new();
    jk_error_init(&error, NULL);
    for (uint32_t i = 0; i < ledger.count; i++)
        assert_int_equal(jk_book_apply(book, ledger.entries[i], &error), JK_OK);
    jk_book_keep(book);
    for (int i = 0; i < 8; i++) {
        uint32_t n = jk_random_below(&random, ledger.count + 1), other = jk_random_below(&random, ledger.count + 1);
        check_size(book, n > other ? n : other, &random); /* rather late, where there is more to see */
        note_seen();
    }
    jk_book_free(book);
    jk_ledger_done(&ledger);
}

static void random_histories(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= histories(); seed++)
        check_history(seed);
    /* every reason that a walk of the log can give was met, else the comparison says little */
    jk_reasons wanted = ((jk_reasons)1 << JK_REASON_COUNT) - 1;
    wanted &= ~JK_REASON_BIT(LATE);
    assert_int_equal(all_seen, wanted);
    assert_true(breaks_met > 0 && homes_met > 0);
    assert_true(jk_slow_met.after_gap > 0 && jk_slow_met.restored > 0 && jk_slow_met.too_briefly > 0);
    assert_true(ruled_own > 0 && yanked_claims > 0 && unverified_claims > 0 && unheld_claims > 0);
    assert_true(crossed_kinds > 0 && spared > 0 && unheard_limits > 0 && moved_in > 0 && moved_out > 0);
    assert_true(late_met > 0 && together_met > 0 && late_ancestors > 0 && late_weights > 0 && superseded > 0 &&
                grown > 0);
    assert_true(silenced > 0 && outvoted > 0 && passed_over > 0 && medians > 0 && bottlenecks > 0);
    assert_true(unlisted > 0 && pending_met > 0);
    assert_true(near_met > 0 && spared_kin > 0);
    assert_true(woken > 0 && together > 0 && gone_before > 0);
    print_message(
        "%llu claims would be first but for a break; ancestors gave way %llu times to a ruling, %llu as "
        "yanked, %llu as unverified, %llu as not held, %llu as late; %llu copies of superseded releases; %llu "
        "older claims stood later\n",
        (unsigned long long)breaks_met, (unsigned long long)ruled_own, (unsigned long long)yanked_claims,
        (unsigned long long)unverified_claims, (unsigned long long)unheld_claims,
        (unsigned long long)(late_ancestors + late_weights), (unsigned long long)superseded, (unsigned long long)woken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_histories)};
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
