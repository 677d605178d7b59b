/* Log entries from anybody (a log's mirror, a bundle): what parses is what is written, byte for byte. */
#include "base/check.h"
#include "base/defer.h"
#include "domain/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_span input = {(const char *)data, size};
    JK_CLEANUP(jk_text_done) struct jk_text text = {0};
    struct jk_entry entry;
    struct jk_error error;

    jk_error_init(&error, NULL);
    enum jk_status status = jk_entry_parse(input, &entry, &error);
    JK_CHECK((status == JK_OK) == !jk_error_is_set(&error));
    if (status != JK_OK) {
        JK_CHECK(status == JK_DATA_LOSS);
        return 0;
    }
    jk_entry_write(&entry, &text);
    JK_CHECK(!text.failed && jk_span_equal(jk_text_span(&text), input));
    return 0;
}
