/* A directory for a test's own, with the arena and the error that its calls take: for cmocka_unit_test_setup_teardown. */
#ifndef JK_TEST_DIRECTORY_BENCH_H
#define JK_TEST_DIRECTORY_BENCH_H

#include <stdlib.h>

#include "auth/directory.h"

struct bench {
    struct jk_directory *directory;
    struct jk_arena arena;
    struct jk_error error;
};

static inline int bench_set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    jk_digest_setup();
    jk_arena_init(&bench->arena, 4 << 20);
    jk_error_init(&bench->error, &bench->arena);
    bench->directory = jk_directory_new();
    *state = bench;
    return bench->directory ? 0 : -1;
}

static inline int bench_tear_down(void **state)
{
    struct bench *bench = *state;
    jk_directory_free(bench->directory);
    jk_arena_done(&bench->arena);
    free(bench);
    return 0;
}

/* With an error of its own each time. */
static inline enum jk_status bench_put(struct bench *bench, const struct jk_record *record)
{
    jk_error_init(&bench->error, &bench->arena);
    return jk_directory_put(bench->directory, record, &bench->error);
}

#endif
