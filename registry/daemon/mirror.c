/* Folders through tiles/, URLs through fetch/; see mirror.h. */
#include "daemon/mirror.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "fetch/fetch.h"
#include "tiles/grow.h"

#define ATTEMPTS 3
#define URL_MAX  2200

struct jk_mirror_source {
    const char *where;
    struct jk_folder *folder; /* or */
    struct jk_fetch *fetch;
};

enum jk_status jk_mirror_source_open(const char *where, struct jk_mirror_source **out_source, struct jk_error *error)
{
    struct jk_mirror_source *source = calloc(1, sizeof(*source));
    struct jk_fetch_options options = {.body_max = JK_GROW_BUNDLE_MAX};
    enum jk_status status = JK_OK;

    JK_CHECK(source != NULL); /* at start: nothing to save */
    source->where = where;
    if (jk_span_is_url(jk_span_of(where))) {
        jk_fetch_setup();
        source->fetch = jk_fetch_new(&options);
        if (!source->fetch) status = jk_out_of_memory(error);
    } else {
        status = jk_folder_open(where, false, &source->folder, error);
    }
    if (status == JK_OK)
        *out_source = source;
    else
        jk_mirror_source_close(source);
    return status;
}

void jk_mirror_source_close(struct jk_mirror_source *source)
{
    if (!source) return;
    jk_fetch_free(source->fetch);
    jk_folder_close(source->folder);
    free(source);
}

static enum jk_status ask_once(struct jk_mirror_source *source, const char *url, struct jk_text *out_bytes,
                               struct jk_error *error)
{
    struct jk_fetch_reply reply;

    JK_TRY(jk_fetch_get(source->fetch, url, &reply, error));
    if (reply.status == 404) return jk_fail(error, JK_NOT_FOUND, "FILE_ABSENT", "there is no %.200s", url);
    if (reply.status != 200)
        return jk_fail(error, JK_UNAVAILABLE, "FETCH_FAILED", "%.200s: the answer is HTTP %d", url, reply.status);
    jk_text_clear(out_bytes);
    jk_text_add(out_bytes, reply.body);
    return out_bytes->failed ? jk_fail(error, JK_RESOURCE_EXHAUSTED, "FETCH_TOO_LARGE", "%.200s is too large", url)
                             : JK_OK;
}

static enum jk_status ask_mirror(struct jk_mirror_source *source, const char *path, struct jk_text *out_bytes,
                                 struct jk_error *error)
{
    size_t len = strlen(source->where);
    struct jk_error attempt;
    enum jk_status status = JK_UNAVAILABLE;
    char url[URL_MAX];

    while (len > 0 && source->where[len - 1] == '/')
        len--;
    (void)snprintf(url, sizeof(url), "%.*s/%s", (int)len, source->where, path);
    for (int i = 0; i < ATTEMPTS && status == JK_UNAVAILABLE; i++) {
        if (i > 0) jk_sleep_ms(1000);
        jk_error_init(&attempt, NULL);
        status = ask_once(source, url, out_bytes, &attempt);
    }
    return status == JK_OK ? JK_OK : jk_fail(error, status, attempt.reason, "%s", attempt.message);
}

static enum jk_status read_mirrored(void *context, const char *path, struct jk_text *out_bytes, struct jk_error *error)
{
    struct jk_mirror_source *source = context;

    return source->folder ? jk_folder_read(source->folder, path, out_bytes, error)
                          : ask_mirror(source, path, out_bytes, error);
}

struct jk_mirror jk_mirror_of(struct jk_mirror_source *source)
{
    return (struct jk_mirror){.name = source->where, .read = read_mirrored, .context = source};
}
