/* Numbered slots: what carries a small number that the directory itself gives out, found by it and walked in its order.
 * Owns its pages, never what the slots point to. Not thread-safe: the directory's lock guards it.
 * Limits: numbers 1 to JK_SERIES_MAX; 32 KiB a page of 4,096 numbers, made when one of them is first used. */
#ifndef JK_AUTH_SERIES_H
#define JK_AUTH_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JK_SERIES_PAGE  4096u
#define JK_SERIES_PAGES 4096u
#define JK_SERIES_MAX   ((uint64_t)JK_SERIES_PAGE * JK_SERIES_PAGES - 1)

struct jk_series {
    void **pages[JK_SERIES_PAGES];
    size_t count;  /* slots in use */
    uint64_t last; /* the greatest number in use, 0 for none */
};

/* Frees the pages, and each item by `release`. */
void jk_series_done(struct jk_series *series, void (*release)(void *item));
/* Makes sure that jk_series_set(number) has its page. False: number out of range, or out of memory. */
bool jk_series_reserve(struct jk_series *series, uint64_t number);
/* NULL where there is nothing, or the number is out of range. */
void *jk_series_get(const struct jk_series *series, uint64_t number);
/* Puts the item (NULL empties the slot) and returns what was there. The number's page must be there. */
void *jk_series_set(struct jk_series *series, uint64_t number, void *item);
/* The item with the least number above *number, which moves there; NULL at the end. */
void *jk_series_next(const struct jk_series *series, uint64_t *number);

#endif
