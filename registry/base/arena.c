/* The arena: a list of blocks, newest first, whose sizes double so that a small call touches little memory. A large
 * allocation gets a block of its own behind the newest, so that the newest block's tail stays usable. The budget counts
 * what was handed out; unused tails may cost up to a third more memory. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT     16
#define FIRST_BLOCK   2048
#define LARGEST_BLOCK 65536
#define KEPT_BLOCK    8192

struct jk_arena_block {
    struct jk_arena_block *next;
    size_t size; /* of bytes[] */
    size_t used; /* a multiple of ALIGNMENT */
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

void jk_arena_init(struct jk_arena *arena, size_t budget)
{
    *arena = (struct jk_arena){.budget = budget};
}

/* Of a block and the spare, the larger is kept and the other freed. */
static void keep_or_free(struct jk_arena *arena, struct jk_arena_block *block)
{
    size_t kept = arena->spare ? arena->spare->size : 0;
    if (block->size <= KEPT_BLOCK && block->size > kept) {
        free(arena->spare);
        arena->spare = block;
        return;
    }
    free(block);
}

void jk_arena_reset(struct jk_arena *arena)
{
    struct jk_arena_block *block = arena->blocks;
    if (!block && !arena->exhausted) return;
    while (block) {
        struct jk_arena_block *next = block->next;
        keep_or_free(arena, block);
        block = next;
    }
    *arena = (struct jk_arena){.spare = arena->spare, .budget = arena->budget};
}

void jk_arena_done(struct jk_arena *arena)
{
    if (!arena) return;
    jk_arena_reset(arena);
    free(arena->spare);
    *arena = (struct jk_arena){0};
}

static void *exhausted(struct jk_arena *arena)
{
    arena->exhausted = true;
    return NULL;
}

/* A block of at least `size` bytes. Its header is charged now, its contents as they are handed out. */
static struct jk_arena_block *block_new(struct jk_arena *arena, size_t size)
{
    struct jk_arena_block *block = arena->spare;
    if (block && block->size >= size) {
        size = block->size;
        arena->spare = NULL;
    } else {
        block = malloc(sizeof *block + size);
    }
    if (!block) return NULL;
    *block = (struct jk_arena_block){.size = size};
    arena->used += sizeof *block;
    return block;
}

static void *take_from_block(struct jk_arena *arena, struct jk_arena_block *block, size_t size)
{
    void *bytes = block->bytes + block->used;
    block->used += size;
    arena->used += size;
    return bytes;
}

static size_t next_block_size(const struct jk_arena *arena, size_t need)
{
    size_t size = arena->blocks ? 2 * arena->blocks->size : FIRST_BLOCK;
    if (size > LARGEST_BLOCK) size = LARGEST_BLOCK;
    return size < need ? need : size;
}

/* Puts `block` in front, or second if the front block has more room left. */
static void block_insert(struct jk_arena *arena, struct jk_arena_block *block)
{
    struct jk_arena_block *front = arena->blocks;
    if (front && front->size - front->used > block->size - block->used) {
        block->next = front->next;
        front->next = block;
        return;
    }
    block->next = front;
    arena->blocks = block;
}

void *jk_arena_alloc(struct jk_arena *arena, size_t size)
{
    if (size > SIZE_MAX - ALIGNMENT) return exhausted(arena);
    /* An allocation of zero bytes still gets an address of its own. */
    size_t need = size == 0 ? ALIGNMENT : (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (arena->used > arena->budget || need > arena->budget - arena->used) return exhausted(arena);
    struct jk_arena_block *front = arena->blocks;
    if (front && need <= front->size - front->used) return take_from_block(arena, front, need);

    size_t left = arena->budget - arena->used;
    if (left < sizeof(struct jk_arena_block) || left - sizeof(struct jk_arena_block) < need) return exhausted(arena);
    bool large = need > LARGEST_BLOCK / 4;
    size_t most = (left - sizeof(struct jk_arena_block)) & ~(size_t)(ALIGNMENT - 1);
    size_t block_size = large ? need : next_block_size(arena, need);
    if (block_size > most) block_size = most < need ? need : most;
    struct jk_arena_block *block = block_new(arena, block_size);
    if (!block) return exhausted(arena);
    void *bytes = take_from_block(arena, block, need);
    block_insert(arena, block);
    return bytes;
}

void *jk_arena_zalloc(struct jk_arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) return exhausted(arena);
    void *bytes = jk_arena_alloc(arena, total);
    if (bytes) memset(bytes, 0, total);
    return bytes;
}

char *jk_arena_copy(struct jk_arena *arena, const void *bytes, size_t len)
{
    if (len == SIZE_MAX) return exhausted(arena);
    char *copy = jk_arena_alloc(arena, len + 1);
    if (!copy) return NULL;
    if (len > 0) memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

char *jk_arena_printf(struct jk_arena *arena, const char *format, ...)
{
    char small[256];
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    char *text = NULL;
    if (len < 0)
        exhausted(arena);
    else if ((size_t)len < sizeof small)
        text = jk_arena_copy(arena, small, (size_t)len);
    else if ((text = jk_arena_alloc(arena, (size_t)len + 1)))
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text;
}
