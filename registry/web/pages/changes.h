/* What came to a count and what went from it between two moments, with the reason: two lists of the counted, both in order of
 * registration, read page by page and merged until enough differs or enough was read; then the view has where to go on. */
#ifndef JK_WEB_PAGES_CHANGES_H
#define JK_WEB_PAGES_CHANGES_H

#include <jokbo/v1/evaluation.pb-c.h>

#include "web/pages/page.h"

#define JK_CHANGES_ASKS 70 /* at most so many calls: pages of the lists, then explanations */

/* What counts at a log size, under a policy or, "", everything that stands. */
struct jk_web_page_moment {
    char *policy;
    int64_t size;
};

Jokbo__V1__CountRule *jk_web_page_moment_rule(struct jk_web_page *page, const struct jk_web_page_moment *moment);
Jokbo__V1__AsOf *jk_web_page_moment_as_of(struct jk_web_page *page, const struct jk_web_page_moment *moment);

/* Adds to the view: the list `changes` of {name, publisher, short, relation, came or went, since or yanked or reasons};
 * `unexamined` {resume_first, resume_second, resume_after} if there may be more, for the parameters first, second and
 * after, with which it goes on. Takes page->state. `scope` and `moments` must live as long as the page. */
void jk_web_page_changes(struct jk_web_page *page, Jokbo__V1__CountScope *scope,
                         const struct jk_web_page_moment moments[2]);

#endif
