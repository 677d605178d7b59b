/* What a report is about, read from the log: the stage's facts, its policy, and the previous stage. Pure. (N, the
 * number of entries before a cut-off, is jk_book_size_at.) */
#ifndef JK_REPORT_SUBJECT_H
#define JK_REPORT_SUBJECT_H

#include "book/stage.h"
#include "report/report.h"

/* The facts of a stage (by slot) for a revision of its report with the sizes n <= m, of whose trees the roots are
 * given. The book holds at least m entries; spans point into it or into the arena. Before the cut-off, n may be any
 * size since which the stage is known. FAILED_PRECONDITION where the log of n entries knows no such stage. */
JK_MUST_USE enum jk_status jk_report_stage_of(const struct jk_book *book, uint32_t stage, uint32_t revision, uint32_t n,
                                              uint32_t m, const struct jk_digest *root_n,
                                              const struct jk_digest *root_m, struct jk_arena *arena,
                                              struct jk_report_stage *out_stage, struct jk_error *error);

/* The closing to compare a report of this stage with: of the stages with an earlier cut-off that were closed by an
 * entry before m, the one with the latest cut-off (of several the one that appeared last), and of it the newest
 * revision before m. NULL: there is none. */
const struct jk_closing *jk_report_previous(const struct jk_book *book, uint32_t stage, uint32_t m);

#endif
