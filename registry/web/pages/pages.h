/* The site on the HTTP port: whatever web/ does not answer itself comes here (struct jk_web_options, page). Assets and robots.txt
 * are answered at once; a page asks the registry's methods, as anonymous calls of the reader's address, with the limits that
 * those have.
 *
 * Threads: a page waits for its turn on one of a few threads (web/pace.h), which make way for writes: one a core less one is
 * made at a time, and while writes are committed pages take a tenth of those cores. It goes on with whichever thread answers
 * its calls. Limits: JK_PACE_MOST pages wait, then RESOURCE_EXHAUSTED (QUEUE_FULL). */
#ifndef JK_WEB_PAGES_PAGES_H
#define JK_WEB_PAGES_PAGES_H

#include "web/call.h"
#include "web/request.h"

struct jk_pages;

/* `carrier` is copied; what it points to must outlive the pages. INTERNAL (BAD_SITE). */
JK_MUST_USE enum jk_status jk_pages_start(const struct jk_web_carrier *carrier, struct jk_pages **out_pages,
                                          struct jk_error *error);
/* When the HTTP server has stopped. Accepts NULL. */
void jk_pages_free(struct jk_pages *pages);
/* Answers a request; `pages` is a struct jk_pages. */
void jk_pages_answer(void *pages, struct jk_request *request);

#endif
