/* Two levels of slots: a fixed table of pages, allocated as numbers come into use. */
#include "auth/series.h"

#include <stdlib.h>

#include "base/check.h"

static void **page_of(const struct jk_series *series, uint64_t number)
{
    return number <= JK_SERIES_MAX ? series->pages[number / JK_SERIES_PAGE] : NULL;
}

void jk_series_done(struct jk_series *series, void (*release)(void *item))
{
    for (size_t page = 0; page < JK_SERIES_PAGES; page++) {
        if (!series->pages[page]) continue;
        for (size_t slot = 0; slot < JK_SERIES_PAGE; slot++)
            release(series->pages[page][slot]);
        free(series->pages[page]);
        series->pages[page] = NULL;
    }
    series->count = 0;
    series->last = 0;
}

bool jk_series_reserve(struct jk_series *series, uint64_t number)
{
    if (number == 0 || number > JK_SERIES_MAX) return false;
    void ***page = &series->pages[number / JK_SERIES_PAGE];
    if (!*page) *page = calloc(JK_SERIES_PAGE, sizeof **page);
    return *page != NULL;
}

void *jk_series_get(const struct jk_series *series, uint64_t number)
{
    void **page = page_of(series, number);
    return page ? page[number % JK_SERIES_PAGE] : NULL;
}

void *jk_series_set(struct jk_series *series, uint64_t number, void *item)
{
    void **page = page_of(series, number);
    JK_CHECK(page && number > 0);
    void *had = page[number % JK_SERIES_PAGE];
    page[number % JK_SERIES_PAGE] = item;
    if (item && !had) series->count++;
    if (!item && had) series->count--;
    if (item && number > series->last) series->last = number;
    while (series->last > 0 && !jk_series_get(series, series->last))
        series->last--;
    return had;
}

void *jk_series_next(const struct jk_series *series, uint64_t *number)
{
    uint64_t at = *number;
    while (at < series->last) {
        at++;
        void **page = page_of(series, at);
        if (!page) {
            at |= JK_SERIES_PAGE - 1; /* on to the next page */
            continue;
        }
        if (!page[at % JK_SERIES_PAGE]) continue;
        *number = at;
        return page[at % JK_SERIES_PAGE];
    }
    return NULL;
}
