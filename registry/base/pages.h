/* Memory for large tables that are read all over: in pages of 2 MiB where the kernel offers them, so that they take few
 * page faults to fill and few address translations to read. Thread-safe, as malloc is; free() gives it back. */
#ifndef JK_BASE_PAGES_H
#define JK_BASE_PAGES_H

#include <stddef.h>

#define JK_PAGE_LARGE ((size_t)2 << 20)

/* At least `size` bytes that begin at a cache line, not cleared; NULL when out of memory. */
void *jk_pages_alloc(size_t size);

#endif
