/* Scripts and tables of demos from anybody: read or refused, within their limits; of what is read, derivatives can be made. */
#include "base/check.h"
#include "base/digest.h"
#include "demo/script.h"
#include "demo/world.h"

#define SOME 20

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_script(struct jk_span input, struct jk_arena *arena, struct jk_error *error)
{
    struct jk_demo_script script;
    jk_error_init(error, arena);
    if (jk_demo_script_read(input, JK_SPAN("/demo"), arena, &script, error) != JK_OK) {
        JK_CHECK(jk_error_is_set(error));
        return;
    }
    JK_CHECK(script.count <= JK_DEMO_LINES);
    for (size_t i = 0; i < script.count; i++) {
        JK_CHECK(script.lines[i].word_count <= JK_DEMO_ARGS && script.lines[i].until_us >= script.lines[i].time_us);
        JK_CHECK(i == 0 || script.lines[i].time_us >= script.lines[i - 1].until_us);
    }
}

static void try_world(struct jk_span input, struct jk_arena *arena, struct jk_error *error)
{
    struct jk_demo_world *world;
    jk_error_init(error, arena);
    if (jk_demo_world_read(input, SOME, arena, &world, error) != JK_OK) {
        JK_CHECK(jk_error_is_set(error));
        return;
    }
    jk_demo_world_offer(world, "skt/A.X-K1", "Apache-2.0");
    for (size_t i = 0; i < SOME; i++) {
        const Jokbo__V1__Derivative *made = jk_demo_world_next(world);
        JK_CHECK(!made || (made->n_parents > 0 && made->name[0]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_span input = {(const char *)data, size};
    struct jk_arena arena;
    struct jk_error error;
    jk_digest_setup();
    jk_arena_init(&arena, 64u << 20);
    try_script(input, &arena, &error);
    try_world(input, &arena, &error);
    jk_arena_done(&arena);
    return 0;
}
