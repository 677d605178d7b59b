/* The order and the pace in which published files are read again: all bundles and tiles of a size, spread evenly over a
 * pass. Pure but for jk_reread_bytes, which asks the file system for file sizes. Any thread.
 *
 * A pass lasts as long as its bytes take at JK_REREAD_RATE, but at most JK_REREAD_PASS_MOST_MS, so that every file of a
 * log of any size is read at least twice a day. JK_REREAD_RATE_MOST limits the bytes read in a second. (At that rate a
 * pass would cover 2.5 TB; the book of such a log would not fit in any machine's memory.) */
#ifndef JK_TILES_REREAD_H
#define JK_TILES_REREAD_H

#include "tiles/folder.h"
#include "tlog/tile.h"

#define JK_REREAD_RATE          (256u << 10) /* bytes a second */
#define JK_REREAD_RATE_MOST     (64u << 20)
#define JK_REREAD_PASS_LEAST_MS INT64_C(5000)
#define JK_REREAD_PASS_MOST_MS  (INT64_C(11) * 3600 * 1000)

/* How many files that is. */
uint64_t jk_reread_count(uint64_t size);
/* The file at that place, `at` < count: bundles, then level by level; the last of a level may be partial. */
void jk_reread_tile(uint64_t size, uint64_t at, struct jk_tile *out_tile);
/* Their total bytes, estimated from a sample. */
uint64_t jk_reread_bytes(const struct jk_folder *folder, uint64_t size);
int64_t jk_reread_pass_ms(uint64_t bytes);
/* When the file at that place is due, from the start of the pass. */
int64_t jk_reread_due_ms(uint64_t at, uint64_t count, int64_t pass_ms);
/* How far a pass by the wall clock is along: a restarted server resumes about where it was, so that the end of a large
 * log gets its turn even if no process lives as long as a pass. */
uint64_t jk_reread_place(int64_t now_ms, uint64_t count, int64_t pass_ms);
/* How long reading so many bytes must take at JK_REREAD_RATE_MOST. */
int64_t jk_reread_rest_ms(uint64_t bytes);

#endif
