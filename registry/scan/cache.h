/* What was found of a folder's files before, so that a digest that was interrupted goes on where it was: by path,
 * device, inode, size and the times of the last change to bytes and facts. Only a folder's owner has such a cache, in a
 * place of his own: what comes with a download is never believed, and checking never asks it.
 *
 * A text file that grows by a record for each large file that was read; each bears its own digest, and what is damaged
 * or cut ends the reading. A cache that cannot be read or written is no fault: then everything is read anew. Calls come
 * one at a time. */
#ifndef JK_SCAN_CACHE_H
#define JK_SCAN_CACHE_H

#include "scan/scan.h"

#define JK_SCAN_CACHE_LEAST (1u << 20) /* bytes of a file below which it is read again sooner than looked up */

struct jk_scan_cache;

/* `path`: of the cache's file, whose folder is there. NULL: out of memory. */
struct jk_scan_cache *jk_scan_cache_open(const char *path);
/* Fills in what is known of a file whose facts are these; false: nothing. */
bool jk_scan_cache_known(const struct jk_scan_cache *cache, struct jk_scan_file *file);
void jk_scan_cache_found(struct jk_scan_cache *cache, const struct jk_scan_file *file);
/* Written anew, with these files alone, where most of it is of no use any more. */
void jk_scan_cache_close(struct jk_scan_cache *cache, const struct jk_scan_file *files, size_t count);

#endif
