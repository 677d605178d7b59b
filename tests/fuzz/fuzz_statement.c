/* Lineage statements from anybody: what parses is what is written, byte for byte. */
#include "base/check.h"
#include "base/defer.h"
#include "domain/lineage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_span input = {(const char *)data, size};
    JK_CLEANUP(jk_text_done) struct jk_text text = {0};
    struct jk_statement statement;
    struct jk_error error;

    jk_error_init(&error, NULL);
    enum jk_status status = jk_statement_parse(input, &statement, &error);
    JK_CHECK((status == JK_OK) == !jk_error_is_set(&error));
    if (status != JK_OK) return 0;
    JK_CHECK(statement.parent_count <= JK_PARENTS_MAX);
    JK_CHECK((statement.relation == JK_RELATION_NONE) == (statement.parent_count == 0));
    jk_statement_write(&statement, &text);
    JK_CHECK(!text.failed && jk_span_equal(jk_text_span(&text), input));
    return 0;
}
