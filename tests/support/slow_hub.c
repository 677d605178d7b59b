/* See slow_hub.h. */
#include "support/slow_hub.h"

#include "base/check.h"
#include "book/book_ask.h"
#include "book/stage.h"
#include "support/ledger.h"

#define RUNS 4096

struct jk_slow_met jk_slow_met;

/* Whether a run stands at the beginning of a series that comes to the present: each is followed in time by another. */
static bool holds_out(const int64_t *runs, size_t count, int64_t now_us, int64_t grace_us)
{
    for (size_t i = 0; i < count; i++)
        if ((i + 1 < count ? runs[i + 1] : now_us) - runs[i] > grace_us) return false;
    return count > 0 && now_us - runs[0] >= grace_us;
}

bool jk_slow_gone(const struct jk_book *book, const struct jk_standing_query *query, const struct jk_spell *spell,
                  uint32_t ruled_n)
{
    static int64_t runs[RUNS];
    const struct jk_observation *last = NULL;
    int64_t now_us = jk_book_time(book, query->n - 1), grace_us = query->policy->gone_days * JK_DAY_US;
    size_t count = 0;
    for (uint32_t i = 0; i < jk_book_observations(book, query->n); i++)
        if (jk_book_observation(book, i)->model == spell->derivative) last = jk_book_observation(book, i);
    if (!last || last->state != JK_OBSERVED_ABSENT) return false;
    for (uint32_t i = 0; i < jk_book_censuses(book, query->n); i++) {
        const struct jk_census *census = jk_book_census(book, i);
        bool covers = false;
        for (uint32_t k = 0; k < census->base_count; k++)
            covers = covers || census->bases[k] == spell->root;
        if (!covers || census->from < last->from || !jk_span_equal(census->hub, last->hub)) continue;
        JK_CHECK(count < RUNS);
        runs[count++] = jk_book_time(book, census->from);
    }
    bool out = false, late = count > 0 && now_us - runs[count - 1] <= grace_us;
    for (size_t from = 0; from < count && !out; from++) {
        out = holds_out(&runs[from], count - from, now_us, grace_us);
        jk_slow_met.after_gap += from > 0 && out;
    }
    jk_slow_met.too_briefly += late && !out;
    const struct jk_ruling *ruling = jk_book_pair_ruling_of(book, spell->derivative, spell->root, ruled_n);
    bool restored = ruling && ruling->kind == JK_RULING_RESTORE && jk_book_ruling_effect(ruling, ruled_n) > last->from;
    jk_slow_met.restored += out && restored;
    return out && !restored;
}

bool jk_slow_at_home(const struct jk_book *book, uint32_t model, uint32_t files, uint32_t n)
{
    const struct jk_observation *last = NULL;
    struct jk_text organisation;
    bool home = false;
    for (uint32_t i = 0; i < jk_book_observations(book, n); i++)
        if (jk_book_observation(book, i)->model == model) last = jk_book_observation(book, i);
    if (!last || last->state != JK_OBSERVED_PRESENT || last->files != files) return false;
    jk_text_init(&organisation, 0);
    jk_text_addf(&organisation, "%.*s/%.*s", JK_SPAN_ARG(last->hub), (int)strcspn(last->id.at, "/"), last->id.at);
    for (uint32_t i = 0; i < jk_book_namespaces(book); i++) {
        const struct jk_namespace *terms = jk_book_namespace(book, i, n);
        home = home || (terms && terms->holder == jk_book_alias(book, model, n)->publisher &&
                        jk_span_equal_fold(terms->organisation, jk_text_span(&organisation)));
    }
    jk_text_done(&organisation);
    return home;
}
