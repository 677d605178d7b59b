/* The parts of a report's page. Inside report/ only; all untrusted text goes through jk_page_add. */
#ifndef JK_REPORT_PAGE_H
#define JK_REPORT_PAGE_H

#include "report/summary.h"

/* ---- words (page_text.c) ---- */

/* Escaped for text and for quoted attributes; control characters and what reorders text become "?". */
void jk_page_add(struct jk_text *out, struct jk_span text);
void jk_page_str(struct jk_text *out, const char *text);
void jk_page_number(struct jk_text *out, uint64_t number);               /* 1,234,567 */
void jk_page_change(struct jk_text *out, uint32_t before, uint32_t now); /* +12, −3, ±0 */
void jk_page_heading(struct jk_text *out, int level, const char *korean, const char *english);
/* "2026-08-11 00:00:00 KST", and the canonical text in UTC. */
void jk_page_time(struct jk_text *out, int64_t time_us);
void jk_page_digest(struct jk_text *out, const struct jk_digest *digest);
/* The letter by which a chart and its legend know a reason: A … R. */
char jk_page_letter(enum jk_reason reason);
uint32_t jk_page_left_out(const struct jk_policy_total *total); /* all reasons together */

/* ---- charts (page_charts.c), as inline SVG ---- */

void jk_page_swatch(struct jk_text *out, enum jk_reason reason); /* JK_REASON_COUNT: counted */
void jk_page_bars(const struct jk_summary *summary, struct jk_text *out);
void jk_page_funnel(const struct jk_summary_row *row, struct jk_text *out);
void jk_page_growth(const struct jk_summary_row *row, bool small, struct jk_text *out);

/* ---- tables (page_tables.c) ---- */

void jk_page_counts(const struct jk_summary *summary, struct jk_text *out);
void jk_page_reasons(const struct jk_summary *summary, struct jk_text *out);
void jk_page_legend(const struct jk_summary *summary, struct jk_text *out);
void jk_page_splits(const struct jk_summary *summary, struct jk_text *out);
void jk_page_publishers(const struct jk_summary *summary, struct jk_text *out);
void jk_page_comparison(const struct jk_summary *summary, const struct jk_summary *previous, struct jk_text *out);

/* ---- lists (page_lists.c) ---- */

void jk_page_members(struct jk_span members, struct jk_text *out);
void jk_page_left_out_list(struct jk_span left_out, struct jk_text *out);

#endif
