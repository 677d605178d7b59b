/* GGUF headers from anybody, whole and as the beginning of a longer file: what is accepted has tensors of whole rows of
 * blocks that lie one after the other within the file; more is asked for only where there is more. */
#include "base/check.h"
#include "base/text.h"
#include "weights/gguf_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_tensors(const struct jk_tensors *table, uint64_t size)
{
    uint64_t last = table->data, bytes;
    for (size_t i = 0; i < table->count; i++) {
        const struct jk_tensor *tensor = &table->tensors[i];
        JK_CHECK(tensor->name.len > 0 && tensor->name.len <= 64 && jk_utf8_valid(tensor->name));
        JK_CHECK(jk_type_size(tensor->type, tensor->elements, &bytes) && tensor->end - tensor->begin == bytes);
        JK_CHECK(tensor->begin >= last && tensor->end <= size);
        last = tensor->end;
    }
}

static void read_as(struct jk_span head, uint64_t size)
{
    struct jk_fault fault = {.offset = UINT64_MAX};
    struct jk_tensors table;
    bool cut = false;
    if (jk_gguf_table_read(head, size, &table, &cut, &fault))
        check_tensors(&table, size);
    else
        JK_CHECK(fault.offset <= size && fault.rule[0]);
    JK_CHECK(!cut || head.len < size);
    jk_tensors_done(&table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_span whole = {(const char *)data, size};
    read_as(whole, size);
    read_as(whole, (uint64_t)size + 100000);
    return 0;
}
