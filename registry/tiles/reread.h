/* In which order published files are read again, and how fast: all bundles and tiles of a size, evenly over a pass.
 * Pure but for jk_reread_bytes, which asks the file system how large files are. Any thread.
 *
 * A pass takes what its bytes take at JK_REREAD_RATE, but JK_REREAD_PASS_MOST_MS at most, so that of a log of any size
 * every file is read at least twice a day; what a second takes is bounded by JK_REREAD_RATE_MOST. (At that a pass would
 * hold 2.5 TB; the books of a log of that size would not fit any machine's memory.) */
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
/* Their bytes, by some of them. */
uint64_t jk_reread_bytes(const struct jk_folder *folder, uint64_t size);
int64_t jk_reread_pass_ms(uint64_t bytes);
/* When the file at that place is due, from the pass's beginning. */
int64_t jk_reread_due_ms(uint64_t at, uint64_t count, int64_t pass_ms);
/* Where a pass is that goes by the wall clock: a server that starts again goes on about where it was, so that the end
 * of a large log has its turn even where no process lives as long as a pass takes. */
uint64_t jk_reread_place(int64_t now_ms, uint64_t count, int64_t pass_ms);
/* How long so many bytes take at the most that a second may take. */
int64_t jk_reread_rest_ms(uint64_t bytes);

#endif
