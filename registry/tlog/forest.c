/* Hashes in chunks, so that growing never copies them; see forest.h. */
#include "tlog/forest.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/check.h"

#define CHUNK_BITS 12 /* 4,096 hashes, 128 KiB */
#define CHUNK      (UINT64_C(1) << CHUNK_BITS)
#define LEVELS     63

struct level {
    struct jk_digest **chunks;
    uint64_t count; /* of chunks */
    size_t room;    /* of pointers */
};

struct jk_forest {
    uint64_t size;
    struct level levels[LEVELS];
};

struct jk_forest *jk_forest_new(void)
{
    return calloc(1, sizeof(struct jk_forest));
}

void jk_forest_free(struct jk_forest *forest)
{
    if (!forest) return;
    for (unsigned level = 0; level < LEVELS; level++) {
        for (uint64_t i = 0; i < forest->levels[level].count; i++)
            free(forest->levels[level].chunks[i]);
        free(forest->levels[level].chunks);
    }
    free(forest);
}

uint64_t jk_forest_size(const struct jk_forest *forest)
{
    return forest->size;
}

bool jk_forest_reserve(struct jk_forest *forest, uint64_t leaves)
{
    if (leaves > JK_TREE_MAX - forest->size) return false;
    for (unsigned i = 0; i < LEVELS && (forest->size + leaves) >> i > 0; i++) {
        struct level *level = &forest->levels[i];
        uint64_t hashes = (forest->size + leaves) >> i;
        while (level->count << CHUNK_BITS < hashes) {
            struct jk_digest *chunk;
            if (!JK_ARRAY_GROW(level->chunks, level->count, level->room) || !(chunk = malloc(CHUNK * sizeof(*chunk))))
                return false;
            level->chunks[level->count++] = chunk;
        }
    }
    return true;
}

static struct jk_digest *place(struct jk_forest *forest, unsigned level, uint64_t index)
{
    const struct level *row = &forest->levels[level];

    JK_CHECK(index >> CHUNK_BITS < row->count);
    return &row->chunks[index >> CHUNK_BITS][index & (CHUNK - 1)];
}

void jk_forest_append(struct jk_forest *forest, const struct jk_digest *leaf)
{
    uint64_t index = forest->size++;

    *place(forest, 0, index) = *leaf;
    for (unsigned level = 0; index & 1; level++, index >>= 1) {
        const struct jk_digest *right = place(forest, level, index);

        *place(forest, level + 1, index >> 1) = jk_merkle_node(place(forest, level, index - 1), right);
    }
}

void jk_forest_truncate(struct jk_forest *forest, uint64_t size)
{
    JK_CHECK(size <= forest->size);
    forest->size = size;
}

bool jk_forest_read(void *context, unsigned level, uint64_t index, struct jk_digest *out_hash)
{
    struct jk_forest *forest = context;

    if (level >= LEVELS || index >= forest->size >> level) return false;
    *out_hash = *place(forest, level, index);
    return true;
}
