/* Descriptor sets: a damaged one is refused, and what is indexed is found again, with imports that end. Input: a
 * serialised FileDescriptorSet. */
#include "base/check.h"
#include "rpc/descriptors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct jk_descriptors index;
    size_t file, files[JK_DESCRIPTOR_FILES];
    struct jk_error error;

    jk_error_init(&error, NULL);
    if (jk_descriptors_open((struct jk_span){(const char *)data, size}, &index, &error) != JK_OK) return 0;
    for (size_t i = 0; i < index.symbol_count; i++)
        JK_CHECK(jk_descriptors_symbol(&index, index.symbols[i].name, &file) && file < index.file_count);
    for (size_t i = 0; i < index.file_count; i++) {
        size_t count = jk_descriptors_closure(&index, i, files);
        JK_CHECK(count >= 1 && count <= index.file_count && files[0] == i);
    }
    jk_descriptors_done(&index);
    return 0;
}
