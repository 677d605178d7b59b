/* See gone.h. */
#include "book/gone.h"

#include "base/clock.h"
#include "book/book_internal.h"

#define AT_ONCE (sizeof((struct jk_gone *)0)->runs / sizeof((struct jk_gone *)0)->runs[0])

void jk_gone_init(struct jk_gone *gone, const struct jk_book *book, const struct jk_policy *policy, uint32_t n,
                  uint32_t counted_n)
{
    memset(gone, 0, sizeof *gone);
    gone->book = book;
    gone->n = n;
    gone->counted_n = counted_n;
    gone->now_us = counted_n > 0 ? jk_book_time(book, counted_n - 1) : 0;
    gone->grace_us = policy->gone_days * JK_DAY_US;
}

/* The newest run over the root that lies the whole time of grace back, and from which up to now no longer time than that
 * passed without another one. */
static uint32_t find_run(const struct jk_gone *gone, struct jk_span hub, uint32_t root)
{
    int64_t next_us = gone->now_us;
    for (uint32_t slot = jk_book_censuses(gone->book, gone->n); slot-- > 0;) {
        const struct jk_census *census = jk_book_census(gone->book, slot);
        if (!jk_span_equal(census->hub, hub) || !jk_census_covers(census, root)) continue;
        int64_t time_us = jk_book_time(gone->book, census->from);
        if (next_us - time_us > gone->grace_us) return JK_NONE;
        if (gone->now_us - time_us >= gone->grace_us) return census->from;
        next_us = time_us;
    }
    return JK_NONE;
}

/* An evaluator who has looked since says otherwise. */
static bool is_restored(const struct jk_gone *gone, uint32_t model, uint32_t root, uint32_t observed)
{
    if (jk_model_row(gone->book, model)->rulings == JK_NONE) return false;
    const struct jk_ruling *ruling = jk_book_pair_ruling_of(gone->book, model, root, gone->n);
    return ruling && ruling->kind == JK_RULING_RESTORE && jk_book_ruling_effect(ruling, gone->n) > observed;
}

bool jk_gone_is(struct jk_gone *gone, uint32_t model, uint32_t root)
{
    uint32_t slot = jk_book_last_observation(gone->book, model, gone->n);
    if (slot == JK_NONE) return false;
    const struct jk_observation *seen = jk_book_observation(gone->book, slot);
    if (seen->state != JK_OBSERVED_ABSENT) return false;
    struct jk_gone_run *run = &gone->runs[root % AT_ONCE];
    if (!run->known || run->root != root || !jk_span_equal(run->hub, seen->hub))
        *run = (struct jk_gone_run){true, root, seen->hub, find_run(gone, seen->hub, root)};
    return run->entry != JK_NONE && run->entry > seen->from && !is_restored(gone, model, root, seen->from);
}

/* ---- at earlier sizes ---- */

static bool is_of(const struct jk_census *census, const struct jk_observation *seen, uint32_t root)
{
    return jk_span_equal(census->hub, seen->hub) && jk_census_covers(census, root);
}

/* A series of runs without a gap in it says so from the time of grace after its first run to that after its last. Sizes
 * up to `until`, for all of which the observation is the newest; JK_NONE: at none of them. */
static uint32_t last_by_runs(const struct jk_gone *gone, const struct jk_observation *seen, uint32_t root,
                             uint32_t until)
{
    const struct jk_book *book = gone->book;
    for (uint32_t slot = jk_book_censuses(book, until); slot-- > 0;) {
        const struct jk_census *last = jk_book_census(book, slot), *first = last, *older;
        if (last->from <= seen->from) return JK_NONE; /* and so are all before it */
        if (!is_of(last, seen, root)) continue;
        for (; slot > 0; slot--) {
            older = jk_book_census(book, slot - 1);
            if (older->from <= seen->from) break;
            if (!is_of(older, seen, root)) continue;
            if (jk_book_time(book, first->from) - jk_book_time(book, older->from) > gone->grace_us) break;
            first = older;
        }
        uint32_t size = jk_book_size_at(book, until, jk_book_time(book, last->from) + gone->grace_us + 1);
        if (jk_book_time(book, size - 1) - jk_book_time(book, first->from) >= gone->grace_us) return size;
    }
    return JK_NONE;
}

uint32_t jk_gone_last(const struct jk_gone *gone, uint32_t model, uint32_t root, uint32_t after, uint32_t until)
{
    while (until > after) {
        uint32_t slot = jk_book_last_observation(gone->book, model, until);
        if (slot == JK_NONE) return JK_NONE;
        const struct jk_observation *seen = jk_book_observation(gone->book, slot);
        if (seen->state == JK_OBSERVED_ABSENT && !is_restored(gone, model, root, seen->from)) {
            /* From the size on whose newest entry says what time it is, nothing of this changes. */
            uint32_t most = until < gone->counted_n ? until : gone->counted_n;
            uint32_t last = last_by_runs(gone, seen, root, most);
            if (last == most) last = until;
            if (last != JK_NONE && last > after) return last;
        }
        until = seen->from;
    }
    return JK_NONE;
}
