/* See headers.h. */
#include "census/headers.h"

#include "base/ascii.h"

/* The item before the next comma that stands in no quotes or angle brackets. */
static bool take_item(struct jk_span *rest, struct jk_span *out_item)
{
    bool quoted = false, bracketed = false;
    size_t end = 0;
    if (rest->len == 0) return false;
    for (; end < rest->len; end++) {
        char c = rest->at[end];
        if (c == '"' && !bracketed) quoted = !quoted;
        if (c == '<' && !quoted) bracketed = true;
        if (c == '>') bracketed = false;
        if (c == ',' && !quoted && !bracketed) break;
    }
    *out_item = jk_span_trim((struct jk_span){rest->at, end});
    size_t taken = end < rest->len ? end + 1 : end;
    *rest = (struct jk_span){rest->at + taken, rest->len - taken};
    return true;
}

static struct jk_span unquoted(struct jk_span value)
{
    if (value.len < 2 || value.at[0] != '"' || value.at[value.len - 1] != '"') return value;
    return (struct jk_span){value.at + 1, value.len - 2};
}

/* The value of ;name=value among the parameters of an item; empty for none. */
static struct jk_span parameter(struct jk_span parameters, const char *name)
{
    struct jk_span part;
    while (parameters.len > 0) {
        (void)jk_span_cut(&parameters, ';', &part);
        struct jk_span value = jk_span_trim(part), key;
        if (jk_span_cut(&value, '=', &key) && jk_span_equal_fold(jk_span_trim(key), jk_span_of(name)))
            return unquoted(jk_span_trim(value));
    }
    return JK_SPAN("");
}

/* rel="next", or one of several words. */
static bool is_next(struct jk_span relations)
{
    struct jk_span word;
    while (relations.len > 0) {
        (void)jk_span_cut(&relations, ' ', &word);
        if (jk_span_equal_fold(word, JK_SPAN("next"))) return true;
    }
    return false;
}

bool jk_headers_next(struct jk_span link, struct jk_span *out_url)
{
    struct jk_span item, url;
    while (take_item(&link, &item)) {
        if (!jk_span_starts(item, JK_SPAN("<"))) continue;
        struct jk_span parameters = {item.at + 1, item.len - 1};
        if (!jk_span_cut(&parameters, '>', &url) || !is_next(parameter(parameters, "rel"))) continue;
        if (url.len == 0 || url.len > JK_HEADERS_URL_MAX) return false;
        *out_url = url;
        return true;
    }
    return false;
}

struct jk_span jk_headers_origin(struct jk_span url)
{
    if (!jk_span_is_url(url)) return JK_SPAN("");
    size_t start = jk_span_starts_fold(url, JK_SPAN("https://")) ? 8 : 7, end = start;
    while (end < url.len && url.at[end] != '/' && url.at[end] != '?' && url.at[end] != '#')
        end++;
    return end == start ? JK_SPAN("") : (struct jk_span){url.at, end};
}

static bool is_printable(struct jk_span url)
{
    for (size_t i = 0; i < url.len; i++)
        if (url.at[i] <= ' ' || url.at[i] == '\\' || (unsigned char)url.at[i] >= 0x7f) return false;
    return url.len > 0 && url.len <= JK_HEADERS_URL_MAX;
}

bool jk_headers_resolve(struct jk_span url, struct jk_span reference, struct jk_text *out_url)
{
    struct jk_span origin = jk_headers_origin(url);
    if (origin.len == 0 || !is_printable(reference)) return false;
    bool absolute = jk_span_is_url(reference);
    bool path = reference.at[0] == '/' && !(reference.len > 1 && reference.at[1] == '/');
    if (absolute ? !jk_span_equal_fold(jk_headers_origin(reference), origin) : !path) return false;
    if (!absolute) jk_text_add(out_url, origin);
    jk_text_add(out_url, reference);
    return true;
}

void jk_headers_limit_page(struct jk_span url, unsigned limit, struct jk_text *out_url)
{
    struct jk_span query = url, path, part;
    bool first = true;
    (void)jk_span_cut(&query, '?', &path);
    jk_text_add(out_url, path);
    while (query.len > 0) {
        (void)jk_span_cut(&query, '&', &part);
        if (part.len == 0 || jk_span_starts(part, JK_SPAN("limit="))) continue;
        jk_text_add_char(out_url, first ? '?' : '&');
        jk_text_add(out_url, part);
        first = false;
    }
    jk_text_addf(out_url, "%climit=%u", first ? '?' : '&', limit);
}

struct jk_span jk_headers_model(struct jk_span url)
{
    static const struct jk_span before = JK_SPAN("/api/models/");
    size_t skipped = jk_headers_origin(url).len;
    struct jk_span rest = {url.at + skipped, url.len - skipped}, path, id;
    if (!jk_span_starts(rest, before)) return JK_SPAN("");
    rest = (struct jk_span){rest.at + before.len, rest.len - before.len};
    (void)jk_span_cut(&rest, '?', &path);
    (void)jk_span_cut(&path, '#', &id);
    return id;
}

/* A number that may have a point, as seconds sometimes do: rounded up. */
static bool number_of(struct jk_span text, uint64_t *out_number)
{
    struct jk_span whole, rest = text;
    uint64_t fraction = 0;
    bool point = jk_span_cut(&rest, '.', &whole);
    if (!jk_span_to_u64(whole, out_number)) return false;
    for (size_t i = 0; point && i < rest.len; i++) {
        if (!jk_ascii_digit(rest.at[i])) return false;
        fraction |= (uint64_t)(rest.at[i] != '0');
    }
    if (*out_number < UINT64_MAX) *out_number += fraction;
    return true;
}

static uint64_t at_most(uint64_t seconds)
{
    return seconds < JK_HEADERS_WAIT_S ? seconds : JK_HEADERS_WAIT_S;
}

struct jk_headers_limit jk_headers_limit(struct jk_span rate_limit)
{
    struct jk_headers_limit found = {false, 0, 0};
    struct jk_span item;
    while (take_item(&rate_limit, &item)) {
        struct jk_headers_limit limit = {true, 0, 0};
        struct jk_span parameters = item, name;
        (void)jk_span_cut(&parameters, ';', &name);
        if (!number_of(parameter(parameters, "r"), &limit.left)) continue;
        if (!number_of(parameter(parameters, "t"), &limit.wait_s)) continue;
        limit.wait_s = at_most(limit.wait_s);
        if (jk_span_equal(unquoted(jk_span_trim(name)), JK_SPAN("api"))) return limit;
        if (!found.is_told) found = limit;
    }
    return found;
}

bool jk_headers_quota(struct jk_span policy, uint64_t *out_requests, uint64_t *out_seconds)
{
    struct jk_span item;
    while (take_item(&policy, &item))
        if (number_of(parameter(item, "q"), out_requests) && number_of(parameter(item, "w"), out_seconds) &&
            *out_requests > 0 && *out_seconds > 0)
            return true;
    return false;
}

bool jk_headers_retry(struct jk_span retry_after, uint64_t *out_seconds)
{
    if (!number_of(jk_span_trim(retry_after), out_seconds)) return false;
    *out_seconds = at_most(*out_seconds);
    return true;
}
