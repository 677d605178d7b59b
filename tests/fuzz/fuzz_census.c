/* What comes from a hub: its answers as texts of objects, and its headers. Objects are taken off alike whether the text is
 * whole or comes in two pieces; what is read of one has a record that is canonical; a header leads nowhere but to its own
 * origin. */
#include "base/check.h"
#include "census/headers.h"
#include "census/objects.h"
#include "census/reading.h"
#include "domain/ident.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_object(struct jk_reading *reading, struct jk_span object)
{
    struct jk_reading_item item;
    struct jk_census_line line;
    struct jk_hub_record record;
    struct jk_error error;
    struct jk_arena arena;
    struct jk_text text;
    jk_arena_init(&arena, 1u << 20);
    jk_text_init(&text, 0);
    jk_error_init(&error, NULL);
    if (jk_reading_take(reading, object, NULL, &error) == JK_OK) {
        jk_reading_line(reading, &line);
        JK_CHECK(jk_hub_record_read(line.record, &record, &error) == JK_OK);
        JK_CHECK(jk_span_equal(record.id, line.id) && jk_span_equal(record.identity, reading->identity));
        JK_CHECK(jk_span_equal(record.revision, reading->revision));
        jk_census_line_write(&line, &text);
        JK_CHECK(jk_census_line_read(jk_text_span(&text), &reading->arena, &line, &error) == JK_OK);
        JK_CHECK(jk_reading_listed(&arena, object, &item) && jk_span_equal(item.id, record.id));
    }
    jk_text_done(&text);
    jk_arena_done(&arena);
}

/* Takes all objects of the text, the second time with a cut in its middle. */
static size_t take_objects_of(struct jk_span text, size_t cut, struct jk_reading *reading)
{
    struct jk_span rest = {text.at, cut}, object;
    size_t line = 1, begun, count = 0;
    for (;;) {
        bool whole = rest.at + rest.len == text.at + text.len;
        enum jk_objects found = jk_objects_next(&rest, whole, &line, &object, &begun);
        if (found == JK_OBJECTS_ONE || found == JK_OBJECTS_BROKEN) {
            JK_CHECK(object.len > 0 && object.at >= text.at && object.at + object.len <= rest.at);
            count++;
        }
        if (found == JK_OBJECTS_ONE && reading) read_object(reading, object);
        if ((found == JK_OBJECTS_MORE || found == JK_OBJECTS_END) && whole) return count;
        if (found == JK_OBJECTS_MORE || found == JK_OBJECTS_END)
            rest = (struct jk_span){rest.at, (size_t)(text.at + text.len - rest.at)};
    }
}

static void read_headers(struct jk_span text)
{
    static const struct jk_span from = JK_SPAN("https://hub.example.org/api/models");
    uint64_t requests, seconds;
    struct jk_span next;
    struct jk_text url;
    jk_text_init(&url, 0);
    if (jk_headers_next(text, &next)) JK_CHECK(next.len > 0 && next.len <= JK_HEADERS_URL_MAX);
    if (jk_headers_resolve(from, text, &url))
        JK_CHECK(jk_span_equal_fold(jk_headers_origin(jk_text_span(&url)), JK_SPAN("https://hub.example.org")));
    jk_text_done(&url);
    JK_CHECK(jk_headers_limit(text).wait_s <= JK_HEADERS_WAIT_S);
    if (jk_headers_retry(text, &seconds)) JK_CHECK(seconds <= JK_HEADERS_WAIT_S);
    if (jk_headers_quota(text, &requests, &seconds)) JK_CHECK(requests > 0 && seconds > 0);
    JK_CHECK(jk_headers_model(text).len <= text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_span text = {(const char *)data, size};
    struct jk_reading reading;
    if (size == 0) return 0;
    jk_digest_setup();
    jk_reading_init(&reading);
    size_t count = take_objects_of(text, size, &reading);
    JK_CHECK(take_objects_of(text, size / 2, NULL) == count);
    read_headers(text);
    jk_reading_done(&reading);
    return 0;
}
