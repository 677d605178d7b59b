/* The parts of a report's page. Inside report/ only; all untrusted text goes through jk_page_add.
 *
 * A page is read on a phone and printed on at most 15 sheets of A4, so each table has a bounded number of rows and few
 * columns: what there is more of stands in the files beside it. */
#ifndef JK_REPORT_PAGE_H
#define JK_REPORT_PAGE_H

#include "report/summary.h"

/* ---- words (page_text.c) ---- */

/* Escaped for text and for quoted attributes; control characters and what reorders text become "?". */
void jk_page_add(struct jk_text *out, struct jk_span text);
void jk_page_str(struct jk_text *out, const char *text);
void jk_page_number(struct jk_text *out, uint64_t number);               /* 1,234,567 */
void jk_page_change(struct jk_text *out, uint32_t before, uint32_t now); /* +12, −3, ±0 */
/* Korean, and the same in English beside it. */
void jk_page_both(struct jk_text *out, const char *korean, const char *english);
void jk_page_section(struct jk_text *out, const char *id, const char *korean, const char *english); /* h2 */
void jk_page_heading(struct jk_text *out, const char *korean, const char *english);                 /* h3 */
/* A paragraph in both languages. */
void jk_page_paragraph(struct jk_text *out, const char *korean, const char *english);
/* "2026-08-11 00:00:00 KST", and the canonical text in UTC. */
void jk_page_time(struct jk_text *out, int64_t time_us);
void jk_page_digest(struct jk_text *out, const struct jk_digest *digest);
void jk_page_link(struct jk_text *out, const char *file); /* to a file beside the page */
/* The text, as a link to a page of the site that serves this one: `folder` as "models", `name` as there. It is relative,
 * since a report's page knows no address and is the same on every server and for whoever makes it anew; a copy kept
 * elsewhere still says everything, and its first sheet says that these links lead nowhere there. */
void jk_page_site(struct jk_text *out, const char *folder, struct jk_span name, struct jk_span text);

/* ---- teams' names (page_team.c) ---- */

/* As the roster names it, in both languages where it has both; the id where it has neither. */
void jk_page_team(const struct jk_page *page, struct jk_span id, struct jk_text *out);
/* One name, for a list or a label: the Korean one first. */
void jk_page_team_short(const struct jk_page *page, struct jk_span id, struct jk_text *out);
bool jk_page_takes_part(const struct jk_summary *summary, const char *team);
uint32_t jk_page_left_out(const struct jk_policy_total *total); /* all reasons together */

/* ---- tables of numbers (page_table.c) ---- */

struct jk_page_title {
    const char *korean, *english;
    bool number;
};
/* The table with its head; every column's title says what it holds. */
void jk_page_table(struct jk_text *out, const struct jk_page_title *titles, size_t count);
void jk_page_table_end(struct jk_text *out);
void jk_page_row(struct jk_text *out); /* a row with its heading, which is to follow */
void jk_page_row_head_end(struct jk_text *out);
void jk_page_row_end(struct jk_text *out);
void jk_page_cell(struct jk_text *out, uint32_t number);
/* The head of a table with a row for each team or base model, and the cells of one: counted, left out, registered, and
 * where any of the counted wait for a verifier, how many. */
void jk_page_numbers_table(const char *korean, const char *english, bool waits, struct jk_text *out);
void jk_page_numbers(const struct jk_policy_total *total, bool waits, struct jk_text *out);

/* ---- in order (page_rank.c) ---- */

/* The rows of a scope whose teams take part, those with most counted first, then with most registered. `rows` is to be
 * freed; NULL, and `out` failed: no memory. */
struct jk_page_ranking {
    const struct jk_summary_row **rows;
    size_t count;
};
struct jk_page_ranking jk_page_rank(const struct jk_summary *summary, enum jk_scope_type scope, struct jk_text *out);

/* ---- sections, in the order of the page ---- */

void jk_page_front(const struct jk_page *page, struct jk_text *out);            /* page_front.c: the first sheet */
void jk_page_teams(const struct jk_page *page, struct jk_text *out);            /* page_teams.c */
void jk_page_bases(const struct jk_page *page, struct jk_text *out);            /* page_bases.c */
void jk_page_reasons(const struct jk_page *page, struct jk_text *out);          /* page_splits.c */
void jk_page_splits(const struct jk_page *page, struct jk_text *out);           /* page_splits.c */
void jk_page_growth(const struct jk_page *page, struct jk_text *out);           /* page_growth.c */
void jk_page_comparison(const struct jk_page *page, struct jk_text *out);       /* page_compare.c */
void jk_page_publishers(const struct jk_summary *summary, struct jk_text *out); /* page_compare.c */
void jk_page_counted(const struct jk_page *page, struct jk_text *out);          /* page_lists.c */
void jk_page_left_out_list(const struct jk_page *page, struct jk_text *out);    /* page_lists.c */
void jk_page_proof(const struct jk_summary *summary, struct jk_text *out);      /* page_proof.c */

/* ---- pictures, as inline SVG (page_bars.c) ---- */

/* For each team a bar of its counted derivatives by relation, and what the patterns mean. `teams`: the one with most
 * first. */
void jk_page_bars(const struct jk_page *page, const struct jk_summary_row *const *teams, size_t count,
                  struct jk_text *out);
const char *jk_page_relation(enum jk_relation relation); /* in Korean */

#endif
