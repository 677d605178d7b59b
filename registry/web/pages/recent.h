/* Pages that were made a moment ago, for who asks for the same one at the same log size: one that many read at once is made
 * once a second. Only what follows from the log alone belongs here; what else a page shows is late by JK_RECENT_MS at most.
 *
 * Threads: any; nothing waits but for a copy. Limits: JK_RECENT_PAGES pages of JK_RECENT_PAGE bytes, keys of JK_RECENT_KEY
 * bytes; what is larger is not kept. All of them are for one log size. */
#ifndef JK_WEB_PAGES_RECENT_H
#define JK_WEB_PAGES_RECENT_H

#include "base/span.h"
#include "base/text.h"

#define JK_RECENT_MS    1000
#define JK_RECENT_PAGES 64
#define JK_RECENT_PAGE  ((size_t)128 << 10)
#define JK_RECENT_KEY   512
#define JK_RECENT_TAG   64

struct jk_recent;

struct jk_recent_head {
    const char *type, *language; /* static */
    char etag[JK_RECENT_TAG];
};

struct jk_recent *jk_recent_new(void);         /* NULL: out of memory */
void jk_recent_free(struct jk_recent *recent); /* accepts NULL */
/* `now_ms`: on jk_monotonic_ms()'s scale. True: the page is appended to the text. */
bool jk_recent_find(struct jk_recent *recent, struct jk_span key, int64_t log_size, int64_t now_ms,
                    struct jk_recent_head *out_head, struct jk_text *out_body);
/* Copies what it keeps; takes the place of the oldest. Pages of an older log than others that are there are not kept. */
void jk_recent_put(struct jk_recent *recent, struct jk_span key, int64_t log_size, int64_t now_ms,
                   const struct jk_recent_head *head, struct jk_span body);

#endif
