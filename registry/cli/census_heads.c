/* See census_heads.h. Most headers are small: the first request asks for so much, and where that is not enough a second one
 * for as much as the header's length says. */
#include "cli/census_heads.h"

#include "weights/safetensors.h"

#define FIRST     (64u << 10)
#define REDIRECTS 4

enum jk_status jk_heads_open(const struct jk_hub_client *hub, struct jk_heads *out_heads)
{
    jk_text_init(&out_heads->url, 0);
    jk_text_init(&out_heads->at, 0);
    JK_TRY(jk_hub_open_heads(hub, true, &out_heads->hub));
    return jk_hub_open_heads(hub, false, &out_heads->away);
}

void jk_heads_close(struct jk_heads *heads)
{
    jk_hub_close(&heads->hub);
    jk_hub_close(&heads->away);
    jk_text_done(&heads->url);
    jk_text_done(&heads->at);
}

/* ---- one request, wherever it leads ---- */

/* Puts the address that a redirect names into heads->url; false for one that nobody should follow: a hub on the open
 * internet leads to nothing on this machine. */
static bool follow_location(struct jk_heads *heads, struct jk_hub_client *client)
{
    const char *location = jk_fetch_header(client->fetch, "location");
    if (!location) return false;
    jk_text_clear(&heads->at);
    bool same = jk_headers_resolve(jk_text_span(&heads->url), jk_span_of(location), &heads->at);
    bool open = jk_span_starts_fold(jk_span_of(heads->hub.url), JK_SPAN("https://"));
    bool safe = jk_hub_is_safe(jk_span_of(location)) &&
                (!open || jk_span_starts_fold(jk_span_of(location), JK_SPAN("https://")));
    if (!same && safe) jk_text_add_str(&heads->at, location);
    jk_text_clear(&heads->url);
    jk_text_add(&heads->url, jk_text_span(&heads->at));
    return heads->url.len > 0 && !heads->url.failed;
}

static bool is_at_hub(const struct jk_heads *heads)
{
    struct jk_span origin = jk_headers_origin(jk_span_of(heads->hub.url));
    return jk_span_equal_fold(jk_headers_origin(jk_text_span(&heads->url)), origin);
}

/* Bytes from the middle are none of the head. */
static bool is_beginning(struct jk_hub_client *client)
{
    const char *range = jk_fetch_header(client->fetch, "content-range");
    return range && jk_span_starts_fold(jk_span_of(range), JK_SPAN("bytes 0-"));
}

/* The first `most` bytes; *out_why as of jk_heads_get. */
static enum jk_status get_bytes(struct jk_heads *heads, size_t most, struct jk_arena *arena, struct jk_span *out_bytes,
                                const char **out_why, struct jk_error *error)
{
    struct jk_fetch_reply reply;
    for (int i = 0; i <= REDIRECTS; i++) {
        struct jk_hub_client *client = is_at_hub(heads) ? &heads->hub : &heads->away;
        client->most = most;
        JK_TRY(jk_hub_get(client, heads->url.bytes, &reply, error));
        *out_bytes = reply.body;
        if (reply.status == 200 || (reply.status == 206 && is_beginning(client))) return JK_OK;
        if (jk_hub_is_redirect(reply.status) && follow_location(heads, client)) continue;
        *out_why = reply.status == 206 ? "was answered with another part of it"
                                       : jk_arena_printf(arena, "was answered with %d", reply.status);
        return *out_why ? JK_OK : jk_out_of_memory(error);
    }
    *out_why = "is redirected again and again";
    return JK_OK;
}

/* ---- a head ---- */

static enum jk_status begin_address(struct jk_heads *heads, struct jk_span id, struct jk_span revision,
                                    struct jk_span name, struct jk_error *error)
{
    jk_text_clear(&heads->url);
    jk_text_addf(&heads->url, "%s/%.*s/resolve/%.*s/", heads->hub.url, JK_SPAN_ARG(id), JK_SPAN_ARG(revision));
    jk_percent_encode(&heads->url, name, "?#[]\"<>\\^`{|}", true);
    return heads->url.failed ? jk_out_of_memory(error) : JK_OK;
}

/* How many bytes the head has, by its first ones; 0 with *out_why. */
static uint64_t head_length(const struct jk_file *file, struct jk_span bytes, struct jk_arena *arena,
                            const char **out_why)
{
    uint64_t length;
    struct jk_fault fault;
    if (!jk_safetensors_length(bytes, file->size, &length, &fault)) {
        *out_why = jk_arena_printf(arena, "is no safetensors file: %s", fault.rule);
        return 0;
    }
    length += JK_SAFETENSORS_LENGTH;
    if (length <= JK_FILES_HEAD_MAX) return length;
    *out_why = jk_arena_printf(arena, "has a header of %llu bytes; at most %u are read", (unsigned long long)length,
                               JK_FILES_HEAD_MAX);
    return 0;
}

enum jk_status jk_heads_get(struct jk_heads *heads, struct jk_span id, struct jk_span revision, struct jk_file *file,
                            struct jk_arena *arena, const char **out_why, struct jk_error *error)
{
    struct jk_span bytes = JK_SPAN("");
    size_t first = file->size < FIRST ? (size_t)file->size : FIRST;
    *out_why = NULL;
    JK_TRY(begin_address(heads, id, revision, file->name, error));
    JK_TRY(get_bytes(heads, first, arena, &bytes, out_why, error));
    uint64_t length = *out_why ? 0 : head_length(file, bytes, arena, out_why);
    if (length > bytes.len && bytes.len == first) {
        JK_TRY(begin_address(heads, id, revision, file->name, error));
        JK_TRY(get_bytes(heads, (size_t)length, arena, &bytes, out_why, error));
    }
    if (!*out_why && length > bytes.len) *out_why = "ends before its header does";
    if (length == 0 && !*out_why) return jk_out_of_memory(error);
    file->bytes = (struct jk_span){bytes.at, *out_why ? 0 : (size_t)length};
    return JK_OK;
}
