/* What came since a moment: the one that a URL asks for (?since=, a date or a time; ?days=, whole days before today), and the
 * last seven days, which several pages tell of. A day begins at 00:00 at UTC+09:00, as everywhere on the site. Pure. */
#ifndef JK_WEB_PAGES_SINCE_H
#define JK_WEB_PAGES_SINCE_H

#include <jokbo/v1/evaluation.pb-c.h>

#include "web/pages/page.h"

#define JK_SINCE_WEEK_DAYS 7
#define JK_SINCE_DAYS_MAX  3660

/* The moment that the URL asks for, NULL where it asks for none. Shown as `since`: {since_name, since_value} for links and
 * forms, since_at (a time). */
Google__Protobuf__Timestamp *jk_since_asked(struct jk_web_page *page);

/* A request for what counts in a scope since the last seven days began; `rule` may be NULL. NULL: out of memory. */
Jokbo__V1__ListPublisherCountsRequest *jk_since_week_request(struct jk_web_page *page, Jokbo__V1__CountScope *scope,
                                                             Jokbo__V1__CountRule *rule);
/* Its answer as {week_at (a time), week_day ("2026-11-24"), week_count, week_publishers, week_any, week_relations: {label, group,
 * count}} under the key `week` of a map. */
void jk_since_week_show(struct jk_web_page *page, struct jk_shown *map,
                        const Jokbo__V1__ListPublisherCountsResponse *counts);

#endif
