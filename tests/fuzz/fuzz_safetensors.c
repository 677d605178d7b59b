/* safetensors files from anybody: what is accepted has tensors with names, types and shapes that come to their bytes,
 * one after the other from the header's end to the file's; what is refused has an offset within the file, and a rule.
 */
#include "base/check.h"
#include "base/text.h"
#include "weights/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_tensors(const struct jk_tensors *table, uint64_t size)
{
    uint64_t next = table->data, bytes, elements;
    for (size_t i = 0; i < table->count; i++) {
        const struct jk_tensor *tensor = &table->tensors[i];
        JK_CHECK(tensor->name.len > 0 && jk_utf8_valid(tensor->name));
        JK_CHECK(jk_tensors_elements(tensor->shape, tensor->dimensions, &elements) && elements == tensor->elements);
        JK_CHECK(jk_type_size(tensor->type, elements, &bytes) && tensor->end - tensor->begin == bytes);
        JK_CHECK(tensor->begin == next);
        next = tensor->end;
    }
    JK_CHECK(next == size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_span whole = {(const char *)data, size};
    struct jk_fault fault = {.offset = UINT64_MAX};
    struct jk_tensors table = {0};
    uint64_t length = 0;
    bool read = jk_safetensors_length(whole, size, &length, &fault);
    if (read) {
        JK_CHECK(length <= size - JK_SAFETENSORS_LENGTH);
        read = jk_safetensors_read((struct jk_span){whole.at + JK_SAFETENSORS_LENGTH, (size_t)length}, size, &table,
                                   &fault);
    }
    if (read)
        check_tensors(&table, size);
    else
        JK_CHECK(fault.offset <= size && fault.rule[0]);
    jk_tensors_done(&table);
    return 0;
}
