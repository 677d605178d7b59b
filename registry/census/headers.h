/* What a hub's API says in headers: the next page of a list, where a model went, how many requests are left and for how
 * long. Pure. Sources: RFC 8288 (Link), RFC 9110 (Retry-After), draft-ietf-httpapi-ratelimit-headers (RateLimit), and the
 * Hugging Face Hub's page on rate limits. What is malformed is taken as not said. */
#ifndef JK_CENSUS_HEADERS_H
#define JK_CENSUS_HEADERS_H

#include "base/span.h"
#include "base/text.h"

#define JK_HEADERS_URL_MAX 4096u /* bytes of a URL in a header */
#define JK_HEADERS_WAIT_S  3600u /* the longest that a hub may have us wait; more is cut to it */

/* The URL of rel="next", as it stands there. False: this is the last page. */
bool jk_headers_next(struct jk_span link, struct jk_span *out_url);

/* scheme://host[:port] of an absolute URL, without regard to what follows; empty if it is none. */
struct jk_span jk_headers_origin(struct jk_span url);
/* What a URL in an answer from `url` means: itself, if it is of the same origin, or that origin with a path that begins
 * with one "/". False, with nothing appended: anything else, which a client with a token must not follow. */
bool jk_headers_resolve(struct jk_span url, struct jk_span reference, struct jk_text *out_url);
/* A list's URL for `limit` objects a page, in place of what it says of that; whatever else it asks for stays. */
void jk_headers_limit_page(struct jk_span url, unsigned limit, struct jk_text *out_url);
/* The id at the end of /api/models/ORG/NAME, on any origin or none, with or without a query; empty if there is none. Still
 * percent-encoded. */
struct jk_span jk_headers_model(struct jk_span url);

struct jk_headers_limit {
    bool is_told;
    uint64_t left;   /* requests that remain in this window */
    uint64_t wait_s; /* until it ends, at most JK_HEADERS_WAIT_S */
};

/* RateLimit: "api";r=499;t=300. Of several policies the one called api, else the first. */
struct jk_headers_limit jk_headers_limit(struct jk_span rate_limit);
/* RateLimit-Policy: "fixed window";"api";q=500;w=300: requests in a window and its seconds. False: not said. */
bool jk_headers_quota(struct jk_span policy, uint64_t *out_requests, uint64_t *out_seconds);
/* Retry-After in seconds, cut to JK_HEADERS_WAIT_S. False: a date, or nothing of use. */
bool jk_headers_retry(struct jk_span retry_after, uint64_t *out_seconds);

#endif
