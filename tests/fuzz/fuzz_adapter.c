/* adapter_config.json from anybody: read or refused, and what is read is UTF-8. */
#include "base/check.h"
#include "base/text.h"
#include "declare/adapter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_arena arena;
    struct jk_error error;
    struct jk_adapter adapter;
    jk_arena_init(&arena, 8u << 20);
    jk_error_init(&error, &arena);
    enum jk_status status = jk_adapter_parse((struct jk_span){(const char *)data, size}, &arena, &adapter, &error);
    JK_CHECK((status == JK_OK) == !jk_error_is_set(&error));
    if (status == JK_OK)
        JK_CHECK(jk_utf8_valid(adapter.base) && jk_utf8_valid(adapter.revision) && jk_utf8_valid(adapter.type));
    jk_arena_done(&arena);
    return 0;
}
