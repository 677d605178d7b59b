/* A budgeted arena: memory for one call, one batch or one parse, freed all at once. Not thread-safe; owned by the
 * thread that works on the call. An allocation beyond the budget (or the machine's memory) returns NULL and sets
 * `exhausted`; nothing is ever freed individually. */
#ifndef JK_BASE_ARENA_H
#define JK_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct jk_arena_block;

struct jk_arena {
    struct jk_arena_block *blocks;
    struct jk_arena_block *spare; /* kept across a reset for reuse, NULL for none; not in `used` */
    size_t used;                  /* bytes handed out, block headers and padding included */
    size_t budget;                /* limit in bytes */
    bool exhausted;
};

void jk_arena_init(struct jk_arena *arena, size_t budget);
/* Frees everything; the arena may be used again with the same budget. Up to 8 KiB are kept, so that the next small call
 * needs no allocation. */
void jk_arena_reset(struct jk_arena *arena);
void jk_arena_done(struct jk_arena *arena); /* frees the spare, too */

/* 16-byte aligned, not cleared. NULL beyond the budget. */
void *jk_arena_alloc(struct jk_arena *arena, size_t size);
/* Cleared; NULL also if count * size overflows. */
void *jk_arena_zalloc(struct jk_arena *arena, size_t count, size_t size);
/* A NUL-terminated copy of len bytes. */
char *jk_arena_copy(struct jk_arena *arena, const void *bytes, size_t len);
char *jk_arena_printf(struct jk_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
