/* See download.h. */
#include "verify/download.h"

#include "domain/manifest.h"
#include "fetch/fetch.h"

enum jk_status jk_download(struct jk_cli *cli, const char *url, size_t most, struct jk_span *out_bytes,
                           struct jk_error *error)
{
    struct jk_fetch_options options = {
        .timeout_ms = (int)cli->settings.timeout_s * 1000, .body_max = most, .ca_file = cli->settings.ca};
    struct jk_fetch_reply reply;
    jk_fetch_setup();
    struct jk_fetch *fetch = jk_fetch_new(&options);
    enum jk_status status = fetch && url ? jk_fetch_get(fetch, url, &reply, error) : jk_out_of_memory(error);
    if (status == JK_OK && (reply.status == 404 || reply.status == 410))
        status = jk_fail(error, JK_NOT_FOUND, "FILE_ABSENT", "%.300s answers %d", url, reply.status);
    else if (status == JK_OK && reply.status != 200)
        status = jk_fail(error, JK_UNAVAILABLE, "FETCH_FAILED", "%.300s answers %d", url, reply.status);
    if (status == JK_OK) {
        const char *copy = jk_arena_copy(&cli->arena, reply.body.at, reply.body.len);
        *out_bytes = (struct jk_span){copy, copy ? reply.body.len : 0};
        if (!copy) status = jk_out_of_memory(error);
    }
    jk_fetch_free(fetch);
    return status;
}

enum jk_status jk_download_manifest(struct jk_cli *cli, const char *hex, const char *mend, struct jk_span *out_manifest,
                                    struct jk_error *error)
{
    const char *url = jk_arena_printf(&cli->arena, "%s/manifest/sha256/%s", cli->settings.http, hex);
    struct jk_error why;
    jk_error_init(&why, &cli->arena);
    enum jk_status status = jk_download(cli, url, JK_MANIFEST_MAX, out_manifest, &why);
    if (status == JK_OK) return JK_OK;
    if (strcmp(why.reason, "FILE_ABSENT") != 0) return jk_fail(error, status, why.reason, "%s", why.message);
    return jk_fail(error, status, "MANIFEST_ABSENT", "%s%s", why.message, mend);
}
