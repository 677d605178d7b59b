/* A stage's report: every base, every team and the total, under a policy, at the two sizes of a cut-off. Pure: computed
 * from books, rendered to bytes that anybody else can reproduce. Source: registry/formats/report.md.
 *
 * Memory: about 60 bytes per derivative while it exists. Belongs to one thread. */
#ifndef JK_REPORT_REPORT_H
#define JK_REPORT_REPORT_H

#include "base/text.h"
#include "book/standing.h"

/* Of which stage, as the log has it. Spans must outlive the report. */
struct jk_report_stage {
    struct jk_span origin; /* of the log */
    struct jk_span id, title, title_ko;
    struct jk_span source; /* where its dates come from, such as "invented" */
    uint32_t revision;     /* 1 … */
    int64_t cutoff_us;
    uint32_t n, m;                   /* registrations before n; rulings and corrections before m; n <= m */
    struct jk_digest root_n, root_m; /* of the trees of these sizes */
    struct jk_policy policy;
    const struct jk_span *teams; /* ids of those that take part */
    size_t team_count;
    /* The stage to compare with, and the revision of its report; empty and 0: there is none. */
    struct jk_span previous;
    uint32_t previous_revision;
};

/* Where it is computed from. `cut` is the state of the cut-off: entries before n, and of those from n to m only the
 * kinds that count up to m (jk_book_apply_cut); `cut_size` its size. Where no such entry lies between them it may be
 * the same book as `full`, with cut_size = n. `full` holds at least m entries. */
struct jk_report_source {
    const struct jk_book *cut;
    uint32_t cut_size;
    const struct jk_book *full;
    /* For books that others write to under a lock: called with false between strides of a long walk, when the books may
     * grow, and with true before the walk goes on. The lock is held at the beginning and the end. NULL: nobody writes.
     */
    void (*hold)(void *context, bool held);
    void *hold_context;
};

#define JK_REPORT_PUBLISHERS 100 /* of a row that are named */

struct jk_report_publisher {
    struct jk_span name;
    uint32_t counted;
};

struct jk_report_row {
    struct jk_scope scope;
    struct jk_span name;                          /* "publisher/model" at the cut-off, the team's id, or "all" */
    struct jk_span team;                          /* of a base and of a team: its id; empty for all */
    struct jk_policy_total total;                 /* registered includes late ones, which are counted under late */
    const struct jk_report_publisher *publishers; /* those with most counted, largest first, then by name */
    size_t publisher_count;
    uint32_t publishers_other; /* counted derivatives of all others */
};

struct jk_report {
    struct jk_report_stage stage;
    struct jk_report_source source;
    struct jk_standing *standing;
    struct jk_report_row *rows; /* bases in order of listing, teams in order of appearance, all */
    size_t count;
    struct jk_report_publisher *publishers; /* of all rows; internal */
};

JK_MUST_USE enum jk_status jk_report_make(const struct jk_report_stage *stage, const struct jk_report_source *source,
                                          struct jk_report **out_report, struct jk_error *error);
void jk_report_free(struct jk_report *report);

/* The canonical table, tab-separated; its first line names the columns. */
void jk_report_tsv(const struct jk_report *report, struct jk_text *out);
/* Counted derivatives, a line each, sorted by bytes. */
JK_MUST_USE enum jk_status jk_report_members(const struct jk_report *report, struct jk_text *out,
                                             struct jk_error *error);
/* Left-out derivatives and late ones, a line each with every root and its reasons, in order of registration. */
JK_MUST_USE enum jk_status jk_report_left_out(const struct jk_report *report, struct jk_text *out,
                                              struct jk_error *error);

/* The report as JSON, canonical as well; it holds the digests of the three texts above. Its reader is summary.h. */
struct jk_report_digests {
    struct jk_digest table, members, left_out;
};
JK_MUST_USE enum jk_status jk_report_json(const struct jk_report *report, const struct jk_report_digests *digests,
                                          struct jk_text *out, struct jk_error *error);

#endif
