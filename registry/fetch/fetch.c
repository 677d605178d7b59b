/* libcurl's easy interface, bounded; see fetch.h. */
#include "fetch/fetch.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

#define TIMEOUT_MS 30000
#define BODY_MAX   (1u << 20)

struct jk_fetch {
    CURL *curl;
    struct curl_slist *headers;
    struct jk_text body;
    size_t most; /* bytes that are wanted; 0: all */
    bool cut;    /* there were more */
    char detail[CURL_ERROR_SIZE];
};

void jk_fetch_setup(void)
{
    JK_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == 0);
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct jk_fetch *fetch = context;
    size_t room = fetch->most - fetch->body.len;

    if (fetch->most > 0 && size * count > room) {
        jk_text_add(&fetch->body, (struct jk_span){bytes, room});
        fetch->cut = true;
        return 0;
    }
    jk_text_add(&fetch->body, (struct jk_span){bytes, size * count});
    return fetch->body.failed ? 0 : size * count;
}

struct jk_fetch *jk_fetch_new(const struct jk_fetch_options *options)
{
    struct jk_fetch *fetch = calloc(1, sizeof(*fetch));

    if (!fetch || !(fetch->curl = curl_easy_init())) {
        free(fetch);
        return NULL;
    }
    jk_text_init(&fetch->body, options->body_max ? options->body_max : BODY_MAX);

    CURL *curl = fetch->curl;
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(options->timeout_ms ? options->timeout_ms : TIMEOUT_MS));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, fetch);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, fetch->detail);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "jokbo/" JK_VERSION);
    if (options->ca_file) curl_easy_setopt(curl, CURLOPT_CAINFO, options->ca_file);
    if (options->compressed) curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
    if (options->bearer) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, options->bearer);
    }

    return fetch;
}

void jk_fetch_free(struct jk_fetch *fetch)
{
    if (!fetch) return;
    curl_easy_cleanup(fetch->curl);
    curl_slist_free_all(fetch->headers);
    jk_text_done(&fetch->body);
    free(fetch);
}

static enum jk_status run(struct jk_fetch *fetch, const char *url, struct jk_fetch_reply *out_reply,
                          struct jk_error *error)
{
    const char *type = NULL;
    long status = 0;
    CURLcode code;
    CURLU *parts = curl_url();
    char *user = NULL;
    bool good;

    JK_CHECK(parts);
    good = curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
           curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_NO_USER;
    curl_free(user);
    curl_url_cleanup(parts);
    if (!good)
        return jk_fail(error, JK_INVALID_ARGUMENT, "FETCH_URL",
                       "\"%.200s\" is not a URL such as https://host/path, without user name", url);

    jk_text_clear(&fetch->body);
    fetch->detail[0] = '\0';
    curl_easy_setopt(fetch->curl, CURLOPT_URL, url);
    fetch->cut = false;
    code = curl_easy_perform(fetch->curl);
    if (code != CURLE_OK && fetch->body.failed)
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, "FETCH_TOO_LARGE", "%.200s: the answer is larger than %zu bytes",
                       url, fetch->body.limit);
    if (code != CURLE_OK && !fetch->cut) {
        const char *why = fetch->detail[0] ? fetch->detail : curl_easy_strerror(code);
        if (code == CURLE_UNSUPPORTED_PROTOCOL)
            return jk_fail(error, JK_INVALID_ARGUMENT, "FETCH_URL", "%.200s: %s", url, why);
        return jk_fail(error, JK_UNAVAILABLE, "FETCH_FAILED", "%.200s: %s", url, why);
    }
    curl_easy_getinfo(fetch->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(fetch->curl, CURLINFO_CONTENT_TYPE, &type);
    out_reply->status = (int)status;
    (void)snprintf(out_reply->content_type, sizeof(out_reply->content_type), "%s", type ? type : "");
    out_reply->body = jk_text_span(&fetch->body);
    return JK_OK;
}

enum jk_status jk_fetch_get(struct jk_fetch *fetch, const char *url, struct jk_fetch_reply *out_reply,
                            struct jk_error *error)
{
    curl_easy_setopt(fetch->curl, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(fetch->curl, CURLOPT_HTTPHEADER, NULL);
    return run(fetch, url, out_reply, error);
}

enum jk_status jk_fetch_get_head(struct jk_fetch *fetch, const char *url, size_t most, struct jk_fetch_reply *out_reply,
                                 struct jk_error *error)
{
    char range[32];

    (void)snprintf(range, sizeof range, "0-%zu", most - 1);
    curl_easy_setopt(fetch->curl, CURLOPT_RANGE, range);
    fetch->most = most;
    enum jk_status status = jk_fetch_get(fetch, url, out_reply, error);
    fetch->most = 0;
    curl_easy_setopt(fetch->curl, CURLOPT_RANGE, NULL);
    return status;
}

const char *jk_fetch_header(struct jk_fetch *fetch, const char *name)
{
    struct curl_header *header;

    return curl_easy_header(fetch->curl, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK ? header->value : NULL;
}

enum jk_status jk_fetch_post(struct jk_fetch *fetch, const char *url, const char *content_type, struct jk_span body,
                             struct jk_fetch_reply *out_reply, struct jk_error *error)
{
    char header[160];

    (void)snprintf(header, sizeof(header), "Content-Type: %s", content_type);
    curl_slist_free_all(fetch->headers);
    fetch->headers = curl_slist_append(NULL, header);
    fetch->headers = curl_slist_append(fetch->headers, "Expect:"); /* without asking first, which costs a round trip */
    curl_easy_setopt(fetch->curl, CURLOPT_POST, 1L);
    curl_easy_setopt(fetch->curl, CURLOPT_HTTPHEADER, fetch->headers);
    curl_easy_setopt(fetch->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
    curl_easy_setopt(fetch->curl, CURLOPT_POSTFIELDS, body.at);
    return run(fetch, url, out_reply, error);
}
