/* mergekit recipes from anybody: read or refused; parents keep their limit and stand there once. */
#include "base/check.h"
#include "base/text.h"
#include "declare/mergekit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_arena arena;
    struct jk_error error;
    struct jk_mergekit recipe;
    jk_arena_init(&arena, 64u << 20);
    jk_error_init(&error, &arena);
    enum jk_status status = jk_mergekit_parse((struct jk_span){(const char *)data, size}, &arena, &recipe, &error);
    JK_CHECK((status == JK_OK) == !jk_error_is_set(&error));
    if (status == JK_OK) {
        JK_CHECK(recipe.parents.count <= JK_PARENTS_MAX && recipe.parents.dropped == 0);
        for (size_t i = 0; i < recipe.parents.count; i++)
            for (size_t k = 0; k < i; k++)
                JK_CHECK(!jk_span_equal_fold(recipe.parents.items[i], recipe.parents.items[k]));
    }
    jk_arena_done(&arena);
    return 0;
}
