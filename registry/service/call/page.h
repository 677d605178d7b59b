/* Pages of lists: page_size, and opaque tokens bound to the other arguments and to the log size of the first page.
 * Pure. */
#ifndef JK_SERVICE_CALL_PAGE_H
#define JK_SERVICE_CALL_PAGE_H

#include "service/call/call.h"

struct jk_page {
    uint32_t size;          /* items wanted, 1 … JK_PAGE_MAX */
    bool resumed;           /* a token came along */
    uint32_t log_size;      /* with a token: that of the first page */
    uint64_t after;         /* with a token: the cursor after the previous page */
    struct jk_digest bound; /* of the method and its other arguments */
};

/* Reads page_size and page_token of call->request (by their descriptor). INVALID_ARGUMENT for a negative size, a
 * malformed token, or one made for other arguments. */
JK_MUST_USE enum jk_status jk_page_read(struct jk_call *call, struct jk_page *out_page);
/* The log size that the request's page token is valid for, 0 if there is none: a server that is behind the one that
 * returned the first page must catch up before it returns the next. */
uint32_t jk_page_log_size(struct jk_call *call);
/* The log size for a page of a list, in a log of `now` entries: that of the first page. */
static inline uint32_t jk_page_log_size_at(const struct jk_page *page, uint32_t now)
{
    return page->resumed && page->log_size <= now ? page->log_size : now;
}
/* The token for the page after `after`, in the call's arena. */
char *jk_page_token(struct jk_call *call, const struct jk_page *page, uint32_t log_size, uint64_t after);

#endif
