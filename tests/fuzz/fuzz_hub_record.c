/* Objects of a hub, and records, from anybody: what is reduced is read, is the same when it is reduced again, and has the
 * listing that it says; what is read was canonical. */
#include "base/check.h"
#include "base/text.h"
#include "census/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_as_record(struct jk_span bytes, struct jk_hub_record *record)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    enum jk_status status = jk_hub_record_read(bytes, record, &error);
    JK_CHECK((status == JK_OK) == !jk_error_is_set(&error));
    return status == JK_OK;
}

static bool reduce(struct jk_span object, struct jk_text *out)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    jk_text_init(out, 0);
    enum jk_status status = jk_hub_record_reduce(object, out, &error);
    JK_CHECK((status == JK_OK) == !jk_error_is_set(&error));
    JK_CHECK(status == JK_OK || out->len == 0);
    return status == JK_OK;
}

static void look_at(const struct jk_hub_record *record)
{
    struct jk_text text;
    jk_text_init(&text, 0);
    JK_CHECK(record->lfs_files <= record->files);
    JK_CHECK(record->lfs_files > 0 || jk_digest_is_zero(&record->listing));
    jk_hub_record_license(record, &text);
    JK_CHECK(text.len > 0 && !text.failed);
    jk_text_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_span input = {(const char *)data, size};
    struct jk_hub_record record, again;
    struct jk_text text, twice;
    jk_digest_setup();
    bool is_record = read_as_record(input, &record);
    bool reduced = reduce(input, &text);
    JK_CHECK(reduced || !is_record);
    if (is_record) JK_CHECK(jk_span_equal(jk_text_span(&text), input));
    if (reduced) {
        JK_CHECK(text.len <= JK_HUB_RECORD_MAX && read_as_record(jk_text_span(&text), &again));
        look_at(&again);
        JK_CHECK(reduce(jk_text_span(&text), &twice) && jk_span_equal(jk_text_span(&text), jk_text_span(&twice)));
        jk_text_done(&twice);
    }
    jk_text_done(&text);
    return 0;
}
