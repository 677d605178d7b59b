/* Opening a file that somebody named, or that lies in a folder: only a regular file, and never waiting for anybody. A
 * pipe that nobody writes to, a socket or a device of that name holds nobody up. Any thread, no state. */
#ifndef JK_BASE_REGULAR_H
#define JK_BASE_REGULAR_H

#include <stdbool.h>

/* For reading, below `folder` (AT_FDCWD: where we are). The descriptor; or -1, and *out_why says why not, in words that
 * follow "it": static, or of errno, which is 0 where it is there and no regular file. `follow`: a symbolic link at the
 * end is followed. */
int jk_regular_open(int folder, const char *path, bool follow, const char **out_why);

#endif
