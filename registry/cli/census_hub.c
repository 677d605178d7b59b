/* See census_hub.h. */
#include "cli/census_hub.h"

#include "base/clock.h"
#include "cli/console/local.h"
#include "cli/console/print.h"
#include "declare/files.h"

#define TRIES       5
#define PAUSE_MS    250 /* before the second try; doubles with each further one */
#define WAITS       12  /* 429 one after the other: then the hub is left alone */
#define WAIT_MIN_MS 1000
#define WAIT_S      5 /* after a 429 that does not say how long; doubles up to WAIT_MAX_S */
#define WAIT_MAX_S  300
#define TOKEN_MAX   4096u
#define TOLD_FROM_S 5 /* shorter waits are not told */

/* ---- opening ---- */

/* *out_token NULL: none is given. */
static enum jk_status read_hub_token(struct jk_cli *cli, const char **out_token)
{
    const char *path = jk_options_text(&cli->options, JK_OPTION_HUB_TOKEN_FILE);
    struct jk_span text;
    *out_token = NULL;
    if (!path) return JK_OK;
    JK_TRY(jk_local_read(path, TOKEN_MAX, &cli->arena, &text, &cli->error));
    text = jk_span_trim(text);
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] <= ' ' || (unsigned char)text.at[i] >= 0x7f) text.len = 0;
    if (text.len == 0) return jk_cli_usage(cli, "--hub-token-file: %.200s holds no token on a line of its own", path);
    if (jk_local_readers(path) > 0) fprintf(cli->err, "others on this machine can read %s: chmod 600 it\n", path);
    *out_token = jk_arena_copy(&cli->arena, text.at, text.len);
    return *out_token ? JK_OK : jk_out_of_memory(&cli->error);
}

/* http is for tests and tunnels on this machine alone: a token, and what is said of models, must not be read or changed
 * on the way. */
bool jk_hub_is_safe(struct jk_span url)
{
    struct jk_span host = jk_headers_origin(url);
    if (jk_span_starts_fold(url, JK_SPAN("https://"))) return host.len > 0;
    if (host.len == 0) return false;
    char copy[256];
    (void)snprintf(copy, sizeof copy, "%.*s", (int)(host.len - strlen("http://")), host.at + strlen("http://"));
    return jk_settings_is_loopback(copy);
}

/* `hub` has all but what it fetches with. --ca is the registry's; a hub is on the open internet. */
static enum jk_status start_client(struct jk_hub_client *hub, size_t body_max, bool compressed)
{
    struct jk_fetch_options options = {.timeout_ms = (int)hub->cli->settings.timeout_s * 1000,
                                       .body_max = body_max,
                                       .bearer = hub->token,
                                       .compressed = compressed};
    hub->fetch = jk_fetch_new(&options);
    return hub->fetch ? JK_OK : jk_out_of_memory(&hub->cli->error);
}

enum jk_status jk_hub_open(struct jk_cli *cli, const char *url, struct jk_hub_client *out_hub)
{
    struct jk_span given = jk_span_of(url);
    *out_hub = (struct jk_hub_client){.cli = cli};
    if (!jk_hub_is_safe(given) || memchr(given.at, '?', given.len) || memchr(given.at, '#', given.len))
        return jk_fail(
            &cli->error, JK_INVALID_ARGUMENT, "HUB_URL",
            "\"%.200s\": the address of a hub is https://host, without a query; http is for this machine alone", url);
    while (given.len > 0 && given.at[given.len - 1] == '/')
        given.len--;
    out_hub->url = jk_arena_copy(&cli->arena, given.at, given.len);
    if (!out_hub->url) return jk_out_of_memory(&cli->error);
    JK_TRY(read_hub_token(cli, &out_hub->token));
    jk_fetch_setup();
    return start_client(out_hub, JK_HUB_PAGE_MAX, true);
}

enum jk_status jk_hub_open_heads(const struct jk_hub_client *hub, bool with_token, struct jk_hub_client *out_heads)
{
    *out_heads = (struct jk_hub_client){.cli = hub->cli, .url = hub->url, .token = with_token ? hub->token : NULL};
    return start_client(out_heads, JK_FILES_HEAD_MAX, false);
}

void jk_hub_close(struct jk_hub_client *hub)
{
    jk_fetch_free(hub->fetch);
    hub->fetch = NULL;
}

/* ---- the hub's limit ---- */

static struct jk_span hub_header(struct jk_hub_client *hub, const char *name)
{
    const char *value = jk_fetch_header(hub->fetch, name);
    return value ? jk_span_of(value) : JK_SPAN("");
}

static void note_limit(struct jk_hub_client *hub)
{
    uint64_t quota, window_s;
    hub->limit = jk_headers_limit(hub_header(hub, "ratelimit"));
    hub->limit_ms = jk_monotonic_ms();
    if (!jk_headers_quota(hub_header(hub, "ratelimit-policy"), &quota, &window_s)) return;
    hub->quota = quota;
    hub->window_s = window_s;
}

static void wait_for(struct jk_hub_client *hub, int64_t ms)
{
    if (ms <= 0) return;
    if (ms >= TOLD_FROM_S * 1000)
        fprintf(hub->cli->err, "%sthe hub permits no more requests for now: waiting %lld s\n",
                hub->cli->err_terminal ? "\r\033[K" : "", (long long)(ms + 999) / 1000);
    jk_sleep_ms(ms);
}

/* Where the last answer said that none is left, until its window is over. */
static void keep_to_limit(struct jk_hub_client *hub)
{
    if (!hub->limit.is_told || hub->limit.left > 0) return;
    wait_for(hub, hub->limit_ms + (int64_t)hub->limit.wait_s * 1000 - jk_monotonic_ms());
    hub->limit.is_told = false;
}

/* After a 429: as long as it says. */
static void wait_as_told(struct jk_hub_client *hub, unsigned before)
{
    uint64_t wait_s;
    bool told = jk_headers_retry(hub_header(hub, "retry-after"), &wait_s);
    if (!told && hub->limit.is_told) wait_s = hub->limit.wait_s;
    if (!told && !hub->limit.is_told) {
        wait_s = (uint64_t)WAIT_S << (before < 6 ? before : 6);
        if (wait_s > WAIT_MAX_S) wait_s = WAIT_MAX_S;
    }
    hub->limit.is_told = false;
    int64_t ms = (int64_t)wait_s * 1000 > WAIT_MIN_MS ? (int64_t)wait_s * 1000 : WAIT_MIN_MS;
    if (before > 0 && ms < TOLD_FROM_S * 1000)
        fprintf(hub->cli->err, "%sthe hub refuses requests though it was waited for as it said: try %u of %d\n",
                hub->cli->err_terminal ? "\r\033[K" : "", before + 2, WAITS);
    wait_for(hub, ms);
}

/* ---- requests ---- */

bool jk_hub_is_redirect(int status)
{
    return status == 301 || status == 302 || status == 307 || status == 308;
}

bool jk_hub_is_refusal(int status)
{
    return status == 403 || status == 451;
}

static bool is_answer(const struct jk_hub_client *hub, int status)
{
    if (hub->most > 0 && (status == 206 || (status >= 400 && status < 500 && status != 408 && status != 429)))
        return true;
    return status == 200 || status == 401 || status == 404 || status == 410 || jk_hub_is_redirect(status) ||
           jk_hub_is_refusal(status);
}

static bool is_worth_again(enum jk_status status, int http)
{
    return status == JK_OK ? http == 408 || http >= 500 : status == JK_UNAVAILABLE;
}

enum jk_status jk_hub_get(struct jk_hub_client *hub, const char *url, struct jk_fetch_reply *out_reply,
                          struct jk_error *error)
{
    struct jk_error fault;
    unsigned tries = 0, waits = 0;
    for (;;) {
        jk_error_init(&fault, NULL);
        keep_to_limit(hub);
        enum jk_status status = hub->most > 0 ? jk_fetch_get_head(hub->fetch, url, hub->most, out_reply, &fault)
                                              : jk_fetch_get(hub->fetch, url, out_reply, &fault);
        int http = status == JK_OK ? out_reply->status : 0;
        if (status == JK_OK) note_limit(hub);
        if (is_answer(hub, http)) return JK_OK;
        bool full = http == 429 && ++waits < WAITS, again = is_worth_again(status, http) && ++tries < TRIES;
        if (full)
            wait_as_told(hub, waits - 1);
        else if (again)
            jk_sleep_ms((int64_t)PAUSE_MS << (tries - 1));
        else if (http == 429) {
            hub->is_closed = true;
            return jk_fail(error, JK_UNAVAILABLE, "HUB_FAILED",
                           "the hub refused %d requests one after the other for its limit (429), though each waited as "
                           "it said",
                           WAITS);
        } else if (status == JK_OK)
            return jk_fail(error, JK_UNAVAILABLE, "HUB_FAILED", "%.300s answers %d", url, http);
        else if (status == JK_UNAVAILABLE)
            return jk_fail(error, status, "HUB_FAILED", "%.400s", fault.message);
        else
            return jk_fail(error, status, fault.reason, "%.400s", fault.message);
    }
}
