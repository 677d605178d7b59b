/* See subject.h. */
#include "report/subject.h"

#include "base/check.h"

const struct jk_closing *jk_report_previous(const struct jk_book *book, uint32_t stage, uint32_t m)
{
    const struct jk_stage *own = jk_book_stage(book, stage, m);
    const struct jk_closing *found = NULL;
    int64_t latest_us = 0;
    for (uint32_t other = 0; own && other < jk_book_stages(book, m); other++) {
        const struct jk_closing *closing = jk_book_closing(book, other, 0, m);
        const struct jk_stage *facts = jk_book_stage(book, other, m);
        if (!closing || facts->cutoff_us >= own->cutoff_us || (found && facts->cutoff_us < latest_us)) continue;
        found = closing;
        latest_us = facts->cutoff_us;
    }
    return found;
}

enum jk_status jk_report_stage_of(const struct jk_book *book, uint32_t stage, uint32_t revision, uint32_t n, uint32_t m,
                                  const struct jk_digest *root_n, const struct jk_digest *root_m,
                                  struct jk_arena *arena, struct jk_report_stage *out_stage, struct jk_error *error)
{
    const struct jk_stage *facts = stage < jk_book_stages(book, n) ? jk_book_stage(book, stage, n) : NULL;
    JK_CHECK(n <= m && m <= jk_book_size(book));
    if (!facts) return jk_fail(error, JK_NOT_FOUND, "STAGE_NOT_FOUND", "the first %u entries know no such stage", n);
    uint32_t policy = jk_book_find_policy(book, &facts->policy, n);
    JK_CHECK(policy != JK_NONE); /* a stage names one that is recorded */
    *out_stage = (struct jk_report_stage){.origin = jk_book_origin(book),
                                          .id = facts->id,
                                          .title = facts->title,
                                          .title_ko = facts->title_ko,
                                          .source = facts->source,
                                          .revision = revision,
                                          .cutoff_us = facts->cutoff_us,
                                          .n = n,
                                          .m = m,
                                          .root_n = *root_n,
                                          .root_m = *root_m,
                                          .policy = jk_book_policy(book, policy)->policy};
    const struct jk_closing *previous = jk_report_previous(book, stage, m);
    if (previous) {
        out_stage->previous = jk_book_stage(book, previous->stage, m)->id;
        out_stage->previous_revision = previous->revision;
    }

    /* ids with one space between them, as a list */
    struct jk_span teams = facts->teams;
    struct jk_span id;
    size_t count = 1;
    for (size_t i = 0; i < teams.len; i++)
        count += teams.at[i] == ' ';
    struct jk_span *ids = jk_arena_zalloc(arena, count, sizeof *ids);
    if (!ids) return jk_out_of_memory(error);
    out_stage->teams = ids;
    for (bool more = true; more; ids[out_stage->team_count++] = id)
        more = jk_span_cut(&teams, ' ', &id);
    return JK_OK;
}
