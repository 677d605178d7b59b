/* Large pages: see pages.h. */
#include "base/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define LINE ((size_t)64) /* of the cache */

void *jk_pages_alloc(size_t size)
{
    size_t unit = size < JK_PAGE_LARGE ? LINE : JK_PAGE_LARGE;
    if (size > SIZE_MAX - unit) return NULL;
    size_t whole = (size + unit - 1) & ~(unit - 1);
    void *bytes = aligned_alloc(unit, whole);
    if (bytes && unit == JK_PAGE_LARGE) (void)madvise(bytes, whole, MADV_HUGEPAGE); /* refused: small pages */
    return bytes;
}
