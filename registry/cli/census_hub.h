/* A client of a hub's API: one request after the other, each tried again where that may help, as fast as the hub permits.
 * One thread. Only the hub's own origin is asked; redirects are the caller's. The token goes nowhere else and into no
 * message. */
#ifndef JK_CLI_CENSUS_HUB_H
#define JK_CLI_CENSUS_HUB_H

#include "census/headers.h"
#include "cli/console/cli.h"
#include "fetch/fetch.h"

#define JK_HUB_PAGE_MAX (64u << 20) /* bytes of one answer */

struct jk_hub_client {
    struct jk_cli *cli;
    struct jk_fetch *fetch;
    const char *url;   /* of the hub, without a final "/" */
    const char *token; /* NULL: none */
    struct jk_headers_limit limit;
    int64_t limit_ms;         /* when it was told, by the monotonic clock */
    uint64_t quota, window_s; /* requests in a window; 0: not told */
    bool is_closed;           /* 429 without end: there is no sense in asking for anything else */
    size_t most;              /* bytes of a file that are asked for, from its beginning; 0: of the API, whole answers */
};

/* The URL is one of https, or of http on this machine (HUB_URL). */
JK_MUST_USE enum jk_status jk_hub_open(struct jk_cli *cli, const char *url, struct jk_hub_client *out_hub);
/* Another client of that hub, for heads of files (JK_FILES_HEAD_MAX): with its token, or for other hosts, where its
 * redirects lead, without. It may outlive the first. */
JK_MUST_USE enum jk_status jk_hub_open_heads(const struct jk_hub_client *hub, bool with_token,
                                             struct jk_hub_client *out_heads);
void jk_hub_close(struct jk_hub_client *hub);

/* An answer of 200, a redirect, 401, 403, 404, 410 or 451, which is about what was asked; of a file, also 206 and every
 * other 4xx but 408 and 429. Everything else is a failure, which says nothing of it: HUB_FAILED after some tries over
 * seconds (5xx, cut connections, 429 without end), FETCH_TOO_LARGE. The reply's body is valid until the next request. */
JK_MUST_USE enum jk_status jk_hub_get(struct jk_hub_client *hub, const char *url, struct jk_fetch_reply *out_reply,
                                      struct jk_error *error);
bool jk_hub_is_redirect(int status);
/* https, or http on this machine. */
bool jk_hub_is_safe(struct jk_span url);
/* 403, 451: the hub has it, and shows it to nobody with these rights, or in this country. */
bool jk_hub_is_refusal(int status);

#endif
