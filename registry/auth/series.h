/* Numbered slots, for items with small numbers that the directory assigns: looked up by number and walked in order.
 * Owns its pages, never what the slots point to. Not thread-safe: the directory's lock guards it. Limits: numbers 1 to
 * JK_SERIES_MAX; 32 KiB for each page of 4,096 numbers, allocated when one of them is first used. */
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

/* Frees the pages, and each item with `release`. */
void jk_series_done(struct jk_series *series, void (*release)(void *item));
/* Makes sure that the page for jk_series_set(number) exists. False: number out of range, or out of memory. */
bool jk_series_reserve(struct jk_series *series, uint64_t number);
/* NULL if the slot is empty, or the number is out of range. */
void *jk_series_get(const struct jk_series *series, uint64_t number);
/* Sets the item (NULL empties the slot) and returns the previous one. The number's page must exist. */
void *jk_series_set(struct jk_series *series, uint64_t number, void *item);
/* The item with the least number above *number, which is advanced to it; NULL at the end. */
void *jk_series_next(const struct jk_series *series, uint64_t *number);

#endif
