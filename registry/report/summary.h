/* A report read back from its JSON, and its presentations: CSV and a printable page. (For a terminal's table see
 * cli/console/report_table.h.) Pure functions of the canonical texts and of what listing.h has beside them, so that
 * server and client show the same; no digest covers anything here.
 *
 * Limits: a report has at most JK_SUMMARY_MAX bytes; a page a few lines of each list, and prints on 15 sheets at most. Belongs to one thread;
 * read-only once read. */
#ifndef JK_REPORT_SUMMARY_H
#define JK_REPORT_SUMMARY_H

#include "base/text.h"
#include "book/standing.h"

#define JK_SUMMARY_MAX ((size_t)16 << 20)
/* How a page of this version begins. Whatever the page shows or looks like, with a new version goes a new number: so a
 * server knows the pages that an older one has made. */
#define JK_PAGE_HEAD "<!DOCTYPE html>\n<html lang=\"ko\" data-page=\"3\">\n"

struct jk_summary_publisher {
    const char *name;
    uint32_t counted;
};

struct jk_summary_row {
    enum jk_scope_type scope;
    const char *name;
    const char *team;             /* id; NULL for all */
    struct jk_policy_total total; /* size is the report's n; yanked is 0 */
    const struct jk_summary_publisher *publishers;
    size_t publisher_count;
    uint32_t publishers_other;
};

struct jk_summary {
    struct jk_arena *arena; /* internal: all below lies in it */
    const char *origin;
    const char *id, *title, *title_ko, *source;
    uint32_t revision, n, m;
    int64_t cutoff_us;
    struct jk_digest root_n, root_m;
    struct jk_policy policy;
    struct jk_digest policy_sha256;
    const char *const *teams;
    size_t team_count;
    const char *previous; /* id of the stage to compare with; NULL: none */
    uint32_t previous_revision;
    const struct jk_summary_row *rows; /* bases, teams, all: the last */
    size_t count;
    struct jk_digest table, members, left_out; /* of the texts beside it */
    struct jk_digest json;                     /* of what was read */
};

/* Reads report.json. INVALID_ARGUMENT (reason BAD_REPORT) names the field, the value and the rule: every field of
 * registry/formats/report.md is there, none else, sums sum, and the policy is the one that its digest names. */
JK_MUST_USE enum jk_status jk_summary_read(struct jk_span json, struct jk_summary **out_summary,
                                           struct jk_error *error);
void jk_summary_free(struct jk_summary *summary);
const struct jk_summary_row *jk_summary_all(const struct jk_summary *summary);
/* Whether it is of a demo, as the origin of the log says: its numbers mean nothing. */
bool jk_summary_is_demo(const struct jk_summary *summary);
/* The row of that scope and name, without regard to case; NULL where there is none. */
const struct jk_summary_row *jk_summary_find(const struct jk_summary *summary, enum jk_scope_type scope,
                                             const char *name);

/* The table's columns, and after the name the team, as base/csv.h writes tables. */
void jk_summary_csv(const struct jk_summary *summary, struct jk_text *out);
/* The lists, in the same way: counted.csv from listing.h's text, left-out.csv from left-out.tsv, with a row for each
 * base model and the reasons of it, commas between them. */
void jk_summary_counted_csv(struct jk_span listing, struct jk_text *out);
void jk_summary_left_out_csv(struct jk_span left_out, struct jk_text *out);

/* One page without scripts and without anything from elsewhere; it prints on A4. */
struct jk_page {
    const struct jk_summary *summary;
    const struct jk_summary *previous; /* of the stage named in summary->previous; NULL: no comparison */
    struct jk_span members, left_out;  /* members.txt and left-out.tsv, whole; empty: no lists */
    struct jk_span team_names;         /* of listing.h; empty: teams are called by their ids */
    struct jk_span listing;            /* of listing.h, of the same derivatives as members */
};
JK_MUST_USE enum jk_status jk_summary_html(const struct jk_page *page, struct jk_text *out, struct jk_error *error);

#endif
