/* Memory for large tables with random access: in pages of 2 MiB if the kernel offers them, so that filling them takes
 * few page faults and reading them few address translations. Thread-safe, as malloc is; released with free(). */
#ifndef JK_BASE_PAGES_H
#define JK_BASE_PAGES_H

#include <stddef.h>

#define JK_PAGE_LARGE ((size_t)2 << 20)

/* At least `size` bytes, aligned to a cache line, not cleared; NULL when out of memory. */
void *jk_pages_alloc(size_t size);

#endif
